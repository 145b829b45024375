"""What the people of the firm do in Practifi, each act told to the oracle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.journey.firm import LIST, MEMBERSHIP, TICKED, UNTICKED
from tests.machine.acts import ADDRESSES
from tests.machine.stage import address_of

if TYPE_CHECKING:
    from tests.machine.stage import Stage

MOST_UNTICKS = 8


@dataclass(frozen=True)
class InPractifi:
    """The acts, by the names of the rules."""

    stage: Stage

    def enter(self, place: int, at: int) -> None:
        if self.stage.people[place] is None:
            number = self.stage.fresh()
            name = f"Person{number}"
            fields = {"first_name": name, "last_name": "Moran", "mobile": f"1415555{number:04}"}
            address = address_of(at)
            who = self.stage.firm.person(
                address, FirstName=name, LastName="Moran", MobilePhone=fields["mobile"]
            )
            self.stage.people[place] = who
            self.stage.oracle.entered(who, address, fields)

    def arrive(self, place: int, at: int, of: int) -> None:
        """Somebody is entered and put on a list."""
        self.enter(place, at)
        self.join(place, of)

    def replace(self, place: int, of: int) -> None:
        """A record is deleted and entered again, and put on a list."""
        who = self.stage.people[place]
        address = None if who is None else self.stage.oracle.people[who].address
        if address is not None:
            at = next(at for at in range(ADDRESSES) if address_of(at) == address)
            self.delete(place)
            self.arrive(place, at, of)

    def save(self, place: int) -> None:
        if (who := self.stage.people[place]) is not None:
            number = self.stage.fresh()
            name = f"Name{number}"
            self.stage.firm.change(who, LastName=name)
            self.stage.oracle.people[who].fields["last_name"] = name

    def tick(self, place: int) -> None:
        if (who := self.stage.people[place]) is not None:
            self.stage.firm.tick(who)
            self.stage.oracle.ticked(who)

    def untick(self, place: int) -> None:
        who = self.stage.people[place]
        if (
            who is not None
            and self.stage.oracle.people[who].is_ticked
            and self.stage.unticks < MOST_UNTICKS
        ):
            self.stage.unticks += 1
            self.stage.next_second()
            self.stage.firm.untick(who)
            self.stage.oracle.unticked(who)

    def untick_by_bridge(self, place: int) -> None:
        who = self.stage.people[place]
        is_ticked = who is not None and self.stage.oracle.people[who].is_ticked
        if who is not None and is_ticked and self._as_bridge(who, UNTICKED):
            self.stage.oracle.unticked(who, by_bridge=True)

    def tick_by_bridge(self, place: int) -> None:
        who = self.stage.people[place]
        if who is not None and self._as_bridge(who, TICKED):
            self.stage.oracle.ticked(who, by_bridge=True)

    def move(self, place: int, to: int) -> None:
        if (who := self.stage.people[place]) is not None:
            self.stage.firm.change(who, Email=address_of(to))
            self.stage.oracle.moved(who, address_of(to))

    def swap(self, place: int, other: int) -> None:
        mine, theirs = self.stage.people[place], self.stage.people[other]
        if mine is not None and theirs is not None and mine != theirs:
            to_me, to_them = (
                self.stage.oracle.people[theirs].address,
                self.stage.oracle.people[mine].address,
            )
            for who, address in ((mine, to_me), (theirs, to_them)):
                self.stage.firm.change(who, Email=address)
                self.stage.oracle.moved(who, address)

    def delete(self, place: int) -> None:
        if (who := self.stage.people[place]) is not None:
            self.stage.firm.delete("Contact", who)
            self.stage.in_bin[place] = (who, *self.stage.oracle.deleted(who))
            self.stage.people[place] = None

    def restore(self, place: int) -> None:
        """What was deleted last at a place comes back out of the recycle bin."""
        if self.stage.people[place] is None and place in self.stage.in_bin:
            who, person, memberships = self.stage.in_bin.pop(place)
            self.stage.next_second()
            self.stage.firm.sandbox.control("POST", "/salesforce/undelete", {"ids": [who]})
            self.stage.oracle.restored(who, person, memberships)
            self.stage.people[place] = who

    def merge(self, place: int, other: int) -> None:
        self._merge(place, other, {})

    def merge_unticked(self, place: int, other: int) -> None:
        """Two records are merged, and the box of the one that is left is clear: no untick."""
        self.stage.next_second()
        winner = self.stage.people[place]
        if self._merge(place, other, UNTICKED) and winner is not None:
            self.stage.oracle.unticked(winner, by_bridge=True)

    def join(self, place: int, of: int) -> None:
        who, of_list = self.stage.people[place], self.stage.lists[of]
        if who is not None and of_list is not None:
            self.stage.oracle.joined(self.stage.firm.join(who, of_list), who, of_list)

    def quit(self, place: int, of: int) -> None:
        who, of_list = self.stage.people[place], self.stage.lists[of]
        memberships = [
            one for one, join in self.stage.oracle.memberships.items() if join == (who, of_list)
        ]
        for membership in memberships:
            self.stage.firm.delete(MEMBERSHIP, membership)
        self.stage.oracle.quit(memberships)

    def new_list(self, of: int) -> None:
        if self.stage.lists[of] is None:
            number = self.stage.fresh()
            name = f"Letter {number}"
            self.stage.lists[of] = made = self.stage.firm.new_list(name)
            self.stage.oracle.lists[made] = name

    def rename_list(self, of: int) -> None:
        if (of_list := self.stage.lists[of]) is not None:
            number = self.stage.fresh()
            name = f"Letter {number}"
            self.stage.firm.save(LIST, of_list, Name=name)
            self.stage.oracle.lists[of_list] = name

    def delete_list(self, of: int) -> None:
        if (of_list := self.stage.lists[of]) is not None:
            self.stage.firm.delete(LIST, of_list)
            self.stage.oracle.list_deleted(of_list)
            self.stage.lists[of] = None

    def _merge(self, place: int, other: int, fields: dict[str, bool]) -> bool:
        winner, loser = self.stage.people[place], self.stage.people[other]
        if winner is None or loser is None or winner == loser:
            return False
        body = {"master_id": winner, "loser_ids": [loser], "fields": fields}
        self.stage.firm.sandbox.control("POST", "/salesforce/merge", body)
        self.stage.oracle.merged(winner, loser)
        self.stage.people[other] = None
        return True

    def _as_bridge(self, who: str, fields: dict[str, bool]) -> bool:
        """Save as the bridge's own user, unless that session has ended."""
        self.stage.firm.sandbox.faults()
        path = f"/services/data/v66.0/sobjects/Contact/{who}"
        answer = self.stage.firm.sandbox.salesforce("PATCH", path, fields, by="bridge")
        assert answer.ok or answer.status_code == 401, answer.text
        return answer.ok
