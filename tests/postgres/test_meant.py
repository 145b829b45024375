"""What of a plan is meant: the database finds what a look at each step finds."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from bridge.plans.choose import Choice
from bridge.plans.meant import count_meant
from bridge.plans.model import SIGNS, list_changes
from bridge.plans.steps import all_steps
from bridge.plans.store import approve_plan, find_plan
from tests.postgres.run_builders import a_job, a_step, ran

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.plans.model import PlanRecord, StoredStep
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep
    from tests.fix_bridge import RunningBridge

STEPS = 120
LISTS = ("one", "two", "three")
KINDS = ("create_contact", "update_contact", "delete_contact", "unsubscribe", "move_address")
LIST_KINDS = ("create_list", "rename_list", "delete_list")


def anything(chance: random.Random) -> Callable[[RunContext], list[PlannedStep]]:
    """Return what plans steps of every kind, several of them for most subjects."""

    def make_plan(context: RunContext) -> list[PlannedStep]:
        context.counters.read = context.counters.planned = STEPS
        return [any_step(chance, number) for number in range(STEPS)]

    return make_plan


def any_step(chance: random.Random, number: int) -> PlannedStep:
    if chance.random() < 0.2:
        subject = {"subject_kind": "list", "subject_key": chance.choice(LISTS)}
        kind = chance.choice(LIST_KINDS)
        return a_step(number, key=f"{number}", kind=kind, change={}, **subject)
    lists = [[one for one in LISTS if chance.random() < 0.5] for _ in range(2)]
    change: dict[str, Any] = {"list_memberships": (lists[0], lists[1])}
    if chance.random() < 0.3:
        change["first_name"] = ("A", "B")
    if chance.random() < 0.2:
        change = {"list_memberships": (None, lists[1])}
    return a_step(
        number,
        key=f"{number}",
        kind=chance.choice(KINDS),
        subject_key=f"{chance.randrange(STEPS // 3)}@example.com",
        body=chance.choice([{}, {"list": chance.choice(LISTS)}, {"practifi_contact": "003"}]),
        change=chance.choice([change, change, {}]),
    )


def any_choice(chance: random.Random) -> Choice:
    def some(values: Sequence[Any]) -> frozenset[Any]:
        return frozenset(chance.sample(values, chance.choice([0, 0, 1, 2])))

    return Choice(
        contacts=some([*[f"{number}@example.com" for number in range(9)], "003"]),
        lists=some(LISTS),
        signs=some(SIGNS),
        states=some(["planned", "confirmed"]),
        numbers=some(range(STEPS)),
        without_removals=chance.random() < 0.4,
    )


def meant(steps: Sequence[StoredStep], choice: Choice) -> list[StoredStep]:
    """Return the steps of the subjects that are meant, by looking at each."""
    chosen = {(step.subject_kind, step.subject_key) for step in steps if choice.fits(step)}
    if choice.without_removals:
        chosen -= {(step.subject_kind, step.subject_key) for step in steps if takes_away(step)}
    return [step for step in steps if (step.subject_kind, step.subject_key) in chosen]


def takes_away(step: StoredStep) -> bool:
    return step.kind in {"delete_list", "delete_contact"} or bool(list_changes(step.change)[1])


def planned(bridge: RunningBridge, chance: random.Random) -> tuple[PlanRecord, list[StoredStep]]:
    run = ran(bridge, a_job(anything(chance)), mode="plan")
    assert run.state == "done", run.reason
    with bridge.database.transaction() as tx:
        plan = find_plan(tx, run.plan_id or 0)
        return plan, all_steps(tx, plan.connection_id, plan.id)


@pytest.mark.parametrize("seed", range(3))
def test_the_database_means_what_a_look_at_each_step_means(
    bridge: RunningBridge, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 -- repeats
    plan, steps = planned(bridge, chance)
    found = 0
    for _ in range(100):
        choice = any_choice(chance)
        with bridge.database.transaction() as tx:
            counted = count_meant(tx, plan, choice)
        assert counted == Counter(step.sign for step in meant(steps, choice)), choice
        found += bool(counted)
    assert found > 20, "most choices mean nothing: they compare nothing"


def test_exactly_what_is_meant_stays_planned(bridge: RunningBridge) -> None:
    plan, steps = planned(bridge, random.Random(7))  # noqa: S311 -- repeats
    choice = Choice(numbers=frozenset(range(20)), without_removals=True)
    expected = {step.ordinal for step in meant(steps, choice)}
    with bridge.database.transaction() as tx:
        _, count = approve_plan(tx, plan, choice, by="ann")
        after = all_steps(tx, plan.connection_id, plan.id)
    assert count == len(expected)
    assert {step.ordinal for step in after if step.state == "planned"} == expected
    assert {step.outcome for step in after if step.state == "skipped"} == {"not approved by ann"}
