"""The ledger of consent: one chain a connection, each entry sealed with the one before."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from bridge.consent.ledger import Entry, Subjects, append, entry_digest

if TYPE_CHECKING:
    from bridge.db.database import Database

ENTRIES = 20


@pytest.fixture
def firm(database: Database) -> int:
    """A connection."""
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
    assert row is not None
    return int(row[0])


def entry(cause_id: str = "n1", **more: Any) -> Entry:
    values: dict[str, Any] = {"side": "practifi", "change": "ticked", "acted_by": "firm"}
    return Entry(cause_kind="notification", cause_id=cause_id, **{**values, **more})


def write(database: Database, firm: int, *entries: Entry) -> list[int]:
    with database.transaction() as tx:
        person_id = Subjects(tx, firm).subject("person", "003000000000001AAA")
        return [append(tx, firm, replace(each, person_id=person_id)) for each in entries]


def chain(database: Database, firm: int) -> list[dict[str, Any]]:
    with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
        query = "SELECT * FROM consent_entry WHERE connection_id = %s ORDER BY seq"
        return cursor.execute(query, (firm,)).fetchall()


def verifies(rows: list[dict[str, Any]]) -> bool:
    """Compute every digest anew from what is stored."""
    previous = b""
    for row in rows:
        values = {name: row[name] for name in Entry.__dataclass_fields__}
        digest = entry_digest(previous, row["connection_id"], row["seq"], row["at"], values)
        if bytes(row["previous"]) != previous or bytes(row["digest"]) != digest:
            return False
        previous = digest
    return True


def test_entries_are_numbered_and_their_digests_verify(database: Database, firm: int) -> None:
    assert write(database, firm, entry(), entry("n2", change="unticked")) == [1, 2]
    assert verifies(chain(database, firm))


def test_the_chain_verifies_in_whatever_time_zone_it_is_read(database: Database, firm: int) -> None:
    write(database, firm, entry())
    with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
        tx.execute("SET LOCAL TimeZone TO 'Asia/Kolkata'")
        assert verifies(cursor.execute("SELECT * FROM consent_entry").fetchall())


def test_a_changed_entry_breaks_the_chain(database: Database, firm: int) -> None:
    write(database, firm, entry(), entry("n2"))
    rows = chain(database, firm)
    rows[0]["cause_id"] = "somebody else"
    assert not verifies(rows)


def test_writers_at_the_same_time_make_one_chain(database: Database, firm: int) -> None:
    threads = [
        threading.Thread(target=write, args=(database, firm, entry(f"n{number}")))
        for number in range(ENTRIES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = chain(database, firm)
    assert [row["seq"] for row in rows] == list(range(1, ENTRIES + 1))
    assert verifies(rows)


@pytest.mark.parametrize(
    "statement", ["UPDATE consent_entry SET cause_id = 'x'", "DELETE FROM consent_entry"]
)
def test_no_entry_can_be_changed_or_removed(database: Database, firm: int, statement: str) -> None:
    write(database, firm, entry())
    refused = pytest.raises(psycopg.errors.RaiseException, match="append-only")
    with refused, database.transaction() as tx:
        tx.execute(statement.encode())


def test_a_subject_is_found_again_by_its_hash_alone(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        first = Subjects(tx, firm).subject("address", "ada@example.org")
    with database.transaction() as tx:
        again = Subjects(tx, firm)
        assert again.subject("address", "ada@example.org") == first
        assert again.subject("person", "ada@example.org") != first
