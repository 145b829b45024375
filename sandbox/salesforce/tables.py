"""The rows of one object, found by id and by the keys that an upsert asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Row, Value

    Index: TypeAlias = dict[Value, str | set[str]]


class Table:
    """Rows by id; deleted ones stay, marked, until they are purged.

    Rows are never changed in place, so a copy of the table is a few shallow copies.
    """

    def __init__(
        self,
        sobject: SObject,
        rows: dict[str, Row] | None = None,
        keys: dict[str, Index] | None = None,
    ) -> None:
        self._sobject = sobject
        self._rows = rows if rows is not None else {}
        self._keys = (
            keys
            if keys is not None
            else {field.name: {} for field in sobject.fields if is_indexed(field)}
        )

    def copy(self) -> Table:
        """Return a table that changes on its own from now on."""
        keys = {
            name: {key: held if isinstance(held, str) else set(held) for key, held in index.items()}
            for name, index in self._keys.items()
        }
        return Table(self._sobject, dict(self._rows), keys)

    def __iter__(self) -> Iterator[Row]:
        """Iterate over all rows, deleted ones too, in the order of their making."""
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, record_id: str) -> Row | None:
        """Return a row, deleted or not, or None."""
        return self._rows.get(record_id)

    def live(self, record_id: str) -> Row | None:
        """Return a row that is not deleted, or None."""
        row = self._rows.get(record_id)
        return None if row is None or row["IsDeleted"] else row

    def put(self, record_id: str, row: Row | None) -> None:
        """Put a row in the place of the one with its id; None purges it."""
        before = self._rows.get(record_id)
        if row is None:
            self._rows.pop(record_id, None)
        else:
            self._rows[record_id] = row
        for name, index in self._keys.items():
            old = None if before is None or before["IsDeleted"] else folded(before[name])
            new = None if row is None or row["IsDeleted"] else folded(row[name])
            if old != new:
                _forget(index, old, record_id)
                _note(index, new, record_id)

    def has_index(self, field: Field) -> bool:
        """Tell whether `with_key` knows a field."""
        return field.name in self._keys

    def with_key(self, field: Field, value: Value) -> frozenset[str]:
        """Return the ids of the rows, not deleted, that hold a value in an indexed field."""
        held = self._keys[field.name].get(folded(value), ())
        return frozenset((held,) if isinstance(held, str) else held)

    def referring(self, reference: Field, record_id: str) -> list[Row]:
        """Return the rows, not deleted, whose reference field holds an id, oldest first."""
        if self.has_index(reference):
            found = sorted(self.with_key(reference, record_id))
            return [row for each in found if (row := self._rows.get(each)) is not None]
        return [
            row
            for row in self._rows.values()
            if row[reference.name] == record_id and not row["IsDeleted"]
        ]


def is_indexed(field: Field) -> bool:
    """Tell whether rows are found by a field: keys, addresses, and lookups that tell much.

    Every record has an owner and a maker, and few users are all of them: these tell little.
    """
    if field.type == "reference":
        return not {"User", "Group", "RecordType", "Profile"} & set(field.refers_to)
    return field.unique or field.external_id or field.type == "email"


def _note(index: Index, key: Value, record_id: str) -> None:
    """Add a row to an index. Most keys have one row, whose id stands there alone."""
    if key is None:
        return
    held = index.get(key)
    if held is None:
        index[key] = record_id
    elif isinstance(held, str):
        index[key] = {held, record_id}
    else:
        held.add(record_id)


def _forget(index: Index, key: Value, record_id: str) -> None:
    held = None if key is None else index.get(key)
    if isinstance(held, set):
        held.discard(record_id)
    if held in (record_id, set()):
        del index[key]


def folded(value: Value) -> Value:
    """Return what values are compared by: text without regard to case.

    >>> folded("Ada") == folded("ADA")
    True
    """
    return value.casefold() if isinstance(value, str) else value
