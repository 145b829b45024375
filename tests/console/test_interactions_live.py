"""Interactions after a real run, beside those of others: the pages tell what Salesforce has."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from bridge.console.access.people import begin_session, meet
from tests.console.browsing import Browser
from tests.journey.firm import Firm
from tests.journey.mailings import (
    INTERACTION,
    LINK,
    SUBJECT,
    Mailings,
    a_household,
    clicked,
    opened,
)

if TYPE_CHECKING:
    from tests.fix_bridge import RunningBridge

ADA, BEN, BOTH = "ada@example.org", "ben@example.org", "both@example.org"
QUERY = "/services/data/v66.0/query"


@pytest.fixture
def mailings(bridge: RunningBridge) -> Mailings:
    """A household whose list was mailed: somebody clicked, somebody bounced, two share one."""
    made = a_household(Firm(bridge, bridge.sandbox))
    for email, first in ((ADA, "Ada"), (BEN, "Ben"), (BOTH, "Cecil"), (BOTH, "Dora")):
        made.member(email, FirstName=first)
    made.firm.settle()
    made.send(
        opened(ADA),
        clicked(ADA),
        {"email": BEN, "kind": "bounce", "bounce_code": "B"},
        {"email": BOTH, "kind": "optout"},
    )
    made.run()
    return made


def user_of(bridge: RunningBridge) -> str:
    soql = "SELECT Id FROM User ORDER BY Username LIMIT 1"
    answer = bridge.sandbox.salesforce("GET", QUERY, q=soql)
    return str(answer.json()["records"][0]["Id"])


def log_in(bridge: RunningBridge) -> Browser:
    """Return the browser of a user of the organization who has no role in the bridge."""
    with bridge.database.transaction() as tx:
        person = meet(tx, bridge.connection_id, user_of(bridge), "Ann Adviser")
        token = begin_session(tx, person)
    parts = urlsplit(bridge.url)
    browser = Browser(f"{parts.scheme}://{parts.netloc}")
    browser.session.cookies.set("bridge-session", token)
    return browser


def forbid(bridge: RunningBridge, record_id: str) -> None:
    limits = [{"user_id": user_of(bridge), "record_id": record_id, "level": "None"}]
    bridge.sandbox.control("PUT", "/salesforce/access", limits)


def test_the_page_tells_what_the_run_has_written(bridge: RunningBridge, mailings: Mailings) -> None:
    browser = log_in(bridge)
    seen = browser.get(f"/clients/{mailings.client}/interactions")
    assert "The Lovelace Household" in seen.links
    written = [str(one[SUBJECT]) for one in mailings.interactions()]
    assert len(written) == 3
    assert set(written) <= seen.links.keys()
    one = browser.get(seen.links["Constant Contact: Market letter - Clicked"])
    assert f"{LINK} once" in one.text
    record = next(row for row in mailings.interactions() if row[SUBJECT].endswith("Clicked"))
    assert one.links["Open in Practifi"].endswith(f"/{record['Id']}")
    shared = browser.get(seen.links["Constant Contact: Market letter - Unsubscribed"])
    assert "Shares the address Dora" in shared.text or "Shares the address Cecil" in shared.text


def test_others_are_read_as_salesforce_has_them(bridge: RunningBridge, mailings: Mailings) -> None:
    call = {
        "practifi__Client__c": mailings.client,
        "practifi__Subject__c": "Talked about rates",
        "practifi__Method_Picklist__c": "Phone Call",
        "practifi__Start__c": "2026-01-05T10:00:00.000Z",
    }
    mailings.firm.create(INTERACTION, **call)
    secret = mailings.firm.create(INTERACTION, **call | {"practifi__Subject__c": "A secret"})
    forbid(bridge, secret)
    browser = log_in(bridge)
    page = browser.get(f"/clients/{mailings.client}/interactions")
    assert "Talked about rates" not in page.text
    seen = browser.press(page, "Filter", form="all")
    assert "the 200 newest others, read from Salesforce just now" in seen.text
    assert "5 Jan 2026, 10:00 UTC Talked about rates Phone Call" in seen.text
    assert "4 Interactions" in seen.text
    assert "A secret" not in seen.text


def test_only_the_newest_others_are_read(bridge: RunningBridge, mailings: Mailings) -> None:
    for number in range(203):
        mailings.firm.create(
            INTERACTION,
            practifi__Client__c=mailings.client,
            practifi__Subject__c=f"Call {number}",
            practifi__Start__c=f"2025-{1 + number // 28:02d}-{1 + number % 28:02d}T10:00:00.000Z",
        )
    seen = log_in(bridge).get(
        f"/clients/{mailings.client}/interactions?form=all&sort=date&order=asc"
    )
    assert "203 Interactions" in seen.text
    assert "Call 3 " in seen.text
    assert "Call 2 " not in seen.text


def test_a_client_that_salesforce_hides_is_not_found(
    bridge: RunningBridge, mailings: Mailings
) -> None:
    forbid(bridge, mailings.client)
    assert log_in(bridge).get(f"/clients/{mailings.client}/interactions").status == 404
