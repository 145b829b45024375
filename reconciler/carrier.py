"""Have the steps of some subjects sent by the couriers, and say what became of each.

As many subjects are held together as the budget sends within a second. One whose error may pass is
tried again; an error that the next subject would meet too ends the carrying out.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg

from bridge.constant_contact.budget import pace
from bridge.delivery.bury import bury
from bridge.delivery.cause import cause_of
from bridge.delivery.consequence import consequence_of
from bridge.delivery.couriers import open_couriers
from bridge.delivery.decide import decide
from bridge.delivery.deliver import most_at_once
from bridge.delivery.flows import settle_all
from bridge.delivery.leases import hold, let_go
from bridge.delivery.slots import LeaseWanted, TakenInVain
from bridge.errors import (
    BridgeError,
    LeaseLost,
    NotSettled,
    QuotaSpent,
    Retryable,
    StillAtWork,
)
from reconciler import told
from reconciler.agreed import StalePlan, is_agreed
from reconciler.plans.back import decider
from reconciler.runs.halt import RunCancelled, RunLost, RunReleased
from reconciler.snapshot.merge import reader_of
from reconciler.told import Subject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.delivery.leases import Lease
    from bridge.delivery.model import Step
    from bridge.delivery.work import SubjectKind
    from bridge.plans.model import StoredStep
    from reconciler.plans.back import Way, Ways
    from reconciler.runs.context import RunContext
    from reconciler.runs.plans import StepEnd

log = logging.getLogger(__name__)

_WAITS_S = (0.5, 1.0, 3.0, 9.0)
_LOOK_AGAIN_S = 0.1
_AT_WORK_S = 3600.0
"""Seconds for which the other side is asked about what it works at: nobody else would."""
_AT_ONCE_S = 1.0
"""Seconds after which no further subject of those that are held together is begun with."""
_STOPS = (RunLost, RunCancelled, RunReleased)
_PASSING = (LeaseLost, LeaseWanted, NotSettled)


class Carrier:
    """Carries out the steps of a plan's subjects, for one thread; close it afterwards."""

    def __init__(self, context: RunContext, plan_id: int, ways: Ways | None) -> None:
        self._context = context
        self._plan_id = plan_id
        self._ways = ways
        self._ways_now: dict[str, Way] = {}
        self._slots = context.slots()
        self._there = context.installation.constant_contact(context.connection, self._take_slot)
        self._subjects: dict[str, Subject] = {}
        self._begun: set[str] = set()
        self._began_s = 0.0
        self._stop: BaseException | None = None
        self._wait_s: float | None = None
        self._couriers = open_couriers(
            context.installation,
            context.current,
            there=self._there,
            reader=reader_of(context),
            approve=self._approve,
            decide=decide if ways is None else decider(self._ways_now),
            by_plan=True,
        )

    def close(self) -> None:
        """Close the connection to the account, and give calls back that were counted ahead."""
        self._there.close()
        self._slots.give_back()

    def most_at_once(self, step: StoredStep) -> int:
        """Return how many subjects are held together at this moment, where the next has this step.

        Lists are few, and what is written for one is not gathered with others.
        """
        if step.subject_kind == "list":
            return 1
        context = self._context
        with context.installation.database.transaction() as tx:
            return most_at_once(pace(tx, context.connection.api_application_id, context.lane))

    def carry_out(self, subjects: Sequence[Sequence[StoredStep]]) -> None:
        """Carry out the open steps of subjects and say what became of each.

        Raises:
            QuotaSpent: If the day has no call left; the steps left over stay planned.
            RemoteError: If a remote side refuses the connection as a whole, or does not answer.
            RunLost, RunCancelled, RunReleased: If the run shall stop.
        """
        self._subjects = {}
        for steps in subjects:  # one that the plan came back to has all its steps together
            self._subjects.setdefault(steps[0].subject_key, Subject([])).steps.extend(steps)
        self._read_ways()
        busy_until = self._busy_until()
        while self._subjects:
            leases = self._hold()
            if not leases:
                if time.monotonic() > busy_until:
                    for subject in list(self._subjects.values()):
                        self._end(subject, "failed", "somebody else has been at it all the time")
                    return
                self._context.halt.wait(_LOOK_AGAIN_S)
                continue
            busy_until = self._busy_until()
            before = len(self._subjects)
            self._settle(leases)
            if len(self._subjects) == before:
                tries = max(subject.tries for subject in self._subjects.values())
                wait_s = _WAITS_S[max(1, min(tries, len(_WAITS_S))) - 1]
                self._context.halt.wait(wait_s if self._wait_s is None else self._wait_s)

    def _busy_until(self) -> float:
        return time.monotonic() + 2 * self._context.installation.settings.lease_s

    def _read_ways(self) -> None:
        self._ways_now.clear()
        if self._ways is not None:
            with self._context.installation.database.transaction() as tx:
                self._ways_now.update(self._ways.of(tx, list(self._subjects)))

    def _settle(self, leases: Sequence[Lease]) -> None:
        """Have held subjects settled, and let go of those that are to be tried again."""
        self._begun.clear()
        self._began_s = time.monotonic()
        self._stop = None
        self._wait_s = None
        self._slots.expect(leases)
        flows = {lease: self._couriers.flow(lease) for lease in leases}
        ends: list[tuple[Lease, str | Exception]] = []
        for lease, end in settle_all(self._context.installation.database, flows, self._slots.begin):
            ends.append((lease, end))
            if isinstance(end, (QuotaSpent, Retryable, *_STOPS)):
                self._stop = end  # whoever has not begun would meet it too
        done = {lease.key: end for lease, end in ends if isinstance(end, str)}
        told.confirm(
            self._context, self._plan_id, {self._subjects.pop(key): done[key] for key in done}
        )
        stop: Exception | None = None
        for lease, end in ends:
            # Who waits for another one has failed only where nobody got on.
            if isinstance(end, Exception):
                is_try = not (
                    isinstance(end, TakenInVain | StillAtWork)
                    or (isinstance(end, NotSettled) and done)
                )
                self._subjects[lease.key].tries += is_try
                stop = self._take_error(lease, end) or stop
        if stop is not None:
            raise stop

    @contextmanager
    def _take_slot(self) -> Iterator[None]:
        """Take a call; begin with no more subjects where those before took their time.

        Raises:
            TakenInVain: If the subject is given back.
        """
        lease = self._slots.lease
        is_begun = lease is not None and lease.key in self._begun
        if lease is not None and not is_begun:
            took_s = time.monotonic() - self._began_s
            if self._stop is not None or (self._begun and took_s > _AT_ONCE_S):
                raise TakenInVain("others may have it: those before it took too long")
            self._begun.add(lease.key)
        with self._slots.take(may_stop=not is_begun):
            yield

    def _approve(self, step: Step) -> None:
        lease = self._slots.lease
        assert lease is not None  # noqa: S101 -- steps are sent of leased subjects alone
        subject = self._subjects[lease.key]
        if not is_agreed(step, subject.steps):
            subject.unplanned = step
            message = f"changed since it was planned: it would {step.kind} now"
            raise StalePlan(message)

    def _hold(self) -> list[Lease]:
        """Lease what is left, but what somebody else has."""
        context = self._context
        kinds: dict[SubjectKind, list[str]] = {}
        for subject in self._subjects.values():
            kinds.setdefault(subject.kind, []).append(subject.key)
        leases: list[Lease] = []
        for kind, keys in kinds.items():
            with context.installation.database.transaction() as tx:
                leases += hold(
                    tx,
                    context.run.connection_id,
                    kind,
                    keys,
                    lane=context.lane,
                    lease_s=context.installation.settings.lease_s,
                )
        order = {key: number for number, key in enumerate(self._subjects)}
        leases.sort(key=lambda lease: order[lease.key])
        if self._ways is None:
            return leases
        # What a delivery had still to do there is not done by taking something back.
        return [replace(lease, generation=0) for lease in leases]

    def _let_go(self, lease: Lease) -> None:
        with self._context.installation.database.transaction() as tx:
            let_go(tx, [lease])

    def _take_error(self, lease: Lease, error: Exception) -> Exception | None:
        """Do what an error of a subject means; return it where it ends the carrying out."""
        subject = self._subjects[lease.key]
        if isinstance(error, TakenInVain | StillAtWork):
            self._let_go(lease)
            if isinstance(error, StillAtWork):
                self._wait_s = error.after_s or _LOOK_AGAIN_S
                if time.monotonic() > subject.begun_s + _AT_WORK_S:
                    self._end(subject, "failed", f"{error}: the next run looks again")
            return None
        is_last = subject.tries > len(_WAITS_S)
        if isinstance(error, StalePlan):
            self._let_go(lease)
            now = told.what_now(self._context, subject, is_undo=self._ways is not None)
            self._end(subject, "refused", str(error), now=now)
            return None
        if isinstance(error, (QuotaSpent, *_STOPS)):
            self._let_go(lease)
            return error
        if isinstance(error, psycopg.errors.DeadlockDetected):
            self._let_go(lease)  # what was on its way is looked up there before deciding anew
            return error if is_last else None
        if isinstance(error, BridgeError):
            return self._bear(lease, subject, error, is_last=is_last)
        return error

    def _bear(
        self, lease: Lease, subject: Subject, error: BridgeError, *, is_last: bool
    ) -> BridgeError | None:
        """Bear an error of a subject; return it where the next subject would meet it too."""
        consequence = consequence_of(error, lease.attempts, 1.0)
        log.warning(
            "step_not_carried_out",
            extra={"run": self._context.run.id, "error": type(error).__name__},
        )
        if consequence.is_dead:
            with self._context.installation.database.transaction() as tx:
                bury(tx, lease, str(error), cause=cause_of(error))
            self._end(subject, "refused", str(error))
            return None
        self._let_go(lease)
        if isinstance(error, _PASSING) and not is_last:
            return None
        if isinstance(error, Retryable):
            self._context.note_limit(error)
            if not is_last:
                return None
        if consequence.stops_connection or isinstance(error, Retryable):
            return error
        self._end(subject, "failed", str(error))
        return None

    def _end(
        self,
        subject: Subject,
        state: StepEnd,
        outcome: str,
        *,
        now: list[dict[str, Any]] | None = None,
    ) -> None:
        told.end(self._context, self._plan_id, subject, state, outcome, now=now)
        del self._subjects[subject.key]
