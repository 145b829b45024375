"""The memberships of a client in Chromium: by the keyboard alone, and without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_pages import WIDTHS, faults_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fix_clients import Office

FLAG = "Flag Ann Moran on Newsletter for deletion"
SAVED = "Saved in Practifi, on its way"


def settled(office: Office) -> None:
    """Let the bridge work at the pace of the test's own clock."""
    office.firm.settle()


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.ariaLabel || document.activeElement.id"))


def tab_to(page: Any, name: str) -> None:
    for _ in range(40):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name!r}: it ends at {focused(page)!r}")


def test_the_keyboard_alone_adds_flags_and_saves(
    office: Office, opened: Callable[..., Any]
) -> None:
    office.firm.join(office.people["Ann"], office.lists["Market Notes"])
    settled(office)
    page = opened(office.log_in())
    page.goto(office.path)
    tab_to(page, "add")
    page.keyboard.press("Enter")
    page.locator("#contact-0:focus").wait_for()
    page.keyboard.press("Escape")
    page.locator("#add:focus").wait_for()
    page.keyboard.press("Enter")
    page.locator("#contact-0:focus").wait_for()
    page.keyboard.type("Bob")
    page.get_by_role("cell", name="bob@example.org").nth(1).wait_for()
    assert focused(page) == "Contact of row 1"
    page.keyboard.press("Tab")
    page.keyboard.type("mark")
    page.get_by_role("status").get_by_text("Save will add 1").wait_for()
    page.keyboard.press("Enter")
    assert focused(page) == "add"
    tab_to(page, FLAG)
    page.keyboard.press("Space")
    page.get_by_role("status").get_by_text("1 membership is flagged for deletion").wait_for()
    assert page.get_by_text("Flagged for deletion", exact=True).locator("visible=true").count() == 1
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    plan = "Save will add 1 and remove 1, in Practifi and in Constant Contact."
    page.get_by_role("status").get_by_text(plan).wait_for()
    tab_to(page, "save")
    page.keyboard.press("Enter")
    page.get_by_text(SAVED).first.wait_for()
    page.evaluate("window.isSame = true")
    settled(office)
    row = page.get_by_role("row", name=re.compile("Bob Moran"))
    row.get_by_text("Confirmed").wait_for(timeout=15_000)
    assert page.evaluate("window.isSame") is True
    assert office.there("bob@example.org") == ["Market Notes"]
    assert office.there("ann@example.org") == ["Market Notes"]


def test_what_is_entered_while_an_answer_is_on_its_way_is_kept(
    office: Office, opened: Callable[..., Any]
) -> None:
    page = opened(office.log_in())
    page.goto(office.path)
    page.get_by_role("button", name="Add").click()
    on_their_way: list[Any] = []
    page.route("**/draft", lambda route: on_their_way.append(route))  # noqa: PLW0108 -- it is marked
    page.get_by_label("Contact of row 1").select_option(label="Bob Moran")
    page.get_by_label("List of row 1").select_option(label="Market Notes")
    page.get_by_label(FLAG).check()
    (draft,) = on_their_way
    draft.continue_()
    page.get_by_role("cell", name="bob@example.org").nth(1).wait_for()
    assert page.get_by_label("List of row 1").input_value() == office.lists["Market Notes"]
    assert page.get_by_label(FLAG).is_checked()
    plan = "Save will add 1 and remove 1, in Practifi and in Constant Contact."
    page.get_by_role("status").get_by_text(plan).wait_for()


def test_everything_goes_without_scripts(office: Office, opened: Callable[..., Any]) -> None:
    page = opened(office.log_in(), java_script_enabled=False)
    page.goto(office.path)
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Contact of row 1").select_option(label="Bob Moran")
    page.get_by_label("List of row 1").select_option(label="Market Notes")
    page.get_by_label(FLAG).check()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text("Save will add 1 and remove 1").is_visible()
    assert page.get_by_text("Ann Moran leaves their last list").is_visible()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_text(SAVED).count() == 2
    settled(office)
    page.reload()
    assert page.get_by_text("Confirmed").count() == 2
    page.get_by_role("button", name="Undo: put Ann Moran back on Newsletter").click()
    settled(office)
    assert office.there("bob@example.org") == ["Market Notes"]
    assert office.there("ann@example.org") == ["Newsletter"]


