"""Merge what a complete snapshot shows of Constant Contact into the mirror, where it differs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from bridge.errors import NotFoundRemotely
from bridge.mirror.remember import (
    contact_row,
    forget_cc_contact,
    forget_cc_list,
    remember_cc_contact,
    remember_cc_list,
)
from reconciler.candidates.store import add_candidates
from reconciler.snapshot.stage import SQL
from reconciler.snapshot.staged import allow_much_memory, changes

if TYPE_CHECKING:
    from reconciler.runs.context import RunContext

_PLACES = 4_000


def merge_there(context: RunContext, kind: Literal["list", "contact"]) -> None:
    """Move the mirror forward to the staged lists or contacts; look up those not among them.

    An incremental run has not read what did not change: it looks nothing up.

    Raises:
        RemoteError: If Constant Contact does not answer.
    """
    if kind == "list":
        _merge_lists(context)
        return
    _merge_contacts(context)
    if context.run.reads_whole("contact"):
        _look_up_missing(context)


def _merge_lists(context: RunContext) -> None:
    connection_id = context.run.connection_id
    with context.installation.database.transaction() as tx:
        values = context.lease.row() | {"begun_at": context.run.started_at}
        for (there,) in tx.execute(SQL["changed_cc_lists"], values).fetchall():
            remember_cc_list(tx, connection_id, there)
        if context.run.reads_whole("list"):
            for (list_id,) in tx.execute(SQL["missing_cc_lists"], values).fetchall():
                forget_cc_list(tx, connection_id, list_id)
        context.renew(tx)


def _merge_contacts(context: RunContext) -> None:
    begun_at, merged = context.run.started_at, 0
    with changes(context, SQL["changed_cc_contacts"], _PLACES) as found:
        for rows in found:
            values = {
                "connection_id": context.run.connection_id,
                "places": [place for (place,) in rows],
                "begun_at": begun_at,
                "candidates": context.run.extent == "incremental",
            }
            with context.installation.database.transaction() as tx:
                tx.execute(SQL["remember_staged_contacts"], values)
                context.renew(tx)
            merged += len(rows)
            context.progress("merging contacts of Constant Contact", merged)


def _look_up_missing(context: RunContext) -> None:
    """A contact that no page showed is gone, or changed its page: ask for it."""
    connection_id, database = context.run.connection_id, context.installation.database
    with database.transaction() as tx:
        values = context.lease.row() | {"begun_at": context.run.started_at}
        allow_much_memory(tx)
        missing = tx.execute(SQL["missing_cc_contacts"], values).fetchall()
    there = context.constant_contact()
    for done, (contact_id, key) in enumerate(missing, start=1):
        try:
            found_now = context.patiently(partial(there.get_contact, contact_id))
        except NotFoundRemotely:
            found_now = None
        with database.transaction() as tx:
            keys = {key}
            if found_now is None:
                forget_cc_contact(tx, connection_id, contact_id)
            else:
                remember_cc_contact(tx, connection_id, found_now)
                keys.add(contact_row(found_now)["email_key"])
            add_candidates(tx, connection_id, keys - {None})
        context.progress("looking up contacts", done, len(missing))
