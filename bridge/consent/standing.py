"""What stands on record about consent: opt-outs, and open requests to come back. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from bridge.consent.ledger import SQL, Subjects
from bridge.consent.policy import rules_from

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.consent.policy import Rules


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
        policy: What it was last decided by; binding for one that waits.
        is_mass: The untick was one of too many at once.
        is_approved: Somebody let it go on all the same.
        has_evidence: It is on record who asked, when and how.
        person_asked_at: When Constant Contact mailed the person for it.
        is_overdue: The person has not confirmed in time.
    """

    id: int
    contact_id: str
    asked_at: datetime
    asked_seq: int
    user_id: str | None = None
    state: str = "sending"
    policy: str = "practifi"
    is_mass: bool = False
    is_approved: bool = False
    has_evidence: bool = False
    person_asked_at: datetime | None = None
    is_overdue: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """A coming back of which nobody has shown yet that the person asked for it.

    Attributes:
        asked_at: When the box was unticked.
        user_id: Who unticked it, where that is known.
        opted_out_at: When the person had opted out, where that is known.
    """

    id: int
    contact_id: str
    asked_at: datetime
    user_id: str | None = None
    opted_out_at: datetime | None = None


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


def asked_back(
    tx: psycopg.Connection, connection_id: int, address: str, rules: Rules
) -> tuple[Asked, ...]:
    """Return the open requests to mail an address again."""
    values = {
        "connection_id": connection_id,
        "key_hash": Subjects(tx, connection_id).hash_of("address", address),
        "mass_limit": rules.mass_limit,
        "mass_minutes": rules.mass_minutes,
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL["open_resubscriptions"], values).fetchall()
    return tuple(Asked(**row) for row in rows if row["contact_id"] is not None)


def turned_down(tx: psycopg.Connection, connection_id: int, address: str) -> str | None:
    """Return why the last request to mail an address again came to nothing, if it did."""
    values = {
        "connection_id": connection_id,
        "key_hash": Subjects(tx, connection_id).hash_of("address", address),
    }
    row = tx.execute(SQL["turned_down"], values).fetchone()
    return None if row is None else row[0]


def rules_of(tx: psycopg.Connection, connection_id: int) -> Rules:
    """Return how a connection treats requests to come back."""
    row = tx.execute(SQL["rules"], {"connection_id": connection_id}).fetchone()
    return rules_from(None if row is None else row[0])


def outstanding_evidence(
    tx: psycopg.Connection, connection_id: int, address: str
) -> tuple[Evidence, ...]:
    """Return who at an address came back without evidence so far."""
    values = {
        "connection_id": connection_id,
        "key_hash": Subjects(tx, connection_id).hash_of("address", address),
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL["outstanding_evidence"], values).fetchall()
    return tuple(Evidence(**row) for row in rows if row["contact_id"] is not None)
