"""What each topic's wake-up does: one slice of work, then the next wake-up.

A slice takes a few seconds; only a run is carried on to its end, in a process of its own.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from bridge.bulk_create.carry_out import create_slice
from bridge.consent.coming_back.answer import look_at_overdue
from bridge.delivery.bulk.slice import bulk_slice
from bridge.delivery.deliver import deliver_slice
from bridge.delivery.work import CONSENT, ENGAGEMENT, INTERACTIVE
from bridge.delivery.write_back import write_back
from bridge.doctor.nightly import look_nightly
from bridge.edits.count import count_slice
from bridge.inbox.deletes import poll_deletes
from bridge.inbox.retention import keep
from bridge.inbox.silence import poll_silence
from bridge.inbox.triage import BATCH, triage_batch
from bridge.retention.let_go import let_go
from bridge.wakeups import topics
from bridge.wakeups.wake import SQL
from reconciler.runs.execute import execute
from reconciler.runs.halt import Halt
from reconciler.runs.store import claim_next

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.bootstrap import Installation

SLICE_S = 5.0
# Changes of consent come in bursts, and a wake-up costs a dozen turns of a busy machine: after one
# the next is looked for at once.
_LINGER_S = 1.0
_LOOK_AGAIN_S = 0.01
# Looking what is due passes over all that bulk will take: of a backlog, whoever delivers is told
# now and then, and of its end.
_TELL_EVERY_S = 1.0


def handle(installation: Installation, topic: str, halt: Halt | None = None) -> None:
    """Take a topic's wake-up and do a slice of its work.

    The wake-up is taken first: whatever is committed from here on asks anew.

    Args:
        installation: What the process works with.
        topic: What was woken.
        halt: Where the process says that it is about to end.
    """
    with installation.database.transaction() as tx:
        tx.execute(SQL["take_wakeup"], {"topic": topic})
    if topic == topics.RUNS:
        next_topics = _run(installation, halt or Halt())
    else:
        next_topics = _HANDLERS[topic](installation)
    installation.waker.wake(next_topics)


def _triage(installation: Installation, *, consent: bool) -> set[str]:
    began = last_at = time.monotonic()
    told_at = -math.inf
    while time.monotonic() < began + SLICE_S:
        taken = triage_batch(
            installation.database,
            consent=consent,
            deleted=lambda: installation.waker.wake({topics.DELETES}),
        )
        if taken:
            last_at = time.monotonic()
            told = {topics.DELIVER_CONSENT}
            if taken < BATCH or last_at > told_at + _TELL_EVERY_S:
                told.add(topics.DELIVER)
                told_at = last_at
            installation.waker.wake(told)
        if taken < BATCH:
            if not consent or time.monotonic() > last_at + _LINGER_S:
                return set()
            time.sleep(_LOOK_AGAIN_S)
    return {topics.TRIAGE_CONSENT if consent else topics.TRIAGE, topics.DELIVER}


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


def _bulk(installation: Installation) -> set[str]:
    if not bulk_slice(installation, until=time.monotonic() + SLICE_S):
        return set()
    return {topics.BULK, topics.WRITE_BACK, topics.DELIVER, topics.DELIVER_CONSENT}


def _bulk_create(installation: Installation) -> set[str]:
    if not create_slice(installation, until=time.monotonic() + SLICE_S):
        return set()
    return {topics.BULK_CREATE, topics.DELIVER, topics.BULK, topics.WRITE_BACK}


def _write_back(installation: Installation) -> set[str]:
    write_back(installation)
    return set()


def _deletes(installation: Installation) -> set[str]:
    return {topics.TRIAGE} if poll_deletes(installation) else set()


def _retention(installation: Installation) -> set[str]:
    with installation.database.transaction() as tx:
        following = {topics.DELIVER_CONSENT} if look_at_overdue(tx) else set()
    until = time.monotonic() + SLICE_S
    is_more = keep(installation.database, until=until) or let_go(installation.database, until=until)
    return following | ({topics.RETENTION} if is_more else set())


def _silence(installation: Installation) -> set[str]:
    poll_silence(installation)
    return set()


def _doctor(installation: Installation) -> set[str]:
    look_nightly(installation)
    return set()


def _mappings(installation: Installation) -> set[str]:
    is_more = count_slice(installation.database, until=time.monotonic() + SLICE_S)
    return {topics.MAPPINGS} if is_more else set()


def _run(installation: Installation, halt: Halt) -> set[str]:
    """Carry one run to its end; another may wait."""
    with installation.database.transaction() as tx:
        lease = claim_next(tx, installation.settings.lease_s)
    if lease is None:
        return set()
    execute(installation, lease, halt=Halt(over=halt), may_wait=True)
    return {topics.RUNS}


_HANDLERS: dict[str, Callable[[Installation], set[str]]] = {
    topics.TRIAGE: lambda installation: _triage(installation, consent=False),
    topics.TRIAGE_CONSENT: lambda installation: _triage(installation, consent=True),
    topics.DELIVER: lambda installation: _deliver(installation, consent=False),
    topics.DELIVER_CONSENT: lambda installation: _deliver(installation, consent=True),
    topics.BULK: _bulk,
    topics.BULK_CREATE: _bulk_create,
    topics.WRITE_BACK: _write_back,
    topics.DELETES: _deletes,
    topics.RETENTION: _retention,
    topics.SILENCE: _silence,
    topics.DOCTOR: _doctor,
    topics.MAPPINGS: _mappings,
}
