"""A plan as people read it: a line a step, its fields below, and what it comes to. Pure.

Contacts
  + add      ann@example.com  is on a list in Practifi
      lists: (none) -> Clients
  ! opt-out  bob@example.com  Do Not Email is ticked
      permission: implicit -> unsubscribed

Plan: 1 to add, 0 to change, 0 to remove, 1 opt-out; about 3 calls.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bridge.plans.model import Sign, StoredStep

_HEADS = {
    "address": "Contacts",
    "list": "Lists",
    "interaction": "Interactions",
    "status": "Records in Practifi",
}
_MARKS: dict[Sign, str] = {"add": "+", "change": "~", "remove": "-", "opt-out": "!"}
_COLOURS: dict[Sign, str] = {"add": "32", "change": "33", "remove": "31", "opt-out": "35"}
_FIELDS = {
    "list_memberships": "lists",
    "permission_to_send": "permission",
    "email_address.address": "address",
}
_SIGN_WIDTH = 7
_SUBJECT_WIDTH = 48
_VALUE_WIDTH = 120
_LISTS_IN_A_LINE = 12


def plan_lines(
    steps: Sequence[StoredStep],
    *,
    names: Mapping[str, str],
    colour: bool = False,
    numbered: bool = False,
) -> Iterator[str]:
    """Yield the lines of some steps, in their order, under the heads of their subjects.

    Args:
        steps: Steps of one plan.
        names: Names of lists by id, which people know them by.
        colour: Whether the lines go to a terminal that shows colours.
        numbered: Whether each step is told with its place in the plan, from 1.
    """
    last = steps[-1].ordinal + 1 if steps else 0
    for kind, group in groupby(steps, key=lambda step: step.subject_kind):
        together = list(group)
        subjects = [subject_of(step, names) for step in together]
        width = min(_SUBJECT_WIDTH, max(map(len, subjects)))
        yield _HEADS.get(kind, kind)
        for step, subject in zip(together, subjects, strict=True):
            sign = f"{_MARKS[step.sign]} {step.sign:{_SIGN_WIDTH}}"
            if colour:
                sign = f"\x1b[{_COLOURS[step.sign]}m{sign}\x1b[0m"
            number = f"  {step.ordinal + 1:>{len(str(last))}}" if numbered else ""
            yield f"{number}  {sign}  {subject:{width}}  {shown(step.reason)}".rstrip()
            yield from _changes(step, names)


def total_line(totals: Mapping[str, Any]) -> str:
    """Return what a plan comes to.

    >>> total_line({"steps": 0})
    'No differences.'
    >>> total_line({"steps": 3, "by_sign": {"add": 2, "opt-out": 1}, "calls": 4})
    'Plan: 2 to add, 0 to change, 0 to remove, 1 opt-out; about 4 calls.'
    """
    if not totals.get("steps"):
        return "No differences."
    signs = totals.get("by_sign", {})
    parts = [f"{signs.get(sign, 0)} to {sign}" for sign in ("add", "change", "remove")]
    parts.append(_many(signs.get("opt-out", 0), "opt-out"))
    calls = _many(totals.get("calls", 0), "call")
    about = f"about {calls}" if totals.get("calls") else "no calls to Constant Contact"
    return f"Plan: {', '.join(parts)}; {about}."


def before_after_line(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return totals before and after as people read them; empty where nothing changes in number.

    >>> before_after_line([
    ...     {"of": "list", "name": "Newsletter", "before": 1204, "after": 1210},
    ...     {"of": "unsubscribed", "name": "unsubscribed", "before": 88, "after": 91},
    ... ])
    'Newsletter 1,204 -> 1,210; unsubscribed 88 -> 91'
    """
    lists = [row for row in rows if row["of"] == "list"]
    others = [row for row in rows if row["of"] != "list"]
    parts = [_part(row) for row in lists[:_LISTS_IN_A_LINE]]
    if len(lists) > _LISTS_IN_A_LINE:
        parts.append(f"{len(lists) - _LISTS_IN_A_LINE} more lists")
    return "; ".join([*parts, *map(_part, others)])


