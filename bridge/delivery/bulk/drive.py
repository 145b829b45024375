"""Drive a connection's bulk round from phase to phase, a small step at a time.

    looking   read what changed in the account, so that many can be decided without a call each
    filling   lease, decide and place subjects into activities, until nobody is left
    checking  read again what changed: whoever did meanwhile is withdrawn
    posting   send the activities
    waiting   poll them to their end
    reading   read back what they left
    ending    decide on each member again, and say what became of it
    resting   reading the account would cost more than it saves: no round for a while

Each step ends in one transaction that also says where the round stands, so whoever goes on after a
kill does so from there; a step that is done twice finds nothing left to do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bridge.delivery.bulk.choose import pays
from bridge.delivery.bulk.look import Look, pages_left
from bridge.delivery.bulk.poll import next_poll_s
from bridge.delivery.bulk.store import (
    close_round,
    count_backlog,
    count_open,
    is_arriving,
    move,
)
from bridge.delivery.custom_fields import ensure_custom_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.bulk.end import Ender
    from bridge.delivery.bulk.fill import Filler
    from bridge.delivery.bulk.model import Round
    from bridge.delivery.bulk.poll import Poller
    from bridge.delivery.bulk.post import Poster
    from bridge.mapping.versions import ActiveMapping

log = logging.getLogger(__name__)

_REST_S = 900.0
_MORE_S = 0.5
_MORE_TURNS = 120
_CONSENT_HAS_IT_S = 1.0
_SAME_SECOND_S = 2.0
"""The vendor's times are whole seconds: the second in which an activity ended shall be over."""


class Stand(NamedTuple):
    """Where a round stands after a step.

    Attributes:
        round: None: it is over.
        wait_s: Seconds until it goes on.
    """

    round: Round | None
    wait_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Drives the round of one connection, for one thread."""

    database: Database
    there: ConstantContact
    current: ActiveMapping
    filler: Filler
    poster: Poster
    poller: Poller
    ender: Ender

    def step(self, now: Round) -> Stand:
        """Do the next small thing.

        Raises:
            RemoteError: If a remote side does not do its part; the step is done again later.
            NoSlotNow, QuotaSpent: If the budget has no call.
            LeaseLost: If somebody else has the round.
        """
        steps: dict[str, Callable[[Round], Stand]] = {
            "looking": self._look,
            "filling": self._fill,
            "checking": lambda now: self._read(now, "posting"),
            "posting": self._post,
            "waiting": self._wait,
            "reading": lambda now: self._read(now, "ending"),
            "ending": self._end,
            "resting": self._close,
        }
        return steps[now.phase](now)

    def _look(self, now: Round) -> Stand:
        look = Look(self.database, self.there)
        is_first = now.look is None
        following = look.read_page(look.begin(now) if is_first else now)
        if following.look is None:
            return self._enter(following, "filling")
        if is_first and now.takes_backlog:
            with self.database.transaction() as tx:
                subjects = count_backlog(tx, now.connection_id)
            if not pays(subjects, pages_before=pages_left(following.look)):
                return self._enter(replace(following, look=None), "resting", _REST_S)
        return Stand(following)

    def _fill(self, now: Round) -> Stand:
        if not now.turns:
            ensure_custom_fields(self.database, self.there, now.connection_id, self.current)
        leases = self.filler.claim(now) if now.takes_backlog else []
        if leases:
            taken = self.filler.take(now, leases)
            log.info(
                "bulk_taken_in",
                extra={
                    "connection": now.connection_id,
                    "joined": taken.joined,
                    "ended": taken.ended,
                    "left": taken.left,
                },
            )
            return self._enter(now, "filling", turns=1)
        with self.database.transaction() as tx:
            is_more = now.takes_backlog and is_arriving(tx, now.connection_id)
            has_any = bool(count_open(tx, now.connection_id))
        if is_more and now.turns < _MORE_TURNS:
            return self._enter(now, "filling", _MORE_S, turns=now.turns + 1)
        if has_any:
            return self._enter(now, "checking", ends_backlog=True)
        return self._enter(now, "ending", ends_backlog=True)

    def _read(self, now: Round, phase: str) -> Stand:
        look = Look(self.database, self.there)
        begun = look.begin(now) if now.look is None else now
        windows = [activity.window for activity in self.ender.ended(now)]
        ends = [window.ended_at for window in windows if window is not None]
        following = look.read_page(begun, worked_until=max(ends, default=None))
        if following.look is not None:
            return Stand(following)
        began_at = (begun.look or {})["begun_at"]
        return self._enter(replace(following, look={"checked_at": began_at}), phase)

    def _post(self, now: Round) -> Stand:
        if self.poster.post_next(now, str((now.look or {})["checked_at"])):
            return Stand(now)
        return self._enter(replace(now, look=None), "waiting", next_poll_s(0))

    def _wait(self, now: Round) -> Stand:
        if self.poller.poll(now):
            polls = now.turns + 1
            return self._enter(now, "waiting", next_poll_s(polls), turns=polls)
        if self.ender.ended(now):
            return self._enter(now, "reading", _SAME_SECOND_S)
        return self._enter(now, "ending")

    def _end(self, now: Round) -> Stand:
        ended = self.ender.ended(now)
        if not ended:
            return self._close(now)
        if not any(self.ender.end_some(now, activity) for activity in ended):
            wait_s = _CONSENT_HAS_IT_S if self.ender.ended(now) else 0.0
            return self._enter(now, "ending", wait_s)
        return Stand(now)

    def _close(self, now: Round) -> Stand:
        """End the round, or go on with the backlog that was given to it meanwhile."""
        with self.database.transaction() as tx:
            is_over = close_round(tx, now)
        if is_over:
            return Stand(None)
        phase = "looking" if now.phase == "resting" else "filling"
        return self._enter(replace(now, look=None, takes_backlog=True), phase)

    def _enter(
        self,
        now: Round,
        phase: str,
        wait_s: float = 0.0,
        *,
        turns: int = 0,
        ends_backlog: bool = False,
    ) -> Stand:
        following = replace(
            now,
            phase=phase,
            turns=turns,
            takes_backlog=now.takes_backlog and not ends_backlog and phase != "resting",
        )
        with self.database.transaction() as tx:
            move(tx, following, after_s=wait_s, ends_backlog=not following.takes_backlog)
        return Stand(following, wait_s)
