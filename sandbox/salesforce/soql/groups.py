"""Groups of rows: `GROUP BY`, `HAVING` and what the aggregates make of each group."""

from __future__ import annotations

import operator
import typing
from typing import TYPE_CHECKING

from sandbox.salesforce.soql.conditions import comparable
from sandbox.salesforce.soql.tokens import malformed
from sandbox.salesforce.soql.tree import Aggregate, All, Any, Compare, Not, OneOf
from sandbox.salesforce.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from sandbox.salesforce.soql.bind import Binder, Bound
    from sandbox.salesforce.soql.conditions import Conditions
    from sandbox.salesforce.soql.tree import Condition, Order, Path, Query
    from sandbox.salesforce.values import Row, Value

    Rows: TypeAlias = list[Row]
    Test: TypeAlias = Callable[[Rows], bool]

MOST_GROUPS = 2_000
_NUMBERS = frozenset({"double", "int"})
_UNORDERED = frozenset({"boolean", "address"})
_SIGNS: dict[str, Callable[[typing.Any, typing.Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Groups:
    """What a grouped query makes of the rows that it selects.

    Raises:
        ApiError: If it selects what is neither grouped nor aggregated, or an aggregate does not fit
            its field.
    """

    def __init__(self, query: Query, binder: Binder, conditions: Conditions) -> None:
        self._query = query
        self._binder = binder
        self._conditions = conditions
        self._keys = [binder.filter(path) for path in query.group]
        self._fields = [self._grouped(path) for path in query.fields]
        self._aggregates = [(each, self._aggregated(each)) for each in query.aggregates]
        self._having = None if query.having is None else self._test(query.having)
        self._order = [(key, self._reader(key)) for key in query.order]

    def records(self, rows: Iterable[Row]) -> list[dict[str, object]]:
        """Return a record for each group, in order.

        Raises:
            ApiError: EXCEEDED_ID_LIMIT, for more groups than fit one answer.
        """
        groups: dict[tuple[Value, ...], Rows] = {}
        for row in rows:
            values = tuple(
                comparable(bound.field, self._conditions.value(bound, row)) for bound in self._keys
            )
            groups.setdefault(values, []).append(row)
        if not self._keys and not groups:
            groups[()] = []  # without GROUP BY there is one group, even of no rows
        found = [each for each in groups.values() if self._having is None or self._having(each)]
        for key, read in reversed(self._order):
            found.sort(key=_sort_key(key, read), reverse=key.descending)
        query = self._query
        found = found[query.offset : None if query.limit is None else query.offset + query.limit]
        if len(found) > MOST_GROUPS:
            cause = (
                "Aggregate query does not support queryMore(), use LIMIT to restrict the results "
                "to a single batch"
            )
            raise malformed(query.text, 0, cause, code="EXCEEDED_ID_LIMIT")
        return [self._record(each) for each in found]

    def _record(self, rows: Rows) -> dict[str, object]:
        record: dict[str, object] = {"attributes": {"type": "AggregateResult"}}
        for alias, bound in zip(self._query.aliases, self._fields, strict=True):
            record[alias or bound.field.name] = to_json(self._first(rows, bound))
        unnamed = 0
        for each, aggregated in self._aggregates:
            alias = each.alias
            if alias is None:
                alias, unnamed = f"expr{unnamed}", unnamed + 1
            record[alias] = to_json(self._aggregate(rows, each, aggregated))
        return record

    def _first(self, rows: Rows, bound: Bound) -> Value:
        return self._conditions.value(bound, rows[0]) if rows else None

    def _grouped(self, path: Path) -> Bound:
        bound = self._binder.path(path)
        if bound not in self._keys:
            cause = f"Field must be grouped or aggregated: {path.text}"
            raise malformed(self._query.text, path.at, cause)
        return bound

    def _aggregated(self, each: Aggregate) -> Bound | None:
        if each.path is None:
            return None
        bound = self._binder.path(each.path)
        kind = bound.field.type
        fits = kind not in _UNORDERED and not bound.field.is_long_text
        if each.function in {"SUM", "AVG"}:
            fits = kind in _NUMBERS
        elif each.function in {"MIN", "MAX"}:
            fits = fits and kind != "id"
        if not fits:
            cause = f"field {bound.field.name} does not support aggregate operator {each.function}"
            raise malformed(self._query.text, each.at, cause)
        return bound

    def _aggregate(self, rows: Rows, each: Aggregate, bound: Bound | None) -> Value:
        if bound is None:
            return len(rows)
        values = [self._conditions.value(bound, row) for row in rows]
        held = [value for value in values if value is not None]
        match each.function:
            case "COUNT":
                return len(held)
            case "COUNT_DISTINCT":
                return len({comparable(bound.field, value) for value in held})
            case "MIN" | "MAX":
                pick = min if each.function == "MIN" else max
                return pick(held, key=lambda value: _key(bound, value), default=None)
            case "SUM" | "AVG":
                numbers = [float(value) for value in held if isinstance(value, (int, float))]
                total = sum(numbers) if numbers else None
                return total if total is None or each.function == "SUM" else total / len(numbers)

    def _reader(self, key: Order) -> Callable[[Rows], Value]:
        if isinstance(key.path, Aggregate):
            each, bound = key.path, self._aggregated(key.path)
            return lambda rows: self._aggregate(rows, each, bound)
        grouped = self._grouped(key.path)
        return lambda rows: comparable(grouped.field, self._first(rows, grouped))

    def _test(self, condition: Condition) -> Test:
        match condition:
            case All(conditions):
                tests = [self._test(each) for each in conditions]
                return lambda rows: all(test(rows) for test in tests)
            case Any(conditions):
                tests = [self._test(each) for each in conditions]
                return lambda rows: any(test(rows) for test in tests)
            case Not(inner):
                test = self._test(inner)
                return lambda rows: not test(rows)
            case Compare(Aggregate() as each, sign, wanted):
                return self._compared(each, sign, wanted)
            case Compare(path) | OneOf(path):
                # Of grouped fields every row of a group holds the same.
                if not isinstance(path, Aggregate):
                    self._grouped(path)
                of_row = self._conditions.test(condition)
                return lambda rows: bool(rows) and of_row(rows[0])
            case _:
                raise malformed(self._query.text, 0, "unsupported condition in HAVING")

    def _compared(self, each: Aggregate, sign: str, wanted: object) -> Test:
        bound = self._aggregated(each)
        compare = _SIGNS[sign]

        def holds(rows: Rows) -> bool:
            found = self._aggregate(rows, each, bound)
            if type(found) is not type(wanted) and not (_is_number(found) and _is_number(wanted)):
                return sign == "!="
            return compare(found, wanted)

        return holds


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _key(bound: Bound, value: Value) -> typing.Any:
    return comparable(bound.field, value)


def _sort_key(
    key: Order, read: Callable[[Rows], Value]
) -> Callable[[Rows], tuple[bool, typing.Any]]:
    nulls_above = key.nulls_last != key.descending

    def place(rows: Rows) -> tuple[bool, typing.Any]:
        value = read(rows)
        return (nulls_above, 0) if value is None else (not nulls_above, value)

    return place
