"""How the doctor's findings look in a terminal. Pure but for the question whether it is one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bridge.doctor.findings import Finding
    from bridge.doctor.old_lists import OldList

_STATE, _SUBJECT, _CHECK = 8, 14, 22
_COLOURS = {"ok": "32", "warning": "33", "failed": "31"}


def has_colours() -> bool:
    """Tell whether standard output is a terminal that shows colours (no-color.org)."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def lines(findings: Iterable[Finding], *, colour: bool = False) -> Iterator[str]:
    """Yield each finding as it comes, and once for several that follow one another what to do.

    >>> from bridge.doctor.findings import ok
    >>> list(lines([ok("firm", "clock", "agrees")]))
    ['ok      firm           clock                  agrees']
    """
    advice = None
    for found in findings:
        if advice is not None and found.advice != advice:
            yield _advised(advice)
        advice = found.advice
        state = f"{found.state:{_STATE}}"
        if colour:
            state = f"\x1b[{_COLOURS[found.state]}m{state}\x1b[0m"
        yield f"{state}{found.subject:{_SUBJECT}} {found.check:{_CHECK}} {found.says}{_at(found)}"
    if advice is not None:
        yield _advised(advice)


def _at(found: Finding) -> str:
    return f" ({found.place})" if found.place else ""


def _advised(advice: str) -> str:
    return f"{'':{_STATE + _SUBJECT + _CHECK + 2}}-> {advice}"


def change_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield what has changed of one connection since the last look that is kept."""
    name = str(told["connection"])
    if told["since"] is None:
        yield f"{name:{_SUBJECT}} no look is kept yet: `bridge scheduler` takes one each night"
    elif not told["seen"]:
        yield f"{name:{_SUBJECT}} one of the sides cannot be seen now: `bridge doctor` says why"
    elif not told["changes"]:
        yield f"{name:{_SUBJECT}} nothing has changed since {told['since']}"
    else:
        yield f"{name:{_SUBJECT}} since {told['since']}:"
        for one in told["changes"]:
            mark = "!" if one["matters"] else " "
            yield f"  {mark} {one['says']}"


def list_lines(told: Sequence[OldList]) -> Iterator[str]:
    """Yield what became of the ids of old that list records held."""
    for one in told:
        now = one.list_id or "the account has no such list any more"
        refused = f": refused by Salesforce: {one.refused}" if one.refused else ""
        yield f"{one.connection:{_SUBJECT}} {one.sf_id} {one.number:10} -> {now}{refused}"
    if not told:
        yield "no list that is not linked holds an id of old"
