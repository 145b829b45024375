"""Who opted out at an address is not brought back by what somebody did at another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journey.firm import UNTICKED

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, INES, NEW = "ada@example.org", "ines@example.org", "new@example.org"


def permission(firm: Firm, email: str) -> str:
    return str(firm.there(email)["email_address"]["permission_to_send"])


def test_a_contact_brings_no_opt_in_along_to_an_address_that_had_opted_out(firm: Firm) -> None:
    letter = firm.new_list()
    ada, ines = firm.member(ADA, letter), firm.member(INES, letter)
    firm.settle()
    firm.unsubscribes(INES)
    firm.unsubscribes(ADA)
    firm.change(ines, Email=NEW)  # her contact goes along, and what she said of the address stays
    firm.tick(ada)
    firm.settle()
    firm.untick(ada)
    firm.settle()
    assert permission(firm, ADA) == "explicit"
    firm.sandbox.advance(1)
    firm.change(ada, Email=INES)
    firm.settle()
    assert (permission(firm, INES), permission(firm, NEW)) == ("unsubscribed", "unsubscribed")


def test_who_was_ticked_at_another_address_brings_nobody_back_by_coming_here(firm: Firm) -> None:
    letter = firm.new_list()
    ines = firm.member(INES, letter)
    ada = firm.person(ADA)
    firm.settle()
    firm.unsubscribes(INES)
    firm.change(ines, Email=None)
    firm.tick(ada)
    firm.settle()
    firm.sandbox.advance(1)
    firm.change(ada, Email=INES, **UNTICKED)
    firm.join(ada, letter)
    firm.settle()
    assert permission(firm, INES) == "unsubscribed"
