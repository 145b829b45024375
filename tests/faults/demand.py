"""What Practifi's records demand of Constant Contact, and how that differs from what is there.

An oracle: written from the rules for people and lists, it imports nothing of the code under test.
It speaks of a firm whose account was empty, so whatever is there was put there by the bridge.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Record = dict[str, Any]

LIST = "practifi__Constant_Contact_List__c"
MEMBERSHIP = "practifi__Constant_Contact_Membership__c"
OF_CONTACT = "practifi__Contact__c"
OF_LIST = "practifi__Constant_Contact_List__c"
CONTACT_ID_THERE = "practifi__Constant_Contact_ID__c"
LIST_ID_THERE = "practifi__Constant_Contact_List_ID__c"
DO_NOT_EMAIL = "HasOptedOutOfEmail"
STATUS = "CC_Bridge_Status__c"


@dataclass(frozen=True, kw_only=True)
class Practifi:
    """The records of the org that are not deleted."""

    contacts: Sequence[Record]
    lists: Sequence[Record]
    memberships: Sequence[Record]


@dataclass(frozen=True, kw_only=True)
class There:
    """What the account holds.

    Attributes:
        custom_fields: Id of each custom field by its label.
    """

    contacts: Sequence[Record]
    lists: Sequence[Record]
    custom_fields: Mapping[str, str]


@dataclass
class Differences:
    """What is not as Practifi demands.

    Attributes:
        wrong: One sentence each.
        doubled: Contacts and lists that are there once too often, among the wrong ones.
    """

    wrong: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def double(self, sentence: str) -> None:
        self.doubled.append(sentence)
        self.wrong.append(sentence)


def compare(
    practifi: Practifi, there: There, *, left_by_themselves: frozenset[str] = frozenset()
) -> Differences:
    """Return what differs.

    Args:
        practifi: What the org holds.
        there: What the account holds.
        left_by_themselves: Addresses whose people unsubscribed there and were never asked back.
    """
    found = Differences()
    list_ids = _compare_lists(practifi, there, found)
    on_lists: defaultdict[str, set[str]] = defaultdict(set)
    for row in practifi.memberships:
        on_lists[row[OF_CONTACT]].add(row[OF_LIST])
    people: defaultdict[str, list[Record]] = defaultdict(list)
    for contact in practifi.contacts:
        if contact["Email"]:
            people[_key(contact["Email"])].append(contact)
    contacts: defaultdict[str, list[Record]] = defaultdict(list)
    for contact in there.contacts:
        contacts[_key(contact["email_address"]["address"])].append(contact)
    for address in sorted(people.keys() | contacts.keys()):
        if len(contacts[address]) > 1:
            found.double(f"{address}: {len(contacts[address])} contacts")
        demand = _Demand(
            address=address,
            people=people[address],
            lists=frozenset(
                list_ids[one]
                for person in people[address]
                for one in on_lists[person["Id"]]
                if one in list_ids
            ),
            left_by_themselves=address in left_by_themselves,
        )
        actual = contacts[address][0] if contacts[address] else None
        found.wrong += [
            f"{address}: {what}" for what in demand.differs(actual, there.custom_fields)
        ]
        if actual is not None and not people[address] and actual["list_memberships"]:
            found.double(f"{address}: nobody has it, and it is on a list")
    found.wrong += _wrong_memberships(practifi, people)
    return found


@dataclass(frozen=True, kw_only=True)
class _Demand:
    """What the people who share an address demand of its contact."""

    address: str
    people: Sequence[Record]
    lists: frozenset[str]
    left_by_themselves: bool

    @property
    def is_ticked(self) -> bool:
        """The strictest of the sharers counts."""
        return any(person[DO_NOT_EMAIL] for person in self.people)

    def differs(self, actual: Record | None, custom_fields: Mapping[str, str]) -> Iterator[str]:
        if actual is None:
            if self.lists and not self.is_ticked:
                yield "is not there"
            return
        permission = actual["email_address"]["permission_to_send"]
        on = frozenset(actual["list_memberships"])
        if on - self.lists:
            yield f"is on {len(on - self.lists)} lists that nobody asks for"
        if self.is_ticked or self.left_by_themselves:
            if permission != "unsubscribed":
                yield f"may be mailed ({permission}), although they opted out"
        elif self.people and permission != "implicit":
            yield f"is {permission}, and nobody opted out"
        elif self.lists:
            if self.lists - on:
                yield f"is not on {len(self.lists - on)} lists"
            if not any(_shows(actual, person, custom_fields) for person in self.people):
                yield f"has the values of none of its people: {_values(actual, custom_fields)}"
        yield from self._statuses(actual)

    def _statuses(self, actual: Record) -> Iterator[str]:
        for person in self.people:
            if (self.lists or self.is_ticked) and person[CONTACT_ID_THERE] != actual["contact_id"]:
                yield f"{person['Id']} does not hold the id of the contact"
            if self.left_by_themselves:
                continue
            wanted = "Unsubscribed" if self.is_ticked else "Subscribed"
            if (self.lists or self.is_ticked) and person[STATUS] != wanted:
                yield f"{person['Id']} shows {person[STATUS]!r}, not {wanted!r}"


def _compare_lists(practifi: Practifi, there: There, found: Differences) -> dict[str, str]:
    """Return the list there of each Practifi list that has one."""
    by_id = {one["list_id"]: one["name"] for one in there.lists}
    linked: dict[str, str] = {}
    for record in practifi.lists:
        list_id = record[LIST_ID_THERE]
        if by_id.get(list_id) != record["Name"]:
            found.wrong.append(f"list {record['Name']!r}: there it is {by_id.get(list_id)!r}")
        if list_id is not None:
            linked[record["Id"]] = list_id
    for list_id in by_id.keys() - linked.values():
        found.double(f"list {by_id[list_id]!r}: no record holds its id")
    if len(set(linked.values())) != len(linked):
        found.wrong.append("two records hold the id of one list")
    return linked


def _wrong_memberships(practifi: Practifi, people: Mapping[str, list[Record]]) -> list[str]:
    """Memberships of people who may be mailed say that they are confirmed."""
    address_of = {row["Id"]: _key(row["Email"]) for row in practifi.contacts if row["Email"]}
    wrong = []
    for row in practifi.memberships:
        sharers = people.get(address_of.get(row[OF_CONTACT], ""), [])
        is_blocked = not sharers or any(one[DO_NOT_EMAIL] for one in sharers)
        if not is_blocked and row[STATUS] != "Confirmed" and not _left(sharers):
            wrong.append(f"membership {row['Id']} shows {row[STATUS]!r}")
    return wrong


def _left(sharers: Sequence[Record]) -> bool:
    """The person's own opt-out: the contact's status tells, which is compared elsewhere."""
    return any(one[STATUS] == "Unsubscribed" for one in sharers)


def _shows(actual: Record, person: Record, custom_fields: Mapping[str, str]) -> bool:
    account = (person["Account"] or {}).get("Name")
    return _values(actual, custom_fields) == {
        "first_name": person["FirstName"],
        "last_name": person["LastName"],
        "job_title": person["Title"],
        "company_name": account,
        "mobile": _digits(person["MobilePhone"]),
        "city": person["MailingCity"],
        "Household": account,
    }


def _values(actual: Record, custom_fields: Mapping[str, str]) -> dict[str, str | None]:
    phones = {row["kind"]: row["phone_number"] for row in actual.get("phone_numbers", ())}
    cities = {row["kind"]: row.get("city") for row in actual.get("street_addresses", ())}
    custom = {row["custom_field_id"]: row["value"] for row in actual.get("custom_fields", ())}
    named = ("first_name", "last_name", "job_title", "company_name")
    return {name: actual.get(name) or None for name in named} | {
        "mobile": _digits(phones.get("mobile")),
        "city": cities.get("home"),
        "Household": custom.get(custom_fields.get("Household", "")),
    }


def _digits(phone: str | None) -> str | None:
    return "".join(filter(str.isdigit, phone)) if phone else None


def _key(address: str) -> str:
    return address.strip().lower()
