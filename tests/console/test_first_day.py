"""The page of the first day: sentences and figures for everybody, answers for who may give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.first_day.gather import keep
from bridge.policies.store import policies_of
from tests.unit.first_day_builders import believable

if TYPE_CHECKING:
    from tests.fix_console import Desk


def looked_at(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        keep(tx, desk.firm, believable(), by="ann")


def test_before_anybody_looked_the_page_says_how(desk: Desk) -> None:
    seen = desk.log_in("viewer").get("/first-day")
    assert "Nobody has looked yet at what the bridge would do." in seen.text
    assert "bridge first-day firm" in seen.text


def test_the_page_tells_what_was_found_and_leads_to_the_plans(desk: Desk) -> None:
    looked_at(desk)
    seen = desk.log_in("operator").get("/first-day")
    assert "Practifi has 4,812 people and 12 lists" in seen.text
    assert "Web form 0 0 318" in seen.text
    assert seen.links["The plan of contacts"] == "/runs/1"
    assert seen.links["Market letter"] == "/lists/a0B5g00000Lst01AAA"
    assert "Web form" not in seen.links, "it has no record that a page could be about"


def test_a_viewer_reads_all_of_it_and_decides_nothing(desk: Desk) -> None:
    looked_at(desk)
    seen = desk.log_in("viewer").get("/first-day")
    assert "Market letter 1,204 12 206" in seen.text
    assert "Market letter" not in seen.links
    assert not [form for form in seen.forms if "foreign_memberships" in form.fields]


def test_an_answer_is_given_by_a_button_that_says_first_what_it_means(desk: Desk) -> None:
    looked_at(desk)
    browser = desk.log_in("operator")
    asked = browser.press(browser.get("/first-day"), "Remove")
    assert "foreign memberships: ask → remove" in asked.text
    browser.press(asked, "Save")
    with desk.database.transaction() as tx:
        assert policies_of(tx, desk.firm).foreign_memberships == "remove"
    seen = browser.get("/first-day")
    assert "As decided so far (remove)" in seen.text
    assert "Decided Remove" in seen.text


def test_home_leads_there_in_the_first_week(desk: Desk) -> None:
    browser = desk.log_in("viewer")
    seen = browser.get("/")
    assert seen.links["Begin with the first day of firm"] == "/first-day?connection=firm"
    looked_at(desk)
    desk.rows("UPDATE first_day SET made_at = app_now() - interval '6 days'")
    assert "What the first day of firm found" in browser.get("/").links
    desk.rows("UPDATE first_day SET made_at = app_now() - interval '8 days'")
    later = browser.get("/")
    assert "The first week" not in later.text
    assert later.links["First day"] == "/first-day?connection=firm"


def test_another_organizations_first_day_is_not_there(desk: Desk) -> None:
    looked_at(desk)
    theirs = desk.log_in("admin", at=desk.other).get("/first-day?connection=firm")
    assert theirs.status == 404
