"""Put one record through a mapping and see what comes of it; nothing is sent or stored. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.errors import RecordError
from bridge.mapping.conditions import known
from bridge.mapping.model import ContactMapping, ListMapping
from bridge.mapping.reads import parents_of

if TYPE_CHECKING:
    from bridge.mapping.model import Mapping, MembershipMapping
    from bridge.salesforce.values import Record

KINDS = ("contact", "list", "membership")
"""Kinds of record that a mapping makes something of."""


def try_record(mapping: Mapping, kind: str, record: Record) -> dict[str, Any]:
    """Return what a record becomes, why it takes no part, or its error; and what is not known."""
    part: MembershipMapping = getattr(mapping, kind)
    unknown = [path for path in part.paths if known(record, path, parents_of(path)) is False]
    becomes = left_out = fault = None
    try:
        left_out = part.leaves_out(record)
        if left_out is None and isinstance(part, ContactMapping | ListMapping):
            becomes = part.project(record)
    except RecordError as error:
        fault = str(error)
    return {"becomes": becomes, "left_out": left_out, "error": fault, "not_known": unknown}
