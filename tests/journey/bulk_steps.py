"""Bulk Create as marketing uses it, and what of it is to be seen; no code under test here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from bridge.bulk_create.carry_out import create_slice
from bridge.console.access.people import make_link
from tests.console.browsing import Browser
from tests.journey.firm import MEMBERSHIP

if TYPE_CHECKING:
    from tests.console.browsing import Seen
    from tests.journey.firm import Firm

BULK = "/memberships/bulk"
QUERY = "/services/data/v66.0/query"


def a_letter(firm: Firm) -> str:
    """Save a list, and three people in Leeds and one in York who are on none; return the list."""
    list_id = firm.new_list("Autumn letter")
    for number in range(1, 5):
        city = "York" if number == 4 else "Leeds"
        firm.person(email(number), LastName=f"Moran {number}", MailingCity=city)
    firm.settle()
    return list_id


@pytest.fixture
def letter(firm: Firm) -> str:
    """A list that nobody is on, in a firm with people."""
    return a_letter(firm)


def logged_in(firm: Firm) -> Browser:
    """Return the browser of somebody who came by a log-in link."""
    with firm.bridge.database.transaction() as tx:
        link = make_link(tx, by="root")
    browser = Browser(firm.bridge.url.partition("/outbound-messages/")[0])
    browser.press(browser.get(f"/login/{link}"), "Log in")
    return browser


@pytest.fixture
def browser(firm: Firm) -> Browser:
    """The browser of somebody who came by a log-in link."""
    return logged_in(firm)


def email(number: int) -> str:
    return f"moran{number}@example.org"


def work(firm: Firm, *, for_s: float = 60.0) -> None:
    create_slice(firm.bridge.installation, until=time.monotonic() + for_s)


def begin(browser: Browser, list_id: str) -> str:
    seen = browser.press(browser.get(BULK), "Continue to Step Two", list=list_id)
    return seen.path.removesuffix("/contacts")


def chosen(browser: Browser, list_id: str, *, city: str = "Leeds") -> str:
    """Begin a draft and choose everybody of a city."""
    draft = begin(browser, list_id)
    seen = browser.press(
        browser.get(f"{draft}/contacts"), "Add filter", path="MailingCity", text=city
    )
    browser.press(seen, "Add to Selected List", all="1")
    return draft


def save(browser: Browser, draft: str) -> Seen:
    return browser.press(browser.get(f"{draft}/selected"), "Save & Finish")


def memberships(firm: Firm, list_id: str) -> int:
    soql = (
        f"SELECT COUNT() FROM {MEMBERSHIP} WHERE practifi__Constant_Contact_List__c = '{list_id}'"  # noqa: S608 -- SOQL
    )
    return int(firm.sandbox.salesforce("GET", QUERY, q=soql).json()["totalSize"])


def members_there(firm: Firm, list_id: str) -> list[str]:
    """Return the addresses on the list in Constant Contact."""
    answer = firm.sandbox.constant_contact(
        "GET", "/contacts", lists=firm.cc_list_id(list_id), limit=500
    )
    return sorted(one["email_address"]["address"] for one in answer.json()["contacts"])
