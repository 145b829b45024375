"""A fault that strikes an installation some times, and what became of that."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.demand import Differences
from tests.faults.ordeal import Ordeal, load

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from tests.fix_faults import Tally

log = logging.getLogger(__name__)


@dataclass
class Trial:
    """What became of the strikes up to now.

    Attributes:
        took_s: Seconds from each strike until a notification that came after it had ended.
        lost: Notifications that were acknowledged and were not in the inbox at some time.
    """

    under_test: Ordeal
    took_s: list[float] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)
    found: Differences = field(default_factory=Differences)

    def recover(self, struck_at: float | None = None) -> None:
        """Wait until everything works again; now is the strike, where it had no moment of its own.

        Args:
            struck_at: Monotonic seconds of the strike.
        """
        now = time.monotonic() if struck_at is None else struck_at
        self.took_s.append(self.under_test.recover(now))
        log.warning("strike %d: %.1f s to recover", len(self.took_s), self.took_s[-1])
        self.lost |= self.under_test.lost()

    def strike_under_load(
        self, strike: Callable[[], None], plan: random.Random, times: int
    ) -> None:
        """Strike some times while people save and messages come, then wait for the end."""
        with load(self.under_test, plan):
            for _ in range(times):
                time.sleep(plan.uniform(0, 1.5))
                struck_at = time.monotonic()
                strike()
                self.recover(struck_at)
        self.settle()

    def settle(self) -> None:
        """Wait until everything has come to rest, and keep what is not as it should be."""
        self.found = self.under_test.settle()
        self.lost |= self.under_test.lost()
        for line in self.under_test.story(self.found):
            log.warning(line)


@contextmanager
def trial(under_test: Ordeal, fault: str, tally: Tally, *, tried: int) -> Iterator[Trial]:
    """Note what becomes of a fault in the block, and fail after it where anything is wrong."""
    one = Trial(under_test)
    acts = under_test.firm.done.total()
    try:
        yield one
    finally:
        tally(
            fault,
            tried=tried,
            survived=len(one.took_s),
            accepted=len(under_test.accepted()),
            acts=under_test.firm.done.total() - acts,
            lost=len(one.lost),
            stuck=len(under_test.stuck),
            doubled=len(one.found.doubled),
            wrong=len(one.found.wrong),
            slowest_s=max(one.took_s, default=0.0),
        )
    assert (one.lost, under_test.stuck, one.found.wrong) == (set(), [], [])
    answers = under_test.messages.answers
    assert answers.keys() <= {"acknowledged", "503", "no answer"}, answers
