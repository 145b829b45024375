"""An installation of N people: its first sync, a night with some changed, 1,000 changes alone.

`python -m benchmarks.diff_night N [EVERY]` prints what each part took as one JSON value; EVERY says
of how many contacts one has changed in the night. With 0, no night is measured, only the 1,000
changes, in an installation that was synced in part and grew in the database. It is a process of its
own, so that its peak memory is that of the run. Nothing remote is called: the pages are made here,
and no step is carried out.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.compared_firm import FIELD_IDS, ComparedFirm, list_id, list_there
from benchmarks.grown import SYNCED, grow
from bridge.bootstrap import open_installation
from bridge.connections.store import add_connection, load_connection, set_profile
from bridge.db.migrate import migrate
from bridge.db.statistics import refresh_statistics
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate, active
from bridge.mirror.remember import remember_custom_fields
from bridge.runs.store import ask_run
from bridge.settings import read_settings
from reconciler.candidates.count import count_others
from reconciler.candidates.select import select_candidates
from reconciler.candidates.store import count_candidates
from reconciler.deciding import decide_candidates
from reconciler.runs import store
from reconciler.runs.context import RunContext
from reconciler.runs.drafts import draft
from reconciler.runs.plan_store import store_plan
from reconciler.snapshot.merge import merge_practifi
from reconciler.snapshot.merge_there import merge_there
from reconciler.snapshot.stage import stage_practifi, stage_there
from reconciler.snapshot.staged import complete
from reconciler.snapshot.terms import begin_staging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from bridge.bootstrap import Installation
    from bridge.mapping.compiled import Mapping

CHANGES = 1_000
_ORGANIZATION = "00D5g00000ABcdEEAT"
_SOURCES = ("practifi:list", "practifi:contact", "practifi:membership", "cc:list", "cc:contact")
_AGREED = (
    """
    INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
    SELECT p.connection_id, 'contact', p.sf_id, c.contact_id, true, app_now()
    FROM practifi_record p
    JOIN cc_contact c ON c.connection_id = p.connection_id AND c.email_key = p.email_key
    WHERE p.kind = 'contact'
    """,
    """
    INSERT INTO membership_base
      (connection_id, contact_id, list_id, cc_contact_id, cc_list_id, seen_at, agreed_at)
    SELECT m.connection_id, m.contact_id, m.list_id, l.cc_id, n.cc_id, app_now(), app_now()
    FROM practifi_record m
    JOIN link l ON l.kind = 'contact' AND l.sf_id = m.contact_id
    JOIN link n ON n.kind = 'list' AND n.sf_id = m.list_id
    WHERE m.kind = 'membership'
    """,
    """
    INSERT INTO record_status (connection_id, kind, sf_id, status, since, confirmed_at)
    SELECT connection_id, kind, sf_id,
      CASE kind WHEN 'contact' THEN 'Subscribed' ELSE 'Confirmed' END, app_now(), app_now()
    FROM practifi_record
    WHERE kind IN ('contact', 'membership')
    """,
    "DELETE FROM candidate",
)


def main() -> int:
    """Measure one size."""
    count, every = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 100  # noqa: PLR2004
    with tempfile.TemporaryDirectory(prefix="bridge-diff-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ |= {"BRIDGE_DATA_DIR": f"{folder}/data", "BRIDGE_LOG_LEVEL": "warning"}
        settings = read_settings()
        migrate(settings)
        installation = open_installation(settings)
        found = measure(installation, count, every) if every else measure_few(installation, count)
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps({"count": count} | found))
        installation.database.close()
    return 0


def measure(installation: Installation, count: int, every: int) -> dict[str, Any]:
    """Return seconds of each part of a first sync, a night and an incremental run."""
    night = _Night(installation, count)
    first = night.run(ComparedFirm(night.mapping, count), "first sync", until="merged")
    night.agree()
    changed = ComparedFirm(night.mapping, count, every=every)
    second = night.run(changed, f"one of {every} changed")
    few = night.run_few(ComparedFirm(night.mapping, count))
    return {"first": first, "night": second, "few": few}


def measure_few(installation: Installation, count: int) -> dict[str, Any]:
    """Return seconds of each part of an incremental run, among a multiple of SYNCED people."""
    night = _Night(installation, count)
    night.run(ComparedFirm(night.mapping, min(count, SYNCED)), "first sync", until="merged")
    grow(installation.database, count)
    night.agree()
    return {"few": night.run_few(ComparedFirm(night.mapping, count))}


class _Night:
    def __init__(self, installation: Installation, count: int) -> None:
        self._installation = installation
        self._count = count
        with installation.database.transaction() as tx:
            connection = add_connection(tx, installation.keyring, "firm", _ORGANIZATION)
            self._connection_id = connection.id
            set_profile(tx, connection.id, "practifi")
            activate(tx, connection.id, read_files(Path("mappings")), by="bench")
            fields = [
                {"custom_field_id": field_id, "name": name, "label": name, "type": "string"}
                for name, field_id in FIELD_IDS.items()
            ]
            remember_custom_fields(tx, connection.id, fields)
            for number in range(20):
                tx.execute(
                    "INSERT INTO link VALUES (%s, 'list', %s, %s, true, app_now())",
                    (connection.id, list_id(number), list_there(number)),
                )
            current = active(tx, connection.id)
        assert current is not None  # noqa: S101 -- just activated
        self._current = current
        self.mapping: Mapping = current.mapping

    def run(self, firm: ComparedFirm, what: str, until: str = "stored") -> dict[str, Any]:
        """Do a full run and return the seconds of its parts."""
        context, parts = self._context("full"), _Parts()
        begin_staging(context)
        with parts.timed("stage"):
            self._stage(context, firm)
        with parts.timed("complete"):
            complete(context, *_SOURCES)
        with parts.timed("merge"):
            self._merge(context)
        refresh_statistics(self._installation.database)
        if until == "stored":
            self._plan(context, parts)
        self._end(context)
        return parts.seconds | {"what": what}

    def run_few(self, firm: ComparedFirm) -> dict[str, Any]:
        """Do an incremental run that reads some changed people; nothing is left of the night."""
        with self._installation.database.transaction() as tx:
            tx.execute("DELETE FROM candidate")
        context, parts = self._context("incremental"), _Parts()
        begin_staging(context)
        step = max(1, self._count // CHANGES)
        numbers = range(0, self._count, step)[:CHANGES]
        people = [
            firm.person(n, LastName="Changed", SystemModstamp="2026-03-03T09:00:00.000Z")
            for n in numbers
        ]
        with parts.timed("stage"):
            self._page(context, "practifi:contact", stage_practifi, "contact", people)
            for source in set(_SOURCES) - {"practifi:contact"}:
                with self._installation.database.transaction() as tx:
                    context.save_checkpoint(tx, source, cursor=None, row_count=0, complete=True)
            complete(context, *_SOURCES)
        with parts.timed("merge"):
            merge_practifi(context, "contact")
        self._plan(context, parts)
        self._end(context)
        return parts.seconds | {"what": f"{CHANGES} changes alone"}

    def agree(self) -> None:
        """Let everything that both sides hold be agreed on, as a run that ended has left it."""
        for statement in _AGREED:
            with self._installation.database.transaction() as tx:
                tx.execute(statement.encode())
        with self._installation.database.session() as session:
            session.execute("VACUUM ANALYZE")

    def _plan(self, context: RunContext, parts: _Parts) -> None:
        with parts.timed("select"):
            select_candidates(context)
        with self._installation.database.transaction() as tx:
            parts.seconds["candidates"] = count_candidates(tx, self._connection_id)
        with parts.timed("count"):
            count_others(context)
        with parts.timed("decide"):
            effects = draft(context, decide_candidates(context))
        with parts.timed("store"), self._installation.database.transaction() as tx:
            store_plan(tx, context, effects, self._current.version_id)
        parts.seconds["steps"] = effects.steps

    def _context(self, extent: Any) -> RunContext:
        with self._installation.database.transaction() as tx:
            run_id, _ = ask_run(
                tx, self._connection_id, "contacts", mode="apply", origin="cli", asked_by="bench"
            )
            lease = store.claim(tx, self._connection_id, run_id, 3_600)
            connection = load_connection(tx, self._connection_id)
        assert lease is not None  # noqa: S101 -- nobody else is here
        run = replace(lease.run, extent=extent)
        context = RunContext(
            installation=self._installation,
            connection=connection,
            run=run,
            lease=replace(lease, run=run),
            current=self._current,
        )
        nobody: Any = None  # whoever has nothing to ask is never called
        context._clients.update(salesforce=nobody)  # noqa: SLF001
        context._clients[None] = nobody  # noqa: SLF001
        return context

    def _end(self, context: RunContext) -> None:
        with self._installation.database.transaction() as tx:
            store.end(tx, context.lease, "done")

    def _stage(self, context: RunContext, firm: ComparedFirm) -> None:
        self._pages(context, "practifi:list", stage_practifi, firm.lists(), "list")
        self._pages(context, "practifi:contact", stage_practifi, firm.people(), "contact")
        self._pages(
            context, "practifi:membership", stage_practifi, firm.memberships(), "membership"
        )
        self._pages(context, "cc:list", stage_there, [firm.lists_there()], "list", "list_id")
        there = firm.contacts_there()
        self._pages(context, "cc:contact", stage_there, there, "contact", "contact_id")

    def _pages(
        self,
        context: RunContext,
        source: str,
        stage: Callable[..., None],
        pages: Iterable[list[Any]],
        *how: str,
    ) -> None:
        count = 0
        for page in pages:
            count += len(page)
            self._page(context, source, stage, *how, page, count=count)

    def _page(
        self,
        context: RunContext,
        source: str,
        stage: Callable[..., None],
        *page: Any,
        count: int | None = None,
    ) -> None:
        rows = len(page[-1]) if count is None else count
        with self._installation.database.transaction() as tx:
            stage(tx, context, *page)
            context.save_checkpoint(tx, source, cursor=None, row_count=rows, complete=True)

    def _merge(self, context: RunContext) -> None:
        for kind in ("list", "contact", "membership"):
            merge_practifi(context, kind)
        merge_there(context, "list")
        merge_there(context, "contact")


class _Parts:
    def __init__(self) -> None:
        self.seconds: dict[str, Any] = {}

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)


if __name__ == "__main__":
    sys.exit(main())
