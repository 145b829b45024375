"""Play acts on a firm, and see after each and at the end that all is as the oracle says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.journey.firm import LIST, MEMBERSHIP
from tests.journey.reconciling import kinds, planned, reconcile
from tests.machine.acts import write_acts
from tests.machine.in_constant_contact import InConstantContact
from tests.machine.in_practifi import InPractifi
from tests.machine.judge import Seen, became_mailable, complaints, contact_of, owners
from tests.machine.stage import Stage
from tests.machine.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tests.journey.firm import Firm
    from tests.machine.acts import Act
    from tests.machine.judge import There

REPLAY = 'BRIDGE_TEST_ACTS="{acts}" pytest -n0 tests/machine/test_machine.py'

_STATEMENT = """
SELECT object, record_id, state, reason
FROM notification
WHERE connection_id = %(connection_id)s AND (finished_at IS NULL OR state = 'dead')
"""


@dataclass
class Play:
    """A history of a firm.

    Attributes:
        done: What was played.
    """

    stage: Stage
    done: list[Act] = field(default_factory=list)

    def play(self, acts: Iterable[Act]) -> None:
        """Play acts; after each, see that it made nobody mailable who has opted out."""
        for act in acts:
            self.done.append(act)
            with_replay(self, lambda act=act: self._play(act))  # type: ignore[misc]

    def rest(self) -> None:
        """Let the bridge come to rest, and compare both sides with the oracle."""
        firm = self.stage.firm
        firm.sandbox.faults()
        self.stage.settle(deletes=True)
        reconcile(firm)
        self.stage.settle()
        self.compare()

    def compare(self) -> None:
        """See that both sides are as the oracle says; nothing may wait."""
        stage, seen = self.stage, self._seen()
        nothing_of(complaints(stage.oracle, seen))
        stage.oracle.came_to_rest(owners(stage.oracle, seen))
        stage.there = dict(seen.there)

    def end(self) -> None:
        """Rest, and see that nothing is left to do and that the books are right."""
        with_replay(self, self._end)

    def _play(self, act: Act) -> None:
        if act.name == "rest":
            self.rest()
            return
        groups = (InPractifi, InConstantContact, Surroundings)
        group = next(one for one in groups if hasattr(one, act.name))
        getattr(group(self.stage), act.name)(*act.numbers)
        now = self._look()
        nothing_of(became_mailable(self.stage.oracle, self.stage.there, now))
        self.stage.there = now

    def _end(self) -> None:
        self.rest()
        firm = self.stage.firm
        nothing_of(kinds(planned(firm, "lists")) + kinds(planned(firm, "contacts")))
        nothing_of(self._unfinished())

    def _look(self) -> dict[str, There]:
        answer = self.stage.firm.sandbox.constant_contact(
            "GET", "/contacts", status="all", include="list_memberships,phone_numbers"
        )
        assert answer.ok, answer.text
        contacts = [contact_of(row) for row in answer.json()["contacts"]]
        found = {contact.address: contact for contact in contacts}
        assert len(found) == len(contacts), "two contacts there have one address"
        return found

    def _seen(self) -> Seen:
        answer = self.stage.firm.sandbox.constant_contact("GET", "/contact_lists", limit=500)
        assert answer.ok, answer.text
        names = {one["list_id"]: one["name"] for one in answer.json()["lists"]}
        return Seen(there=self._look(), names_there=names, shown=dict(self._shown()))

    def _shown(self) -> Iterator[tuple[str, tuple[str | None, str | None]]]:
        kept = (
            ("Contact", self.stage.oracle.people, "practifi__Constant_Contact_ID__c"),
            (LIST, self.stage.oracle.lists, "practifi__Constant_Contact_List_ID__c"),
            (MEMBERSHIP, self.stage.oracle.memberships, None),
        )
        for name, ids, cc_id in kept:
            for record_id in ids:
                record = self.stage.firm.record(name, record_id)
                yield record_id, (record["CC_Bridge_Status__c"], record[cc_id] if cc_id else None)

    def _unfinished(self) -> list[dict[str, Any]]:
        """Return the notifications that wait or were given up, but for lists that are gone."""
        rows = self.stage.firm.bridge.rows(_STATEMENT)
        gone = self.stage.oracle.gone_there
        return [row for row in rows if row["state"] != "dead" or row["record_id"] not in gone]


def begin(firm: Firm) -> Play:
    """Return a history in which nothing has happened yet."""
    return Play(Stage(firm))


def with_replay(history: Play, step: Callable[[], None]) -> None:
    """Do a step; a failure says how to play the whole history again."""
    try:
        step()
    except Exception as error:
        error.add_note(REPLAY.format(acts=write_acts(history.done)))
        raise


def nothing_of(found: Sequence[object]) -> None:
    """Fail by naming what was found."""
    if found:
        raise AssertionError("\n".join(map(str, found)))
