"""What becomes of the subjects of a plan, told by their steps."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from bridge.delivery.delete_list import DELETED, GONE
from bridge.plans.difference import as_now
from reconciler.deciding import decide_again
from reconciler.in_bulk import went_in_bulk
from reconciler.runs.plans import StepEnding, end_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import psycopg

    from bridge.delivery.model import Step
    from bridge.delivery.work import SubjectKind
    from bridge.plans.model import StoredStep
    from reconciler.runs.context import RunContext
    from reconciler.runs.plans import StepEnd

_SQL = load_queries("reconciler", "apply.sql")
_IS_BACK = "changed since it was planned: the list is in Practifi again"
_STAYS = "changed since it was planned: the contact is to stay"


@dataclass(eq=False)
class Subject:
    """A subject with its open steps.

    Attributes:
        tries: How often it was tried.
        unplanned: The step that nobody agreed to, where there was one.
        begun_s: When it was taken up, by the monotonic clock.
    """

    steps: list[StoredStep]
    tries: int = 0
    unplanned: Step | None = None
    begun_s: float = field(default_factory=time.monotonic)

    @property
    def kind(self) -> SubjectKind:
        """What it is."""
        return "list" if self.steps[0].subject_kind == "list" else "address"

    @property
    def key(self) -> str:
        """What it is known by."""
        return self.steps[0].subject_key


def confirm(context: RunContext, plan_id: int, done: Mapping[Subject, str]) -> None:
    """Note that subjects are where the plan wants them; the words say what was done to each."""
    if not done:
        return
    connection_id = context.run.connection_id
    endings: list[StepEnding] = []
    with context.installation.database.transaction() as tx:
        in_bulk = went_in_bulk(tx, connection_id, plan_id, [subject.key for subject in done])
        kept = _kept(tx, connection_id, done)
        for subject, words in done.items():
            if words not in {DELETED, GONE} and any(one.kind == DELETED for one in subject.steps):
                endings += [StepEnding(one.ordinal, "refused", _IS_BACK) for one in subject.steps]
                continue
            kinds = set(words.split(", "))
            for step in subject.steps:
                outcome: str | None = None
                if step.cc_id in kept and step.kind == "delete_contact":
                    endings.append(StepEnding(step.ordinal, "refused", _STAYS))
                    continue
                if step.kind not in kinds and step.kind != "link_list":
                    outcome = "in bulk" if subject.key in in_bulk else "it was so already"
                endings.append(StepEnding(step.ordinal, "confirmed", outcome))
        end_steps(tx, connection_id, plan_id, endings)
        context.renew(tx, may_stop=False)


def _kept(tx: psycopg.Connection[Any], connection_id: int, subjects: Iterable[Subject]) -> set[str]:
    """Return the contacts that were to be deleted and are there as before."""
    ids = [
        step.cc_id
        for subject in subjects
        for step in subject.steps
        if step.kind == "delete_contact"
    ]
    if not ids:
        return set()
    values = {"connection_id": connection_id, "contact_ids": ids}
    return {contact_id for (contact_id,) in tx.execute(_SQL["still_there"], values)}


def end(
    context: RunContext,
    plan_id: int,
    subject: Subject,
    state: StepEnd,
    outcome: str,
    *,
    now: list[dict[str, Any]] | None = None,
) -> None:
    """Note that a subject did not end as planned; `now` is what would be done of it instead."""
    answer = None if now is None else {"now": now}
    endings = [StepEnding(step.ordinal, state, outcome, answer) for step in subject.steps]
    with context.installation.database.transaction() as tx:
        end_steps(tx, context.run.connection_id, plan_id, endings)
        context.renew(tx, may_stop=False)


def what_now(
    context: RunContext, subject: Subject, *, is_undo: bool
) -> list[dict[str, Any]] | None:
    """Return what would be done of a subject now, for whoever compares it with the plan.

    Raises:
        RemoteError: If Salesforce does not answer where a record has to be read back.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    step = subject.unplanned
    if subject.kind == "address" and not is_undo:
        found = decide_again(context, subject.key)
        return None if found is None else [as_now(one) for one in found]
    if step is None:
        return None
    if subject.kind == "list":
        old, _ = subject.steps[0].change.get("name", (None, None))
        step = replace(step, change={"name": (old, step.body.get("name"))})
    return [as_now(step)]
