"""Carry out the steps of a plan, a subject at a time, by the couriers that deliver changes.

A subject is held like any that is delivered, and decided on anew on what is there now: only steps
that the plan showed are sent. Whoever goes on after a kill finds steps that were on their way
looked up by the courier, so each effect happens once.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import psycopg

from bridge.delivery.bury import bury
from bridge.delivery.cause import cause_of
from bridge.delivery.consequence import consequence_of
from bridge.delivery.couriers import open_couriers
from bridge.delivery.decide import decide
from bridge.delivery.delete_list import DELETED, GONE
from bridge.delivery.leases import hold, let_go
from bridge.delivery.slots import LeaseWanted
from bridge.delivery.write_back import write_back
from bridge.errors import (
    BridgeError,
    LeaseLost,
    NotSettled,
    QuotaSpent,
    Retryable,
    StillAtWork,
)
from reconciler.agreed import StalePlan, is_agreed
from reconciler.deciding import decide_again
from reconciler.in_bulk import send_in_bulk, went_in_bulk
from reconciler.plans.difference import as_now
from reconciler.plans.undo import decider
from reconciler.runs.finish import Finish
from reconciler.runs.halt import RunCancelled, RunLost, RunReleased
from reconciler.runs.plans import end_step, open_steps
from reconciler.snapshot.merge import reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.constant_contact.client import ConstantContact
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import Step
    from bridge.delivery.work import SubjectKind
    from reconciler.plans.undo import Undo
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import StoredStep
    from reconciler.runs.plans import StepEnd
    from reconciler.runs.slots import RunSlots

log = logging.getLogger(__name__)

_WAITS_S = (0.5, 1.0, 3.0, 9.0)
_LOOK_AGAIN_S = 0.1
_AT_WORK_S = 3600.0
_STOPS = (RunLost, RunCancelled, RunReleased)


def carry_out(
    context: RunContext,
    plan_id: int,
    *,
    only_opt_outs: bool = False,
    undos: Mapping[str, Undo] | None = None,
) -> None:
    """Carry out what is open of a plan, and write to Practifi how its records stand now.

    Args:
        context: The run.
        plan_id: The plan.
        only_opt_outs: Leave every address alone that nobody is unsubscribed at.
        undos: Address -> what is taken back there, where the plan does that.

    Raises:
        QuotaSpent: If the day has no call left; the steps left over stay planned.
        RemoteError: If a remote side refuses the connection as a whole, or does not answer.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
        RunPaused: If somebody has paused its lane.
    """
    database = context.installation.database
    with database.transaction() as tx:
        steps = open_steps(tx, context.run.connection_id, plan_id)
    if only_opt_outs:
        opting_out = {step.subject_key for step in steps if step.kind == "unsubscribe"}
        steps = [step for step in steps if step.subject_key in opting_out]
    by_subject = [
        list(group)
        for _, group in groupby(steps, key=lambda step: (step.subject_kind, step.subject_key))
    ]
    slots = context.slots()
    there = context.installation.constant_contact(context.connection, slots.take)
    try:
        if undos is None:
            send_in_bulk(context, there, plan_id, steps)
        carrier = _Carrier(context, slots, there, undos)
        finish = Finish(context, sum(step.calls for step in steps))
        calls_done = 0
        for done, group in enumerate(by_subject):
            ends_at = finish.at(calls_done)
            context.progress("applying", done, len(by_subject), ends_at=ends_at)
            context.refuse_paused()
            carrier.carry_out(group)
            calls_done += sum(step.calls for step in group)
    finally:
        there.close()
    context.progress("applying", len(by_subject), len(by_subject))
    write_back(context.installation)


class _Carrier:
    """Carries out the steps of one subject after the other."""

    def __init__(
        self,
        context: RunContext,
        slots: RunSlots,
        there: ConstantContact,
        undos: Mapping[str, Undo] | None,
    ) -> None:
        self._context = context
        self._undos = undos
        self._slots = slots
        self._steps: Sequence[StoredStep] = ()
        self._unplanned: Step | None = None
        self._couriers = open_couriers(
            context.installation,
            context.current,
            there=there,
            reader=reader_of(context),
            approve=self._approve,
            decide=decide if undos is None else decider(undos),
        )

    def carry_out(self, steps: Sequence[StoredStep]) -> None:
        """Carry out the open steps of one subject and say what became of each.

        What the other side works at is asked about until it has ended: nobody else would.
        """
        self._steps = steps
        until = time.monotonic() + _AT_WORK_S
        while True:
            try:
                self._bring_about()
            except StillAtWork as error:
                if time.monotonic() > until:
                    self._end("failed", f"{error}: the next run looks again")
                    return
                self._context.halt.wait(error.after_s or _LOOK_AGAIN_S)
            else:
                return

    def _bring_about(self) -> None:
        for wait_s in (*_WAITS_S, None):
            lease = self._hold()
            if lease is None:
                self._end("failed", "somebody else has been at it all the time")
                return
            try:
                words = self._settle(lease)
            except StalePlan as error:
                self._let_go(lease)
                self._end("refused", str(error), now=self._what_now())
                return
            except (QuotaSpent, StillAtWork, *_STOPS):
                self._let_go(lease)
                raise
            except psycopg.errors.DeadlockDetected:
                self._let_go(lease)  # what was on its way is looked up there before deciding anew
                if wait_s is None:
                    raise
                self._context.halt.wait(wait_s)
            except BridgeError as error:
                if self._bears(lease, error, is_last=wait_s is None):
                    return
                self._context.halt.wait(wait_s or 0.0)
            else:
                self._confirm(words)
                return

    def _settle(self, lease: Lease) -> str:
        self._slots.begin(lease)
        return self._couriers.settle(lease)

    def _approve(self, step: Step) -> None:
        if not is_agreed(step, self._steps):
            self._unplanned = step
            message = f"changed since it was planned: it would {step.kind} now"
            raise StalePlan(message)

    def _what_now(self) -> list[dict[str, Any]] | None:
        """Return what would be done of the subject now, for whoever compares it with the plan."""
        first, step = self._steps[0], self._unplanned
        if first.subject_kind == "address" and self._undos is None:
            found = decide_again(self._context, first.subject_key)
            return None if found is None else [as_now(one) for one in found]
        if step is None:
            return None
        if first.subject_kind == "list":
            old, _ = first.change.get("name", (None, None))
            step = replace(step, change={"name": (old, step.body.get("name"))})
        return [as_now(step)]

    def _hold(self) -> Lease | None:
        """Lease the subject, or wait until whoever has it is done or gone."""
        context = self._context
        lease_s = context.installation.settings.lease_s
        first = self._steps[0]
        kind: SubjectKind = "list" if first.subject_kind == "list" else "address"
        until = time.monotonic() + 2 * lease_s
        while time.monotonic() < until:
            with context.installation.database.transaction() as tx:
                held = hold(
                    tx,
                    context.run.connection_id,
                    kind,
                    [first.subject_key],
                    lane=context.lane,
                    lease_s=lease_s,
                )
            if held and self._undos is not None:
                # What a delivery had still to do there is not done by taking something back.
                return replace(held[0], generation=0)
            if held:
                return held[0]
            context.halt.wait(_LOOK_AGAIN_S)
        return None

    def _let_go(self, lease: Lease) -> None:
        with self._context.installation.database.transaction() as tx:
            let_go(tx, [lease])

    def _bears(self, lease: Lease, error: BridgeError, *, is_last: bool) -> bool:
        """Bear an error; return whether the subject is at an end, or else is tried again.

        Raises:
            BridgeError: The error, where the next subject would meet it too.
        """
        consequence = consequence_of(error, lease.attempts, 1.0)
        log.warning(
            "step_not_carried_out",
            extra={"run": self._context.run.id, "error": type(error).__name__},
        )
        if consequence.is_dead:
            with self._context.installation.database.transaction() as tx:
                bury(tx, lease, str(error), cause=cause_of(error))
            self._end("refused", str(error))
            return True
        self._let_go(lease)
        if isinstance(error, LeaseLost | LeaseWanted | NotSettled) and not is_last:
            return False
        if isinstance(error, Retryable):
            self._context.note_limit(error)
            if not is_last:
                return False
        if consequence.stops_connection or isinstance(error, Retryable):
            raise error
        self._end("failed", str(error))
        return True

    def _confirm(self, words: str) -> None:
        done = set(words.split(", "))
        if words not in {DELETED, GONE} and any(step.kind == DELETED for step in self._steps):
            self._end("refused", "changed since it was planned: the list is in Practifi again")
            return
        with self._context.installation.database.transaction() as tx:
            for step in self._steps:
                outcome: str | None = None
                if step.kind not in done and step.kind != "link_list":
                    outcome = "in bulk" if went_in_bulk(tx, step) else "it was so already"
                place = (step.connection_id, step.plan_id, step.ordinal)
                end_step(tx, *place, "confirmed", outcome=outcome)
            self._context.renew(tx, may_stop=False)

    def _end(
        self, state: StepEnd, outcome: str, *, now: list[dict[str, Any]] | None = None
    ) -> None:
        answer = None if now is None else {"now": now}
        with self._context.installation.database.transaction() as tx:
            for step in self._steps:
                place = (step.connection_id, step.plan_id, step.ordinal)
                end_step(tx, *place, state, outcome=outcome, answer=answer)
            self._context.renew(tx, may_stop=False)
