"""What each topic's wake-up does: one slice of work of a few seconds, then the next wake-up."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bridge.delivery.deliver import deliver_slice
from bridge.delivery.work import CONSENT, ENGAGEMENT, INTERACTIVE
from bridge.delivery.write_back import write_back
from bridge.inbox.deletes import poll_deletes
from bridge.inbox.retention import keep
from bridge.inbox.triage import BATCH, triage_batch
from bridge.wakeups import topics
from bridge.wakeups.wake import SQL

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.bootstrap import Installation

SLICE_S = 5.0


def handle(installation: Installation, topic: str) -> None:
    """Take a topic's wake-up and do a slice of its work.

    The wake-up is taken first: whatever is committed from here on asks anew.
    """
    with installation.database.transaction() as tx:
        tx.execute(SQL["take_wakeup"], {"topic": topic})
    next_topics = _HANDLERS[topic](installation)
    installation.waker.wake(next_topics)


def _triage(installation: Installation, *, consent: bool) -> set[str]:
    until = time.monotonic() + SLICE_S
    own = topics.TRIAGE_CONSENT if consent else topics.TRIAGE
    while time.monotonic() < until:
        taken = triage_batch(installation.database, consent=consent)
        if taken:
            installation.waker.wake({topics.DELIVER, topics.DELIVER_CONSENT})
        if taken < BATCH:
            return set()
    return {own}


def _deliver(installation: Installation, *, consent: bool) -> set[str]:
    lanes = (CONSENT,) if consent else range(INTERACTIVE, ENGAGEMENT + 1)
    until = time.monotonic() + SLICE_S
    served = deliver_slice(installation, lanes, until=until)
    following: set[str] = set()
    if served:
        following |= {topics.WRITE_BACK, topics.DELIVER, topics.DELIVER_CONSENT}
    if time.monotonic() >= until:
        following.add(topics.DELIVER_CONSENT if consent else topics.DELIVER)
    return following


def _write_back(installation: Installation) -> set[str]:
    write_back(installation)
    return set()


def _deletes(installation: Installation) -> set[str]:
    return {topics.TRIAGE} if poll_deletes(installation) else set()


def _retention(installation: Installation) -> set[str]:
    is_more = keep(installation.database, until=time.monotonic() + SLICE_S)
    return {topics.RETENTION} if is_more else set()


_HANDLERS: dict[str, Callable[[Installation], set[str]]] = {
    topics.TRIAGE: lambda installation: _triage(installation, consent=False),
    topics.TRIAGE_CONSENT: lambda installation: _triage(installation, consent=True),
    topics.DELIVER: lambda installation: _deliver(installation, consent=False),
    topics.DELIVER_CONSENT: lambda installation: _deliver(installation, consent=True),
    topics.WRITE_BACK: _write_back,
    topics.DELETES: _deletes,
    topics.RETENTION: _retention,
}
