"""Give lists their names back: what of a snapshot differs, and its plan carried out.

A list is read right before it is renamed, so a call whose answer was lost finds what it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.model import Step
from bridge.errors import Conflict, NotFoundRemotely, RecordRefused
from bridge.mirror.remember import forget_cc_list, remember_cc_list
from bridge.plans.steps import open_steps
from reconciler.agreed import facts_of
from reconciler.runs.model import PlannedStep
from reconciler.runs.plans import end_step, send_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bridge.plans.model import StoredStep
    from reconciler.runs.context import RunContext
    from reconciler.runs.plans import StepEnd

REASON = "the snapshot has this name"
COMES_BACK = "the record in Practifi says {name}, and the next run of lists gives it that again"
_STALE = "changed since it was planned: the list there has another name, or is gone"
_KEPT = ("name", "description", "favorite")


def renaming_steps(
    kept: Iterable[Mapping[str, Any]],
    now: Mapping[str, tuple[str, str | None, str | None]],
    *,
    by_practifi: bool,
) -> Iterator[PlannedStep]:
    """Yield what gives lists their names back. Pure.

    Args:
        kept: Lists as the snapshot has them.
        now: List there -> its name, its record in Practifi, and the name of that.
        by_practifi: Lists get their names from Practifi alone.
    """
    for one in kept:
        list_id, name = str(one["list_id"]), str(one["name"])
        if list_id not in now or now[list_id][0] == name:
            continue
        name_now, sf_id, name_here = now[list_id]
        comes_back = by_practifi and name_here is not None and name_here != name
        reason = f"{REASON}; {COMES_BACK.format(name=name_here)}" if comes_back else REASON
        step = Step(kind="rename_list", body={"name": name}, reason=reason, contact_id=list_id)
        yield PlannedStep(
            key=f"list:{list_id}:rename_list",
            kind="rename_list",
            subject_kind="list",
            subject_key=sf_id or list_id,
            reason=reason,
            facts=facts_of(step),
            body=step.body,
            cc_id=list_id,
            change={"name": (name_now, name)},
            calls=2,
        )


def restore_lists(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that give lists their names back.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RunPaused: If somebody has paused its lane.
        RemoteError: If Constant Contact does not answer; the steps stay open.
    """
    with context.installation.database.transaction() as tx:
        steps = open_steps(tx, context.run.connection_id, plan_id)
    for done, step in enumerate(steps):
        context.progress("names of lists", done, len(steps))
        context.refuse_paused()
        _restore(context, step)


def _restore(context: RunContext, step: StoredStep) -> None:
    client, list_id, name = context.constant_contact(), str(step.cc_id), str(step.body["name"])
    try:
        there = context.patiently(lambda: client.get_list(list_id))
    except NotFoundRemotely:
        there = {"deleted_at": "unknown"}
    if there.get("deleted_at"):
        with context.installation.database.transaction() as tx:
            forget_cc_list(tx, context.run.connection_id, list_id)
        _end(context, step, "refused", _STALE)
        return
    if there["name"] == name:
        _end(context, step, "confirmed", "it was so already", there)
        return
    if there["name"] != step.change["name"][0]:
        _end(context, step, "refused", _STALE)
        return
    with context.installation.database.transaction() as tx:
        send_step(tx, step.connection_id, step.plan_id, step.ordinal)
        context.renew(tx)
    body = {key: there[key] for key in _KEPT if key in there} | {"name": name}
    try:
        answer = client.put_list(list_id, body)
    except (Conflict, RecordRefused, NotFoundRemotely) as error:
        _end(context, step, "refused", str(error))
        return
    _end(context, step, "confirmed", None, there | body | answer)


def _end(
    context: RunContext,
    step: StoredStep,
    state: StepEnd,
    outcome: str | None,
    there: Mapping[str, Any] | None = None,
) -> None:
    with context.installation.database.transaction() as tx:
        if there is not None:
            remember_cc_list(tx, step.connection_id, there)
        end_step(tx, step.connection_id, step.plan_id, step.ordinal, state, outcome=outcome)
        context.renew(tx, may_stop=False)
