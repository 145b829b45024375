"""Processes that carry a run on and die on the way, and what their runs wrote in the account."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.runs.model import Scope
from bridge.runs.store import ask_run, load_run
from reconciler import deciding
from reconciler.runs import drafts, store
from reconciler.runs.context import RunContext, Watcher
from reconciler.runs.execute import execute
from reconciler.snapshot import merge, merge_there, practifi, there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    import psycopg
    import pytest

    from bridge.db.database import Database
    from bridge.runs.model import Extent, Job
    from tests.journey.firm import Firm

LEASE_S = 60
PAGE = 3
ATTEMPTS = 400


class Killed(BaseException):
    """The process is no more."""


class MortalDatabase(Watcher):
    """A database under a process that dies in one of its transactions, or right after it.

    It looks on as well: the transactions are counted from the moment the plan is stored.
    """

    def __init__(self, database: Database, chance: Random, longest: int) -> None:
        self._database = database
        self._left = chance.randint(1, longest)
        self._is_committed = chance.random() < 0.5
        self._is_counting = False

    def planned(self) -> None:
        """Begin to count."""
        self._is_counting = True

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        if self._left == 0:
            raise Killed  # whoever would tidy up is no more either
        self._left -= self._is_counting
        with self._database.transaction() as tx:
            yield tx
            if self._left == 0 and not self._is_committed:
                raise Killed
        if self._left == 0:
            raise Killed

    session = transaction


class DyingReader(Watcher):
    """Whoever looks on while the process dies: right after the first page that it keeps."""

    def progress(self, what: str, done: int, total: int | None) -> None:  # noqa: ARG002
        """Die."""
        if what.startswith("reading "):
            raise Killed


def die_before_each_page_is_kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let each page be read in vain once; return the list that grows by each such death."""
    whole = RunContext.save_checkpoint
    deaths: list[str] = []

    def save_checkpoint(*arguments: Any, **named: Any) -> None:
        whole(*arguments, **named)
        page = f"{arguments[2]} {named['row_count']}"
        if page not in deaths:
            deaths.append(page)
            raise Killed

    monkeypatch.setattr(RunContext, "save_checkpoint", save_checkpoint)
    return deaths


def make_pages_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every source have several pages."""
    monkeypatch.setattr(practifi, "RECORDS_A_PAGE", PAGE)
    pages = {
        kind: page._replace(first=page.first.replace("limit=500", f"limit={PAGE}"))
        for kind, page in there.PAGES.items()
    }
    monkeypatch.setattr(there, "PAGES", pages)
    for module, name in (
        (merge, "_PLACES"),
        (merge, "_ROWS"),
        (merge_there, "_PLACES"),
        (deciding, "_KEYS"),
        (drafts, "_STEPS"),
    ):
        monkeypatch.setattr(module, name, PAGE)


def ask(firm: Firm, job: Job, extent: Extent | None = None) -> int:
    """Ask for a run that applies, and return its number."""
    with firm.bridge.database.transaction() as tx:
        run_id, _ = ask_run(
            tx,
            firm.bridge.connection_id,
            job,
            mode="apply",
            origin="cli",
            asked_by="test",
            scope=Scope(extent=extent, accepts_fewer=True),
        )
    return run_id


def run_mortally(
    firm: Firm,
    job: Job,
    process: Callable[[], tuple[Database | MortalDatabase, Watcher]],
    *,
    run_id: int | None = None,
) -> int:
    """Run a job until a process lives to its end; return how many died.

    Args:
        firm: Whose job it is.
        job: Which.
        process: Makes what the next process works with, and who looks on.
        run_id: The run, where it was asked for already.
    """
    bridge = firm.bridge
    run_id = ask(firm, job) if run_id is None else run_id
    for died in range(ATTEMPTS):
        with bridge.database.transaction() as tx:
            lease = store.claim(tx, bridge.connection_id, run_id, LEASE_S)
        if lease is None:  # it died right after it had ended the run
            ended_well(firm, run_id)
            return died
        database, watcher = process()
        installation = replace(bridge.installation, database=database)  # type: ignore[arg-type]
        try:
            execute(installation, lease, watcher=watcher)
        except Killed:
            bridge.sandbox.advance(LEASE_S + 1)
            continue
        ended_well(firm, run_id)
        return died
    raise AssertionError("the run does not come to its end")


def ended_well(firm: Firm, run_id: int) -> None:
    """See that a run is done, and that each of its steps took effect."""
    with firm.bridge.database.transaction() as tx:
        record = load_run(tx, firm.bridge.connection_id, run_id)
    assert record.state == "done", record.reason
    steps = firm.bridge.rows(
        "SELECT s.kind, s.subject_key, s.state, s.outcome FROM step s "
        "JOIN plan p ON (p.connection_id, p.id) = (s.connection_id, s.plan_id) "
        "WHERE p.run_id = %(run_id)s",
        run_id=run_id,
    )
    assert {step["state"] for step in steps} <= {"confirmed"}, steps


def written(firm: Firm) -> Counter[tuple[str, str, str]]:
    """Return how often the bridge wrote each record there: object, id and action."""
    return Counter(
        (effect["object"], effect["id"], effect["action"])
        for call in firm.sandbox.calls("constant_contact")
        if call["owner"] == "bridge"
        for effect in call["effects"]
    )
