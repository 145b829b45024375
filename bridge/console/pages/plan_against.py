"""Two plans of one job side by side: what the later one does otherwise than the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.jobs import TITLES
from bridge.console.pages.run import find
from bridge.errors import ConfigurationError
from bridge.plans.contrast import contrast_plans, differences, newest_after
from bridge.plans.steps import list_names
from bridge.plans.store import find_plan
from bridge.plans.text import label_of, shown, subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.plans.contrast import Contrast
    from bridge.plans.difference import Difference, Pair
    from bridge.plans.model import PlanRecord

_COUNT = 50
_CONFLICT = 409


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """A plan beside a later one.

    Attributes:
        names: Names of lists by id.
    """

    plan: PlanRecord
    later: PlanRecord
    contrast: Contrast
    differences: Sequence[Difference]
    names: Mapping[str, str]

    def who(self, difference: Difference) -> str:
        """Return what people call whom two plans do something else with."""
        return subject_of(difference.step, self.names)

    def fields(self, difference: Difference) -> Iterator[tuple[str, str, str]]:
        """Yield each field: its label, what was planned, and what is planned now."""
        for name, (planned, now) in difference.fields.items():
            yield label_of(name), self._words(planned), self._words(now)

    def _words(self, pair: Pair | None) -> str:
        if pair is None:
            return "nothing"
        return f"{shown(pair[0], self.names)} → {shown(pair[1], self.names)}"


def show(visit: Visit) -> Response:
    """Show what the plan of a run does otherwise than one before it."""
    with visit.console.database.transaction() as tx:
        later = find(tx, visit).plan
        if later is None:
            raise NotThere
        plan = _earlier(tx, visit.number("plan_id"), later)
        found = _against(tx, plan, later)
    return visit.page("plan_against.html", found=found, title=TITLES[plan.job], is_stale=False)


def stale_page(visit: Visit, tx: psycopg.Connection[Any], plan: PlanRecord) -> Response | None:
    """Return the page for whoever approves a plan whose place a newer one took.

    None where none took its place.
    """
    newest = newest_after(tx, plan)
    if newest is None:
        return None
    found = _against(tx, plan, find_plan(tx, newest))
    return visit.page(
        "plan_against.html", status=_CONFLICT, found=found, title=TITLES[plan.job], is_stale=True
    )


def _earlier(tx: psycopg.Connection[Any], plan_id: int, later: PlanRecord) -> PlanRecord:
    try:
        plan = find_plan(tx, plan_id)
    except ConfigurationError:
        raise NotThere from None
    if (plan.connection_id, plan.job) != (later.connection_id, later.job):
        raise NotThere
    return plan


def _against(tx: psycopg.Connection[Any], plan: PlanRecord, later: PlanRecord) -> Against:
    return Against(
        plan=plan,
        later=later,
        contrast=contrast_plans(tx, plan, later),
        differences=differences(tx, plan, later, count=_COUNT),
        names=list_names(tx, plan.connection_id),
    )


PAGES = (
    Page(
        method="GET",
        path="/runs/{run_id:int}/against/{plan_id:int}",
        right=Right.READ_PEOPLE,
        handler=show,
    ),
)
