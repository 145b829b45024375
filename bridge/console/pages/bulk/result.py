"""Bulk Create: what became of a save, what failed tried again, and the save taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bridge.bulk_create.drafts import SQL, find_bulk, place_of
from bridge.bulk_create.model import UNDO_S
from bridge.bulk_create.save import mailed_since, retry, undo
from bridge.clock import now
from bridge.console.access.roles import Right
from bridge.console.faults import NotThere, Refused
from bridge.console.page import Page
from bridge.console.pages.bulk.draft import HOME, open_bulk
from bridge.wakeups.topics import BULK_CREATE, DELIVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import psycopg
    from starlette.responses import Response

    from bridge.bulk_create.model import Bulk
    from bridge.console.page import Visit
    from bridge.console.times import Times

_WIDTH = 1000
_KINDS = ("confirmed", "waiting", "failed", "removed", "skipped", "undone")
_SLOW = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How the memberships of a save stand.

    Attributes:
        counts: `confirmed`, `waiting`, `failed`, `removed`, `skipped`, `undone` -> how many.
        causes: Why some wait, have failed or were passed over: kind, reason, how many.
    """

    counts: Mapping[str, int]
    causes: Sequence[tuple[str, str, int]]

    @property
    def total(self) -> int:
        """How many memberships there are, those that were passed over not counted."""
        return sum(count for kind, count in self.counts.items() if kind != "skipped")

    @property
    def bar(self) -> list[tuple[str, int, int]]:
        """The parts of the bar: look, begin and width, in thousandths."""
        parts, begin = [], 0
        for kind in ("confirmed", "waiting", "failed"):
            width = round(_WIDTH * self.counts[kind] / self.total) if self.total else 0
            parts.append((kind, begin, width))
            begin += width
        return parts


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultView:
    """What the page says.

    Attributes:
        head: How it stands, in a sentence.
        undo_until: Until when it can be taken back; empty where that is over.
        slow: Why it takes longer than it should.
    """

    bulk: Bulk
    outcome: Outcome
    head: str
    moves: bool
    undo_until: str
    slow: str


def show(visit: Visit) -> Response:
    """Show the page."""
    bulk, _ = open_bulk(visit)
    if bulk.state == "draft":
        return visit.go(f"{HOME}/{bulk.id}/list")
    with visit.console.database.transaction() as tx:
        view = result_view(tx, bulk, visit.times)
    return visit.page("bulk_result.html", view=view, is_alone=False)


def show_progress(visit: Visit) -> Response:
    """Show the part of the page that changes while memberships are on their way."""
    bulk, _ = open_bulk(visit)
    if bulk.state == "draft":
        raise NotThere
    with visit.console.database.transaction() as tx:
        view = result_view(tx, bulk, visit.times)
    return visit.page("bulk_progress.html", view=view, is_alone=True)


def retry_failed(visit: Visit) -> Response:
    """Try again what failed."""
    bulk, _ = open_bulk(visit)
    with visit.console.database.transaction() as tx:
        locked = find_bulk(tx, bulk.id, lock=True)
        if locked is None or locked.state not in {"saving", "saved"}:
            raise Refused("There is nothing to try again: it was taken back.")
        retry(tx, bulk)
    visit.console.wake(frozenset({BULK_CREATE, DELIVER}))
    visit.note("bulk_retried", bulk=bulk.id)
    return visit.go(f"{HOME}/{bulk.id}?did=started")


def ask_undo(visit: Visit) -> Response:
    """Say what taking it back means, and ask for the word."""
    bulk, _ = open_bulk(visit)
    with visit.console.database.transaction() as tx:
        view = result_view(tx, bulk, visit.times)
        mailed = mailed_since(tx, bulk)
        made, kept = tx.execute(SQL["undo_counts"], place_of(bulk)).fetchone() or (0, 0)
    if not view.undo_until:
        raise Refused(_TOO_LATE)
    return visit.page("bulk_undo.html", view=view, mailed=mailed, made=made, kept=kept)


def take_back(visit: Visit) -> Response:
    """Take the save back."""
    bulk, _ = open_bulk(visit)
    with visit.console.database.transaction() as tx:
        find_bulk(tx, bulk.id, lock=True)
        is_done = undo(tx, bulk, by=visit.who.signature)
    if not is_done and bulk.state not in {"undoing", "undone"}:
        raise Refused(_TOO_LATE)
    if is_done:
        visit.console.wake(frozenset({BULK_CREATE}))
        visit.note("bulk_undone", bulk=bulk.id)
    return visit.go(f"{HOME}/{bulk.id}")


def result_view(tx: psycopg.Connection[Any], bulk: Bulk, times: Times) -> ResultView:
    """Return how a save stands now."""
    outcome = outcome_of(tx.execute(SQL["outcomes"], place_of(bulk)))
    at = now(tx)
    moves = bulk.due_at is not None or outcome.counts["waiting"] > 0
    return ResultView(
        bulk=bulk,
        outcome=outcome,
        head=head_of(bulk, outcome),
        moves=moves,
        undo_until=undo_words(bulk, at, times),
        slow=_slow(bulk, at) if moves else "",
    )


def outcome_of(rows: Iterable[tuple[str, str | None, int]]) -> Outcome:
    """Return how memberships stand, from how many stand how and why.

    >>> found = outcome_of([("confirmed", None, 3), ("failed", "Address not valid", 1)])
    >>> found.total, found.bar[:2]
    (4, [('confirmed', 0, 750), ('waiting', 750, 0)])
    """
    counts = dict.fromkeys(_KINDS, 0)
    causes = []
    for kind, reason, count in rows:
        counts[kind] += count
        if reason and kind in {"waiting", "failed", "skipped"}:
            causes.append((kind, reason, count))
    return Outcome(counts=counts, causes=causes)


def head_of(bulk: Bulk, outcome: Outcome) -> str:
    """Return how a save stands, in a sentence."""
    if bulk.state == "undoing":
        return "Being taken back"
    if bulk.state == "undone":
        return f"Taken back: {outcome.counts['undone']:,} removed"
    said = f"{outcome.counts['confirmed']:,} of {outcome.total:,} confirmed"
    parts = [
        f"{outcome.counts[kind]:,} {words}"
        for kind, words in (("waiting", "waiting"), ("failed", "not sent"))
        if outcome.counts[kind]
    ]
    return f"{said}; {', '.join(parts)}" if parts else said


def undo_words(bulk: Bulk, at: datetime, times: Times) -> str:
    """Return until when a save can be taken back; empty where that is over."""
    if bulk.saved_at is None or bulk.state not in {"saving", "saved"}:
        return ""
    until = bulk.saved_at + timedelta(seconds=UNDO_S)
    return times.clock(until) if at < until else ""


def _slow(bulk: Bulk, at: datetime) -> str:
    if bulk.reason:
        return f"It waits: {bulk.reason}. It goes on by itself."
    if bulk.saved_at is not None and at > bulk.saved_at + _SLOW:
        return "It takes longer than it should: Problems and Allowance say why."
    return ""


_TOO_LATE = "It is too late to take this save back: remove members on the page of the list instead."
_AT = HOME + "/{bulk_id:int}"

PAGES = (
    Page(method="GET", path=_AT, right=Right.MEET, handler=show),
    Page(method="GET", path=f"{_AT}/progress", right=Right.MEET, handler=show_progress),
    Page(method="POST", path=f"{_AT}/retry", right=Right.MEET, handler=retry_failed),
    Page(method="GET", path=f"{_AT}/undo", right=Right.MEET, handler=ask_undo),
    Page(method="POST", path=f"{_AT}/undo", right=Right.MEET, handler=take_back),
)
