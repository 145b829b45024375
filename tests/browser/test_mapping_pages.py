"""Mappings and Unresolved in Chromium: checked as one types, by the keyboard, without scripts."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.test_pages import faults_of
from tests.console.people import a_contact, a_list, lets_see, mapped, there, unresolved
from tests.console.typing_in import in_force
from tests.unit.mapping_builders import HEAD, contact_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.browsing import Browser
    from tests.fix_console import Desk

HOME = "home@example.org"
NAMED = contact_yaml("first_name: {from: LastName, transform: [upper]}")


def a_couple(desk: Desk) -> tuple[Browser, int]:
    """Return an operator who sees Ann and Ben, who share an address, and the matter about it."""
    mapped(desk)
    letter = a_list(desk)
    ann, ben = a_contact(desk, 1, on=letter), a_contact(desk, 2, on=letter, FirstName="Ben")
    there(desk, ann, ben, on=letter, first_name="Ann", last_name="Moran")
    number = unresolved(desk, "shared_address", HOME, ann, ben)
    browser = desk.log_in("operator")
    lets_see(desk, ann, ben)
    return browser, number


def test_a_text_is_checked_while_one_types(desk: Desk, opened: Callable[..., Any]) -> None:
    browser, _ = a_couple(desk)
    page = opened(browser)
    page.goto("/mappings/contact.yaml")
    page.evaluate("window.isSame = true")
    page.get_by_label("Contact: e-mail, name or Id").fill("ben")
    page.get_by_role("heading", name="Ben Moran").wait_for()
    area = page.get_by_role("textbox", name="contact.yaml")
    area.fill(NAMED)
    page.get_by_role("cell", name="MORAN differs").wait_for()
    assert page.get_by_text("Changes 1 of 1 contact.").is_visible()
    area.fill(f"{HEAD}fields:\n  email_address: $email\n  frist_name: FirstName\n")
    page.get_by_text("did you mean first_name?").wait_for()
    assert faults_of(page) == []
    page.get_by_role("link", name="Line 6, column 3").click()
    chosen = "((t) => t.value.slice(t.selectionStart, t.selectionEnd))(document.activeElement)"
    assert page.evaluate(chosen) == "  frist_name: FirstName"
    area.fill(NAMED)
    page.get_by_role("cell", name="MORAN differs").wait_for()
    assert page.evaluate("window.isSame") is True
    assert desk.rows("SELECT 1 FROM mapping_edit") == []


def test_who_has_been_logged_out_is_told_and_keeps_the_text(desk: Desk, chromium: Any) -> None:
    browser, _ = a_couple(desk)
    with closing(chromium.new_context(base_url=browser.url)) as context:
        cookies = browser.session.cookies.items()
        context.add_cookies(
            [{"name": name, "value": value, "url": browser.url} for name, value in cookies]
        )
        page = context.new_page()
        page.goto("/mappings/contact.yaml")
        desk.rows("DELETE FROM console_session")
        area = page.get_by_role("textbox", name="contact.yaml")
        area.fill(NAMED)
        page.get_by_text("The console does not answer").wait_for()
        assert area.input_value() == NAMED
        assert page.locator("main").count() == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_text_is_reviewed_and_activated(
    desk: Desk, opened: Callable[..., Any], *, scripts: bool
) -> None:
    browser, _ = a_couple(desk)
    page = opened(browser, java_script_enabled=scripts)
    page.goto("/mappings/contact.yaml?who=ben")
    page.get_by_role("textbox", name="contact.yaml").fill(NAMED.replace("upper", "uper"))
    page.get_by_role("button", name="Check").click()
    page.get_by_text("did you mean upper?").first.wait_for()
    page.get_by_role("textbox", name="contact.yaml").fill(NAMED)
    page.get_by_role("button", name="Keep and review").click()
    page.get_by_text("Changes 1 of 1 contact.").wait_for()
    page.get_by_role("button", name="Activate").click()
    page.get_by_text("In force from now on.").wait_for()
    assert in_force(desk)["contact.yaml"] == NAMED


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_browser_keeps_marks_blanks_and_line_ends(
    desk: Desk, opened: Callable[..., Any], end: str
) -> None:
    browser, _ = a_couple(desk)
    text = f"\ufeff{end}# kept  {end}{NAMED.replace(chr(10), end)}"
    desk.rows(
        "UPDATE mapping_version"
        " SET files = files || jsonb_build_object('contact.yaml', %(text)s::text)",
        text=text,
    )
    page = opened(browser)
    page.goto("/mappings/contact.yaml")
    area = page.get_by_role("textbox", name="contact.yaml")
    area.press("Control+End")
    page.keyboard.type("# typed  ")
    page.get_by_role("button", name="Keep and review").click()
    page.get_by_role("button", name="Activate").click()
    page.get_by_text("In force from now on.").wait_for()
    assert in_force(desk)["contact.yaml"].encode() == f"{text}# typed  ".encode()


def test_a_matter_is_settled_by_the_keyboard_alone(desk: Desk, opened: Callable[..., Any]) -> None:
    browser, _ = a_couple(desk)
    page = opened(browser)
    page.goto("/unresolved")

    def press(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText || ''").strip() == name:
                page.keyboard.press("Enter")
                return
        raise AssertionError(f"no way by Tab to {name}")

    press(HOME)
    page.wait_for_url("**/unresolved/*")
    page.get_by_role("button", name="Choose Ben Moran").focus()
    page.keyboard.press("Enter")
    page.get_by_text("first name Ann → Ben").wait_for()
    press("Choose Ben Moran")
    page.get_by_text("Chosen. It is done at once.").wait_for()
    assert len(desk.rows("SELECT 1 FROM unresolved WHERE choice IS NOT NULL")) == 1
