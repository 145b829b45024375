"""The ledger on pages: its clock by person, its chain, its export, and evidence that is missing."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bridge.consent.audit import read_anchors
from bridge.consent.box import BoxChange
from bridge.consent.ledger import Entry, Subjects, append
from bridge.consent.record import record_box_changes, record_step
from bridge.console.pages import audit
from tests.ledger import told_anew

if TYPE_CHECKING:
    from pathlib import Path

    from tests.console.browsing import Seen
    from tests.fix_console import Desk

ANN, BOB = "003000000000001AAA", "003000000000002AAA"
EMAIL = "ann@example.org"
AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)


def says(desk: Desk, contact: str, address: str, *, at: int | None = None, **more: Any) -> int:
    """Put a change that was seen into the ledger, and return its number."""
    connection_id = desk.firm if at is None else at
    values = {"side": "practifi", "change": "ticked", "acted_by": "firm", "user_id": "005A"} | more
    with desk.database.transaction() as tx:
        subjects = Subjects(tx, connection_id)
        entry = Entry(
            cause_kind="notification",
            cause_id="04lA",
            address_id=subjects.subject("address", address),
            person_id=subjects.subject("person", contact),
            **values,
        )
        return append(tx, connection_id, entry)


def went(desk: Desk, about: int, *stages: str) -> None:
    with desk.database.transaction() as tx:
        for stage in stages:
            record_step(
                tx,
                desk.firm,
                EMAIL,
                change="opted_out",
                stage=stage,  # type: ignore[arg-type]
                about_seq=about,
                cause_id="7",
            )


def aged(desk: Desk, seq: int, interval: str) -> None:
    """Let an entry be older, as only an owner of the database can."""
    with desk.database.transaction() as tx:
        tx.execute("ALTER TABLE consent_entry DISABLE TRIGGER consent_entry_append_only")
        tx.execute(
            "UPDATE consent_entry SET at = at - %s::interval WHERE seq = %s", (interval, seq)
        )
        tx.execute("ALTER TABLE consent_entry ENABLE TRIGGER consent_entry_append_only")
        told_anew(tx)


def a_request(desk: Desk, state: str, **columns: str) -> int:
    """Let Ann be ticked and unticked, and the request stand so; return its number."""
    told = [
        (
            BoxChange(
                contact_id=ANN,
                changed_at=AT + timedelta(minutes=minute),
                ticked=ticked,
                user_id="005A",
                seen_by="notification",
            ),
            EMAIL,
            "04lA",
        )
        for minute, ticked in ((0, True), (1, False))
    ]
    with desk.database.transaction() as tx:
        record_box_changes(tx, desk.firm, told, own_user_id=None, cause_kind="notification")
    changed = "".join(f", {name} = {value}" for name, value in columns.items())
    (made,) = desk.rows(
        f"UPDATE resubscription SET state = %(state)s{changed} RETURNING id",  # noqa: S608 -- ours
        state=state,
    )
    return int(made["id"])


def outstanding(desk: Desk, due: str = "7 days") -> int:
    due_at = f"app_now() + interval '{due}'"
    return a_request(
        desk,
        "confirmed",
        finished_at="app_now()",
        reason="'reactivated'",
        evidence_due_at=due_at,
        policy="'practifi'",
    )


def test_an_empty_ledger_says_so(desk: Desk) -> None:
    seen = desk.log_in("auditor").get("/audit")
    assert "Nobody was ticked or unticked." in seen.text
    assert "No change of consent in this period." in seen.text


def test_each_change_has_its_clock(desk: Desk) -> None:
    went(desk, says(desk, ANN, EMAIL), "sent", "confirmed")
    says(desk, BOB, "bob@example.org")
    seen = desk.log_in("auditor").get("/audit")
    assert "Do Not Email ticked : 1 confirmed, median 0.0 s, worst 0.0 s" in seen.text
    assert f"{EMAIL} {ANN} Do Not Email ticked in Practifi entry 1, by 005A" in seen.text
    assert "0.0 s Confirmed" in seen.text
    assert seen.text.index("bob@example.org") < seen.text.index(EMAIL)
    assert "beyond one business day" not in seen.text


def test_beyond_one_business_day_is_red(desk: Desk) -> None:
    seq = says(desk, ANN, EMAIL)
    went(desk, seq, "sent")
    aged(desk, seq, "5 days")
    seen = desk.log_in("auditor").get("/audit?stands=late")
    assert "1 late: beyond one business day" in seen.text
    assert '<span class="pill bad">Late</span>' in seen.response.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"who={EMAIL}", [EMAIL]),
        (f"who={BOB[:15]}", ["bob@example.org"]),
        ("change=unticked", ["bob@example.org"]),
        ("stands=confirmed", [EMAIL]),
        ("stands=seen", ["bob@example.org"]),
        ("who=carl@example.org", []),
    ],
)
def test_changes_are_filtered(desk: Desk, query: str, found: list[str]) -> None:
    went(desk, says(desk, ANN, EMAIL), "sent", "confirmed")
    says(desk, BOB, "bob@example.org", change="unticked")
    seen = desk.log_in("operator").get(f"/audit?{query}")
    rows = seen.text.partition("Took Stands")[2]
    shown = [each for each in (EMAIL, "bob@example.org") if each in rows]
    assert shown == found
    assert ("No change fits." in seen.text) == (not found)


def test_what_is_no_person_is_said_beside_the_field(desk: Desk) -> None:
    seen = desk.log_in("auditor").get("/audit?who=Ann")
    assert "'Ann' is neither the Salesforce id of a contact nor an e-mail address" in seen.text


def test_older_changes_are_on_the_next_page(desk: Desk) -> None:
    for number in range(52):
        says(desk, f"003{number:012d}AAA", f"p{number}@example.org")
    browser = desk.log_in("auditor")
    first = browser.get("/audit")
    assert "p0@example.org" not in first.text
    second = browser.get(first.links["Older changes"])
    assert "p0@example.org" in second.text
    assert "Older changes" not in second.links


def test_the_chain_is_verified(desk: Desk) -> None:
    seq = says(desk, ANN, EMAIL)
    browser = desk.log_in("auditor")
    seen = browser.get(browser.get("/audit").links["Verify the chain"])
    assert "The chain holds: 1 entry." in seen.text
    assert "No whole export has been made yet" in seen.text
    aged(desk, seq, "1 day")
    broken = browser.get("/audit/chain")
    assert "The chain is BROKEN: 1 entry." in broken.text
    assert "Entry 1 was changed after it was written." in broken.text
    assert "bridge audit verify --against FILE" in broken.text


def test_a_long_chain_says_first_how_long_it_takes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(desk, ANN, EMAIL)
    monkeypatch.setattr(audit, "_AT_ONCE", 0)
    browser = desk.log_in("auditor")
    seen = browser.get("/audit/chain")
    assert "1 entries are checked in about 0.0 s." in seen.text
    assert "The chain holds: 1 entry." in browser.press(seen, "Verify now").text


def export(desk: Desk, kind: str, query: str = "") -> Seen:
    browser = desk.log_in("auditor")
    return browser.press(browser.get(f"/audit{query}"), kind)


def test_an_export_is_an_anchor_and_safe_for_spreadsheets(desk: Desk, tmp_path: Path) -> None:
    seq = says(desk, ANN, EMAIL, user_id="=cmd()")
    seen = export(desk, "CSV")
    assert "consent-firm.csv" in seen.response.headers["content-disposition"]
    (row,) = csv.DictReader(io.StringIO(seen.response.content.decode("utf-8-sig")))
    assert (row["seq"], row["address"], row["user_id"]) == ("1", EMAIL, "'=cmd()")
    file = tmp_path / "consent.csv"
    file.write_bytes(seen.response.content)
    assert list(read_anchors(file)) == [seq]
    assert "1 entry, 1 of them as exported" in desk.log_in("auditor").get("/audit/chain").text


def test_an_export_of_one_person_is_what_the_command_writes(desk: Desk) -> None:
    says(desk, ANN, EMAIL)
    says(desk, BOB, "bob@example.org")
    seen = export(desk, "JSON", f"?who={EMAIL}")
    (row,) = json.loads(seen.response.text)
    assert (row["contact_id"], row["change"]) == (ANN, "ticked")


def test_only_auditors_take_the_ledger_along(desk: Desk) -> None:
    browser = desk.log_in("operator", "approver")
    page = browser.get("/audit")
    assert "Export" not in page.text
    assert "Verify the chain" not in page.links
    assert browser.get("/audit/chain").status == 403
    token = page.form_with("Log out").fields["csrf"]
    assert browser.post("/audit/export", {"csrf": token}).status == 403


def test_evidence_that_is_outstanding_is_given(desk: Desk) -> None:
    number = outstanding(desk)
    browser = desk.log_in("operator")
    page = browser.get(browser.get("/audit").links["Evidence outstanding"])
    assert "evidence outstanding, due" in page.text
    seen = browser.press(page, "Record", via="telephone", on="2026-11-02", note="she rang us")
    assert "The evidence is on record." in seen.text
    assert "No evidence is outstanding, and nobody waits for it." in seen.text
    (row,) = desk.rows("SELECT id, asked_via, evidence_by FROM resubscription")
    assert row["id"] == number
    assert row["asked_via"] == "telephone"
    assert row["evidence_by"].startswith("Ann Adviser (005")
    assert desk.woken == ["deliver-consent"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"via": " "}, "Say how they asked"),
        ({"on": "yesterday"}, "Say on which day they asked"),
        ({"on": "2999-01-01"}, "Nobody has asked on a day to come."),
    ],
)
def test_evidence_that_says_too_little_leads_back_to_its_field(
    desk: Desk, changed: dict[str, str], words: str
) -> None:
    outstanding(desk)
    browser = desk.log_in("approver")
    given = {"via": "telephone", "on": "2026-11-02", "note": "she rang us"} | changed
    seen = browser.press(browser.get("/audit/evidence"), "Record", **given)
    assert words in seen.text
    assert seen.form_with("Record").fields["note"] == "she rang us"
    assert desk.rows("SELECT evidence_at FROM resubscription") == [{"evidence_at": None}]


def test_evidence_that_is_late_is_marked_and_told_at_home(desk: Desk) -> None:
    outstanding(desk, due="-1 days")
    browser = desk.log_in("auditor")
    home = browser.get("/")
    words = "1 request without evidence of who asked to be mailed again, when and how"
    assert f"{words} 1 overdue" in home.text
    assert "overdue" in browser.get(home.links[words]).text


def test_who_waits_for_whom_is_said(desk: Desk) -> None:
    a_request(desk, "waiting_person", person_asked_at="'2026-11-02 10:00Z'")
    seen = desk.log_in("auditor").get("/audit/evidence")
    assert "waiting for the person since 2026-11-02 10:00 UTC" in seen.text
    assert "Record" not in [button for form in seen.forms for button in form.buttons]


@pytest.mark.parametrize(
    ("button", "state", "change"),
    [("Approve", "sending", "approved"), ("Refuse", "refused", "opted_in")],
)
def test_an_approver_answers_what_is_held(desk: Desk, button: str, state: str, change: str) -> None:
    a_request(desk, "held", reason="'waits for an approver'")
    assert "1 request held: many were unticked at once" in desk.log_in("viewer").get("/").text
    assert not desk.log_in("operator").get("/audit/evidence").text.count("Approve")
    browser = desk.log_in("approver")
    seen = browser.press(browser.get("/audit/evidence"), button)
    assert "Your answer is on record." in seen.text
    assert desk.rows("SELECT state FROM resubscription") == [{"state": state}]
    (entry,) = desk.rows("SELECT change, user_id FROM consent_entry ORDER BY seq DESC LIMIT 1")
    assert entry["change"] == change
    assert entry["user_id"].startswith("Ann Adviser")


def test_another_organization_has_its_own_ledger(desk: Desk) -> None:
    says(desk, BOB, "bob@example.org", at=desk.other)
    browser = desk.log_in("admin")
    assert "bob@example.org" not in browser.get("/audit?period=all").text
    for path in ("/audit", "/audit/chain", "/audit/evidence"):
        assert browser.get(f"{path}?connection=other").status == 404
