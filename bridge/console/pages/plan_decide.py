"""A person's word on a plan: a page that says what will happen, and the deed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere, Refused
from bridge.console.page import Page
from bridge.console.pages.jobs import TITLES
from bridge.console.pages.plan_against import stale_page
from bridge.console.pages.run import find
from bridge.plans.choose import Choice
from bridge.plans.meant import count_meant
from bridge.plans.store import approve_plan, discard_plan
from bridge.wakeups.topics import RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.pages.run import Found
    from bridge.plans.model import PlanRecord

Part = Literal["all", "without_removals", "ticked"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """What of a plan would be approved.

    Attributes:
        steps: How many steps.
        by_sign: What they are to people -> how many.
        numbers: Ticked steps as people count them, from 1.
    """

    part: Part
    steps: int
    by_sign: Mapping[str, int]
    numbers: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """Return what would be done, in a sentence."""
        parts = [
            f"{self.by_sign.get(sign, 0):,} to {sign}"
            for sign in ("add", "change", "remove")
            if self.by_sign.get(sign)
        ]
        opt_outs = self.by_sign.get("opt-out", 0)
        if opt_outs:
            parts.append(f"{opt_outs:,} opt-out{'' if opt_outs == 1 else 's'}")
        return ", ".join(parts) or "nothing"


def ask_approve(visit: Visit) -> Response:
    """Say what would be approved, and ask for the word."""
    with visit.console.database.transaction() as tx:
        found = find(tx, visit)
        if stale := _stale(visit, tx, found):
            return stale
        plan = _waiting(found)
        meant = count(tx, plan, _part(visit), _numbers(visit))
    return visit.page("approve.html", found=found, plan=plan, meant=meant, title=TITLES[plan.job])


def approve(visit: Visit) -> Response:
    """Approve exactly that."""
    with visit.console.database.transaction() as tx:
        found = find(tx, visit)
        if stale := _stale(visit, tx, found):
            return stale
        plan = _waiting(found)
        choice = choice_of(_part(visit), _numbers(visit))
        by = visit.who.signature
        run_id, steps = approve_plan(tx, plan, choice, by=by, origin="console")
    visit.console.wake(frozenset({RUNS}))
    visit.note("plan_approved", plan=plan.id, run=run_id, steps=steps)
    return visit.go(f"/runs/{run_id}?did=approved")


def ask_discard(visit: Visit) -> Response:
    """Say what a discarded plan means, and ask for the word."""
    with visit.console.database.transaction() as tx:
        found = find(tx, visit)
        plan = _waiting(found)
    return visit.page("discard.html", found=found, plan=plan, title=TITLES[plan.job])


def discard(visit: Visit) -> Response:
    """Give the plan up."""
    with visit.console.database.transaction() as tx:
        found = find(tx, visit)
        plan = _waiting(found)
        discard_plan(tx, plan, by=visit.who.signature)
    visit.note("plan_discarded", plan=plan.id, run=found.run.id)
    return visit.go(f"/runs/{found.run.id}?did=discarded")


def choice_of(part: Part, numbers: tuple[int, ...]) -> Choice:
    """Return what of a plan is meant, as the command line takes it.

    Raises:
        Refused: If steps should be ticked, and none is.
    """
    if part == "ticked" and not numbers:
        raise Refused("No step is ticked: go back and tick those that are meant.")
    return Choice(
        numbers=frozenset(number - 1 for number in numbers) if part == "ticked" else frozenset(),
        without_removals=part == "without_removals",
    )


def count(
    tx: psycopg.Connection[Any], plan: PlanRecord, part: Part, numbers: tuple[int, ...]
) -> Meant:
    """Return what would be approved: whole subjects, as nothing of one goes without the rest."""
    choice = choice_of(part, numbers)
    if choice.is_all:
        totals = plan.totals
        return Meant(part=part, steps=totals.get("steps", 0), by_sign=totals.get("by_sign", {}))
    by_sign = count_meant(tx, plan, choice)
    return Meant(part=part, steps=sum(by_sign.values()), by_sign=by_sign, numbers=numbers)


def _stale(visit: Visit, tx: psycopg.Connection[Any], found: Found) -> Response | None:
    return None if found.plan is None else stale_page(visit, tx, found.plan)


def _waiting(found: Found) -> PlanRecord:
    if found.plan is None:
        raise NotThere
    if found.plan.state != "waiting":
        raise Refused(
            f"Plan {found.plan.id} does not wait any more: it is {found.plan.state}. "
            "Somebody else was faster, or a newer run has made another plan."
        )
    return found.plan


def _part(visit: Visit) -> Part:
    match visit.form.one("part") or visit.query("part"):
        case "without_removals":
            return "without_removals"
        case "ticked":
            return "ticked"
        case _:
            return "all"


def _numbers(visit: Visit) -> tuple[int, ...]:
    given = visit.form.get("step") or visit.request.query_params.getlist("step")
    return tuple(sorted({int(one) for one in given if one.isdecimal() and len(one) < 10}))  # noqa: PLR2004


PAGES = (
    Page(method="GET", path="/runs/{run_id:int}/approve", right=Right.APPROVE, handler=ask_approve),
    Page(method="POST", path="/runs/{run_id:int}/approve", right=Right.APPROVE, handler=approve),
    Page(method="GET", path="/runs/{run_id:int}/discard", right=Right.APPROVE, handler=ask_discard),
    Page(method="POST", path="/runs/{run_id:int}/discard", right=Right.APPROVE, handler=discard),
)
