"""The job `contacts`: people, memberships and opt-outs are there as Practifi has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.db.queries import load_queries
from bridge.delivery.bulk.look import read_from
from bridge.delivery.model import Status
from bridge.delivery.outcome import set_statuses
from bridge.delivery.status import NO_ADDRESS, NOT_SENT
from bridge.plans.steps import step_states
from bridge.policies.store import policies_of
from bridge.unresolved.keep import keep_people
from reconciler.adopting.write import write_memberships
from reconciler.candidates.count import count_others
from reconciler.candidates.select import select_candidates
from reconciler.carry_out import carry_out
from reconciler.deciding import decide_candidates, decide_touched
from reconciler.kept.restored_records import restore_records
from reconciler.plan_contacts import moves_of, steps_of
from reconciler.plans.figures import read_figures
from reconciler.plans.guard import judge
from reconciler.plans.ways import ways_of
from reconciler.runs.drafts import append_drafted, draft
from reconciler.runs.model import Counters
from reconciler.runs.plans import plan_of_run
from reconciler.snapshot.merge import merge_practifi
from reconciler.snapshot.merge_there import merge_there
from reconciler.snapshot.read import read_both
from reconciler.snapshot.staged import complete
from reconciler.snapshot.terms import begin_staging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.mirror.model import Kind
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

SQL = load_queries("reconciler")

_KINDS: tuple[Kind, ...] = ("list", "contact", "membership")
_SOURCES = ("practifi:contact", "practifi:membership", "practifi:list", "cc:contact", "cc:list")
_ROUNDS = 3


def make_plan(context: RunContext) -> Iterator[PlannedStep]:
    """Read people, lists and memberships of both sides and yield what is to be done.

    What a run sees is recorded as any delivery would: opt-outs made there, lists that people left,
    and, in a run that applies, what both sides agree on.
    """
    begin_staging(context)
    read_both(context, _KINDS, ("list", "contact"))
    context.enter("planning")
    complete(context, *_SOURCES)
    for kind in _KINDS:
        merge_practifi(context, kind)
    merge_there(context, "list")
    merge_there(context, "contact")
    with context.installation.database.transaction() as tx:
        read_from(tx, context.run.connection_id, context.run.started_at)
        if context.run.extent == "full":
            keep_people(tx, context.run.connection_id, context.current.mapping.names)
    if context.run.mode == "apply":
        _say_no_address(context)
    select_candidates(context)
    count_others(context)
    yield from decide_candidates(context)


def apply_plan(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that have not ended, and what they bring about.

    A contact that goes along to another address, or gets another owner, changes what an address
    that was decided on before it needs; such steps are added to the plan and carried out as well.
    A plan that takes another one back, or restores a snapshot, is that alone.
    """
    with context.installation.database.transaction() as tx:
        plan = plan_of_run(tx, context.run.connection_id, context.run.id)
        ways = None if plan is None else ways_of(tx, context.run.connection_id, plan)
    if ways is not None:
        restore_records(context, plan_id)
        carry_out(context, plan_id, ways=ways)
        return
    for _ in range(1 + _ROUNDS):
        write_memberships(context, plan_id)
        carry_out(context, plan_id)
        if not _add_consequences(context, plan_id):
            return


def apply_opt_outs(context: RunContext, plan_id: int) -> None:
    """Carry out what a plan has for addresses that are unsubscribed: that waits for no word."""
    carry_out(context, plan_id, only_opt_outs=True)


def _add_consequences(context: RunContext, plan_id: int) -> bool:
    """Add to a plan that was carried out what it has brought about; return whether there was any.

    There is none for what it could not do, and none where it would take too much away: the next run
    finds that, and asks.
    """
    database, connection_id = context.installation.database, context.run.connection_id
    with database.transaction() as tx:
        if not step_states(tx, connection_id, plan_id):
            return False
    effects = draft(context, _consequences(context, plan_id))
    with database.transaction() as tx:
        figures = read_figures(tx, connection_id, effects)
        is_held = bool(judge(effects, figures, policies_of(tx, connection_id)).held)
        if effects.steps and not is_held:
            append_drafted(tx, context, plan_id, effects.steps)
            context.renew(tx)
    return bool(effects.steps) and not is_held


def _consequences(context: RunContext, plan_id: int) -> Iterator[PlannedStep]:
    moving: set[str] = set()
    for decided in decide_touched(context, plan_id):
        values = {"connection_id": context.run.connection_id, "plan_id": plan_id}
        with context.installation.database.transaction() as tx:
            rows = tx.execute(SQL["given_up"], values | {"keys": list(decided)})
            given_up = {key for (key,) in rows}
        moving |= moves_of(decided)
        left = {key: one for key, one in decided.items() if key not in given_up}
        yield from steps_of(left, Counters(), moving)


def _say_no_address(context: RunContext) -> None:
    """Say of people without an address that nothing is sent: no address stands for them."""
    connection_id = context.run.connection_id
    with context.installation.database.transaction() as tx:
        values = {"connection_id": connection_id, "status": NOT_SENT, "reason": NO_ADDRESS}
        rows = tx.execute(SQL["shown_without_address"], values)
        set_statuses(
            tx,
            connection_id,
            [
                Status(kind=kind, sf_id=sf_id, status=NOT_SENT, reason=NO_ADDRESS)
                for kind, sf_id in rows.fetchall()
            ],
        )
