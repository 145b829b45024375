"""Replay: put notifications back to where they were when they arrived, and wake whoever reads them.

With today's mapping a replay says *look again at this record*: everything is decided as things are
now. As accepted, what the message said is delivered by the mapping that was in force when it was
accepted, unless a newer state of the record is known. Neither way is ever an untick.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

from bridge.db.database import open_database
from bridge.errors import BridgeError
from bridge.inbox.causes import causes_named
from bridge.inbox.listing import SQL, find_notification
from bridge.wakeups.broker import create_broker
from bridge.wakeups.topics import TRIAGE, TRIAGE_CONSENT
from bridge.wakeups.wake import Waker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bridge.db.database import Database
    from bridge.inbox.listing import Listed
    from bridge.settings import Settings

Mode: TypeAlias = Literal["as_accepted", "todays_mapping"]

BATCH = 500
"""Dead letters a transaction."""

_LOOK_AGAIN_S = 0.2


class NothingToReplay(BridgeError):
    """The notification says nothing, or nobody knows any more what it said."""


def replay(
    settings: Settings,
    notification_id: str,
    *,
    connection: str | None = None,
    mode: Mode = "todays_mapping",
) -> Listed:
    """Have a notification triaged and delivered again, and return it as it is now.

    Raises:
        NoSuchNotification: If there is none of this id.
        NothingToReplay: If it has no data, its message is not kept any more, or nobody knows by
            which mapping it was accepted.
        ConfigurationError: If several connections have one, or the broker is not usable.
    """
    with _at_work(settings) as (database, waker):
        return put_back(database, waker.wake, notification_id, connection=connection, mode=mode)


def put_back(
    database: Database,
    wake: Callable[[frozenset[str]], None],
    notification_id: str,
    *,
    connection: str | None,
    mode: Mode,
) -> Listed:
    """Do what `replay` does, with a database and a way to wake workers that are there.

    Raises:
        NoSuchNotification: As `replay` does.
        NothingToReplay: As `replay` does.
        ConfigurationError: If several connections have one.
    """
    with database.transaction() as tx:
        asked = find_notification(tx, notification_id, connection=connection)
        _refuse_what_says_nothing(asked, mode)
        tx.execute(
            SQL["replay"],
            {
                "connection_id": asked.connection_id,
                "notification_id": asked.notification_id,
                "mode": mode,
            },
        )
        replayed = find_notification(tx, asked.notification_id, connection=asked.connection)
    wake(frozenset({TRIAGE_CONSENT if replayed.consent else TRIAGE}))
    return replayed


def replay_causes(
    settings: Settings,
    text: str,
    *,
    connection: str | None = None,
    mode: Mode = "todays_mapping",
    limit: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[tuple[str, str]]:
    """Replay the dead letters of the causes that a text names, the oldest first.

    Who repeats it replays those that are dead letters then; none is replayed twice by one call.

    Args:
        settings: The installation's.
        text: A cause, or a part of one or of its reason.
        connection: Only those of the connection of this name, or None.
        mode: How.
        limit: How many at most, or None.
        progress: Told after each batch how many are replayed, of how many.

    Returns:
        (notification id, name of the connection) of each.

    Raises:
        NoSuchCause: If no dead letter has such a cause.
        ConfigurationError: If the broker is not usable.
    """
    with _at_work(settings) as (database, waker):
        return put_back_causes(
            database,
            waker.wake,
            text,
            connection=connection,
            mode=mode,
            limit=limit,
            progress=progress,
        )


def put_back_causes(
    database: Database,
    wake: Callable[[frozenset[str]], None],
    text: str,
    *,
    connection: str | None = None,
    mode: Mode = "todays_mapping",
    limit: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[tuple[str, str]]:
    """Do what `replay_causes` does, with a database and a way to wake workers that are there.

    Raises:
        NoSuchCause: If no dead letter has such a cause.
    """
    replayed: list[tuple[str, str]] = []
    with database.transaction() as tx:
        asked = {
            "causes": causes_named(tx, text, connection=connection),
            "connection": connection,
            "mode": mode,
        }
        row = tx.execute(SQL["dead_of_causes"], asked).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has a row
    total = row[0] if limit is None else min(row[0], limit)
    while len(replayed) < total:
        count = min(BATCH, total - len(replayed))
        with database.transaction() as tx:
            batch = {"until": row[1], "count": count}
            rows = tx.execute(SQL["replay_of_causes"], asked | batch).fetchall()
        if not rows:
            break
        wake(frozenset(TRIAGE_CONSENT if consent else TRIAGE for _, consent, _ in rows))
        replayed += [(notification_id, name) for notification_id, _, name in rows]
        progress(len(replayed), total)
    return replayed


def wait_for_end(
    settings: Settings, notification_id: str, connection: str, *, patience_s: float
) -> Listed:
    """Return a notification once it has ended, or as it is when the patience is over.

    Args:
        settings: The installation's.
        notification_id: Which.
        connection: The name of its connection.
        patience_s: Seconds to wait at most.
    """
    database = open_database(settings, size=1)
    deadline = time.monotonic() + patience_s
    try:
        while True:
            with database.transaction() as tx:
                one = find_notification(tx, notification_id, connection=connection)
            if one.finished_at is not None or time.monotonic() >= deadline:
                return one
            time.sleep(_LOOK_AGAIN_S)
    finally:
        database.close()


@contextmanager
def _at_work(settings: Settings) -> Iterator[tuple[Database, Waker]]:
    database = open_database(settings, size=2)
    try:
        broker = create_broker(settings, database)
        try:
            yield database, Waker(database, broker)
        finally:
            broker.close()
    finally:
        database.close()


def _refuse_what_says_nothing(asked: Listed, mode: Mode) -> None:
    if asked.record_id is None:
        raise NothingToReplay(
            f"{asked.notification_id} came without data: there is nothing to replay"
        )
    if asked.origin == "message" and asked.fields is None:
        raise NothingToReplay(
            f"the message of {asked.notification_id} is not kept any more: save the record again "
            "in Salesforce"
        )
    if mode == "as_accepted" and asked.mapping_version_id is None:
        raise NothingToReplay(
            f"nobody knows by which mapping {asked.notification_id} was accepted: replay it with "
            "today's"
        )
