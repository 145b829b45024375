"""Consent does not wait for what goes in bulk, and nothing that goes in bulk undoes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.loading import (
    SOME,
    account,
    address,
    change_all,
    go_in_bulk_early,
    in_flight,
    left_over,
    load,
    until_posted,
)

if TYPE_CHECKING:
    from tests.journey.firm import Firm


@pytest.fixture
def on_its_way(firm: Firm, loaded: tuple[str, list[str]]) -> tuple[str, list[str]]:
    """A second list, and people who have arrived and join it, on their way there in bulk."""
    _, people = loaded
    account(firm, bulk_wait_s=60)
    second = firm.new_list("Events")
    firm.settle()
    for person in people:
        firm.join(person, second)
    until_posted(firm)
    return firm.cc_list_id(second), people


def work_once(firm: Firm) -> None:
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()


def test_a_tick_is_carried_out_while_an_import_is_on_its_way(
    firm: Firm, on_its_way: tuple[str, list[str]]
) -> None:
    second, people = on_its_way
    firm.tick(people[4])
    work_once(firm)
    assert in_flight(firm)
    assert firm.permission(address(4)) == "unsubscribed"
    firm.settle()
    assert firm.permission(address(4)) == "unsubscribed"
    assert second in firm.lists_of(address(5))
    assert firm.status(people[4]) == ("Unsubscribed", "Do Not Email is ticked")


def test_a_persons_own_opt_out_meanwhile_stands(
    firm: Firm, on_its_way: tuple[str, list[str]]
) -> None:
    second, people = on_its_way
    firm.unsubscribes(address(4))
    firm.settle()
    assert firm.permission(address(4)) == "unsubscribed"
    assert second not in firm.lists_of(address(4))
    status, reason = firm.status(people[4])
    assert status == "Unsubscribed"
    assert "by the person" in str(reason)


def test_an_untick_meanwhile_ends_with_the_lists_of_practifi(
    firm: Firm, on_its_way: tuple[str, list[str]]
) -> None:
    second, people = on_its_way
    firm.tick(people[4])
    work_once(firm)
    firm.untick(people[4])
    firm.settle()
    assert firm.permission(address(4)) != "unsubscribed"
    assert second in firm.lists_of(address(4))


def test_who_ticks_before_their_import_has_made_them_is_not_mailable_after_it(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_in_bulk_early(monkeypatch)
    list_id = firm.new_list()
    firm.settle()
    account(firm, bulk_wait_s=60)
    people = load(firm, list_id)
    until_posted(firm)
    firm.tick(people[4])
    work_once(firm)
    firm.settle()
    assert firm.permission(address(4)) == "unsubscribed"
    assert firm.permission(address(5)) == "implicit"
    assert left_over(firm) == []


def test_who_has_opted_out_before_is_never_added_by_an_import(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody here has read these contacts before; the account says that they opted out."""
    go_in_bulk_early(monkeypatch)
    list_id = firm.new_list()
    firm.settle()
    for number in range(SOME):
        firm.post(
            "/contacts",
            email_address={"address": address(number), "permission_to_send": "implicit"},
            create_source="Account",
            list_memberships=[firm.cc_list_id(list_id)],
        )
    firm.unsubscribes(address(4))
    contact = firm.there(address(6))
    firm.remove(f"/contacts/{contact['contact_id']}")
    load(firm, list_id)
    firm.settle()
    assert firm.permission(address(4)) == "unsubscribed"
    assert firm.permission(address(5)) == "implicit"
    assert len(firm.all_there(address(6))) == 1
    assert "deleted_at" not in firm.there(address(6))


def test_who_leaves_a_list_before_the_import_is_sent_is_not_put_back(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_in_bulk_early(monkeypatch)
    list_id = firm.new_list()
    firm.settle()
    people = load(firm, list_id)
    firm.settle()
    firm.leaves(address(4), firm.cc_list_id(list_id))
    change_all(firm, people, Title="Member")
    firm.settle()
    assert firm.lists_of(address(4)) == set()
    assert firm.there(address(4))["job_title"] == "Member"
    assert firm.there(address(5))["job_title"] == "Member"
    assert left_over(firm) == []
