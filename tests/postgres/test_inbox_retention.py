"""What arrived is let go when its time has come, and what must outlive its message is kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from bridge.clock import MAKE_MOVABLE
from bridge.inbox.retention import keep
from bridge.inbox.soap import read_fields
from tests.outbound import message, notification

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.db.database import Database
    from bridge.settings import Settings


@pytest.fixture
def rows(database: Database) -> Callable[..., list[dict[str, Any]]]:
    """Run a statement and return its rows; the clock can be moved."""
    with database.transaction() as tx:
        tx.execute(MAKE_MOVABLE)

    def run(statement: str, **values: object) -> list[dict[str, Any]]:
        with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    return run


def tidy(database: Database) -> bool:
    """Let go what may go."""
    return keep(database, until=time.monotonic() + 60)


def partitions(rows: Any) -> list[str]:
    """Return the partitions of the raw messages, but the default one."""
    found = rows(
        """
        SELECT inhrelid::regclass::text AS name
        FROM pg_inherits
        WHERE inhparent = 'message'::regclass AND inhrelid <> 'message_default'::regclass
        ORDER BY name
        """
    )
    return [row["name"] for row in found]


def arrive(rows: Any, *names: str, days_ago: float = 0, encoding: str = "utf-8") -> None:
    """Store a message with one notification a name, as it would have been stored then."""
    parts = [notification(name, {"LastName": f"Zoë {name}"}) for name in names]
    rows(
        """
        WITH stored AS (
          INSERT INTO message (id, received_at, connection_id, encoding, body)
          VALUES (gen_random_uuid(), app_now() - %(days_ago)s * interval '1 day', 1, %(encoding)s,
            %(body)s)
          RETURNING id, received_at
        )
        INSERT INTO notification (connection_id, notification_id, message_id, received_at, ordinal,
          first_received_at, object, record_id)
        SELECT 1, name, id, received_at, place - 1, received_at, 'Contact', 'x'
        FROM stored, unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, place)
        """,
        days_ago=days_ago,
        encoding=encoding,
        body=message(*parts, declaration="").encode(encoding),
        names=list(names),
    )


def end(rows: Any, name: str, state: str, *, days_ago: float = 0) -> None:
    """Give a notification an end."""
    rows(
        """
        UPDATE notification
        SET state = %(state)s, finished_at = app_now() - %(days_ago)s * interval '1 day'
        WHERE notification_id = %(name)s
        """,
        name=name,
        state=state,
        days_ago=days_ago,
    )


def pass_days(rows: Any, days: int, database: Database | None = None) -> None:
    """Move the clock, letting go what may go on each day."""
    for _ in range(days):
        rows("UPDATE clock_offset SET ahead = ahead + interval '1 day'")
        if database is not None:
            tidy(database)


def test_today_and_tomorrow_have_partitions(database: Database, rows: Any) -> None:
    days = rows(
        "SELECT to_char(app_now() + n * interval '1 day', 'YYYYMMDD') AS day "
        "FROM generate_series(0, 1) AS n"
    )
    assert not tidy(database)
    assert not tidy(database)
    assert partitions(rows) == [f"message_{row['day']}" for row in days]


def test_message_lies_in_the_partition_of_its_day(database: Database, rows: Any) -> None:
    tidy(database)
    arrive(rows, "04lA")
    (row,) = rows("SELECT tableoid::regclass::text AS name FROM message")
    assert row["name"] in partitions(rows)


def test_day_that_began_in_the_default_partition_stays_there(database: Database, rows: Any) -> None:
    arrive(rows, "04lA")
    assert not tidy(database)
    assert len(partitions(rows)) == 1
    arrive(rows, "04lB")
    assert rows("SELECT count(*) FROM message_default")[0]["count"] == 2


def test_messages_go_after_fourteen_days_and_not_before(database: Database, rows: Any) -> None:
    tidy(database)
    arrive(rows, "04lA")
    end(rows, "04lA", "done")
    pass_days(rows, 14, database)
    assert rows("SELECT count(*) FROM message")[0]["count"] == 1
    pass_days(rows, 1, database)
    assert rows("SELECT count(*) FROM message")[0]["count"] == 0
    assert len(partitions(rows)) == 16
    assert rows("SELECT kept_xml FROM notification") == [{"kept_xml": None}]


def test_messages_of_the_default_partition_go_by_age(database: Database, rows: Any) -> None:
    arrive(rows, "04lA", days_ago=13.9)
    arrive(rows, "04lB", days_ago=14.1)
    for name in ("04lA", "04lB"):
        end(rows, name, "done")
    tidy(database)
    (row,) = rows(
        "SELECT m.id = n.message_id AS is_a FROM message m, notification n "
        "WHERE n.notification_id = '04lA'"
    )
    assert row["is_a"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
@pytest.mark.parametrize("state", ["dead", "received", "waiting", "working"])
def test_what_is_dead_or_open_keeps_its_own_part(
    database: Database, rows: Any, state: str, encoding: str
) -> None:
    arrive(rows, "04lA", "04lB", "04lC", days_ago=15, encoding=encoding)
    for name in ("04lA", "04lC"):
        end(rows, name, "done")
    if state == "dead":
        end(rows, "04lB", "dead")
    else:
        rows(
            "UPDATE notification SET state = %(state)s WHERE notification_id = '04lB'", state=state
        )
    assert not tidy(database)
    assert rows("SELECT id FROM message") == []
    kept = {row["notification_id"]: row["kept_xml"] for row in rows("SELECT * FROM notification")}
    assert (kept["04lA"], kept["04lC"]) == (None, None)
    (parsed,) = read_fields(kept["04lB"], "utf-8")
    assert (parsed.notification_id, parsed.fields["LastName"]) == ("04lB", "Zoë 04lB")


@pytest.mark.parametrize(
    ("state", "days", "is_kept"),
    [
        ("done", 29.9, True),
        ("done", 30.1, False),
        ("ignored", 30.1, False),
        ("superseded", 30.1, False),
        ("dead", 400, True),
    ],
)
def test_notification_goes_thirty_days_after_its_end_unless_dead(
    database: Database, rows: Any, state: str, days: float, *, is_kept: bool
) -> None:
    arrive(rows, "04lA", days_ago=days + 1)
    end(rows, "04lA", state, days_ago=days)
    rows("INSERT INTO notification_subject VALUES (1, '04lA', 'address', 'a@example.org', 1)")
    assert not tidy(database)
    assert bool(rows("SELECT state FROM notification")) is is_kept
    assert bool(rows("SELECT key FROM notification_subject")) is is_kept


def test_open_notification_stays_however_old(database: Database, rows: Any) -> None:
    arrive(rows, "04lA", days_ago=100)
    tidy(database)
    assert rows("SELECT state FROM notification") == [{"state": "received"}]


def test_without_time_something_is_left_to_do(database: Database, rows: Any) -> None:
    arrive(rows, "04lA", days_ago=20)
    assert keep(database, until=time.monotonic())
    assert rows("SELECT count(*) FROM message")[0]["count"] == 1


def test_reader_of_messages_postpones_the_change_and_loses_nothing(
    settings: Settings, database: Database, rows: Any
) -> None:
    with psycopg.connect(settings.database_url or "") as reader:
        reader.execute("SELECT FROM message")
        assert not tidy(database)
        assert partitions(rows) == []
    tidy(database)
    assert len(partitions(rows)) == 2
