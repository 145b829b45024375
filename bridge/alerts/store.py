"""Alerts in the database: what has come and gone, and what each outlet still has to hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row, dict_row

from bridge.alerts.model import Message, OpenAlert
from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Collection

    import psycopg

    from bridge.alerts.changes import Changes

SQL = load_queries("bridge.alerts")


def read_open(tx: psycopg.Connection[Any]) -> list[OpenAlert]:
    """Return the alerts that have not ended."""
    with tx.cursor(row_factory=class_row(OpenAlert)) as cursor:
        return cursor.execute(SQL["open_alerts"]).fetchall()


def keep(tx: psycopg.Connection[Any], changed: Changes, outlets: Collection[str]) -> None:
    """Keep what a look has changed, and what the outlets are to hear of it."""
    for alarm in changed.came:
        tx.execute(
            SQL["come"],
            {
                "cause": alarm.cause,
                "connection": alarm.connection or "",
                "about": alarm.about,
                "says": alarm.says,
                "what_to_do": alarm.what_to_do,
            },
        )
    tx.execute(SQL["tell"], {"ids": list(changed.told)})
    tx.execute(SQL["go"], {"ids": list(changed.gone)})
    tx.execute(SQL["come_back"], {"ids": list(changed.back)})
    tx.execute(SQL["clear"], {"ids": list(changed.cleared)})
    tx.execute(SQL["forget"], {"ids": list(changed.forgotten)})
    tx.execute(SQL["owe"], {"outlets": list(outlets)})
    tx.execute(SQL["owe_cleared"], {"ids": list(changed.cleared)})


def take_due(tx: psycopg.Connection[Any], outlet: str) -> Message | None:
    """Return the next message that an outlet is to hear, put off in case its sender dies."""
    with tx.cursor(row_factory=class_row(Message)) as cursor:
        return cursor.execute(SQL["take_due"], {"outlet": outlet}).fetchone()


def note_taken(tx: psycopg.Connection[Any], message: Message) -> None:
    """Keep that an outlet has a message; what waits for it is due at once."""
    tx.execute(SQL["note_taken"], _place(message))


def note_refused(tx: psycopg.Connection[Any], message: Message, error: str) -> None:
    """Keep why an outlet has not taken a message; it is due again after a wait."""
    tx.execute(SQL["note_refused"], _place(message) | {"error": error})


def newest(tx: psycopg.Connection[Any], count: int) -> list[dict[str, Any]]:
    """Return at most `count` alerts, those that stand first, then the newest."""
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(SQL["newest_alerts"], {"count": count}).fetchall()


def _place(message: Message) -> dict[str, Any]:
    return {"alert_id": message.alert_id, "outlet": message.outlet, "news": message.news}
