"""Salesforce has stopped sending: seen half an hour later, by the object and its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.inbox.silence import poll_silence
from bridge.status.alarms import alarms
from bridge.status.gather import read_watched
from tests.journey.reconciling import reconcile

if TYPE_CHECKING:
    from bridge.status.model import Alarm
    from tests.journey.firm import Firm

TEN_MINUTES_S = 600.0


def silent(firm: Firm, *, after_minutes: int) -> list[Alarm]:
    """Let time pass, ask Salesforce each ten minutes what changed, and return what is said."""
    bridge = firm.bridge
    for _ in range(after_minutes // 10):
        firm.sandbox.advance(TEN_MINUTES_S)
        poll_silence(bridge.installation)
    with bridge.database.transaction() as tx:
        found = alarms(read_watched(tx, bridge.installation.settings))
    return [alarm for alarm in found if alarm.cause == "salesforce_silent"]


def post_to(firm: Firm, url: str) -> None:
    """Let Salesforce post to another address."""
    firm.sandbox.control("PUT", "/salesforce/endpoint", {"url": url})


@pytest.fixture
def ada(firm: Firm) -> str:
    """Somebody on a list, of whom everything was told."""
    ada = firm.member("ada@example.org", firm.new_list())
    firm.settle()
    assert silent(firm, after_minutes=10) == []
    return ada


@pytest.fixture
def unheard(firm: Firm, ada: str) -> str:
    """The same, whose name was changed while Salesforce posted to another address."""
    post_to(firm, f"{firm.bridge.url}-of-another-installation")
    firm.change(ada, LastName="Byron")
    return ada


def test_while_notifications_come_nothing_is_silent(firm: Firm, ada: str) -> None:
    firm.change(ada, LastName="Byron")
    firm.settle()
    assert silent(firm, after_minutes=180) == []


def test_changes_that_nobody_is_told_of_are_named_after_half_an_hour(
    firm: Firm, unheard: str
) -> None:
    assert unheard
    (definition,) = firm.bridge.rows(
        "SELECT DISTINCT action_id FROM notification WHERE object = 'Contact'"
    )
    assert silent(firm, after_minutes=20) == []
    (alarm,) = silent(firm, after_minutes=20)
    assert alarm.about == "Contact"
    assert "1 record of Contact changed" in alarm.says
    assert f"outbound message {definition['action_id']}" in alarm.says


def test_the_next_notification_ends_the_silence_and_a_night_does_not(
    firm: Firm, unheard: str
) -> None:
    assert len(silent(firm, after_minutes=40)) == 1
    reconcile(firm)
    assert len(silent(firm, after_minutes=10)) == 1
    post_to(firm, firm.bridge.url)
    firm.change(unheard, LastName="King")
    firm.settle()
    assert silent(firm, after_minutes=10) == []


def test_what_the_bridge_missed_itself_may_come_for_two_hours(firm: Firm, unheard: str) -> None:
    assert unheard
    firm.sandbox.advance(3_600)
    assert silent(firm, after_minutes=120) == []
    assert len(silent(firm, after_minutes=40)) == 1
