"""What random changes of both sides have found, each as short as it can be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import LIST
from tests.journey.reconciling import kinds, planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


@pytest.mark.parametrize("is_there", [True, False], ids=["revived", "created"])
def test_nobody_is_put_on_a_list_that_was_deleted_there(deaf: Firm, *, is_there: bool) -> None:
    list_id = deaf.new_list("Letter")
    deaf.member(ADA, list_id)
    reconcile(deaf)
    deaf.remove(f"/contact_lists/{deaf.cc_list_id(list_id)}")
    deaf.sandbox.advance(60)  # the vendor deletes it a little later
    if is_there:
        deaf.remove(f"/contacts/{deaf.there(ADA)['contact_id']}")
    else:
        deaf.member(BEN, list_id)
    reconcile(deaf)
    assert kinds(planned(deaf, "contacts")) == []
    assert deaf.record(LIST, list_id)["Name"] == "Letter"


def test_an_untick_does_not_lift_what_the_firm_did_there_later(deaf: Firm) -> None:
    person = deaf.member(ADA, deaf.new_list("Letter"), LastName="Moran")
    reconcile(deaf)
    deaf.tick(person)
    deaf.untick(person)
    deaf.sandbox.advance(5)
    deaf.put(
        deaf.there(ADA),
        last_name="Typo",
        email_address={"address": ADA, "permission_to_send": "unsubscribed"},
    )
    reconcile(deaf)
    reconcile(deaf)
    assert deaf.there(ADA)["last_name"] == "Moran"
    assert deaf.permission(ADA) == "unsubscribed"
    assert planned(deaf, "contacts") == []


def test_an_untick_for_one_address_does_not_lift_an_opt_out_from_another(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    ada, ben = deaf.member(ADA, list_id), deaf.member(BEN, list_id, LastName="Okafor")
    reconcile(deaf)
    deaf.unsubscribes(ADA)
    deaf.sandbox.advance(5)
    deaf.tick(ben)
    deaf.untick(ben)
    deaf.delete("Contact", ada)
    deaf.change(ben, Email=ADA)
    reconcile(deaf)
    reconcile(deaf)
    assert deaf.permission(ADA) == "unsubscribed"
    assert planned(deaf, "contacts") == []


def test_who_comes_back_after_being_deleted_there_is_subscribed_in_one_round(deaf: Firm) -> None:
    person = deaf.member(ADA, deaf.new_list("Letter"))
    reconcile(deaf)
    deaf.unsubscribes(ADA)
    deaf.remove(f"/contacts/{deaf.there(ADA)['contact_id']}")
    deaf.sandbox.advance(5)
    deaf.tick(person)
    deaf.sandbox.advance(5)
    deaf.untick(person)
    steps = planned(deaf, "contacts")
    assert kinds(steps) == [("revive_contact", ADA), ("resubscribe", ADA)]
    reconcile(deaf)
    assert deaf.permission(ADA) == "explicit"
    assert planned(deaf, "contacts") == []


def test_a_list_that_was_deleted_there_is_not_renamed_for_ever(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    reconcile(deaf)
    deaf.remove(f"/contact_lists/{deaf.cc_list_id(list_id)}")
    deaf.sandbox.advance(60)  # the vendor deletes it a little later
    deaf.save(LIST, list_id, Name="News")
    reconcile(deaf)
    record = run(deaf, "lists", "plan")
    assert record.counters["planned"] == 0
    assert list(record.counters["rejected"].values()) == [1]


def test_a_contact_that_moves_to_the_address_of_somebody_ticked_is_unsubscribed(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    ada = deaf.member(ADA, list_id)
    ben = deaf.person(BEN, LastName="Okafor")
    reconcile(deaf)
    deaf.tick(ben)
    deaf.change(ada, Email=BEN)
    reconcile(deaf)
    assert deaf.permission(BEN) == "unsubscribed"
    assert planned(deaf, "contacts") == []


def test_of_two_lists_of_one_name_one_is_made_and_the_other_reported(deaf: Firm) -> None:
    deaf.new_list("Letter")
    deaf.new_list("letter")
    reconcile(deaf)
    record = run(deaf, "lists", "plan")
    assert record.counters["planned"] == 0
    assert record.counters["rejected"] == {
        "another list of Practifi has this name: rename one of them": 1
    }


def test_an_address_that_opted_out_is_not_mailed_by_a_contact_made_there_later(deaf: Firm) -> None:
    person = deaf.person(ADA)
    deaf.tick(person)
    reconcile(deaf)
    deaf.change(person, Email=BEN)
    reconcile(deaf)
    deaf.post("/contacts", email_address={"address": ADA}, create_source="Account")
    reconcile(deaf)
    assert deaf.permission(ADA) == "unsubscribed"
    assert kinds(planned(deaf, "contacts")) == []


def test_whoever_lost_their_address_is_not_shown_as_subscribed(deaf: Firm) -> None:
    person = deaf.person(ADA)
    membership = deaf.join(person, deaf.new_list("Letter"))
    reconcile(deaf)
    deaf.settle()
    assert deaf.status(person) == ("Subscribed", None)
    deaf.sandbox.advance(2)
    deaf.change(person, Email=None)
    reconcile(deaf)
    deaf.settle()
    assert deaf.status(person) == ("Not sent", "No e-mail address in Practifi")
    assert deaf.membership_status(membership) == ("Not sent", "No e-mail address in Practifi")
