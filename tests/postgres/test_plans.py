"""Plans that wait: approved whole or in part, discarded, replaced; exactly that is carried out."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS31Validator

from bridge.errors import ConfigurationError
from bridge.plans.choose import Choice
from bridge.plans.export import document, schema_text
from bridge.plans.steps import all_steps, step_states
from bridge.plans.store import approve_plan, discard_plan, find_plan, names_of, newest_plans, pages
from reconciler.nightly import ask_due_runs
from reconciler.runs.execute import execute
from reconciler.runs.plans import end_step
from tests.postgres.run_builders import (
    a_job,
    a_step,
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
    from collections.abc import Callable

    from bridge.plans.model import PlanRecord
    from bridge.runs.model import RunRecord
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep
    from tests.fix_bridge import RunningBridge

MANY = 21
NOBODY = raising(AssertionError("nothing shall be carried out"))


def leaving(count: int, **values: Any) -> Callable[[RunContext], list[PlannedStep]]:
    """Return what plans that so many people leave a list."""

    def make_plan(context: RunContext) -> list[PlannedStep]:
        context.counters.read = context.counters.planned = count
        change: dict[str, Any] = {"list_memberships": (["a-list"], [])}
        return [a_step(number, change=change, **values) for number in range(count)]

    return make_plan


def plan_by(bridge: RunningBridge, run: RunRecord) -> PlanRecord:
    with bridge.database.transaction() as tx:
        return find_plan(tx, run.plan_id or 0)


def waiting(bridge: RunningBridge, count: int = 3) -> PlanRecord:
    return plan_by(bridge, ran(bridge, a_job(plan_of(count)), mode="plan"))


def approve(bridge: RunningBridge, plan: PlanRecord, **choice: Any) -> tuple[int, int]:
    with bridge.database.transaction() as tx:
        return approve_plan(tx, plan, Choice(**choice), by="ann")


def carried_out(bridge: RunningBridge, run_id: int, **job: Any) -> RunRecord:
    lease = claim(bridge, run_id)
    assert lease is not None
    planned = raising(AssertionError("it was planned already"))
    execute(bridge.installation, lease, job=a_job(planned, **job))
    return load(bridge, run_id)


def states(bridge: RunningBridge, plan: PlanRecord) -> dict[str, int]:
    with bridge.database.transaction() as tx:
        return step_states(tx, plan.connection_id, plan.id)


def test_an_approved_plan_is_carried_out_as_it_stands(bridge: RunningBridge) -> None:
    plan = waiting(bridge)
    run_id, steps = approve(bridge, plan)
    assert (run_id, steps) == (plan.run_id + 1, 3)
    record = carried_out(bridge, run_id)
    assert (record.state, record.plan_id, record.plan_state) == ("done", plan.id, "done")
    assert states(bridge, plan) == {"confirmed": 3}
    with bridge.database.transaction() as tx:
        after = find_plan(tx, plan.id)
    assert (after.approved_by, after.applied_by) == ("ann", run_id)


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        pytest.param({"numbers": frozenset({1})}, [1], id="a single step"),
        pytest.param({"contacts": frozenset({"2@example.com"})}, [2], id="a contact"),
        pytest.param({"signs": frozenset({"change"})}, [0, 1, 2], id="all of a sign"),
    ],
)
def test_what_was_not_approved_is_not_carried_out(
    bridge: RunningBridge, choice: dict[str, Any], left: list[int]
) -> None:
    plan = waiting(bridge)
    run_id, count = approve(bridge, plan, **choice)
    assert count == len(left)
    carried_out(bridge, run_id)
    with bridge.database.transaction() as tx:
        steps = all_steps(tx, plan.connection_id, plan.id)
    assert [step.ordinal for step in steps if step.state == "confirmed"] == left
    rest = {(step.state, step.outcome) for step in steps if step.ordinal not in left}
    assert rest <= {("skipped", "not approved by ann")}


def test_an_approval_that_means_nothing_leaves_the_plan_waiting(bridge: RunningBridge) -> None:
    plan = waiting(bridge)
    with pytest.raises(ConfigurationError, match="nothing of plan"):
        approve(bridge, plan, numbers=frozenset({9}))
    assert plan_by(bridge, load(bridge, plan.run_id)).state == "waiting"


@pytest.mark.parametrize(
    ("count", "waits"), [pytest.param(20, False, id="20"), pytest.param(MANY, True, id="21")]
)
def test_more_than_20_removals_wait_for_a_word(
    bridge: RunningBridge, count: int, *, waits: bool
) -> None:
    job = a_job(leaving(count), NOBODY if waits else apply_all)
    record = ran(bridge, job)
    assert record.state == ("waiting" if waits else "done")
    if waits:
        plan = plan_by(bridge, record)
        assert plan.wait_reason == "21 of 0 would be taken off a-list"
        assert record.reason == (
            f"{plan.wait_reason}: `bridge plan approve {plan.id}`, or `bridge plan discard`"
        )
        assert states(bridge, plan) == {"planned": MANY}


def test_a_run_that_waited_goes_on_once_its_plan_is_approved(bridge: RunningBridge) -> None:
    record = ran(bridge, a_job(leaving(MANY), NOBODY))
    assert claim(bridge, record.id) is None, "nobody takes it up before"
    assert bridge.installation.waker.sweep() == []
    plan = plan_by(bridge, record)
    assert approve(bridge, plan) == (record.id, MANY)
    assert bridge.installation.waker.sweep() == ["runs"]
    assert carried_out(bridge, record.id).state == "done"
    assert states(bridge, plan) == {"confirmed": MANY}


def test_the_rest_of_a_plan_goes_without_its_removals(bridge: RunningBridge) -> None:
    def make_plan(context: RunContext) -> list[PlannedStep]:
        steps = [*leaving(MANY)(context), a_step(99)]
        context.counters.read = context.counters.planned = len(steps)
        return steps

    plan = plan_by(bridge, ran(bridge, a_job(make_plan, NOBODY)))
    run_id, count = approve(bridge, plan, without_removals=True)
    assert count == 1
    carried_out(bridge, run_id)
    assert states(bridge, plan) == {"skipped": MANY, "confirmed": 1}


def test_opt_outs_leave_while_removals_wait(bridge: RunningBridge) -> None:
    def make_plan(context: RunContext) -> list[PlannedStep]:
        steps = [a_step(99, kind="unsubscribe"), *leaving(MANY)(context)]
        context.counters.read = context.counters.planned = len(steps)
        return steps

    def apply_opt_outs(context: RunContext, plan_id: int) -> None:
        with context.installation.database.transaction() as tx:
            end_step(tx, context.connection.id, plan_id, 0, "confirmed")

    job = a_job(make_plan, NOBODY)
    job.apply_opt_outs = apply_opt_outs
    record = ran(bridge, job)
    assert record.state == "waiting"
    assert states(bridge, plan_by(bridge, record)) == {"confirmed": 1, "planned": MANY}


def test_too_many_opt_outs_wait_as_well(bridge: RunningBridge) -> None:
    job = a_job(leaving(MANY, kind="unsubscribe"), NOBODY)
    job.apply_opt_outs = NOBODY
    assert ran(bridge, job).state == "waiting"


@pytest.mark.parametrize("mode", ["plan", "apply"])
def test_a_deleted_list_always_waits(bridge: RunningBridge, mode: Any) -> None:
    def make_plan(context: RunContext) -> list[PlannedStep]:
        context.counters.read = context.counters.planned = 1
        return [a_step(kind="delete_list", subject_kind="list")]

    plan = plan_by(bridge, ran(bridge, a_job(make_plan, NOBODY), mode=mode))
    assert (plan.state, plan.wait_reason) == ("waiting", "1 list would be deleted")


def test_a_discarded_plan_ends_the_run_that_waited(bridge: RunningBridge) -> None:
    record = ran(bridge, a_job(leaving(MANY), NOBODY))
    plan = plan_by(bridge, record)
    with bridge.database.transaction() as tx:
        discard_plan(tx, plan, by="ann")
    after = load(bridge, record.id)
    assert (after.state, after.plan_state) == ("cancelled", "discarded")
    assert after.reason == "the plan was discarded by ann"
    assert states(bridge, plan) == {"skipped": MANY}
    with pytest.raises(ConfigurationError, match="does not wait: it is discarded"):
        approve(bridge, plan)


def test_a_newer_plan_ends_a_run_that_waits(bridge: RunningBridge) -> None:
    older = ran(bridge, a_job(leaving(MANY), NOBODY))
    newer = ran(bridge, a_job(plan_of(0)))
    after = load(bridge, older.id)
    assert (after.state, after.plan_state) == ("cancelled", "discarded")
    assert (after.reason, newer.state) == ("a newer plan took its place", "done")


def test_nothing_is_approved_beside_a_run_that_will_plan_anew(bridge: RunningBridge) -> None:
    plan = waiting(bridge)
    run_id, _ = ask(bridge)
    with pytest.raises(ConfigurationError, match=f"run {run_id} of lists is under way"):
        approve(bridge, plan)


def test_a_plan_is_approved_once(bridge: RunningBridge) -> None:
    plan = waiting(bridge)
    approve(bridge, plan)
    with pytest.raises(ConfigurationError, match="does not wait: it is approved"):
        approve(bridge, plan)


def test_of_two_who_approve_at_once_one_does(bridge: RunningBridge) -> None:
    plan = waiting(bridge)
    together = threading.Barrier(2, timeout=30)
    told: list[object] = []

    def one_approves() -> None:
        together.wait()
        try:
            told.append(approve(bridge, plan)[0])
        except ConfigurationError as error:
            told.append(str(error))

    threads = [threading.Thread(target=one_approves) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, told)) == [
        str(plan.run_id + 1),
        f"plan {plan.id} does not wait: it is approved",
    ]
    assert len(bridge.rows("SELECT id FROM run")) == 2


def test_a_night_does_not_count_what_a_person_approved_as_its_own(bridge: RunningBridge) -> None:
    ask_due_runs(bridge.installation)
    run_id, _ = approve(bridge, waiting(bridge))
    later(bridge, 86_400)
    asked = [load(bridge, one).job for one in ask_due_runs(bridge.installation)]
    assert asked == ["activities", "contacts"]
    carried_out(bridge, run_id)
    assert [load(bridge, one).job for one in ask_due_runs(bridge.installation)] == ["lists"]


def test_a_run_killed_between_planning_and_waiting_waits_all_the_same(
    bridge: RunningBridge,
) -> None:
    lease = begun(bridge)
    job = a_job(leaving(MANY, kind="unsubscribe"), NOBODY)
    execute(bridge.installation, lease, job=job)
    bridge.rows("UPDATE run SET state = 'applying', reason = NULL RETURNING id")
    assert carried_out(bridge, lease.run.id, apply_plan=NOBODY).state == "waiting"


def test_the_planner_knows_of_a_long_plan_as_soon_as_it_is_stored(bridge: RunningBridge) -> None:
    ran(bridge, a_job(plan_of(1_000)), "plan")
    (row,) = bridge.rows("SELECT reltuples::int AS steps FROM pg_class WHERE relname = 'step'")
    assert row["steps"] == 1_000


def test_plans_are_listed_by_state_and_their_steps_by_page(bridge: RunningBridge) -> None:
    done, waits = ran(bridge, a_job()), waiting(bridge, 1_002)
    with bridge.database.transaction() as tx:
        found = newest_plans(tx, count=5)
        open_ones = newest_plans(tx, count=5, connection="firm", state="waiting")
    assert [plan.id for plan in found] == [waits.id, done.plan_id]
    assert [plan.id for plan in open_ones] == [waits.id]
    meant = Choice(numbers=frozenset({0, 1_001}))
    steps = [step for page in pages(bridge.database, waits, meant) for step in page]
    assert [step.ordinal for step in steps] == [0, 1_001]


def test_only_takes_contacts_by_address_and_refuses_what_nobody_knows(
    bridge: RunningBridge,
) -> None:
    with bridge.database.transaction() as tx:
        found = names_of(tx, bridge.connection_id, ["contact:Ann@Example.com"])
        assert found == (frozenset({"ann@example.com"}), frozenset())
        for wrong in ("contact:003000000000001", "list:none", "people:1", "contact:"):
            with pytest.raises(ConfigurationError):
                names_of(tx, bridge.connection_id, [wrong])


def test_an_export_is_one_document_by_the_published_schema(bridge: RunningBridge) -> None:
    validator = OAS31Validator(json.loads(schema_text()))
    for count in (0, 1, 3):
        plan = waiting(bridge, count)
        found, results = pages(bridge.database, plan), states(bridge, plan)
        exported = json.loads("".join(document(plan, found, names={}, results=results)))
        assert len(exported["steps"]) == count
        assert list(validator.iter_errors(exported)) == []
        exported["steps"].append({"number": 0})
        assert list(validator.iter_errors(exported)) != []
