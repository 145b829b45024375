"""Unresolved: shared addresses and clashes, settled one by one or by rule, after what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.console.people import (
    a_contact,
    a_list,
    hides,
    lets_see,
    mapped,
    there,
    unresolved,
)

if TYPE_CHECKING:
    from tests.fix_console import Desk

HOME = "home@example.org"


def a_couple(desk: Desk) -> tuple[str, str, int]:
    """Return two people with one address, of whom Ann is sent, and the row about them."""
    mapped(desk)
    letter = a_list(desk)
    ann = a_contact(desk, 2, HOME, on=letter)
    ben = a_contact(desk, 1, HOME, on=letter, FirstName="Ben")
    there(desk, ann, ben, on=letter, first_name="Ann", last_name="Moran")
    return ann, ben, unresolved(desk, "shared_address", HOME, ann, ben)


def test_nothing_unresolved_says_so(desk: Desk) -> None:
    seen = desk.log_in("operator").get("/unresolved")
    assert "Nothing is unresolved." in seen.text


def test_every_kind_is_shown_with_what_to_do(desk: Desk) -> None:
    ann, ben, shared = a_couple(desk)
    other = a_list(desk, "letter", sf_id="a015g00000Lst02AAA")
    numbers = {
        shared: "Choose whose fields are sent, or give them addresses of their own in Practifi.",
        unresolved(desk, "duplicate", HOME, ann, ben): "Merge them in Practifi, or choose",
        unresolved(desk, "list_name", "letter", other): "Rename or delete the others in Practifi.",
        unresolved(desk, "other_account", ann, ann): "Empty the field in Practifi",
    }
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    page = browser.get("/unresolved")
    assert "All (4)" in page.text
    for number, what_to_do in numbers.items():
        assert what_to_do in browser.get(f"/unresolved/{number}").text
    assert HOME not in browser.get("/unresolved?kind=list_name").links
    assert "Nothing of this kind waits." in browser.get("/unresolved?kind=list_name&after=99").text


def test_what_follows_is_told_before_a_choice_is_saved(desk: Desk) -> None:
    ann, ben, number = a_couple(desk)
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    page = browser.get(browser.get("/unresolved").links[HOME])
    assert "Ann Moran Sent now" in page.text
    question = browser.get(f"/unresolved/{number}/choose?contact={ben}")
    assert (
        "The fields of Ben Moran are sent to home@example.org instead of those of Ann Moran."
        in (question.text)
    )
    assert "first name Ann → Ben" in question.text
    assert desk.rows("SELECT 1 FROM unresolved WHERE choice IS NOT NULL") == []
    saved = browser.press(question, "Choose Ben Moran")
    assert "Chosen. It is done at once." in saved.text
    (row,) = desk.rows("SELECT choice, chosen_by FROM unresolved")
    assert row["choice"] == {"contact": ben}
    assert row["chosen_by"].startswith("Ann Adviser (")
    (work,) = desk.rows("SELECT key, lane, origin FROM work")
    assert (work["key"], work["lane"], work["origin"]) == (HOME, 1, "console")
    assert "deliver" in desk.woken


def test_a_choice_of_whoever_is_sent_already_changes_nothing_there(desk: Desk) -> None:
    ann, ben, number = a_couple(desk)
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    question = browser.get(f"/unresolved/{number}/choose?contact={ann}")
    assert "Ann Moran stays whose fields are sent to home@example.org." in question.text
    assert "Nothing changes there: it has these values already." in question.text


def test_a_choice_is_taken_back_and_waits_again(desk: Desk) -> None:
    ann, ben, number = a_couple(desk)
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    page = browser.press(
        browser.get(f"/unresolved/{number}/choose?contact={ben}"), "Choose Ben Moran"
    )
    assert "Ben Moran was chosen by Ann Adviser" in browser.get(f"/unresolved/{number}").text
    back = browser.press(page, "Take back")
    assert "Taken back. It waits for a person again." in back.text
    assert desk.rows("SELECT choice, finished_at FROM unresolved") == [
        {"choice": None, "finished_at": None}
    ]


def test_what_was_settled_meanwhile_is_not_chosen_again(desk: Desk) -> None:
    ann, ben, number = a_couple(desk)
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    question = browser.get(f"/unresolved/{number}/choose?contact={ben}")
    desk.rows("UPDATE unresolved SET finished_at = app_now()")
    refused = browser.press(question, "Choose Ben Moran")
    assert refused.status == 409
    assert "somebody, or a run, has settled it" in refused.text
    assert "its cause is gone, or a rule decides" in browser.get(f"/unresolved/{number}").text


def test_a_contact_that_salesforce_hides_is_called_another(desk: Desk) -> None:
    ann, ben, number = a_couple(desk)
    browser = desk.log_in("operator")
    lets_see(desk, ben)
    hides(desk, ann)
    page = browser.get(f"/unresolved/{number}")
    assert "another contact you cannot see" in page.text
    assert "Ann Moran" not in page.text
    question = browser.get(f"/unresolved/{number}/choose?contact={ben}")
    assert "first name another contact you cannot see → Ben" in question.text
    assert "Ann Moran" not in question.text
    assert browser.get(f"/unresolved/{number}/choose?contact={ann}").status == 404


def test_an_address_of_hidden_people_is_only_counted(desk: Desk) -> None:
    ann, ben, number = a_couple(desk)
    browser = desk.log_in("operator")
    hides(desk, ann, ben)
    page = browser.get("/unresolved")
    assert "1 more is about contacts that you cannot see." in page.text
    assert HOME not in page.text
    assert browser.get(f"/unresolved/{number}").status == 404


def test_who_may_only_read_a_contact_does_not_choose_it(desk: Desk) -> None:
    ann, ben, number = a_couple(desk)
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben, edit=False)
    page = browser.get(f"/unresolved/{number}")
    assert "You can read this contact but not change it (Salesforce permission)." in page.text
    refused = browser.get(f"/unresolved/{number}/choose?contact={ben}")
    assert refused.status == 403
    token = page.form_with("Log out").fields["csrf"]
    path = f"/unresolved/{number}/choose"
    assert browser.post(path, {"csrf": token, "contact": ben}).status == 403
    assert desk.rows("SELECT 1 FROM unresolved WHERE choice IS NOT NULL") == []


def test_a_rule_settles_all_that_it_decides_after_what_changes_was_told(desk: Desk) -> None:
    ann, ben, _ = a_couple(desk)
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    page = browser.get("/unresolved")
    assert "Settles 1 of 1." in page.text
    assert "primary member:" not in page.text
    question = browser.press(page, "See what follows", owner="oldest")
    assert "Settle 1 shared address?" in question.text
    assert "at 1 somebody else's fields are sent" in question.text
    assert "home@example.org: Ann Moran → Ben Moran" in question.text
    assert desk.rows("SELECT 1 FROM policy_change") == []
    assert "Saved." in browser.press(question, "Save").text
    (change,) = desk.rows("SELECT name, new FROM policy_change")
    assert (change["name"], change["new"]) == ("owner", "oldest")
    assert desk.rows("SELECT 1 FROM unresolved WHERE finished_at IS NULL") == []
    assert desk.rows("SELECT key FROM work") == [{"key": HOME}]


def test_the_primary_member_settles_where_there_is_one(desk: Desk) -> None:
    ann, ben, _ = a_couple(desk)
    desk.rows(
        'UPDATE connection SET object_names = \'{"contact.primary_member": "DoNotCall"}\''
        " WHERE id = %(firm)s"
    )
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    assert "the household's primary member is sent. Settles 0 of 1." in (
        browser.get("/unresolved").text
    )
    desk.rows(
        'UPDATE practifi_record SET fields = fields || \'{"DoNotCall": "true"}\''
        " WHERE sf_id = %(ben)s",
        ben=ben,
    )
    question = browser.get("/unresolved/rule?owner=primary_member")
    assert "Ann Moran → Ben Moran" in question.text


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_who_changes_nothing_is_offered_nothing(desk: Desk, role: str) -> None:
    ann, ben, number = a_couple(desk)
    browser = desk.log_in(role)
    lets_see(desk, ann, ben)
    assert browser.get(f"/unresolved/{number}/choose?contact={ben}").status == 403
    page = browser.get(f"/unresolved/{number}")
    assert (page.status == 403) == (role == "viewer")
    assert [form.action for form in page.forms if "choose" in form.action] == []


def test_without_a_mapping_nobody_can_tell_what_follows(desk: Desk) -> None:
    ann, ben, number = a_couple(desk)
    desk.rows("UPDATE mapping_version SET is_active = false")
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    seen = browser.get(f"/unresolved/{number}/choose?contact={ben}")
    assert seen.status == 409
    assert "no mapping is in force: nobody can tell what would follow" in seen.text


def test_many_matters_come_a_page_at_a_time(desk: Desk) -> None:
    ann = a_contact(desk, 1)
    for number in range(52):
        unresolved(desk, "duplicate", f"p{number:02d}@example.org", ann)
    browser = desk.log_in("operator")
    lets_see(desk, ann)
    first = browser.get("/unresolved")
    assert "p49@example.org" in first.links
    assert "p50@example.org" not in first.links
    second = browser.get(first.links["Those found later"])
    assert "p51@example.org" in second.links
    assert "p00@example.org" in browser.get(second.links["The first ones"]).links


def test_nothing_of_another_organization_is_shown_or_settled(desk: Desk) -> None:
    theirs = a_contact(desk, 9, at=desk.other)
    number = unresolved(desk, "duplicate", HOME, theirs, at=desk.other)
    browser = desk.log_in("admin")
    lets_see(desk, theirs)
    assert HOME not in browser.get("/unresolved").text
    assert browser.get(f"/unresolved/{number}").status == 404
    token = browser.get("/unresolved").form_with("Log out").fields["csrf"]
    form = {"csrf": token, "contact": theirs}
    assert browser.post(f"/unresolved/{number}/choose", form).status == 404
    assert browser.post(f"/unresolved/{number}/undo", form).status == 404
    rule = {"csrf": token, "connection": "other", "owner": "oldest"}
    assert browser.post("/unresolved/rule", rule).status == 404
