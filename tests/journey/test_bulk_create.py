"""Bulk Create from the page to both systems: everybody chosen is on the list there, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.bulk_create import carry_out
from tests.journey.bulk_steps import (
    BULK,
    begin,
    chosen,
    email,
    members_there,
    memberships,
    save,
    work,
)
from tests.journey.firm import LIST

if TYPE_CHECKING:
    from tests.console.browsing import Browser
    from tests.journey.firm import Firm


def test_everybody_chosen_is_on_the_list_in_both_systems(
    firm: Firm, browser: Browser, letter: str
) -> None:
    draft = chosen(browser, letter)
    assert "0 of 3 confirmed; 3 waiting" in save(browser, draft).text
    assert memberships(firm, letter) == 0
    work(firm)
    assert memberships(firm, letter) == 3
    firm.settle()
    assert members_there(firm, letter) == [email(1), email(2), email(3)]
    seen = browser.get(draft)
    assert "Autumn letter: 3 of 3 confirmed" in seen.text
    assert "You can close this page" not in seen.text


def test_what_a_save_asks_for_is_signed(firm: Firm, browser: Browser, letter: str) -> None:
    save(browser, chosen(browser, letter))
    work(firm)
    firm.settle()
    [row] = firm.bridge.rows("SELECT state, asked_by FROM bulk_create")
    assert row == {"state": "saved", "asked_by": "root (log-in link)"}
    origins = firm.bridge.rows("SELECT DISTINCT origin FROM plan WHERE id > 1 ORDER BY origin")
    assert {"origin": "console"} in origins


def test_members_of_a_campaign_are_a_source(firm: Firm, browser: Browser, letter: str) -> None:
    campaign = firm.create("Campaign", Name="Golf day")
    guest = firm.person(email(9))
    firm.create("CampaignMember", CampaignId=campaign, ContactId=guest)
    firm.settle()
    draft = begin(browser, letter)
    seen = browser.get(f"{draft}/source")
    assert "Golf day" in seen.text
    form = next(form for form in seen.forms if form.fields.get("kind") == "campaign")
    seen = browser.post(form.action, form.fields | {"campaign": campaign})
    assert "From: Members of the campaign Golf day, read" in seen.text
    assert "1 contact matches, 1 can be added" in seen.text


def test_a_list_view_is_a_source(firm: Firm, browser: Browser, letter: str) -> None:
    draft = begin(browser, letter)
    seen = browser.get(f"{draft}/source")
    form = next(form for form in seen.forms if form.fields.get("kind") == "view")
    assert "All Contacts" in seen.text
    views = firm.sandbox.salesforce("GET", "/services/data/v66.0/sobjects/Contact/listviews")
    every = next(one for one in views.json()["listviews"] if one["label"] == "All Contacts")
    seen = browser.post(form.action, form.fields | {"view": every["id"]})
    assert "From: List view All Contacts, read" in seen.text
    seen = browser.press(seen, "Add filter", path="name", text="Moran 4")
    assert "1 contact matches, 1 can be added" in seen.text


def test_sources_that_salesforce_does_not_show_are_said(
    firm: Firm, browser: Browser, letter: str
) -> None:
    draft = begin(browser, letter)
    firm.sandbox.faults({"side": "salesforce", "path": ".*listviews.*", "kind": "error_500"})
    seen = browser.get(f"{draft}/source")
    assert "List views and campaigns cannot be read now" in seen.text
    assert seen.text.count("It cannot be read now.") == 2
    assert "Start from what is pasted" in seen.text


def test_a_new_list_is_in_practifi_at_once_and_there_in_seconds(
    firm: Firm, browser: Browser, letter: str
) -> None:
    seen = browser.press(browser.get(BULK), "Create list", name="  Winter   letter ")
    assert "Winter letter" in seen.text
    [made] = firm.bridge.rows("SELECT sf_id FROM practifi_record WHERE name = 'Winter letter'")
    draft = chosen(browser, made["sf_id"])
    firm.settle()
    save(browser, draft)
    work(firm)
    firm.settle()
    assert members_there(firm, made["sf_id"]) == [email(1), email(2), email(3)]
    assert firm.record(LIST, letter)["Name"] == "Autumn letter"


def test_undo_removes_only_what_the_save_has_made(
    firm: Firm, browser: Browser, letter: str
) -> None:
    draft = chosen(browser, letter)
    page = browser.get(f"{draft}/selected")
    [one] = firm.bridge.rows(
        "SELECT sf_id FROM practifi_record WHERE email_key = %(key)s", key=email(1)
    )
    browser.press(page, "Save & Finish")
    firm.join(one["sf_id"], letter)  # somebody else was quicker
    work(firm)
    firm.settle()
    asked = browser.get(f"{draft}/undo")
    assert "2 memberships that this save has created would be removed" in asked.text
    assert "1 membership was there before: it stays." in asked.text
    browser.press(asked, "Undo")
    work(firm)
    firm.settle()
    assert members_there(firm, letter) == [email(1)]
    assert memberships(firm, letter) == 1
    assert "Taken back: 2 removed" in browser.get(draft).text
    assert firm.permission(email(2)) == "implicit"


def test_an_undo_overtakes_a_save(
    firm: Firm, browser: Browser, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carry_out, "_AT_ONCE", 2)
    draft = chosen(browser, letter)
    save(browser, draft)
    work(firm, for_s=-1.0)  # one call
    assert memberships(firm, letter) == 2
    browser.press(browser.get(f"{draft}/undo"), "Undo")
    work(firm)
    firm.settle()
    assert memberships(firm, letter) == 0
    assert members_there(firm, letter) == []


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("POST", "drop_before"),
        ("POST", "drop_after"),
        ("POST", "locked"),
        ("POST", "error_500"),
        ("GET", "drop_before"),
        ("GET", "drop_after"),
    ],
)
def test_nobody_is_on_the_list_twice_whatever_becomes_of_a_call(
    firm: Firm, browser: Browser, letter: str, kind: str, call: str
) -> None:
    draft = chosen(browser, letter)
    save(browser, draft)
    path = ".*composite/sobjects.*" if call == "POST" else ".*/query.*"
    fault = {"side": "salesforce", "path": path, "method": call, "kind": kind, "times": 2}
    firm.sandbox.faults(fault)
    for _ in range(4):
        work(firm)
        firm.sandbox.advance(120.0)
    firm.settle()
    assert memberships(firm, letter) == 3
    assert "3 of 3 confirmed" in browser.get(draft).text
    browser.press(browser.get(f"{draft}/undo"), "Undo")
    work(firm)
    assert memberships(firm, letter) == 0  # whose answer was lost counts as made by the save


def test_what_salesforce_refuses_is_told_in_its_words_and_tried_again(
    firm: Firm, browser: Browser, letter: str
) -> None:
    draft = chosen(browser, letter)
    save(browser, draft)
    [gone] = firm.bridge.rows(
        "SELECT sf_id FROM practifi_record WHERE email_key = %(key)s", key=email(2)
    )
    firm.delete("Contact", gone["sf_id"])
    work(firm)
    firm.settle(deletes=True)
    seen = browser.get(draft)
    assert "2 of 3 confirmed; 1 not sent" in seen.text
    assert "Failed, by cause" in seen.text
    browser.press(seen, "Retry failed")
    work(firm)
    assert "2 of 3 confirmed; 1 not sent" in browser.get(draft).text
    assert members_there(firm, letter) == [email(1), email(3)]


def test_a_save_waits_for_a_connection_that_is_paused(
    firm: Firm, browser: Browser, letter: str
) -> None:
    draft = chosen(browser, letter)
    save(browser, draft)
    with firm.bridge.database.transaction() as tx:
        tx.execute("UPDATE connection SET state = 'paused', state_reason = 'authorise it again'")
    work(firm)
    assert "It waits: authorise it again." in browser.get(draft).text
    assert memberships(firm, letter) == 0
    with firm.bridge.database.transaction() as tx:
        tx.execute("UPDATE connection SET state = 'active', state_reason = NULL")
    firm.sandbox.advance(120.0)
    work(firm)
    assert memberships(firm, letter) == 3
