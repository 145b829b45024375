"""A firm that both sides know, as pages of a snapshot show it: N people, on three lists each.

Where contacts have changed there, one person of two hundred is new in Practifi, and one contact of
two hundred is new there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from bridge.delivery.merge import create_body
from bridge.identity import salesforce_id
from bridge.mirror.model import needed_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.mapping.compiled import Mapping
    from bridge.mirror.model import Kind
    from bridge.salesforce.values import Record

LISTS = 20
A_PERSON = 3
PAGE = 2_000
PAGE_THERE = 500
FIELD_IDS = {"household": str(UUID(int=71)), "client_type": str(UUID(int=72))}
_SAVED = "2026-03-02T09:00:00.000Z"


def list_id(number: int) -> str:
    """Return the record id of a list."""
    return salesforce_id(f"a0L5g{number:010d}")


def list_there(number: int) -> str:
    """Return the id of a list there."""
    return str(UUID(int=number + 1))


def person_id(number: int) -> str:
    """Return the record id of a person."""
    return salesforce_id(f"0035g{number:010d}")


def contact_there(number: int) -> str:
    """Return the id of a contact there."""
    return str(UUID(int=number + 1_000_000_000))


def address(number: int) -> str:
    """Return a person's address."""
    return f"person{number:07d}@example{number % 97}.org"


class ComparedFirm:
    """Pages of both sides."""

    def __init__(self, mapping: Mapping, count: int, *, every: int | None = None) -> None:
        """Take the mapping by which the pages are read, and how many people there are.

        Of how many contacts there one has another name now may be given.
        """
        self._mapping = mapping
        self._count = count
        self._every = every
        self._new = count // 200 if every is not None else 0

    def lists(self) -> Iterator[list[Record]]:
        """Yield the lists of Practifi."""
        yield [
            self._record("list", list_id(number), Name=f"Letter {number}")
            for number in range(LISTS)
        ]

    def people(self) -> Iterator[list[Record]]:
        """Yield the people of Practifi, a page at a time."""
        total = self._count + self._new
        for start in range(0, total, PAGE):
            yield [self.person(number) for number in range(start, min(start + PAGE, total))]

    def person(self, number: int, **changed: str) -> Record:
        """Return a person's record."""
        values = {
            "Email": address(number),
            "FirstName": f"First{number % 5003}",
            "LastName": f"Last{number % 9973}",
            "HasOptedOutOfEmail": "false",
            "Phone": f"+44113{number:08d}",
            "MailingStreet": f"{number % 900} Long Street Name",
            "MailingCity": f"City{number % 1200}",
            "MailingState": "Yorkshire",
            "MailingPostalCode": f"{10_000 + number % 80_000}",
            "MailingCountry": "United Kingdom",
            "Account.Name": f"Family {number // 3}",
            "Account.Type": "Client",
        }
        return self._record("contact", person_id(number), **values | changed)

    def memberships(self) -> Iterator[list[Record]]:
        """Yield the memberships of Practifi, a page at a time."""
        names = self._mapping.names.membership
        page: list[Record] = []
        for number in range(self._count):
            for place in range(A_PERSON):
                values = {
                    names.contact: person_id(number),
                    names.list: list_id((number + place) % LISTS),
                }
                record = salesforce_id(f"a0M{place}g{number:010d}")
                page.append(self._record("membership", record, **values))
            if len(page) >= PAGE:
                yield page
                page = []
        if page:
            yield page

    def contacts_there(self) -> Iterator[list[dict[str, Any]]]:
        """Yield the contacts there, a page at a time."""
        total = self._count + self._new
        for start in range(0, total, PAGE_THERE):
            yield [self._contact(number) for number in range(start, min(start + PAGE_THERE, total))]

    def lists_there(self) -> list[dict[str, Any]]:
        """Return the lists there."""
        return [
            {"list_id": list_there(number), "name": f"Letter {number}"} for number in range(LISTS)
        ]

    def _record(self, kind: Kind, sf_id: str, **values: str) -> Record:
        record: Record = dict.fromkeys(needed_paths(kind, self._mapping))
        return record | {"Id": sf_id, "SystemModstamp": _SAVED, "CreatedDate": _SAVED} | values

    def _contact(self, number: int) -> dict[str, Any]:
        shown = number if number < self._count else number + self._new
        wanted = self._mapping.contact.project(self.person(shown))
        lists = {list_there((number + place) % LISTS) for place in range(A_PERSON)}
        contact = create_body(wanted, FIELD_IDS, () if shown != number else lists)
        if self._every is not None and number % self._every == self._every - 1:
            contact["last_name"] = "Changed"
        return contact | {
            "contact_id": contact_there(shown),
            "update_source": "Account",
            "updated_at": "2026-03-02T09:00:00Z",
        }
