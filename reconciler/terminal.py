"""How a run looks in a terminal: plan and result as output, all else on standard error."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bridge.plans.contrast import contrast_refused
from bridge.plans.difference import outcome_lines
from bridge.plans.export import step_as_json
from bridge.plans.steps import all_steps, list_names, step_states
from bridge.plans.text import (
    before_after_line,
    counters_line,
    plan_lines,
    printable,
    result_line,
    shown,
    total_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.db.database import Database
    from bridge.plans.model import StoredStep
    from bridge.runs.model import RunRecord
    from reconciler.runs.attend import RunEnd

DONE, FAILED, USAGE, DIFFERENCES, WAITING, UNAVAILABLE, STALE = range(7)
"""Exit codes."""

_FAILURES = {"unavailable": UNAVAILABLE, "configuration": USAGE}
_PAGE = 1_000
_REDRAW_S = 0.1
_CLEAR = "\r\x1b[K"


class Terminal:
    """Shows one run to a person, or to whoever reads JSON."""

    def __init__(
        self, database: Database, connection_id: int, *, is_json: bool, shows_plan: bool = True
    ) -> None:
        self._database = database
        self._connection_id = connection_id
        self._is_json = is_json
        self._shows_plan = shows_plan
        self._has_progress_line = False
        self._said = ""
        self._said_at = 0.0
        self._shown_plan: int | None = None
        self._ends_at: datetime | None = None

    def note(self, text: str) -> None:
        """Say something beside plan and progress."""
        self._clear()
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Show how far the run is: one line that changes, or a line for each thing it does."""
        if sys.stderr.isatty():
            moment = time.monotonic()
            if what == self._said and done != total and moment - self._said_at < _REDRAW_S:
                return
            self._said, self._said_at = what, moment
            amount = f"{done:,}" if total is None else f"{done:,} of {total:,}"
            if self._ends_at is not None:
                amount += f", ends about {in_short(self._ends_at)}"
            sys.stderr.write(f"{_CLEAR}{shown(what)}: {amount}")
            sys.stderr.flush()
            self._has_progress_line = True
        elif what != self._said:
            sys.stderr.write(f"{shown(what)}\n")
            self._said = what

    def ends(self, at: datetime | None) -> None:
        """Show with the next progress when it is foreseen to end (UTC)."""
        self._ends_at = at

    def planned(self, record: RunRecord) -> None:
        """Print the plan of a run, what it comes to and what was read for it."""
        if self._is_json or not self._shows_plan:
            return
        if record.plan_id is None or self._shown_plan == record.plan_id:
            return
        self._clear()
        self._shown_plan = record.plan_id
        with self._database.transaction() as tx:
            names = list_names(tx, self._connection_id)
        for page in self._pages(record.plan_id):
            for line in plan_lines(page, names=names, colour=has_colours()):
                print_line(line)
        if record.totals.get("steps"):
            print_line("")
        print_totals(record.totals)
        if record.counters:
            print_line(counters_line(record.counters))
        sys.stdout.flush()

    def conclude(self, end: RunEnd, *, tell_differences: bool) -> int:
        """Print how the run ended and return the exit code."""
        self._clear()
        record = end.record
        states: Mapping[str, int] = {}
        if record.plan_id is not None:
            with self._database.transaction() as tx:
                states = step_states(tx, self._connection_id, record.plan_id)
        code = end.interrupted or exit_code(record, states, tell_differences=tell_differences)
        if self._is_json:
            print_json(self._as_json(record, states, code))
            return code
        self.planned(record)
        if (
            record.plan_id is not None
            and record.mode == "apply"
            and record.state != "waiting"
            and record.totals.get("steps")
        ):
            self._print_result(record.plan_id, states)
        if record.mode == "plan" and record.plan_state == "waiting":
            plan_id = record.plan_id
            self.note(f"plan {plan_id} waits: `bridge plan approve {plan_id}` carries it out")
        for note in record.notes:
            self.note(printable(note))
        if end.interrupted is None and record.reason is not None:
            words = "waits" if record.is_open else record.state
            self.note(f"run {record.id} {words}: {printable(record.reason)}")
        return code

    def _print_result(self, plan_id: int, states: Mapping[str, int]) -> None:
        print_line(result_line(states))
        if not states.keys() & {"refused", "failed"}:
            return
        with self._database.transaction() as tx:
            names = list_names(tx, self._connection_id)
            contrast = contrast_refused(tx, self._connection_id, plan_id)
        for page in self._pages(plan_id):
            for line in outcome_lines(page, names):
                print_line(line)
        for line in contrast.lines():
            print_line(line)

    def _pages(self, plan_id: int) -> Iterator[list[StoredStep]]:
        begin = 0
        while True:
            with self._database.transaction() as tx:
                page = all_steps(tx, self._connection_id, plan_id, from_ordinal=begin, count=_PAGE)
            if not page:
                return
            yield page
            begin = page[-1].ordinal + 1

    def _as_json(self, record: RunRecord, states: Mapping[str, int], code: int) -> dict[str, Any]:
        plan = None
        if record.plan_id is not None:
            with self._database.transaction() as tx:
                names = list_names(tx, self._connection_id)
            steps = [
                step_as_json(step, names) for page in self._pages(record.plan_id) for step in page
            ]
            plan = {
                "id": record.plan_id,
                "state": record.plan_state,
                "totals": record.totals,
                "results": dict(states),
                "steps": steps,
            }
        return {"run": run_as_json(record), "plan": plan, "exit_code": code}

    def _clear(self) -> None:
        if self._has_progress_line:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
            self._has_progress_line = False


def exit_code(record: RunRecord, states: Mapping[str, int], *, tell_differences: bool) -> int:
    """Return the exit code that says how a run ended.

    Args:
        record: The run.
        states: How many of its steps are in which state.
        tell_differences: Whether a plan that is not empty has a code of its own.
    """
    if record.state == "waiting":
        return WAITING
    if record.is_open:
        return UNAVAILABLE  # it waits for the next day's calls
    if record.state != "done":
        return _FAILURES.get(record.progress.get("failure", ""), FAILED)
    if record.mode == "plan":
        return DIFFERENCES if tell_differences and record.totals.get("steps") else DONE
    if states.get("failed"):
        return FAILED
    return STALE if states.get("refused") else DONE


def in_short(moment: datetime) -> str:
    """Return a moment to come, to the minute: what is foreseen is not foreseen to the second.

    >>> from datetime import UTC
    >>> in_short(datetime(2026, 11, 29, 10, 42, 17, tzinfo=UTC))
    '2026-11-29 10:42 UTC'
    """
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def run_as_json(record: RunRecord) -> dict[str, Any]:
    """Return a run for programs."""
    names = (
        "id", "job", "mode", "extent", "only", "origin", "asked_by", "asked_at", "state", "reason",
        "notes", "counters", "progress", "started_at", "finished_at",
    )  # fmt: skip
    values = {name: getattr(record, name) for name in names}
    return {"connection": record.connection_name} | {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def print_totals(totals: Mapping[str, Any]) -> None:
    """Write what a plan comes to, and the numbers before and after it."""
    print_line(total_line(totals))
    if numbers := before_after_line(totals.get("before_after", ())):
        print_line(f"{numbers}.")


def print_line(line: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{line}\n")


def print_json(value: object) -> None:
    """Write one JSON value to standard output."""
    sys.stdout.write(f"{json.dumps(value, indent=2, ensure_ascii=False)}\n")


def has_colours() -> bool:
    """Tell whether standard output shows colours, and nobody minds (https://no-color.org)."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
