"""Runs: one of a job at a time, held under a lease, taken over when that ran out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.errors import (
    BridgeError,
    ConfigurationError,
    NoSlotNow,
    QuotaSpent,
    RunRefused,
    Unavailable,
)
from bridge.plans.steps import all_steps, open_steps, step_states
from bridge.runs.model import JOBS
from bridge.runs.store import ask_cancel
from bridge.wakeups import topics
from reconciler.handlers import handle
from reconciler.runs import jobs, store
from reconciler.runs.execute import execute, run_now
from reconciler.runs.halt import Halt, RunCancelled, RunLost, RunReleased
from reconciler.runs.plans import end_step, send_step
from tests.postgres.run_builders import (
    a_job,
    apply_all,
    ask,
    begun,
    claim,
    later,
    load,
    plan_of,
    raising,
    ran,
)

if TYPE_CHECKING:
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep
    from tests.fix_bridge import RunningBridge


def test_a_run_that_applies_ends_done_with_its_steps(bridge: RunningBridge) -> None:
    record = ran(bridge, a_job())
    assert (record.state, record.plan_state) == ("done", "done")
    assert record.counters["planned"] == 3
    assert record.totals == {
        "steps": 3,
        "by_sign": {"change": 3},
        "by_kind": {"update_contact": 3},
        "calls": 3,
        "before_after": [],
        "held": [],
    }


def test_a_run_that_plans_leaves_a_plan_that_waits(bridge: RunningBridge) -> None:
    record = ran(bridge, a_job(), mode="plan")
    assert (record.state, record.plan_state) == ("done", "waiting")
    with bridge.database.transaction() as tx:
        steps = all_steps(tx, bridge.connection_id, record.plan_id or 0)
    assert [step.state for step in steps] == ["planned"] * 3
    assert steps[1].change == {"first_name": ("A", "B")}


def test_a_newer_plan_takes_the_place_of_one_that_waits(bridge: RunningBridge) -> None:
    older = ran(bridge, a_job(), mode="plan")
    ran(bridge, a_job(plan_of(0)))
    after = load(bridge, older.id)
    assert (after.plan_state, after.state) == ("discarded", "done")
    with bridge.database.transaction() as tx:
        assert step_states(tx, bridge.connection_id, after.plan_id or 0) == {"skipped": 3}


def test_asking_twice_gives_the_run_that_is_under_way(bridge: RunningBridge) -> None:
    first, is_new = ask(bridge)
    assert is_new
    assert ask(bridge, mode="plan") == (first, False)
    assert ask(bridge, job="contacts")[1]


def test_a_run_is_held_by_one_process_until_its_lease_runs_out(bridge: RunningBridge) -> None:
    first = begun(bridge)
    assert claim(bridge, first.run.id) is None
    later(bridge, 61)
    second = claim(bridge, first.run.id)
    assert second is not None
    with bridge.database.transaction() as tx, pytest.raises(RunLost):
        store.renew(tx, first)
    with bridge.database.transaction() as tx, pytest.raises(RunLost):
        store.end(tx, first, "done")
    execute(bridge.installation, second, job=a_job())
    assert load(bridge, first.run.id).state == "done"


def test_a_run_with_a_stored_plan_goes_on_applying_it(bridge: RunningBridge) -> None:
    lease = begun(bridge)

    def apply_one(context: RunContext, plan_id: int) -> None:
        with bridge.database.transaction() as tx:
            end_step(tx, context.connection.id, plan_id, 0, "confirmed")
            send_step(tx, context.connection.id, plan_id, 1)
        raise RunReleased("the process dies here")

    execute(bridge.installation, lease, job=a_job(apply_plan=apply_one))
    assert load(bridge, lease.run.id).state == "applying"
    taken_over = claim(bridge, lease.run.id)
    assert taken_over is not None
    seen: list[tuple[int, str]] = []

    def apply_rest(context: RunContext, plan_id: int) -> None:
        with bridge.database.transaction() as tx:
            steps = open_steps(tx, context.connection.id, plan_id)
        seen.extend((step.ordinal, step.state) for step in steps)
        apply_all(context, plan_id)

    planned_again = raising(AssertionError("it was planned already"))
    execute(bridge.installation, taken_over, job=a_job(planned_again, apply_rest))
    assert seen == [(1, "sending"), (2, "planned")]
    record = load(bridge, lease.run.id)
    assert (record.state, record.counters["read"]) == ("done", 3)


def test_reading_goes_on_where_the_last_page_was_staged(bridge: RunningBridge) -> None:
    lease = begun(bridge)
    seen = []

    def stage(context: RunContext, until: int) -> list[PlannedStep]:
        with bridge.database.transaction() as tx:
            point = context.checkpoint(tx, "practifi:list")
        seen.append((point.cursor, point.row_count))
        for page in range(int(point.cursor or 0), until):
            with bridge.database.transaction() as tx:
                tx.execute(
                    """
                    INSERT INTO staged_practifi_record (connection_id, run_id, kind, sf_id, record)
                    VALUES (%s, %s, 'list', %s, '{}')
                    """,
                    (context.connection.id, context.run.id, f"a0L{page:015}"),
                )
                context.save_checkpoint(
                    tx,
                    "practifi:list",
                    cursor=str(page + 1),
                    row_count=page + 1,
                    complete=page == 4,
                )
                context.renew(tx)
        if until < 5:
            raise RunReleased("the process dies here")
        return []

    execute(bridge.installation, lease, job=a_job(lambda context: stage(context, 2)))
    again = claim(bridge, lease.run.id)
    assert again is not None
    execute(bridge.installation, again, job=a_job(lambda context: stage(context, 4)))
    bridge.rows("DELETE FROM staged_practifi_record WHERE sf_id LIKE '%%3' RETURNING sf_id")
    last = claim(bridge, lease.run.id)
    assert last is not None
    execute(bridge.installation, last, job=a_job(lambda context: stage(context, 5)))
    assert seen == [(None, 0), ("2", 2), (None, 0)]
    assert load(bridge, lease.run.id).state == "done"
    assert bridge.rows("SELECT FROM staged_practifi_record") == []
    assert bridge.rows("SELECT FROM checkpoint") == []


@pytest.mark.parametrize(
    ("error", "state", "failure"),
    [
        pytest.param(
            Unavailable("no answer", system="salesforce"), "failed", "unavailable", id="remote"
        ),
        pytest.param(
            NoSlotNow(datetime(2026, 1, 1, tzinfo=UTC)), "failed", "unavailable", id="budget"
        ),
        pytest.param(ConfigurationError("no names"), "failed", "configuration", id="configuration"),
        pytest.param(RunRefused("too many"), "failed", "failed", id="guard"),
        pytest.param(BridgeError("whatever"), "failed", "failed", id="other"),
        pytest.param(RunCancelled("asked"), "cancelled", None, id="cancelled"),
    ],
)
@pytest.mark.parametrize("where", ["planning", "applying"])
def test_an_error_ends_the_run_and_its_plan_with_words(
    bridge: RunningBridge, error: BridgeError, state: str, failure: str | None, where: str
) -> None:
    job = a_job(raising(error)) if where == "planning" else a_job(apply_plan=raising(error))
    record = ran(bridge, job)
    assert (record.state, record.progress.get("failure")) == (state, failure)
    assert record.reason
    assert record.plan_state == (None if where == "planning" else "done")
    assert bridge.rows("SELECT FROM step WHERE finished_at IS NULL") == []
    assert ask(bridge)[1], "the next run is not in its way"


def test_a_fault_of_the_program_ends_the_run_and_is_told(bridge: RunningBridge) -> None:
    lease = begun(bridge)
    with pytest.raises(KeyError):
        execute(bridge.installation, lease, job=a_job(raising(KeyError("ann@example.com"))))
    record = load(bridge, lease.run.id)
    assert record.state == "failed"
    assert record.reason is not None
    assert "KeyError" in record.reason
    assert "example" not in record.reason


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(error=st.integers(-3, 3))
def test_counters_that_do_not_add_up_fail_the_run(bridge: RunningBridge, error: int) -> None:
    def make_plan(context: RunContext) -> list[PlannedStep]:
        context.counters.read = 4 + error
        context.counters.unchanged = 2
        context.counters.skip("no address")
        context.counters.reject("too long")
        return []

    record = ran(bridge, a_job(make_plan))
    assert record.state == ("failed" if error else "done")
    assert (record.plan_id is None) == bool(error)


def test_a_job_that_leaves_steps_open_fails(bridge: RunningBridge) -> None:
    record = ran(bridge, a_job(apply_plan=lambda _context, _plan_id: None))
    assert (record.state, record.plan_state) == ("failed", "done")
    assert record.reason == "the job lists left 3 steps open"


def test_somebody_asks_a_run_to_stop(bridge: RunningBridge) -> None:
    def make_plan(context: RunContext) -> list[PlannedStep]:
        context.progress("reading lists", 1)
        with bridge.database.transaction() as tx:
            assert ask_cancel(tx, context.connection.id, context.run.id)
            context.renew(tx, may_stop=False)
        context.progress("reading contacts", 1)
        raise AssertionError("it goes on")

    record = ran(bridge, a_job(make_plan))
    assert record.state == "cancelled"


def test_a_process_that_stops_leaves_the_run_to_the_next(bridge: RunningBridge) -> None:
    process = Halt()
    process.ask(RunReleased("the process stops"))
    record = ran(bridge, a_job(), halt=Halt(over=process))
    assert record.is_open
    assert not record.is_held
    assert claim(bridge, record.id) is not None


@pytest.mark.parametrize("by", ["a worker", "a person"])
def test_a_run_without_calls_left_waits_or_says_when(bridge: RunningBridge, by: str) -> None:
    error = QuotaSpent("spent", system="constant_contact")
    with bridge.database.transaction() as tx:
        (moment,) = tx.execute("SELECT app_now()").fetchone() or (None,)
    error.until = moment + timedelta(hours=3)
    record = ran(bridge, a_job(apply_plan=raising(error)), may_wait=by == "a worker")
    assert record.reason is not None
    assert f"{error.until:%Y-%m-%d %H:%M} UTC" in record.reason
    if by == "a person":
        assert (record.state, record.progress["failure"]) == ("failed", "unavailable")
        return
    assert (record.state, record.is_held) == ("applying", False)
    assert claim(bridge, record.id) is None
    later(bridge, 3 * 3600 + 1)
    lease = claim(bridge, record.id)
    assert lease is not None
    execute(bridge.installation, lease, job=a_job(raising(AssertionError("planned again"))))
    assert load(bridge, record.id).state == "done"


def test_a_run_that_waits_can_be_cancelled_at_once(bridge: RunningBridge) -> None:
    error = QuotaSpent("spent", system="constant_contact")
    error.until = datetime(2999, 1, 1, tzinfo=UTC)
    record = ran(bridge, a_job(raising(error)), may_wait=True)
    with bridge.database.transaction() as tx:
        assert not ask_cancel(tx, bridge.connection_id, record.id)
    lease = claim(bridge, record.id)
    assert lease is not None
    execute(bridge.installation, lease, job=a_job())
    assert load(bridge, record.id).state == "cancelled"


def test_a_paused_connection_is_left_alone(bridge: RunningBridge) -> None:
    bridge.rows("UPDATE connection SET state = 'paused', state_reason = 'log in' RETURNING id")
    record = ran(bridge, a_job())
    assert (record.state, record.progress["failure"]) == ("failed", "configuration")
    assert record.reason == "the connection 'firm' is paused: log in"


def test_a_worker_carries_out_what_is_queued_one_run_of_a_connection_at_a_time(
    bridge: RunningBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[object] = []

    def make_plan(context: RunContext) -> list[PlannedStep]:
        with bridge.database.transaction() as tx:
            others.append(store.claim_next(tx, 60))
        return plan_of(1)(context)

    job = a_job(make_plan)
    monkeypatch.setattr("reconciler.runs.execute.load_job", lambda _: job)
    first, second = ask(bridge, "lists")[0], ask(bridge, "contacts")[0]
    assert bridge.installation.waker.sweep() == [topics.RUNS]
    handle(bridge.installation, topics.RUNS)
    assert [load(bridge, run).state for run in (first, second)] == ["done", "queued"]
    handle(bridge.installation, topics.RUNS)
    assert load(bridge, second).state == "done"
    assert others == [None, None]
    assert bridge.installation.waker.sweep() == []


def test_every_job_has_a_module_and_run_now_runs_it(
    bridge: RunningBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tuple(jobs.MODULES) == JOBS
    monkeypatch.setattr("reconciler.runs.execute.load_job", lambda _: a_job())
    assert run_now(bridge.installation, bridge.connection_id, "activities").state == "done"
