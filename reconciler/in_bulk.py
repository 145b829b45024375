"""Send what a plan has for many addresses in bulk, before the rest is carried out one by one.

The run puts its subjects into the connection's bulk round, some at a time, and drives it like any
worker. A subject that its activity has left with nothing to do is closed without a courier; what
bulk could not do, couriers do afterwards. Whoever goes on after a kill finds the subjects that are
on their way held by their activities, and waits for them.
"""

from __future__ import annotations

import logging
import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import psycopg

from bridge.db.queries import load_queries
from bridge.delivery.bulk.choose import BEGIN_IN_A_RUN, bulk_calls
from bridge.delivery.bulk.fill import A_CLAIM, Filler
from bridge.delivery.bulk.slice import open_driver
from bridge.delivery.bulk.store import begin_round, claim_round, move, release_round
from bridge.delivery.decide import decide
from bridge.delivery.leases import hold, let_go
from bridge.errors import LeaseLost, QuotaSpent, Retryable
from reconciler.agreed import is_agreed
from reconciler.open_subjects import open_subjects
from reconciler.plans.back import decider
from reconciler.runs.finish import Finish
from reconciler.runs.plans import close_in_bulk
from reconciler.snapshot.merge import reader_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.delivery.bulk.drive import Stand
    from bridge.delivery.bulk.model import Round
    from bridge.delivery.model import Step
    from bridge.plans.model import StoredStep
    from reconciler.plans.back import Way, Ways
    from reconciler.runs.context import RunContext

SQL = load_queries("reconciler", "apply.sql")
log = logging.getLogger(__name__)

_KINDS = frozenset({"create_contact", "update_contact"})
_LOOK_AGAIN_S = 0.3
_SHOW_EVERY_S = 5.0
_CLOSED_AT_ONCE = 5_000
_ROWS_A_POST = 5_000  # about; what fits into one depends on what is said of each
_FAILURES_BORNE = 6


def send_in_bulk(context: RunContext, plan_id: int, plain: int, ways: Ways | None = None) -> None:
    """Send what is open of a plan in bulk where there is much of it, and wait until it has ended.

    Args:
        context: The run.
        plan_id: The plan.
        plain: How many of its subjects bulk may have words for.
        ways: What puts addresses back, where the plan does that.

    Raises:
        QuotaSpent: If the day has no call left; what is on its way stays so.
        RemoteError: If a remote side refuses the connection as a whole, or does not answer.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    sender = _BulkSender(context, plan_id, ways, plain)
    if plain >= BEGIN_IN_A_RUN:
        sender.send()
    sender.wait()
    sender.close()


def went_in_bulk(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, keys: Sequence[str]
) -> set[str]:
    """Return those of some addresses that were brought to where a plan wants them in bulk."""
    values = {"connection_id": connection_id, "plan_id": plan_id, "keys": keys}
    return {key for (key,) in tx.execute(SQL["went_in_bulk"], values)}


class _BulkSender:
    """Puts a plan's subjects into the bulk round, and drives it until they are out again."""

    def __init__(self, context: RunContext, plan_id: int, ways: Ways | None, plain: int) -> None:
        self._context = context
        self._plain = plain
        self._calls = bulk_calls(plain, activities=1 + plain // _ROWS_A_POST, pages_before=1)
        self._finish = Finish(context, self._calls)
        self._plan_id = plan_id
        self._ways = ways
        self._ways_now: dict[str, Way] = {}
        self._by_key: dict[str, list[StoredStep]] = {}
        self._failures = 0
        self._held = 0
        self._shown_s = 0.0
        reader = reader_of(context)
        self._filler = Filler(
            database=context.installation.database,
            settings=context.installation.settings,
            reader=reader,
            current=context.current,
            origin="reconcile",
            agreed=self._is_agreed,
            ends=False,
            decide=decide if ways is None else decider(self._ways_now),
            takes_back=None if ways is None else ways.plan_id,
            by_plan=True,
        )
        there = context.constant_contact()
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
            self._context.progress("reading what changed, for bulk", 0)
            self._step(now)

    def wait(self) -> None:
        """Drive the round until nothing of the plan is on its way, and close what has ended."""
        while self._is_on_its_way():
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

    def close(self) -> None:
        """End the steps of addresses that need nothing more, however many went in bulk."""
        database, connection_id = self._context.installation.database, self._context.connection.id
        with database.transaction() as tx:
            values = {"connection_id": connection_id, "plan_id": self._plan_id}
            ((last,),) = tx.execute(SQL["last_ordinal"], values).fetchall()
        for first in range(0, last + 1, _CLOSED_AT_ONCE):
            if last >= _CLOSED_AT_ONCE:
                self._context.progress("noting what went in bulk", first, last + 1)
            with database.transaction() as tx:
                until = first + _CLOSED_AT_ONCE - 1
                close_in_bulk(tx, connection_id, self._plan_id, first=first, last=until)
                self._context.renew(tx)

    def _fill(self, now: Round) -> None:
        """Put the plan's subjects into activities; the steps of a few at a time are in memory."""
        context = self._context
        database, connection_id = context.installation.database, context.run.connection_id
        subjects = (
            steps
            for steps in open_subjects(database, connection_id, self._plan_id)
            if len(steps) == 1 and steps[0].kind in _KINDS and self._has_words(steps[0])
        )
        done = 0
        while batch := list(islice(subjects, A_CLAIM)):
            context.progress("put together for bulk", done, self._plain)
            done += len(batch)
            self._by_key = {steps[0].subject_key: steps for steps in batch}
            with database.transaction() as tx:
                self._read_ways(tx)
                leases = hold(
                    tx,
                    connection_id,
                    "address",
                    sorted(self._by_key),
                    lane=context.lane,
                    lease_s=context.installation.settings.lease_s,
                )
                let_go(tx, [lease for lease in leases if lease.is_consent])
            self._filler.take(now, [lease for lease in leases if not lease.is_consent])

    def _has_words(self, step: StoredStep) -> bool:
        """Tell whether bulk may say a step: of what is put back, lists alone are.

        An import of a field takes the rest of its kind from what the mapping makes of a record.
        """
        return self._ways is None or set(step.change) == {"list_memberships"}

    def _read_ways(self, tx: psycopg.Connection[Any]) -> None:
        self._ways_now.clear()
        if self._ways is not None:
            self._ways_now.update(self._ways.of(tx, list(self._by_key)))

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

    def _is_on_its_way(self) -> bool:
        """Tell whether anything of the plan is in an activity, and show how much is."""
        values = {"connection_id": self._context.run.connection_id, "plan_id": self._plan_id}
        is_time = time.monotonic() >= self._shown_s + _SHOW_EVERY_S
        with self._context.installation.database.transaction() as tx:
            ((is_so,),) = tx.execute(SQL["any_on_their_way"], values).fetchall()
            if is_so and is_time:
                ((self._held,),) = tx.execute(SQL["held_in_bulk"], values).fetchall()
                self._shown_s = time.monotonic()
        if is_so:
            made = self._calls - bulk_calls(self._held, activities=0, pages_before=0)
            ends_at = self._finish.at(max(0, made))
            self._context.progress("on their way in bulk", self._held, ends_at=ends_at)
        return bool(is_so)
