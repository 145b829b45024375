"""Bulk Create from a report in Chromium: found while one types, by the keyboard, at every width."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_bulk_pages import tab_to
from tests.browser.test_pages import WIDTHS, faults_of
from tests.journey.bulk_steps import a_letter, begin, logged_in
from tests.journey.firm import Firm
from tests.journey.test_bulk_reports import ENTITIES, JOINED, LEEDS, build

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.browsing import Browser
    from tests.fix_bridge import RunningBridge
    from tests.fix_sandbox import RunningSandbox


@pytest.fixture
def firm(bridge: RunningBridge, sandbox: RunningSandbox) -> Firm:
    """A firm with reports of several kinds."""
    made = Firm(bridge, sandbox)
    build(made, LEEDS, ENTITIES, JOINED, LEEDS | {"name": "Spring seminar", "refused": True})
    return made


def a_draft(firm: Firm) -> tuple[Browser, str]:
    browser = logged_in(firm)
    return browser, begin(browser, a_letter(firm))


def test_a_report_is_found_while_one_types_and_chosen_by_the_keyboard(
    firm: Firm, opened: Callable[..., Any]
) -> None:
    browser, draft = a_draft(firm)
    page = opened(browser)
    page.goto(f"{draft}/source")
    assert page.get_by_label("Entities by type").is_disabled()
    page.locator("#part").press_sequentially("leeds")
    page.get_by_label("Entities by type").wait_for(state="detached")
    tab_to(page, "Clients in Leeds")
    page.keyboard.press("Space")
    tab_to(page, "Start from this report")
    page.keyboard.press("Enter")
    page.get_by_text("3 contacts match, 3 can be added").wait_for()
    assert page.get_by_text("3 rows, read in 1 call to Salesforce.").is_visible()


def test_a_report_is_chosen_without_scripts(firm: Firm, opened: Callable[..., Any]) -> None:
    browser, draft = a_draft(firm)
    page = opened(browser, java_script_enabled=False)
    page.goto(f"{draft}/source")
    page.locator("#part").fill("leeds")
    page.get_by_role("button", name="Filter").click()
    assert page.get_by_label("Entities by type").count() == 0
    page.get_by_label("Clients in Leeds").check()
    page.get_by_role("button", name="Start from this report").click()
    assert page.get_by_text("From: Report Clients in Leeds").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out_of_the_page_of_sources(
    firm: Firm, opened: Callable[..., Any], scheme: str
) -> None:
    browser, draft = a_draft(firm)
    faults, too_wide = [], []
    for width in WIDTHS[::2] + WIDTHS[-1:]:
        page = opened(browser, color_scheme=scheme, viewport={"width": width, "height": 900})
        page.goto(f"{draft}/source")
        faults += faults_of(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(width)
    assert (faults, too_wide) == ([], [])
