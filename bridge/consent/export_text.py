"""An export of the ledger as text: the columns of its CSV, and its JSON. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.consent.audit import Row

COLUMNS = (
    *("seq", "at", "side", "change", "stage", "about_seq", "acted_by", "address", "address_hash"),
    *("contact_id", "contact_hash", "list_id", "cause_kind", "cause_id", "user_id", "answer"),
    *("evidence_via", "evidence_on", "evidence_note", "evidence_digest", "previous", "digest"),
)


def json_parts(rows: Iterable[Row]) -> Iterator[str]:
    r"""Yield one JSON array, an entry a line.

    >>> "".join(json_parts([{"seq": 1}, {"seq": 2}]))
    '[\n{"seq": 1},\n{"seq": 2}\n]\n'
    >>> "".join(json_parts([]))
    '[]\n'
    """
    before = "["
    for row in rows:
        yield f"{before}\n{json.dumps(row)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"
