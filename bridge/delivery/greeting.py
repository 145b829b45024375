"""By which name an address is greeted that several people of one household share. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.mapping.targets import Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.delivery.model import Person

_NAMES = ("first_name", "last_name")
_LONGEST = Target(("first_name",)).limit


def greet_household(people: Sequence[Person]) -> tuple[Person, ...]:
    """Return people who share an address with the name of their household in place of their own.

    Whoever takes no part shares nothing. One person alone keeps their own name, and so do people of
    several households, or of one that has no name.
    """
    sharers = [person for person in people if person.wanted is not None]
    households = {person.household for person in sharers}
    if len(sharers) < 2 or len(households) > 1 or None in households:  # noqa: PLR2004 -- or nobody
        return tuple(people)
    return tuple(
        person
        if person.wanted is None
        else replace(person, wanted=as_household(person.wanted, person.household))
        for person in people
    )


def as_household(wanted: Mapping[str, Any], household: str | None) -> Mapping[str, Any]:
    """Return what is wanted of a contact with the household's name in place of the person's.

    It stands where a greeting looks for it first, and the other name is empty; a name that the
    mapping does not give stays out of it.

    >>> as_household({"first_name": "Ann", "last_name": "Moran"}, "The Moran family")
    {'first_name': 'The Moran family', 'last_name': None}
    >>> as_household({"last_name": "Moran"}, "The Moran family")
    {'last_name': 'The Moran family'}
    """
    given = [name for name in _NAMES if name in wanted]
    if household is None or not given:
        return wanted
    first, *others = given
    return {**wanted, first: household[:_LONGEST].rstrip(), **dict.fromkeys(others)}


def household_of(text: str | None) -> str | None:
    """Return a household's name as it is written there; None where it has none.

    >>> household_of(" The  Moran family "), household_of(" ")
    ('The Moran family', None)
    """
    return " ".join((text or "").split()) or None
