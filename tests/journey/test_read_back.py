"""Sent and confirmed are two states: what a change left there is read before it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import MEMBERSHIP

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"
LIE: dict[str, object] = {
    "side": "constant_contact",
    "kind": "lie",
    "method": "PUT",
    "path": "/contacts/",
}


def once(firm: Firm) -> None:
    """Let the bridge do what is due now, without waiting for another try."""
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()


def shown(firm: Firm, person: str) -> tuple[str, str]:
    [row] = firm.bridge.rows(
        "SELECT status, reason, confirmed_at FROM record_status "
        "WHERE kind = 'contact' AND sf_id = %(id)s",
        id=person,
    )
    assert row["confirmed_at"] is None
    return row["status"], row["reason"]


def stages(firm: Firm, change: str) -> list[str]:
    return [entry["stage"] for entry in firm.ledger() if entry["change"] == change]


def attempts(firm: Firm) -> int:
    return int(firm.bridge.rows("SELECT max(attempts) AS n FROM work")[0]["n"])


def test_an_unsubscription_that_is_only_claimed_is_not_confirmed(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.sandbox.faults(LIE)
    firm.tick(person)
    once(firm)
    status, reason = shown(firm, person)
    assert status == "Unsubscribe sent"
    assert (
        "not confirmed yet: Constant Contact answered that it was done, and it is still" in reason
    )
    assert stages(firm, "opted_out") == ["sent"]
    assert attempts(firm) == 1
    firm.sandbox.faults()
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.status(person) == ("Unsubscribed", "Do Not Email is ticked")
    assert stages(firm, "opted_out") == ["sent", "sent", "confirmed"]


def test_a_resubscription_that_is_only_claimed_is_not_confirmed(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.settle()
    firm.sandbox.faults(LIE)
    firm.untick(person)
    once(firm)
    status, reason = shown(firm, person)
    assert status == "Resubscribe sent"
    assert "it is still unsubscribed" in reason
    [request] = firm.bridge.rows("SELECT state, finished_at FROM resubscription")
    assert (request["state"], request["finished_at"]) == ("sent", None)
    firm.sandbox.faults()
    firm.settle()
    assert firm.status(person) == ("Subscribed", None)
    [request] = firm.bridge.rows("SELECT state, policy, reason FROM resubscription")
    assert (request["state"], request["policy"]) == ("confirmed", "firm")
    assert request["reason"].endswith("on 1 list")


def test_a_removal_that_is_only_claimed_is_tried_again(firm: Firm) -> None:
    letter, other = firm.new_list("One"), firm.new_list("Two")
    person = firm.member(ADA, letter)
    membership = firm.join(person, other)
    firm.settle()
    firm.sandbox.faults(LIE | {"times": 2})
    firm.delete(MEMBERSHIP, membership)
    firm.settle(deletes=True)
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    ended = firm.bridge.rows("SELECT state, outcome FROM step WHERE kind = 'update_contact'")
    wrong = "read back: it is still on 1 of the lists that it was taken off"
    assert [row["state"] for row in ended if row["outcome"] == wrong] == ["failed"] * 2


def test_what_was_sent_before_a_crash_is_confirmed_by_whoever_takes_it_over(firm: Firm) -> None:
    """The read is never answered: the step stays sent, and the next one looks."""
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.sandbox.faults(
        {
            "side": "constant_contact",
            "kind": "error_500",
            "method": "GET",
            "path": "/contacts/",
            "skip": 1,
            "times": 1,
        }
    )
    once(firm)
    assert shown(firm, person)[0] == "Unsubscribe sent"
    assert firm.bridge.rows("SELECT 1 FROM step WHERE state = 'sent'")
    firm.settle()
    assert stages(firm, "opted_out") == ["sent", "confirmed"]
    assert firm.status(person) == ("Unsubscribed", "Do Not Email is ticked")


@pytest.mark.parametrize("change", ["tick", "membership"])
def test_a_read_back_costs_one_call(firm: Firm, change: str) -> None:
    person = firm.person(ADA)
    firm.join(person, firm.new_list("One"))
    membership = firm.join(person, firm.new_list("Two"))
    firm.settle()
    before = len(firm.sandbox.calls("constant_contact"))
    if change == "tick":
        firm.tick(person)
        firm.settle()
    else:
        firm.delete(MEMBERSHIP, membership)
        firm.settle(deletes=True)
    calls = firm.sandbox.calls("constant_contact")[before:]
    own = [call["method"] for call in calls if call["owner"] == "bridge"]
    assert own == ["GET", "PUT", "GET"]
