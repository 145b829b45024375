"""A run is cancelled at any moment: what was not begun is skipped, what was begun is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.plans.steps import all_steps
from bridge.runs.store import ask_cancel, load_run
from reconciler import in_bulk
from reconciler.runs.context import Watcher
from reconciler.runs.execute import execute
from reconciler.runs.halt import Halt
from reconciler.runs.store import claim, refuse_cancelled
from tests.journey.dying import LEASE_S, ask, written
from tests.journey.loading import (
    FEW,
    SOME,
    account,
    address,
    go_in_bulk_early,
    imports,
    in_flight,
    left_over,
    load,
)
from tests.journey.planning import approve, undo
from tests.journey.reconciling import planned, reconcile, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.plans.model import StoredStep
    from bridge.runs.model import RunRecord
    from reconciler.runs.store import RunLease
    from tests.journey.firm import Firm

BULK = ("put together for bulk", "on their way in bulk")


class Canceller(Watcher):
    """Somebody who asks a run to stop at a moment; its next heartbeat tells it."""

    def __init__(self, firm: Firm, lease: RunLease, is_time: Callable[[str, int], bool]) -> None:
        self._firm = firm
        self._lease = lease
        self._is_time = is_time
        self.halt = Halt()

    def progress(self, what: str, done: int, total: int | None) -> None:  # noqa: ARG002
        """Ask, if this is the moment."""
        if self._is_time(what, done):
            with self._firm.bridge.database.transaction() as tx:
                ask_cancel(tx, self._lease.run.connection_id, self._lease.run.id)
            self.halt.ask(refuse_cancelled(self._lease))


def cancelled(
    firm: Firm, is_time: Callable[[str, int], bool]
) -> tuple[RunRecord, list[StoredStep]]:
    """Run the job `contacts` until somebody cancels it; return its end, and its steps."""
    bridge = firm.bridge
    run_id = ask(firm, "contacts")
    with bridge.database.transaction() as tx:
        lease = claim(tx, bridge.connection_id, run_id, LEASE_S)
    assert lease is not None
    canceller = Canceller(firm, lease, is_time)
    execute(bridge.installation, lease, watcher=canceller, halt=canceller.halt)
    with bridge.database.transaction() as tx:
        record = load_run(tx, bridge.connection_id, run_id)
        steps = all_steps(tx, bridge.connection_id, record.plan_id or 0)
    assert (record.state, record.reason) == ("cancelled", "stopped because somebody asked")
    return record, steps


def states(firm: Firm, record: RunRecord) -> dict[str, tuple[str, str | None]]:
    """Return what became of each address."""
    with firm.bridge.database.transaction() as tx:
        steps = all_steps(tx, firm.bridge.connection_id, record.plan_id or 0)
    return {step.subject_key: (step.state, step.outcome) for step in steps}


@pytest.fixture
def unheard(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A firm with a change of each of some people, of which its bridge has heard nothing."""
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": None})
    people = load(firm, firm.new_list())
    reconcile(firm)
    for person in people:
        firm.change(person, Title="Member")
    go_in_bulk_early(monkeypatch)
    return firm


@pytest.fixture
def in_bulk_early(unheard: Firm, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """Such a firm whose plan goes in bulk."""
    monkeypatch.setattr(in_bulk, "BEGIN_IN_A_RUN", FEW)
    return unheard


@pytest.mark.parametrize("stage", ["reading", "merging", "deciding", "applying"])
def test_what_is_not_begun_is_skipped_and_the_next_run_does_it(unheard: Firm, stage: str) -> None:
    before = written(unheard)
    _, steps = cancelled(unheard, lambda what, _: what.startswith(stage))
    assert {(step.state, step.outcome) for step in steps} <= {("skipped", "the run was cancelled")}
    assert written(unheard) == before
    reconcile(unheard)
    assert unheard.there(address(3))["job_title"] == "Member"
    assert planned(unheard, "contacts") == []


def test_what_is_begun_singly_is_finished_and_told(
    unheard: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.carrier.most_at_once", lambda _pace: 2)
    record, _ = cancelled(unheard, lambda what, done: what == "applying" and done == 4)
    told = states(unheard, record)
    there = {address(n) for n in range(SOME) if "job_title" in unheard.there(address(n))}
    assert {key for key, (state, _) in told.items() if state == "confirmed"} == there
    assert len(there) == 4
    assert left_over(unheard) == []


def test_what_waits_in_bulk_is_taken_out_and_never_sent(in_bulk_early: Firm) -> None:
    firm = in_bulk_early
    before = imports(firm)
    record, _ = cancelled(firm, lambda what, _: what == BULK[1])
    assert set(states(firm, record).values()) == {("skipped", "the run was cancelled")}
    firm.settle()
    assert imports(firm) == before
    assert left_over(firm) == []
    reconcile(firm)
    assert firm.there(address(3))["job_title"] == "Member"


def test_what_is_on_its_way_in_bulk_is_told_by_its_end_and_can_be_taken_back(
    in_bulk_early: Firm,
) -> None:
    firm = in_bulk_early
    list_id = firm.new_list("Invitations")
    for row in firm.bridge.rows("SELECT sf_id FROM practifi_record WHERE kind = 'contact'"):
        firm.join(row["sf_id"], list_id)
    run(firm, "lists")
    account(firm, bulk_wait_s=60)
    record, _ = cancelled(firm, lambda what, _: what == BULK[1] and bool(in_flight(firm)))
    assert {state for state, _ in states(firm, record).values()} == {"planned"}
    firm.settle()
    assert set(states(firm, record).values()) == {("confirmed", "in bulk")}
    assert firm.cc_list_id(list_id) in firm.lists_of(address(3))
    assert left_over(firm) == []
    account(firm)
    undoing, _ = undo(firm, record)
    assert undoing is not None
    assert approve(firm, undoing).state == "done"
    assert firm.cc_list_id(list_id) not in firm.lists_of(address(3))
