"""Engagement as it is kept: events once, opt-outs as whose act they are, watermarks forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bridge.consent.record import lift_confirmed, record_step
from bridge.consent.standing import standing_opt_outs
from bridge.constant_contact.reports import TrackingRow
from reconciler.activities.events import SQL
from reconciler.activities.keep import Keeper
from reconciler.activities.optouts import record_opt_outs

if TYPE_CHECKING:
    from bridge.db.database import Database

ADA, MAILING = UUID(int=1), UUID(int=7)
ADDRESS = "ada@example.org"
PERSON = "003000000000001AAA"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def firm(database: Database) -> int:
    """A connection with one mailing."""
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
        assert row is not None
        tx.execute(
            "INSERT INTO campaign_activity (connection_id, campaign_activity_id, campaign_id, role,"
            " campaign_name) VALUES (%s, %s, %s, 'primary_email', 'Letter')",
            (row[0], MAILING, UUID(int=8)),
        )
    return int(row[0])


def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode()).fetchall()


def there(database: Database, firm: int, key: str = ADDRESS, **address: str) -> None:
    """Let the mirror know a contact there, linked to one person."""
    with database.transaction() as tx:
        tx.execute(
            "INSERT INTO cc_contact (connection_id, contact_id, email_key, resource, seen_at) "
            "VALUES (%s, %s, %s, %s, app_now())",
            (firm, ADA, key, Jsonb({"email_address": address})),
        )
        tx.execute(
            "INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at) "
            "VALUES (%s, 'contact', %s, %s, true, app_now())",
            (firm, PERSON, ADA),
        )


def opts_out(database: Database, firm: int, at: datetime = NOON, mailed: str = ADDRESS) -> None:
    with database.transaction() as tx:
        record_opt_outs(tx, firm, MAILING, {(ADA, at): mailed})


def standing(database: Database, firm: int, address: str = ADDRESS) -> set[tuple[str, str]]:
    with database.transaction() as tx:
        return {(out.kind, out.acted_by) for out in standing_opt_outs(tx, firm, address, [PERSON])}


def dirty(database: Database) -> list[str]:
    return [row["key"] for row in rows(database, "SELECT key FROM work ORDER BY key")]


def ledger(database: Database) -> list[dict[str, Any]]:
    return rows(database, "SELECT * FROM consent_entry ORDER BY seq")


def test_an_opt_out_stands_for_address_and_person_as_their_own_act(
    database: Database, firm: int
) -> None:
    there(database, firm)
    opts_out(database, firm, mailed=" Ada@Example.org")
    assert standing(database, firm) == {("address", "person"), ("person", "person")}
    (entry,) = ledger(database)
    assert (entry["change"], entry["acted_by"], entry["stage"]) == ("opted_out", "person", "seen")
    assert ADDRESS not in entry["cause_id"]
    assert dirty(database) == [ADDRESS]
    assert rows(database, "SELECT lane FROM work") == [{"lane": 4}]


def test_an_opt_out_of_somebody_practifi_does_not_know_stands_for_the_address(
    database: Database, firm: int
) -> None:
    opts_out(database, firm)
    assert standing(database, firm) == {("address", "person")}
    assert dirty(database) == []


def test_an_opt_out_goes_along_to_a_new_address(database: Database, firm: int) -> None:
    there(database, firm, key="new@example.org")
    opts_out(database, firm)
    for address in (ADDRESS, "new@example.org"):
        assert ("address", "person") in standing(database, firm, address)
    assert dirty(database) == [ADDRESS, "new@example.org"]


def test_the_same_opt_out_seen_twice_is_one_entry(database: Database, firm: int) -> None:
    there(database, firm)
    opts_out(database, firm)
    opts_out(database, firm, at=NOON - timedelta(days=30))
    assert len(ledger(database)) == 1


@pytest.mark.parametrize(
    ("source", "days", "counts"),
    [
        pytest.param("Contact", 1, False, id="came back by their own act"),
        pytest.param("Contact", -1, True, id="opted in before"),
        pytest.param("Account", 1, True, id="the firm's word lifts nothing"),
    ],
)
def test_only_the_persons_own_later_word_lifts_it_there(
    database: Database, firm: int, source: str, days: int, *, counts: bool
) -> None:
    opted_in_at = (NOON + timedelta(days=days)).isoformat()
    there(database, firm, opt_in_source=source, opt_in_date=opted_in_at)
    opts_out(database, firm)
    assert bool(standing(database, firm)) is counts


@pytest.mark.parametrize(
    ("hours", "counts"), [pytest.param(-1, False, id="before"), pytest.param(1, True, id="after")]
)
def test_only_an_opt_out_after_the_resubscription_counts(
    database: Database, firm: int, hours: int, *, counts: bool
) -> None:
    there(database, firm)
    with database.transaction() as tx:
        seq = record_step(
            tx, firm, ADDRESS, change="opted_in", stage="seen", about_seq=None, cause_id="x"
        )
        record_step(
            tx, firm, ADDRESS, change="opted_in", stage="confirmed", about_seq=seq, cause_id="x"
        )
        lift_confirmed(tx, firm, ADDRESS, [PERSON])
        row = tx.execute("SELECT app_now()").fetchone()
    assert row is not None
    opts_out(database, firm, at=row[0] + timedelta(hours=hours))
    assert bool(standing(database, firm)) is counts


def keep(database: Database, keeper: Keeper, *times: datetime) -> int:
    """Keep a page of events and return how many were new."""
    page = [TrackingRow(str(ADA), at, ADDRESS, "", {"link_url": "a\\b\tc"}) for at in times]
    with database.transaction() as tx:
        return keeper.keep(tx, page)


@pytest.mark.parametrize("is_first", [True, False])
def test_an_event_is_kept_once_however_often_pages_repeat_it(
    database: Database, firm: int, *, is_first: bool
) -> None:
    later = NOON + timedelta(seconds=1)
    opens = Keeper(firm, MAILING, "open", is_first=is_first)
    assert keep(database, opens, NOON, NOON, later) == 2
    assert keep(database, opens, later, NOON) == 0
    assert keep(database, opens, later, later + timedelta(seconds=1)) == 1
    clicks = Keeper(firm, MAILING, "click", is_first=is_first)
    assert keep(database, clicks, NOON) == 1
    found = rows(
        database, "SELECT DISTINCT detail, count(*) OVER () AS count FROM engagement_event"
    )
    assert found == [{"detail": {"link_url": "a\\b\tc"}, "count": 4}]


def test_who_opts_out_is_recorded_though_a_mailing_is_read_for_the_first_time(
    database: Database, firm: int
) -> None:
    there(database, firm)
    keeper = Keeper(firm, MAILING, "optout", is_first=True)
    assert keep(database, keeper, NOON, NOON) == 1
    assert standing(database, firm) == {("address", "person"), ("person", "person")}


def end(database: Database, firm: int, kind: str, newest: datetime | None) -> None:
    values = {"connection_id": firm, "campaign_activity_id": MAILING, "kind": kind}
    with database.transaction() as tx:
        tx.execute(SQL["end_kind"], values | {"newest": newest})


def reading(database: Database) -> dict[str, Any]:
    (row,) = rows(database, "SELECT detail -> 'reading' AS reading FROM campaign_activity")
    found: dict[str, Any] = row["reading"]
    return found


def test_a_watermark_only_moves_forward(database: Database, firm: int) -> None:
    for newest in (NOON, NOON - timedelta(days=1), None):
        end(database, firm, "open", newest)
    until = reading(database)["until"]
    assert {kind: datetime.fromisoformat(at) for kind, at in until.items()} == {"open": NOON}


def test_a_kind_without_an_event_is_read_all_the_same(database: Database, firm: int) -> None:
    end(database, firm, "bounce", None)
    end(database, firm, "open", NOON)
    assert reading(database)["until"]["bounce"] is None


def choose(database: Database, firm: int, *due: str, look_in_s: int | None = 60) -> None:
    chosen = {
        "campaign_activity_id": str(MAILING),
        "counts": {"open": 1},
        "due": list(due),
        "look_in_s": look_in_s,
    }
    with database.transaction() as tx:
        statement = SQL["choose_mailings"]
        tx.execute(statement, {"connection_id": firm, "mailings": Jsonb([chosen])})


def test_what_was_due_and_not_read_stays_due(database: Database, firm: int) -> None:
    choose(database, firm, "open", "click")
    end(database, firm, "open", NOON)
    choose(database, firm, "send")
    with database.transaction() as tx:
        due = tx.execute(SQL["mailings_to_read"], {"connection_id": firm}).fetchall()
    assert [(kind, until) for _, kind, until in due] == [("send", None), ("click", None)]
    assert set(reading(database)["until"]) == {"open"}


def test_reading_what_moved_puts_no_look_by_age_off(database: Database, firm: int) -> None:
    def next_look() -> datetime | None:
        (row,) = rows(database, "SELECT next_look_at FROM campaign_activity")
        at: datetime | None = row["next_look_at"]
        return at

    choose(database, firm, "open", "click", look_in_s=60)
    due_at = next_look()
    choose(database, firm, "open", look_in_s=None)
    assert due_at is not None
    assert next_look() == due_at