def counters_line(counters: Mapping[str, Any]) -> str:
    """Return what became of everything that was read; empty where nothing was.

    >>> counters_line({"read": 3, "unchanged": 1, "planned": 1, "skipped": {"no address": 1}})
    'Read 3: 1 unchanged, 1 planned, 1 skipped (no address 1), 0 rejected.'
    """
    if "read" not in counters:
        return ""
    parts = [f"{counters.get('unchanged', 0)} unchanged", f"{counters.get('planned', 0)} planned"]
    for name in ("skipped", "rejected"):
        reasons: Mapping[str, int] = counters.get(name) or {}
        listed = ", ".join(f"{shown(reason)} {count}" for reason, count in sorted(reasons.items()))
        parts.append(f"{sum(reasons.values())} {name}" + (f" ({listed})" if listed else ""))
    line = f"Read {counters['read']}: {', '.join(parts)}."
    foreign: Mapping[str, int] = counters.get("foreign") or {}
    if not foreign:
        return line
    lists = ", ".join(f"{shown(name)} {count}" for name, count in sorted(foreign.items()))
    return f"{line}\nMemberships that only Constant Contact has, left alone: {lists}."


def result_line(states: Mapping[str, int]) -> str:
    """Return what became of a plan's steps.

    >>> result_line({"confirmed": 5, "refused": 1, "skipped": 2})
    'Done: 5 confirmed, 1 refused, 0 failed, 2 skipped.'
    """
    parts = [f"{states.get(state, 0)} {state}" for state in ("confirmed", "refused", "failed")]
    if states.get("skipped"):
        parts.append(f"{states['skipped']} skipped")
    return f"Done: {', '.join(parts)}."


def subject_of(step: StoredStep, names: Mapping[str, str]) -> str:
    """Return what people call the subject of a step: a name rather than an id."""
    named = next(
        (step.body[key] for key in ("name", "Name", "Subject") if step.body.get(key)), None
    )
    match step.subject_kind:
        case "list":
            return shown(names.get(step.subject_key) or named or step.subject_key)
        case "interaction":
            return shown(named or step.subject_key)
        case _:
            return shown(step.subject_key)


def shown(value: object, names: Mapping[str, str] | None = None) -> str:
    r"""Return a value as text in which nothing can move a terminal's cursor.

    >>> shown(None), shown(["b", "a"], {"a": "Clients"}), shown("two\nlines"), shown(True)
    ('(none)', 'Clients, b', 'two\\nlines', 'yes')
    """
    names = names or {}
    match value:
        case None | "" | [] | () | {}:
            return "(none)"
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return _short(", ".join(sorted(shown(one, names) for one in value)))
        case dict():
            return _short(shown(json.dumps(value, ensure_ascii=False, sort_keys=True)))
        case _:
            return _short(printable(names.get(str(value), str(value))))


def printable(text: str) -> str:
    r"""Return the whole of a text, with everything spelled out that could move a cursor.

    >>> printable("two\nlines")
    'two\\nlines'
    """
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )


def label_of(name: str) -> str:
    """Return what people call a field.

    >>> label_of("list_memberships"), label_of("first_name")
    ('lists', 'first name')
    """
    return shown(_FIELDS.get(name, name).replace("_", " "))


def _changes(step: StoredStep, names: Mapping[str, str]) -> Iterator[str]:
    labels = {name: label_of(name) for name in step.change}
    width = max(map(len, labels.values()), default=0) + 1
    for name, (old, new) in step.change.items():
        label = f"{labels[name]}:"
        yield f"      {label:{width}} {shown(old, names)} -> {shown(new, names)}"


def _part(row: Mapping[str, Any]) -> str:
    return f"{shown(row['name'])} {row['before']:,} -> {row['after']:,}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _short(text: str) -> str:
    return text if len(text) <= _VALUE_WIDTH else f"{text[: _VALUE_WIDTH - 1]}…"
