"""A firm at random on both sides, as pages of a snapshot would show it, and what befalls it.

No code of the selection is used: people, contacts and memberships are plain values, which `Firm`
shows to a run as pages and to the record of consent as events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bridge.consent.box import BoxChange
from bridge.consent.record import record_box_changes, record_seen_there
from bridge.delivery.work import RECONCILE, mark
from bridge.identity import salesforce_id
from bridge.mirror.model import needed_paths

if TYPE_CHECKING:
    import psycopg

    from bridge.mapping.compiled import Mapping
    from bridge.mirror.model import Kind
    from bridge.salesforce.values import Record

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
FIELD_ID = UUID(int=77)
ADDRESSES = 40


@dataclass
class Firm:
    """Both sides as they are now.

    Attributes:
        people: Record id -> fields that are not null.
        memberships: Record id -> (person, list).
        there: Contact id there -> resource.
        moment: Of the next save.
    """

    mapping: Mapping
    chance: Random
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    memberships: dict[str, dict[str, str]] = field(default_factory=dict)
    there: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: list[str] = field(default_factory=list)
    moment: datetime = AT
    _numbers: int = 0

    @classmethod
    def drawn(cls, mapping: Mapping, seed: int) -> Firm:
        """Return a firm that Constant Contact has never heard of."""
        firm = cls(mapping, Random(seed))  # noqa: S311 -- a failing seed is played again
        firm.lists = [firm._new_id("a0L") for _ in range(3)]
        for number in range(ADDRESSES):
            for _ in range(firm.chance.choice((1, 1, 1, 1, 2))):
                firm.enter(f"client{number}@example.org")
        firm.enter(None)
        return firm

    def enter(self, address: str | None) -> str:
        """Enter a person, on some lists."""
        person = self._new_id("003")
        values = {
            "LastName": self.chance.choice(("Moran", "Okafor", "Haddad")),
            "FirstName": self.chance.choice(("Ann", "Bo")),
            "MobilePhone": f"+1 415 555 0{self.chance.randrange(101, 199)}",
            "Account.Name": self.chance.choice(("Moran family", "Okafor & Sons\\\tLtd")),
            "HasOptedOutOfEmail": self.chance.choice(("false",) * 9 + ("true",)),
        }
        if address is not None:
            values["Email"] = address.replace("client", self.chance.choice(("client", "Client")))
        if self.chance.random() < 0.1:
            values["Title"] = "Left out"
        self.people[person] = values
        self.save(person)
        for one in self.chance.sample(self.lists, self.chance.choice((0, 1, 1, 2))):
            self.join(person, one)
        return person

    def join(self, person: str, of_list: str) -> None:
        """Put a person on a list."""
        membership = self._new_id("a0M")
        names = self.mapping.names.membership
        self.memberships[membership] = {names.contact: person, names.list: of_list}
        if self.chance.random() < 0.1:
            self.memberships[membership]["Name"] = "Declined"
        self.save(membership)

    def save(self, record: str) -> None:
        """Stamp a record as saved just now."""
        self.moment += timedelta(seconds=7)
        stamp = self.moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        (self.people.get(record) or self.memberships[record])["SystemModstamp"] = stamp

    def records(self, kind: Kind) -> list[Record]:
        """Return the records of a kind as a page shows them."""
        rows: dict[str, dict[str, str]] = {
            "contact": self.people,
            "membership": self.memberships,
        }.get(kind) or {one: {"Name": f"Letter {one[-6:]}"} for one in self.lists}
        paths = needed_paths(kind, self.mapping)
        return [
            {
                path: text
                for path, text in {**dict.fromkeys(paths), **values, "Id": sf_id}.items()
                if text != "not known"
            }
            for sf_id, values in rows.items()
        ]

    def list_there(self, of_list: str) -> str:
        """Return the id that a list has there."""
        return str(UUID(int=1000 + self.lists.index(of_list)))

    def lists_there(self) -> list[dict[str, Any]]:
        """Return the lists there."""
        return [{"list_id": self.list_there(one), "name": one} for one in self.lists]

    def create(self, body: dict[str, Any]) -> None:
        """Do there what a step asks for: create a contact."""
        self._numbers += 1
        contact_id = str(UUID(int=self._numbers + 10_000))
        kept = {name: value for name, value in body.items() if name != "create_source"}
        self.there[contact_id] = {
            **kept,
            "contact_id": contact_id,
            "update_source": "Account",
            "updated_at": "2026-03-02T09:00:00Z",
        }

    def befall(self) -> list[str]:
        """Let something happen to some of what both sides hold; return what."""
        told = []
        for person in list(self.people):
            if self.chance.random() < 0.25:
                act = self.chance.choice([*_CHANGES, *_IN_PRACTIFI])
                told.append(f"{act} {person}")
                if act in _CHANGES:
                    self.people[person] |= _CHANGES[act]
                    self.save(person)
                else:
                    getattr(self, f"_{act}")(person)
        for contact_id in list(self.there):
            if self.chance.random() < 0.3:
                act = self.chance.choice(_THERE)
                told.append(f"{act} {contact_id}")
                getattr(self, f"_{act}")(contact_id)
        return told

    def befall_record(self, tx: psycopg.Connection[Any], connection_id: int) -> list[str]:
        """Let something happen to some of what the bridge has on record; return what."""
        told: list[str] = []
        tx.execute("SELECT setseed(%s)", [self.chance.random()])
        self._consent(tx, connection_id, told)
        for number, statement in enumerate(_ON_RECORD):
            if self.chance.random() < 0.5:
                told.append(f"fate {number}")
                tx.execute(statement.encode(), {"connection_id": connection_id})
        return told

    def _new_id(self, prefix: str) -> str:
        self._numbers += 1
        return salesforce_id(f"{prefix}{self._numbers:012d}")

    # In Practifi

    def _change_address(self, person: str) -> None:
        number = self.chance.randrange(ADDRESSES + 5)
        self.people[person]["Email"] = f"client{number}@example.org"
        self.save(person)

    def _clear_address(self, person: str) -> None:
        self.people[person].pop("Email", None)
        self.save(person)

    def _enter_sharer(self, person: str) -> None:
        self.enter(self.people[person].get("Email"))

    def _join_more(self, person: str) -> None:
        self.join(person, self.chance.choice(self.lists))

    def _quit(self, person: str) -> None:
        names = self.mapping.names.membership
        for membership, values in list(self.memberships.items()):
            if values[names.contact] == person:
                del self.memberships[membership]
                return

    def _decline(self, person: str) -> None:
        names = self.mapping.names.membership
        for membership, values in self.memberships.items():
            if values[names.contact] == person:
                values["Name"] = "Declined"
                self.save(membership)
                return

    # There

    def _edit(self, contact_id: str) -> None:
        self.there[contact_id]["last_name"] = "Bydgoszcz"

    def _edit_phone(self, contact_id: str) -> None:
        self.there[contact_id]["phone_numbers"] = [
            {"kind": "work", "phone_number": "1"},
            {"kind": "mobile", "phone_number": "2"},
        ]

    def _edit_field(self, contact_id: str) -> None:
        self.there[contact_id]["custom_fields"] = [{"custom_field_id": str(FIELD_ID), "value": "x"}]

    def _permit(self, contact_id: str) -> None:
        address = self.there[contact_id]["email_address"]
        address["permission_to_send"] = self.chance.choice(
            ("unsubscribed", "unsubscribed", "pending_confirmation", "temp_hold", "explicit")
        )
        if address["permission_to_send"] == "unsubscribed":
            address["opt_out_source"] = self.chance.choice(("Contact", "Account"))
            address["opt_out_date"] = "2026-03-05T09:00:00Z"

    def _delete(self, contact_id: str) -> None:
        self.there[contact_id] |= {"deleted_at": "2026-03-05T09:00:00Z", "list_memberships": []}

    def _vanish(self, contact_id: str) -> None:
        del self.there[contact_id]

    def _leave_list(self, contact_id: str) -> None:
        contact = self.there[contact_id]
        contact["list_memberships"] = contact["list_memberships"][1:]
        contact["update_source"] = self.chance.choice(("Contact", "Account"))
        contact["updated_at"] = "2027-03-05T09:00:00Z"

    def _add_to_list(self, contact_id: str) -> None:
        contact = self.there[contact_id]
        more = self.list_there(self.chance.choice(self.lists))
        contact["list_memberships"] = sorted({*contact["list_memberships"], more})

    def _double(self, contact_id: str) -> None:
        self.create(dict(self.there[contact_id]))

    def _readdress(self, contact_id: str) -> None:
        contact = self.there[contact_id]
        number = self.chance.randrange(ADDRESSES)
        contact["email_address"] = contact["email_address"] | {
            "address": f"client{number}@example.org"
        }

    # On record

    def _consent(self, tx: psycopg.Connection[Any], connection_id: int, told: list[str]) -> None:
        for person, values in list(self.people.items()):
            address = values.get("Email", "").lower()
            fate = self.chance.random()
            if not address or fate > 0.15:
                continue
            told.append(f"consent {fate:.2f} {person}")
            if fate < 0.05:
                record_seen_there(
                    tx,
                    connection_id,
                    address,
                    [person] if fate < 0.03 else [],
                    by_person=fate < 0.04,
                    since=AT,
                    cause_id="a test",
                )
            elif fate < 0.1:
                changes = [
                    BoxChange(
                        contact_id=person,
                        changed_at=AT + timedelta(days=day),
                        ticked=day == 0,
                        user_id="005",
                        seen_by="stamp",
                    )
                    for day in range(2 if fate < 0.08 else 1)
                ]
                record_box_changes(
                    tx,
                    connection_id,
                    [(change, address, "a test") for change in changes],
                    own_user_id=None,
                    cause_kind="read",
                )
            else:
                mark(
                    tx,
                    connection_id,
                    {("address", address): False},
                    lane=RECONCILE,
                    origin="reconcile",
                )


_CHANGES = {
    "rename": {"LastName": "Lindqvist"},
    "rename_client": {"Account.Name": "Haddad family"},
    "tick": {"HasOptedOutOfEmail": "true"},
    "untick": {"HasOptedOutOfEmail": "false"},
    "hide_box": {"HasOptedOutOfEmail": "not known"},
    "break_value": {"Birthdate": "some day"},
    "leave_out": {"Title": "Left out"},
}
_IN_PRACTIFI = (
    "change_address",
    "clear_address",
    "enter_sharer",
    "join_more",
    "quit",
    "decline",
)
_THERE = (
    "edit",
    "edit_phone",
    "edit_field",
    "permit",
    "delete",
    "vanish",
    "leave_list",
    "add_to_list",
    "double",
    "readdress",
)
_ON_RECORD = (Path(__file__).parent / "fates.sql").read_text("utf-8").split(";")[:-1]
