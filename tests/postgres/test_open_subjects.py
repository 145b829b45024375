"""What is open of a plan comes a subject at a time, wherever its pages end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler import open_subjects
from reconciler.runs.plans import end_step, open_totals
from tests.postgres.run_builders import a_job, a_step, apply_all, ran

if TYPE_CHECKING:
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep
    from tests.fix_bridge import RunningBridge

KINDS = {
    1: ("unsubscribe", "update_contact"),
    2: ("update_contact",),
    3: ("update_contact", "move_address"),
    4: ("create_contact",),
    5: ("unsubscribe",),
}


def make_plan(context: RunContext) -> list[PlannedStep]:
    context.counters.read = context.counters.planned = len(KINDS)
    return [
        a_step(number, kind=kind, key=f"{number} {kind}", calls=number)
        for number, kinds in KINDS.items()
        for kind in kinds
    ]


def seen(context: RunContext, plan_id: int, **options: Any) -> list[tuple[str, ...]]:
    found = open_subjects.open_subjects(
        context.installation.database, context.connection.id, plan_id, **options
    )
    return [tuple(step.kind for step in steps) for steps in found]


@pytest.mark.parametrize("page", [1, 2, 3, 4, 100])
def test_steps_of_a_subject_come_together_however_long_a_page_is(
    bridge: RunningBridge, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(open_subjects, "_PAGE", page)
    found: dict[str, Any] = {}

    def apply_plan(context: RunContext, plan_id: int) -> None:
        found["all"] = seen(context, plan_id)
        found["opt-outs"] = seen(context, plan_id, only_opt_outs=True)
        with context.installation.database.transaction() as tx:
            found["totals"] = open_totals(tx, context.connection.id, plan_id)
            end_step(tx, context.connection.id, plan_id, 0, "confirmed")
        found["left"] = seen(context, plan_id, only_opt_outs=True)
        apply_all(context, plan_id)

    assert ran(bridge, a_job(make_plan, apply_plan)).state == "done"
    # a plan has opt-outs first, then who takes a contact along
    whole = [KINDS[number] for number in (1, 5, 3, 2, 4)]
    if page > 1:  # else a subject has more steps than a page, and comes in parts
        assert found["all"] == whole
        assert found["opt-outs"] == [KINDS[1], KINDS[5]]
    assert sum(found["all"], ()) == sum(whole, ())
    assert found["totals"] == (5, 2, 1 + 1 + 2 + 3 + 3 + 4 + 5)
    assert found["left"] == [KINDS[5]]
