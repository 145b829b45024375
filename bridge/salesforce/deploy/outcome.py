"""What became of a deployment, and what to do about each part that failed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.connections.wire import vendor_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MANIFEST = "package.xml"

_ADVICE = (
    (
        r"no User named|integrationUser",
        "give the username of an active user of this organization with --send-as",
    ),
    (
        r"no CustomObject named|does not resolve to a valid sObject",
        "the profile or a name of the connection does not fit: `bridge doctor` says which",
    ),
    (
        r"no CustomField named|Field \w+ does not exist|No such column",
        "correct the field in names.yaml or in the mapping: `bridge doctor` says what is near",
    ),
    (
        r"Cannot change the type",
        "a field of this name and another type is there: rename or delete that one",
    ),
    (
        r"required field",
        "leave it to Practifi's own permission set: connect Salesforce, then deploy again",
    ),
    (
        r"active flow cannot be deleted|[Ff]low.*(?:version|interview)|cross-reference id",
        "delete this flow and its paused interviews in Setup, Flows, then remove again",
    ),
    (
        r"referenced elsewhere|is in use|assigned to",
        "take it from what uses it (the sentence names that), then try again",
    ),
    (
        r"test coverage|Deploy processes and flows as active",
        "deploy with --draft, then activate the flows in Setup, Flows",
    ),
    (r"[Ee]ndpoint", "give the https address that Salesforce reaches with --public-url"),
    (
        r"INSUFFICIENT|insufficient access|not available for this organization|not enabled",
        "have an administrator deploy the files of `bridge salesforce package`",
    ),
    (
        r"^Error parsing file|named in package.xml",
        "this is a fault of the bridge: report this line and `bridge --version`",
    ),
)
_OTHERWISE = "correct that in Salesforce and deploy again: nothing was changed"

_WORDS = {
    "Pending": "waits for its turn",
    "InProgress": "is under way",
    "Finalizing": "is about to end",
    "Succeeded": "done",
    "SucceededPartial": "done in part",
    "Failed": "failed",
    "Canceling": "is being cancelled",
    "Canceled": "cancelled in Salesforce",
}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A part that Salesforce did not take.

    Attributes:
        says: What is wrong, in Salesforce's words.
        advice: What to do about it.
    """

    kind: str
    full_name: str
    file: str
    line: int | None
    says: str
    advice: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How far a deployment is, or how it ended.

    Attributes:
        status: Salesforce's word.
        parts: How many there are.
        done: How many of them are through.
        changed: How many it has made, changed or deleted.
    """

    job_id: str
    status: str
    is_over: bool
    succeeded: bool
    parts: int
    done: int
    changed: int
    problems: tuple[Problem, ...]

    @property
    def progress(self) -> str:
        """What to say while it goes on.

        >>> read_outcome({"status": "InProgress", "numberComponentsTotal": 48}).progress
        'is under way, 0 of 48 parts'
        """
        words = _WORDS.get(self.status, self.status)
        return f"{words}, {self.done} of {self.parts} parts" if self.parts else words


def read_outcome(result: Mapping[str, Any]) -> Outcome:
    """Return what a `deployResult` says."""
    details = result.get("details") or {}
    failures = _rows(details.get("componentFailures"))
    successes = _rows(details.get("componentSuccesses"))
    problems = tuple(_problem(row) for row in failures if row.get("problemType") != "Warning")
    if not problems and result.get("errorMessage"):
        row = {"problem": result["errorMessage"], "fileName": MANIFEST}
        problems = (_problem(row),)
    return Outcome(
        job_id=str(result.get("id") or ""),
        status=str(result.get("status") or ""),
        is_over=result.get("done") is True,
        succeeded=result.get("done") is True and result.get("status") == "Succeeded",
        parts=_number(result.get("numberComponentsTotal")),
        done=_number(result.get("numberComponentsDeployed")),
        changed=sum(_is_changed(row) for row in successes),
        problems=tuple(sorted(problems, key=lambda one: (one.file, one.line or 0, one.full_name))),
    )


def advice_for(words: str) -> str:
    """Return what to do about a problem.

    >>> advice_for("In field: integrationUser - no User named a@b found")
    'give the username of an active user of this organization with --send-as'
    """
    found = (advice for pattern, advice in _ADVICE if re.search(pattern, words))
    return next(found, _OTHERWISE)


def problem_lines(problems: Iterable[Problem]) -> list[str]:
    """Return the problems as people read them: where, what, and what to do."""
    lines = []
    for one in problems:
        where = one.file if one.line is None else f"{one.file}:{one.line}"
        lines.append(f"{where}  {one.kind} {one.full_name}".rstrip())
        lines += [f"  {one.says}", f"  -> {one.advice}"]
    return lines


def _problem(row: Mapping[str, Any]) -> Problem:
    says = vendor_words(row.get("problem") or "no reason was given")
    line = row.get("lineNumber")
    return Problem(
        kind=str(row.get("componentType") or ""),
        full_name=str(row.get("fullName") or ""),
        file=str(row.get("fileName") or MANIFEST),
        line=int(line) if isinstance(line, int | str) and str(line).isdigit() else None,
        says=says,
        advice=advice_for(says),
    )


def _is_changed(row: Mapping[str, Any]) -> bool:
    if row.get("fullName") in {None, MANIFEST}:
        return False
    return any(row.get(key) in {True, "true"} for key in ("changed", "created", "deleted"))


def _rows(value: object) -> list[Mapping[str, Any]]:
    """Return rows; where there is one alone, some versions answer it without a list."""
    if isinstance(value, dict):
        return [value]
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
