"""By which terms a snapshot was staged: the mapping, the account's custom fields, the greeting.

What was staged by other terms is not comparable: a run that another process goes on with, after a
mapping was activated, reads it again.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from bridge.mirror.remember import custom_field_ids
from bridge.policies.store import policies_of
from reconciler.snapshot.compared import Comparison

if TYPE_CHECKING:
    import psycopg

    from reconciler.runs.context import RunContext

_SOURCE = "terms"
_FORM = 2
"""Of the staging tables' rows: another release may have staged the run's snapshot."""


def comparison_of(tx: psycopg.Connection[Any], context: RunContext) -> Comparison:
    """Return what spells both sides of a contact by the terms that hold now."""
    contact = context.current.mapping.contact
    ids = custom_field_ids(tx, context.run.connection_id, contact.custom_fields)
    return Comparison(contact.targets, ids, contact.write_rules)


def begin_staging(context: RunContext) -> None:
    """Note the terms of a run's snapshot; what was staged by others is forgotten.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    with context.installation.database.transaction() as tx:
        digest = _digest(tx, context)
        staged_by = context.checkpoint(tx, _SOURCE).cursor
        if staged_by not in {None, digest}:
            context.forget_snapshot(tx)
        context.save_checkpoint(tx, _SOURCE, cursor=digest, row_count=0, complete=True)
        context.renew(tx)


def still_hold(tx: psycopg.Connection[Any], context: RunContext) -> bool:
    """Tell whether the terms of the whole snapshot are those that hold now."""
    return context.checkpoint(tx, _SOURCE).cursor == _digest(tx, context)


def _digest(tx: psycopg.Connection[Any], context: RunContext) -> str:
    mapping = context.current.mapping
    ids = custom_field_ids(tx, context.run.connection_id, mapping.contact.custom_fields)
    shared_name = policies_of(tx, context.run.connection_id).shared_name
    terms = [_FORM, mapping.meaning, repr(mapping.names), sorted(ids.items()), shared_name]
    text = json.dumps(terms)
    return hashlib.sha256(text.encode()).hexdigest()
