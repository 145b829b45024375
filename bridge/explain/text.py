"""How an explanation looks in a terminal, and as JSON. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.explain.model import Check, Explanation

_MARKS = {"ok": "ok", "failing": "FAILS", "not_reached": "-"}
_MARK, _NAME = 7, 21


def lines(explanation: Explanation) -> Iterator[str]:
    """Yield an explanation line by line: what was asked, the checks, the cause, what to do."""
    subject = dict(explanation.subject)
    yield f"{subject.pop('asked')}: {_facts(subject)}"
    for check in explanation.checks:
        yield f"{_MARKS[check.state]:{_MARK}}{check.name:{_NAME}}{_found(check)}".rstrip()
    yield f"{'cause':{_MARK + _NAME}}{explanation.cause or 'none'}"
    yield f"{'what to do':{_MARK + _NAME}}{explanation.what_to_do}"


def as_json(explanation: Explanation) -> dict[str, Any]:
    """Return an explanation for programs; the keys and the causes are stable."""
    return {
        "subject": dict(explanation.subject),
        "checks": [
            {
                "name": check.name,
                "state": check.state,
                "facts": dict(check.facts),
                "at": check.at,
            }
            for check in explanation.checks
        ],
        "cause": explanation.cause,
        "what_to_do": explanation.what_to_do,
    }


def _found(check: Check) -> str:
    if check.state == "not_reached":
        return "not reached"
    at = f" ({check.at:%Y-%m-%d %H:%M:%S} UTC)" if check.at else ""
    return _facts(check.facts) + at


def _facts(facts: Any) -> str:
    return ", ".join(f"{name}: {shown(value)}" for name, value in facts.items())


def shown(value: object) -> str:
    r"""Return text in which nothing can move a terminal's cursor.

    >>> shown("two\nlines"), shown(["a", "b"]), shown(True), shown(None)
    ('two\\nlines', 'a b', 'yes', '-')
    """
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(map(shown, value))
        case _:
            return "".join(
                char if char.isprintable() else char.encode("unicode_escape").decode()
                for char in str(value)
            )
