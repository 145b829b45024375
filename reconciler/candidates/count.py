"""Count whom a full run does not decide on, by why: counters add up without looking at each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.db.queries import load_queries
from bridge.policies.store import policies_of
from reconciler.snapshot.staged import allow_much_memory

if TYPE_CHECKING:
    from reconciler.runs.context import RunContext

SQL = load_queries("reconciler.candidates", "count.sql")


def count_others(context: RunContext) -> None:
    """Count people that are as they should be, take no part or have no address, and strangers.

    An incremental run has read none of them.
    """
    if context.run.extent == "incremental":
        return
    values, counters = context.lease.row(), context.counters
    with context.installation.database.transaction() as tx:
        allow_much_memory(tx)
        ((others,),) = tx.execute(SQL["others"], values).fetchall()
        left_out = dict(tx.execute(SQL["left_out"], values).fetchall())
        ((without_address,),) = tx.execute(SQL["without_address"], values).fetchall()
        ((only_there,),) = tx.execute(SQL["only_there"], values).fetchall()
        policy = policies_of(tx, context.run.connection_id).foreign_memberships
        if policy != "keep":
            by_policy = {"by_policy": policy != "ask"}
            foreign = tx.execute(SQL["foreign_memberships"], values | by_policy)
            counters.foreign.update(foreign.fetchall())
        context.renew(tx)
    counters.read += others + without_address + only_there
    counters.unchanged += others - sum(left_out.values())
    for reason, count in left_out.items():
        counters.skip(reason, count)
    if without_address:
        counters.skip("no e-mail address", without_address)
    if only_there:
        counters.skip("only in Constant Contact", only_there)
