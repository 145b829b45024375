"""Give memberships that only Constant Contact has their records in Practifi, as a plan says.

What is there is read anew and decided on anew: only what would be adopted still is. A record is
looked for by person and list right before it is made, so a call whose answer was lost finds what it
did, and no membership gets two.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.delivery.bulk.choose import LOOKS
from bridge.delivery.bulk.look import SOURCE, changes_since, remember_page
from bridge.delivery.bulk.store import watermark
from bridge.delivery.outcome import agree_on
from bridge.delivery.work import RECONCILE
from bridge.errors import NotFoundRemotely
from bridge.identity import salesforce_id
from bridge.mirror.remember import forget_cc_contact, remember_cc_contact
from bridge.salesforce.model import SaveResult
from bridge.salesforce.names import checked_name
from reconciler.adopting.model import KIND, adoption_of
from reconciler.deciding import decide_these
from reconciler.runs.plans import StepEnding, end_steps, open_steps_of
from reconciler.snapshot.merge import reader_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import psycopg

    from bridge.delivery.foreign import Adoption
    from bridge.plans.model import StoredStep
    from reconciler.plan_contacts import Decided
    from reconciler.runs.context import RunContext

_AT_ONCE = 200  # records of one call to Salesforce
_LOOK_AGAIN_S = 0.1
_STALE = "changed since it was planned: the person has left the list, or may not be mailed"


def write_memberships(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that adopt memberships and have not ended.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RunPaused: If somebody has paused its lane.
        QuotaSpent: If the day has no call left; the steps stay open.
        RemoteError: If a remote side does not do its part; the steps stay open.
    """
    done = 0
    for steps in _pages(context, plan_id):
        context.progress("memberships in Practifi", done)
        context.refuse_paused()
        _write(context, plan_id, steps)
        done += len(steps)


def _pages(context: RunContext, plan_id: int) -> Iterator[list[StoredStep]]:
    begin = 0
    while True:
        with context.installation.database.transaction() as tx:
            page = open_steps_of(
                tx, context.run.connection_id, plan_id, KIND, from_ordinal=begin, count=_AT_ONCE
            )
        if not page:
            return
        yield page
        begin = page[-1].ordinal + 1


def _write(context: RunContext, plan_id: int, steps: Sequence[StoredStep]) -> None:
    _look(context, sorted({str(step.cc_id) for step in steps}))
    decided = _decide(context, sorted({step.subject_key for step in steps}))
    endings: list[StepEnding] = []
    fresh: list[StoredStep] = []
    for step in steps:
        one = decided.get(step.subject_key)
        if one is None:
            outcome = "somebody else has been at it all the time"
            endings.append(StepEnding(step.ordinal, "failed", outcome))
        elif _is_in_practifi(one, adoption_of(step)):
            endings.append(StepEnding(step.ordinal, "confirmed", "it was so already"))
        elif adoption_of(step) not in one.decision.adopts:
            endings.append(StepEnding(step.ordinal, "refused", _STALE))
        else:
            fresh.append(step)
    saved: dict[Adoption, SaveResult] = {}
    if fresh:
        saved = context.patiently(partial(_save, context, [adoption_of(step) for step in fresh]))
    made = [result.record_id for result in saved.values() if result.record_id is not None]
    if made:
        # Read back at once, and decided on by this run: nobody has to deliver for it.
        keys = [step.subject_key for step in fresh]
        reader = reader_of(context)
        context.patiently(partial(reader.read, "membership", made, held=keys, lane=RECONCILE))
    with context.installation.database.transaction() as tx:
        endings += [_ending(step, saved[adoption_of(step)]) for step in fresh]
        _agree(tx, context, [step for step in fresh if saved[adoption_of(step)].ok])
        end_steps(tx, context.run.connection_id, plan_id, endings)
        context.renew(tx, may_stop=False)


