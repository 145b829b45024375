"""Work: subjects that are dirty; what one write replaces is leased to one worker at a time."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from bridge.db.queries import load_queries
from bridge.errors import LeaseLost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import psycopg

    from bridge.mirror.advance import Subject

SQL = load_queries("bridge.delivery")

SubjectKind: TypeAlias = Literal["address", "list"]

Origin: TypeAlias = Literal["webhook", "poll", "replay", "sweep", "reconcile", "console", "cli"]
"""What makes subjects dirty: a message, the poll of what was deleted, and so on."""

CONSENT, INTERACTIVE, WEBHOOK, RECONCILE, ENGAGEMENT = range(5)
"""Lanes: whatever concerns consent goes before all else."""

LANES = ("consent", "interactive", "webhook", "reconcile", "engagement")
"""Their names, by number."""


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

    def row(self) -> dict[str, object]:
        """Return the parameters that name the leased row."""
        return {
            "connection_id": self.connection_id,
            "kind": self.kind,
            "key": self.key,
            "token": self.token,
            "lease_s": self.lease_s,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A subject that was due when somebody looked."""

    connection_id: int
    kind: SubjectKind
    key: str
    lane: int


def mark(
    tx: psycopg.Connection,
    connection_id: int,
    subjects: Mapping[Subject, bool],
    *,
    lane: int = WEBHOOK,
    origin: Origin | Mapping[Subject, Origin] = "webhook",
) -> dict[Subject, int]:
    """Make subjects dirty and return the generation that each has to reach.

    Args:
        tx: The transaction that also stores why they are dirty.
        connection_id: Whose subjects they are.
        subjects: Subject -> whether its consent changed; those go to the consent lane.
        lane: The lane of the others.
        origin: What makes them dirty, all or each.
    """
    if not subjects:
        return {}
    order = sorted(subjects)
    rows = tx.execute(
        SQL["mark_work"],
        {
            "connection_id": connection_id,
            "kinds": [kind for kind, _ in order],
            "keys": [key for _, key in order],
            "consents": [subjects[subject] for subject in order],
            "origins": [
                origin if isinstance(origin, str) else origin[subject] for subject in order
            ],
            "lane": lane,
        },
    )
    return {(kind, key): wanted for kind, key, wanted in rows}


def peek(
    tx: psycopg.Connection, lanes: Collection[int], count: int, *, skipped: Collection[int] = ()
) -> list[Due]:
    """Return due subjects of these lanes, at most `count` of each connection; none is claimed.

    The most urgent come first, and no connection's backlog hides another's work. Those of the
    connections in `skipped` are left out.
    """
    bounds = {"lane_from": min(lanes), "lane_to": max(lanes), "count": count}
    rows = tx.execute(SQL["peek_work"], bounds | {"skipped": list(skipped)})
    return [
        Due(connection_id=connection_id, kind=kind, key=key, lane=lane)
        for connection_id, kind, key, lane in rows
    ]


def claim(tx: psycopg.Connection, due: Due, lease_s: float) -> Lease | None:
    """Lease a subject, or return None where somebody else has it or nothing is left to do."""
    token = uuid.uuid4()
    row = tx.execute(
        SQL["claim_work"],
        {**asdict(due), "token": token, "lease_s": lease_s},
    ).fetchone()
    if row is None:
        return None
    wanted, lane, attempts, is_consent, failing_s, replay_of, origin = row
    return Lease(
        connection_id=due.connection_id,
        kind=due.kind,
        key=due.key,
        token=token,
        generation=wanted,
        lane=lane,
        attempts=attempts,
        is_consent=is_consent,
        lease_s=lease_s,
        failing_s=failing_s,
        replay_of=replay_of,
        origin=origin,
    )


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
            origin="reconcile",
        )
        for key, wanted, attempts, is_consent in rows
    ]


def let_go(tx: psycopg.Connection, leases: Sequence[Lease]) -> None:
    """Give held subjects of one kind back as they were; nothing happens to those that were lost."""
    if leases:
        tx.execute(
            SQL["let_go"],
            {
                "connection_id": leases[0].connection_id,
                "kind": leases[0].kind,
                "keys": [lease.key for lease in leases],
                "tokens": [lease.token for lease in leases],
            },
        )


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
    row = tx.execute(SQL["lease_state"], lease.row()).fetchone()
    if row is None:
        message = f"the lease of one {lease.kind} ran out"
        raise LeaseLost(message)
    return bool(row[0])


def finish(tx: psycopg.Connection, lease: Lease, *, reason: str | None = None) -> None:
    """End the work of a lease, and the notifications that waited for it.

    Raises:
        LeaseLost: If it ran out; the caller's transaction must not be committed.
    """
    parameters = lease.row() | {"generation": lease.generation}
    if tx.execute(SQL["finish_work"], parameters).fetchone() is None:
        message = f"the lease of one {lease.kind} ran out"
        raise LeaseLost(message)
    tx.execute(SQL["wake_behind"], lease.row() | {"keys": [lease.key]})
    tx.execute(SQL["lock_shared_notifications"], lease.row())
    tx.execute(SQL["finish_notifications"], lease.row() | {"reason": reason})


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


def add_subjects(
    tx: psycopg.Connection, connection_id: int, rows: Iterable[tuple[str, Subject, int]]
) -> None:
    """Store which generation of which subject each notification waits for."""
    order = list(rows)
    if order:
        tx.execute(
            SQL["add_subjects"],
            {
                "connection_id": connection_id,
                "notification_ids": [notification_id for notification_id, _, _ in order],
                "kinds": [subject[0] for _, subject, _ in order],
                "keys": [subject[1] for _, subject, _ in order],
                "generations": [generation for _, _, generation in order],
            },
        )
