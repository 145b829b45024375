"""Compare both sides with the oracle; no code under test here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.machine.oracle import Grade

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.machine.oracle import Oracle

SET_BACKS = 3
"""How often somebody there has to set a field back before the bridge leaves it to them."""


@dataclass(frozen=True, kw_only=True)
class There:
    """A contact of Constant Contact."""

    contact_id: str
    address: str
    permission: str
    lists: frozenset[str]
    is_deleted: bool
    fields: Mapping[str, str | None]

    @property
    def is_mailable(self) -> bool:
        """Whether a campaign would reach it."""
        return not self.is_deleted and self.permission in {"implicit", "explicit"}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was read from both sides.

    Attributes:
        there: Address -> the contact there.
        names_there: List there -> its name.
        shown: Record -> (status, id there), as Practifi shows them.
    """

    there: Mapping[str, There]
    names_there: Mapping[str, str]
    shown: Mapping[str, tuple[str | None, str | None]]


def contact_of(row: Mapping[str, Any]) -> There:
    """Return a contact as the API of Constant Contact answers it."""
    address = row["email_address"]
    phones = {one["kind"]: one["phone_number"] for one in row.get("phone_numbers") or ()}
    return There(
        contact_id=row["contact_id"],
        address=address["address"].lower(),
        permission=address["permission_to_send"],
        lists=frozenset(row.get("list_memberships") or ()),
        is_deleted=bool(row.get("deleted_at")),
        fields={
            "first_name": row.get("first_name"),
            "last_name": row.get("last_name"),
            "mobile": "".join(filter(str.isdigit, phones.get("mobile", ""))) or None,
        },
    )


def complaints(oracle: Oracle, seen: Seen) -> list[str]:
    """Return what is not as the rules want it, in words; nothing where all is well."""
    found = [words for address in _addresses(oracle, seen) for words in _at(oracle, seen, address)]
    return found + list(_lists(oracle, seen)) + list(_nowhere(oracle, seen))


def owners(oracle: Oracle, seen: Seen) -> dict[str, str]:
    """Return contact there -> whose fields it has."""
    return {
        contact.contact_id: who
        for address, contact in seen.there.items()
        for who in oracle.at(address)
        if contact.fields == oracle.people[who].fields
    }


def became_mailable(
    oracle: Oracle, before: Mapping[str, There], now: Mapping[str, There]
) -> list[str]:
    """Return what made somebody mailable who has opted out, between two looks.

    An untick is in the oracle before the bridge can have heard of it: whatever makes a contact
    mailable while its address is out rests on nothing.
    """
    known = {one.contact_id: one for one in before.values()}
    return [
        f"{address} became mailable after an opt-out"
        for address, contact in now.items()
        if contact.is_mailable
        and oracle.grade(address) is Grade.OUT
        and contact.contact_id in known
        and known[contact.contact_id].permission == "unsubscribed"
    ]


def _addresses(oracle: Oracle, seen: Seen) -> list[str]:
    here = {person.address for person in oracle.people.values() if person.address}
    return sorted(here | set(seen.there))


def _at(oracle: Oracle, seen: Seen, address: str) -> Iterator[str]:
    contact = seen.there.get(address)
    grade = oracle.grade(address)
    if contact is None or contact.is_deleted:
        if grade is Grade.IN and _sure(oracle, seen, address):
            yield f"{address} is on a list in Practifi and not there"
    else:
        if contact.is_mailable and grade is Grade.OUT:
            yield f"{address} is mailable after an opt-out"
        if not contact.is_mailable and grade is Grade.IN:
            yield f"{address} is {contact.permission} and never opted out, or came back"
        yield from _memberships(oracle, seen, contact)
        yield from _fields(oracle, contact)
    yield from _statuses(oracle, seen, address, contact)


def _sure(oracle: Oracle, seen: Seen, address: str) -> set[str]:
    """Return the lists there on which the contact of an address has to be."""
    return {
        str(list_id)
        for of_list in oracle.wanted(address)
        if oracle.left(address, of_list) is Grade.IN
        and (list_id := seen.shown[of_list][1]) is not None
    }


