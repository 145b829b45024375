"""What a rule gives whatever the record: texts of the file, put through its steps, and if they fit.

Constants, ranges, tables: they are known before any record is, and so is what is wrong with them.
"""

from __future__ import annotations

import ast
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from bridge.mapping.placeholders import read_text
from bridge.mapping.quantities import day_of, decimal_of, month_and_day, whole
from bridge.mapping.rules import CustomRule, Lookup, Rule
from bridge.mapping.step_code import step_code
from bridge.mapping.templates import Namespace, compiled, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bridge.mapping.steps import StepBody
    from bridge.mapping.targets import Target
    from bridge.mapping.yaml_tree import Path

_RUN = "def run(v):\n    return VALUE"
_MOST_KNOWN = 2000  # tables behind tables: a check takes its time by the file, not by the product
_A_DAY = "2026-11-23"
_OF_A_DAY = frozenset({"date", "year", "month", "month_name", "day"})


class Known(NamedTuple):
    """A text that comes to a point of a rule for some record.

    Attributes:
        text: The text.
        path: Where the file says it.
        is_own: Whether the rule alone uses it: a table may serve several.
    """

    text: str
    path: Path
    is_own: bool = True


def misfits(
    rule: Rule, target: Target, path: Path, lookups: Mapping[str, Lookup]
) -> Iterator[tuple[Path, str]]:
    """Yield path and cause of each text of a rule with sound steps that can never be of use."""
    coming = _Coming(_constants(rule, path), is_all=_is_constant(rule))
    for number, step in enumerate(rule.transform):
        place = (*path, "transform", number, step.name)
        yield from coming.through(step, place, lookups)
    told: set[Path] = set()
    defaults = [Known(rule.default, (*path, "default"))] if rule.default is not None else []
    for known in [*coming.known, *defaults]:
        if known.path not in told and (cause := _misfit(known.text, rule, target)):
            told.add(known.path)
            yield known.path, cause
    limit = rule.max or target.limit
    if rule.template is not None and not rule.transform and rule.too_long == "error" and limit:
        length = sum(map(len, read_text(rule.template).literals))
        if length > limit:
            cause = (
                f"{length} characters beside its fields, and {limit} are allowed here: shorten it"
            )
            yield (*path, "template"), f"{cause}: shorten it"


class _Coming:
    """The known texts at one point of a rule, and whether others may come there too."""

    def __init__(self, known: list[Known], *, is_all: bool) -> None:
        self.known = known
        self._is_all = is_all

    def through(
        self, step: StepBody, place: Path, lookups: Mapping[str, Lookup]
    ) -> Iterator[tuple[Path, str]]:
        """Put the texts through a step; yield what cannot pass it."""
        came, self.known = self.known, []
        if step.asks:  # what comes of it is up to each record
            self._is_all = False
            return
        run = _runner(step, lookups) if came else None
        errors: list[tuple[Known, str]] = []
        for known in came:
            assert run is not None  # noqa: S101 - texts came
            try:
                text = run(known.text)
            except ValueError as error:
                errors.append((known, str(error)))
            else:
                self.known += [known._replace(text=text)] if text else []
        stuck = [(known, error) for known, error in errors if known.is_own]
        if self._is_all and came and not self.known:
            stuck = stuck or errors
            if not stuck:
                lacks = f"table {step.argument} lacks it"
                lost = lacks if step.name == "lookup" else "nothing is left of it"
                yield place, f"{came[0].text!r} comes here, and {lost}"
        if stuck:
            first, cause = stuck[0]
            yield place, f"{first.text!r} comes here: {cause}"
        if not self._is_all:
            given, self._is_all = _given(step, place, lookups)
            self.known = (self.known + given)[:_MOST_KNOWN]


def _constants(rule: Rule, path: Path) -> list[Known]:
    value = [Known(rule.value, (*path, "value"))] if rule.value is not None else []
    return value + [
        Known(case.value, (*path, "cases", number, "value"))
        for number, case in enumerate(rule.cases or [])
        if case.value is not None
    ]


def _is_constant(rule: Rule) -> bool:
    return rule.value is not None or (
        rule.cases is not None and all(case.value is not None for case in rule.cases)
    )


def _given(step: StepBody, place: Path, lookups: Mapping[str, Lookup]) -> tuple[list[Known], bool]:
    """Return texts that a step gives for some value, and whether it gives no others."""
    argument = step.argument
    if step.name == "bands":
        texts = [(band.text, (*place, n, "text")) for n, band in enumerate(argument)]
        return [Known(text, path) for text, path in texts], True
    if step.name == "yes_no":
        return [Known(text, place) for text in (argument.if_true, argument.if_false)], True
    if step.name == "has":
        return [Known(text, place) for text in ("true", "false")], True
    if step.name == "lookup":
        lookup = lookups[argument]
        table = ("lookups", argument, "table")
        texts = [(text, (*table, key)) for key, text in lookup.table.items() if text]
        return [Known(text, path, is_own=False) for text, path in texts], lookup.otherwise != "keep"
    if step.name in _OF_A_DAY:  # other days give other texts, but of one kind
        return [Known(_runner(step, lookups)(_A_DAY), place)], False
    return [], False


def _runner(step: StepBody, lookups: Mapping[str, Lookup]) -> Callable[[str], str]:
    """Return the very function that a compiled rule has for a step."""
    names = Namespace()
    nothing = ast.Constant(None)  # no step that asks a field is run here
    value = step_code(step, ast.Name(id="v", ctx=ast.Load()), lookups, names, lambda _: nothing)
    return compiled(names, "run", fill(_RUN, names, VALUE=value), "<step>")


def _misfit(text: str, rule: Rule, target: Target) -> str | None:
    """Say why a text can never stand in a part, or None."""
    limit = rule.max or target.limit
    if limit is not None and len(text) > limit and rule.too_long == "error":
        return f"{len(text)} characters, and {limit} are allowed here: shorten it"
    check = _CHECKS.get(target.name)
    if isinstance(rule, CustomRule):
        check = _TYPES.get(rule.type)
    try:
        if check:
            check(text)
    except ValueError as error:
        return f"{text!r} is for {target.name}: {error}"
    return None


def _date(text: str) -> None:
    """Raise ValueError unless Constant Contact takes the text for a date."""
    try:
        day_of(text)
    except ValueError:
        try:
            datetime.strptime(text, "%m/%d/%Y")  # noqa: DTZ007 - only whether it is one
        except ValueError:
            raise ValueError("not a date such as 2026-11-23 or 11/23/2026") from None


_CHECKS: dict[str, Callable[[str], object]] = {
    "birthday": month_and_day,
    "birthday_month": lambda text: whole(text, 1, 12),
    "birthday_day": lambda text: whole(text, 1, 31),
    "anniversary": day_of,
}
_TYPES: dict[str, Callable[[str], object]] = {"number": decimal_of, "date": _date}
