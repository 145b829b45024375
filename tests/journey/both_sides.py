"""A firm at random: what its people and clients do on both sides; no code under test here.

An operation is a word and a number, played on whatever is there when its turn comes. So any part of
a list of operations can be played again, and a failure be shrunk to the few that matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from tests.journey.firm import LIST, MEMBERSHIP
from tests.journey.reconciling import reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.journey.firm import Firm

ADDRESSES = [f"client{number}@example.org" for number in range(10)]
DELETION_S = 2.0
A_SECOND_S = 1.0
SURNAMES = ["Moran", "Okafor", "Lindqvist", "Haddad"]
WEIGHTS = {
    "new_list": 3,
    "rename_list": 3,
    "delete_list": 1,
    "new_person": 8,
    "rename_person": 6,
    "delete_person": 4,
    "change_address": 8,
    "swap_addresses": 3,
    "clear_address": 2,
    "join": 16,
    "quit": 8,
    "tick": 5,
    "untick": 4,
    "edit_there": 5,
    "add_to_list_there": 4,
    "take_off_list_there": 4,
    "create_there": 4,
    "delete_there": 3,
    "rename_list_there": 2,
    "delete_list_there": 1,
    "unsubscribe_as_person": 4,
    "unsubscribe_as_firm": 2,
    "leave_list": 4,
    "wait": 4,
}
HEARING = {"hear": 8, "be_deaf": 8}
DEAF: list[dict[str, object]] = [{"side": "outbound", "kind": "drop", "times": None}]


@dataclass(frozen=True)
class Operation:
    """One thing that somebody does, and the number that says to what.

    Attributes:
        number: Seeds every choice that the operation makes.
    """

    name: str
    number: int


def draw(seed: int, count: int) -> list[Operation]:
    """Return the operations of a seed; every third firm hears some of what is saved."""
    chance = Random(seed)  # noqa: S311 -- a failing seed is played again
    weights = WEIGHTS | (HEARING if seed % 3 == 2 else {})
    names = chance.choices(list(weights), list(weights.values()), k=count)
    return [Operation(name, chance.randrange(10**6)) for name in names]


@dataclass
class BothSides:
    """A firm, what there is to do something with, and who must not be mailed.

    Attributes:
        left: Addresses whose contact there was unsubscribed there, by anybody.
        told: What was done, in words, oldest first.
    """

    firm: Firm
    lists: list[str] = field(default_factory=list)
    people: dict[str, str | None] = field(default_factory=dict)
    former: dict[str, set[str]] = field(default_factory=dict)
    memberships: dict[str, tuple[str, str]] = field(default_factory=dict)
    ticked: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    _chance: Random = field(default_factory=Random)

    def begin(self) -> None:
        """Enter what the bridge knows before it is cut off: three lists and six people on them."""
        for name in ("Letter", "Invitations", "Markets"):
            self.lists.append(self.firm.new_list(name))
        for number in range(6):
            person = self._enter(ADDRESSES[number])
            self._join(person, self.lists[number % 3])
        self._join(next(iter(self.people)), self.lists[1])
        self.firm.settle()
        self.firm.sandbox.faults(*DEAF)

    def play(self, operations: Sequence[Operation]) -> None:
        """Do what the operations say; what cannot be done now is left out."""
        for number, operation in enumerate(operations):
            self._chance = Random(operation.number)  # noqa: S311
            act: Callable[[], str | None] = getattr(self, f"_{operation.name}")
            words = act()
            if words is not None:
                self.told.append(f"{number}: {operation.name} {words}")

    def wrongly_mailable(self) -> list[str]:
        """Return the addresses that could be mailed although somebody there opted out."""
        may_not = self.left | {
            address for person in self.ticked if (address := self.people[person]) is not None
        }
        return [
            address
            for address in sorted(may_not)
            for contact in self.firm.all_there(address)
            if not contact.get("deleted_at")
            and contact["email_address"]["permission_to_send"] != "unsubscribed"
        ]

    # In Practifi

    def _new_list(self) -> str | None:
        if len(self.lists) >= 6:
            return None
        name = f"Letter {self._chance.randrange(10**6)}"
        self.lists.append(self.firm.new_list(name))
        return name

    def _rename_list(self) -> str | None:
        if not self.lists:
            return None
        record, name = self._chance.choice(self.lists), f"Letter {self._chance.randrange(10**6)}"
        self.firm.save(LIST, record, Name=name)
        return f"{record} to {name}"

    def _delete_list(self) -> str | None:
        if len(self.lists) < 3:
            return None
        record = self._chance.choice(self.lists)
        for membership, (_, of_list) in list(self.memberships.items()):
            if of_list == record:
                self.firm.delete(MEMBERSHIP, membership)
                del self.memberships[membership]
        self.firm.delete(LIST, record)
        self.lists.remove(record)
        return record

    def _new_person(self) -> str | None:
        address = self._chance.choice([*ADDRESSES, None])
        person = self._enter(address)
        return f"{person} at {address}"

    def _rename_person(self) -> str | None:
        person = self._anybody()
        if person is None:
            return None
        values = {
            "LastName": self._chance.choice(SURNAMES),
            "MobilePhone": f"+1 415 555 0{self._chance.randrange(101, 199)}",
        }
        self.firm.change(person, **values)
        return f"{person} {values}"

    def _delete_person(self) -> str | None:
        person = self._anybody()
        if person is None:
            return None
        for membership, (who, _) in list(self.memberships.items()):
            if who == person:
                self.firm.delete(MEMBERSHIP, membership)
                del self.memberships[membership]
        self.firm.delete("Contact", person)
        del self.people[person]
        self.ticked.discard(person)
        return person

    def _change_address(self) -> str | None:
        person = self._anybody()
        return None if person is None else self._move(person, self._chance.choice(ADDRESSES))

    def _swap_addresses(self) -> str | None:
        if len(self.people) < 2:
            return None
        one, other = self._chance.sample(list(self.people), 2)
        mine, theirs = self.people[one], self.people[other]
        return f"{self._move(one, theirs)}, {self._move(other, mine)}"

    def _clear_address(self) -> str | None:
        person = self._anybody()
        return None if person is None else self._move(person, None)

    def _join(self, person: str | None = None, of_list: str | None = None) -> str | None:
        person = person or self._anybody()
        of_list = of_list or self._any(self.lists)
        if person is None or of_list is None:
            return None
        self.memberships[self.firm.join(person, of_list)] = (person, of_list)
        return f"{person} ({self.people[person]}) to {of_list}"

    def _quit(self) -> str | None:
        membership = self._any(list(self.memberships))
        if membership is None:
            return None
        self.firm.delete(MEMBERSHIP, membership)
        person, of_list = self.memberships.pop(membership)
        return f"{person} ({self.people[person]}) from {of_list}"

    def _tick(self) -> str | None:
        person = self._anybody()
        if person is None:
            return None
        self.firm.tick(person)
        self.ticked.add(person)
        return f"{person} ({self.people[person]})"

    def _untick(self) -> str | None:
        person = self._any(sorted(self.ticked))
        if person is None:
            return None
        self.firm.untick(person)
        self.ticked.discard(person)
        self.left -= self.former[person]
        return f"{person} ({self.people[person]})"

    # In Constant Contact

    def _edit_there(self) -> str | None:
        contact = self._contact()
        if contact is None:
            return None
        name = self._chance.choice(SURNAMES)
        self.firm.put(contact, last_name=name)
        return f"{_address(contact)} to {name}"

    def _add_to_list_there(self) -> str | None:
        contact, of_list = self._contact(), self._list_there()
        if contact is None or of_list is None:
            return None
        on = sorted({*contact["list_memberships"], of_list})
        self.firm.put(contact, list_memberships=on)
        return f"{_address(contact)} to {of_list}"

    def _take_off_list_there(self) -> str | None:
        contact = self._contact(on_list=True)
        if contact is None:
            return None
        gone = self._chance.choice(contact["list_memberships"])
        kept = [one for one in contact["list_memberships"] if one != gone]
        self.firm.put(contact, list_memberships=kept)
        return f"{_address(contact)} from {gone}"

    def _create_there(self) -> str | None:
        address, of_list = self._chance.choice(ADDRESSES), self._list_there()
        if self.firm.all_there(address):
            return None
        lists = [] if of_list is None else [of_list]
        body = {"email_address": {"address": address}, "list_memberships": lists}
        self.firm.post("/contacts", **body, create_source="Account")
        return f"{address} on {lists}"

    def _delete_there(self) -> str | None:
        contact = self._contact()
        if contact is None:
            return None
        self.firm.remove(f"/contacts/{contact['contact_id']}")
        return _address(contact)

    def _rename_list_there(self) -> str | None:
        of_list = self._list_there()
        if of_list is None:
            return None
        name = f"By hand {self._chance.randrange(10**6)}"
        answer = self.firm.sandbox.constant_contact(
            "PUT", f"/contact_lists/{of_list}", {"name": name}
        )
        assert answer.ok, answer.text
        return f"{of_list} to {name}"

    def _delete_list_there(self) -> str | None:
        of_list = self._list_there()
        if of_list is None:
            return None
        self.firm.remove(f"/contact_lists/{of_list}")
        # It is gone a second later: a seed shall not depend on how fast the machine is.
        self.firm.sandbox.advance(DELETION_S)
        return of_list

    def _unsubscribe_as_person(self) -> str | None:
        contact = self._contact()
        if contact is None or _is_out(contact):
            return None
        self._let_a_second_go_by()
        self.firm.unsubscribes(_address(contact))
        self.left.add(_address(contact))
        return _address(contact)

    def _unsubscribe_as_firm(self) -> str | None:
        contact = self._contact()
        if contact is None or _is_out(contact):
            return None
        self._let_a_second_go_by()
        email = {"address": _address(contact), "permission_to_send": "unsubscribed"}
        self.firm.put(contact, email_address=email)
        self.left.add(_address(contact))
        return _address(contact)

    def _let_a_second_go_by(self) -> None:
        """Let an opt-out be later than any untick before it, by clocks that have whole seconds."""
        self.firm.sandbox.advance(A_SECOND_S)

    def _leave_list(self) -> str | None:
        contact = self._contact(on_list=True)
        if contact is None:
            return None
        left = self._chance.choice(contact["list_memberships"])
        self.firm.leaves(_address(contact), left)
        return f"{_address(contact)} leaves {left}"

    # Time, and what the bridge hears

    def _wait(self) -> str:
        self.firm.sandbox.advance(self._chance.choice((2, 60, 1200)))
        return ""

    def _hear(self) -> str:
        self.firm.sandbox.faults()
        return ""

    def _be_deaf(self) -> str:
        self.firm.settle(deletes=self._chance.random() < 0.5)
        self.firm.sandbox.faults(*DEAF)
        return ""

    def _reconcile(self) -> str:
        reconcile(self.firm)
        return ""

    # What there is

    def _enter(self, address: str | None) -> str:
        person = self.firm.person(address, LastName=self._chance.choice(SURNAMES))
        self.people[person] = address
        self.former[person] = set() if address is None else {address}
        return person

    def _move(self, person: str, address: str | None) -> str:
        before = self.people[person]
        self.firm.change(person, Email=address)
        self.people[person] = address
        if address is not None:
            self.former[person].add(address)
        return f"{person} from {before} to {address}"

    def _anybody(self) -> str | None:
        return self._any(list(self.people))

    def _any(self, which: Sequence[str]) -> str | None:
        return self._chance.choice(which) if which else None

    def _contact(self, *, on_list: bool = False) -> dict[str, Any] | None:
        """Return some contact there that is not deleted."""
        for address in self._chance.sample(ADDRESSES, len(ADDRESSES)):
            for contact in self.firm.all_there(address):
                if not contact.get("deleted_at") and (contact["list_memberships"] or not on_list):
                    return contact
        return None

    def _list_there(self) -> str | None:
        answer = self.firm.sandbox.constant_contact("GET", "/contact_lists", limit=500)
        assert answer.ok, answer.text
        return self._any(sorted(one["list_id"] for one in answer.json()["lists"]))


def _address(contact: dict[str, Any]) -> str:
    return str(contact["email_address"]["address"])


def _is_out(contact: dict[str, Any]) -> bool:
    return bool(contact["email_address"]["permission_to_send"] == "unsubscribed")
