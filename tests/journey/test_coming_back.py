"""Coming back after a person's own opt-out: held, asked, or lifted only with evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.consent.coming_back.answer import (
    approve,
    give_evidence,
    look_at_overdue,
    refuse,
    set_rules,
)
from bridge.consent.statement import Statement
from tests.journey.firm import UNTICKED

if TYPE_CHECKING:
    from datetime import date

    from tests.journey.firm import Firm

ADA = "ada@example.org"
VIA, ON = "CC_Bridge_Resubscribe_Asked_Via__c", "CC_Bridge_Resubscribe_Asked_On__c"
A_MONTH_S = 30 * 86_400


def rules(firm: Firm, *assignments: str) -> None:
    with firm.bridge.database.transaction() as tx:
        set_rules(tx, firm.bridge.connection_id, assignments, by="Olive")


def comes_back(firm: Firm, *, email: str = ADA, lists: int = 1, **fields: object) -> str:
    """A member opts out, is ticked, and is unticked with these fields in the same save."""
    person = firm.person(email, FirstName="Ada")
    for number in range(lists):
        firm.join(person, firm.new_list(f"Letter {number}"))
    firm.settle()
    unticked_again(firm, person, email=email, **fields)
    return person


def unticked_again(firm: Firm, person: str, *, email: str = ADA, **fields: object) -> None:
    if not firm.all_there(email):
        firm.post(
            "/contacts",
            email_address={"address": email, "permission_to_send": "implicit"},
            create_source="Account",
        )
    firm.unsubscribes(email)
    firm.sandbox.advance(1)
    firm.tick(person)
    firm.settle()
    firm.sandbox.advance(1)
    firm.change(person, **UNTICKED, **fields)
    firm.settle()


def today(firm: Firm) -> date:
    day: date = firm.bridge.rows("SELECT app_now()::date AS day")[0]["day"]
    return day


def asked(via: str, on: str) -> dict[str, Any]:
    """The fields of a save that says how somebody asked to be mailed again."""
    return {VIA: via, ON: on}


def request(firm: Firm) -> dict[str, object]:
    found = firm.bridge.rows("SELECT * FROM resubscription ORDER BY id")
    return found[-1]


def reason(firm: Firm, person: str) -> str:
    status, text = firm.status(person)
    assert status == "Unsubscribed"
    return text or ""


def changes(firm: Firm) -> list[tuple[str, str]]:
    return [(entry["change"], entry["stage"]) for entry in firm.ledger()]


# Evidence


def test_without_evidence_a_person_stays_unsubscribed_and_the_status_says_so(firm: Firm) -> None:
    rules(firm, "policy=evidence")
    person = comes_back(firm)
    assert firm.permission(ADA) == "unsubscribed"
    assert reason(firm, person).endswith("; waits for evidence of who asked, when and how")
    assert request(firm)["state"] == "waiting_evidence"


def test_evidence_given_by_command_lifts_it_at_once(firm: Firm) -> None:
    rules(firm, "policy=evidence")
    person = comes_back(firm)
    statement = Statement(via="telephone", on=today(firm), by="Olive")
    with firm.bridge.database.transaction() as tx:
        give_evidence(tx, int(str(request(firm)["id"])), statement)
    firm.settle()
    assert firm.permission(ADA) == "explicit"
    assert firm.status(person) == ("Subscribed", None)
    assert (request(firm)["state"], request(firm)["evidence_by"]) == ("confirmed", "Olive")
    assert ("evidence", "seen") in changes(firm)


def test_evidence_in_the_same_save_lifts_it_at_once(firm: Firm) -> None:
    rules(firm, "policy=evidence")
    day = today(firm).isoformat()
    person = comes_back(firm, **asked("letter", day))
    assert firm.permission(ADA) == "explicit"
    assert firm.status(person) == ("Subscribed", None)
    assert request(firm)["asked_via"] == "letter"


def test_evidence_from_before_the_opt_out_is_none(firm: Firm) -> None:
    rules(firm, "policy=evidence")
    comes_back(firm, **asked("letter", "2020-01-01"))
    assert firm.permission(ADA) == "unsubscribed"
    assert request(firm)["evidence_at"] is None


def test_evidence_given_later_closes_what_was_outstanding(firm: Firm) -> None:
    person = comes_back(firm)
    assert (firm.status(person)[1] or "").endswith("evidence outstanding")
    day = today(firm).isoformat()
    firm.change(person, **asked("meeting", day))
    firm.settle()
    assert request(firm)["asked_via"] == "meeting"
    assert firm.status(person) == ("Subscribed", None)


# The person is asked


def test_the_person_is_asked_once_and_waited_for(firm: Firm) -> None:
    rules(firm, "policy=confirm")
    person = comes_back(firm)
    assert firm.permission(ADA) == "unsubscribed"
    assert "; waiting for the person since " in reason(firm, person)
    asked = [path for _, path in firm.writes() if "/contacts/resubscribe/" in path]
    firm.change(person, FirstName="Augusta")
    firm.settle()
    assert len(asked) == 1
    assert [path for _, path in firm.writes() if "/contacts/resubscribe/" in path] == asked


def test_a_person_who_confirms_is_back_on_their_lists(firm: Firm) -> None:
    rules(firm, "policy=confirm")
    person = comes_back(firm, lists=2)
    firm.sandbox.control("POST", "/constant-contact/confirm", {"email": ADA})
    firm.change(person, FirstName="Augusta")
    firm.settle()
    assert firm.permission(ADA) == "explicit"
    assert len(firm.lists_of(ADA)) == 2
    assert firm.status(person) == ("Subscribed", None)
    assert request(firm)["state"] == "confirmed"
    assert changes(firm)[-1] == ("opted_in", "confirmed")


def test_after_30_days_without_an_answer_the_person_stays_unsubscribed(firm: Firm) -> None:
    rules(firm, "policy=confirm")
    person = comes_back(firm)
    firm.sandbox.advance(A_MONTH_S + 1)
    with firm.bridge.database.transaction() as tx:
        assert look_at_overdue(tx) == 1
    firm.settle()
    assert reason(firm, person).endswith("; not confirmed, stays unsubscribed")
    assert request(firm)["state"] == "not_confirmed"
    assert changes(firm)[-1] == ("opted_in", "refused")


def test_a_second_try_wants_evidence(firm: Firm) -> None:
    rules(firm, "policy=confirm")
    person = comes_back(firm)
    firm.sandbox.advance(A_MONTH_S + 1)
    with firm.bridge.database.transaction() as tx:
        look_at_overdue(tx)
    firm.settle()
    firm.tick(person)
    firm.settle()
    firm.untick(person)
    firm.settle()
    assert request(firm)["state"] == "waiting_evidence"
    assert "mails one confirmation a contact" in reason(firm, person)


def test_a_confirmation_that_somebody_else_used_up_wants_evidence(firm: Firm) -> None:
    rules(firm, "policy=confirm")
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    contact_id = firm.there(ADA)["contact_id"]
    body = {"list_ids": [firm.cc_list_id(letter)]}
    path = f"/contacts/resubscribe/{contact_id}"
    assert firm.sandbox.constant_contact("PUT", path, body).ok
    unticked_again(firm, person)
    assert request(firm)["state"] == "waiting_evidence"


def test_a_contact_on_no_list_cannot_be_asked_and_says_so(firm: Firm) -> None:
    rules(firm, "policy=confirm")
    person = firm.person(ADA)
    unticked_again(firm, person)
    assert request(firm)["state"] == "waiting_evidence"
    assert "only a contact that is on a list" in reason(firm, person)
    firm.join(person, firm.new_list())
    firm.settle()
    assert request(firm)["state"] == "waiting_person"


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_the_person_is_asked_whatever_the_answer(firm: Firm, kind: str) -> None:
    rules(firm, "policy=confirm")
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    fault = {"side": "constant_contact", "kind": kind, "times": 1, "path": "/resubscribe/"}
    firm.sandbox.faults(fault)
    unticked_again(firm, person)
    assert request(firm)["state"] == "waiting_person"
    assert firm.there(ADA)["email_address"]["confirm_status"] == "pending"


def test_a_country_can_be_stricter_than_the_firm(firm: Firm) -> None:
    rules(firm, "country.DE=evidence")
    comes_back(firm, MailingCountry="Germany")
    assert firm.permission(ADA) == "unsubscribed"
    comes_back(firm, email="ben@example.org", MailingCountry="United States")
    assert firm.permission("ben@example.org") == "explicit"


def test_rules_that_are_loosened_lift_nothing_that_waits(firm: Firm) -> None:
    rules(firm, "policy=evidence")
    person = comes_back(firm)
    rules(firm, "policy=practifi")
    firm.change(person, FirstName="Augusta")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"


# Too many at once


def test_a_held_request_goes_on_once_it_is_approved(firm: Firm) -> None:
    rules(firm, "mass_limit=0")
    person = comes_back(firm)
    assert reason(firm, person).endswith("waits for an approver")
    with firm.bridge.database.transaction() as tx:
        approve(tx, None, by="Olive")
    firm.settle()
    assert firm.permission(ADA) == "explicit"
    assert ("approved", "seen") in changes(firm)
    assert request(firm)["approved_by"] == "Olive"


def test_a_held_request_that_is_refused_stays_unsubscribed(firm: Firm) -> None:
    rules(firm, "mass_limit=0")
    person = comes_back(firm)
    with firm.bridge.database.transaction() as tx:
        refuse(tx, [int(str(request(firm)["id"]))], by="Olive")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert reason(firm, person).endswith("; refused by Olive")
    firm.change(person, FirstName="Augusta")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"


def test_the_firm_s_own_opt_outs_are_lifted_however_many(firm: Firm) -> None:
    rules(firm, "mass_limit=1")
    letter = firm.new_list()
    addresses = [f"p{number}@example.org" for number in range(3)]
    people = [firm.member(address, letter) for address in addresses]
    firm.settle()
    for person in people:
        firm.tick(person)
    firm.settle()
    for person in people:
        firm.untick(person)
    firm.settle()
    assert {firm.permission(address) for address in addresses} == {"implicit"}
