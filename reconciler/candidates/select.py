"""Choose the addresses that a run decides on: every one for which `decide` might have anything.

What is not chosen is as `decide` would leave it: the record's values are there, it is linked, its
memberships are agreed on, its status says so, nothing of its consent is open. Whatever is unusual
is chosen: deciding once too often costs a moment, once too seldom might mail somebody who must not
be mailed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.consent.ledger import Subjects
from bridge.db.queries import load_queries
from bridge.delivery.outcome_consent import CLOCKS_DIFFER
from bridge.policies.store import policies_of
from reconciler.candidates.store import SQL, add_candidates, add_chosen
from reconciler.snapshot.staged import allow_much_memory, refuse_emptied, together
from reconciler.snapshot.terms import comparison_of, still_hold

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

    from reconciler.runs.context import RunContext

_BY_WHAT_BOTH_SIDES_HOLD = (
    SQL["differing"],
    SQL["people"],
    SQL["memberships"],
    SQL["opted_out"],
)
_BY_POLICY = load_queries("reconciler.candidates", "policies.sql")
_COMPARED = ("practifi:contact", "practifi:membership", "cc:contact")
_ROWS = 5_000


def select_candidates(context: RunContext) -> None:
    """Add what a run has to decide on to what was noted while it read, or left by one before it.

    An incremental run has read what changed: whoever that is about. What was left undone comes to
    it.

    Raises:
        psycopg.OperationalError: If the snapshot is gone, because the server has crashed.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    database, values = context.installation.database, context.lease.row()
    if context.run.extent == "full":
        _select_by_snapshot(context)
    else:
        with database.transaction() as tx:
            refuse_emptied(tx, context, *_COMPARED)
            tx.execute(SQL["select_read"], values)
            context.renew(tx)
    with database.transaction() as tx:
        allow_much_memory(tx)
        tx.execute(SQL["select_undone"], values)
        tx.execute(SQL["analyse_candidates"])
        tx.execute(SQL["forget_strangers"], values)
        tx.execute(SQL["begin_turns"], values)
        tx.execute(SQL["take_turns"], values)
        context.renew(tx)


def _select_by_snapshot(context: RunContext) -> None:
    """Choose by what a complete snapshot holds of both sides, and by what is on record."""
    database = context.installation.database
    with database.transaction() as tx:
        allow_much_memory(tx)
        policies = policies_of(tx, context.run.connection_id)
        if policies.shared_name == "household":
            tx.execute(_BY_POLICY["greet_households"], context.lease.row())
        context.renew(tx)
    statements = [*_BY_WHAT_BOTH_SIDES_HOLD]
    if policies.foreign_memberships in {"adopt", "remove"}:
        statements.append(_BY_POLICY["foreign"])
    for statement in statements:
        together(database, partial(_choose, context, statement))
        with database.transaction() as tx:
            context.renew(tx)
    with database.transaction() as tx:
        refuse_emptied(tx, context, *_COMPARED)
        if not still_hold(tx, context):
            tx.execute(SQL["select_all"], context.lease.row())
        _select_erased(tx, context)
        context.renew(tx)


def _choose(context: RunContext, statement: LiteralString, tx: psycopg.Connection[Any]) -> None:
    refuse_emptied(tx, context, *_COMPARED)
    is_by_pattern = comparison_of(tx, context).is_by_pattern
    values = context.lease.row() | {"clocks_differ": CLOCKS_DIFFER, "is_by_pattern": is_by_pattern}
    add_chosen(tx, context.installation.database, statement, values)


def _select_erased(tx: psycopg.Connection[Any], context: RunContext) -> None:
    """Choose addresses that come back though they were erased: only a hash of each is kept."""
    connection_id = context.run.connection_id
    values = context.lease.row()
    erased = {
        (kind, bytes(key_hash)) for kind, key_hash in tx.execute(SQL["erased_opt_outs"], values)
    }
    if not erased:
        return
    subjects = Subjects(tx, connection_id)
    found = set()
    with tx.cursor(name="people") as people:
        people.itersize = _ROWS
        for sf_id, key in people.execute(SQL["compared_people"], values):
            if ("address", subjects.hash_of("address", key)) in erased or (
                "person",
                subjects.hash_of("person", sf_id),
            ) in erased:
                found.add(key)
    add_candidates(tx, connection_id, found)
