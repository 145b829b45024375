"""Record opt-outs that the reports tell of as what they are: a person's own act.

They tick no box and re-subscribe nobody. Each event counts once, and only where nothing has lifted
it since: reports go back for years, and the person may have come back meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.consent.ledger import Subjects
from bridge.consent.record import record_seen_there
from bridge.consent.standing import standing_opt_outs
from bridge.db.queries import load_queries
from bridge.delivery.work import ENGAGEMENT, mark
from bridge.identity import email_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from bridge.mirror.advance import Subject

SQL = load_queries("reconciler.activities", "reading.sql")

_OWN = frozenset({"person", "complaint"})


def record_opt_outs(
    tx: psycopg.Connection,
    connection_id: int,
    mailing_id: UUID,
    addresses: Mapping[tuple[UUID, datetime], str],
) -> None:
    """Record opt-outs that were not known, in the transaction that keeps their events.

    An opt-out stands for the address that was mailed, for the one that the contact has now, and
    for the people who use it; their status in Practifi is then looked at again.

    Args:
        tx: The transaction.
        connection_id: Whose they are.
        mailing_id: The mailing whose link was followed.
        addresses: Contact and time (UTC) -> the address that was mailed.
    """
    rows = tx.execute(
        SQL["opted_out"],
        {
            "connection_id": connection_id,
            "contact_ids": [contact_id for contact_id, _ in addresses],
            "occurred_at": [occurred_at for _, occurred_at in addresses],
        },
    ).fetchall()
    looked_at: dict[Subject, bool] = {}
    for contact_id, occurred_at, key_now, is_back, people in rows:
        if is_back:
            continue
        mailed = email_key(addresses[contact_id, occurred_at])
        for address in sorted({key for key in (mailed, key_now) if key}):
            cause_id = f"{contact_id} in mailing {mailing_id}"
            _record(tx, connection_id, address, people, occurred_at, cause_id)
            if people:
                looked_at["address", address] = False
    mark(tx, connection_id, looked_at, lane=ENGAGEMENT, origin="reconcile")


def _record(  # noqa: PLR0917 -- one opt-out
    tx: psycopg.Connection,
    connection_id: int,
    address: str,
    people: Sequence[str],
    since: datetime,
    cause_id: str,
) -> None:
    standing = standing_opt_outs(tx, connection_id, address, people)
    if any(out.kind == "address" and out.acted_by in _OWN for out in standing):
        return
    values = {
        "connection_id": connection_id,
        "key_hash": Subjects(tx, connection_id).hash_of("address", address),
    }
    row = tx.execute(SQL["lifted_at"], values).fetchone()
    if row is not None and row[0] is not None and row[0] >= since:
        return
    record_seen_there(
        tx, connection_id, address, people, by_person=True, since=since, cause_id=cause_id
    )
