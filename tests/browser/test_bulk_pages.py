"""Bulk Create and Lists in Chromium: for everybody, at every width, by the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_pages import WIDTHS, faults_of
from tests.console.crowd import (
    LIST,
    a_crowd,
    a_draft,
    a_member,
    change,
    contact_id,
    marketing,
    there,
)
from tests.console.test_bulk import saved, status
from tests.console.test_lists import agreed, linked, on_it_there

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.browsing import Browser
    from tests.fix_console import Desk


def busy(desk: Desk, browser: Browser) -> list[str]:
    """Return the addresses of all pages of a firm that puts many people on lists."""
    done = saved(desk, browser)
    status(desk, 1, "Confirmed")
    status(desk, 2, "Not sent", "Already on 50 lists")
    change(desk, 1, fields={"MailingCity": "York"})
    linked(desk)
    agreed(desk, 3, lost_by="person")
    there(desk, 9)
    on_it_there(desk, 9)
    desk.rows(
        """
        WITH made AS (INSERT INTO api_application (client_id) VALUES ('key') RETURNING id)
        UPDATE connection
        SET api_application_id = (SELECT id FROM made), state = 'active'
        WHERE id = %(firm)s
        """
    )
    draft = a_draft(browser)
    seen = browser.get(f"{draft}/contacts")
    browser.press(seen, "Add to Selected List", contact=[contact_id(number) for number in (2, 4)])
    change(desk, 2, email_key="p1@example.org")
    desk.rows("UPDATE bulk_create SET judged_at = app_now() - interval '1 hour'")
    return [
        "/memberships/bulk", f"{draft}/list", f"{draft}/contacts", f"{draft}/source",
        f"{draft}/selected", f"{draft}/selected?tab=skipped", f"{draft}/selected?tab=shared",
        done, f"{done}/undo", "/lists", "/lists/none", f"/lists/{LIST}",
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out_of_a_page(
    desk: Desk, opened: Callable[..., Any], scheme: str
) -> None:
    browser = marketing(desk, "operator")
    paths = busy(desk, browser)
    page = opened(browser, color_scheme=scheme)
    faults = []
    for path in paths:
        if path.endswith("/source"):
            continue  # Salesforce does not answer, which the browser calls an error
        page.goto(path)
        faults += faults_of(page)
    assert faults == []


def test_no_page_is_wider_than_the_window(desk: Desk, opened: Callable[..., Any]) -> None:
    browser = marketing(desk, "operator")
    paths = busy(desk, browser)
    too_wide = []
    for width in WIDTHS:
        page = opened(browser, viewport={"width": width, "height": 800})
        for path in paths:
            page.goto(path)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append((width, path))
    assert too_wide == []


def tab_to(page: Any, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    said = """() => {
      const one = document.activeElement;
      const label = one.labels?.[0]?.textContent ?? one.textContent;
      return (one.getAttribute("aria-label") ?? label).replace(/\\s+/g, " ").trim();
    }"""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(said).startswith(name):
            return
    raise AssertionError(name)


def test_the_keyboard_alone_leads_through_the_steps(desk: Desk, opened: Callable[..., Any]) -> None:
    a_crowd(desk, 3)
    browser = marketing(desk)
    page = opened(browser)
    page.goto("/memberships/bulk")
    assert page.evaluate("document.activeElement.id") == "step"
    tab_to(page, "Market Notes")
    page.keyboard.press("ArrowDown")
    tab_to(page, "Continue to Step Two")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts")
    assert page.evaluate("document.activeElement.textContent") == "Step Two: Find Contacts"
    tab_to(page, "Filter")
    page.keyboard.type("City")
    tab_to(page, "has in it")
    page.keyboard.type("leeds")
    page.keyboard.press("Enter")
    page.get_by_text("3 contacts match, 3 can be added").wait_for()
    tab_to(page, "Select Ann Moran 00002")
    page.keyboard.press("Space")
    tab_to(page, "Add to Selected List")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Selected List (1)", exact=True).wait_for()
    tab_to(page, "Select all 3")
    page.keyboard.press("Space")
    tab_to(page, "Add to Selected List")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Selected List (3)", exact=True).wait_for()
    tab_to(page, "Continue to Step Three")
    page.keyboard.press("Enter")
    page.wait_for_url("**/selected")
    tab_to(page, "Remove Ann Moran 00001")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Step Three: Selected List (2)").wait_for()
    tab_to(page, "Save & Finish")
    page.keyboard.press("Enter")
    page.get_by_text("You can close this page").wait_for()
    rows = desk.rows("SELECT contact_id, list_id, state FROM bulk_create_row ORDER BY contact_id")
    assert [(row["list_id"], row["state"]) for row in rows] == [(LIST, "waiting")] * 2


def test_what_has_the_focus_is_never_under_the_bar(desk: Desk, opened: Callable[..., Any]) -> None:
    a_crowd(desk, 40)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    page = opened(browser, viewport={"width": 1280, "height": 600})
    page.goto(f"{draft}/contacts")
    for number in range(1, 30):
        tab_to(page, f"Select Ann Moran {number:05d}")
        is_free = page.evaluate(
            """() => {
              const one = document.activeElement.getBoundingClientRect();
              const bar = document.querySelector(".bar-below").getBoundingClientRect();
              return one.bottom <= bar.top;
            }"""
        )
        assert is_free, number


def test_lists_are_filtered_and_names_checked_while_one_types(
    desk: Desk, opened: Callable[..., Any]
) -> None:
    a_crowd(desk)
    page = opened(marketing(desk, "operator"))
    page.goto("/memberships/bulk")
    page.locator("#part").press_sequentially("mark")
    page.get_by_label("Newsletter").wait_for(state="detached")
    assert page.get_by_label("Market Notes").is_visible()
    page.locator("#name").press_sequentially("newsletter")
    page.get_by_text("Newsletter is there already: choose it above.").wait_for()


def test_one_tick_ticks_the_page_but_no_member(desk: Desk, opened: Callable[..., Any]) -> None:
    a_crowd(desk, 3)
    a_member(desk, 1)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    page = opened(browser)
    page.goto(f"{draft}/contacts")
    page.get_by_label("Select 2 on this page").check()
    assert not page.get_by_label("Select Ann Moran 00001").is_checked()
    assert page.get_by_label("Select Ann Moran 00003").is_checked()


def test_the_steps_work_without_scripts(desk: Desk, opened: Callable[..., Any]) -> None:
    a_crowd(desk, 3)
    page = opened(marketing(desk), java_script_enabled=False)
    page.goto("/memberships/bulk")
    page.get_by_label("Newsletter").check()
    page.get_by_role("button", name="Continue to Step Two").click()
    page.get_by_label("Filter", exact=True).select_option(label="City")
    page.locator("#text").fill("Leeds")
    page.get_by_role("button", name="Add filter").click()
    page.get_by_label("Select 3 on this page").check()
    page.get_by_role("button", name="Add to Selected List").click()
    page.get_by_role("link", name="Selected List (3)", exact=True).click()
    page.get_by_role("button", name="Save & Finish").click()
    assert page.get_by_text("0 of 3 confirmed; 3 waiting").first.is_visible()


def test_a_save_is_followed_without_loading_the_page_again(
    desk: Desk, opened: Callable[..., Any]
) -> None:
    browser = marketing(desk)
    done = saved(desk, browser)
    page = opened(browser)
    page.goto(done)
    page.evaluate("window.isSame = true")
    for number in (1, 2, 3):
        status(desk, number, "Confirmed")
    page.get_by_role("status").get_by_text("3 of 3 confirmed").wait_for(timeout=15_000)
    assert page.evaluate("window.isSame") is True


def test_who_is_on_no_list_is_counted_after_the_page_is_there(
    desk: Desk, opened: Callable[..., Any]
) -> None:
    a_crowd(desk, 3)
    a_member(desk, 1)
    page = opened(marketing(desk))
    page.goto("/lists")
    page.get_by_text("On no list: 2 contacts.").wait_for()
