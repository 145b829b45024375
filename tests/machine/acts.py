"""What people, clients, time and mishaps do to a firm: words with small numbers.

An act is played on whatever is there when its turn comes, and does nothing where that is not there.
So any part of a history can be played again: a failure shrinks, and its text is its replay.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.journey.dying import Killed, MortalDatabase
from tests.journey.firm import LIST, MEMBERSHIP, TICKED, UNTICKED
from tests.journey.reconciling import kinds, planned, run
from tests.machine.judge import Seen, became_mailable, complaints, contact_of, owners
from tests.machine.oracle import Oracle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.runs.model import Job
    from tests.journey.firm import Firm
    from tests.machine.judge import There

PEOPLE, ADDRESSES, LISTS = 4, 4, 3
NOWHERE = ADDRESSES
"""The number of no address."""

WAITS_S = (1.0, 61.0, 1_300.0, 90_000.0)
JOBS: tuple[Job, ...] = ("lists", "contacts", "activities")
CALLS: list[dict[str, object]] = [
    {"side": "constant_contact", "path": "/v3/contacts", "method": "PUT"},
    {"side": "constant_contact", "path": "/v3/contacts", "method": "POST"},
    {"side": "constant_contact", "path": "/v3/contact"},
    {"side": "constant_contact", "path": "/v3/"},
    {"side": "salesforce", "path": "/services/data"},
    {"side": "salesforce", "path": "/services/data", "method": "GET"},
]
KINDS = (
    "drop_before",
    "drop_after",
    "half_body",
    "throttled",
    "quota",
    "error_500",
    "unavailable",
    "disabled",
    "html",
    "wrong_type",
    "expired_session",
)
MISHAPS = ("drop", "repeat", "reorder")
_LONGEST_LIFE = 14
"""Transactions of a worker that dies."""

_STATEMENT = """
SELECT object, record_id, state, reason
FROM notification
WHERE connection_id = %(connection_id)s AND (finished_at IS NULL OR state = 'dead')
"""


class Act(NamedTuple):
    """One thing that happens; its numbers say to what."""

    name: str
    numbers: tuple[int, ...] = ()

    def __str__(self) -> str:
        return " ".join((self.name, *map(str, self.numbers)))


def read_acts(text: str) -> list[Act]:
    """Return the acts of a text such as `enter 0 1; tick 0`."""
    words = [one.split() for one in text.split(";") if one.strip()]
    return [Act(name, tuple(map(int, numbers))) for name, *numbers in words]


def write_acts(acts: Iterable[Act]) -> str:
    """Return the text of acts."""
    return "; ".join(map(str, acts))


@dataclass
class Play:
    """A firm with a few places for people, addresses and lists, and an oracle that looks on.

    Attributes:
        people: Contact record by place; None where nobody is.
        lists: List record by place.
        done: What was played.
    """

    firm: Firm
    oracle: Oracle = field(default_factory=Oracle)
    people: list[str | None] = field(default_factory=lambda: [None] * PEOPLE)
    lists: list[str | None] = field(default_factory=lambda: [None] * LISTS)
    done: list[Act] = field(default_factory=list)
    there: dict[str, There] = field(default_factory=dict)
    _made: int = 0
    _unticks: int = 0
    _is_at_fault: bool = False

    def play(self, act: Act) -> None:
        """Do one thing; then see that it made nobody mailable who has opted out."""
        self.done.append(act)
        getattr(self, f"_{act.name}")(*act.numbers)
        now = self._look()
        nothing_of(became_mailable(self.oracle, self.there, now))
        self.there = now

    def rest(self) -> None:
        """Let the bridge come to rest, and compare both sides with the oracle."""
        firm = self.firm
        firm.sandbox.faults()
        firm.settle(deletes=True)
        for job in ("lists", "contacts"):
            run(firm, job)  # type: ignore[arg-type]
        firm.settle()
        seen = self._seen()
        nothing_of(complaints(self.oracle, seen))
        self.oracle.came_to_rest(owners(self.oracle, seen))
        self.there = dict(seen.there)

    def end(self) -> None:
        """Rest, and see that nothing is left to do and that the books are right."""
        self.rest()
        nothing_of(kinds(planned(self.firm, "lists")) + kinds(planned(self.firm, "contacts")))
        nothing_of(self._unfinished())

    # In Practifi

    def _enter(self, place: int, at: int) -> None:
        if self.people[place] is None:
            self._made += 1
            name = f"Person{self._made}"
            fields = {"first_name": name, "last_name": "Moran", "mobile": f"1415555{self._made:04}"}
            address = _address(at)
            who = self.firm.person(
                address, FirstName=name, LastName="Moran", MobilePhone=fields["mobile"]
            )
            self.people[place] = who
            self.oracle.entered(who, address, fields)

    def _save(self, place: int) -> None:
        if (who := self.people[place]) is not None:
            self._made += 1
            name = f"Name{self._made}"
            self.firm.change(who, LastName=name)
            self.oracle.people[who].fields["last_name"] = name

    def _tick(self, place: int) -> None:
        if (who := self.people[place]) is not None:
            self.firm.tick(who)
            self.oracle.ticked(who)

    def _untick(self, place: int) -> None:
        who = self.people[place]
        if who is not None and self.oracle.people[who].is_ticked and self._unticks < 8:
            self._unticks += 1
            self._next_second()
            self.firm.untick(who)
            self.oracle.unticked(who)

    def _untick_by_bridge(self, place: int) -> None:
        who = self.people[place]
        if who is not None and self.oracle.people[who].is_ticked:
            if self._as_bridge(who, UNTICKED):
                self.oracle.unticked(who, by_bridge=True)

    def _tick_by_bridge(self, place: int) -> None:
        who = self.people[place]
        if who is not None and self._as_bridge(who, TICKED):
            self.oracle.ticked(who)

    def _move(self, place: int, to: int) -> None:
        if (who := self.people[place]) is not None:
            self.firm.change(who, Email=_address(to))
            self.oracle.moved(who, _address(to))

    def _swap(self, place: int, other: int) -> None:
        mine, theirs = self.people[place], self.people[other]
        if mine is not None and theirs is not None and mine != theirs:
            to_me, to_them = self.oracle.people[theirs].address, self.oracle.people[mine].address
            for who, address in ((mine, to_me), (theirs, to_them)):
                self.firm.change(who, Email=address)
                self.oracle.moved(who, address)

    def _delete(self, place: int) -> None:
        if (who := self.people[place]) is not None:
            self.firm.delete("Contact", who)
            self.oracle.deleted(who)
            self.people[place] = None

    def _merge(self, place: int, other: int) -> None:
        winner, loser = self.people[place], self.people[other]
        if winner is not None and loser is not None and winner != loser:
            body = {"master_id": winner, "loser_ids": [loser]}
            self.firm.sandbox.control("POST", "/salesforce/merge", body)
            self.oracle.merged(winner, loser)
            self.people[other] = None

    def _join(self, place: int, of: int) -> None:
        who, of_list = self.people[place], self.lists[of]
        if who is not None and of_list is not None:
            self.oracle.joined(self.firm.join(who, of_list), who, of_list)

    def _quit(self, place: int, of: int) -> None:
        who, of_list = self.people[place], self.lists[of]
        memberships = [one for one, join in self.oracle.memberships.items() if join == (who, of_list)]
        for membership in memberships:
            self.firm.delete(MEMBERSHIP, membership)
        self.oracle.quit(memberships)

    def _new_list(self, of: int) -> None:
        if self.lists[of] is None:
            self._made += 1
            name = f"Letter {self._made}"
            self.lists[of] = made = self.firm.new_list(name)
            self.oracle.lists[made] = name

    def _rename_list(self, of: int) -> None:
        if (of_list := self.lists[of]) is not None:
            self._made += 1
            name = f"Letter {self._made}"
            self.firm.save(LIST, of_list, Name=name)
            self.oracle.lists[of_list] = name

    def _delete_list(self, of: int) -> None:
        if (of_list := self.lists[of]) is not None:
            self.firm.delete(LIST, of_list)
            self.oracle.list_deleted(of_list)
            self.lists[of] = None

    # In Constant Contact

    def _unsubscribe(self, at: int) -> None:
        contact = self.there.get(_known(at))
        if contact is not None and not contact.is_deleted and contact.is_mailable:
            self._next_second()
            self.firm.unsubscribes(contact.address)
            self.oracle.opted_out_there(contact.address)

    def _unsubscribe_as_firm(self, at: int) -> None:
        contact = self.there.get(_known(at))
        if contact is not None and not contact.is_deleted and contact.is_mailable:
            self._next_second()
            email = {"address": contact.address, "permission_to_send": "unsubscribed"}
            self.firm.put(self.firm.there(contact.address), email_address=email)
            self.oracle.handled_there(contact.address)
            self.oracle.opted_out_there(contact.address)

    def _leave(self, at: int, of: int) -> None:
        contact, list_id, of_list = self.there.get(_known(at)), self._list_there(of), self.lists[of]
        if contact is not None and list_id in contact.lists and of_list is not None:
            self._next_second()
            self.firm.leaves(contact.address, str(list_id))
            self.oracle.left_list(contact.address, of_list)
            self.oracle.by_hand.discard((contact.contact_id, str(list_id)))

    def _edit_there(self, at: int) -> None:
        if (contact := self._alive(at)) is not None:
            self._made += 1
            self.firm.put(self.firm.there(contact.address), last_name=f"Typed{self._made}")
            self.oracle.handled_there(contact.address)

    def _add_there(self, at: int, of: int) -> None:
        contact, list_id = self._alive(at), self._list_there(of)
        if contact is not None and list_id is not None:
            lists = sorted({*contact.lists, list_id})
            self.firm.put(self.firm.there(contact.address), list_memberships=lists)
            self.oracle.handled_there(contact.address)
            self.oracle.by_hand.add((contact.contact_id, list_id))

    def _take_off_there(self, at: int, of: int) -> None:
        contact, list_id = self._alive(at), self._list_there(of)
        if contact is not None and list_id in contact.lists:
            lists = sorted(contact.lists - {str(list_id)})
            self.firm.put(self.firm.there(contact.address), list_memberships=lists)
            self.oracle.handled_there(contact.address)
            self.oracle.by_hand.discard((contact.contact_id, str(list_id)))

    def _create_there(self, at: int, of: int) -> None:
        address, list_id = _known(at), self._list_there(of)
        if address not in self.there:
            lists = [] if list_id is None else [list_id]
            body = {"email_address": {"address": address}, "list_memberships": lists}
            made = self.firm.post("/contacts", **body, create_source="Account")
            self.oracle.handled_there(address)
            self.oracle.by_hand |= {(made["contact_id"], one) for one in lists}

    def _delete_there(self, at: int) -> None:
        if (contact := self._alive(at)) is not None:
            self.firm.remove(f"/contacts/{contact.contact_id}")
            self.oracle.handled_there(contact.address)
            gone = {pair for pair in self.oracle.by_hand if pair[0] == contact.contact_id}
            self.oracle.by_hand -= gone

    def _rename_list_there(self, of: int) -> None:
        if (list_id := self._list_there(of)) is not None:
            self._made += 1
            body = {"name": f"By hand {self._made}"}
            answer = self.firm.sandbox.constant_contact("PUT", f"/contact_lists/{list_id}", body)
            assert answer.ok, answer.text

    def _delete_list_there(self, of: int) -> None:
        list_id, of_list = self._list_there(of), self.lists[of]
        if list_id is not None and of_list is not None and of_list not in self.oracle.gone_there:
            self.firm.remove(f"/contact_lists/{list_id}")
            self.firm.sandbox.advance(2.0)  # it takes Constant Contact a second
            self.oracle.gone_there.add(of_list)

    # Time, mishaps, and what the bridge does

    def _wait(self, number: int) -> None:
        self.firm.sandbox.advance(WAITS_S[number])

    def _fault(self, call: int, kind: int, skip: int, times: int) -> None:
        fault = CALLS[call] | {"kind": KINDS[kind], "skip": skip, "times": times}
        self.firm.sandbox.faults(fault)

    def _mishap(self, kind: int, times: int) -> None:
        fault: dict[str, object] = {"side": "outbound", "kind": MISHAPS[kind], "times": times}
        self.firm.sandbox.faults(fault)

    def _hear(self) -> None:
        self.firm.bridge.receive()

    def _triage(self) -> None:
        self.firm.bridge.receive()
        self.firm.bridge.triage()

    def _deliver(self) -> None:
        self.firm.bridge.deliver()

    def _settle(self) -> None:
        self.firm.settle()

    def _poll(self) -> None:
        self.firm.settle(deletes=True)

    def _die(self, number: int) -> None:
        """A worker does all that waits, and dies on the way."""
        bridge = self.firm.bridge
        bridge.receive()
        database = MortalDatabase(bridge.database, Random(number), _LONGEST_LIFE)  # noqa: S311
        database.planned()
        mortal: Any = replace(bridge.installation, database=database)  # type: ignore[arg-type]
        worker = replace(bridge, installation=mortal)
        try:
            worker.settle(deletes=number % 2 == 0)
        except Killed:
            return

    def _reconcile(self, job: int) -> None:
        self.firm.sandbox.faults()
        run(self.firm, JOBS[job])

    def _rest(self) -> None:
        self.rest()

    # What there is

    def _alive(self, at: int) -> There | None:
        contact = self.there.get(_known(at))
        return None if contact is None or contact.is_deleted else contact

    def _list_there(self, of: int) -> str | None:
        of_list = self.lists[of]
        if of_list is None or of_list in self.oracle.gone_there:
            return None
        found: str | None = self.firm.record(LIST, of_list)[
            "practifi__Constant_Contact_List_ID__c"
        ]
        return found

    def _as_bridge(self, who: str, fields: dict[str, bool]) -> bool:
        """Save as the bridge's own user, unless that session has ended."""
        self.firm.sandbox.faults()
        path = f"/services/data/v66.0/sobjects/Contact/{who}"
        answer = self.firm.sandbox.salesforce("PATCH", path, fields, by="bridge")
        assert answer.ok or answer.status_code == 401, answer.text
        return answer.ok

    def _next_second(self) -> None:
        """Both vendors stamp whole seconds: of two acts in one nobody can tell which came first."""
        self.firm.sandbox.advance(1.0)

    def _look(self) -> dict[str, There]:
        answer = self.firm.sandbox.constant_contact(
            "GET", "/contacts", status="all", include="list_memberships,phone_numbers"
        )
        assert answer.ok, answer.text
        contacts = [contact_of(row) for row in answer.json()["contacts"]]
        found = {contact.address: contact for contact in contacts}
        assert len(found) == len(contacts), "two contacts there have one address"
        return found

    def _seen(self) -> Seen:
        answer = self.firm.sandbox.constant_contact("GET", "/contact_lists", limit=500)
        assert answer.ok, answer.text
        names = {one["list_id"]: one["name"] for one in answer.json()["lists"]}
        return Seen(there=self._look(), names_there=names, shown=dict(self._shown()))

    def _shown(self) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
        kept = (
            ("Contact", self.oracle.people, "practifi__Constant_Contact_ID__c"),
            (LIST, self.oracle.lists, "practifi__Constant_Contact_List_ID__c"),
            (MEMBERSHIP, self.oracle.memberships, None),
        )
        for name, ids, cc_id in kept:
            for record_id in ids:
                record = self.firm.record(name, record_id)
                yield record_id, (record["CC_Bridge_Status__c"], record[cc_id] if cc_id else None)

    def _unfinished(self) -> list[dict[str, Any]]:
        """Return the notifications that wait or were given up, but for lists that are gone."""
        rows = self.firm.bridge.rows(_STATEMENT)
        gone = self.oracle.gone_there
        return [row for row in rows if row["state"] != "dead" or row["record_id"] not in gone]


def nothing_of(found: Sequence[object]) -> None:
    """Fail by naming what was found."""
    if found:
        raise AssertionError("\n".join(map(str, found)))


def _address(number: int) -> str | None:
    return None if number == NOWHERE else _known(number)


def _known(number: int) -> str:
    return f"client{number}@example.org"
