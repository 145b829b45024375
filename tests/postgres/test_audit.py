"""Auditing the ledger: what was changed, removed or added behind its back is found and named."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.consent.audit import UnknownSubject, UnreadableExport, export, read_anchors, verify
from bridge.consent.audit import lags as lags_of
from bridge.consent.chain import Sealed, check_chain
from bridge.consent.ledger import Entry, Subjects, append, entry_digest
from bridge.consent.record import record_step
from tests.ledger import told_anew

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.consent.audit import Row
    from bridge.db.database import Database

ADA, BEN = "003000000000001AAA", "003000000000002AAA"
ADDRESS = "ada@example.org"


@pytest.fixture
def firm(database: Database) -> int:
    """A connection and a ledger of six entries: two people ticked and unticked."""
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
        assert row is not None
        connection_id = int(row[0])
        subjects = Subjects(tx, connection_id)
        address_id = subjects.subject("address", ADDRESS)
        ada, ben = subjects.subject("person", ADA), subjects.subject("person", BEN)
        ticked = append(tx, connection_id, said(person_id=ada, address_id=address_id))
        for stage in ("sent", "confirmed"):
            record_step(
                tx,
                connection_id,
                ADDRESS,
                change="opted_out",
                stage=stage,
                about_seq=ticked,
                cause_id="7",
            )
        append(tx, connection_id, said(person_id=ben))
        append(tx, connection_id, said(person_id=ben, change="unticked"))
        append(tx, connection_id, said(person_id=ada, change="unticked", address_id=address_id))
    return connection_id


def said(**more: Any) -> Entry:
    values: dict[str, Any] = {"side": "practifi", "change": "ticked", "acted_by": "firm"}
    return Entry(cause_kind="notification", cause_id="04lA", **{**values, **more})


def tamper(database: Database, statement: str) -> None:
    """Change the ledger as only an owner of the database can."""
    with database.transaction() as tx:
        tx.execute("ALTER TABLE consent_entry DISABLE TRIGGER consent_entry_append_only")
        tx.execute(statement)
        tx.execute("ALTER TABLE consent_entry ENABLE TRIGGER consent_entry_append_only")


def faults(
    database: Database, firm: int, anchors: dict[int, bytes] | None = None
) -> list[tuple[int, str]]:
    with database.transaction() as tx:
        return [(fault.seq, fault.text) for fault in verify(tx, firm, anchors).faults]


def exported(database: Database, firm: int, contact: str | None = None) -> list[Row]:
    with database.transaction() as tx:
        return list(export(tx, firm, contact))


def anchors_of(rows: list[Row]) -> dict[int, bytes]:
    return {row["seq"]: bytes.fromhex(row["digest"]) for row in rows}


def test_a_ledger_that_nobody_touched_holds(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        verdict = verify(tx, firm)
    assert (verdict.entries, verdict.anchored, verdict.faults) == (6, 0, ())


def test_an_empty_ledger_holds(database: Database) -> None:
    with database.transaction() as tx:
        assert verify(tx, 4711).faults == ()


CHANGES = [
    pytest.param(
        "UPDATE consent_entry SET change = 'unticked' WHERE seq = 1",
        [(1, "was changed after it was written")],
        id="a value",
    ),
    pytest.param(
        "UPDATE consent_entry SET at = at - interval '1 day' WHERE seq = 4",
        [(4, "was changed after it was written")],
        id="a time",
    ),
    pytest.param(
        "DELETE FROM consent_entry WHERE seq = 5",
        [(6, "follows 4: entries between are missing")],
        id="an entry removed",
    ),
    pytest.param(
        "DELETE FROM consent_entry WHERE seq = 6",
        [(5, "is the last entry, though the chain's head names 6")],
        id="the last entry removed",
    ),
    pytest.param(
        "UPDATE consent_entry SET previous = digest WHERE seq = 4",
        [(4, "is not sealed with the entry before it"), (4, "was changed after it was written")],
        id="a seal",
    ),
]


@pytest.mark.parametrize(("statement", "found"), CHANGES)
def test_what_was_changed_is_named(
    database: Database, firm: int, statement: str, found: list[tuple[int, str]]
) -> None:
    tamper(database, statement)
    assert faults(database, firm) == found


def test_a_chain_that_was_sealed_anew_differs_from_an_export(database: Database, firm: int) -> None:
    anchors = anchors_of(exported(database, firm, ADA))
    reseal(database, firm, "UPDATE consent_entry SET change = 'unticked' WHERE seq = 1")
    assert faults(database, firm, anchors) == [
        (seq, "is not what the export holds") for seq in (1, 2, 3, 6)
    ]


def test_a_chain_that_was_cut_and_sealed_anew_differs_from_the_last_export(
    database: Database, firm: int
) -> None:
    exported(database, firm)
    reseal(database, firm, "DELETE FROM consent_entry WHERE seq = 6")
    assert faults(database, firm) == [(6, "is in the export, and missing here")]


def reseal(database: Database, firm: int, statement: str) -> None:
    """Change the ledger and compute every digest anew, as somebody who knows the code could."""
    tamper(database, statement)
    previous = b""
    with database.transaction() as tx:
        names = ", ".join(Entry.__dataclass_fields__)
        query = f"SELECT seq, at, {names} FROM consent_entry WHERE connection_id = %s ORDER BY seq"  # noqa: S608
        rows = tx.execute(query, (firm,)).fetchall()
    for seq, at, *values in rows:
        named = dict(zip(Entry.__dataclass_fields__, values, strict=True))
        digest = entry_digest(previous, firm, seq, at, named)
        tamper(
            database,
            f"UPDATE consent_entry SET previous = '\\x{previous.hex()}', "  # noqa: S608
            f"digest = '\\x{digest.hex()}' WHERE seq = {seq}",
        )
        previous = digest
    tamper(database, f"UPDATE consent_head SET seq = {seq}, digest = '\\x{previous.hex()}'")  # noqa: S608


def test_an_erased_person_leaves_a_chain_that_holds(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        tx.execute("UPDATE consent_subject SET key = NULL, erased_at = app_now()")
    assert faults(database, firm) == []
    assert {row["address"] for row in exported(database, firm)} == {None}
    assert exported(database, firm)[0]["address_hash"] is not None


@pytest.mark.parametrize(
    ("contact", "seqs"),
    [
        pytest.param(ADA, [1, 2, 3, 6], id="a contact and what was done to the address"),
        pytest.param(ADA[:15], [1, 2, 3, 6], id="15 characters"),
        pytest.param(BEN, [4, 5], id="without an address"),
        pytest.param(" Ada@Example.org", [1, 2, 3, 6], id="an address"),
        pytest.param("nobody@example.org", [], id="nobody"),
    ],
)
def test_an_export_of_a_contact_has_all_that_is_about_it(
    database: Database, firm: int, contact: str, seqs: list[int]
) -> None:
    assert [row["seq"] for row in exported(database, firm, contact)] == seqs


def test_an_export_says_who_what_and_why(database: Database, firm: int) -> None:
    first, sent, *_ = exported(database, firm)
    assert first["address"], first["contact_id"] == (ADDRESS, ADA)
    assert (first["change"], first["cause_kind"], first["cause_id"]) == (
        "ticked",
        "notification",
        "04lA",
    )
    assert (sent["stage"], sent["about_seq"], sent["cause_id"]) == ("sent", 1, "7")


def test_what_is_no_contact_is_refused(database: Database, firm: int) -> None:
    with pytest.raises(UnknownSubject, match="neither the Salesforce id of a contact nor"):
        exported(database, firm, "Ada Lovelace")


def test_exports_are_read_back_as_anchors(database: Database, firm: int, tmp_path: Path) -> None:
    rows = exported(database, firm)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    for name, content in (("a.json", json.dumps(rows)), ("a.csv", text.getvalue())):
        (tmp_path / name).write_text(content, encoding="utf-8")
        assert read_anchors(tmp_path / name) == anchors_of(rows)


@pytest.mark.parametrize(
    "content", ["", "seq\n1\n", "[1]", '{"seq": 1}', "[{", "seq,digest\n1,x\n"]
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a").write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableExport, match="bridge audit export --all"):
        read_anchors(tmp_path / "a")


def test_lags_are_told_from_seen_to_confirmed(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        ticked, unticked = lags_of(tx, firm, days=30)
    assert (ticked.change, ticked.confirmed, ticked.sent_only) == ("ticked", 1, 0)
    assert ticked.median_s is not None
    assert ticked.median_s == ticked.worst_s
    assert (unticked.change, unticked.confirmed, unticked.median_s) == ("unticked", 0, None)


@pytest.mark.parametrize(
    ("seen", "confirmed", "late"),
    [
        pytest.param("2026-11-03 09:00Z", "2026-11-04 09:00Z", 0, id="a Tuesday"),
        pytest.param("2026-11-03 09:00Z", "2026-11-04 09:01Z", 1, id="a minute more"),
        pytest.param("2026-11-06 17:00Z", "2026-11-09 17:00Z", 0, id="a Friday ends on Monday"),
        pytest.param("2026-11-06 17:00Z", "2026-11-09 17:01Z", 1, id="and not later"),
        pytest.param("2026-11-07 10:00Z", "2026-11-10 00:00Z", 0, id="a Saturday is no day"),
        pytest.param("2026-11-08 10:00Z", "2026-11-10 00:01Z", 1, id="nor is a Sunday"),
    ],
)
def test_what_took_more_than_a_business_day_is_late(
    database: Database, firm: int, seen: str, confirmed: str, late: int
) -> None:
    tamper(database, f"UPDATE consent_entry SET at = '{seen}' WHERE seq = 1")  # noqa: S608
    tamper(database, f"UPDATE consent_entry SET at = '{confirmed}' WHERE seq = 3")  # noqa: S608
    with database.transaction() as tx:
        told_anew(tx)
        ticked, unticked = lags_of(tx, firm, days=36_500)
    assert (ticked.late, unticked.late) == (late, 0)


@pytest.mark.parametrize("stages", [(), ("sent",), ("sent", "sent", "refused"), ("confirmed",)])
def test_what_has_become_of_a_change_is_told_as_the_ledger_tells_it(
    database: Database, firm: int, stages: tuple[Literal["sent", "confirmed", "refused"], ...]
) -> None:
    with database.transaction() as tx:
        for stage in stages:
            record_step(
                tx, firm, ADDRESS, change="opted_in", stage=stage, about_seq=6, cause_id="8"
            )
        told = tx.execute("SELECT * FROM consent_change ORDER BY seq").fetchall()
        names = "connection_id, seq, at, change, due_at, sent_at, confirmed_at, refused_at"
        ledger = tx.execute(f"SELECT {names} FROM consent_change_told ORDER BY seq").fetchall()  # noqa: S608
    assert told == ledger
    assert [seq for _, seq, *_ in told] == [1, 4, 5, 6]


@given(st.data())
@settings(max_examples=50)
def test_any_change_of_any_entry_is_found(data: st.DataObject) -> None:
    entries: list[Sealed] = []
    previous = b""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for seq in range(1, data.draw(st.integers(1, 6)) + 1):
        values = dict.fromkeys(Entry.__dataclass_fields__) | {
            "cause_id": data.draw(st.text(max_size=5))
        }
        digest = entry_digest(previous, 1, seq, at, values)
        entries.append(Sealed(seq=seq, at=at, values=values, previous=previous, digest=digest))
        previous = digest
    head = (entries[-1].seq, previous)
    assert check_chain(1, entries, head=head, anchors={}).faults == ()
    broken = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[broken]
    text = data.draw(st.text(max_size=5).filter(lambda text: text != entry.values["cause_id"]))
    changed = Sealed(
        seq=entry.seq,
        at=at,
        values={**entry.values, "cause_id": text},
        previous=entry.previous,
        digest=entry.digest,
    )
    with_change = [*entries[:broken], changed, *entries[broken + 1 :]]
    assert check_chain(1, with_change, head=head, anchors={}).faults
    without = [*entries[:broken], *entries[broken + 1 :]]
    assert check_chain(1, without, head=head, anchors={}).faults
