"""What the bridge was not told of, a run finds and sets right; the rest it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import LIST, MEMBERSHIP
from tests.journey.reconciling import kinds, planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def test_everything_that_practifi_has_comes_to_be_there(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    person = deaf.member(ADA, list_id, FirstName="Ada", LastName="Moran")
    reconcile(deaf)
    assert deaf.lists_of(ADA) == {deaf.cc_list_id(list_id)}
    assert deaf.there(ADA)["first_name"] == "Ada"
    assert deaf.cc_contact_id(person) == deaf.there(ADA)["contact_id"]
    assert deaf.status(person)[0] == "Subscribed"


def test_a_plan_changes_nothing_on_either_side(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    person = deaf.member(ADA, list_id)
    assert kinds(planned(deaf, "lists")) == [("create_list", list_id)]
    run(deaf, "lists")
    writes = deaf.writes()
    assert kinds(planned(deaf, "contacts")) == [("create_contact", ADA)]
    assert deaf.all_there(ADA) == []
    assert deaf.writes() == writes
    assert deaf.status(person) == (None, None)


def test_after_a_run_there_is_no_difference_left(deaf: Firm) -> None:
    deaf.member(ADA, deaf.new_list("Letter"), Phone="+1 555 0100")
    reconcile(deaf)
    assert planned(deaf, "lists") == []
    assert planned(deaf, "contacts") == []


def test_a_change_that_was_missed_is_made(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    person = deaf.member(ADA, list_id, LastName="Moran")
    reconcile(deaf)
    deaf.change(person, LastName="Moran-Hill")
    deaf.save(LIST, list_id, Name="Quarterly letter")
    (rename,) = planned(deaf, "lists")
    assert rename.change == {"name": ("Letter", "Quarterly letter")}
    reconcile(deaf)
    assert deaf.there(ADA)["last_name"] == "Moran-Hill"
    assert planned(deaf, "lists") == planned(deaf, "contacts") == []


def test_a_change_made_there_by_hand_is_set_right_and_the_rest_is_kept(deaf: Firm) -> None:
    deaf.member(ADA, deaf.new_list("Letter"), LastName="Moran")
    reconcile(deaf)
    deaf.put(deaf.there(ADA), last_name="Typo", anniversary="2020-10-10")
    reconcile(deaf)
    there = deaf.there(ADA)
    assert (there["last_name"], there["anniversary"]) == ("Moran", "2020-10-10")


def test_a_tick_that_was_missed_unsubscribes_before_anything_else(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    person = deaf.member(BEN, list_id)
    reconcile(deaf)
    deaf.member(ADA, list_id)
    deaf.tick(person)
    steps = planned(deaf, "contacts")
    assert kinds(steps) == [("unsubscribe", BEN), ("create_contact", ADA)]
    reconcile(deaf)
    assert deaf.permission(BEN) == "unsubscribed"
    assert deaf.status(person)[0] == "Unsubscribed"


def test_a_tick_on_somebody_nobody_linked_is_found_by_address(deaf: Firm) -> None:
    deaf.post("/contacts", email_address={"address": ADA}, create_source="Account")
    deaf.tick(deaf.person(ADA))
    reconcile(deaf)
    assert deaf.permission(ADA) == "unsubscribed"


def test_an_unsubscribe_made_there_is_recorded_and_never_reversed(deaf: Firm) -> None:
    person = deaf.member(ADA, deaf.new_list("Letter"))
    reconcile(deaf)
    deaf.unsubscribes(ADA)
    reconcile(deaf)
    deaf.change(person, LastName="Changed since")
    reconcile(deaf)
    assert deaf.permission(ADA) == "unsubscribed"
    assert deaf.record("Contact", person)["HasOptedOutOfEmail"] is False
    assert [row["change"] for row in deaf.ledger() if row["acted_by"] == "person"] == ["opted_out"]


def test_a_membership_deleted_unheard_is_taken_off(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    person = deaf.person(ADA)
    membership = deaf.join(person, list_id)
    reconcile(deaf)
    deaf.delete(MEMBERSHIP, membership)
    (step,) = planned(deaf, "contacts")
    assert step.change == {"list_memberships": ([deaf.cc_list_id(list_id)], [])}
    reconcile(deaf)
    assert deaf.lists_of(ADA) == set()


def test_a_membership_that_only_constant_contact_has_stays_and_is_counted(deaf: Firm) -> None:
    deaf.member(ADA, deaf.new_list("Letter"))
    reconcile(deaf)
    foreign = deaf.post("/contact_lists", name="Web form")["list_id"]
    there = deaf.there(ADA)
    deaf.put(there, list_memberships=[*there["list_memberships"], foreign])
    record = run(deaf, "contacts")
    assert record.counters["planned"] == 0
    assert record.counters["foreign"] == {"Web form": 1}
    assert foreign in deaf.lists_of(ADA)


def test_who_left_a_list_by_their_own_act_is_not_put_back(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    deaf.member(ADA, list_id)
    reconcile(deaf)
    deaf.sandbox.control("POST", "/clock", {"advance_s": 5})
    deaf.leaves(ADA, deaf.cc_list_id(list_id))
    reconcile(deaf)
    reconcile(deaf)
    assert deaf.lists_of(ADA) == set()
    assert planned(deaf, "contacts") == []
    there = [row["change"] for row in deaf.ledger() if row["side"] == "constant_contact"]
    assert there == ["left_list"]


def test_whom_the_account_lost_is_put_back(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    deaf.member(ADA, list_id)
    reconcile(deaf)
    deaf.put(deaf.there(ADA), list_memberships=[])
    reconcile(deaf)
    assert deaf.lists_of(ADA) == {deaf.cc_list_id(list_id)}


def test_a_contact_that_was_deleted_in_practifi_leaves_its_lists(deaf: Firm) -> None:
    person = deaf.member(ADA, deaf.new_list("Letter"))
    reconcile(deaf)
    deaf.delete("Contact", person)
    reconcile(deaf)
    assert deaf.lists_of(ADA) == set()


def test_a_changed_address_moves_the_contact(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    person = deaf.member(ADA, list_id)
    reconcile(deaf)
    contact_id = deaf.there(ADA)["contact_id"]
    deaf.change(person, Email=BEN)
    reconcile(deaf)
    assert deaf.there(BEN)["contact_id"] == contact_id
    assert deaf.all_there(ADA) == []
    assert planned(deaf, "contacts") == []


def test_somebody_without_an_address_and_somebody_only_there_are_counted(deaf: Firm) -> None:
    before = run(deaf, "contacts").counters["skipped"]
    deaf.person(None)
    deaf.post("/contacts", email_address={"address": BEN}, create_source="Account")
    after = run(deaf, "contacts").counters["skipped"]
    for reason in ("no e-mail address", "only in Constant Contact"):
        assert after[reason] == before.get(reason, 0) + 1


def test_lists_of_one_name_are_one_list(deaf: Firm) -> None:
    there = deaf.post("/contact_lists", name="Letter")["list_id"]
    list_id = deaf.new_list("letter")
    (step,) = planned(deaf, "lists")
    assert (step.kind, step.cc_id) == ("link_list", there)
    run(deaf, "lists")
    assert deaf.cc_list_id(list_id) == there
    assert planned(deaf, "lists") == []


def test_the_first_plan_of_an_account_makes_the_custom_fields_that_it_fills(deaf: Firm) -> None:
    household = deaf.create("Account", Name="The Lovelace Household")
    deaf.member("ada@example.org", deaf.new_list(), AccountId=household)
    reconcile(deaf)
    (field,) = deaf.there("ada@example.org")["custom_fields"]
    assert field["value"] == "The Lovelace Household"
    assert planned(deaf, "contacts") == []
