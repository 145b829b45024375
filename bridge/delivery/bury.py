"""Bury: a record that nobody but a person can mend becomes a dead letter, with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from bridge.delivery.consequence import PATIENCE_S
from bridge.delivery.leases import release
from bridge.delivery.model import Status
from bridge.delivery.outcome import set_statuses
from bridge.delivery.status import NOT_SENT
from bridge.delivery.work import SQL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.delivery.model import Person


def bury(tx: psycopg.Connection, lease: Lease, reason: str, *, cause: str) -> None:
    """Give a subject up until something about it changes, and say why wherever people look.

    The notifications that waited for it become dead letters and keep their part of the message.

    Args:
        tx: A transaction of its own.
        lease: The subject.
        reason: Field and words of whoever refuses it, for people.
        cause: What groups it with others of its kind, see `bridge.delivery.cause`.
    """
    dead = {"reason": reason, "cause": cause, "older_s": None}
    tx.execute(SQL["bury_notifications"], lease.row() | dead)
    release(tx, lease, is_attempt=True, blocked_reason=reason)
    set_statuses(tx, lease.connection_id, _statuses(tx, lease, reason))


def bury_spent(tx: psycopg.Connection, lease: Lease, reason: str, *, cause: str) -> bool:
    """Give up notifications that were tried for long enough; return whether younger ones remain.

    While some do the subject is tried on, else it is given up as `bury` does.
    """
    dead = {"reason": reason, "cause": cause, "older_s": PATIENCE_S}
    tx.execute(SQL["bury_notifications"], lease.row() | dead)
    row = tx.execute(SQL["still_waiting"], lease.row()).fetchone()
    if row is not None and row[0]:
        return True
    bury(tx, lease, reason, cause=cause)
    return False


def bury_people(tx: psycopg.Connection, lease: Lease, people: Sequence[Person]) -> None:
    """Make dead letters of the notifications of people whose record cannot be converted.

    Others at the address go on; what these people's opt-outs ask for has been done.
    """
    faulty = [person for person in people if person.is_faulty and person.memberships]
    if faulty:
        tx.execute(
            SQL["bury_notifications_of"],
            lease.row()
            | {
                "record_ids": [person.contact_id for person in faulty],
                "reasons": [person.left_out for person in faulty],
                "causes": [person.cause for person in faulty],
            },
        )


def _statuses(tx: psycopg.Connection, lease: Lease, reason: str) -> list[Status]:
    if lease.kind == "list":
        return [Status(kind="list", sf_id=lease.key, status=NOT_SENT, reason=reason)]
    with tx.cursor(row_factory=dict_row) as cursor:
        people: list[dict[str, Any]] = cursor.execute(
            SQL["people_at"], {"connection_id": lease.connection_id, "keys": [lease.key]}
        ).fetchall()
    ids = {"connection_id": lease.connection_id, "ids": [person["sf_id"] for person in people]}
    # What is wrong with somebody's details does not hide that they are out: that has been done.
    out = {sf_id for (sf_id,) in tx.execute(SQL["known_to_be_out"], ids)}
    return [
        Status(kind="contact", sf_id=person["sf_id"], status=NOT_SENT, reason=reason)
        for person in people
        if person["email_key"] == lease.key and person["sf_id"] not in out
    ]
