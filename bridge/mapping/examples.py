"""Sample values for a documentation: from the tests of a mapping file, or of one record. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.errors import RecordError
from bridge.salesforce.values import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bridge.mapping.model import ContactMapping, ListMapping
    from bridge.salesforce.values import Record

_ADDRESS = "ada@example.org"
_BIRTHDAY = ("birthday",)


def examples_of(
    mapping: ContactMapping | ListMapping, data: Any, *, address: str, record: Record | None
) -> Callable[[tuple[str, ...]], str | None]:
    """Return what says how a part looks: of `record`, else of the first test that fills it.

    Args:
        mapping: What makes the parts.
        data: The file as plain data; its `tests` have records that nobody's data is in.
        address: The field of the address, which every record needs.
        record: A person's record; None: never one.
    """
    records = [record] if record is not None else list(_records(data, mapping, address))
    made = [parts for one in records if (parts := _made(mapping, one)) is not None]

    def example(path: tuple[str, ...]) -> str | None:
        return next((text for parts in made if (text := _at(parts, path)) is not None), None)

    return example


def _records(data: Any, mapping: ContactMapping | ListMapping, address: str) -> Iterator[Record]:
    """Yield the records of a file's tests: a field that is not written there is empty."""
    for test in data.get("tests", []):
        empty = dict.fromkeys([*mapping.paths, *mapping.leaves_out_by])
        given = {field: to_text(value) for field, value in test.get("record", {}).items()}
        record = {**empty, address: _ADDRESS, **given}
        unknown = test.get("unknown", [])
        yield {field: value for field, value in record.items() if field not in unknown}


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
