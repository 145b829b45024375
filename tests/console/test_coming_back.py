"""Reactivate and Put back on the page of a client: by the policy of coming back, and on record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.consent.audit import export
from bridge.consent.coming_back.answer import set_rules
from bridge.console.times import Times

if TYPE_CHECKING:
    from tests.fix_clients import Office


def policy(office: Office, name: str) -> None:
    with office.bridge.database.transaction() as tx:
        set_rules(tx, office.bridge.connection_id, [f"policy={name}"], by="test")


def opted_out(office: Office) -> None:
    office.firm.unsubscribes("ann@example.org")
    office.firm.change(office.people["Ann"], Title="Judge")
    office.firm.settle()
    office.firm.sandbox.advance(60)


def left(office: Office) -> None:
    office.firm.sandbox.advance(60)
    office.firm.leaves("ann@example.org", office.firm.cc_list_id(office.lists["Newsletter"]))
    office.firm.change(office.people["Ann"], Title="Judge")
    office.firm.settle()


def console_entries(office: Office) -> list[tuple[str, str | None]]:
    return [
        (row["change"], row["user_id"]) for row in office.firm.ledger() if row["side"] == "console"
    ]


def test_reactivate_mails_a_person_again_at_once(office: Office) -> None:
    opted_out(office)
    browser = office.log_in()
    seen = office.open(browser)
    assert "Newsletter Not sent: Unsubscribed by the person on" in seen.text
    ask = browser.get(seen.links["Reactivate"])
    assert "has to be on record within 7 days" in ask.text
    seen = browser.press(ask, "Reactivate")
    assert "Asked for. It goes out as far as the policy allows" in seen.text
    assert office.woken[-1] == "deliver-consent"
    office.firm.settle()
    assert office.firm.permission("ann@example.org") == "explicit"
    (done,) = office.bridge.rows("SELECT finished_at FROM resubscription")
    back = f"Reactivated {Times().clock(done['finished_at'])}, on 1 list"
    assert f"Newsletter {back} " in office.open(browser).text
    assert console_entries(office) == [("unticked", office.user())]


def test_one_state_says_when_somebody_came_back_and_on_how_many_lists(office: Office) -> None:
    ann, first = office.people["Ann"], office.lists["Market Notes"]
    office.firm.join(ann, first)
    opted_out(office)
    browser = office.log_in()
    browser.press(browser.get(office.open(browser).links["Reactivate"]), "Reactivate")
    office.firm.settle()
    assert len(re.findall(r"Reactivated \d\d:\d\d, on 2 lists", office.open(browser).text)) == 2
    office.firm.sandbox.advance(60)
    office.firm.join(ann, office.firm.new_list("Quarterly"))
    office.firm.settle()
    seen = office.open(browser).text
    assert "Quarterly Confirmed" in seen, "they were put on it after that"
    assert re.search(r"Newsletter Reactivated \d\d:\d\d, on 2 lists", seen)
    office.firm.sandbox.advance(86_400)
    assert "Newsletter Confirmed" in office.open(office.log_in()).text


def test_reactivate_waits_for_evidence_where_the_policy_wants_it(office: Office) -> None:
    policy(office, "evidence")
    opted_out(office)
    browser = office.log_in()
    ask = browser.get(office.open(browser).links["Reactivate"])
    assert "once it is on record who asked, when and how" in ask.text
    refused = browser.press(ask, "Reactivate", via="", on="2999-01-01")
    assert "Say how the person asked" in refused.text
    assert "Nobody has asked on a day to come." in refused.text
    today = office.bridge.rows("SELECT app_now()::date AS day")[0]["day"].isoformat()
    browser.press(refused, "Reactivate", via="telephone", on=today)
    office.firm.settle()
    assert office.firm.permission("ann@example.org") == "explicit"
    assert console_entries(office) == [("unticked", office.user()), ("evidence", office.user())]


def test_an_export_tells_what_was_said(office: Office) -> None:
    opted_out(office)
    browser = office.log_in()
    ask = browser.get(office.open(browser).links["Reactivate"])
    browser.press(ask, "Reactivate", via="telephone", on="2026-01-02", note="called at noon")
    office.firm.settle()
    with office.bridge.database.transaction() as tx:
        rows = list(export(tx, office.bridge.connection_id, office.people["Ann"]))
    (entry,) = (row for row in rows if row["change"] == "evidence")
    said = [entry[f"evidence_{name}"] for name in ("via", "on", "note")]
    assert said == ["telephone", "2026-01-02", "called at noon"]
    assert {row["evidence_via"] for row in rows if row is not entry} == {None}


def test_put_back_has_a_person_on_the_list_again(office: Office) -> None:
    left(office)
    browser = office.log_in()
    seen = office.open(browser)
    assert "Newsletter Not sent: Left this list on" in seen.text
    ask = browser.get(seen.links["Put back"])
    assert "Ann Moran is on Newsletter again at once. Who asked, when and how has to be" in ask.text
    seen = browser.press(ask, "Put back")
    assert "Put back. It goes out at once; this page follows it." in seen.text
    office.firm.settle()
    assert office.there("ann@example.org") == ["Newsletter"]
    assert "Newsletter Confirmed" in office.open(browser).text
    assert console_entries(office) == [("put_back", office.user())]
    office.firm.change(office.people["Ann"], Title="Surgeon")
    office.firm.settle()
    assert office.there("ann@example.org") == ["Newsletter"]


def test_put_back_by_nobody_s_word_wants_evidence(office: Office) -> None:
    left(office)
    browser = office.log_in("operator")
    browser.press(browser.get(office.open(browser).links["Put back"]), "Put back")
    office.firm.settle()
    assert "1 request without evidence of who asked" in browser.get("/").text
    waiting = browser.get("/audit/evidence")
    assert "evidence outstanding, due" in waiting.text
    assert "put back on Newsletter" in waiting.text
    assert f"by {office.user()}; had left the list" in waiting.text
    today = office.bridge.rows("SELECT app_now()::date AS day")[0]["day"].isoformat()
    given = browser.press(waiting, "Record", via="telephone", on=today)
    assert "No evidence is outstanding" in given.text
    assert [change for change, _ in console_entries(office)] == ["put_back", "evidence"]
    assert office.there("ann@example.org") == ["Newsletter"]
    counted = office.bridge.rows("SELECT is_own FROM resubscription")
    assert counted == [{"is_own": False}], "it is no untick that a mass load could have made"


def test_put_back_by_the_word_of_the_person_wants_none(office: Office) -> None:
    left(office)
    browser = office.log_in("operator")
    ask = browser.get(office.open(browser).links["Put back"])
    today = office.bridge.rows("SELECT app_now()::date AS day")[0]["day"].isoformat()
    browser.press(ask, "Put back", via="letter", on=today)
    assert "No evidence is outstanding" in browser.get("/audit/evidence").text


def test_put_back_follows_a_stricter_policy(office: Office) -> None:
    policy(office, "confirm")
    left(office)
    browser = office.log_in()
    ask = browser.get(office.open(browser).links["Put back"])
    refused = browser.press(ask, "Put back")
    assert "Say how the person asked" in refused.text
    assert office.there("ann@example.org") == []
    today = office.bridge.rows("SELECT app_now()::date AS day")[0]["day"].isoformat()
    browser.press(refused, "Put back", via="letter", on=today, note="on file")
    office.firm.settle()
    assert office.there("ann@example.org") == ["Newsletter"]
    (kept,) = office.bridge.rows("SELECT asked_via, note, evidence_by FROM put_back")
    assert kept == {"asked_via": "letter", "note": "on file", "evidence_by": office.user()}
    assert [change for change, _ in console_entries(office)] == ["put_back", "evidence"]


def test_nobody_is_brought_back_who_is_not_out(office: Office) -> None:
    browser = office.log_in()
    for path in (
        f"{office.path}/reactivate?contact={office.people['Ann']}",
        f"{office.path}/put-back?contact={office.people['Ann']}&list={office.lists['Newsletter']}",
    ):
        assert browser.get(path).status == 404
