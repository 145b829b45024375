"""What people do in Practifi and at Constant Contact all day long.

The plan of saves comes from a seed. Nobody waits for the bridge: saves go on while it is down.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from tests.faults.demand import DO_NOT_EMAIL, LIST, MEMBERSHIP, OF_CONTACT, OF_LIST

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from tests.fix_sandbox import RunningSandbox

_SOBJECTS = "/services/data/v66.0/sobjects"
_MOST_PEOPLE, _MOST_LISTS = 120, 8


@dataclass
class _Person:
    """A contact record, as those who save know it.

    Attributes:
        habit: `ticked`: the box is ticked and unticked; `moves`: changes address, is deleted;
            `leaves`: unsubscribes at Constant Contact by their own act.
    """

    record_id: str
    address: str
    habit: str
    ticked: bool = False
    memberships: dict[str, str] = field(default_factory=dict)


@dataclass
class Firm:
    """The people of a firm at work, and what they are entitled to see afterwards.

    Attributes:
        done: How often each act was done.
        left_by_themselves: Addresses whose people unsubscribed there.
    """

    sandbox: RunningSandbox
    random: random.Random
    done: Counter[str] = field(default_factory=Counter)
    left_by_themselves: set[str] = field(default_factory=set)
    session: requests.Session = field(default_factory=requests.Session)
    _people: list[_Person] = field(default_factory=list)
    _lists: list[str] = field(default_factory=list)
    _accounts: list[str] = field(default_factory=list)
    _number: int = 0

    def open(self) -> None:
        """Enter the first households, lists and people."""
        for _ in range(3):
            self._accounts.append(self._create("Account", Name=self._name("Household")))
            self._make_list()
        for habit in ("ticked", "ticked", "moves", "moves", "leaves") * 2:
            self._join(habit=habit)

    def act(self) -> None:
        """Do one thing."""
        acts: dict[Callable[[], None], int] = {
            self._join: 4,
            self._change: 10,
            self._put_on_list: 8,
            self._take_off_list: 4,
            self._tick: 8,
            self._tick_and_untick: 2,
            self._move: 3,
            self._leave: 1,
            self._delete: 1,
            self._rename_list: 2,
            self._make_list: 1,
            self._rename_account: 1,
        }
        (act,) = self.random.choices(list(acts), list(acts.values()))
        act()
        self.done[act.__name__.strip("_").replace("_", " ")] += 1

    def record_ids(self) -> list[tuple[str, str]]:
        """Return object and id of records that messages may speak of."""
        found = [("Contact", person.record_id) for person in self._people]
        found += [(LIST, record_id) for record_id in self._lists]
        return found + [
            (MEMBERSHIP, record_id)
            for person in self._people
            for record_id in list(person.memberships.values())
        ]

    # Acts

    def _join(self, habit: str | None = None) -> None:
        """A new contact, mostly with an address of its own and on a list at once."""
        if len(self._people) >= _MOST_PEOPLE:
            return
        habit = habit or self.random.choice(("ticked", "ticked", "moves", "moves", "leaves"))
        alike = [each.address for each in self._people if each.habit == habit]
        shares = bool(alike) and self.random.random() < 0.2
        address = self.random.choice(alike) if shares else self._address()
        record_id = self._create(
            "Contact",
            AccountId=self.random.choice(self._accounts),
            FirstName=self._name("First"),
            LastName=self._name("Last"),
            Email=address,
            MobilePhone=self._phone(),
            MailingStreet="1 Alder Row",
            MailingCity=self._name("City"),
        )
        person = _Person(record_id, address, habit)
        self._people.append(person)
        if self.random.random() < 0.8:
            self._add(person, self.random.choice(self._lists))

    def _change(self) -> None:
        person = self.random.choice(self._people)
        name, value = self.random.choice(
            (
                ("LastName", self._name("Last")),
                ("FirstName", self._name("First")),
                ("Title", self._name("Title")),
                ("Title", None),
                ("MobilePhone", self._phone()),
                ("MailingCity", self._name("City")),
            )
        )
        self._save("Contact", person.record_id, {name: value})

    def _put_on_list(self) -> None:
        person = self.random.choice(self._people)
        self._add(person, self.random.choice(self._lists))

    def _take_off_list(self) -> None:
        person = self.random.choice(self._people)
        if person.memberships:
            record_id = person.memberships.pop(self.random.choice(list(person.memberships)))
            self._remove(MEMBERSHIP, record_id)

    def _tick(self) -> None:
        person = self._one_who("ticked")
        person.ticked = not person.ticked
        self._save("Contact", person.record_id, {DO_NOT_EMAIL: person.ticked})

    def _tick_and_untick(self) -> None:
        """Two saves at once: the messages of both carry the last state."""
        self._tick()
        person = self._one_who("ticked")
        for ticked in (True, False):
            self._save("Contact", person.record_id, {DO_NOT_EMAIL: ticked})
        person.ticked = False

    def _move(self) -> None:
        """A new address, or that of somebody else in the household."""
        person = self._one_who("moves")
        other = self._one_who("moves")
        person.address = other.address if self.random.random() < 0.3 else self._address()
        self._save("Contact", person.record_id, {"Email": person.address})

    def _leave(self) -> None:
        person = self._one_who("leaves")
        answer = self.session.post(
            f"{self.sandbox.line['control_url']}/constant-contact/unsubscribe",
            json={"email": person.address},
            timeout=10,
        )
        if answer.ok:  # else the bridge has not been there yet
            self.left_by_themselves.add(person.address.lower())

    def _delete(self) -> None:
        people = [each for each in self._people if each.habit == "moves"]
        if len(people) > 3:
            person = self.random.choice(people)
            self._people.remove(person)
            self._remove("Contact", person.record_id)

    def _make_list(self) -> None:
        if len(self._lists) < _MOST_LISTS:
            self._lists.append(self._create(LIST, Name=self._name("List")))

    def _rename_list(self) -> None:
        self._save(LIST, self.random.choice(self._lists), {"Name": self._name("List")})

    def _rename_account(self) -> None:
        record_id = self.random.choice(self._accounts)
        self._save("Account", record_id, {"Name": self._name("Household")})

    # Records

    def _one_who(self, habit: str) -> _Person:
        return self.random.choice([each for each in self._people if each.habit == habit])

    def _add(self, person: _Person, list_id: str) -> None:
        if list_id not in person.memberships:
            fields = {OF_CONTACT: person.record_id, OF_LIST: list_id}
            person.memberships[list_id] = self._create(MEMBERSHIP, **fields)

    def _create(self, name: str, **fields: object) -> str:
        return str(self._call("POST", name, fields).json()["id"])

    def _save(self, name: str, record_id: str, fields: dict[str, object]) -> None:
        self._call("PATCH", f"{name}/{record_id}", fields)

    def _remove(self, name: str, record_id: str) -> None:
        self._call("DELETE", f"{name}/{record_id}")

    def _call(self, method: str, path: str, body: object = None) -> requests.Response:
        """As the observer; with a session of its own, because this runs in a thread of its own."""
        token = self.sandbox.line["observer"]["salesforce_access_token"]
        answer = self.session.request(
            method,
            f"{self.sandbox.line['salesforce_url']}{_SOBJECTS}/{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def _name(self, what: str) -> str:
        self._number += 1
        return f"{what} {self._number}"

    def _address(self) -> str:
        self._number += 1
        return f"Person.{self._number}@example.org"

    def _phone(self) -> str:
        self._number += 1
        return f"+1 415 555 {self._number:04}"


@contextmanager
def running(act: Callable[[], None], pauses: random.Random, *, pause_s: float) -> Iterator[None]:
    """Let somebody act in a thread until the end of the block; what they raise is raised there."""
    stop = threading.Event()
    raised: list[BaseException] = []

    def run() -> None:
        try:
            while not stop.wait(pauses.uniform(0, 2 * pause_s)):
                act()
        except BaseException as error:  # noqa: BLE001 -- raised again below
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
    if raised:
        raise raised[0]
