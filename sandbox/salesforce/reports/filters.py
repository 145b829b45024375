"""The conditions of a report: each by itself, and the logic that joins them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.salesforce.reports.shelf import ReportFilter

    Test = Callable[[dict[str, str]], bool]

MOST = 20
_SHORT = 15
_CONDITIONS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "equals": lambda found, wanted: found in wanted,
    "notEqual": lambda found, wanted: found not in wanted,
    "contains": lambda found, wanted: any(each in found for each in wanted),
    "notContain": lambda found, wanted: not any(each in found for each in wanted),
    "startsWith": lambda found, wanted: found.startswith(wanted),
    "lessThan": lambda found, wanted: found < wanted[0],
    "greaterThan": lambda found, wanted: found > wanted[0],
    "lessOrEqual": lambda found, wanted: found <= wanted[0],
    "greaterOrEqual": lambda found, wanted: found >= wanted[0],
}
_WORD = re.compile(r"\s*(\d+|[()]|AND\b|OR\b|NOT\b)", re.IGNORECASE)


def test_of(filters: Sequence[ReportFilter], logic: str | None, ids: frozenset[str]) -> Test:
    """Return what tells whether the values of a record, by column, meet the conditions.

    Args:
        filters: The conditions.
        logic: How they are joined, such as `1 AND (2 OR 3)`; None: all must hold.
        ids: The columns that hold ids, which are compared with regard to case.

    Raises:
        ApiError: If the logic names a condition that is not there, or cannot be read.
    """
    tests = [_single(each, is_id=each.column in ids) for each in filters]
    if logic is None:
        return lambda values: all(test(values) for test in tests)
    return _Logic(logic, tests).read()


def _single(condition: ReportFilter, *, is_id: bool) -> Test:
    def folded(text: str) -> str:
        return text[:_SHORT] if is_id else text.casefold()

    # Commas set several values apart, of which any may meet the condition.
    wanted = tuple(folded(part.strip()) for part in condition.value.split(","))
    holds, column = _CONDITIONS[condition.operator], condition.column
    return lambda values: holds(folded(values[column]), wanted)


class _Logic:
    """Reads filter logic; AND binds as tightly as OR, from the left, as brackets say."""

    def __init__(self, text: str, tests: list[Test]) -> None:
        self._tests = tests
        self._words = [found.upper() for found in _WORD.findall(text)]
        if "".join(self._words) != re.sub(r"\s", "", text).upper():
            raise self._unreadable()
        self._place = 0

    def read(self) -> Test:
        """Return the test that the whole text says."""
        test = self._joined()
        if self._place != len(self._words):
            raise self._unreadable()
        return test

    def _joined(self) -> Test:
        test = self._one()
        while self._next() in {"AND", "OR"}:
            word = self._take()
            test = _both(test, self._one()) if word == "AND" else _either(test, self._one())
        return test

    def _one(self) -> Test:
        word = self._take()
        if word == "NOT":
            inverted = self._one()
            return lambda values: not inverted(values)
        if word == "(":
            test = self._joined()
            if self._take() != ")":
                raise self._unreadable()
            return test
        if word.isdigit() and 1 <= int(word) <= len(self._tests):
            return self._tests[int(word) - 1]
        raise self._unreadable()

    def _next(self) -> str:
        return self._words[self._place] if self._place < len(self._words) else ""

    def _take(self) -> str:
        word = self._next()
        self._place += 1
        return word

    @staticmethod
    def _unreadable() -> ApiError:
        return ApiError("BAD_REQUEST", "The filter logic is invalid.")


def _both(one: Test, other: Test) -> Test:
    return lambda values: one(values) and other(values)


def _either(one: Test, other: Test) -> Test:
    return lambda values: one(values) or other(values)
