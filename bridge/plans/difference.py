"""What two plans say differently of the same subject. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from bridge.plans.text import label_of, shown, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bridge.plans.model import Effect, StoredStep

Pair: TypeAlias = tuple[Any, Any]

_NOTHING = "nothing"


class _Now:
    """A step that `as_now` has kept."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        self.kind = str(kept["kind"])
        self.cc_id: str | None = None
        self.change = {name: (old, new) for name, (old, new) in kept["change"].items()}


class Reasoned(Protocol):
    """The part of a step that is kept of it where it was not planned."""

    @property
    def kind(self) -> str:
        """As in `step.kind`."""

    @property
    def reason(self) -> str:
        """Why it would be done."""

    @property
    def change(self) -> Mapping[str, tuple[Any, Any]]:
        """Field -> (old, new)."""


def as_now(step: Reasoned) -> dict[str, Any]:
    """Return what a refused step keeps of what would be done instead."""
    return {
        "kind": step.kind,
        "reason": step.reason,
        "change": {name: list(pair) for name, pair in step.change.items()},
    }


def difference_lines(
    planned: Iterable[Effect], now: Iterable[Effect], names: Mapping[str, str]
) -> Iterator[str]:
    """Yield what was planned of one subject and would be done otherwise now, two lines a field.

    Args:
        planned: The steps of one plan for the subject.
        now: Those of the later one; none where nothing is left to do.
        names: Names of lists by id.

    >>> class Step:
    ...     def __init__(self, name):
    ...         self.change = {"last_name": ("Typo", name)}
    >>> for line in difference_lines([Step("Moran")], [Step("Hill")], {}):
    ...     print(line)
          last name: planned Typo -> Moran
                     now     Typo -> Hill
    """
    yield from _lines(_differing(planned, now), names)


def outcome_lines(steps: Sequence[StoredStep], names: Mapping[str, str]) -> Iterator[str]:
    """Yield what became of steps that were refused or failed, and what would be done instead."""
    for _, group in groupby(steps, key=_subject):
        told = [step for step in group if step.state in {"refused", "failed"}]
        for step in told:
            outcome = shown(step.outcome or "no reason is known")
            yield f"  {step.state:7}  {subject_of(step, names)}: {outcome}"
        stale = [step for step in told if step.now is not None]
        if stale:
            now = [_Now(one) for one in stale[0].now or ()]
            yield from difference_lines(stale, now, names)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What two plans do otherwise with one subject.

    Attributes:
        step: A step of it, of the later plan where that has one.
        fields: Field -> (old, new) of the earlier plan, and of the later one; None: not changed.
    """

    step: StoredStep
    fields: Mapping[str, tuple[Pair | None, Pair | None]]

    def lines(self, names: Mapping[str, str]) -> Iterator[str]:
        """Yield it as people read it."""
        yield f"  {subject_of(self.step, names)}"
        yield from _lines(self.fields, names)

    def as_json(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "subject_kind": self.step.subject_kind,
            "subject_key": self.step.subject_key,
            "name": subject_of(self.step, names),
            "change": {
                name: {"planned": _pair_as_json(planned), "now": _pair_as_json(now)}
                for name, (planned, now) in self.fields.items()
            },
        }


def compare(old: Iterable[StoredStep], new: Iterable[StoredStep]) -> Iterator[Difference]:
    """Yield how a later plan differs from an earlier one, subject by subject."""
    before, after = _by_subject(old), _by_subject(new)
    for subject in {**before, **after}:
        planned, now = before.get(subject, []), after.get(subject, [])
        fields = _differing(planned, now)
        if fields:
            yield Difference(step=(now or planned)[0], fields=fields)


def _differing(
    planned: Iterable[Effect], now: Iterable[Effect]
) -> dict[str, tuple[Pair | None, Pair | None]]:
    before, after = _fields(planned), _fields(now)
    return {
        name: (before.get(name), after.get(name))
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    }


def _lines(
    fields: Mapping[str, tuple[Pair | None, Pair | None]], names: Mapping[str, str]
) -> Iterator[str]:
    labels = {name: f"{label_of(name)}:" for name in fields}
    width = max(map(len, labels.values()), default=0)
    for name, (planned, now) in fields.items():
        yield f"      {labels[name]:{width}} planned {_shown(planned, names)}"
        yield f"      {'':{width}} now     {_shown(now, names)}"


def _by_subject(steps: Iterable[StoredStep]) -> dict[tuple[str, str], list[StoredStep]]:
    return {subject: list(group) for subject, group in groupby(steps, key=_subject)}


def _subject(step: StoredStep) -> tuple[str, str]:
    return step.subject_kind, step.subject_key


def _fields(steps: Iterable[Effect]) -> dict[str, Pair]:
    """Return field -> (old, new) over all steps of a subject, each resting on the one before."""
    fields: dict[str, Pair] = {}
    for step in steps:
        for name, (old, new) in step.change.items():
            fields[name] = (fields[name][0] if name in fields else _plain(old), _plain(new))
    return fields


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, list | tuple | set) else value


def _shown(pair: Pair | None, names: Mapping[str, str]) -> str:
    return _NOTHING if pair is None else f"{shown(pair[0], names)} -> {shown(pair[1], names)}"


def _pair_as_json(pair: Pair | None) -> dict[str, Any] | None:
    return None if pair is None else {"old": pair[0], "new": pair[1]}
