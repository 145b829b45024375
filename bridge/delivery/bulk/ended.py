"""Activities that have ended, in the database: how they ended, who was in them, their steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.delivery.bulk.model import Member
from bridge.delivery.bulk.store import SQL
from bridge.delivery.bulk.verdict import Window
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.delivery.bulk.verdict import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """An activity that has ended, while its members are decided on again.

    Attributes:
        errors: What the vendor says of single rows.
        refusal: Why the whole activity was refused, or None.
        window: When it was at work.
    """

    id: int
    plan_id: int
    is_complete: bool
    errors: Sequence[str] = ()
    refusal: str | None = None
    window: Window | None = None


def read_ended(tx: psycopg.Connection[Any], connection_id: int) -> list[Ended]:
    """Return the activities that have ended and whose members are to be decided on again."""
    values = {"connection_id": connection_id}
    with tx.cursor(row_factory=dict_row) as cursor:
        return [_ended(row) for row in cursor.execute(SQL["unread_activities"], values)]


def read_members(
    tx: psycopg.Connection[Any], connection_id: int, activity: Ended, keys: Sequence[str]
) -> dict[str, Member]:
    """Return what was sent of some members, by address."""
    values = {"connection_id": connection_id, "id": activity.id, "keys": list(keys)}
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL["steps_of"], values).fetchall()
    return {
        row["subject_key"]: Member(
            key=row["subject_key"],
            plan_id=row["plan_id"],
            ordinal=row["ordinal"],
            generation=row["generation"],
            number=row["number"],
            adds=frozenset(row["detail"]["adds"]),
            drops=frozenset(row["detail"]["drops"]),
            fields=frozenset(row["detail"]["fields"]),
            fingerprint=row["detail"]["fingerprint"],
            is_taken_back="takes_back" in row["detail"],
            set_back=row["detail"].get("set_back", {}),
        )
        for row in rows
    }


def end_steps(
    tx: psycopg.Connection[Any],
    connection_id: int,
    activity: Ended,
    closed: Sequence[tuple[Member, Verdict]],
) -> None:
    """Keep what became of steps that went in bulk."""
    values = {
        "connection_id": connection_id,
        "id": activity.id,
        "keys": [member.key for member, _ in closed],
        "states": [found.step for _, found in closed],
        "outcomes": [found.outcome for _, found in closed],
    }
    tx.execute(SQL["end_steps_beside"], values)
    tx.execute(
        SQL["end_steps_sent"],
        values
        | {
            "plans": [member.plan_id for member, _ in closed],
            "ordinals": [member.ordinal for member, _ in closed],
        },
    )


def end_activity(tx: psycopg.Connection[Any], connection_id: int, activity: Ended) -> None:
    """End an activity that holds nobody any more."""
    values = {"connection_id": connection_id, "id": activity.id}
    row = tx.execute(SQL["has_members"], values).fetchone()
    if row is None or not row[0]:
        tx.execute(SQL["end_left_steps"], values)
        tx.execute(SQL["end_activity"], values)
        tx.execute(SQL["end_plan"], values | {"plan_id": activity.plan_id})


def _ended(row: Mapping[str, Any]) -> Ended:
    status = row["status"] or {}
    began_at = parse_moment(status.get("started_at"))
    ended_at = parse_moment(status.get("completed_at"))
    return Ended(
        id=row["id"],
        plan_id=row["plan_id"],
        is_complete=row["state"] == "completed",
        errors=status.get("errors") or (),
        refusal=status.get("refused"),
        window=Window(began_at, ended_at) if began_at and ended_at else None,
    )
