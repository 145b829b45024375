"""Put one record through a mapping and see what comes of it; nothing is sent or stored. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.errors import RecordError
from bridge.mapping.conditions import known
from bridge.mapping.model import ContactMapping, ListMapping
from bridge.mapping.reads import parents_of
from bridge.salesforce.children import children_at
from bridge.salesforce.values import as_asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.mapping.model import Mapping, MembershipMapping
    from bridge.salesforce.values import Record

KINDS = ("contact", "list", "membership")
"""Kinds of record that a mapping makes something of."""


def with_children(record: Record, paths: Iterable[str]) -> Record:
    """Return a record with its child records under the paths that ask for them."""
    return record | as_asked(record, [path for path in paths if children_at(path)])


def try_record(mapping: Mapping, kind: str, record: Record) -> dict[str, Any]:
    """Return what a record becomes, why it takes no part, or its error; and what is not known."""
    part: MembershipMapping = getattr(mapping, kind)
    record = with_children(record, part.paths)
    unknown = [path for path in part.paths if known(record, path, parents_of(path)) is False]
    becomes = left_out = fault = None
    try:
        left_out = part.leaves_out(record)
        if left_out is None and isinstance(part, ContactMapping | ListMapping):
            becomes = part.project(record)
    except RecordError as error:
        fault = str(error)
    return {"becomes": becomes, "left_out": left_out, "error": fault, "not_known": unknown}
