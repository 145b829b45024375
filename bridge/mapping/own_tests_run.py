"""Run the tests that stand in the files of a mapping. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.errors import MappingError
from bridge.mapping.own_tests import PERMISSION, UNTOUCHED
from bridge.mapping.told import FileFault, lines_of, on_one_line
from bridge.mapping.trial import try_record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.model import Mapping
    from bridge.mapping.own_tests import Example
    from bridge.mapping.yaml_tree import Place


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One thing that came out otherwise.

    Attributes:
        part: The part of the contact or list; empty where the record as a whole is meant.
        place: Where the test says what is expected.
    """

    part: str
    expected: str
    got: str
    place: Place
    rule_line: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How one test came out: well, where there is no difference."""

    example: Example
    differences: tuple[Difference, ...]


def run_examples(mapping: Mapping) -> list[Outcome]:
    """Run the tests that stand in the files of a mapping, in their order."""
    return [
        Outcome(example=example, differences=tuple(_differences(mapping, example)))
        for example in mapping.examples
    ]


def _differences(mapping: Mapping, example: Example) -> Iterator[Difference]:
    came = try_record(mapping, example.kind, example.record)
    reason, error = came["left_out"], came["error"]
    if error is not None:
        got = f"is refused ({error})"
    else:
        got = "takes part" if reason is None else f"takes no part ({reason})"
    if example.end == "expect" and reason is None and error is None:
        becomes = _flat(came["becomes"] or {})
        for wanted in example.wanted:
            if (there := becomes.get(wanted.part, UNTOUCHED)) != wanted.value:
                yield Difference(
                    part=".".join(wanted.part),
                    expected=_shown(wanted.value),
                    got=_shown(there),
                    place=wanted.place,
                    rule_line=wanted.rule_line,
                )
        return
    if example.end == "expect":
        expected, holds = "takes part", False
    elif example.end == "takes_no_part":
        expected, holds = f"takes no part ({example.says})", reason == example.says
    else:
        expected = f"is refused ({example.says})"
        holds = error is not None and example.says in error
    if not holds:
        yield Difference(part="", expected=expected, got=got, place=example.end_place)


def _flat(becomes: MappingOf[str, object]) -> dict[tuple[str, ...], str | None]:
    """Return what a record becomes part by part, under the names that tests use."""
    flat = {path: _text(value) for path, value in _leaves(becomes, ())}
    address = flat.pop(("email_address", "address"), UNTOUCHED)
    if address is not UNTOUCHED:
        flat[("email_address",)] = address
    month, day = (flat.get((key,), UNTOUCHED) for key in ("birthday_month", "birthday_day"))
    if month is not UNTOUCHED:
        flat[("birthday",)] = month and day and f"{int(month):02}-{int(day):02}"
    flat.setdefault((PERMISSION,), "implicit")
    return flat


def _leaves(
    part: MappingOf[str, object], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, inner in part.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, (*path, key))
        else:
            yield (*path, key), inner


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _shown(value: str | None) -> str:
    if value is None:
        return "(emptied)"
    return value if value == UNTOUCHED else repr(value)


def refuse_failing(mapping: Mapping, files: MappingOf[str, str]) -> None:
    """Run the tests that stand in mapping files.

    Raises:
        MappingError: If one of them fails; it lists everything that came out otherwise.
    """
    faults = []
    for example, one, says in _failures(run_examples(mapping)):
        quoted = lines_of(files[example.file])[one.place.line - 1]
        faults.append(FileFault(example.file, one.place, on_one_line(says), quoted))
    if faults:
        raise MappingError(faults)


def _failures(outcomes: Sequence[Outcome]) -> Iterator[tuple[Example, Difference, str]]:
    """Yield each difference with its sentence: what is wrong, and what can be done about it."""
    for outcome in outcomes:
        for one in outcome.differences:
            came = f"{one.part} is {one.got}, and the test says {one.expected}"
            if not one.part:
                came = f"the record {one.got}, and the test says that it {one.expected}"
            rule = "the rules" if one.rule_line is None else f"the rule in line {one.rule_line}"
            says = f"test “{outcome.example.name}” fails, {came}: correct {rule}, or the test"
            yield outcome.example, one, says
