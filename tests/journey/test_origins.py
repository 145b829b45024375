"""A plan says what started it: a save, a deletion that was polled, a replay, an answer, a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.delivery.look_again import look_again
from bridge.inbox.replay import replay
from tests.journey.firm import MEMBERSHIP
from tests.journey.reconciling import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journey.firm import Firm

ADA = "ada@example.org"


def last_origin(firm: Firm) -> str:
    [row] = firm.bridge.rows("SELECT origin FROM plan ORDER BY id DESC LIMIT 1")
    return str(row["origin"])


def plans(firm: Firm) -> int:
    return len(firm.bridge.rows("SELECT id FROM plan"))


def by_message(firm: Firm, person: str, _: str) -> None:
    firm.change(person, FirstName="Adah")
    firm.settle()


def by_poll(firm: Firm, _: str, membership: str) -> None:
    firm.delete(MEMBERSHIP, membership)
    firm.settle(deletes=True)


def by_replay(firm: Firm, person: str, _: str) -> None:
    firm.put(firm.there(ADA), last_name="Typed")
    firm.bridge.rows("DELETE FROM cc_contact RETURNING contact_id")  # so that it looks there
    told = [one for one in firm.notifications() if one["record_id"] == person]
    replay(firm.bridge.installation.settings, told[-1]["notification_id"])
    firm.settle()


def by_a_page(firm: Firm, person: str, _: str) -> None:
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": 1})
    firm.change(person, FirstName="Adah")
    look_again(firm.bridge.installation, firm.bridge.connection_id, {"contact": [person]})
    firm.bridge.deliver()


def by_a_run(firm: Firm, _person: str, _membership: str) -> None:
    firm.put(firm.there(ADA), last_name="Typed")
    run(firm, "contacts")
    firm.settle()


STARTS = {
    "webhook": by_message,
    "poll": by_poll,
    "replay": by_replay,
    "console": by_a_page,
    "reconcile": by_a_run,
}


@pytest.mark.parametrize(("origin", "start"), STARTS.items(), ids=STARTS)
def test_a_plan_says_what_started_it(
    firm: Firm, origin: str, start: Callable[[Firm, str, str], None]
) -> None:
    person = firm.person(ADA, FirstName="Ada")
    membership = firm.join(person, firm.new_list())
    firm.settle()
    before = plans(firm)
    start(firm, person, membership)
    assert plans(firm) > before
    assert last_origin(firm) == origin


def test_what_a_delivery_brings_about_has_the_origin_of_that_delivery(firm: Firm) -> None:
    firm.settle()
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": 9})
    firm.member(ADA, firm.new_list())
    firm.bridge.receive()
    firm.sandbox.faults()
    run(firm, "lists")
    firm.settle()
    assert {row["origin"] for row in firm.bridge.rows("SELECT origin FROM plan")} == {"reconcile"}
