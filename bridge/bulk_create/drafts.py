"""Drafts in the database: a person has one, leaves it and goes on with it, or discards it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bridge.bulk_create.model import DRAFT_DAYS, Bulk, Source
from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

SQL = load_queries("bridge.bulk_create")


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """Something that a person has saved before."""

    id: int
    saved_at: datetime
    list_name: str | None
    people: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRow:
    """A list in Practifi, as the first step shows it."""

    id: str
    name: str
    status: str
    confirmed: int


def find_bulk(tx: psycopg.Connection[Any], bulk_id: int, *, lock: bool = False) -> Bulk | None:
    """Return a draft or what was saved of it.

    Args:
        tx: A transaction.
        bulk_id: Its number.
        lock: Whether nobody else shall change it until the transaction ends.
    """
    if lock:
        tx.execute(SQL["lock_bulk"], {"bulk_id": bulk_id})
    with tx.cursor(row_factory=class_row(Bulk)) as cursor:
        return cursor.execute(SQL["bulk"], {"bulk_id": bulk_id}).fetchone()


def draft_of(tx: psycopg.Connection[Any], connection_id: int, person_id: int) -> Bulk | None:
    """Return the draft of a person; one that is too old is forgotten, before it is in the way."""
    values = {"connection_id": connection_id, "person_id": person_id, "days": DRAFT_DAYS}
    tx.execute(SQL["forget_old_drafts"], values)
    row = tx.execute(SQL["draft_of"], values).fetchone()
    return None if row is None else find_bulk(tx, row[0])


def saved_of(tx: psycopg.Connection[Any], connection_id: int, person_id: int) -> Sequence[Saved]:
    """Return what a person has saved of late, the newest first."""
    values = {"connection_id": connection_id, "person_id": person_id}
    with tx.cursor(row_factory=class_row(Saved)) as cursor:
        return cursor.execute(SQL["saved_of"], values).fetchall()


def begin(
    tx: psycopg.Connection[Any], connection_id: int, person_id: int, *, by: str, list_id: str
) -> int:
    """Return the number of a new draft with its list."""
    values = {
        "connection_id": connection_id,
        "person_id": person_id,
        "asked_by": by,
        "list_id": list_id,
        "source": Jsonb(asdict(Source())),
    }
    row = tx.execute(SQL["begin"], values).fetchone()
    assert row is not None  # noqa: S101 -- the statement returns its row
    return int(row[0])


def begin_with(
    tx: psycopg.Connection[Any],
    connection_id: int,
    person_id: int,
    *,
    by: str,
    list_id: str,
    source: Source,
    contact_ids: Sequence[str],
) -> int:
    """Return the number of a new draft with its list and its Selected List."""
    bulk_id = begin(tx, connection_id, person_id, by=by, list_id=list_id)
    place = {"connection_id": connection_id, "bulk_id": bulk_id}
    start = {"source": Jsonb(asdict(source)), "start_ids": list(contact_ids), "filters": Jsonb([])}
    tx.execute(SQL["begin_at"], place | start)
    chosen = {"list_id": list_id, "contact_ids": list(contact_ids)}
    tx.execute(SQL["select_all"], place | chosen)
    return bulk_id


def discard(tx: psycopg.Connection[Any], bulk: Bulk) -> None:
    """Give a draft up: nothing of it was saved, and whom it named is forgotten."""
    tx.execute(SQL["discard"], place_of(bulk))


def choose_list(tx: psycopg.Connection[Any], bulk: Bulk, list_id: str) -> None:
    """Put the draft on another list; rows with a list of their own keep it."""
    tx.execute(SQL["choose_list"], {"bulk_id": bulk.id, "list_id": list_id})


def read_lists(
    tx: psycopg.Connection[Any], connection_id: int, part: str = "", *, count: int = 200
) -> Sequence[ListRow]:
    """Return the lists in Practifi whose name has a part, by name."""
    values = {"connection_id": connection_id, "part": part or None, "count": count}
    with tx.cursor(row_factory=class_row(ListRow)) as cursor:
        return cursor.execute(SQL["lists"], values).fetchall()


def list_names(tx: psycopg.Connection[Any], connection_id: int) -> Mapping[str, str]:
    """Return the names of the lists in Practifi by their Ids, by name."""
    return dict(tx.execute(SQL["list_names"], {"connection_id": connection_id}).fetchall())


def lost_lists(
    tx: psycopg.Connection[Any], connection_id: int, list_ids: Sequence[str]
) -> Sequence[tuple[str, str, datetime]]:
    """Return those of some lists that were deleted: name, where, and when (UTC)."""
    values = {"connection_id": connection_id, "list_ids": list(list_ids)}
    found = []
    for _, name, here_at, there_at in tx.execute(SQL["lists_by_id"], values):
        if there_at is not None:
            found.append((name, "Constant Contact", there_at))
        elif here_at is not None:
            found.append((name, "Practifi", here_at))
    return found


def place_of(bulk: Bulk) -> dict[str, int]:
    """Return where a draft stands, for statements."""
    return {"connection_id": bulk.connection_id, "bulk_id": bulk.id}
