"""A page address that ended: its source is read from the start, and the run says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.runs.store import load_run
from reconciler.runs.context import Watcher
from reconciler.runs.execute import execute
from reconciler.runs.store import claim
from reconciler.runs_cli import main as runs
from tests.journey.dying import DyingReader, Killed, ask, make_pages_small
from tests.journey.reconciling import planned

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.runs.model import RunRecord
    from tests.journey.firm import Firm

A_DAY_S = 86_401.0
NOTE = "contacts in Constant Contact were read again from the start"


@pytest.fixture
def paged(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A firm whose bridge reads a few at a time."""
    make_pages_small(monkeypatch)
    return firm


class Sleeper(Watcher):
    """Whoever looks on for a long time: the page addresses end after some pages of contacts."""

    def __init__(self, sleep: Callable[[], object], times: int) -> None:
        self._sleep = sleep
        self._left = times

    def progress(self, what: str, done: int, total: int | None) -> None:  # noqa: ARG002
        """Sleep after the first page of each start."""
        if what == "reading contacts in Constant Contact" and done <= 3 and self._left:
            self._left -= 1
            self._sleep()


def run_beside(firm: Firm, watcher: Watcher, *, run_id: int | None = None) -> RunRecord:
    """Carry a run of contacts on while somebody looks; return how it stands."""
    bridge = firm.bridge
    run_id = ask(firm, "contacts") if run_id is None else run_id
    with bridge.database.transaction() as tx:
        lease = claim(tx, bridge.connection_id, run_id, 10 * A_DAY_S)
    assert lease is not None
    execute(bridge.installation, lease, watcher=watcher)
    with bridge.database.transaction() as tx:
        return load_run(tx, bridge.connection_id, run_id)


def staged(firm: Firm) -> list[dict[str, Any]]:
    return firm.bridge.rows("SELECT count(*) AS count FROM staged_cc_resource")


def test_an_address_that_ended_costs_a_second_reading_and_nothing_else(paged: Firm) -> None:
    steps = planned(paged, "contacts")
    record = run_beside(paged, Sleeper(lambda: paged.sandbox.advance(A_DAY_S), 1))
    assert record.state == "done", record.reason
    (note,) = record.notes
    assert note.startswith(NOTE)
    assert record.totals["steps"] == len(steps)


def test_whoever_goes_on_after_a_day_begins_that_source_anew(paged: Firm) -> None:
    bridge = paged.bridge
    run_id = ask(paged, "contacts")
    with bridge.database.transaction() as tx:
        lease = claim(tx, bridge.connection_id, run_id, 60)
    assert lease is not None

    class Dying(DyingReader):
        def progress(self, what: str, done: int, total: int | None) -> None:
            if "contacts in Constant Contact" in what:
                super().progress(what, done, total)

    with pytest.raises(Killed):
        execute(bridge.installation, lease, watcher=Dying())
    paged.sandbox.advance(A_DAY_S)
    bridge.rows("UPDATE run SET lease_until = app_now() - interval '1 second' RETURNING id")
    record = run_beside(paged, Watcher(), run_id=run_id)
    assert (record.state, len(record.notes)) == ("done", 1)


def test_after_three_starts_in_vain_the_run_ends(
    paged: Firm, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = run_beside(paged, Sleeper(lambda: paged.sandbox.advance(A_DAY_S), 4))
    assert record.state == "failed"
    assert "begun anew 3 times" in (record.reason or "")
    assert len(record.notes) == 1
    monkeypatch.setenv("DATABASE_URL", paged.bridge.installation.settings.database_url or "")
    assert runs(["show", str(record.id)]) == 0
    assert NOTE in capsys.readouterr().err
