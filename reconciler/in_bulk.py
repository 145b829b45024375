"""Send what a plan has for many addresses in bulk, before the rest is carried out one by one.

The run puts its subjects into the connection's bulk round and drives it like any worker. A subject
whose activity has ended needs nothing more, so the courier that comes by afterwards finds it done,
without a call; what bulk could not do, it does. Whoever goes on after a kill finds the subjects
that are on their way held by their activities, and waits for them.
"""

from __future__ import annotations

import logging
from itertools import groupby
from typing import TYPE_CHECKING, Any

import psycopg

from bridge.db.queries import load_queries
from bridge.delivery.bulk.choose import BEGIN_AT
from bridge.delivery.bulk.fill import A_CLAIM, Filler
from bridge.delivery.bulk.slice import open_driver
from bridge.delivery.bulk.store import begin_round, claim_round, move, release_round
from bridge.delivery.leases import hold, let_go
from bridge.errors import LeaseLost, QuotaSpent, Retryable
from reconciler.agreed import is_agreed
from reconciler.snapshot.merge import reader_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.constant_contact.client import ConstantContact
    from bridge.delivery.bulk.drive import Stand
    from bridge.delivery.bulk.model import Round
    from bridge.delivery.model import Step
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import StoredStep

SQL = load_queries("reconciler")
log = logging.getLogger(__name__)

_KINDS = frozenset({"create_contact", "update_contact"})
_LOOK_AGAIN_S = 0.3
_FAILURES_BORNE = 6


def send_in_bulk(
    context: RunContext, there: ConstantContact, plan_id: int, steps: Sequence[StoredStep]
) -> None:
    """Send what is open of a plan in bulk where there is much of it, and wait until it has ended.

    Args:
        context: The run.
        there: The account.
        plan_id: The plan.
        steps: Its open steps, those of a subject beside each other.

    Raises:
        QuotaSpent: If the day has no call left; what is on its way stays so.
        RemoteError: If a remote side refuses the connection as a whole, or does not answer.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    by_key: dict[str, list[StoredStep]] = {}
    for (kind, key), found in groupby(steps, key=lambda s: (s.subject_kind, s.subject_key)):
        group = list(found)
        if kind == "address" and {step.kind for step in group} <= _KINDS:
            by_key[key] = group
    sender = _BulkSender(context, there, plan_id, by_key)
    if len(by_key) >= BEGIN_AT:
        sender.send()
    sender.wait()


def went_in_bulk(tx: psycopg.Connection[Any], step: StoredStep) -> bool:
    """Tell whether the address of a step was brought to where its plan wants it in bulk."""
    values = {
        "connection_id": step.connection_id,
        "plan_id": step.plan_id,
        "key": step.subject_key,
    }
    ((is_so,),) = tx.execute(SQL["went_in_bulk"], values).fetchall()
    return bool(is_so)


class _BulkSender:
    """Puts a plan's subjects into the bulk round, and drives it until they are out again."""

    def __init__(
        self,
        context: RunContext,
        there: ConstantContact,
        plan_id: int,
        by_key: dict[str, list[StoredStep]],
    ) -> None:
        self._context = context
        self._plan_id = plan_id
        self._by_key = by_key
        self._failures = 0
        reader = reader_of(context)
        self._filler = Filler(
            database=context.installation.database,
            settings=context.installation.settings,
            reader=reader,
            current=context.current,
            origin="reconcile",
            agreed=self._is_agreed,
            ends=False,
        )
        self._driver = open_driver(context.installation, context.current, reader, there)

    def send(self) -> None:
        """Drive the round to where it takes subjects in, and put the plan's into it."""
        while True:
            with self._context.installation.database.transaction() as tx:
                begin_round(tx, self._context.run.connection_id)
            now = self._claim(early=True)
            if now is None:
                self._context.halt.wait(_LOOK_AGAIN_S)
                continue
            if now.phase == "filling":
                self._fill(now)
                self._release(now)
                return
            self._step(now)

    def wait(self) -> None:
        """Drive the round until nothing of the plan is on its way, and close what has ended."""
        while left := self._on_their_way():
            self._context.progress("on their way in bulk", len(self._by_key) - left)
            now = self._claim(early=False)
            if now is None:
                self._context.halt.wait(_LOOK_AGAIN_S)
            else:
                self._step(now)
        while (now := self._claim(early=False)) is not None:
            if now.phase != "ending":
                self._release(now)
                return
            self._step(now)

    def _fill(self, now: Round) -> None:
        connection_id = self._context.run.connection_id
        keys = sorted(self._by_key)
        for start in range(0, len(keys), A_CLAIM):
            self._context.progress("put together for bulk", start, len(keys))
            with self._context.installation.database.transaction() as tx:
                leases = hold(
                    tx,
                    connection_id,
                    "address",
                    keys[start : start + A_CLAIM],
                    lane=self._context.lane,
                    lease_s=self._context.installation.settings.lease_s,
                )
                let_go(tx, [lease for lease in leases if lease.is_consent])
            self._filler.take(now, [lease for lease in leases if not lease.is_consent])

    def _is_agreed(self, key: str, step: Step) -> bool:
        return is_agreed(step, self._by_key.get(key, ()))

    def _step(self, now: Round) -> None:
        """Drive a round one step, and let others have it."""
        if now.phase == "resting":
            self._wake_up(now)
            return
        context = self._context
        stand: Stand | None = None
        try:
            stand = self._driver.step(now)
            self._failures = 0
        except LeaseLost:
            return
        except psycopg.errors.DeadlockDetected:
            log.warning("deadlock", extra={"run": context.run.id})
        except QuotaSpent:
            self._release(now)
            raise
        except Retryable as error:
            context.note_limit(error)
            self._failures += 1
            self._release(now)
            if self._failures > _FAILURES_BORNE:
                raise
            context.halt.wait(max(1.0, error.after_s or 0.0))
            return
        if stand is None or stand.round is not None:
            self._release(now)

    def _wake_up(self, now: Round) -> None:
        """A round that rests found the account too long to read; the run has just read it."""
        with self._context.installation.database.transaction() as tx:
            move(tx, now.at("looking"))
            release_round(tx, now)

    def _claim(self, *, early: bool) -> Round | None:
        context = self._context
        with context.installation.database.transaction() as tx:
            return claim_round(
                tx,
                context.run.connection_id,
                context.installation.settings.lease_s,
                early=early,
            )

    def _release(self, now: Round) -> None:
        with self._context.installation.database.transaction() as tx:
            release_round(tx, now)

    def _on_their_way(self) -> int:
        values = {"connection_id": self._context.run.connection_id, "plan_id": self._plan_id}
        with self._context.installation.database.transaction() as tx:
            row = tx.execute(SQL["on_their_way"], values).fetchone()
        return int(row[0]) if row else 0
