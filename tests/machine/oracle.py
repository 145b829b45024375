"""What must be true on both sides after a history of acts; no code under test here.

Written from the rules of consent and from what the vendors publish. People and lists go by the ids
of their Practifi records, addresses by their key, lists and contacts there by their own ids.

Three grades say who may be mailed. An opt-out is `OUT` until an untick, by a person, at the address
where the tick was, with no other box ticked there. Where the rules leave the end open, because
people changed addresses or were merged while nobody had looked, it is `MAYBE`: neither is wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Grade(IntEnum):
    """Whether an address or a person has opted out."""

    IN = 0
    MAYBE = 1
    OUT = 2


class Join(NamedTuple):
    """That a person is on a list."""

    person: str
    of_list: str


@dataclass
class Person:
    """A contact record of Practifi.

    Attributes:
        fields: What Constant Contact has to hold of it, by its names there.
        ticked_at: The address at which *Do Not Email* was ticked last.
        is_tick_new: No quiet moment has come since that tick.
        is_tick_told: A message tells of it; what the bridge's own user saves fires none.
    """

    address: str | None
    fields: dict[str, str]
    is_ticked: bool = False
    ticked_at: str | None = None
    is_tick_new: bool = False
    is_tick_told: bool = True


@dataclass
class Oracle:
    """The firm, and what its bridge must have made of it once nothing is left to do.

    Attributes:
        memberships: Membership record -> who is on which list.
        gone_there: Lists of Practifi whose counterpart was deleted in Constant Contact.
        by_hand: (contact there, list there) that somebody added in Constant Contact.
        owners: Contact there -> whose fields it had at the last quiet moment.
        typed_over: Address -> how often somebody typed another name over there.
    """

    people: dict[str, Person] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    memberships: dict[str, Join] = field(default_factory=dict)
    gone_there: set[str] = field(default_factory=set)
    by_hand: set[tuple[str, str]] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    typed_over: Counter[str] = field(default_factory=Counter)
    _address_out: dict[str, Grade] = field(default_factory=dict)
    _person_out: dict[str, Grade] = field(default_factory=dict)
    _before_tick: dict[str, Grade] = field(default_factory=dict)
    _left: dict[Join, Grade] = field(default_factory=dict)
    _known_left: set[Join] = field(default_factory=set)
    _left_at: set[tuple[str, str]] = field(default_factory=set)
    _settled_at: dict[str, str | None] = field(default_factory=dict)
    _were_at: set[tuple[str, str]] = field(default_factory=set)
    _agreed: set[Join] = field(default_factory=set)
    _moving: set[str] = field(default_factory=set)
    _asked: set[str] = field(default_factory=set)
    _by_firm: set[str] = field(default_factory=set)
    _handled: set[str] = field(default_factory=set)

    # What may be asked

    def at(self, address: str) -> list[str]:
        """Return the people who have an address now."""
        return sorted(who for who, one in self.people.items() if one.address == address)

    def grade(self, address: str) -> Grade:
        """Return whether an address may be mailed: the strictest of it and of its people."""
        people = self.at(address)
        if any(self.people[who].is_ticked for who in people):
            return Grade.OUT
        of_people = (self._person_out.get(who, Grade.IN) for who in people)
        return max(self._address_out.get(address, Grade.IN), *of_people, Grade.IN)

    def wanted(self, address: str) -> set[str]:
        """Return the lists of Practifi on which the people at an address are."""
        return {
            join.of_list
            for join in self.memberships.values()
            if self.people[join.person].address == address and join.of_list not in self.gone_there
        }

    def left(self, address: str, of_list: str) -> Grade:
        """Return whether somebody at an address has left a list by their own act.

        Who comes to an address whose person has left it and the list may be that person, entered
        once more.
        """
        before = Grade.MAYBE if (address, of_list) in self._left_at else Grade.IN
        people = self.at(address)
        return max(before, *(self._left.get(Join(who, of_list), before) for who in people), before)

    # In Practifi

    def entered(self, who: str, address: str | None, fields: dict[str, str]) -> None:
        """A contact record was created."""
        self.people[who] = Person(address, fields)
        self._stir(address)

    def ticked(self, who: str, *, by_bridge: bool = False) -> None:
        """*Do Not Email* was ticked."""
        person = self.people[who]
        if person.is_ticked:
            return
        if not person.is_tick_new and person.address is not None:
            self._before_tick[who] = self._address_out.get(person.address, Grade.IN)
        person.is_ticked, person.is_tick_new, person.ticked_at = True, True, person.address
        person.is_tick_told = not by_bridge
        self._person_out[who] = Grade.OUT
        if person.address is not None:
            self._address_out[person.address] = Grade.OUT
        # Whoever looks only now cannot know whether they were still at a former address then.
        for former in [address for one, address in self._were_at if one == who]:
            grade = self._address_out.get(former, Grade.IN)
            self._address_out[former] = max(grade, Grade.MAYBE)

    def unticked(self, who: str, *, by_bridge: bool = False) -> None:
        """*Do Not Email* was unticked; the bridge's own user asks for nothing by that."""
        person = self.people[who]
        if not person.is_ticked:
            return
        person.is_ticked = False
        address = person.address
        if by_bridge:
            if person.is_tick_new and not person.is_tick_told:
                self._may_be_unknown(who, address)
            return
        if address is None:
            self._person_out[who] = Grade.MAYBE
            return
        here = self.at(address)
        if any(self.people[other].is_ticked for other in here):
            self._asked.add(who)
            return
        is_plain = person.ticked_at == address and address not in self._moving
        lifted = Grade.IN if is_plain else Grade.MAYBE
        for other in here:
            self._person_out[other] = min(self._person_out.get(other, Grade.IN), lifted)
            for join in [one for one in self._left if one.person == other]:
                self._left[join] = Grade.MAYBE
        self._address_out[address] = min(self._address_out.get(address, Grade.IN), lifted)
        self._by_firm.discard(address)

    def _may_be_unknown(self, who: str, address: str | None) -> None:
        """A tick has come and gone, and no message has told of it: nobody need have seen it."""
        self._person_out[who] = min(self._person_out.get(who, Grade.IN), Grade.MAYBE)
        if address is not None:
            self._address_out[address] = min(self._address_out.get(address, Grade.IN), Grade.MAYBE)

    def moved(self, who: str, address: str | None) -> None:
        """A contact record got another address, or none."""
        person = self.people[who]
        if person.address == address:
            return
        self._leaves(who)
        person.address = address
        self._stir(address)
        for join in [one for one in self._left if one.person == who]:
            self._left[join] = Grade.MAYBE

    def deleted(self, who: str) -> tuple[Person, dict[str, Join]]:
        """A contact record was deleted, and its memberships with it; return what went."""
        self._leaves(who)
        gone = {one: join for one, join in self.memberships.items() if join.person == who}
        self.quit(gone)
        return self.people.pop(who), gone

    def restored(self, who: str, person: Person, memberships: dict[str, Join]) -> None:
        """A contact record came back as it was, with its memberships: that is no untick."""
        person.is_tick_new = False
        self.people[who] = person
        self._stir(person.address)
        lists = {one: join for one, join in memberships.items() if join.of_list in self.lists}
        self.memberships |= lists

    def merged(self, winner: str, loser: str) -> None:
        """A contact record was merged into another one: its memberships are that one's now.

        So is whatever is seen where it was while nobody knows of the merge.
        """
        for one, join in self.memberships.items():
            if join.person == loser:
                self.memberships[one] = mine = Join(winner, join.of_list)
                left = min(self._left.get(join, Grade.IN), Grade.MAYBE)
                self._left[mine] = max(self._left.get(mine, Grade.IN), left)
        outs = (self._person_out.get(one, Grade.IN) for one in (winner, loser))
        self._person_out[winner] = max(outs)
        self._stir(self.people[winner].address)
        self._leaves(loser)
        self._were_at |= {(winner, address) for who, address in self._were_at if who == loser}
        del self.people[loser]

    def joined(self, membership: str, who: str, of_list: str) -> None:
        """A membership record was created."""
        self.memberships[membership] = Join(who, of_list)

    def quit(self, memberships: Iterable[str]) -> None:
        """Membership records were deleted."""
        for one in memberships:
            join = self.memberships.pop(one)
            if join in self._left:
                self._left[join] = Grade.MAYBE

    def list_deleted(self, of_list: str) -> None:
        """A list record was deleted, and its memberships with it."""
        del self.lists[of_list]
        self.quit(one for one, join in list(self.memberships.items()) if join.of_list == of_list)

    # In Constant Contact

    def opted_out_there(self, address: str, *, by_person: bool) -> None:
        """The contact there was unsubscribed, by the person or by somebody of the firm.

        Whom of several the firm meant nobody can tell once one of them has left: it goes along with
        those who are still there when it is seen.
        """
        self._handled.add(address)
        self._address_out[address] = Grade.OUT
        if not by_person:
            self._by_firm.add(address)
        for who, person in self.people.items():
            if person.address == address:
                is_known = self._settled_at.get(who) == address
                grade = Grade.OUT if is_known and by_person else Grade.MAYBE
            elif (who, address) in self._were_at:
                grade = Grade.MAYBE
            else:
                continue
            self._person_out[who] = max(self._person_out.get(who, Grade.IN), grade)

    def left_list(self, address: str, of_list: str) -> None:
        """A person left one list by their own act.

        Whoever was there before, and comes back, may be that person.
        """
        is_plain = address not in self._moving | self._handled
        for who in self.at(address):
            join = Join(who, of_list)
            is_known = is_plain and join in self._agreed and join in self.memberships.values()
            self._left[join] = max(
                self._left.get(join, Grade.IN), Grade.OUT if is_known else Grade.MAYBE
            )
        for who in [one for one, at in self._were_at if at == address]:
            join = Join(who, of_list)
            self._left[join] = max(self._left.get(join, Grade.IN), Grade.MAYBE)
        self._handled.add(address)

    def handled_there(self, address: str) -> None:
        """Somebody of the firm changed the contact there: who left a list may be put back."""
        self._handled.add(address)
        for join in self._left.keys() - self._known_left:
            if join.person in self.at(address):
                self._left[join] = Grade.MAYBE

    # A quiet moment

    def came_to_rest(self, owners: dict[str, str]) -> None:
        """Nothing is left to do; `owners` says whose fields each contact there has."""
        for who, person in self.people.items():
            if person.address in self._by_firm:
                self._person_out[who] = Grade.OUT
        self._by_firm.clear()
        self._moving.clear()
        self._handled.clear()
        self._asked.clear()
        self._before_tick.clear()
        # Whoever has no address now is still who the contact at their last one is.
        self._were_at = {
            (who, at)
            for who, at in self._were_at
            if who in self.people and self.people[who].address is None
        }
        self._settled_at = {who: one.address for who, one in self.people.items()}
        self._agreed = set(self.memberships.values())
        self._known_left = {join for join, grade in self._left.items() if grade is Grade.OUT}
        self.owners = owners
        for person in self.people.values():
            person.is_tick_new = False

    def stayed(self, who: str, address: str) -> bool:
        """Tell whether somebody has been at an address since the last quiet moment, undisturbed."""
        return self._settled_at.get(who) == address and address not in self._moving

    def _leaves(self, who: str) -> None:
        """Somebody leaves their address; what was not seen of a tick there need not stay there."""
        person = self.people[who]
        address = person.address
        if address is None:
            return
        grade = self.grade(address)
        self._stir(address)
        self._were_at.add((who, address))
        self._left_at |= {(address, join.of_list) for join in self._left if join.person == who}
        if person.is_ticked and person.is_tick_new and person.ticked_at == address:
            before = self._before_tick.get(who, Grade.IN)
            others = [one for one in self.at(address) if one != who]
            if not any(self.people[one].is_ticked for one in others):
                self._address_out[address] = max(before, Grade.MAYBE)
        if self._person_out.get(who, Grade.IN) > Grade.IN:
            self._address_out[address] = max(self._address_out.get(address, Grade.IN), Grade.MAYBE)
        self._person_out[who] = max(self._person_out.get(who, Grade.IN), min(grade, Grade.MAYBE))
        for other in self._asked.intersection(self.at(address)) - {who}:
            # Nobody can tell whether they asked before or after the other sharer had left.
            self._person_out[other] = min(self._person_out.get(other, Grade.IN), Grade.MAYBE)
            self._address_out[address] = min(self._address_out.get(address, Grade.IN), Grade.MAYBE)

    def _stir(self, address: str | None) -> None:
        if address is not None:
            self._moving.add(address)
