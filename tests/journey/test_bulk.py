"""Many changes at once: they go in bulk, and end as each would have ended by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.delivery import assemble
from bridge.inbox.deletes import poll_deletes
from tests.journey.firm import MEMBERSHIP
from tests.journey.loading import (
    FEW,
    SOME,
    account,
    address,
    calls,
    change_all,
    imports,
    single_writes,
    until_posted,
)

if TYPE_CHECKING:
    from bridge.delivery.model import Person
    from tests.journey.firm import Firm


def test_new_people_arrive_by_one_import(firm: Firm, loaded: tuple[str, list[str]]) -> None:
    list_id, people = loaded
    there = firm.there(address(7))
    assert there["first_name"] == "Name 7"
    assert there["list_memberships"] == [firm.cc_list_id(list_id)]
    assert firm.cc_contact_id(people[7]) == there["contact_id"]
    assert firm.status(people[7]) == ("Subscribed", None)
    assert imports(firm) == 1
    assert single_writes(firm) == []
    assert len(calls(firm)) <= 12
    assert {row["state"] for row in firm.notifications()} <= {"done", "superseded"}


def test_a_change_of_many_takes_one_import_and_confirms_each(
    firm: Firm, loaded: tuple[str, list[str]]
) -> None:
    _, people = loaded
    change_all(firm, people, Title="Member", MailingCity="Leeds", MailingCountry="United Kingdom")
    firm.settle()
    for number in range(SOME):
        there = firm.there(address(number))
        assert there["job_title"] == "Member"
        assert there["first_name"] == f"Name {number}"
        assert there["street_addresses"][0]["city"] == "Leeds"
    assert (imports(firm), single_writes(firm)) == (2, [])
    steps = firm.bridge.rows("SELECT DISTINCT state FROM step WHERE bulk_activity_id IS NOT NULL")
    assert steps == [{"state": "confirmed"}]


def test_a_second_list_is_joined_and_left_in_bulk(
    firm: Firm, loaded: tuple[str, list[str]]
) -> None:
    first, people = loaded
    second = firm.new_list("Events")
    firm.settle()
    memberships = [firm.join(person, second) for person in people]
    firm.settle()
    both = {firm.cc_list_id(first), firm.cc_list_id(second)}
    assert all(firm.lists_of(address(number)) == both for number in range(SOME))
    for membership in memberships:
        firm.delete(MEMBERSHIP, membership)
    firm.settle(deletes=True)
    only = {firm.cc_list_id(first)}
    assert all(firm.lists_of(address(number)) == only for number in range(SOME))
    assert single_writes(firm) == []
    assert ("POST", "/v3/activities/remove_list_memberships") in calls(firm)


def test_a_removal_in_bulk_counts_only_where_the_account_shows_it(
    firm: Firm, loaded: tuple[str, list[str]]
) -> None:
    first, people = loaded
    second = firm.new_list("Events")
    firm.settle()
    memberships = [firm.join(person, second) for person in people]
    firm.settle()
    for membership in memberships:
        firm.delete(MEMBERSHIP, membership)
    poll_deletes(firm.bridge.installation)
    until_posted(firm)
    firm.sandbox.advance(120)
    both = sorted((firm.cc_list_id(first), firm.cc_list_id(second)))
    firm.put(firm.there(address(3)), list_memberships=both)  # as if it had taken no effect
    firm.settle()
    ends = firm.bridge.rows(
        "SELECT state, count(*) AS count FROM step WHERE bulk_activity_id IS NOT NULL"
        " AND subject_key = %(key)s GROUP BY state ORDER BY state",
        key=address(3),
    )
    assert ends[-1] == {"state": "skipped", "count": 1}
    assert len(single_writes(firm)) == 1
    only = {firm.cc_list_id(first)}
    assert all(firm.lists_of(address(number)) == only for number in range(SOME))


def test_a_few_changes_go_singly(firm: Firm, loaded: tuple[str, list[str]]) -> None:
    _, people = loaded
    change_all(firm, people[: FEW - 1], Title="Member")
    firm.settle()
    assert imports(firm) == 1
    assert len(single_writes(firm)) == FEW - 1


def test_what_an_import_cannot_say_goes_singly_beside_it(
    firm: Firm, loaded: tuple[str, list[str]]
) -> None:
    list_id, people = loaded
    long = f"{'x' * 45}@example.org"
    firm.member(long, list_id)
    change_all(firm, people, Title="Member")
    firm.change(people[0], FirstName=None)
    firm.settle()
    assert "first_name" not in firm.there(address(0))
    assert firm.lists_of(long) == {firm.cc_list_id(list_id)}
    assert imports(firm) == 2
    assert len(single_writes(firm)) == 2


def test_a_refused_row_ends_as_a_dead_letter_in_the_vendors_words(
    firm: Firm, loaded: tuple[str, list[str]]
) -> None:
    _, people = loaded
    account(firm, first_name_refuses_periods=True)
    change_all(firm, people, Title="Member")
    firm.change(people[3], FirstName="J. R.")
    firm.settle()
    assert firm.there(address(3))["first_name"] == "Name 3"
    assert firm.there(address(4))["job_title"] == "Member"
    dead = [row for row in firm.notifications() if row["state"] == "dead"]
    assert {row["record_id"] for row in dead} == {people[3]}
    assert "first_name" in dead[0]["reason"]
    assert single_writes(firm) == []


@pytest.mark.parametrize("outcome", ["failed", "cancelled", "timed_out"])
def test_an_activity_that_does_not_come_to_its_end_is_made_up_for(
    firm: Firm, loaded: tuple[str, list[str]], outcome: str
) -> None:
    _, people = loaded
    account(firm, bulk_outcome=outcome)
    change_all(firm, people, Title="Member")
    firm.settle()
    assert all(firm.there(address(number))["job_title"] == "Member" for number in range(SOME))


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "error_500"])
def test_an_import_whose_answer_was_lost_is_not_sent_twice(
    firm: Firm, loaded: tuple[str, list[str]], kind: str
) -> None:
    _, people = loaded
    fault = {"side": "constant_contact", "method": "POST", "path": r"json_import", "times": 1}
    firm.sandbox.faults(fault | {"kind": kind})
    change_all(firm, people, Title="Member")
    firm.settle()
    assert all(firm.there(address(number))["job_title"] == "Member" for number in range(SOME))
    assert imports(firm) <= (2 if kind == "drop_after" else 3)
    assert single_writes(firm) == []


def test_a_change_that_comes_while_an_import_is_on_its_way_wins(
    firm: Firm, loaded: tuple[str, list[str]]
) -> None:
    _, people = loaded
    account(firm, bulk_wait_s=20)
    change_all(firm, people, Title="Member")
    until_posted(firm)
    firm.change(people[5], Title="Former member")
    firm.settle()
    assert firm.there(address(5))["job_title"] == "Former member"
    assert firm.there(address(6))["job_title"] == "Member"


def test_who_moves_while_an_import_is_on_its_way_is_one_contact(
    firm: Firm, loaded: tuple[str, list[str]]
) -> None:
    list_id, people = loaded
    before = firm.there(address(5))["contact_id"]
    account(firm, bulk_wait_s=20)
    change_all(firm, people, Title="Member")
    until_posted(firm)
    firm.change(people[5], Email="elsewhere@example.org")
    firm.settle()
    assert firm.there("elsewhere@example.org")["contact_id"] == before
    assert firm.lists_of("elsewhere@example.org") == {firm.cc_list_id(list_id)}
    assert firm.all_there(address(5)) == []


def test_a_record_on_which_the_bridge_fails_holds_up_nobody_else(
    firm: Firm, loaded: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes by itself, where it becomes a dead letter; the others go in bulk as ever."""
    genuine = assemble._person

    def fails(row: dict[str, Any], *others: Any) -> Person:
        if row["fields"].get("Title") == "Undecidable":
            raise ZeroDivisionError
        return genuine(row, *others)

    _, people = loaded
    monkeypatch.setattr(assemble, "_person", fails)
    change_all(firm, people, Title="Member")
    firm.change(people[3], Title="Undecidable")
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()
    firm.sandbox.advance(60)
    firm.bridge.deliver()
    titles = [firm.there(address(number)).get("job_title") for number in range(SOME)]
    assert titles == ["Member"] * 3 + [None] + ["Member"] * (SOME - 4)
    assert single_writes(firm) == []
    monkeypatch.undo()
    firm.settle()
    assert firm.there(address(3))["job_title"] == "Undecidable"
