"""Erasing a person: personal data goes, the chain verifies, and nobody mails them again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.types.json import Jsonb

from bridge.consent.audit import UnknownSubject, verify
from bridge.consent.box import BoxChange
from bridge.consent.erase import NotErasable, erase, hold, release
from bridge.consent.record import record_box_changes
from bridge.consent.standing import standing_opt_outs

if TYPE_CHECKING:
    from bridge.consent.erase import Erased
    from bridge.db.database import Database

AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
ADA, BEN = "003000000000001AAA", "003000000000002AAA"
EMAIL, NAME = "ada.byron@example.org", "Byronesque"
CC, LIST = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
A_PERSON = Path(__file__).with_name("a_person.sql").read_text(encoding="utf-8")
TABLES = """
SELECT table_name
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'message'
GROUP BY table_name
ORDER BY table_name
"""


@pytest.fixture
def firm(database: Database) -> int:
    """A person of whom everything is known: records, a contact there, plans, events, evidence."""
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
        assert row is not None
        firm = int(row[0])
        told = [(change(ticked=ticked), EMAIL, "04lA") for ticked in (True, False)]
        record_box_changes(tx, firm, told, own_user_id=None, cause_kind="notification")
        values = {"firm": firm, "ada": ADA, "email": EMAIL, "name": NAME, "cc": CC, "list": LIST}
        for statement in A_PERSON.split(";"):
            tx.execute(statement.encode(), values | {"fields": Jsonb({"LastName": NAME})})
    return firm


def change(*, ticked: bool) -> BoxChange:
    return BoxChange(
        contact_id=ADA,
        changed_at=AT if ticked else AT.replace(hour=10),
        ticked=ticked,
        user_id="005",
        seen_by="notification",
    )


def erased(database: Database, firm: int, who: str = ADA) -> Erased:
    with database.transaction() as tx:
        return erase(tx, firm, who, by="Olive")


def tables_with(database: Database, *texts: str) -> dict[str, list[str]]:
    """Return the tables in which one of some texts stands anywhere."""
    found: dict[str, list[str]] = {}
    with database.transaction() as tx:
        for (table,) in tx.execute(TABLES).fetchall():
            for text in texts:
                query = f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s"  # noqa: S608
                row = tx.execute(query.encode(), (f"%{text}%",)).fetchone()
                if row is not None and row[0]:
                    found.setdefault(text, []).append(table)
    return found


def test_what_a_plan_had_for_an_erased_person_is_not_done(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        tx.execute("UPDATE step SET state = 'planned', finished_at = NULL")
    erased(database, firm)
    with database.transaction() as tx:
        rows = tx.execute("SELECT DISTINCT state, outcome FROM step").fetchall()
    assert rows == [("skipped", "the person was erased")]


@pytest.mark.parametrize("who", [ADA, EMAIL, "ADA.Byron@example.org "])
def test_nothing_of_a_person_is_found_afterwards(database: Database, firm: int, who: str) -> None:
    texts = (EMAIL, NAME, ADA, CC)
    assert set(tables_with(database, *texts)) == set(texts)
    told = erased(database, firm, who)
    assert tables_with(database, *texts) == {}
    assert (told.people, told.addresses, told.in_practifi, told.there) == ((ADA,), 1, (ADA,), (CC,))


def test_the_chain_verifies_and_says_that_somebody_was_erased(
    database: Database, firm: int
) -> None:
    erased(database, firm)
    with database.transaction() as tx:
        assert verify(tx, firm).faults == ()
        rows = tx.execute("SELECT user_id FROM consent_entry WHERE change = 'erased'").fetchall()
    assert rows == [("Olive",)] * 2


def test_whoever_comes_again_with_the_address_is_not_mailed(database: Database, firm: int) -> None:
    erased(database, firm)
    with database.transaction() as tx:
        found = standing_opt_outs(tx, firm, EMAIL, ["003000000000099AAA"])
        again = standing_opt_outs(tx, firm, "other@example.org", [ADA])
    assert [(out.kind, out.key, out.acted_by) for out in found] == [("address", None, "person")]
    assert [(out.kind, out.key, out.acted_by) for out in again] == [("person", None, "person")]


def test_an_address_that_somebody_else_has_stays(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        tx.execute(
            "INSERT INTO practifi_record "
            "(connection_id, kind, sf_id, email_key, fields, source, seen_at) "
            "VALUES (%s, 'contact', %s, %s, '{}', 'read', app_now())",
            (firm, BEN, EMAIL),
        )
    told = erased(database, firm)
    assert (told.addresses, told.kept_addresses) == (0, 1)
    assert set(tables_with(database, EMAIL, ADA)) == {EMAIL}
    with database.transaction() as tx:
        assert standing_opt_outs(tx, firm, EMAIL, [BEN]) == ()
    with pytest.raises(UnknownSubject, match="neither"):
        erased(database, firm, "Ada")


def test_records_under_hold_are_not_erased_before_they_are_released(
    database: Database, firm: int
) -> None:
    with database.transaction() as tx:
        assert hold(tx, firm, EMAIL, "the matter of Byron", by="Olive") == 2
    with pytest.raises(NotErasable, match="the matter of Byron"):
        erased(database, firm)
    with database.transaction() as tx:
        release(tx, firm, ADA, "settled", by="Olive")
    assert erased(database, firm).people == (ADA,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE work SET lease_token = gen_random_uuid(), lease_until = 'infinity'",
        "UPDATE step SET state = 'sent', finished_at = NULL",
    ],
    ids=["held", "sent"],
)
def test_what_is_being_delivered_is_not_erased(
    database: Database, firm: int, statement: Any
) -> None:
    with database.transaction() as tx:
        tx.execute(statement)
    with pytest.raises(NotErasable, match="try again"):
        erased(database, firm)
