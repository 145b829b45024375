"""A query's conditions over the rows of an org: what each row holds, and whether it is selected."""

from __future__ import annotations

import operator
import re
import typing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from sandbox.salesforce.soql import dates
from sandbox.salesforce.soql.tokens import malformed
from sandbox.salesforce.soql.tree import (
    Aggregate,
    All,
    Among,
    Any,
    Compare,
    DateLiteral,
    Includes,
    Not,
    OneOf,
    Path,
)
from sandbox.salesforce.tables import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.salesforce.errors import ApiError
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.schema import Field
    from sandbox.salesforce.soql.bind import Binder, Bound
    from sandbox.salesforce.soql.tree import Condition, Constant, Operator, Query
    from sandbox.salesforce.values import Row, Value

    Test: TypeAlias = Callable[[Row], bool]
    Semijoin: TypeAlias = Callable[[Among], set[Value]]

_COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Conditions:
    """Turns the conditions of one query into tests of rows.

    Args:
        org: Whose rows they are.
        query: The query, for messages that point into it.
        binder: Finds what its names mean.
        select: Runs the query of a semi-join and returns what it selects.
    """

    def __init__(self, org: Org, query: Query, binder: Binder, select: Semijoin) -> None:
        self._org = org
        self._query = query
        self._binder = binder
        self._select = select

    def test(self, condition: Condition) -> Test:  # noqa: PLR0911 - one for each kind
        """Return what tells of a row whether it meets a condition.

        Raises:
            ApiError: If a name is unknown, or a constant or an operator does not fit its field.
        """
        match condition:
            case All(conditions):
                tests = [self.test(each) for each in conditions]
                return lambda row: all(test(row) for test in tests)
            case Any(conditions):
                tests = [self.test(each) for each in conditions]
                return lambda row: any(test(row) for test in tests)
            case Not(inner):
                test = self.test(inner)
                return lambda row: not test(row)
            case OneOf():
                return self._one_of(condition)
            case Among():
                return self._among(condition)
            case Includes():
                return self._includes(condition)
            case Compare():
                return self._comparison(condition)

    def few(self, condition: Condition | None) -> Iterable[Row] | None:
        """Return the rows to look at where an index tells them, deleted ones left out, or None."""
        conditions = condition.conditions if isinstance(condition, All) else (condition,)
        for each in conditions:
            if isinstance(each, OneOf) and not each.negated:
                values = each.values
            elif isinstance(each, Compare) and each.operator == "=":
                values = (each.value,)
            else:
                continue
            if isinstance(each.path, Path) and None not in values:
                found = self._indexed(each.path, values)
                if found is not None:
                    return found
        return None

    def _indexed(self, path: Path, values: Iterable[Constant]) -> list[Row] | None:
        bound = self._binder.filter(path)
        table = self._org.tables[self._binder.source.name]
        wanted = {self._binder.constant(path, bound.field, value) for value in values}
        if bound.steps or any(isinstance(value, DateLiteral) for value in wanted):
            return None
        keys = [value for value in wanted if not isinstance(value, DateLiteral)]
        if bound.field.type == "id":
            ids = {value for value in keys if isinstance(value, str)}
        elif table.has_index(bound.field):
            ids = {record_id for value in keys for record_id in table.with_key(bound.field, value)}
        else:
            return None
        rows = (table.get(record_id) for record_id in sorted(ids))
        return [row for row in rows if row is not None]

    def value(self, bound: Bound, row: Row) -> Value:
        """Return what a row holds in a field, perhaps of a parent."""
        for reference, _ in bound.steps:
            found = self.parent(row, reference.name)
            if found is None:
                return None
            row = found
        return row.get(bound.field.name)

    def parent(self, row: Row, reference: str) -> Row | None:
        """Return the record that a reference points to; the id tells of which object it is."""
        record_id = row.get(reference)
        sobject = self._org.schema.of_id(record_id) if isinstance(record_id, str) else None
        if sobject is None or not isinstance(record_id, str):
            return None
        return self._org.tables[sobject.name].get(record_id)

    def _one_of(self, condition: OneOf) -> Test:
        path, negated = condition.path, condition.negated
        bound = self._binder.filter(path)
        field = bound.field
        constants = [self._binder.constant(path, field, each) for each in condition.values]
        if any(isinstance(each, DateLiteral) for each in constants):
            raise self._refused(path, "date literals cannot be used in a list")
        wanted = {
            comparable(field, each) for each in constants if not isinstance(each, DateLiteral)
        }
        return lambda row: (comparable(field, self.value(bound, row)) in wanted) != negated

    def _among(self, condition: Among) -> Test:
        bound, negated = self._binder.filter(condition.path), condition.negated
        if bound.field.type not in {"id", "reference"}:
            cause = f"The left operand of IN must be an id or a reference: '{condition.path.text}'"
            raise self._refused(condition.path, cause, code="MALFORMED_QUERY")
        wanted = self._select(condition)
        return lambda row: (self.value(bound, row) in wanted) != negated

    def _comparison(self, condition: Compare) -> Test:
        path = condition.path
        if isinstance(path, Aggregate):
            cause = "Aggregate functions are allowed in HAVING only"
            raise malformed(self._query.text, path.at, cause)
        bound = self._binder.filter(path)
        value = self._binder.constant(path, bound.field, condition.value)
        if condition.operator == "LIKE":
            return self._like(path, bound, value)
        if isinstance(value, DateLiteral):
            return self._within(path, bound, condition.operator, value)
        wanted = comparable(bound.field, value)
        if condition.operator in {"=", "!="}:
            same = condition.operator == "="
            return lambda row: (comparable(bound.field, self.value(bound, row)) == wanted) == same
        if wanted is None or isinstance(wanted, bool):
            raise self._refused(path, f"invalid operator on {bound.field.type} field")
        compare = _COMPARISONS[condition.operator]

        def holds(row: Row) -> bool:
            found = comparable(bound.field, self.value(bound, row))
            return found is not None and bool(compare(found, wanted))

        return holds

    def _within(self, path: Path, bound: Bound, sign: Operator, literal: DateLiteral) -> Test:
        try:
            first, end = dates.span(literal.name, literal.number, self._org.now().date())
        except ValueError:
            cause = f"{literal.name}:{literal.number} is out of range"
            raise self._refused(path, cause, code="NUMBER_OUTSIDE_VALID_RANGE") from None
        start, stop = (
            (first, end)
            if bound.field.type == "date"
            else tuple(datetime(at.year, at.month, at.day, tzinfo=UTC) for at in (first, end))
        )
        tests: dict[str, Callable[[typing.Any], bool]] = {
            "=": lambda found: start <= found < stop,
            "<": lambda found: found < start,
            "<=": lambda found: found < stop,
            ">": lambda found: found >= stop,
            ">=": lambda found: found >= start,
        }
        within = tests.get(sign)

        def holds(row: Row) -> bool:
            found = self.value(bound, row)
            if within is None:  # unequal: no date is unequal to all dates
                return found is None or not tests["="](found)
            return found is not None and within(found)

        return holds

    def _like(self, path: Path, bound: Bound, value: object) -> Test:
        if not isinstance(value, str) or bound.field.type in {"id", "reference"}:
            raise self._refused(path, "invalid operator on id field")
        pattern = re.compile(like_pattern(value), re.IGNORECASE | re.DOTALL)

        def holds(row: Row) -> bool:
            found = self.value(bound, row)
            return isinstance(found, str) and pattern.fullmatch(found) is not None

        return holds

    def _includes(self, condition: Includes) -> Test:
        bound = self._binder.filter(condition.path)
        if bound.field.type != "multipicklist":
            cause = "includes and excludes are only for multi-select picklist fields"
            raise self._refused(condition.path, cause)
        wanted = [frozenset(str(value).split(";")) for value in condition.values]

        def holds(row: Row) -> bool:
            held = set(str(self.value(bound, row) or "").split(";"))
            return any(each <= held for each in wanted) != condition.negated

        return holds

    def _refused(
        self, path: Path, cause: str, *, code: str = "INVALID_QUERY_FILTER_OPERATOR"
    ) -> ApiError:
        return malformed(self._query.text, path.at, cause, code=code)


def comparable(field: Field, value: Value) -> Value:
    """Return what a value is compared and sorted by: of all texts, only ids keep their case."""
    return value if field.type in {"id", "reference"} else folded(value)


def like_pattern(text: str) -> str:
    r"""Return the regular expression of a LIKE pattern: `%` any text, `_` one character.

    >>> like_pattern(r"a%_\%")
    'a.*.%'
    """
    parts = re.findall(r"\\[%_]|.", text, re.DOTALL)
    return "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)
