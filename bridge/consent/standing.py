"""What stands on record about consent: opt-outs, and open requests to come back. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.consent.ledger import SQL, Subjects

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg


@dataclass(frozen=True, kw_only=True, slots=True)
class OptOut:
    """An opt-out from all mail that stands.

    Attributes:
        kind: Whether it stands for the address or for a person at it.
        key: E-mail key or contact id; None once erased.
        acted_by: `person`, `firm` or `complaint`.
        seq: The ledger's entry that it rests on.
    """

    kind: str
    key: str | None
    acted_by: str
    since: datetime
    seq: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """An open request to mail a person again.

    Attributes:
        asked_at: When the box was unticked.
        asked_seq: The ledger's entry of that untick.
    """

    id: int
    contact_id: str
    asked_at: datetime
    asked_seq: int
    user_id: str | None = None
    state: str = "sending"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """A coming back of which nobody has shown yet that the person asked for it.

    Attributes:
        asked_at: When the box was unticked.
        user_id: Who unticked it, where that is known.
    """

    contact_id: str
    asked_at: datetime
    user_id: str | None = None


def standing_opt_outs(
    tx: psycopg.Connection, connection_id: int, address: str, contact_ids: Sequence[str]
) -> tuple[OptOut, ...]:
    """Return the opt-outs that stand for an address (e-mail key) or for the people at it."""
    subjects = Subjects(tx, connection_id)
    rows = tx.execute(
        SQL["standing"],
        {
            "connection_id": connection_id,
            "address_hash": subjects.hash_of("address", address),
            "person_hashes": [subjects.hash_of("person", key) for key in contact_ids],
        },
    )
    return tuple(
        OptOut(kind=kind, key=key, acted_by=acted_by, since=since, seq=seq)
        for kind, key, acted_by, since, seq in rows
    )


def asked_back(tx: psycopg.Connection, connection_id: int, address: str) -> tuple[Asked, ...]:
    """Return the open requests to mail an address again."""
    rows = tx.execute(
        SQL["open_resubscriptions"],
        {
            "connection_id": connection_id,
            "key_hash": Subjects(tx, connection_id).hash_of("address", address),
        },
    )
    return tuple(
        Asked(
            id=row_id,
            contact_id=contact_id,
            asked_at=asked_at,
            asked_seq=seq,
            user_id=user_id,
            state=state,
        )
        for row_id, state, seq, asked_at, contact_id, user_id in rows
        if contact_id is not None
    )


def outstanding_evidence(
    tx: psycopg.Connection, connection_id: int, address: str
) -> tuple[Evidence, ...]:
    """Return who at an address came back without evidence so far."""
    rows = tx.execute(
        SQL["outstanding_evidence"],
        {
            "connection_id": connection_id,
            "key_hash": Subjects(tx, connection_id).hash_of("address", address),
        },
    )
    return tuple(
        Evidence(contact_id=contact_id, user_id=user_id, asked_at=asked_at)
        for contact_id, user_id, asked_at in rows
        if contact_id is not None
    )


def recent_own_unticks(tx: psycopg.Connection, connection_id: int) -> int:
    """Count people asked back in the last ten minutes who had opted out themselves."""
    row = tx.execute(SQL["recent_own_unticks"], {"connection_id": connection_id}).fetchone()
    return int(row[0]) if row else 0
