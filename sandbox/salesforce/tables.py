"""The rows of one object, found by id and by the keys that an upsert asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Row, Value


class Table:
    """Rows by id; deleted ones stay, marked, until they are purged.

    Rows are never changed in place, so a copy of the table is a few shallow copies.
    """

    def __init__(
        self,
        sobject: SObject,
        rows: dict[str, Row] | None = None,
        keys: dict[str, dict[Value, frozenset[str]]] | None = None,
    ) -> None:
        self._sobject = sobject
        self._rows = rows if rows is not None else {}
        self._keys = keys if keys is not None else _no_keys(sobject)
        self._referring: dict[str, dict[Value, dict[str, None]]] = {}

    def copy(self) -> Table:
        """Return a table that changes on its own from now on."""
        keys = {name: dict(index) for name, index in self._keys.items()}
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
        self._index(before, record_id, add=False)
        self._refer(before, record_id, add=False)
        if row is None:
            self._rows.pop(record_id, None)
        else:
            self._rows[record_id] = row
            self._index(row, record_id, add=True)
            self._refer(row, record_id, add=True)

    def with_key(self, field: Field, value: Value) -> frozenset[str]:
        """Return the ids of the rows, not deleted, that hold a value in an indexed field."""
        return self._keys[field.name].get(folded(value), frozenset())

    def referring(self, reference: str, record_id: str) -> list[Row]:
        """Return the rows, deleted ones too, whose reference field holds an id.

        The first asking for a field reads the whole table; afterwards `put` keeps account.
        """
        index = self._referring.get(reference)
        if index is None:
            index = self._referring[reference] = {}
            for row in self._rows.values():
                index.setdefault(row[reference], {})[str(row["Id"])] = None
        return [self._rows[each] for each in index.get(record_id, ())]

    def _refer(self, row: Row | None, record_id: str, *, add: bool) -> None:
        if row is None:
            return
        for name, index in self._referring.items():
            if add:
                index.setdefault(row[name], {})[record_id] = None
            else:
                index.get(row[name], {}).pop(record_id, None)

    def _index(self, row: Row | None, record_id: str, *, add: bool) -> None:
        if row is None or row["IsDeleted"]:
            return
        for name, index in self._keys.items():
            key = folded(row[name])
            if key is None:
                continue
            held = index.get(key, frozenset())
            held = held | {record_id} if add else held - {record_id}
            if held:
                index[key] = held
            else:
                index.pop(key, None)


def _no_keys(sobject: SObject) -> dict[str, dict[Value, frozenset[str]]]:
    return {field.name: {} for field in sobject.fields if field.unique or field.external_id}


def folded(value: Value) -> Value:
    """Return what values are compared by: text without regard to case.

    >>> folded("Ada") == folded("ADA")
    True
    """
    return value.casefold() if isinstance(value, str) else value