def test_one_more_question_is_asked_where_somebody_leaves_their_last_list(
    office: Office, opened: Callable[..., Any]
) -> None:
    page = opened(office.log_in())
    page.goto(office.path)
    page.get_by_label("Flag all for deletion").check()
    page.get_by_role("status").get_by_text("Save will remove 1").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Ann Moran leaves their last list. Remove all the same?").wait_for()
    page.get_by_role("button", name="Back").click()
    page.get_by_label(FLAG).uncheck()
    page.get_by_role("status").get_by_text("Nothing to save yet").wait_for()
    assert office.in_practifi("Ann") == ["Newsletter"]


@pytest.mark.parametrize("unsaved", [True, False], ids=["unsaved", "nothing to save"])
def test_only_unsaved_rows_are_not_left_unasked(
    office: Office, opened: Callable[..., Any], *, unsaved: bool
) -> None:
    page = opened(office.log_in())
    asked: list[str] = []

    def leave(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.goto(office.path)
    page.get_by_label(FLAG).check()
    if not unsaved:
        page.get_by_label(FLAG).uncheck()
    page.get_by_role("link", name="Clients").click()
    page.wait_for_url("**/clients")
    assert asked == (["beforeunload"] if unsaved else [])


def test_two_people_save_the_same_client(office: Office, opened: Callable[..., Any]) -> None:
    ours = opened(office.log_in())
    theirs = opened(office.log_in(user_id="005000000000B0BAAA", name="Bob Broker"))
    for page in (ours, theirs):
        page.goto(office.path)
        page.get_by_label(FLAG).check()
        page.get_by_role("button", name="Add").click()
        name = "Market Notes" if page is ours else "Newsletter"
        page.get_by_label("Contact of row 1").select_option(label="Bob Moran")
        page.get_by_role("cell", name="bob@example.org").nth(1).wait_for()
        page.get_by_label("List of row 1").select_option(label=name)
    theirs.get_by_role("button", name="Save").click()
    theirs.get_by_text("Remove all the same?").wait_for()
    for page in (theirs, ours):
        page.get_by_role("button", name="Save").click()
        page.get_by_text(SAVED).first.wait_for()
    assert ours.get_by_text("Removed by Bob Broker at").is_visible()
    settled(office)
    assert office.there("bob@example.org") == ["Market Notes", "Newsletter"]
    assert office.there("ann@example.org") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_the_page_keeps_anybody_out(
    office: Office, opened: Callable[..., Any], scheme: str
) -> None:
    office.person("Eve", None)
    office.firm.join(office.people["Bob"], office.lists["Newsletter"])
    settled(office)
    page = opened(office.log_in(), color_scheme=scheme)
    page.goto(office.path)
    page.get_by_label(FLAG).check()
    page.get_by_role("button", name="Add").click()
    page.get_by_label("Contact of row 1").wait_for()
    faults = narrow_and_faulty(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Row 1: choose a contact.").wait_for()
    page.locator("[data-summary]:focus").wait_for()
    faults += narrow_and_faulty(page)
    page.get_by_role("button", name="Cancel row 1").click()
    page.get_by_label("Contact of row 1").wait_for(state="detached")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Remove all the same?").wait_for()
    faults += narrow_and_faulty(page)
    page.get_by_role("button", name="Save").click()
    page.get_by_text(SAVED).wait_for()
    faults += narrow_and_faulty(page)
    assert faults == []


def narrow_and_faulty(page: Any) -> list[str]:
    """Return what keeps people out of a state; no width makes it wider than the window."""
    found = faults_of(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found.append(f"{page.url} is {wide} wide in a window of {width}")
    return found
