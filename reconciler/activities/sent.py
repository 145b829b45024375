"""Interactions on their way: which steps are sent, and what is kept of how each ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

    from bridge.salesforce.model import SaveResult

_SQL = load_queries("reconciler.activities", "writing.sql")

_STALE = "another plan has written it since"
_ROWS_AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """Steps of a plan that were begun together.

    Attributes:
        first: The first one's place in the plan.
        last: The last one's.
        count: How many, with those that were refused at once.
        places: External id -> its step's place, of those whose bodies were read.
    """

    connection_id: int
    plan_id: int
    first: int
    last: int
    count: int
    places: dict[str, int] = field(default_factory=dict)


def begin(
    tx: psycopg.Connection, connection_id: int, plan_id: int, *, start: int, count: int, size: int
) -> Sent | None:
    """Note that the next steps are on their way; refuse those that rest on what is not so any more.

    Args:
        tx: A transaction that is committed before anything is sent.
        connection_id: Whose plan it is.
        plan_id: The plan.
        start: The first place looked at.
        count: At most so many.
        size: At most so many bytes of what they say, but always one.

    Returns:
        What was begun; None where no step from there on is open.
    """
    values = {
        "connection_id": connection_id,
        "plan_id": plan_id,
        "from_ordinal": start,
        "count": count,
        "bytes": size,
        "stale": _STALE,
    }
    ordinals = [ordinal for (ordinal,) in tx.execute(_SQL["begin_steps"], values)]
    if not ordinals:
        return None
    return Sent(
        connection_id=connection_id,
        plan_id=plan_id,
        first=min(ordinals),
        last=max(ordinals),
        count=len(ordinals),
    )


def bodies(tx: psycopg.Connection, sent: Sent) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield key and fields of each record that is on its way."""
    values = {
        "connection_id": sent.connection_id,
        "plan_id": sent.plan_id,
        "first": sent.first,
        "last": sent.last,
    }
    with tx.cursor(name="sent_bodies") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(_SQL["sent_bodies"], values)
        for ordinal, key, fields in cursor:
            sent.places[key] = ordinal
            yield key, fields


def record(tx: psycopg.Connection, sent: Sent, saved: Mapping[str, SaveResult]) -> None:
    """Keep what became of records, by their external ids, and end their steps."""
    results = list(saved.values())
    values: dict[str, Any] = {
        "connection_id": sent.connection_id,
        "plan_id": sent.plan_id,
        "ordinals": [sent.places[key] for key in saved],
        "sf_ids": [each.record_id for each in results],
        "errors": [None if each.ok else each.message or each.error_code for each in results],
        "states": [_state(each) for each in results],
        "outcomes": [
            None if each.ok else f"Salesforce: {each.error_code}: {each.message}"
            for each in results
        ],
        "answers": [json.dumps(_answer(each)) for each in results],
    }
    tx.execute(_SQL["keep_written"], values)
    tx.execute(_SQL["end_sent"], values)


def _state(result: SaveResult) -> str:
    if result.ok:
        return "confirmed"
    return "failed" if result.is_locked else "refused"


def _answer(result: SaveResult) -> dict[str, Any]:
    return {"id": result.record_id} if result.ok else {"error": result.error_code}
