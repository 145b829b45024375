"""Problems: dead letters by what one act mends, those of most people first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import seen_connections
from bridge.console.pages.flapping import read_flapping
from bridge.db.queries import load_queries
from bridge.inbox.causes import list_causes
from bridge.inbox.replay import put_back_causes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.inbox.causes import Cause

_SQL = load_queries("bridge.console.pages")


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Dead letters of one connection and cause.

    Attributes:
        mapping: The version that was in force when the first of them was accepted.
        run_id: The first run that could not do what that one asks for, for the same reason.
        example: The notification of the first of them.
    """

    cause: Cause
    mapping: int | None
    run_id: int | None
    example: str

    @property
    def others(self) -> int:
        """How many there are beside the one that is tried first."""
        return self.cause.notifications - 1


def show(visit: Visit) -> Response:
    """Show the problems."""
    problems: list[Problem] = []
    with visit.console.database.transaction() as tx:
        connections = seen_connections(tx, visit)
        for connection in connections:
            first = _first(tx, connection.id)
            problems += [
                Problem(cause=cause, **first[cause.cause])
                for cause in list_causes(tx, connection=connection.name)
            ]
        people = visit.may(Right.READ_PEOPLE)
        flapping = read_flapping(tx, visit.who.connection_id) if people else []
    return visit.page("problems.html", problems=ranked(problems), flapping=flapping)


def retry(visit: Visit) -> Response:
    """Replay the oldest dead letter of a cause, or all of them."""
    name, cause = visit.form.one("connection"), visit.form.one("cause")
    is_one = visit.form.one("count") == "one"
    with visit.console.database.transaction() as tx:
        if name not in {one.name for one in seen_connections(tx, visit)}:
            raise NotThere
        if cause not in {one.cause for one in list_causes(tx, connection=name)}:
            return visit.go("/problems?did=nothing")
    replayed = put_back_causes(
        visit.console.database,
        visit.console.wake,
        cause,
        connection=name,
        limit=1 if is_one else None,
    )
    visit.note("cause_retried", connection=name, cause=cause, count=len(replayed))
    if is_one and replayed and visit.may(Right.READ_PEOPLE):
        return visit.go(f"/inbox/{quote(name)}/{quote(replayed[0][0], safe='')}?did=replayed")
    return visit.go("/problems?did=replayed")


def ranked(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems in their order: those that concern most people first, then the oldest."""
    return sorted(problems, key=lambda one: (-one.cause.people, one.cause.since))


def _first(tx: psycopg.Connection[Any], connection_id: int) -> dict[str, dict[str, Any]]:
    """Return for each cause what is known of its first dead letter."""
    return {
        cause: {"mapping": mapping, "run_id": run_id, "example": example}
        for cause, mapping, example, run_id in tx.execute(
            _SQL["first_of_causes"], {"connection_id": connection_id}
        )
    }


PAGES = (
    Page(method="GET", path="/problems", right=Right.LOOK, handler=show),
    Page(method="POST", path="/problems/retry", right=Right.OPERATE, handler=retry),
)
