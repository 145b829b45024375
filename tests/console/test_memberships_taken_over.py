"""A save whose process died after Practifi was told is taken over: nothing lost, nothing twice.

The process dies as it keeps what Practifi said: the transaction that would have marked the address
is rolled back, and the save stays as it was when it began.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.console.test_memberships import membership

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.console.browsing import Browser, Seen
    from tests.fix_clients import Office

STILL = "This takes longer than usual: Practifi has not answered yet."
UNKNOWN = "It is not known whether Practifi has this: press Save again."


@contextmanager
def dying(office: Office) -> Iterator[None]:
    """Let nobody keep what Practifi said."""
    with office.bridge.database.transaction() as tx:
        tx.execute(
            "CREATE TRIGGER dies BEFORE UPDATE ON console_saved EXECUTE FUNCTION refuse_change()"
        )
    yield
    with office.bridge.database.transaction() as tx:
        tx.execute("DROP TRIGGER dies ON console_saved")


def died(office: Office, browser: Browser, seen: Seen, **changed: object) -> tuple[Seen, str]:
    """Press Save and die; return the plan that was pressed, and the address of the opened page."""
    plan = browser.press(seen, "Save", **changed)
    with dying(office):
        assert browser.press(plan, "Save").status == 500
    return plan, f"{office.path}?page={plan.form_with('Save').fields['page']}"


def add_and_die(office: Office, browser: Browser) -> tuple[Seen, str]:
    return died(office, browser, office.add(browser, office.open(browser), "Bob", "Market Notes"))


def test_it_says_saving_then_why_it_takes_long_then_what_to_do(office: Office) -> None:
    browser = office.log_in()
    _, opened = add_and_die(office, browser)
    row = "Bob Moran bob@example.org Market Notes Saving"
    seen = browser.get(opened)
    assert row in seen.text
    assert STILL not in seen.text
    office.firm.sandbox.advance(21)
    assert f"{row} {STILL}" in browser.get(opened).text
    office.firm.sandbox.advance(40)
    seen = browser.get(opened)
    assert "Saving" not in seen.text
    assert UNKNOWN in seen.text
    assert seen.form_with("Save").fields["contact"] == office.people["Bob"]


def test_what_was_made_is_found_by_the_next_press(office: Office) -> None:
    browser = office.log_in()
    _, opened = add_and_die(office, browser)
    assert office.in_practifi("Bob") == ["Market Notes"]
    office.firm.sandbox.advance(61)
    seen = office.save(browser, browser.get(opened))
    assert "Bob Moran bob@example.org Market Notes Saved in Practifi, on its way" in seen.text
    office.firm.settle()
    assert office.in_practifi("Bob") == office.there("bob@example.org") == ["Market Notes"]


def test_the_same_press_waits_for_the_lease_and_then_takes_over(office: Office) -> None:
    browser = office.log_in()
    plan, _ = add_and_die(office, browser)
    assert "Market Notes Saving" in browser.press(plan, "Save").text
    office.firm.sandbox.advance(61)
    assert "Market Notes Saved in Practifi, on its way" in browser.press(plan, "Save").text
    office.firm.settle()
    assert office.in_practifi("Bob") == office.there("bob@example.org") == ["Market Notes"]


def test_what_was_removed_is_its_own_removal_and_can_be_put_back(office: Office) -> None:
    browser = office.log_in()
    seen = office.open(browser)
    flagged = membership(office, "Ann", "Newsletter")
    _, opened = died(office, browser, seen, remove=flagged)
    assert office.in_practifi("Ann") == []
    assert "Newsletter Saving" in browser.get(opened).text
    office.firm.sandbox.advance(61)
    seen = office.save(browser, browser.get(opened))
    assert "Removed by" not in seen.text
    office.firm.settle()
    assert office.there("ann@example.org") == []
    browser.press(browser.get(opened), "Undo")
    office.firm.settle()
    assert office.in_practifi("Ann") == office.there("ann@example.org") == ["Newsletter"]
