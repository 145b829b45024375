"""Save the Selected List, try again what failed, and take a save back: each is asked for here.

Nothing is done in a request but to note what is wanted: `carry_out` does it in the background.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.bulk_create.drafts import SQL, place_of
from bridge.bulk_create.model import UNDO_S
from bridge.bulk_create.preview import lane_of
from bridge.delivery.work import mark

if TYPE_CHECKING:
    import psycopg

    from bridge.bulk_create.model import Bulk
    from bridge.mirror.advance import Subject


def save(tx: psycopg.Connection[Any], bulk: Bulk, *, by: str) -> None:
    """Have the memberships made of those on the Selected List who can be added.

    Args:
        tx: A transaction that holds the draft, and has just judged it.
        bulk: The draft.
        by: Who saves.
    """
    values = place_of(bulk) | {"by": by}
    tx.execute(SQL["judge_rows"], values)
    tx.execute(SQL["begin_save"], values)
    tx.execute(SQL["forget_found"], values)


def retry(tx: psycopg.Connection[Any], bulk: Bulk) -> None:
    """Try again what Salesforce refused and what Constant Contact was not sent."""
    place = place_of(bulk)
    tx.execute(SQL["retry_rows"], place)
    tx.execute(SQL["retry_bulk"], place)
    keys = [key for (key,) in tx.execute(SQL["not_sent_addresses"], place)]
    subjects: dict[Subject, bool] = {("address", key): False for key in keys}
    mark(tx, bulk.connection_id, subjects, lane=lane_of(len(keys)), origin="console")


def undo(tx: psycopg.Connection[Any], bulk: Bulk, *, by: str) -> bool:
    """Take a save back, and return whether it is still time for that.

    Only memberships that this save has made are removed; nobody is unsubscribed.
    """
    values = place_of(bulk) | {"by": by, "undo_s": UNDO_S}
    return tx.execute(SQL["begin_undo"], values).rowcount > 0


def mailed_since(tx: psycopg.Connection[Any], bulk: Bulk) -> list[str]:
    """Return the names of the mailings that people of a save were sent since."""
    return [name for (name,) in tx.execute(SQL["mailed_since"], place_of(bulk))]
