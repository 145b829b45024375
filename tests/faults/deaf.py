"""A firm whose bridge hears of nothing that is saved: whatever gets there, a run has brought."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.runs.store import load_run
from reconciler.runs import store
from reconciler.runs.execute import execute
from tests.faults import load
from tests.faults.demand import Differences, compare
from tests.faults.ordeal import another
from tests.faults.reading import read_practifi, read_there
from tests.journey.dying import LEASE_S, Killed, ask

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from bridge.runs.model import Job, RunRecord
    from reconciler.runs.context import Watcher
    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

ACTS = 25
NIGHT: tuple[Job, ...] = ("lists", "contacts")
_PROCESSES = 60


@dataclass
class DeafFirm:
    """Its people at work, and the runs that carry over what they did."""

    firm: Firm
    people: load.Firm

    def work(self, acts: int = ACTS) -> None:
        """Let people save, and clients unsubscribe."""
        for _ in range(acts):
            self.people.act()

    def night(self, watcher: Callable[[int], Watcher] | None = None) -> int:
        """Carry both runs to their ends; return how many processes that took."""
        return sum(self.see_through(ask(self.firm, job), watcher) for job in NIGHT)

    def see_through(self, run_id: int, watcher: Callable[[int], Watcher] | None = None) -> int:
        """Carry a run to a good end; return how many processes that took."""
        processes = self.carry_on(run_id, watcher)
        record = self.load(run_id)
        assert record.state == "done", record.reason
        return processes

    def carry_on(self, run_id: int, watcher: Callable[[int], Watcher] | None = None) -> int:
        """Carry a run to its end by one process after the other; return how many it took.

        Args:
            run_id: The run.
            watcher: Makes what looks on, of the run; it may let its process die.
        """
        bridge = self.firm.bridge
        for number in range(1, _PROCESSES):
            with bridge.database.transaction() as tx:
                lease = store.claim(tx, bridge.connection_id, run_id, LEASE_S)
            if lease is not None:
                try:
                    execute(bridge.installation, lease, watcher=watcher and watcher(run_id))
                except Killed:
                    bridge.sandbox.advance(LEASE_S + 1)
            if not self.load(run_id).is_open:
                return number
            bridge.sandbox.advance(LEASE_S + 1)
        raise AssertionError("the run does not come to its end")

    def load(self, run_id: int) -> RunRecord:
        with self.firm.bridge.database.transaction() as tx:
            return load_run(tx, self.firm.bridge.connection_id, run_id)

    def differences(self) -> Differences:
        """Return what is not there as Practifi has it; what was made twice is among it."""
        there = read_there(self.firm.sandbox)
        found = compare(
            read_practifi(self.firm.sandbox),
            there,
            left_by_themselves=frozenset(self.people.left_by_themselves),
        )
        made = sum(call == ("POST", "/v3/contacts") for call in self.firm.writes())
        if made > len(there.contacts):
            found.double(f"{made} contacts were made, and {len(there.contacts)} are there")
        return found

    def judge(self, tally: Tally, fault: str, *, tried: int, wrong: Sequence[str] = ()) -> None:
        """Note what became of a fault that struck some times, and fail where anything is wrong.

        Args:
            tally: Where it is noted.
            fault: What struck.
            tried: How often.
            wrong: What is wrong besides what both services show.
        """
        self.firm.settle()  # what waits for a worker: statuses, and what a run left to deliveries
        found = self.differences()
        sentences = [*found.wrong, *wrong]
        tally(
            fault,
            tried=tried,
            survived=0 if sentences else tried,
            acts=self.people.done.total(),
            lost=len(found.wrong) - len(found.doubled),
            doubled=len(found.doubled),
            wrong=len(sentences),
        )
        assert not sentences, "\n".join(sentences)


def a_deaf_firm(firm: Firm, plan: random.Random) -> DeafFirm:
    """Open a firm whose messages are all lost."""
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": None})
    people = load.Firm(firm.sandbox, another(plan))
    people.open()
    return DeafFirm(firm, people)
