"""A bound query over the rows of an org: which rows, in which order, and what is shown of them."""

from __future__ import annotations

import operator
import re
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rendering import attributes, shown
from sandbox.salesforce.soql.bind import Binder, Bound
from sandbox.salesforce.soql.tokens import malformed
from sandbox.salesforce.soql.tree import All, Any, Compare, Includes, Not, OneOf
from sandbox.salesforce.tables import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.schema import Field
    from sandbox.salesforce.soql.tree import Condition, Order, Query
    from sandbox.salesforce.values import Row, Value

    Test: TypeAlias = Callable[[Row], bool]

_COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Selection:
    """One query, ready to run: its names found, its constants checked.

    Raises:
        ApiError: If a name is unknown or a constant is of the wrong type.
    """

    def __init__(self, org: Org, query: Query) -> None:
        self._org = org
        self._query = query
        self._binder = Binder(org.schema, query)
        self.source = self._binder.source
        self._fields = [self._binder.path(path) for path in query.fields]
        self._refuse_duplicates()
        self._test = self._compiled(query.where) if query.where else None
        self._order = [(key, self._binder.filter(key.path)) for key in query.order]

    @property
    def is_count(self) -> bool:
        """Whether the query asks only how many."""
        return not self._fields

    def ids(self, *, deleted_too: bool) -> tuple[str, ...]:
        """Return the ids of the selected records, in order."""
        rows = [
            row
            for row in self._candidates()
            if (deleted_too or not row["IsDeleted"]) and (self._test is None or self._test(row))
        ]
        # Sorting by the last key first lets every key keep its own direction and its own nulls.
        for key, bound in reversed(self._order):
            rows.sort(key=partial(self._sort_key, key, bound), reverse=key.descending)
        end = None if self._query.limit is None else self._query.offset + self._query.limit
        return tuple(str(row["Id"]) for row in rows[self._query.offset : end])

    def record(self, record_id: str, *, version: str) -> dict[str, object] | None:
        """Return what the query shows of one record, or None where it has been purged."""
        row = self._org.tables[self.source.name].get(record_id)
        if row is None:
            return None
        record: dict[str, object] = {
            "attributes": attributes(self.source, record_id, version=version)
        }
        for bound in self._fields:
            self._show(record, row, bound, version)
        return record

    def _show(self, record: dict[str, object], row: Row, bound: Bound, version: str) -> None:
        for reference, parent in bound.steps:
            name = str(reference.relationship)
            found = self._parent(row, reference.name)
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

    def _candidates(self) -> Iterable[Row]:
        """Return the rows to look at: few, where the query asks for records by id."""
        table = self._org.tables[self.source.name]
        where = self._query.where
        conditions = where.conditions if isinstance(where, All) else (where,)
        for each in conditions:
            if isinstance(each, OneOf) and not each.negated and each.path.text.lower() == "id":
                field = self._binder.path(each.path).field
                wanted = {
                    self._binder.constant(each.path, field, value): None for value in each.values
                }
                found = (table.get(record_id) for record_id in wanted if isinstance(record_id, str))
                return [row for row in found if row is not None]
        return table

    def _value(self, bound: Bound, row: Row) -> Value:
        for reference, _ in bound.steps:
            found = self._parent(row, reference.name)
            if found is None:
                return None
            row = found
        return row.get(bound.field.name)

    def _parent(self, row: Row, reference: str) -> Row | None:
        """Return the record that a reference points to; the id tells of which object it is."""
        record_id = row.get(reference)
        sobject = self._org.schema.of_id(record_id) if isinstance(record_id, str) else None
        if sobject is None or not isinstance(record_id, str):
            return None
        return self._org.tables[sobject.name].get(record_id)

    def _sort_key(self, key: Order, bound: Bound, row: Row) -> tuple[bool, object]:
        value = _comparable(bound.field, self._value(bound, row))
        # A descending sort turns the keys round, and with them the place of the nulls.
        nulls_above = key.nulls_last != key.descending
        return (nulls_above, 0) if value is None else (not nulls_above, value)

    def _compiled(self, condition: Condition) -> Test:
        match condition:
            case All(conditions):
                tests = [self._compiled(each) for each in conditions]
                return lambda row: all(test(row) for test in tests)
            case Any(conditions):
                tests = [self._compiled(each) for each in conditions]
                return lambda row: any(test(row) for test in tests)
            case Not(inner):
                test = self._compiled(inner)
                return lambda row: not test(row)
            case OneOf(path, values, negated):
                bound = self._binder.filter(path)
                field = bound.field
                wanted = {
                    _comparable(field, self._binder.constant(path, field, each)) for each in values
                }
                return lambda row: (
                    (_comparable(field, self._value(bound, row)) in wanted) != negated
                )
            case Includes():
                return self._includes(condition)
            case Compare():
                return self._comparison(condition)

    def _comparison(self, condition: Compare) -> Test:
        bound = self._binder.filter(condition.path)
        value = self._binder.constant(condition.path, bound.field, condition.value)
        if condition.operator == "LIKE":
            return self._like(condition, bound, value)
        wanted = _comparable(bound.field, value)
        if condition.operator in {"=", "!="}:
            same = condition.operator == "="
            return lambda row: (_comparable(bound.field, self._value(bound, row)) == wanted) == same
        if wanted is None or isinstance(wanted, bool):
            cause = f"invalid operator on {bound.field.type} field"
            raise malformed(
                self._query.text, condition.path.at, cause, code="INVALID_QUERY_FILTER_OPERATOR"
            )
        compare = _COMPARISONS[condition.operator]

        def holds(row: Row) -> bool:
            found = _comparable(bound.field, self._value(bound, row))
            return found is not None and bool(compare(found, wanted))

        return holds

    def _like(self, condition: Compare, bound: Bound, value: Value) -> Test:
        if not isinstance(value, str) or bound.field.type in {"id", "reference"}:
            cause = "invalid operator on id field"
            raise malformed(
                self._query.text, condition.path.at, cause, code="INVALID_QUERY_FILTER_OPERATOR"
            )
        pattern = re.compile(like_pattern(value), re.IGNORECASE | re.DOTALL)

        def holds(row: Row) -> bool:
            found = self._value(bound, row)
            return isinstance(found, str) and pattern.fullmatch(found) is not None

        return holds

    def _includes(self, condition: Includes) -> Test:
        bound = self._binder.filter(condition.path)
        if bound.field.type != "multipicklist":
            cause = "includes and excludes are only for multi-select picklist fields"
            raise malformed(
                self._query.text, condition.path.at, cause, code="INVALID_QUERY_FILTER_OPERATOR"
            )
        wanted = [frozenset(str(value).split(";")) for value in condition.values]

        def holds(row: Row) -> bool:
            held = set(str(self._value(bound, row) or "").split(";"))
            return any(each <= held for each in wanted) != condition.negated

        return holds

    def _refuse_duplicates(self) -> None:
        seen = set()
        for bound, path in zip(self._fields, self._query.fields, strict=True):
            if bound in seen:
                raise ApiError("INVALID_FIELD", f"duplicate field selected: {path.text}")
            seen.add(bound)


def _comparable(field: Field, value: Value) -> Value:
    """Return what a value is compared and sorted by: of all texts, only ids keep their case."""
    return value if field.type in {"id", "reference"} else folded(value)


def like_pattern(text: str) -> str:
    r"""Return the regular expression of a LIKE pattern: `%` any text, `_` one character.

    >>> like_pattern(r"a%_\%")
    'a.*.%'
    """
    parts = re.findall(r"\\[%_]|.", text, re.DOTALL)
    return "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)
