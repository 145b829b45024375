"""The process of a save is killed anywhere, again and again: everybody is on the list, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults import mortal_saves
from tests.faults.mortal import mortals
from tests.journey.bulk_steps import begin, logged_in, members_there, memberships, save

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.console.browsing import Browser
    from tests.faults.mortal import Mortals
    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

pytestmark = pytest.mark.timeout(1800)

PEOPLE = 9
KILLS = 12
LONGEST_LIFE = 11  # transactions: those of a call or two


def emails(town: str) -> list[str]:
    return [f"person{number}@{town.lower()}.example.org" for number in range(PEOPLE)]


def a_save(firm: Firm, browser: Browser, town: str) -> tuple[str, str]:
    """Choose a town's people for a new list and press Save; return the list and the save's page."""
    list_id = firm.new_list(f"Letter to {town}")
    for email in emails(town):
        firm.person(email, MailingCity=town)
    firm.settle()
    draft = begin(browser, list_id)
    seen = browser.get(f"{draft}/contacts")
    seen = browser.press(seen, "Add filter", path="MailingCity", text=town)
    browser.press(seen, "Add to Selected List", all="1")
    save(browser, draft)
    return list_id, draft


def kill_often(firm: Firm, processes: Mortals, plan: random.Random, times: int) -> int:
    """Let processes die over what is due until it is done or so many died; return how many did."""
    killed = 0
    while killed < times and is_due(firm):
        killed += processes.carry_on(
            transaction=plan.randint(1, LONGEST_LIFE), kept=plan.random() < 0.5
        )
        firm.sandbox.advance(firm.bridge.installation.settings.lease_s + 1)
    while is_due(firm):
        assert not processes.carry_on()
        firm.sandbox.advance(1.0)
    return killed


def is_due(firm: Firm) -> bool:
    return bool(firm.bridge.rows("SELECT 1 FROM bulk_create WHERE due_at IS NOT NULL"))


def test_a_save_that_is_killed_anywhere_puts_everybody_on_the_list_once(
    key: str, firm: Firm, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    browser = logged_in(firm)
    killed = 0
    with mortals(firm, key, mortal_saves) as processes:
        for number in range(scaled(1)):
            town = f"Town{number:02}"
            list_id, draft = a_save(firm, browser, town)
            killed += kill_often(firm, processes, plan, KILLS)
            assert memberships(firm, list_id) == PEOPLE
            firm.settle()
            assert members_there(firm, list_id) == emails(town)
            seen = browser.get(draft)
            assert f"{PEOPLE} of {PEOPLE} confirmed" in seen.text
            assert "You can close this page" not in seen.text
    assert killed
    tally("kill -9 in a save of Bulk Create", tried=killed, survived=killed, lost=0, doubled=0)


def test_an_undo_that_is_killed_anywhere_takes_back_all_that_the_save_has_made(
    key: str, firm: Firm, plan: random.Random, tally: Tally
) -> None:
    browser = logged_in(firm)
    with mortals(firm, key, mortal_saves) as processes:
        list_id, draft = a_save(firm, browser, "Leeds")
        killed = kill_often(firm, processes, plan, KILLS)
        browser.press(browser.get(f"{draft}/undo"), "Undo")
        killed += kill_often(firm, processes, plan, KILLS)
    assert memberships(firm, list_id) == 0  # whose answer was lost counts as made by the save
    firm.settle()
    assert members_there(firm, list_id) == []
    assert f"Taken back: {PEOPLE} removed" in browser.get(draft).text
    assert killed
    tally("kill -9 in a save that is taken back", tried=killed, survived=killed, lost=0, doubled=0)
