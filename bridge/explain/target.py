"""Find what somebody asks about: an id of either side, an address, a notification or a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.connections.store import list_connections, load_connection
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.identity import email_key, is_salesforce_id, salesforce_id, uuid_or_none

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

    from bridge.connections.model import Connection
    from bridge.explain.model import About

SQL = load_queries("bridge.explain")

_NUMBER = re.compile(r"(run|plan|activity):(\d{1,18})")
_BULK = "bulk_activity"


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What is asked about.

    Attributes:
        kind: What was typed: `contact`, `list`, `membership`, `record`, `address`, `notification`,
            `cc_contact`, `cc_list`, `run`, `plan`, `bulk_activity` or `id`.
        about: Which checks answer it.
        record_kind: `contact`, `list` or `membership`, where a record is meant.
        object: What Salesforce calls it, where only a message tells of it.
        key: An e-mail key.
        number: Of a run, plan or bulk activity.
    """

    asked: str
    kind: str
    about: About
    connection: Connection | None = None
    record_kind: str | None = None
    sf_id: str | None = None
    object: str | None = None
    key: str | None = None
    notification_id: str | None = None
    number: int | None = None


def find_target(tx: psycopg.Connection[Any], asked: str, connection: str | None) -> Target:
    """Return what a word means in this installation.

    Raises:
        ConfigurationError: If the word can mean nothing, or something in several connections.
    """
    asked = asked.strip()
    number = _NUMBER.fullmatch(asked)
    if number:
        return _job(tx, asked, connection, number[1].replace("activity", _BULK), int(number[2]))
    if email_key(asked):
        return _address(tx, asked, connection)
    if uuid_or_none(asked):
        return _there(tx, asked, connection)
    found = _notification(tx, asked, connection)
    if found is None and is_salesforce_id(asked):
        found = _record(tx, asked, connection)
    if found is None:
        raise ConfigurationError(
            f"{asked[:60]!r} is no Salesforce id, e-mail address, Constant Contact id, "
            "notification, run:N, plan:N or activity:N"
        )
    return found


def _job(
    tx: psycopg.Connection[Any], asked: str, connection: str | None, kind: Any, number: int
) -> Target:
    rows = _rows(tx, SQL["find_job"], kind=kind, number=number)
    chosen, row = _choose(tx, rows, connection)
    about: About = kind if row is not None else "unknown"
    return Target(asked=asked, kind=kind, about=about, connection=chosen, number=number)


def _address(tx: psycopg.Connection[Any], asked: str, connection: str | None) -> Target:
    key = email_key(asked)
    chosen, row = _choose(tx, _rows(tx, SQL["find_address"], key=key), connection)
    about: About = "unknown" if row is None else "person"
    return Target(asked=asked, kind="address", about=about, connection=chosen, key=key)


def _there(tx: psycopg.Connection[Any], asked: str, connection: str | None) -> Target:
    rows = _rows(tx, SQL["find_there"], cc_id=uuid_or_none(asked))
    chosen, row = _choose(tx, rows, connection)
    if row is None:
        return Target(asked=asked, kind="id", about="unknown", connection=chosen)
    kind, key = row["kind"], row["key"]
    if kind == _BULK:
        return Target(
            asked=asked, kind=kind, about="bulk_activity", connection=chosen, number=int(key)
        )
    if kind == "cc_list":
        return Target(
            asked=asked,
            kind=kind,
            about="list" if key else "unknown",
            connection=chosen,
            record_kind="list",
            sf_id=key,
        )
    return Target(asked=asked, kind=kind, about="person", connection=chosen, key=key)


def _notification(tx: psycopg.Connection[Any], asked: str, connection: str | None) -> Target | None:
    rows = _rows(tx, SQL["find_notification"], asked=asked)
    chosen, row = _choose(tx, rows, connection)
    if row is None:
        return None
    told = row["record_id"]
    sf_id = salesforce_id(told) if is_salesforce_id(told) else None
    kind = None
    if sf_id is not None and chosen is not None:
        records = _rows(tx, SQL["find_record"], sf_id=sf_id)
        kind = next((r["kind"] for r in records if r["connection_id"] == chosen.id), None)
    return Target(
        asked=asked,
        kind="notification",
        about="list" if kind == "list" else "person",
        connection=chosen,
        record_kind=kind,
        sf_id=sf_id,
        object=row["object"],
        notification_id=asked,
    )


def _record(tx: psycopg.Connection[Any], asked: str, connection: str | None) -> Target:
    sf_id = salesforce_id(asked)
    chosen, row = _choose(tx, _rows(tx, SQL["find_record"], sf_id=sf_id), connection)
    if row is not None:
        kind = row["kind"]
        return Target(
            asked=asked,
            kind=kind,
            about="list" if kind == "list" else "person",
            connection=chosen,
            record_kind=kind,
            sf_id=sf_id,
        )
    chosen, row = _choose(tx, _rows(tx, SQL["find_told"], ids=[sf_id, sf_id[:15]]), connection)
    return Target(
        asked=asked,
        kind="record" if row is not None else "id",
        about="person" if row is not None else "unknown",
        connection=chosen,
        sf_id=sf_id,
        object=row["object"] if row is not None else None,
    )


def _choose(
    tx: psycopg.Connection[Any], rows: list[dict[str, Any]], name: str | None
) -> tuple[Connection | None, dict[str, Any] | None]:
    """Return the one connection that is meant, and the row that is its.

    Raises:
        ConfigurationError: If several connections know what is asked, or there is none of the name.
    """
    if name is not None:
        chosen = load_connection(tx, name)
        return chosen, next((row for row in rows if row["connection_id"] == chosen.id), None)
    ids = {row["connection_id"] for row in rows}
    every = list_connections(tx)
    if len(ids) > 1:
        names = ", ".join(each.name for each in every if each.id in ids)
        raise ConfigurationError(
            f"several connections know it: choose one of {names} with --connection"
        )
    if ids:
        return next(each for each in every if each.id in ids), rows[0]
    return (every[0] if len(every) == 1 else None), None


def _rows(
    tx: psycopg.Connection[Any], query: LiteralString, **values: object
) -> list[dict[str, Any]]:
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()
