"""What no rule settles: found by runs, chosen by a person, cleared when its cause is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb

from bridge.unresolved.choose import choose, read_open, undo
from tests.journey.firm import LIST
from tests.journey.reconciling import decide_on, planned, reconcile, run

if TYPE_CHECKING:
    from bridge.unresolved.choose import Row
    from tests.journey.firm import Firm

HOME, OTHER = "home@example.org", "other@example.org"
ELSEWHERE = "0a0b0c0d-0000-4000-8000-00000000abcd"


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def unresolved(firm: Firm) -> list[Row]:
    with firm.bridge.database.transaction() as tx:
        return read_open(tx)


def pick(firm: Firm, row: Row, person: str) -> None:
    with firm.bridge.database.transaction() as tx:
        choose(tx, row.id, person, by="ann")
    firm.settle()


def a_couple(firm: Firm) -> tuple[str, str]:
    """Return two people with one address and a membership each."""
    letter = firm.new_list("Letter")
    ada = firm.member(HOME, letter, FirstName="Ada", LastName="Moran")
    ben = firm.member(HOME, letter, FirstName="Ben", LastName="Moran")
    return ada, ben


def test_a_firm_that_asks_chooses_whose_fields_are_sent(deaf: Firm) -> None:
    decide_on(deaf, "owner=ask")
    ada, ben = a_couple(deaf)
    reconcile(deaf)
    before = deaf.there(HOME)["first_name"]
    (row,) = unresolved(deaf)
    assert (row.kind, row.about) == ("shared_address", HOME)
    assert [one["contact"] for one in row.candidates] == sorted([ada, ben])
    pick(deaf, row, ben if before == "Ada" else ada)
    assert deaf.there(HOME)["first_name"] == ("Ben" if before == "Ada" else "Ada")
    reconcile(deaf)
    assert unresolved(deaf) == []
    assert planned(deaf, "contacts") == []


def test_a_firm_with_a_rule_is_asked_nothing(deaf: Firm) -> None:
    a_couple(deaf)
    reconcile(deaf)
    assert unresolved(deaf) == []


def test_a_choice_that_is_taken_back_waits_again(deaf: Firm) -> None:
    decide_on(deaf, "owner=ask")
    _, ben = a_couple(deaf)
    reconcile(deaf)
    (row,) = unresolved(deaf)
    pick(deaf, row, ben)
    with deaf.bridge.database.transaction() as tx:
        undo(tx, row.id, by="ann")
    assert [one.id for one in unresolved(deaf)] == [row.id]
    run(deaf, "contacts")
    assert [one.id for one in unresolved(deaf)] == [row.id]


def test_a_choice_ends_with_the_address(deaf: Firm) -> None:
    decide_on(deaf, "owner=ask")
    ada, ben = a_couple(deaf)
    reconcile(deaf)
    (row,) = unresolved(deaf)
    pick(deaf, row, ben)
    deaf.change(ben, Email=OTHER)
    reconcile(deaf)
    assert deaf.there(HOME)["first_name"] == "Ada"
    deaf.change(ben, Email=HOME)
    reconcile(deaf)
    assert [one["contact"] for one in unresolved(deaf)[0].candidates] == sorted([ada, ben])


def test_the_primary_member_is_sent_and_none_or_two_are_asked_about(deaf: Firm) -> None:
    names = Jsonb({"contact": {"primary_member": "DoNotCall"}})
    deaf.bridge.rows("UPDATE connection SET object_names = %(names)s RETURNING id", names=names)
    decide_on(deaf, "owner=primary_member")
    ada, ben = a_couple(deaf)
    deaf.change(ben, DoNotCall=True)
    reconcile(deaf)
    assert deaf.there(HOME)["first_name"] == "Ben"
    assert unresolved(deaf) == []
    deaf.change(ada, DoNotCall=True)
    reconcile(deaf)
    assert deaf.there(HOME)["first_name"] == "Ben"
    assert [row.kind for row in unresolved(deaf)] == ["shared_address"]


def test_two_records_of_one_person_are_shown_until_one_is_gone(deaf: Firm) -> None:
    deaf.person(HOME, FirstName="Ada", LastName="Moran")
    second = deaf.person(HOME, FirstName="ada ", LastName="MORAN")
    reconcile(deaf)
    assert [(row.kind, row.about) for row in unresolved(deaf)] == [("duplicate", HOME)]
    deaf.delete("Contact", second)
    reconcile(deaf)
    assert unresolved(deaf) == []


def test_two_lists_of_one_name_are_shown_until_one_is_renamed(deaf: Firm) -> None:
    first, second = deaf.new_list("Letter"), deaf.new_list("letter")
    run(deaf, "lists")
    (row,) = unresolved(deaf)
    assert (row.kind, row.about) == ("list_name", "letter")
    assert {one["list"] for one in row.candidates} == {first, second}
    deaf.save(LIST, second, Name="Invitations")
    run(deaf, "lists")
    assert unresolved(deaf) == []


def test_a_record_that_holds_an_id_of_another_account_is_shown(deaf: Firm) -> None:
    person = deaf.person(HOME, practifi__Constant_Contact_ID__c=ELSEWHERE)
    reconcile(deaf)
    (row,) = unresolved(deaf)
    assert (row.kind, row.about) == ("other_account", person)
    deaf.change(person, practifi__Constant_Contact_ID__c=None)
    reconcile(deaf)
    assert unresolved(deaf) == []
