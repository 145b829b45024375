"""Leases: what one write replaces is held by one worker at a time, and given back or ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.delivery.work import SQL
from bridge.errors import LeaseLost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    import psycopg

    from bridge.delivery.work import Due, Origin, SubjectKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """One subject, held until it is finished, released or the lease runs out.

    Attributes:
        generation: What was wanted when it was claimed: done once this is delivered.
        attempts: Attempts that failed before this one.
        is_consent: A change of consent is among what is wanted.
        failing_s: Seconds since the first of those attempts.
        replay_of: The notification that is replayed as it was accepted, or None.
        origin: What made it dirty first since it was done last.
    """

    connection_id: int
    kind: SubjectKind
    key: str
    token: uuid.UUID
    generation: int
    lane: int
    attempts: int
    is_consent: bool
    lease_s: float
    failing_s: float = 0.0
    replay_of: str | None = None
    origin: Origin = "webhook"

    def __hash__(self) -> int:
        """Leases are looked up often, and few at once have one key."""
        return hash(self.key)

    def row(self) -> dict[str, object]:
        """Return the parameters that name the leased row."""
        return {
            "connection_id": self.connection_id,
            "kind": self.kind,
            "key": self.key,
            "token": self.token,
            "lease_s": self.lease_s,
        }


def claim_some(
    tx: psycopg.Connection, due: Sequence[Due], lease_s: float, *, count: int
) -> list[Lease]:
    """Lease the first subjects that nobody else has and that something is left to do for.

    Args:
        tx: A transaction of its own.
        due: Subjects of one connection, most urgent first.
        lease_s: Seconds until others may have those that are not renewed.
        count: How many at most.
    """
    token = uuid.uuid4()
    values = {
        "connection_id": due[0].connection_id,
        "kinds": [one.kind for one in due],
        "keys": [one.key for one in due],
        "token": token,
        "lease_s": lease_s,
        "count": count,
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL["claim_work"], values).fetchall()
    order = {(one.kind, one.key): number for number, one in enumerate(due)}
    rows.sort(key=lambda row: order[row["kind"], row["key"]])
    return [
        Lease(connection_id=due[0].connection_id, token=token, lease_s=lease_s, **row)
        for row in rows
    ]


def hold(
    tx: psycopg.Connection,
    connection_id: int,
    kind: SubjectKind,
    keys: Collection[str],
    *,
    lane: int,
    lease_s: float,
) -> list[Lease]:
    """Lease subjects whether they are dirty or not, except those that somebody else has.

    Nobody else takes a subject up because it was held: a run that dies leaves no work behind.

    Args:
        tx: A transaction of its own: what is decided on a subject locks other rows first.
        connection_id: Whose subjects they are.
        kind: What they are.
        keys: Which, each once.
        lane: The lane of what is done to them.
        lease_s: Seconds until others may have those that are not let go.
    """
    token = uuid.uuid4()
    rows = tx.execute(
        SQL["hold_work"],
        {
            "connection_id": connection_id,
            "kind": kind,
            "keys": list(keys),
            "lane": lane,
            "token": token,
            "lease_s": lease_s,
        },
    )
    return leases_of(rows, connection_id, kind, token, lease_s)


def leases_of(
    rows: Iterable[tuple[Any, ...]],
    connection_id: int,
    kind: SubjectKind,
    token: uuid.UUID,
    lease_s: float,
) -> list[Lease]:
    """Return the leases that a statement took under one token, by key.

    Args:
        rows: (key, generation, lane, failed attempts, whether consent is concerned, origin) of
            each.
        connection_id: Whose subjects they are.
        kind: What they are.
        token: What they were leased with.
        lease_s: Seconds until others may have those that are not renewed.
    """
    return [
        Lease(
            connection_id=connection_id,
            kind=kind,
            key=key,
            token=token,
            generation=wanted,
            lane=lane,
            attempts=attempts,
            is_consent=is_consent,
            lease_s=lease_s,
            origin=origin,
        )
        for key, wanted, lane, attempts, is_consent, origin in sorted(rows)
    ]


def let_go(tx: psycopg.Connection, leases: Sequence[Lease]) -> None:
    """Give held subjects of one kind back as they were; nothing happens to those that were lost."""
    if leases:
        tx.execute(SQL["let_go"], _values(leases))


def claim_beside(tx: psycopg.Connection, lease: Lease, key: str) -> bool:
    """Lease a second address under the same token: a change of address writes to both."""
    return tx.execute(SQL["claim_beside"], lease.row() | {"key": key}).fetchone() is not None


def release_beside(tx: psycopg.Connection, lease: Lease, key: str) -> None:
    """Give the second address back."""
    tx.execute(SQL["release_beside"], lease.row() | {"key": key})


def renew(tx: psycopg.Connection, lease: Lease) -> bool:
    """Renew a lease and tell whether a change of consent came in meanwhile.

    Raises:
        LeaseLost: If it ran out: another worker may hold the subject.
    """
    return lease.key in renew_all(tx, [lease])


def renew_all(tx: psycopg.Connection, leases: Sequence[Lease]) -> set[str]:
    """Renew leases of one connection and kind; return the keys of those that consent wants.

    Raises:
        LeaseLost: If one of them ran out; the caller's transaction must not be committed.
    """
    if not leases:
        return set()
    values = _values(leases) | {"lease_s": leases[0].lease_s}
    rows = tx.execute(SQL["renew_leases"], values).fetchall()
    if len(rows) < len(leases):
        raise lost(leases)
    return {key for key, is_wanted in rows if is_wanted}


def finish(tx: psycopg.Connection, lease: Lease, *, reason: str | None = None) -> None:
    """End the work of a lease, and the notifications that waited for it.

    Raises:
        LeaseLost: If it ran out; the caller's transaction must not be committed.
    """
    finish_all(tx, [lease], [reason])


def finish_all(
    tx: psycopg.Connection, leases: Sequence[Lease], reasons: Sequence[str | None]
) -> None:
    """End the work of leases of one connection and kind, and what waited for it.

    Args:
        tx: The caller's transaction.
        leases: What is ended.
        reasons: What the notifications say of each.

    Raises:
        LeaseLost: If one of them ran out; the caller's transaction must not be committed.
    """
    if not leases:
        return
    generations = [lease.generation for lease in leases]
    values = _values(leases) | {"generations": generations, "reasons": list(reasons)}
    if len(tx.execute(SQL["finish_work"], values).fetchall()) < len(leases):
        raise lost(leases)
    tx.execute(SQL["wake_behind"], values)
    tx.execute(SQL["lock_shared_notifications"], values)
    tx.execute(SQL["finish_notifications"], values)


def release(
    tx: psycopg.Connection,
    lease: Lease,
    *,
    after_s: float = 0.0,
    reason: str | None = None,
    is_attempt: bool = False,
    blocked_reason: str | None = None,
    waits_for: str | None = None,
    behind: Sequence[str] = (),
) -> None:
    """Give a lease back without an end.

    Args:
        tx: A transaction of its own.
        lease: What is given back; nothing happens where it was lost.
        after_s: Seconds until the subject is due again.
        reason: What the waiting notifications say meanwhile.
        is_attempt: Whether this counts as a failed attempt.
        blocked_reason: The subject waits for a person; the next change of it tries again.
        waits_for: The service whose outage it waits out.
        behind: Keys of the subjects that it waits for; see `bridge.delivery.behind`.
    """
    tx.execute(
        SQL["release_work"],
        lease.row()
        | {
            "generation": lease.generation,
            "after_s": after_s,
            "attempt": int(is_attempt),
            "blocked_reason": blocked_reason,
            "waits_for": waits_for,
            "behind": list(behind),
        },
    )
    if reason is not None:
        tx.execute(
            SQL["note_on_notifications"],
            lease.row() | {"reason": reason, "attempt": int(is_attempt)},
        )


def _values(leases: Sequence[Lease]) -> dict[str, object]:
    """Return the parameters that name the leased rows, all of one connection and kind."""
    return {
        "connection_id": leases[0].connection_id,
        "kind": leases[0].kind,
        "keys": [lease.key for lease in leases],
        "tokens": [lease.token for lease in leases],
    }


def lost(leases: Sequence[Lease]) -> LeaseLost:
    """Return the error that says so of one of them."""
    return LeaseLost(f"the lease of one {leases[0].kind} ran out")
