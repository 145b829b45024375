"""Interactions on their way: which part of a plan is sent, and what is kept of how each ended."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import args_row

from bridge.db.queries import load_queries
from bridge.salesforce.bulk_ingest import CLEARED
from reconciler.activities.fields import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import psycopg

    from bridge.mapping.names import InteractionNames
    from bridge.salesforce.model import SaveResult

_SQL = load_queries("reconciler.activities", "writing.sql")

_STALE = "another plan has written it since"


class Size(NamedTuple):
    """How large a part may become.

    Attributes:
        records: At most so many Interactions.
        in_bytes: At most so many bytes of what they say, but always one of them.
        bytes_each: Bytes of each beside its subject and details.
    """

    records: int
    in_bytes: int = 1 << 40
    bytes_each: int = 0


class Sending(NamedTuple):
    """An open Interaction and what its record shall say."""

    ordinal: int
    external_id: str
    record: Record


def _sending(ordinal: int, external_id: str, *values: Any) -> Sending:
    return Sending(ordinal, external_id, Record(*values))


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Consecutive Interactions of a plan that were begun together.

    Attributes:
        run_id: The run that made the plan.
        first: The first one's place in the plan.
        last: The last one's.
        is_again: Some may have been sent before.
        places: External id -> its place, of those that were read.
    """

    connection_id: int
    run_id: int
    first: int
    last: int
    is_again: bool = False
    places: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many places it has, those among them that had ended before."""
        return self.last - self.first + 1

    def row(self) -> dict[str, Any]:
        """Return the parameters that name it."""
        return {
            "connection_id": self.connection_id,
            "run_id": self.run_id,
            "first": self.first,
            "last": self.last,
        }


def planned_by(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, run_id: int
) -> tuple[int, bool]:
    """Return which run made a plan, and whether what it rests on may have moved since.

    Args:
        tx: A connection in a transaction.
        connection_id: Whose plan it is.
        plan_id: The plan.
        run_id: The run that carries it out.
    """
    values = {"connection_id": connection_id, "plan_id": plan_id, "run_id": run_id}
    ((made_by, may_be_stale),) = tx.execute(_SQL["planned_by"], values).fetchall()
    return made_by, may_be_stale


def begin(
    tx: psycopg.Connection[Any],
    connection_id: int,
    run_id: int,
    size: Size,
    *,
    may_be_stale: bool = True,
) -> Part | None:
    """Note that the next part is on its way; refuse of it what rests on what is not so any more.

    A part that a process which has gone had begun comes first.

    Args:
        tx: A transaction that is committed before anything is sent.
        connection_id: Whose plan it is.
        run_id: The run that made it.
        size: How large a part may become.
        may_be_stale: Something may have been written since the plan was made.

    Returns:
        What was begun; None where nothing is open.
    """
    values = {"connection_id": connection_id, "run_id": run_id}
    row = tx.execute(_SQL["begin_part_again"], values).fetchone()
    is_again = row is not None
    if row is None:
        limits = {"count": size.records, "bytes": size.in_bytes, "bytes_each": size.bytes_each}
        row = tx.execute(_SQL["begin_part"], values | limits).fetchone()
    if row is None:
        return None
    first, last = row
    part = Part(
        connection_id=connection_id, run_id=run_id, first=first, last=last, is_again=is_again
    )
    if may_be_stale:
        tx.execute(_SQL["refuse_stale"], part.row() | {"stale": _STALE})
    return part


def lines_to_send(
    tx: psycopg.Connection[Any], part: Part, names: InteractionNames, constants: str
) -> Iterator[tuple[int, str]]:
    """Yield what is open of a part, in order, as lines of a file, each time with how many.

    Of a part begun again that is what is not known to be there. The database makes the lines, so
    that no record is taken apart here.

    Args:
        tx: A transaction.
        part: The part.
        names: Which fields a record has: key, subject, details, time, contact and client.
        constants: What follows them in each line, with its end.
    """
    values = part.row() | {
        "again": part.is_again,
        "has_subject": names.subject is not None,
        "has_details": names.details is not None,
        "has_time": names.when is not None,
        "has_client": names.client is not None,
        "cleared": CLEARED,
        "constants": constants,
    }
    with tx.cursor(name="lines_to_send") as cursor:
        cursor.itersize = 1
        cursor.execute(_SQL["lines_to_send"], values)
        for places, keys, lines in cursor:
            part.places.update(zip(keys, places, strict=True))
            yield len(places), lines


def left_to_send(
    tx: psycopg.Connection[Any], part: Part, *, start: int, count: int
) -> list[Sending]:
    """Return what is open of a part from a place on, at most so many, and not known to be there."""
    values = part.row() | {"first": start, "count": count}
    with tx.cursor(row_factory=args_row(_sending)) as cursor:
        found = cursor.execute(_SQL["to_send"], values).fetchall()
    part.places.update((each.external_id, each.ordinal) for each in found)
    return found


def record(tx: psycopg.Connection[Any], part: Part, saved: Mapping[str, SaveResult]) -> None:
    """Keep what became of records, by their external ids."""
    if not saved:
        return
    ordinals = [part.places[key] for key in saved]
    values: dict[str, Any] = part.row() | {
        "ordinals": ordinals,
        "from_ordinal": min(ordinals),
        "to_ordinal": max(ordinals),
        "sf_ids": [each.record_id for each in saved.values()],
        "errors": [None if each.ok else each.message or each.error_code for each in saved.values()],
    }
    tx.execute(_SQL["keep_written"], values)
    unsaved = {key: each for key, each in saved.items() if not each.ok}
    if not unsaved:
        return
    values = part.row() | {
        "ordinals": [part.places[key] for key in unsaved],
        "states": ["failed" if each.is_locked else "refused" for each in unsaved.values()],
        "outcomes": [f"Salesforce: {each.error_code}: {each.message}" for each in unsaved.values()],
        "answers": [json.dumps({"error": each.error_code}) for each in unsaved.values()],
    }
    tx.execute(_SQL["keep_endings"], values)


def end(tx: psycopg.Connection[Any], part: Part) -> None:
    """Note that a part was seen to its end."""
    tx.execute(_SQL["end_part"], part.row())
