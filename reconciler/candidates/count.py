"""Count whom a full run does not decide on, by why: counters add up without looking at each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from bridge.policies.store import policies_of
from reconciler.snapshot.staged import together

if TYPE_CHECKING:
    import psycopg

    from reconciler.runs.context import RunContext

SQL = load_queries("reconciler.candidates", "count.sql")


def count_others(context: RunContext) -> None:
    """Count people that are as they should be, take no part or have no address, and strangers.

    An incremental run has read none of them.
    """
    if context.run.extent == "incremental":
        return
    values, counters = context.lease.row(), context.counters

    def counts(tx: psycopg.Connection[Any]) -> tuple[int, dict[str, int], int, int, dict[str, int]]:
        ((others,),) = tx.execute(SQL["others"], values).fetchall()
        ((without_address,),) = tx.execute(SQL["without_address"], values).fetchall()
        ((only_there,),) = tx.execute(SQL["only_there"], values).fetchall()
        left_out = dict(tx.execute(SQL["left_out"], values).fetchall())
        policy = policies_of(tx, context.run.connection_id).foreign_memberships
        if policy == "keep":
            return others, left_out, without_address, only_there, {}
        by_policy = {"by_policy": policy != "ask"}
        foreign = dict(tx.execute(SQL["foreign_memberships"], values | by_policy).fetchall())
        return others, left_out, without_address, only_there, foreign

    database = context.installation.database
    others, left_out, without_address, only_there, foreign = together(database, counts)
    with database.transaction() as tx:
        context.renew(tx)
    counters.foreign.update(foreign)
    counters.read += others + without_address + only_there
    counters.unchanged += others - sum(left_out.values())
    for reason, count in left_out.items():
        counters.skip(reason, count)
    if without_address:
        counters.skip("no e-mail address", without_address)
    if only_there:
        counters.skip("only in Constant Contact", only_there)
