"""The job `contacts`: people, memberships and opt-outs are there as Practifi has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.db.queries import load_queries
from bridge.delivery.bulk.look import read_from
from bridge.delivery.model import Status
from bridge.delivery.outcome import set_statuses
from bridge.delivery.status import NO_ADDRESS, NOT_SENT
from bridge.policies.store import policies_of
from bridge.unresolved.keep import keep_people
from reconciler.carry_out import carry_out
from reconciler.deciding import decide_all, decide_touched
from reconciler.plan_contacts import plan_contacts
from reconciler.plans.figures import read_figures
from reconciler.plans.guard import judge
from reconciler.plans.undoing import undos_of
from reconciler.runs.model import Counters
from reconciler.runs.plan_store import append_steps
from reconciler.runs.plans import all_steps, plan_of_run
from reconciler.snapshot.merge import merge_practifi, merge_there
from reconciler.snapshot.read import read_practifi, read_there

if TYPE_CHECKING:
    from bridge.mirror.model import Kind
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

SQL = load_queries("reconciler")

_KINDS: tuple[Kind, ...] = ("list", "contact", "membership")
_ROUNDS = 3
_GIVEN_UP = frozenset({"refused", "failed", "skipped"})


def make_plan(context: RunContext) -> list[PlannedStep]:
    """Read people, lists and memberships of both sides and return what is to be done.

    What a run sees is recorded as any delivery would: opt-outs made there, lists that people left,
    and, in a run that applies, what both sides agree on.
    """
    for kind in _KINDS:
        read_practifi(context, kind)
    read_there(context, "list")
    read_there(context, "contact")
    context.enter("planning")
    for kind in _KINDS:
        merge_practifi(context, kind)
    merge_there(context, "list")
    merge_there(context, "contact")
    with context.installation.database.transaction() as tx:
        read_from(tx, context.run.connection_id, context.run.started_at)
        if context.run.extent == "full":
            keep_people(tx, context.run.connection_id, context.current.mapping.names)
    decided, busy = decide_all(context)
    context.counters.read += busy
    if busy:
        context.counters.skip("being delivered", busy)
    _count_others(context)
    if context.run.mode == "apply":
        _say_no_address(context)
    return plan_contacts(decided, context.counters)


def apply_plan(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that have not ended, and what they bring about.

    A contact that goes along to another address, or gets another owner, changes what an address
    that was decided on before it needs; such steps are added to the plan and carried out as well.
    A plan that takes another one back is that alone.
    """
    with context.installation.database.transaction() as tx:
        plan = plan_of_run(tx, context.run.connection_id, context.run.id)
        undone = plan.undoes if plan is not None else None
        undos = undos_of(tx, context.run.connection_id, undone) if undone is not None else None
    if undos is not None:
        carry_out(context, plan_id, undos=undos)
        return
    carry_out(context, plan_id)
    for _ in range(_ROUNDS):
        steps = _consequences(context, plan_id)
        if not steps:
            return
        with context.installation.database.transaction() as tx:
            append_steps(tx, context, plan_id, steps)
            context.renew(tx)
        carry_out(context, plan_id)


def apply_opt_outs(context: RunContext, plan_id: int) -> None:
    """Carry out what a plan has for addresses that are unsubscribed: that waits for no word."""
    carry_out(context, plan_id, only_opt_outs=True)


def _consequences(context: RunContext, plan_id: int) -> list[PlannedStep]:
    """Return what is to be done after a plan was carried out; none for what it could not do.

    None either where it would take too much away: the next run finds that, and asks.
    """
    with context.installation.database.transaction() as tx:
        done = all_steps(tx, context.run.connection_id, plan_id)
    if not done:
        return []
    given_up = {step.subject_key for step in done if step.state in _GIVEN_UP}
    decided = decide_touched(context, plan_id)
    left = {key: one for key, one in decided.items() if key not in given_up}
    steps = plan_contacts(left, Counters())
    with context.installation.database.transaction() as tx:
        figures = read_figures(tx, context.run.connection_id, steps)
        policies = policies_of(tx, context.run.connection_id)
    return [] if judge(steps, figures, policies).held else steps


def _say_no_address(context: RunContext) -> None:
    """Say of people without an address that nothing is sent: no address stands for them."""
    connection_id = context.run.connection_id
    with context.installation.database.transaction() as tx:
        rows = tx.execute(SQL["shown_without_address"], {"connection_id": connection_id})
        set_statuses(
            tx,
            connection_id,
            [
                Status(kind=kind, sf_id=sf_id, status=NOT_SENT, reason=NO_ADDRESS)
                for kind, sf_id in rows.fetchall()
            ],
        )


def _count_others(context: RunContext) -> None:
    """Count whom no address stands for: people without one, and contacts that nobody here is."""
    values = {"connection_id": context.run.connection_id}
    counters = context.counters
    with context.installation.database.transaction() as tx:
        ((without_address,),) = tx.execute(SQL["without_address"], values).fetchall()
        ((only_there,),) = tx.execute(SQL["only_there"], values).fetchall()
        counters.foreign.update(tx.execute(SQL["foreign_memberships"], values).fetchall())
    counters.read += without_address + only_there
    if without_address:
        counters.skip("no e-mail address", without_address)
    if only_there:
        counters.skip("only in Constant Contact", only_there)
