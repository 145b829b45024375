"""Work: which subjects are dirty, since when, and how urgent. Who holds one is told by `leases`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

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
