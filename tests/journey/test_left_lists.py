"""Whoever left a list by their own act: that follows them and stays with the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journey.firm import MEMBERSHIP

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BOB = "ada@example.org", "bob@example.org"


def test_a_list_that_somebody_left_stays_left_at_an_address_that_they_give_up(firm: Firm) -> None:
    letter = firm.new_list("Letter")
    ada = firm.member(ADA, letter)
    firm.member(BOB, letter)
    firm.settle()
    firm.leaves(ADA, firm.cc_list_id(letter))
    firm.change(ada, LastName="Hill")
    firm.settle()
    firm.change(ada, Email=BOB)
    firm.settle()
    firm.member(ADA, letter, LastName="Quist")
    firm.settle()
    assert firm.lists_of(ADA) == set()


def test_whoever_left_a_list_does_not_keep_a_sharer_on_it(firm: Firm) -> None:
    letter = firm.new_list("Letter")
    ada = firm.member(ADA, letter)
    bob = firm.person(BOB)
    joined = firm.join(bob, letter)
    firm.settle()
    firm.leaves(ADA, firm.cc_list_id(letter))
    firm.change(ada, LastName="Hill")
    firm.settle()
    firm.change(ada, Email=BOB)
    firm.settle()
    assert firm.lists_of(BOB) == {firm.cc_list_id(letter)}
    firm.delete(MEMBERSHIP, joined)
    firm.settle(deletes=True)
    assert firm.lists_of(BOB) == set()
