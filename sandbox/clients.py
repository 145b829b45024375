"""The clients of a firm of any size: the same for both stand-ins, made one by one.

Both read the same people from the same seed, so what a first comparison of the two finds is what
one of them was told to keep differently.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTACTS = {"empty": 0, "small": 0, "medium": 10_000, "large": 100_000}
"""Size to the contacts that the firm has beside its first twenty households."""

LISTS = ("Quarterly Letter", "Market Commentary", "Client Events", "Prospects")

_FIRST_NAMES = (
    *("Ada", "Amara", "Anders", "Aoife", "Asha", "Bea", "Benedikt", "Bianca", "Bruno", "Cara"),
    *("Cedric", "Chiara", "Conrad", "Dalia", "Darius", "Delphine", "Edwin", "Elif", "Emil", "Esme"),
    *("Fabian", "Farah", "Felix", "Fiona", "Gael", "Gemma", "Gideon", "Greta", "Hana", "Hugo"),
    *("Ida", "Imran", "Ingrid", "Isaac", "Ivana", "Jasper", "Joana", "Kamal", "Karin", "Kenta"),
    *("Lars", "Laila", "Leo", "Lucia", "Magnus", "Maren", "Milo", "Nadia", "Noor", "Oscar"),
    *("Paloma", "Quentin", "Rania", "Rufus", "Selma", "Stefan", "Tamsin", "Umar", "Vera", "Wanda"),
)
_LAST_NAMES = (
    *("Aldridge", "Ashworth", "Bakker", "Bellamy", "Brandt", "Calloway", "Castro", "Dalgaard"),
    *("Delacroix", "Eriksen", "Farouk", "Fenwick", "Galanis", "Greenleaf", "Halloran", "Hoang"),
    *("Ibarra", "Ivanov", "Jansen", "Joshi", "Kamara", "Kessler", "Lachance", "Lowell", "Maddox"),
    *("Marchetti", "Nakamura", "Novak", "Obi", "Ortega", "Pemberton", "Qureshi", "Rasmussen"),
    *("Rivera", "Salazar", "Sinclair", "Takeda", "Thornton", "Valdez", "Weatherby"),
)  # fmt: skip
_STREETS = (
    "Alder",
    "Bridge",
    "Chapel",
    "Dock",
    "Elder",
    "Foundry",
    "Garden",
    "Hill",
    "Ivy",
    "Mill",
)
_TOWNS = (
    ("Portland", "ME", "04101"),
    ("Camden", "ME", "04843"),
    ("Portsmouth", "NH", "03801"),
    ("Concord", "NH", "03301"),
    ("Boston", "MA", "02108"),
    ("Gloucester", "MA", "01930"),
    ("Burlington", "VT", "05401"),
    ("Stowe", "VT", "05672"),
)
_TITLES = (
    "Architect",
    "Dentist",
    "Engineer",
    "Judge",
    "Nurse",
    "Pilot",
    "Retired",
    "Teacher",
    None,
)
_DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class Client:
    """A person of a household.

    Attributes:
        shares_address: The address is that of the household's first person.
        has_opted_out: The person wants no mail.
        lists: Names of the lists that the person belongs on.
    """

    first_name: str
    last_name: str
    email: str | None
    shares_address: bool
    has_opted_out: bool
    born_on: str
    title: str | None
    mobile: str
    lists: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClientHousehold:
    """One to three people at one postal address; the first is the primary member."""

    name: str
    kind: str
    street: str
    town: tuple[str, str, str]
    people: tuple[Client, ...]


def contacts_of(size: str) -> int:
    """Return how many contacts a size adds to the first twenty households.

    Args:
        size: One of `CONTACTS`, or a number of contacts.

    Raises:
        ValueError: If it is neither.

    >>> contacts_of("medium"), contacts_of("1000000")
    (10000, 1000000)
    """
    if size in CONTACTS:
        return CONTACTS[size]
    if size.isascii() and size.isdigit():
        return int(size)
    message = f"no firm of size {size!r}: {', '.join(CONTACTS)}, or a number of contacts"
    raise ValueError(message)


def households(seed: int, contact_count: int) -> Iterator[ClientHousehold]:
    """Yield households until they hold so many people; the same seed gives the same ones."""
    draws = random.Random(f"{seed}/clients")  # noqa: S311 - believable data, nothing secret
    number = 0
    while number < contact_count:
        people_count = min(draws.choice((1, 2, 2, 2, 3)), contact_count - number)
        yield _household(draws, number, people_count)
        number += people_count


def _household(draws: random.Random, number: int, people_count: int) -> ClientHousehold:
    last_name = draws.choice(_LAST_NAMES)
    if draws.random() < 0.1:  # noqa: PLR2004 - one in ten has a double name
        last_name = f"{last_name}-{draws.choice(_LAST_NAMES)}"
    kind = "Prospect" if draws.random() < 0.15 else "Client"  # noqa: PLR2004 - about one in seven
    shares = draws.random() < 0.25  # noqa: PLR2004 - every fourth couple has one address
    people: list[Client] = []
    for place in range(people_count):
        shares_address = shares and place == 1
        email = people[0].email if shares_address else _address(draws, last_name, number + place)
        people.append(_person(draws, last_name, email, kind, shares_address=shares_address))
    return ClientHousehold(
        name=f"{last_name} Household",
        kind=kind,
        street=f"{draws.randrange(1, 400)} {draws.choice(_STREETS)} Street",
        town=draws.choice(_TOWNS),
        people=tuple(people),
    )


def _address(draws: random.Random, last_name: str, number: int) -> str | None:
    if draws.random() < 0.03:  # noqa: PLR2004 - few have none
        return None
    return f"{last_name.lower()}.{number}@{draws.choice(_DOMAINS)}"


def _person(
    draws: random.Random, last_name: str, email: str | None, kind: str, *, shares_address: bool
) -> Client:
    if kind == "Prospect":
        lists: tuple[str, ...] = ("Prospects",)
    else:
        lists = LISTS[: draws.choice((1, 1, 1, 2, 3))]
    return Client(
        first_name=draws.choice(_FIRST_NAMES),
        last_name=last_name,
        email=email,
        shares_address=shares_address and email is not None,
        has_opted_out=draws.random() < 0.02 and not shares_address,  # noqa: PLR2004 - few
        born_on=f"{draws.randrange(1935, 2004)}-{draws.randrange(1, 13):02}-"
        f"{draws.randrange(1, 29):02}",
        title=draws.choice(_TITLES),
        mobile=f"(207) 555-01{draws.randrange(100):02}",
        lists=lists if email is not None else (),
    )
