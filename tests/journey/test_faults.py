"""What goes wrong on the way ends right: every effect once, nothing lost, nothing doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import LIST

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"


def fault(kind: str, **more: object) -> dict[str, object]:
    return {"side": "constant_contact", "kind": kind, "times": 1, **more}


LOST_ANSWERS = ["drop_after", "half_body"]
FAILURES = ["drop_before", "error_500", "html", "throttled", "wrong_type"]


@pytest.mark.parametrize("kind", [*LOST_ANSWERS, *FAILURES])
def test_a_contact_is_created_once_whatever_its_answer(firm: Firm, kind: str) -> None:
    letter = firm.new_list()
    firm.settle()
    person = firm.member(ADA, letter, FirstName="Ada")
    firm.sandbox.faults(fault(kind, method="POST", path="/contacts$"))
    firm.settle()
    assert len(firm.all_there(ADA)) == 1
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    assert firm.cc_contact_id(person) == firm.there(ADA)["contact_id"]
    assert firm.status(person) == ("Subscribed", None)


@pytest.mark.parametrize("kind", [*LOST_ANSWERS, *FAILURES])
def test_a_list_is_created_once_whatever_its_answer(firm: Firm, kind: str) -> None:
    firm.sandbox.faults(fault(kind, method="POST", path="/contact_lists$"))
    letter = firm.new_list("Quarterly letter")
    firm.settle()
    found = firm.sandbox.constant_contact("GET", "/contact_lists").json()["lists"]
    assert [each["list_id"] for each in found if each["name"] == "Quarterly letter"] == [
        firm.cc_list_id(letter)
    ]
    assert firm.record(LIST, letter)["CC_Bridge_Status__c"] == "Confirmed"


@pytest.mark.parametrize("kind", [*LOST_ANSWERS, *FAILURES])
def test_an_opt_out_goes_through_whatever_its_answer(firm: Firm, kind: str) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.sandbox.faults(fault(kind, method="PUT", path="/contacts/"))
    firm.tick(person)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.status(person) == ("Unsubscribed", "Do Not Email is ticked")
    stages = [(entry["change"], entry["stage"]) for entry in firm.ledger()]
    assert ("opted_out", "confirmed") in stages


@pytest.mark.parametrize("kind", [*LOST_ANSWERS, *FAILURES])
def test_a_resubscription_goes_through_whatever_its_answer(firm: Firm, kind: str) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    firm.tick(person)
    firm.settle()
    firm.sandbox.faults(fault(kind, method="PUT", path="/contacts/"))
    firm.untick(person)
    firm.settle()
    assert firm.permission(ADA) == "explicit"
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    status, reason = firm.status(person)
    assert status == "Subscribed"
    assert (reason or "").endswith("evidence outstanding")
    [request] = firm.bridge.rows("SELECT * FROM resubscription")
    assert request["state"] == "confirmed"
    assert request["evidence_due_at"] is not None
    firm.unsubscribes(ADA)
    firm.change(person, FirstName="Ada")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"


@pytest.mark.parametrize("kind", [*LOST_ANSWERS, *FAILURES])
def test_a_change_of_address_ends_right_whatever_its_answer(firm: Firm, kind: str) -> None:
    letter = firm.new_list()
    person = firm.member("old@example.org", letter)
    firm.settle()
    contact_id = firm.there("old@example.org")["contact_id"]
    firm.sandbox.faults(fault(kind, method="PUT", path="/contacts/"))
    firm.change(person, Email="new@example.org")
    firm.settle()
    assert firm.all_there("old@example.org") == []
    assert firm.there("new@example.org")["contact_id"] == contact_id
    assert firm.lists_of("new@example.org") == {firm.cc_list_id(letter)}


@pytest.mark.parametrize("kind", [*LOST_ANSWERS, *FAILURES])
@pytest.mark.parametrize("method", ["GET", "PATCH", "POST"])
def test_statuses_and_ids_come_back_whatever_salesforce_answers(
    firm: Firm, kind: str, method: str
) -> None:
    letter = firm.new_list()
    firm.sandbox.faults(fault(kind, method=method) | {"side": "salesforce", "times": 2})
    person = firm.member(ADA, letter)
    firm.settle()
    assert firm.cc_contact_id(person) == firm.there(ADA)["contact_id"]
    assert firm.status(person) == ("Subscribed", None)


@pytest.mark.parametrize("kind", ["expired_session"])
@pytest.mark.parametrize("side", ["salesforce", "constant_contact"])
def test_an_expired_session_is_renewed(firm: Firm, kind: str, side: str) -> None:
    letter = firm.new_list()
    firm.settle()
    firm.sandbox.faults(fault(kind) | {"side": side})
    person = firm.member(ADA, letter)
    firm.settle()
    assert firm.status(person) == ("Subscribed", None)


def test_a_spent_quota_waits_for_the_next_day_and_goes_on(firm: Firm) -> None:
    letter = firm.new_list()
    firm.settle()
    firm.sandbox.faults(fault("quota"))
    person = firm.member(ADA, letter)
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    assert firm.status(person) == ("Subscribed", None)


@pytest.mark.parametrize("kind", ["repeat", "reorder"])
def test_messages_that_come_twice_or_out_of_order_change_nothing(firm: Firm, kind: str) -> None:
    firm.sandbox.faults({"side": "outbound", "kind": kind})
    letter = firm.new_list()
    person = firm.member(ADA, letter, FirstName="Ada")
    firm.settle()
    for name in ("Augusta", "Countess"):
        firm.change(person, FirstName=name)
    firm.tick(person)
    firm.untick(person)
    firm.settle()
    assert firm.there(ADA)["first_name"] == "Countess"
    assert firm.permission(ADA) == "implicit"
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}


def test_a_contact_that_is_created_there_meanwhile_is_taken_over(firm: Firm) -> None:
    """The list waits there for its first answer; somebody enters the same person by hand."""
    letter = firm.new_list()
    firm.settle()
    person = firm.member(ADA, letter)
    firm.bridge.receive()
    firm.bridge.triage()
    made = firm.post(
        "/contacts",
        email_address={"address": ADA, "permission_to_send": "explicit"},
        create_source="Contact",
    )
    firm.settle()
    assert firm.there(ADA)["contact_id"] == made["contact_id"] == firm.cc_contact_id(person)
    assert firm.permission(ADA) == "explicit"


@pytest.mark.parametrize("share", [0.3])
@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "error_500", "half_body"])
def test_a_household_ends_right_although_every_third_call_fails(
    firm: Firm, kind: str, share: float
) -> None:
    firm.sandbox.faults(
        {"side": "constant_contact", "kind": kind, "share": share, "path": "/v3/"},
        {"side": "salesforce", "kind": kind, "share": share / 3, "path": "/services/data"},
    )
    letter = firm.new_list()
    edith = firm.member("family@example.org", letter, FirstName="Edith")
    walter = firm.member("family@example.org", letter, FirstName="Walter")
    ines = firm.member(ADA, letter)
    firm.settle()
    firm.tick(edith)
    firm.change(ines, Email="ines@example.org")
    firm.settle()
    firm.untick(edith)
    firm.settle()
    firm.sandbox.faults()
    there = firm.cc_list_id(letter)
    assert firm.lists_of("family@example.org") == firm.lists_of("ines@example.org") == {there}
    assert firm.permission("family@example.org") == "implicit"
    assert firm.all_there(ADA) == []
    assert {firm.status(each) for each in (edith, walter, ines)} == {("Subscribed", None)}