def _look(context: RunContext, contact_ids: Sequence[str]) -> None:
    """Bring what is known of some contacts up to date: each by itself, or all that changed."""
    with context.installation.database.transaction() as tx:
        since = watermark(tx, context.run.connection_id, SOURCE)
    if since is not None and len(contact_ids) > LOOKS:
        context.patiently(partial(_read_changes, context, since))
    else:
        for contact_id in contact_ids:
            _read_one(context, contact_id)


def _read_changes(context: RunContext, since: datetime) -> None:
    database, there = context.installation.database, context.constant_contact()
    with database.transaction() as tx:
        read_at = now(tx)
    for page in changes_since(there, since):
        with database.transaction() as tx:
            remember_page(tx, context.run.connection_id, page, read_at)
            context.renew(tx)


def _read_one(context: RunContext, contact_id: str) -> None:
    there = context.constant_contact()
    found: dict[str, Any] | None
    try:
        found = context.patiently(partial(there.get_contact, contact_id))
    except NotFoundRemotely:
        found = None
    with context.installation.database.transaction() as tx:
        if found is None:
            forget_cc_contact(tx, context.run.connection_id, contact_id)
        else:
            remember_cc_contact(tx, context.run.connection_id, found)
        context.renew(tx)


def _decide(context: RunContext, keys: Sequence[str]) -> dict[str, Decided]:
    """Decide on addresses; those that are delivered just now are waited for, if not for ever."""
    until = time.monotonic() + 2 * context.installation.settings.lease_s
    decided = decide_these(context, keys)
    while (left := [key for key in keys if key not in decided]) and time.monotonic() < until:
        context.halt.wait(_LOOK_AGAIN_S)
        decided |= decide_these(context, left)
    return decided


def _is_in_practifi(one: Decided, adoption: Adoption) -> bool:
    return any(
        (person.contact_id, row.list_id) == adoption[:2]
        for person in one.state.people
        for row in person.memberships
    )


def _save(context: RunContext, adoptions: Sequence[Adoption]) -> dict[Adoption, SaveResult]:
    """Return what became of each membership's record: found, or made."""
    names = context.current.mapping.names.membership
    known = _known(context, adoptions)
    fresh = [one for one in adoptions if one not in known]
    made = context.salesforce().collections.create(
        names.object,
        [{names.contact: one.contact_id, names.list: one.list_id} for one in fresh],
    )
    return known | dict(zip(fresh, made, strict=True))


def _known(context: RunContext, adoptions: Sequence[Adoption]) -> dict[Adoption, SaveResult]:
    """Return the records that there are already: a call that made them may have had no answer."""
    names = context.current.mapping.names.membership
    quoted = ", ".join(f"'{one}'" for one in sorted({one.contact_id for one in adoptions}))
    soql = (
        f"SELECT Id, {checked_name(names.contact)}, {checked_name(names.list)} "  # noqa: S608 -- names are checked
        f"FROM {checked_name(names.object)} "
        f"WHERE {names.contact} IN ({quoted}) AND {names.list} != null"
    )
    wanted = {one[:2]: one for one in adoptions}
    found: dict[Adoption, SaveResult] = {}
    for record in context.salesforce().query(soql):
        contact_id, list_id, record_id = (
            salesforce_id(str(record[name])) for name in (names.contact, names.list, "Id")
        )
        one = wanted.get((contact_id, list_id))
        if one is not None:
            found[one] = SaveResult(ok=True, record_id=record_id)
    return found


def _ending(step: StoredStep, result: SaveResult) -> StepEnding:
    if result.ok and result.record_id is not None:
        return StepEnding(step.ordinal, "confirmed", answer={"id": result.record_id})
    outcome = f"Salesforce: {result.error_code}: {result.message}"
    return StepEnding(step.ordinal, "failed" if result.is_locked else "refused", outcome)


def _agree(tx: psycopg.Connection[Any], context: RunContext, steps: Sequence[StoredStep]) -> None:
    """Keep that both sides have these memberships: who leaves the list from now on has left it."""
    agreed = [(str(step.cc_id), (*adoption_of(step), True)) for step in steps]
    agree_on(tx, context.run.connection_id, agreed)
