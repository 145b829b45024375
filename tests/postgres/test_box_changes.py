"""Changes of *Do Not Email* as they are recorded: each once, in order, with what they lift."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from bridge.consent.box import BoxChange
from bridge.consent.policy import Rules
from bridge.consent.record import (
    inherit,
    lift_confirmed,
    record_box_changes,
    record_seen_there,
)
from bridge.consent.standing import asked_back, standing_opt_outs

if TYPE_CHECKING:
    from bridge.db.database import Database

AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
ADA = "003000000000001AAA"
EMAIL = "ada@example.org"
CLERK, BRIDGE = "005000000000001AAA", "005000000000009AAA"


def connection(database: Database) -> int:
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
    assert row is not None
    return int(row[0])


def record(
    database: Database,
    connection_id: int,
    *words: str,
    at: datetime = AT,
    by: str = CLERK,
    by_merge: tuple[str, ...] = (),
    email: str = EMAIL,
    seen_by: Literal["notification", "console"] = "notification",
) -> int:
    changes = [
        BoxChange(contact_id=ADA, changed_at=at, ticked=each == "tick", user_id=by, seen_by=seen_by)
        for each in words
    ]
    with database.transaction() as tx:
        return record_box_changes(
            tx,
            connection_id,
            [(change, email, "n1") for change in changes],
            own_user_id=BRIDGE,
            cause_kind="notification",
            by_merge=by_merge,
        )


def standing(database: Database, connection_id: int) -> set[tuple[str, str]]:
    with database.transaction() as tx:
        found = standing_opt_outs(tx, connection_id, EMAIL, [ADA])
    return {(out.kind, out.acted_by) for out in found}


def requests(database: Database, connection_id: int) -> list[datetime]:
    with database.transaction() as tx:
        return [asked.asked_at for asked in asked_back(tx, connection_id, EMAIL, Rules())]


def test_a_tick_stands_for_the_person_and_the_address(database: Database) -> None:
    firm = connection(database)
    assert record(database, firm, "tick") == 1
    assert standing(database, firm) == {("person", "firm"), ("address", "firm")}


def test_a_change_is_recorded_once(database: Database) -> None:
    firm = connection(database)
    assert [record(database, firm, "tick"), record(database, firm, "tick")] == [1, 0]
    with database.transaction() as tx:
        assert tx.execute("SELECT count(*) FROM consent_entry").fetchone() == (1,)


def test_a_tick_and_an_untick_of_one_second_are_both_recorded_in_order(database: Database) -> None:
    firm = connection(database)
    assert record(database, firm, "tick") == 1
    assert record(database, firm, "untick") == 1
    with database.transaction() as tx:
        rows = tx.execute("SELECT ticked FROM box_change ORDER BY changed_at").fetchall()
    assert rows == [(True,), (False,)]
    assert requests(database, firm) == [AT + timedelta(microseconds=1)]


def test_an_untick_lifts_the_firm_s_own_and_asks_back(database: Database) -> None:
    firm = connection(database)
    record(database, firm, "tick")
    record(database, firm, "untick", at=AT + timedelta(minutes=1))
    assert standing(database, firm) == set()
    assert requests(database, firm) == [AT + timedelta(minutes=1)]


def test_a_new_tick_takes_the_request_back(database: Database) -> None:
    firm = connection(database)
    for minute, word in enumerate(("tick", "untick", "tick")):
        record(database, firm, word, at=AT + timedelta(minutes=minute))
    assert requests(database, firm) == []
    assert standing(database, firm) == {("person", "firm"), ("address", "firm")}


def test_an_untick_by_the_bridge_s_own_user_lifts_nothing(database: Database) -> None:
    firm = connection(database)
    record(database, firm, "tick")
    record(database, firm, "untick", at=AT + timedelta(minutes=1), by=BRIDGE)
    assert standing(database, firm) == {("person", "firm"), ("address", "firm")}
    assert requests(database, firm) == []


def test_a_box_that_a_merge_cleared_lifts_nothing(database: Database) -> None:
    firm = connection(database)
    record(database, firm, "tick")
    record(database, firm, "untick", at=AT + timedelta(minutes=1), by_merge=(ADA,))
    assert standing(database, firm) == {("person", "firm"), ("address", "firm")}
    assert requests(database, firm) == []


def opt_out_there(database: Database, connection_id: int) -> None:
    with database.transaction() as tx:
        record_seen_there(
            tx, connection_id, EMAIL, [ADA], by_person=True, since=AT, cause_id="contact"
        )


def test_a_person_s_own_opt_out_is_not_replaced_by_the_firm_s(database: Database) -> None:
    firm = connection(database)
    opt_out_there(database, firm)
    record(database, firm, "tick")
    assert standing(database, firm) == {("person", "person"), ("address", "person")}


def test_an_address_stays_out_while_another_box_there_is_ticked_or_not_known(
    database: Database,
) -> None:
    firm = connection(database)
    record(database, firm, "tick")
    with database.transaction() as tx:
        tx.execute(
            "INSERT INTO practifi_record (connection_id, kind, sf_id, email_key, do_not_email, "
            "fields, unknown_fields, source, seen_at) VALUES "
            "(%s, 'contact', '003000000000002AAA', %s, NULL, '{}', '{}', 'read', app_now())",
            [firm, EMAIL],
        )
    record(database, firm, "untick", at=AT + timedelta(minutes=1))
    assert standing(database, firm) == {("address", "firm")}


def test_a_complaint_outlives_a_resubscription(database: Database) -> None:
    firm = connection(database)
    opt_out_there(database, firm)
    with database.transaction() as tx:
        tx.execute("UPDATE opt_out SET acted_by = 'complaint' WHERE seq = 1")
        lift_confirmed(tx, firm, EMAIL, [ADA])
    assert standing(database, firm) == {("person", "complaint"), ("address", "complaint")}


def test_what_stands_for_a_record_stands_for_the_one_it_was_merged_into(
    database: Database,
) -> None:
    firm = connection(database)
    opt_out_there(database, firm)
    with database.transaction() as tx:
        assert not inherit(tx, firm, "003000000000003AAA", "003000000000002AAA")
        assert inherit(tx, firm, ADA, "003000000000002AAA")
        found = standing_opt_outs(tx, firm, "other@example.org", ["003000000000002AAA"])
    assert [(out.kind, out.acted_by, out.since) for out in found] == [("person", "person", AT)]


@pytest.mark.parametrize(("seen_by", "is_elsewhere"), [("notification", True), ("console", False)])
def test_what_somebody_asks_on_a_page_is_about_the_address_that_it_shows(
    database: Database, seen_by: Literal["notification", "console"], *, is_elsewhere: bool
) -> None:
    firm, new = connection(database), "ada.new@example.org"
    record(database, firm, "tick")
    record(database, firm, "untick", at=AT + timedelta(minutes=1), email=new, seen_by=seen_by)
    with database.transaction() as tx:
        (request,) = asked_back(tx, firm, new, Rules())
    assert request.was_ticked_elsewhere is is_elsewhere
