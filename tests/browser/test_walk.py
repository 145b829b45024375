"""A day at a firm: what each role comes for is done through the pages, and is so in both systems.

Nothing is driven but the browser: a real `bridge up` does the work, beside both services, and the
pages are waited for as a person waits for them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.practice import Practice, address, until_shown
from tests.faults.installation import running_installation

if TYPE_CHECKING:
    from collections.abc import Iterator

LINK = "https://www.example.com/rates"


@pytest.fixture(scope="module")
def opened_practice(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    """A firm whose bridge works beside the tests, until the last of them has ended."""
    log = tmp_path_factory.mktemp("walk") / "bridge.log"
    with running_installation(log) as installation:
        yield Practice(installation=installation, chromium=chromium)


@pytest.fixture
def practice(opened_practice: Practice) -> Iterator[Practice]:
    """The firm, with every window closed at the end; what goes wrong in one fails the test."""
    yield opened_practice
    opened_practice.close()
    assert opened_practice.wrong == []


def test_an_adviser_puts_a_client_on_a_list_and_takes_one_off(practice: Practice) -> None:
    adviser = practice.hire("Ada Adviser")
    client, (ann, ben) = practice.household("Moran", "Ann", "Ben")
    newsletter = practice.new_list("Newsletter")
    practice.new_list("Market Notes")
    practice.join(ann, newsletter)
    assert practice.there(address("Ben", "Moran")) is None

    page = practice.opens(adviser, f"/clients/{client}/memberships")
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Contact of row 1").select_option(label="Ben Moran")
    page.get_by_label("List of row 1").select_option(label="Market Notes")
    page.get_by_label("Flag Ann Moran on Newsletter for deletion").check()
    page.get_by_role("status").get_by_text("1 membership is flagged for deletion").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Ann Moran leaves their last list. Remove all the same?").wait_for()
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name=re.compile("Ben Moran.*Market Notes"))
    row.get_by_text("Confirmed").wait_for()
    page.get_by_role("row", name=re.compile("Ann Moran.*Newsletter")).get_by_text(
        "Removed"
    ).wait_for()

    assert practice.lists_in_practifi(ann) == []
    assert practice.lists_in_practifi(ben) == ["Market Notes"]
    assert practice.lists_of(address("Ben", "Moran")) == ["Market Notes"]
    assert practice.lists_of(address("Ann", "Moran")) == []


def test_marketing_puts_many_on_a_list(practice: Practice) -> None:
    marketing = practice.hire("Mia Marketing", is_marketing=True)
    _, people = practice.household("Okafor", "Chi", "Ife", "Obi", "Uju")
    practice.new_list("Invitations")
    practice.new_list("Golf")

    page = practice.opens(marketing, "/memberships/bulk")
    page.get_by_label("Invitations").check()
    page.get_by_role("button", name="Continue to Step Two").click()
    page.get_by_label("Filter", exact=True).select_option(label="City")
    page.locator("#text").fill("Okafor")
    page.get_by_role("button", name="Add filter").click()
    page.get_by_text("4 contacts match, 4 can be added").wait_for()
    page.get_by_label("Select all 4").check()
    page.get_by_role("button", name="Add to Selected List").click()
    page.get_by_role("link", name="Selected List (4)", exact=True).click()
    page.get_by_role("button", name="Remove Obi Okafor").click()
    page.get_by_role("heading", name="Step Three: Selected List (3)").wait_for()
    page.get_by_label("List of Uju Okafor").select_option(label="Golf")
    page.get_by_role("button", name="Save & Finish").click()
    page.get_by_text("3 of 3 confirmed").first.wait_for()

    chi, ife, obi, uju = people
    assert [practice.lists_in_practifi(one) for one in (chi, ife, obi, uju)] == [
        ["Invitations"], ["Invitations"], [], ["Golf"],
    ]  # fmt: skip
    assert practice.lists_of(address("Chi", "Okafor")) == ["Invitations"]
    assert practice.there(address("Obi", "Okafor")) is None
    assert practice.lists_of(address("Uju", "Okafor")) == ["Golf"]


def test_an_administrator_has_the_jobs_run_and_an_adviser_sees_who_read_a_mailing(
    practice: Practice,
) -> None:
    administrator, adviser = practice.hire("Abe Admin"), practice.hire("Amy Adviser")
    client, (ivy, jon) = practice.household("Tanaka", "Ivy", "Jon")
    letter = practice.new_list("Winter letter")
    practice.join(ivy, letter)
    practice.join(jon, letter)
    practice.change_there(address("Ivy", "Tanaka"), first_name="Poison")
    practice.send(
        "Winter letter",
        {"email": address("Ivy", "Tanaka"), "kind": "open"},
        {"email": address("Ivy", "Tanaka"), "kind": "click", "link_url": LINK},
        name="Letter of winter",
    )

    practice.has_role(administrator, "admin")
    page = practice.opens(administrator, "/settings/resync")
    page.get_by_role("button", name="Preview Constant Contact Contacts").click()
    page.get_by_text("Started. This page follows it.").wait_for()
    page.get_by_role("status").get_by_text("Waiting for approval: 0 removals").wait_for()
    page.get_by_role("link", name="It has moved on: load the page again").click()
    page.get_by_role("row", name=re.compile("first name Poison → Ivy")).wait_for()
    page.get_by_role("link", name="Approve all 1").click()
    page.get_by_role("button", name="Approve 1 step").click()
    until_shown(page, page.get_by_role("status").get_by_text("Done"))
    for job in ("Lists", "Activities"):
        page.goto(f"{practice.url}/settings/resync")
        page.get_by_role("button", name=f"Resync now Constant Contact {job}").click()
        page.get_by_role("status").get_by_text("Done").wait_for()
    assert practice.known(address("Ivy", "Tanaka"))["first_name"] == "Ivy"

    page = practice.opens(adviser, f"/clients/{client}/interactions")
    row = page.get_by_role("row", name=re.compile("Ivy Tanaka"))
    assert row.get_by_text("Clicked").first.is_visible()
    row.get_by_role("link", name=re.compile("Letter of winter")).click()
    page.get_by_text(LINK).first.wait_for()

    (record,) = practice.interactions(ivy)
    assert record["practifi__Subject__c"] == "Constant Contact: Letter of winter - Clicked"
    assert record["practifi__Client__c"] == client


def test_compliance_sees_that_opt_outs_are_kept_and_by_whose_word_one_ended(
    practice: Practice,
) -> None:
    compliance, adviser = practice.hire("Cora Compliance"), practice.hire("Al Adviser")
    client, (kit, lou) = practice.household("Sol", "Kit", "Lou")
    notes = practice.new_list("Notes")
    practice.join(kit, notes)
    practice.join(lou, notes)
    kit_at, lou_at = address("Kit", "Sol"), address("Lou", "Sol")
    practice.change(kit, HasOptedOutOfEmail=True)
    practice.unsubscribes(lou_at)
    practice.change(lou, Title="Judge")

    practice.has_role(compliance, "auditor")
    page = practice.opens(compliance, f"/audit?who={kit_at}")
    kits = page.get_by_role("row", name=re.compile(kit_at))
    until_shown(page, kits.get_by_text("Confirmed"))
    assert practice.permission(kit_at) == "unsubscribed"

    page = practice.opens(adviser, f"/clients/{client}/memberships")
    until_shown(page, page.get_by_role("link", name="Reactivate Lou Sol"))
    assert not practice.ticked(lou)
    assert practice.permission(lou_at) == "unsubscribed"
    page.get_by_role("link", name="Reactivate Lou Sol").click()
    page.get_by_label("How they asked").fill("by telephone")
    page.get_by_label("On which day").fill("2026-01-02")
    page.get_by_role("button", name="Reactivate").click()
    page.get_by_text("Asked for. It goes out as far as the policy allows").wait_for()
    until_shown(
        page, page.get_by_role("row", name=re.compile("Lou Sol.*Reactivated .*, on 1 list"))
    )
    assert practice.permission(lou_at) == "explicit"
    assert practice.permission(kit_at) == "unsubscribed"

    page = practice.opens(compliance, f"/audit?who={lou_at}")
    assert page.get_by_role("row", name=re.compile(lou_at)).count() >= 2
    with page.expect_download() as sent:
        page.get_by_role("button", name="CSV").click()
    ledger = sent.value.path().read_text(encoding="utf-8")
    assert "by telephone" in ledger
    assert "Al Adviser" in ledger or practice.staff[adviser] in ledger
    page.get_by_role("link", name="Verify the chain").click()
    page.get_by_text("No entry was changed, removed or put in since it was written").wait_for()


def test_operations_find_what_was_given_up_and_have_it_done_again(practice: Practice) -> None:
    operations = practice.hire("Otto Operations")
    _, (pia,) = practice.household("Reyes", "Pia")
    bulletin = practice.new_list("Bulletin")
    practice.join(pia, bulletin)
    practice.change(pia, MobilePhone="+47 22 55 01 01 ext 123456789012345", Title="Smith")

    practice.has_role(operations, "operator")
    page = practice.opens(operations, "/problems")
    cause = page.get_by_role("region", name=re.compile("conversion-error:MobilePhone"))
    until_shown(page, cause)
    cause.get_by_role("link", name=re.compile("Explain the first of them")).click()
    page.get_by_text("MobilePhone").first.wait_for()
    practice.change(pia, MobilePhone="(617) 555-0123")
    page.goto(f"{practice.url}/problems")
    cause.get_by_role("button", name=re.compile("Retry one of")).click()
    page.get_by_text("Put in line again.").wait_for()
    until_shown(page, page.get_by_role("status").get_by_text("done"))
    page.get_by_role("link", name="Problems").click()
    page.get_by_text("No problem is open").wait_for()
    assert practice.known(address("Pia", "Reyes"))["job_title"] == "Smith"

    page.get_by_role("link", name="Inbox").click()
    page.get_by_label("Record Id, e-mail or notification").fill(pia)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name=re.compile("^04l")).first.click()
    for pane in ("Raw", "Parsed", "Mapped", "Call", "Answer"):
        assert page.get_by_role("heading", name=pane, exact=True).is_visible()
    page.get_by_role("button", name="Replay with today's mapping").click()
    page.get_by_text("Put in line again.").wait_for()
