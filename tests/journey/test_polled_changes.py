"""An organization that sends no outbound messages: what changes is asked for, and ends the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.clock import advance
from bridge.delivery.write_back import write_back
from bridge.inbox.changes import poll_changes
from bridge.inbox.silence import poll_silence
from tests.journey.firm import UNTICKED
from tests.journey.reconciling import decide_on

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"


@pytest.fixture
def silent(firm: Firm) -> Firm:
    """A firm whose organization sends nothing, and whose bridge asks instead."""
    firm.sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    decide_on(firm, "changes=poll")
    poll(firm)
    return firm


def poll(firm: Firm) -> int:
    """Ask what changed, and carry it out, also what comes back to Practifi."""
    new = poll_changes(firm.bridge.installation)
    firm.bridge.triage()
    firm.bridge.deliver()
    write_back(firm.bridge.installation)
    return new


def later(firm: Firm, seconds: float = 60) -> None:
    """Move both clocks: the sandbox knows no bridge that it could tell."""
    firm.sandbox.advance(seconds)
    with firm.bridge.database.transaction() as tx:
        advance(tx, seconds)


def test_a_new_member_a_new_name_and_a_tick_arrive(silent: Firm) -> None:
    list_id = silent.new_list()
    ada = silent.member(ADA, list_id, FirstName="Ada")
    poll(silent)
    assert silent.there(ADA)["first_name"] == "Ada"
    later(silent)
    silent.change(ada, FirstName="Adele", LastName="Müller & <Söhne>")
    poll(silent)
    there = silent.there(ADA)
    assert (there["first_name"], there["last_name"]) == ("Adele", "Müller & <Söhne>")
    later(silent)
    silent.tick(ada)
    poll(silent)
    assert silent.permission(ADA) == "unsubscribed"
    later(silent)
    silent.change(ada, **UNTICKED)
    poll(silent)
    assert silent.permission(ADA) != "unsubscribed"


def test_a_change_is_told_once_however_often_windows_overlap(silent: Firm) -> None:
    silent.member(ADA, silent.new_list())
    with_the_answers = poll(silent) + poll(silent)
    assert (with_the_answers, poll(silent)) == (6, 0)  # ids and status come back once each
    assert {one["state"] for one in silent.notifications()} <= {"done", "superseded"}


def test_a_value_that_was_cleared_is_cleared_there(silent: Firm) -> None:
    ada = silent.member(ADA, silent.new_list(), Title="Director")
    poll(silent)
    assert silent.there(ADA)["job_title"] == "Director"
    later(silent)
    silent.change(ada, Title=None)
    poll(silent)
    assert not silent.there(ADA).get("job_title")


def test_the_bridges_own_writes_come_back_and_change_nothing(silent: Firm) -> None:
    silent.member(ADA, silent.new_list())
    poll(silent)
    writes = silent.writes()
    later(silent)
    assert poll(silent) > 0
    later(silent)
    assert poll(silent) == 0
    assert silent.writes() == writes


def test_an_organization_that_is_polled_is_not_called_silent(silent: Firm) -> None:
    silent.person(ADA)
    later(silent, 7200)
    poll_silence(silent.bridge.installation)
    assert silent.bridge.rows("SELECT object FROM silence WHERE since IS NOT NULL") == []


def test_nobody_is_asked_where_messages_come(firm: Firm) -> None:
    calls = len(firm.sandbox.calls("salesforce"))
    assert poll_changes(firm.bridge.installation) == 0
    assert len(firm.sandbox.calls("salesforce")) == calls
