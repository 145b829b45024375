"""A firm with a few places for people, addresses and lists, and the oracle that looks on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.journey.authorising import authorise_again
from tests.journey.firm import LIST
from tests.machine.acts import LISTS, NOWHERE, PEOPLE
from tests.machine.oracle import Oracle

if TYPE_CHECKING:
    from tests.journey.firm import Firm
    from tests.machine.judge import There
    from tests.machine.oracle import Join, Person

TYPED_OVER = 2
_LOGINS = 10


@dataclass
class Stage:
    """What the acts are played on.

    Attributes:
        people: Contact record by place; None where nobody is.
        lists: List record by place.
        there: Address -> the contact there, as it was seen after the last act.
        in_bin: Place -> who was deleted there last, and their memberships.
        unticks: How many there were: more than ten in ten minutes wait for an approver.
        typed_over: Address -> how often somebody has typed over a field there: the third time in a
            week it would be paused, which has tests of its own.
    """

    firm: Firm
    oracle: Oracle = field(default_factory=Oracle)
    people: list[str | None] = field(default_factory=lambda: [None] * PEOPLE)
    lists: list[str | None] = field(default_factory=lambda: [None] * LISTS)
    there: dict[str, There] = field(default_factory=dict)
    in_bin: dict[int, tuple[str, Person, dict[str, Join]]] = field(default_factory=dict)
    unticks: int = 0
    typed_over: Counter[str] = field(default_factory=Counter)
    _made: int = 0

    def fresh(self) -> int:
        """Return a number that nothing was named by yet."""
        self._made += 1
        return self._made

    def alive(self, at: int) -> There | None:
        """Return the contact there at an address, unless it was deleted."""
        contact = self.there.get(address_at(at))
        return None if contact is None or contact.is_deleted else contact

    def list_there(self, of: int) -> str | None:
        """Return the list there of a list record, if Practifi shows one that is still there."""
        of_list = self.lists[of]
        if of_list is None or of_list in self.oracle.gone_there:
            return None
        found: str | None = self.firm.record(LIST, of_list)["practifi__Constant_Contact_List_ID__c"]
        return found

    def settle(self, *, deletes: bool = False) -> None:
        """Let the bridge come to rest; where a login is refused, somebody authorises it again."""
        for _ in range(_LOGINS):
            self.authorise()
            try:
                self.firm.settle(deletes=deletes)
            except AssertionError:
                if not self._is_paused():
                    raise
            else:
                return
        raise AssertionError("the connection is paused again and again")

    def authorise(self) -> None:
        """Authorise a connection again that was paused."""
        if self._is_paused():
            authorise_again(self.firm)

    def _is_paused(self) -> bool:
        return bool(self.firm.bridge.rows("SELECT id FROM connection WHERE state = 'paused'"))

    def next_second(self) -> None:
        """Both vendors stamp whole seconds: of two acts in one nobody can tell which came first."""
        self.firm.sandbox.advance(1.0)


def address_of(number: int) -> str | None:
    """Return an address by its number."""
    return None if number == NOWHERE else address_at(number)


def address_at(number: int) -> str:
    """Return an address by its number, which is not that of no address."""
    return f"client{number}@example.org"