def _memberships(oracle: Oracle, seen: Seen, contact: There) -> Iterator[str]:
    address = contact.address
    if contact.is_mailable and oracle.grade(address) is Grade.IN:
        for list_id in sorted(_sure(oracle, seen, address) - contact.lists):
            yield f"{address} is not on {seen.names_there.get(list_id, list_id)}"
    wanted = {seen.shown[of_list][1]: of_list for of_list in oracle.wanted(address)}
    for list_id in sorted(contact.lists):
        if (contact.contact_id, list_id) in oracle.by_hand:
            continue
        name = seen.names_there.get(list_id, list_id)
        if list_id not in wanted:
            yield f"{address} is on {name}, where nobody in Practifi has it"
        elif oracle.left(address, wanted[list_id]) is Grade.OUT:
            yield f"{address} is on {name} again, which the person had left"


def _fields(oracle: Oracle, contact: There) -> Iterator[str]:
    people = oracle.at(contact.address)
    if not oracle.wanted(contact.address):
        return
    # What is set back there again and again is left as it is, and shown.
    left = {"last_name"} if oracle.typed_over[contact.address] >= SET_BACKS else set()
    here = _without(contact.fields, left)
    holders = [who for who in people if here == _without(oracle.people[who].fields, left)]
    owner = oracle.owners.get(contact.contact_id)
    if not holders:
        yield f"{contact.address} has the fields of nobody there: {dict(contact.fields)}"
    elif owner and oracle.stayed(owner, contact.address) and owner not in holders:
        yield f"{contact.address} has the fields of {holders}, though {owner} owned it and stayed"


def _without(fields: Mapping[str, str | None], left: set[str]) -> dict[str, str | None]:
    return {name: value for name, value in fields.items() if name not in left}


def _statuses(oracle: Oracle, seen: Seen, address: str, contact: There | None) -> Iterator[str]:
    is_there = contact is not None and not contact.is_deleted
    joins = oracle.memberships.values()
    for who in oracle.at(address):
        status, cc_id = seen.shown[who]
        if contact is not None and is_there:
            if cc_id != contact.contact_id:
                yield f"{who} at {address} shows the id {cc_id}"
            if contact.is_mailable:
                right = "Subscribed" if contact.lists else "Not on a list"
            else:
                right = "Unsubscribed"
        else:
            right = "Not on a list" if oracle.grade(address) is Grade.IN else "Not sent"
        if any(one.person == who and one.of_list in oracle.gone_there for one in joins):
            right = "Waiting" if right in {"Subscribed", "Not on a list"} else right
        is_open = not is_there and oracle.grade(address) is Grade.MAYBE
        if status != right and not (is_open and status in {"Not on a list", "Not sent", "Waiting"}):
            yield f"{who} at {address} shows {status!r}, not {right!r}"
    for membership, join in oracle.memberships.items():
        if oracle.people[join.person].address != address or join.of_list in oracle.gone_there:
            continue
        is_on = (
            contact is not None
            and contact.is_mailable
            and seen.shown[join.of_list][1] in contact.lists
        )
        status, _ = seen.shown[membership]
        if (status == "Confirmed") != is_on:
            yield f"the membership {membership} at {address} shows {status!r}"


def _lists(oracle: Oracle, seen: Seen) -> Iterator[str]:
    for of_list, name in oracle.lists.items():
        status, list_id = seen.shown[of_list]
        if of_list in oracle.gone_there:
            continue
        if seen.names_there.get(list_id or "") != name:
            yield f"the list {name} is called {seen.names_there.get(list_id or '')!r} there"
        if status != "Confirmed":
            yield f"the list {name} shows {status!r}"


def _nowhere(oracle: Oracle, seen: Seen) -> Iterator[str]:
    """Nobody without an address is told to be mailed."""
    for who, person in oracle.people.items():
        if person.address is None and seen.shown[who][0] in {"Subscribed", "Unsubscribed"}:
            yield f"{who} has no address and shows {seen.shown[who][0]!r}"
