"""A record that is deleted while messages about it are still on their way does not come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.inbox.deletes import poll_deletes
from tests.journey.firm import MEMBERSHIP

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"


def test_a_membership_that_is_deleted_before_its_message_is_read_puts_nobody_on_the_list(
    firm: Firm,
) -> None:
    first, second = firm.new_list("First"), firm.new_list("Second")
    person = firm.member(ADA, first)
    firm.settle()
    membership = firm.join(person, second)
    firm.bridge.receive()
    firm.delete(MEMBERSHIP, membership)
    poll_deletes(firm.bridge.installation)
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(first)}


def test_a_message_that_is_read_after_the_deletion_changes_nothing(firm: Firm) -> None:
    first, second = firm.new_list("First"), firm.new_list("Second")
    person = firm.member(ADA, first)
    firm.settle()
    membership = firm.join(person, second)
    firm.bridge.receive()
    with firm.bridge.database.transaction() as tx:  # another worker has it, and is slow
        tx.execute("UPDATE notification SET state = 'working' WHERE state = 'received'")
    firm.delete(MEMBERSHIP, membership)
    poll_deletes(firm.bridge.installation)
    firm.bridge.triage()
    with firm.bridge.database.transaction() as tx:
        tx.execute("UPDATE notification SET state = 'received' WHERE state = 'working'")
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(first)}


def test_more_deletions_than_one_answer_holds_are_asked_for_in_parts(firm: Firm) -> None:
    letter = firm.new_list("Letter")
    firm.member(ADA, letter)
    firm.settle(deletes=True)
    memberships = [firm.join(firm.person(f"p{n}@example.org"), letter) for n in range(3)]
    firm.settle(deletes=True)
    firm.sandbox.control("PUT", "/salesforce/policy", {"most_replicated_ids": 1})
    for membership in memberships:
        firm.delete(MEMBERSHIP, membership)
        firm.sandbox.advance(1_800)
    polls = 0
    while any(firm.lists_of(f"p{n}@example.org") for n in range(3)):
        polls += 1
        assert polls < 10
        firm.settle(deletes=True)
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
