"""The clients of a larger firm, drawn so that both stand-ins tell of the same people.

Either side asks for the clientele by itself and gets the same one: it comes from the seed alone.
One client in a hundred differs between the two sides, as after a year without anybody looking.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from sandbox.world import World

COUNTS = {"medium": 10_000, "large": 100_000}
"""Contacts of the sizes that have a name; any other number is a size as well."""

LISTS = ("Quarterly Letter", "Market Notes", "Invitations", "Tax Season", "Year in Review")

Difference = Literal["missing_there", "name_there", "off_list_there", "unsubscribed_there"]

_FIRST = (
    *("Ada", "Ben", "Clara", "Dmitri", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kaya"),
    *("Liam", "Mina", "Noor", "Oskar", "Paula", "Quentin", "Rosa", "Samuel", "Tess", "Umar"),
    *("Vera", "Wilma", "Xavier", "Yara", "Zeno", "Aoife", "Björn", "Chloé", "Dario", "Esme"),
)
_LAST = (
    *("Abbot", "Brandt", "Calloway", "Dvorak", "Eriksen", "Fontaine", "Grant", "Hollis", "Ibarra"),
    *("Jansen", "Keller", "Lindgren", "Marsh", "Novak", "O'Dell", "Prescott", "Quayle", "Ruiz"),
    *("Sandoval", "Thorne", "Ueda", "Vance", "Whitlock", "Xu", "Yates", "Zamora", "Bellamy"),
)
_PLACES = (
    ("Portland", "ME", "04101"),
    ("Camden", "ME", "04843"),
    ("Portsmouth", "NH", "03801"),
    ("Boston", "MA", "02108"),
    ("Burlington", "VT", "05401"),
    ("Providence", "RI", "02903"),
    ("Hartford", "CT", "06103"),
)
_STREETS = ("Mill Lane", "Harbor Street", "Quarry Road", "Elm Court", "Beacon Terrace")
_DIFFERENCES: tuple[Difference, ...] = (
    "missing_there",
    "name_there",
    "off_list_there",
    "unsubscribed_there",
)
_TWO_HAVE_ONE_ADDRESS = 0.08
_DIFFER = 0.0125  # of those who are on a list: one in a hundred of all
_OPTED_OUT = 0.03
_ON_NO_LIST = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A person of a household.

    Attributes:
        cc_id: Id of the contact in Constant Contact; one for all who share an address.
        lists: Places in `LISTS`.
        difference: What is not the same there.
    """

    first_name: str
    last_name: str
    email: str
    phone: str
    cc_id: str
    lists: tuple[int, ...]
    do_not_email: bool
    difference: Difference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHousehold:
    """A client of the firm: one, two or three people at one postal address."""

    name: str
    street: str
    city: str
    state: str
    postal_code: str
    people: tuple[Client, ...]


def count_of(size: str) -> int:
    """Return how many contacts a size stands for; 0 for the sizes without a clientele.

    Raises:
        ValueError: If there is no such size.
    """
    if size in {"empty", "small"}:
        return 0
    count = COUNTS.get(size) or (int(size) if size.isdecimal() else 0)
    if not count:
        message = f"no size {size!r}: empty, small, {', '.join(COUNTS)}, or a number of contacts"
        raise ValueError(message)
    return count


def list_ids(world: World) -> tuple[str, ...]:
    """Return the ids of the clientele's lists in Constant Contact."""
    draws = world.generator("clientele/lists")
    return tuple(_uuid(draws) for _ in LISTS)


def clientele(world: World, count: int) -> Iterator[ClientHousehold]:
    """Yield the households of this many people."""
    draws = world.generator("clientele")
    number = 0
    while number < count:
        members = min(draws.choice((1, 2, 2, 2, 3)), count - number)
        yield _household(draws, number, members)
        number += members


def _household(draws: random.Random, number: int, members: int) -> ClientHousehold:
    last_name = draws.choice(_LAST)
    city, state, postal_code = draws.choice(_PLACES)
    people: list[Client] = []
    for place in range(members):
        shares = bool(people) and draws.random() < _TWO_HAVE_ONE_ADDRESS
        people.append(_client(draws, number + place, last_name, people[0] if shares else None))
    return ClientHousehold(
        name=f"{last_name} Household {number:,}",
        street=f"{draws.randrange(1, 300)} {draws.choice(_STREETS)}",
        city=city,
        state=state,
        postal_code=postal_code,
        people=tuple(people),
    )


def _client(draws: random.Random, number: int, last_name: str, spouse: Client | None) -> Client:
    first_name = draws.choice(_FIRST)
    phone = f"({draws.choice((207, 401, 603, 617, 802))}) 555-01{draws.randrange(100):02}"
    cc_id = _uuid(draws)
    lists = tuple(place for place in range(len(LISTS)) if draws.random() < 1 / 3)
    if draws.random() < _ON_NO_LIST:
        lists = ()
    differs = draws.random() < _DIFFER
    do_not_email = draws.random() < _OPTED_OUT
    if spouse is not None:
        # Only the first of them has a contact there, whose name is hers.
        return Client(
            first_name=first_name,
            last_name=last_name,
            email=spouse.email,
            phone=phone,
            cc_id=spouse.cc_id,
            lists=spouse.lists,
            do_not_email=spouse.do_not_email,
            difference=None,
        )
    domain = draws.choice(("example.org", "example.com", "example.net"))
    return Client(
        first_name=first_name,
        last_name=last_name,
        email=f"client{number}@{domain}",
        phone=phone,
        cc_id=cc_id,
        lists=lists,
        do_not_email=do_not_email,
        difference=draws.choice(_DIFFERENCES) if differs and lists and not do_not_email else None,
    )


def _uuid(draws: random.Random) -> str:
    return str(UUID(int=draws.getrandbits(128), version=4))
