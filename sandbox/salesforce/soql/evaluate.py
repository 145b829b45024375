"""A bound query over the rows of an org: which rows, in which order, and what is shown of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rendering import attributes, shown
from sandbox.salesforce.soql.bind import Binder, Bound
from sandbox.salesforce.soql.conditions import Conditions, comparable
from sandbox.salesforce.soql.groups import Groups
from sandbox.salesforce.soql.tokens import malformed
from sandbox.salesforce.soql.tree import Aggregate

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.soql.tree import Among, Order, Query
    from sandbox.salesforce.values import Row, Value

MOST_OF_A_FIELD_SET = 200


class Selection:
    """One query, ready to run: its names found, its constants checked.

    Raises:
        ApiError: If a name is unknown or a constant is of the wrong type.
    """

    def __init__(self, org: Org, query: Query, source: SObject | None = None) -> None:
        self._org = org
        self._query = query
        self._binder = Binder(org.schema, query, source)
        self.source = self._binder.source
        self._conditions = Conditions(org, query, self._binder, self._select)
        self._test = self._conditions.test(query.where) if query.where else None
        self._groups: Groups | None = None
        self._fields: list[Bound] = []
        self._children: list[_Children] = []
        self._order: list[tuple[Order, Bound]] = []
        if query.is_grouped:
            self._groups = Groups(query, self._binder, self._conditions)
            return
        self._fields = [self._binder.path(path) for path in query.fields]
        self._fields += self._field_set()
        self._refuse_aliases()
        self._refuse_duplicates()
        self._children = [_Children(org, self.source, query, each) for each in query.children]
        for key in query.order:
            if isinstance(key.path, Aggregate):
                raise malformed(query.text, key.path.at, "Ordered field must be grouped")
            self._order.append((key, self._binder.filter(key.path)))

    @property
    def is_count(self) -> bool:
        """Whether the query asks only how many."""
        return self._query.is_count

    @property
    def is_grouped(self) -> bool:
        """Whether its records are groups of rows."""
        return self._groups is not None

    def groups(self, *, deleted_too: bool) -> list[dict[str, object]]:
        """Return the records of a grouped query."""
        if self._groups is None:
            return []
        return self._groups.records(self._selected(deleted_too=deleted_too))

    def ids(self, *, deleted_too: bool) -> tuple[str, ...]:
        """Return the ids of the selected records, in order."""
        return tuple(str(row["Id"]) for row in self.rows(deleted_too=deleted_too))

    def rows(self, *, deleted_too: bool, of: list[Row] | None = None) -> list[Row]:
        """Return the selected rows, in order; of the given ones, or of all."""
        rows = self._selected(deleted_too=deleted_too, of=of)
        # Sorting by the last key first lets every key keep its own direction and its own nulls.
        for key, bound in reversed(self._order):
            rows.sort(key=partial(self._sort_key, key, bound), reverse=key.descending)
        end = None if self._query.limit is None else self._query.offset + self._query.limit
        return rows[self._query.offset : end]

    def record(self, record_id: str, *, version: str) -> dict[str, object] | None:
        """Return what the query shows of one record, or None where it has been purged."""
        row = self._org.tables[self.source.name].get(record_id)
        return None if row is None else self.shown(row, version=version)

    def shown(self, row: Row, *, version: str) -> dict[str, object]:
        """Return what the query shows of a row."""
        record: dict[str, object] = {
            "attributes": attributes(self.source, str(row["Id"]), version=version)
        }
        for bound in self._fields:
            self._show(record, row, bound, version)
        for each in self._children:
            record[each.name] = each.of(row, version=version)
        return record

    def _selected(self, *, deleted_too: bool, of: list[Row] | None = None) -> list[Row]:
        rows = of if of is not None else self._conditions.few(self._query.where)
        # An index knows only rows that are not deleted, and Id is in none: its rows are at hand.
        if rows is None or deleted_too:
            rows = self._org.tables[self.source.name]
        test = self._test
        return [
            row
            for row in rows
            if (deleted_too or not row["IsDeleted"]) and (test is None or test(row))
        ]

    def _select(self, condition: Among) -> set[Value]:
        """Run the query of a semi-join; it must select one field, an id or a reference."""
        query = condition.query
        inner = Selection(self._org, query)
        if len(query.fields) != 1 or query.children or query.is_grouped or query.is_count:
            cause = "The inner select query must select exactly one field"
            raise malformed(self._query.text, query.source_at, cause)
        (bound,) = inner._fields
        if bound.field.type not in {"id", "reference"}:
            cause = "The inner select field must be an id or a reference"
            raise malformed(self._query.text, query.source_at, cause)
        return {inner._conditions.value(bound, row) for row in inner.rows(deleted_too=False)}

    def _show(self, record: dict[str, object], row: Row, bound: Bound, version: str) -> None:
        for reference, parent in bound.steps:
            name = str(reference.relationship)
            found = self._conditions.parent(row, reference.name)
            if found is None:
                record[name] = None
                return
            record_id = str(found["Id"])
            kind = self._org.schema.of_id(record_id) or parent
            nested = record.setdefault(
                name, {"attributes": attributes(kind, record_id, version=version)}
            )
            if not isinstance(nested, dict):
                return
            record, row = nested, found
        record[bound.field.name] = shown(bound.field, row)

    def _sort_key(self, key: Order, bound: Bound, row: Row) -> tuple[bool, object]:
        value = comparable(bound.field, self._conditions.value(bound, row))
        # A descending sort turns the keys round, and with them the place of the nulls.
        nulls_above = key.nulls_last != key.descending
        return (nulls_above, 0) if value is None else (not nulls_above, value)

    def _field_set(self) -> list[Bound]:
        kind = self._query.field_set
        if kind is None:
            return []
        if kind != "STANDARD" and not (
            self._query.limit is not None and self._query.limit <= MOST_OF_A_FIELD_SET
        ):
            cause = (
                "The SOQL FIELDS function must have a LIMIT of at most "
                f"{MOST_OF_A_FIELD_SET} for {kind}"
            )
            raise malformed(self._query.text, 0, cause)
        wanted = {"ALL": (True, False), "STANDARD": (False,), "CUSTOM": (True,)}[kind]
        bounds = [Bound((), field) for field in self.source.fields if field.custom in wanted]
        return [bound for bound in bounds if bound not in self._fields]

    def _refuse_aliases(self) -> None:
        for path, alias in zip(self._query.fields, self._query.aliases, strict=False):
            if alias is not None:
                cause = "only aggregate expressions use field aliasing"
                raise malformed(self._query.text, path.at, cause)

    def _refuse_duplicates(self) -> None:
        seen = set()
        for bound, path in zip(self._fields, self._query.fields, strict=False):
            if bound in seen:
                raise ApiError("INVALID_FIELD", f"duplicate field selected: {path.text}")
            seen.add(bound)


class _Children:
    """A sub-query: what is shown of the records that refer to a record."""

    def __init__(self, org: Org, parent: SObject, outer: Query, query: Query) -> None:
        found = _relationship(org, parent, query.source)
        if found is None:
            cause = (
                f"Didn't understand relationship '{query.source}' in FROM part of query call. If "
                "you are attempting to use a custom relationship, be sure to append the '__r' "
                "after the custom relationship name. Please reference your WSDL or the describe "
                "call for the appropriate names."
            )
            raise malformed(outer.text, query.source_at, cause, code="INVALID_TYPE")
        if query.children or query.is_grouped or query.is_count:
            cause = "only plain fields can be selected in a sub-query"
            raise malformed(outer.text, query.source_at, cause)
        child, self._reference = found
        self.name = str(self._reference.children)
        self._table = org.tables[child.name]
        self._selection = Selection(org, query, child)

    def of(self, parent: Row, *, version: str) -> dict[str, object] | None:
        """Return a query result as its own answer would be, or None without a record."""
        found = self._table.referring(self._reference, str(parent["Id"]))
        rows = self._selection.rows(deleted_too=False, of=found)
        if not rows:
            return None
        records = [self._selection.shown(row, version=version) for row in rows]
        return {"totalSize": len(records), "done": True, "records": records}


def _relationship(org: Org, parent: SObject, name: str) -> tuple[SObject, Field] | None:
    for child, reference in org.schema.referring_to(parent):
        if reference.children is not None and reference.children.lower() == name.lower():
            return child, reference
    return None
