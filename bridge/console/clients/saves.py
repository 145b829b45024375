"""What people have saved on the page of a client: kept row by row, under the key of the save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from psycopg.rows import class_row

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.console.clients.model import Client
    from bridge.console.times import Times

_SQL = load_queries("bridge.console.clients", "saves.sql")

FIRST = "Removed by {who} at {at}. Your other changes are kept."
"""What is said of a removal at which somebody else was first."""

LEASE_S = 60.0
"""Seconds after which a save that nobody ends may be taken over: its process has died."""

Outcome: TypeAlias = Literal["saved", "refused", "gone"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One row of a save.

    Attributes:
        sf_id: The membership that is removed, or was made.
        outcome: None while it is not known.
    """

    place: int = 0
    act: str
    contact_id: str
    list_id: str
    sf_id: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What Practifi said of a row.

    Attributes:
        outcome: `gone`: somebody was first.
        says: Salesforce's own sentence, or who was first.
        subject_key: The address that carries it on to Constant Contact.
    """

    place: int
    outcome: Outcome
    says: str | None = None
    sf_id: str | None = None
    subject_key: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """A row that somebody has saved since they opened the page.

    Attributes:
        outcome: None: the save has not ended.
        made_at: When Save was pressed.
        is_saving: It is at it just now; where it has no outcome either, it has died.
        confirmed_at: When Constant Contact last confirmed something of the address since.
    """

    save_key: str
    act: str
    contact_id: str
    list_id: str
    list_name: str
    sf_id: str | None
    outcome: str | None
    says: str | None
    subject_key: str | None
    saved_at: datetime | None
    made_at: datetime
    is_saving: bool | None
    confirmed_at: datetime | None


def begin_save(
    tx: psycopg.Connection[Any],
    client: Client,
    rows: Sequence[Asked],
    *,
    key: str,
    page: str,
    person_id: int,
) -> list[Asked]:
    """Return the rows that a save has still to write; none where it is done or somebody is at it.

    Args:
        tx: A transaction.
        client: What the page is about.
        rows: What the form asks for; a save that is taken over keeps what it asked for.
        key: Of the save: a second click and a reload bring the same one.
        page: Of this opening of the page.
        person_id: Who saves.
    """
    values = {
        "connection_id": client.connection.id,
        "key": key,
        "page": page,
        "account_id": client.account_id,
        "person_id": person_id,
        "lease_s": LEASE_S,
    }
    if tx.execute(_SQL["begin_save"], values).fetchone() is None:
        return []
    asked = {
        "acts": [row.act for row in rows],
        "contact_ids": [row.contact_id for row in rows],
        "list_ids": [row.list_id for row in rows],
        "sf_ids": [row.sf_id for row in rows],
    }
    tx.execute(_SQL["add_rows"], values | asked)
    with tx.cursor(row_factory=class_row(Asked)) as cursor:
        kept = cursor.execute(_SQL["rows_of_save"], values).fetchall()
    return [row for row in kept if row.outcome is None]


def is_begun(tx: psycopg.Connection[Any], client: Client, key: str) -> bool:
    """Tell whether a save of this key is done or under way: it asks nothing more."""
    values = {"connection_id": client.connection.id, "key": key}
    row = tx.execute(_SQL["is_begun"], values).fetchone()
    return row is not None and bool(row[0])


def end_save(tx: psycopg.Connection[Any], client: Client, key: str, said: Sequence[Said]) -> None:
    """Keep what Practifi said of each row; the save is over."""
    values = {
        "connection_id": client.connection.id,
        "key": key,
        "places": [row.place for row in said],
        "outcomes": [row.outcome for row in said],
        "says": [row.says for row in said],
        "sf_ids": [row.sf_id for row in said],
        "subject_keys": [row.subject_key for row in said],
    }
    tx.execute(_SQL["end_rows"], values)
    tx.execute(_SQL["end_save"], values)


def saved_on_page(
    tx: psycopg.Connection[Any], client: Client, page: str, person_id: int
) -> list[Saved]:
    """Return what somebody has saved since they opened the page, oldest first."""
    values = {
        "connection_id": client.connection.id,
        "page": page,
        "person_id": person_id,
        "account_id": client.account_id,
    }
    with tx.cursor(row_factory=class_row(Saved)) as cursor:
        return cursor.execute(_SQL["saved_on_page"], values).fetchall()


def gone_meanwhile(
    tx: psycopg.Connection[Any], client: Client, sf_ids: Sequence[str], times: Times
) -> list[str]:
    """Return who was first at memberships that are not there any more, in sentences."""
    if not sf_ids:
        return []
    values = {"connection_id": client.connection.id, "sf_ids": list(sf_ids)}
    gone = dict(tx.execute(_SQL["gone_since"], values).fetchall())
    here = who_removed(tx, client, sf_ids)
    return [
        FIRST.format(who=here[sf_id][0], at=times.clock(here[sf_id][1]))
        if sf_id in here
        else FIRST.format(who="somebody in Practifi", at=times.clock(at))
        for sf_id, at in sorted(gone.items())
    ]


def removals_begun(
    tx: psycopg.Connection[Any], client: Client, sf_ids: Sequence[str]
) -> Mapping[str, datetime]:
    """Return what saves that have not ended would have removed, and since when; id -> time."""
    values = {"connection_id": client.connection.id, "sf_ids": list(sf_ids)}
    return dict(tx.execute(_SQL["removals_begun"], values).fetchall())


def who_removed(
    tx: psycopg.Connection[Any], client: Client, sf_ids: Sequence[str]
) -> Mapping[str, tuple[str, datetime]]:
    """Return who removed memberships by this page, and when; id -> (name, time)."""
    values = {"connection_id": client.connection.id, "sf_ids": list(sf_ids)}
    return {
        sf_id: (name, at) for sf_id, name, at in tx.execute(_SQL["who_removed"], values).fetchall()
    }
