"""What a job works with: it stays alive, hears a stop, waits for its calls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.clock import now
from bridge.errors import Throttled, Unavailable
from reconciler.runs import context as contexts
from reconciler.runs import store
from reconciler.runs.context import Watcher
from reconciler.runs.execute import execute
from reconciler.runs.finish import Finish
from reconciler.runs.halt import Halt, RunCancelled
from reconciler.runs.slots import RunSlots
from tests.postgres.run_builders import a_job, ask, begun, claim, load, ran

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep
    from tests.fix_bridge import RunningBridge

SHORT_LEASE_S = 0.6


def short(bridge: RunningBridge) -> store.RunLease:
    run_id, _ = ask(bridge)
    with bridge.database.transaction() as tx:
        lease = store.claim(tx, bridge.connection_id, run_id, SHORT_LEASE_S)
    assert lease is not None
    return lease


def test_a_run_that_is_busy_for_long_keeps_its_lease(bridge: RunningBridge) -> None:
    lease = short(bridge)

    def make_plan(context: RunContext) -> list[PlannedStep]:
        for _ in range(4):
            context.halt.wait(SHORT_LEASE_S / 2)
            assert claim(bridge, context.run.id) is None
        return []

    execute(bridge.installation, lease, job=a_job(make_plan))
    assert load(bridge, lease.run.id).state == "done"


@pytest.mark.parametrize(
    ("statement", "state"),
    [
        pytest.param(
            "UPDATE run SET lease_token = gen_random_uuid() RETURNING id", "reading", id="taken"
        ),
        pytest.param(
            "UPDATE run SET cancel_asked_at = app_now() RETURNING id", "cancelled", id="cancelled"
        ),
    ],
)
def test_a_run_that_waits_hears_that_it_shall_stop(
    bridge: RunningBridge, statement: str, state: str
) -> None:
    lease = short(bridge)

    def make_plan(context: RunContext) -> list[PlannedStep]:
        bridge.rows(statement)
        context.halt.wait(60)
        raise AssertionError("it waited to the end")

    execute(bridge.installation, lease, job=a_job(make_plan))
    assert load(bridge, lease.run.id).state == state


def test_progress_is_seen_here_and_elsewhere(bridge: RunningBridge) -> None:
    seen: list[tuple[str, int, int | None]] = []
    stored = []

    class Onlooker(Watcher):
        def progress(self, what: str, done: int, total: int | None) -> None:
            seen.append((what, done, total))

    def make_plan(context: RunContext) -> list[PlannedStep]:
        for page in range(3):
            context.progress("reading contacts", page, 2)
            stored.append(load(bridge, context.run.id).progress)
        return []

    ran(bridge, a_job(make_plan), watcher=Onlooker())
    assert seen == [("reading contacts", page, 2) for page in range(3)]
    assert stored[0] == {"what": "reading contacts", "done": 0, "total": 2}
    assert stored[-1] == {"what": "reading contacts", "done": 2, "total": 2}


def test_the_end_of_a_plan_is_foreseen_no_sooner_than_the_day_s_calls_allow(
    bridge: RunningBridge,
) -> None:
    bridge.rows("UPDATE api_application SET day_limit = 10000 RETURNING id")
    ends: list[tuple[datetime | None, str]] = []

    class Onlooker(Watcher):
        def ends(self, at: datetime | None) -> None:
            stored = load(bridge, lease.run.id).progress.get("ends_at", "")
            ends.append((at, stored))

    def make_plan(context: RunContext) -> list[PlannedStep]:
        ends_at = Finish(context, 100_000).at(0)
        context.progress("applying", 0, 9, ends_at=ends_at)
        context.progress("applying", 9, 9, ends_at=ends_at)
        return []

    lease = begun(bridge)
    execute(bridge.installation, lease, job=a_job(make_plan), watcher=Onlooker())
    with bridge.database.transaction() as tx:
        moment = now(tx)
    at, stored = ends[-1]
    assert at is not None
    assert at > moment + timedelta(days=10)
    assert stored == at.isoformat()


@pytest.mark.parametrize("failures", [0, 1, 4, 5])
def test_reading_is_tried_again_a_few_times(
    bridge: RunningBridge, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    monkeypatch.setattr(contexts, "_WAITS_S", (0.0,) * 4)
    left = [Unavailable("no answer", system="salesforce") for _ in range(failures)]

    def read() -> str:
        if left:
            raise left.pop()
        return "read"

    def make_plan(context: RunContext) -> list[PlannedStep]:
        assert context.patiently(read) == "read"
        return []

    assert ran(bridge, a_job(make_plan)).state == ("done" if failures < 5 else "failed")


def test_everybody_waits_where_the_vendor_saw_too_many_calls(
    bridge: RunningBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contexts, "_WAITS_S", (0.0,))
    errors = [Throttled("too many", system="constant_contact")]

    def read() -> None:
        if errors:
            raise errors.pop()

    def make_plan(context: RunContext) -> list[PlannedStep]:
        before = bridge.rows("SELECT app_now() AS moment")[0]["moment"]
        context.patiently(read)
        (row,) = bridge.rows("SELECT next_at FROM api_application")
        assert row["next_at"] > before
        return []

    assert ran(bridge, a_job(make_plan)).state == "done"


def slots(bridge: RunningBridge, halt: Halt) -> RunSlots:
    return RunSlots(bridge.database, bridge.connection, lane=3, halt=halt)


def test_a_run_waits_for_its_slot(bridge: RunningBridge) -> None:
    bridge.rows("UPDATE api_application SET next_at = app_now() + interval '0.4 s' RETURNING id")
    with slots(bridge, Halt()).take():
        pass
    (row,) = bridge.rows(
        "SELECT next_at <= app_now() + interval '1 s' AS soon, used FROM api_application"
    )
    assert row == {"soon": True, "used": 1}


def test_a_run_that_waits_for_a_slot_can_be_stopped(bridge: RunningBridge) -> None:
    bridge.rows("UPDATE api_application SET next_at = app_now() + interval '1 hour' RETURNING id")
    halt = Halt()
    halt.ask(RunCancelled("asked"))
    with pytest.raises(RunCancelled), slots(bridge, halt).take():
        pass


def test_the_clients_are_the_runs_own(bridge: RunningBridge) -> None:
    def make_plan(context: RunContext) -> list[PlannedStep]:
        assert context.salesforce() is context.salesforce()
        assert context.constant_contact() is context.constant_contact()
        assert context.constant_contact() is not context.constant_contact(0)
        assert context.salesforce().own_user_id().startswith("005")
        return []

    assert ran(bridge, a_job(make_plan)).state == "done"
