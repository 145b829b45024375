"""By which name people are greeted who share an address, and what a changed policy does to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.reconciling import decide_on, kinds, planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

HOME = "home@example.org"


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def a_couple(firm: Firm) -> tuple[str, str, str]:
    """Let two people of a household share an address; return them, and the household."""
    household = firm.create("Account", Name="The Moran family")
    letter = firm.new_list("Letter")
    ada, ben = (
        firm.member(HOME, letter, FirstName=name, LastName="Moran", AccountId=household)
        for name in ("Ada", "Ben")
    )
    return ada, ben, household


def greeted(firm: Firm) -> tuple[str | None, str | None]:
    there = firm.there(HOME)
    return there.get("first_name"), there.get("last_name")


def test_a_household_is_greeted_by_its_name_until_one_is_alone(deaf: Firm) -> None:
    decide_on(deaf, "shared_name=household")
    _, ben, household = a_couple(deaf)
    reconcile(deaf)
    assert greeted(deaf) == ("The Moran family", None)
    assert planned(deaf, "contacts") == []
    deaf.save("Account", household, Name="The Moran-Hill family")
    run(deaf, "contacts", extent="full")
    assert greeted(deaf) == ("The Moran-Hill family", None)
    deaf.change(ben, Email="ben@example.org")
    reconcile(deaf)
    assert greeted(deaf) == ("Ada", "Moran")
    assert planned(deaf, "contacts") == []


@pytest.mark.parametrize("extent", ["full", "incremental"])
def test_a_changed_policy_greets_who_was_greeted_otherwise(deaf: Firm, extent: str) -> None:
    a_couple(deaf)
    reconcile(deaf)
    assert greeted(deaf) == ("Ada", "Moran")
    decide_on(deaf, "shared_name=household")
    run(deaf, "contacts", extent=extent)  # type: ignore[arg-type]
    assert greeted(deaf) == ("The Moran family", None)
    decide_on(deaf, "shared_name=owner")
    assert kinds(planned(deaf, "contacts")) == [("update_contact", HOME)]


def test_a_message_greets_as_a_run_does(firm: Firm) -> None:
    decide_on(firm, "shared_name=household")
    a_couple(firm)
    firm.settle()
    assert greeted(firm) == ("The Moran family", None)


@pytest.mark.parametrize("extent", ["full", "incremental"])
def test_a_changed_owner_policy_sends_whom_it_names(deaf: Firm, extent: str) -> None:
    letter = deaf.new_list("Letter")
    old = deaf.person(HOME, FirstName="Ada", LastName="Moran")
    deaf.sandbox.advance(60)
    deaf.member(HOME, letter, FirstName="Ben", LastName="Moran")
    reconcile(deaf)
    assert greeted(deaf)[0] == "Ben", "who is on no list comes after who is"
    deaf.join(old, letter)
    reconcile(deaf)
    assert greeted(deaf)[0] == "Ben", "an owner stays"
    decide_on(deaf, "owner=oldest")
    run(deaf, "contacts", extent=extent)  # type: ignore[arg-type]
    assert greeted(deaf)[0] == "Ada"
    assert planned(deaf, "contacts") == []
