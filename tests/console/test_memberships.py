"""Constant Contact Memberships of a client: what the page shows, and what Save does."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.journey.firm import MEMBERSHIP

if TYPE_CHECKING:
    from tests.console.browsing import Browser, Seen
    from tests.fix_clients import Office

BOB = "005000000000B0BAAA"
NOTHING = "Nothing to save yet: add a membership or flag one."


def membership(office: Office, person: str, list_name: str) -> str:
    rows = office.bridge.rows(
        "SELECT sf_id FROM practifi_record WHERE kind = 'membership' AND deleted_at IS NULL "
        "AND contact_id = %(contact)s AND list_id = %(list)s",
        contact=office.people[person],
        list=office.lists[list_name],
    )
    return str(rows[0]["sf_id"])


def again(browser: Browser, seen: Seen) -> Seen:
    """Load the page again, as it was left by the last save."""
    return browser.get(seen.response.url.removeprefix(browser.url))


def test_a_client_is_shown_with_each_membership(office: Office) -> None:
    browser = office.log_in()
    seen = office.open(browser)
    assert seen.status == 200
    assert "Constant Contact Memberships" in seen.text
    assert "Moran Household · 2 people, 2 addresses · last answer from Constant" in seen.text
    assert "Ann Moran ann@example.org Newsletter Confirmed" in seen.text
    assert "Bob Moran bob@example.org Not on a list" in seen.text
    assert NOTHING in seen.text
    short = browser.get(f"/clients/{office.client[:15]}/memberships?org=nobody")
    assert short.status == 404
    assert browser.get(f"/clients/{office.client[:15]}/memberships").status == 200


def test_a_row_is_added_in_practifi_and_there(office: Office) -> None:
    browser = office.log_in()
    seen = office.add(browser, office.open(browser), "Bob", "Market Notes")
    plan = browser.press(seen, "Save")
    assert "Save will add 1, in Practifi and in Constant Contact." in plan.text
    assert office.in_practifi("Bob") == []
    seen = browser.press(plan, "Save")
    assert "Bob Moran bob@example.org Market Notes Saved in Practifi, on its way" in seen.text
    assert office.in_practifi("Bob") == ["Market Notes"]
    assert office.woken[-1] == "deliver"
    office.firm.settle()
    assert office.there("bob@example.org") == ["Market Notes"]
    assert "Bob Moran bob@example.org Market Notes Confirmed" in again(browser, seen).text
    origins = office.bridge.rows("SELECT DISTINCT origin FROM plan WHERE origin = 'console'")
    assert origins, "the plan does not say that a page asked for it"


def test_a_flagged_row_is_removed_on_both_sides_and_can_be_put_back(office: Office) -> None:
    browser = office.log_in()
    flagged = membership(office, "Ann", "Newsletter")
    seen = office.open(browser)
    assert "Flag Ann Moran on Newsletter for deletion" in seen.response.text
    plan = browser.press(seen, "Save", remove=flagged)
    assert "Save will remove 1, in Practifi and in Constant Contact." in plan.text
    assert "Ann Moran leaves their last list. Remove all the same?" in plan.text
    back = browser.press(plan, "Back")
    assert "1 membership is flagged for deletion" in back.text
    seen = office.save(browser, back)
    assert "Removed Saved in Practifi, on its way" in seen.text
    assert office.in_practifi("Ann") == []
    office.firm.settle()
    assert office.there("ann@example.org") == []
    seen = again(browser, seen)
    assert "Newsletter Removed Confirmed" in seen.text
    seen = browser.press(seen, "Undo")
    assert office.in_practifi("Ann") == ["Newsletter"]
    assert "Ann Moran ann@example.org Newsletter Saved in Practifi, on its way" in seen.text
    office.firm.settle()
    assert office.there("ann@example.org") == ["Newsletter"]
    assert "Removed" not in office.open(browser).text


def test_a_sharer_keeps_the_address_on_the_list(office: Office) -> None:
    office.person("Cleo", "both@example.org")
    other = office.firm.create("Account", Name="Other Household")
    dan = office.firm.person("both@example.org", AccountId=other, FirstName="Dan")
    for contact in (office.people["Cleo"], dan):
        office.firm.join(contact, office.lists["Newsletter"])
    office.firm.settle()
    browser = office.log_in()
    seen = office.open(browser)
    assert "both@example.org shared with Dan Moran" in seen.text
    office.limit(dan, "None")
    office.firm.sandbox.advance(301)
    flagged = membership(office, "Cleo", "Newsletter")
    plan = browser.press(office.open(browser), "Save", remove=flagged)
    says = "Another contact you cannot see stays on Newsletter at the same address."
    assert says in plan.text
    seen = browser.press(plan, "Save")
    office.firm.settle()
    assert office.in_practifi("Cleo") == []
    assert office.there("both@example.org") == ["Newsletter"]
    says = "stays on the list there, because another contact you cannot see is on it"
    assert says in again(browser, seen).text
    assert "Dan" not in seen.text


def test_what_salesforce_refuses_keeps_its_input_and_the_rest_goes_on(office: Office) -> None:
    formula = f"practifi__Constant_Contact_List__c = '{office.lists['Market Notes']}'"
    rule = {"object": MEMBERSHIP, "formula": formula, "message": "Market Notes is closed."}
    office.firm.sandbox.control("PUT", "/salesforce/saving-rules", {"validations": [rule]})
    browser = office.log_in()
    seen = office.add(browser, office.open(browser), "Bob", "Market Notes")
    seen = office.add(browser, seen, "Bob", "Newsletter")
    seen = office.save(browser, seen)
    assert "Not saved yet Market Notes is closed." in seen.text
    fields = seen.form_with("Save").fields
    assert fields["contact"] == office.people["Bob"]
    assert fields["list"] == office.lists["Market Notes"]
    office.firm.settle()
    assert office.in_practifi("Bob") == office.there("bob@example.org") == ["Newsletter"]


def test_a_save_without_an_answer_is_pressed_again_and_done_once(office: Office) -> None:
    lost = {"side": "salesforce", "method": "POST", "path": "composite/sobjects$", "times": 1}
    office.firm.sandbox.faults({**lost, "kind": "drop_after"})
    browser = office.log_in()
    seen = office.add(browser, office.open(browser), "Bob", "Market Notes")
    seen = office.save(browser, seen)
    assert "Salesforce: no answer (ConnectionError). Press Save again." in seen.text
    seen = office.save(browser, seen)
    assert "Bob Moran bob@example.org Market Notes Saved in Practifi, on its way" in seen.text
    office.firm.settle()
    assert office.in_practifi("Bob") == office.there("bob@example.org") == ["Market Notes"]


def test_the_same_press_of_save_counts_once(office: Office) -> None:
    browser = office.log_in()
    seen = office.add(browser, office.open(browser), "Bob", "Market Notes")
    plan = browser.press(seen, "Save")
    with ThreadPoolExecutor(2) as clicks:
        answers = list(clicks.map(lambda _: browser.press(plan, "Save"), range(2)))
    answers.append(browser.press(plan, "Save"))
    assert {(seen.status, seen.path) for seen in answers} == {(200, office.path)}
    assert answers[-1].text.count("Market Notes Saved in Practifi, on its way") == 1
    assert office.in_practifi("Bob") == ["Market Notes"]


def test_who_was_first_at_a_removal_is_named(office: Office) -> None:
    office.firm.join(office.people["Ann"], office.lists["Market Notes"])
    office.firm.settle()
    ours, theirs = office.log_in(), office.log_in(user_id=BOB, name="Bob Broker")
    flagged = [membership(office, "Ann", name) for name in ("Market Notes", "Newsletter")]
    seen = office.add(ours, office.open(ours), "Bob", "Newsletter")
    plan = ours.press(seen, "Save", remove=flagged)
    office.save(theirs, office.open(theirs), remove=flagged[1])
    office.firm.delete(MEMBERSHIP, flagged[0])
    first = r"Removed by {} at \d\d:\d\d\. Your other changes are kept\."
    back = ours.press(plan, "Back")
    assert re.search(first.format("Bob Broker"), back.text)
    assert "Save will add 1 and remove 1" in back.text
    seen = ours.press(plan, "Save")
    for name in ("Bob Broker", "Olive Marsh"):
        assert re.search(first.format(name), seen.text), seen.text
    assert office.in_practifi("Bob") == ["Newsletter"]


def test_several_flags_are_counted_and_the_last_list_is_offered_again(office: Office) -> None:
    office.firm.join(office.people["Ann"], office.lists["Market Notes"])
    office.firm.settle()
    browser = office.log_in()
    seen = office.add(browser, office.open(browser), "Bob", "Market Notes")
    flagged = [membership(office, "Ann", name) for name in office.lists]
    seen = browser.press(seen, "Add", remove=flagged)
    assert "2 memberships are flagged for deletion" in seen.text
    assert seen.form_with("Save").fields["list"] == [office.lists["Market Notes"]] * 2


def test_a_form_that_is_not_whole_is_not_saved(office: Office) -> None:
    browser = office.log_in()
    seen = office.open(browser)
    assert NOTHING in browser.press(seen, "Save").text
    seen = browser.press(seen, "Add")
    seen = browser.press(seen, "Save")
    assert "Not saved yet: Row 1: choose a contact." in seen.text
    assert seen.links["Row 1: choose a contact."] == "#contact-0"
    seen = browser.press(seen, "Save", contact=office.people["Bob"])
    assert "Row 1: choose a list." in seen.text
    both = {"contact": office.people["Ann"], "list": office.lists["Newsletter"]}
    assert "Row 1: Ann Moran is on Newsletter already." in browser.press(seen, "Save", **both).text
    seen = browser.press(seen, "Cancel row 1")
    assert "contact" not in seen.form_with("Save").fields
    assert "Ann Moran" in seen.text


def test_a_client_that_may_only_be_read_is_not_changed(office: Office) -> None:
    browser = office.log_in("admin")
    whole = office.add(browser, office.open(browser), "Bob", "Newsletter")
    office.limit(office.client, "Read")
    office.firm.sandbox.advance(301)
    seen = office.open(browser)
    says = "You can read this client but not change it (Salesforce permission)."
    assert says in seen.text
    assert not any("Save" in form.buttons for form in seen.forms)
    refused = browser.press(whole, "Save", sure="yes")
    assert refused.status == 403
    assert says in refused.text
    assert office.in_practifi("Bob") == []


def test_what_salesforce_hides_is_not_shown(office: Office) -> None:
    browser = office.log_in("admin")
    office.limit(office.people["Ann"], "None")
    seen = office.open(browser)
    assert "1 contact of this client you cannot see" in seen.text
    assert "Ann Moran" not in seen.text.replace("Ann Adviser", "")
    office.limit(office.client, "None")
    office.firm.sandbox.advance(301)
    hidden = office.open(browser)
    assert hidden.status == 404
    assert "Moran Household" not in hidden.text


def test_an_administrator_by_a_link_saves_under_that_name(office: Office) -> None:
    browser = office.log_in_by_link()
    seen = office.add(browser, office.open(browser), "Bob", "Newsletter")
    office.save(browser, seen)
    assert office.in_practifi("Bob") == ["Newsletter"]
    (row,) = office.bridge.rows(
        "SELECT p.name, p.sf_user_id FROM console_save s JOIN console_person p ON p.id = person_id"
    )
    assert (row["name"], row["sf_user_id"]) == ("root", None)
