"""Write lists to Practifi: a record for a list that only Constant Contact has, and its new name.

A record is looked for by the list's id right before it is made, so a call whose answer was lost
finds what it did, and no list gets two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.delete_list import pass_on
from bridge.delivery.links import link, own
from bridge.delivery.list_state import agree_on_names
from bridge.delivery.model import Status
from bridge.delivery.outcome import set_statuses
from bridge.delivery.status import CONFIRMED
from bridge.delivery.work import RECONCILE, SQL
from bridge.errors import NotFoundRemotely
from bridge.mirror.remember import forget_cc_list, remember_cc_list
from bridge.plans.steps import open_steps
from bridge.salesforce.model import Update
from reconciler.runs.plans import end_step
from reconciler.snapshot.merge import reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.plans.model import StoredStep
    from bridge.salesforce.model import SaveResult
    from reconciler.runs.context import RunContext

_KINDS = frozenset({"adopt_list", "rename_record"})
_AT_ONCE = 50
_STALE = "changed since it was planned: the list there has another name, or is gone or taken"


def write_lists(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that write to Practifi and have not ended.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RunPaused: If somebody has paused its lane.
        RemoteError: If a remote side does not do its part; the steps stay open.
    """
    done, begin = 0, 0
    while True:
        with context.installation.database.transaction() as tx:
            page = open_steps(
                tx, context.run.connection_id, plan_id, from_ordinal=begin, count=_AT_ONCE
            )
        steps = [step for step in page if step.kind in _KINDS]
        if steps:
            context.progress("lists in Practifi", done)
            context.refuse_paused()
            _write(context, steps)
            done += len(steps)
        if len(page) < _AT_ONCE:
            return
        begin = page[-1].ordinal + 1


def _write(context: RunContext, steps: Sequence[StoredStep]) -> None:
    there = {str(step.cc_id): _there(context, step) for step in steps}
    fresh = [step for step in steps if there[str(step.cc_id)] is not None]
    saved = context.patiently(lambda: _save(context, fresh)) if fresh else {}
    made = [result.record_id for result in saved.values() if result.record_id is not None]
    if made:
        # Read back at once: what a person sees next is as the mapping makes it of the record.
        reader = reader_of(context)
        context.patiently(lambda: reader.read("list", made, lane=RECONCILE))
    with context.installation.database.transaction() as tx:
        for step in steps:
            place = (step.connection_id, step.plan_id, step.ordinal)
            resource, result = there[str(step.cc_id)], saved.get(str(step.cc_id))
            if resource is None or result is None:
                end_step(tx, *place, "refused", outcome=_STALE)
                continue
            if not result.ok or result.record_id is None:
                outcome = f"Salesforce: {result.error_code}: {result.message}"
                end_step(tx, *place, "failed" if result.is_locked else "refused", outcome=outcome)
                continue
            record_id, list_id = result.record_id, str(step.cc_id)
            remember_cc_list(tx, step.connection_id, resource)
            pass_on(tx, step.connection_id, record_id, list_id)
            link(tx, step.connection_id, "list", {record_id: list_id})
            own(tx, step.connection_id, "list", {record_id: list_id})
            agree_on_names(tx, step.connection_id, {record_id: str(step.body["name"])})
            status = Status(kind="list", sf_id=record_id, status=CONFIRMED, is_confirmed=True)
            set_statuses(tx, step.connection_id, [status])
            end_step(tx, *place, "confirmed", answer={"id": record_id})
        context.renew(tx, may_stop=False)


def _there(context: RunContext, step: StoredStep) -> Mapping[str, Any] | None:
    """Return the list as it is there, or None where it is not what the plan has shown."""
    client, list_id = context.constant_contact(), str(step.cc_id)
    try:
        found: Mapping[str, Any] = context.patiently(lambda: client.get_list(list_id))
    except NotFoundRemotely:
        with context.installation.database.transaction() as tx:
            forget_cc_list(tx, step.connection_id, list_id)
        return None
    with context.installation.database.transaction() as tx:
        values = {"connection_id": step.connection_id, "cc_id": list_id}
        owner = tx.execute(SQL["list_owner"], values).fetchone()
    is_free = owner is None or owner[0] == step.subject_key
    is_as_planned = found.get("name") == step.body["name"] and not found.get("deleted_at")
    return found if is_free and is_as_planned else None


def _save(context: RunContext, steps: Sequence[StoredStep]) -> dict[str, SaveResult]:
    """Save the records of lists and return what became of each, by the list's id."""
    names = context.current.mapping.names.list
    collections = context.salesforce().collections
    key_field = str(names.cc_id)
    adopted = {str(step.cc_id): step for step in steps if step.kind == "adopt_list"}
    known = collections.find(names.object, key_field, list(adopted)) if adopted else {}
    known |= {str(step.cc_id): step.subject_key for step in steps if step.kind == "rename_record"}
    by_id = {str(step.cc_id): step for step in steps}
    fresh = [list_id for list_id in adopted if list_id not in known]
    updated = collections.update(
        [
            Update(
                object=names.object,
                record_id=record_id,
                fields={names.name: by_id[list_id].body["name"]},
            )
            for list_id, record_id in known.items()
        ]
    )
    created = collections.create(
        names.object,
        [{names.name: by_id[list_id].body["name"], key_field: list_id} for list_id in fresh],
    )
    return dict(zip([*known, *fresh], [*updated, *created], strict=True))
