"""Two records of one person are merged: the one that is left goes on as both, opt-outs included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import MEMBERSHIP, TICKED, UNTICKED
from tests.journey.reconciling import reconcile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journey.firm import Firm

WINNER, LOSER = "ada@example.org", "ada.old@example.org"


def merge(firm: Firm, pair: tuple[str, str], **fields: object) -> None:
    body = {"master_id": pair[0], "loser_ids": [pair[1]], "fields": fields}
    firm.sandbox.control("POST", "/salesforce/merge", body)


@pytest.fixture
def pair(firm: Firm) -> tuple[str, str]:
    """The record that will be left, on no list, and the other one, on the letter's."""
    letter = firm.new_list()
    winner = firm.member(WINNER, firm.new_list("Invitations"), FirstName="Ada")
    loser = firm.member(LOSER, letter, FirstName="Ada")
    firm.settle()
    return winner, loser


def test_lists_of_the_record_that_went_are_those_of_the_one_that_is_left(
    firm: Firm, pair: tuple[str, str]
) -> None:
    [letter] = firm.lists_of(LOSER)
    merge(firm, pair)
    firm.settle(deletes=True)
    assert letter in firm.lists_of(WINNER)
    assert firm.lists_of(LOSER) == set()


OPT_OUTS: dict[str, Callable[[Firm, str], None]] = {
    "a tick": lambda firm, loser: firm.tick(loser),
    "the person": lambda firm, _: firm.unsubscribes(LOSER),
}


@pytest.mark.parametrize("is_seen", [True, False])
@pytest.mark.parametrize("opt_out", OPT_OUTS.values(), ids=OPT_OUTS)
def test_an_opt_out_of_the_record_that_went_wins(
    firm: Firm,
    pair: tuple[str, str],
    opt_out: Callable[[Firm, str], None],
    *,
    is_seen: bool,
) -> None:
    opt_out(firm, pair[1])
    if is_seen:
        firm.change(pair[1], FirstName="Adah")  # somebody looks there
        firm.settle()
    firm.bridge.receive()
    merge(firm, pair)
    firm.settle(deletes=True)
    assert firm.permission(WINNER) == "unsubscribed"
    assert firm.status(pair[0])[0] == "Unsubscribed"


def test_an_opt_out_goes_through_a_chain_of_merges(firm: Firm, pair: tuple[str, str]) -> None:
    third = firm.member("third@example.org", firm.new_list("Third"))
    firm.tick(pair[1])
    firm.settle()
    merge(firm, pair)
    merge(firm, (third, pair[0]))
    firm.settle(deletes=True)
    assert firm.permission("third@example.org") == "unsubscribed"


def test_a_list_that_the_person_left_is_not_given_to_the_record_that_is_left(
    firm: Firm, pair: tuple[str, str]
) -> None:
    [letter] = firm.lists_of(LOSER)
    firm.sandbox.advance(1.0)
    firm.leaves(LOSER, letter)
    firm.change(pair[1], FirstName="Adah")
    firm.settle()
    merge(firm, pair)
    firm.settle(deletes=True)
    assert letter not in firm.lists_of(WINNER)


def test_a_merge_that_clears_the_box_is_no_untick(firm: Firm, pair: tuple[str, str]) -> None:
    firm.change(pair[0], **TICKED)
    firm.settle()
    firm.sandbox.advance(5.0)
    merge(firm, pair, **UNTICKED)
    firm.settle(deletes=True)
    assert firm.permission(WINNER) == "unsubscribed"


@pytest.mark.parametrize("deletes", [True, False], ids=["the merge is read first", "told first"])
def test_a_tick_that_is_told_after_the_merge_that_cleared_it_stands(
    firm: Firm, pair: tuple[str, str], *, deletes: bool
) -> None:
    """A record is entered, ticked and merged before anybody has heard of it."""
    late = firm.member("late@example.org", firm.new_list("Late"))
    firm.tick(late)
    firm.sandbox.advance(1)
    merge(firm, (late, pair[1]), **UNTICKED)
    firm.settle(deletes=deletes)
    firm.settle(deletes=True)
    assert firm.status(late)[0] in {"Not sent", "Unsubscribed"}
    assert firm.all_there("late@example.org") == []


def test_a_person_who_unticks_after_a_merge_is_mailed_again(
    firm: Firm, pair: tuple[str, str]
) -> None:
    firm.tick(pair[1])
    firm.settle()
    merge(firm, pair)
    firm.settle(deletes=True)
    firm.sandbox.advance(5.0)
    firm.tick(pair[0])
    firm.settle()
    firm.sandbox.advance(5.0)
    firm.untick(pair[0])
    firm.settle()
    assert firm.permission(WINNER) == "implicit"


def test_a_record_nobody_knew_is_read_where_another_was_merged_into_it(
    firm: Firm, pair: tuple[str, str]
) -> None:
    letter = firm.new_list("Third")
    firm.settle()
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": 9})
    winner = firm.person("unheard@example.org")
    firm.bridge.receive()
    firm.sandbox.faults()
    membership = firm.join(pair[1], letter)
    firm.settle()
    merge(firm, (winner, pair[1]))
    firm.settle(deletes=True)
    assert firm.cc_list_id(letter) in firm.lists_of("unheard@example.org")
    assert firm.record(MEMBERSHIP, membership)["CC_Bridge_Status__c"] == "Confirmed"


def drop_messages(firm: Firm) -> None:
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": None})


def test_a_run_that_misses_a_record_follows_it_where_it_was_merged(
    firm: Firm, pair: tuple[str, str]
) -> None:
    drop_messages(firm)
    firm.tick(pair[1])
    merge(firm, pair)
    firm.sandbox.advance(90_000)
    reconcile(firm)
    assert firm.permission(WINNER) == "unsubscribed"
    assert firm.permission(LOSER) == "unsubscribed"


def test_a_first_look_for_deletions_goes_back_as_far_as_there_is_something_known(
    firm: Firm, pair: tuple[str, str]
) -> None:
    drop_messages(firm)
    firm.tick(pair[1])
    merge(firm, pair)
    firm.sandbox.advance(90_000)
    firm.settle(deletes=True)
    assert firm.permission(WINNER) == "unsubscribed"


def test_a_tick_stands_though_its_record_is_deleted_before_anybody_has_heard_of_it(
    firm: Firm, pair: tuple[str, str]
) -> None:
    drop_messages(firm)
    firm.tick(pair[1])
    firm.delete("Contact", pair[1])
    firm.settle(deletes=True)
    assert firm.permission(LOSER) == "unsubscribed"
