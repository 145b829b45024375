"""What the doctor found: one line a check, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.doctor.causes import CAUSES, State

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTALLATION = "installation"

__all__ = ["INSTALLATION", "Fault", "Finding", "Outcome", "State", "fault", "finding", "ok"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What a check found wrong.

    Attributes:
        cause: A stable word of `bridge.doctor.causes`.
        says: What was found.
        facts: What the advice of the cause names.
        about: Which one, where a cause may stand several times: a field, an object, a job.
        place: The rule of a mapping file that it is about: `contact.yaml:12:5`.
        of: The check that it keeps one thing from being shown in; None: the cause's own.
    """

    cause: str
    says: str
    facts: Mapping[str, Any]
    about: str = ""
    place: str = ""
    of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The outcome of one check.

    Attributes:
        subject: `installation`, or the name of a connection.
        check: What was looked at, in two or three words.
        state: `failed` makes the doctor's exit code 1; a warning does not.
        says: What was found.
        advice: What to do about it, unless all is well.
        cause: The stable word of what is wrong; None where all is well.
        about: Which one, where a cause may stand several times.
        place: The rule of a mapping file that it is about: `contact.yaml:12:5`.
    """

    subject: str
    check: str
    state: Literal["ok", "warning", "failed"]
    says: str
    advice: str | None = None
    cause: str | None = None
    about: str = ""
    place: str = ""


Outcome: TypeAlias = "Fault | str"
"""What a check yields: what is wrong, or in a few words what is well."""


def fault(cause: str, says: str, about: str = "", *, place: str = "", **facts: object) -> Fault:
    """Return what is wrong; the advice of the cause takes the facts.

    >>> fault("lane_paused", "the lane webhook is paused", lane="webhook").cause
    'lane_paused'
    """
    return Fault(cause=cause, says=says, about=about, place=place, facts=facts)


def finding(subject: str, found: Fault) -> Finding:
    """Return the line of a fault.

    >>> finding("firm", fault("database_old", "PostgreSQL 13")).advice
    'use PostgreSQL 15 or later'
    """
    known = CAUSES[found.cause]
    return Finding(
        subject=subject,
        check=found.of or known.check,
        state="warning" if found.of else known.state,
        says=found.says,
        advice=known.advice.format_map({"connection": subject, **found.facts}),
        cause=found.cause,
        about=found.about,
        place=found.place,
    )


def ok(subject: str, check: str, says: str) -> Finding:
    """Return the line of a check that found all well."""
    return Finding(subject=subject, check=check, state="ok", says=says)
