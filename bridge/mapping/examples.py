"""Sample values for a documentation: what becomes of some records. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bridge.mapping.model import ContactMapping, ListMapping
    from bridge.salesforce.values import Record

_BIRTHDAY = ("birthday",)


def examples_of(
    mapping: ContactMapping | ListMapping, records: Iterable[Record]
) -> Callable[[tuple[str, ...]], str | None]:
    """Return what says how a part looks: of the first record that fills it; None without one."""
    made = [parts for record in records if (parts := _made(mapping, record)) is not None]

    def example(path: tuple[str, ...]) -> str | None:
        return next((text for parts in made if (text := _at(parts, path)) is not None), None)

    return example


def _made(mapping: ContactMapping | ListMapping, record: Record) -> Mapping[str, Any] | None:
    try:
        return mapping.project(record) if mapping.leaves_out(record) is None else None
    except RecordError:
        return None


def _at(parts: Mapping[str, Any], path: tuple[str, ...]) -> str | None:
    """Return a part of a contact as text; None where it is empty or not touched."""
    if path == _BIRTHDAY:
        month, day = parts.get("birthday_month"), parts.get("birthday_day")
        return f"{month}/{day}" if month and day else None
    found: Any = parts
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, dict):  # an address: it has its text inside
        found = found.get("address")
    return None if found is None else str(found)
