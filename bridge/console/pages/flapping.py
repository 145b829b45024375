"""Fields that flap: both writers of each, and the word that one is to be written again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from psycopg.rows import class_row

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import seen_connections
from bridge.db.queries import load_queries
from bridge.delivery.set_backs import let_go_of_field
from bridge.plans.text import label_of
from bridge.wakeups.topics import DELIVER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit

PATH = "/problems/write-again"

_SQL = load_queries("bridge.console.pages", "flapping.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Flapping:
    """One field of one person, with both who write it.

    Attributes:
        who: The address.
        ours: What the bridge writes, since Practifi has it.
        theirs: What was put there instead of it.
        times: How often they have put it there, as far as that counts.
        written_at: When the bridge wrote its value last (UTC).
        paused_at: Since when it does so no more; None: it still does.
        modified_by: The Salesforce user who last saved the record.
        changed_there_at: When the contact was last changed there (UTC).
    """

    connection: str
    who: str
    field: str
    written_at: datetime | None
    paused_at: datetime | None
    ours: Any
    theirs: Any
    times: int
    modified_by: str | None
    changed_there_at: datetime | None

    @property
    def label(self) -> str:
        """What people call the field."""
        return label_of(self.field)

    @property
    def path(self) -> str:
        """Where a person says that it is to be written again."""
        about = {"connection": self.connection, "who": self.who, "field": self.field}
        return f"{PATH}?{urlencode(about)}"


def read_flapping(tx: psycopg.Connection[Any], connection_id: int | None) -> list[Flapping]:
    """Return what flapped when contacts were last compared, of one connection or of all."""
    with tx.cursor(row_factory=class_row(Flapping)) as cursor:
        return cursor.execute(_SQL["flapping"], {"connection_id": connection_id}).fetchall()


def ask(visit: Visit) -> Response:
    """Say what writing it again means, and ask for the word."""
    with visit.console.database.transaction() as tx:
        one, _ = _paused(tx, visit, visit.query)
    return visit.page("write_again.html", one=one)


def write_again(visit: Visit) -> Response:
    """Have a paused field written again."""
    with visit.console.database.transaction() as tx:
        one, connection_id = _paused(tx, visit, visit.form.one)
        let_go_of_field(tx, connection_id, one.who, one.field)
    visit.console.wake(frozenset({DELIVER}))
    visit.note("field_written_again", connection=connection_id, field=one.field)
    return visit.go("/problems?did=written-again")


def _paused(
    tx: psycopg.Connection[Any], visit: Visit, said: Callable[[str], str]
) -> tuple[Flapping, int]:
    """Return the paused field that is meant, and whose it is.

    Raises:
        NotThere: If it is not paused, or another connection's.
    """
    name, who, field = said("connection"), said("who"), said("field")
    ids = {one.name: one.id for one in seen_connections(tx, visit)}
    if name not in ids:
        raise NotThere
    for one in read_flapping(tx, ids[name]):
        if (one.who, one.field) == (who, field) and one.paused_at is not None:
            return one, ids[name]
    raise NotThere


PAGES = (
    Page(method="GET", path=PATH, right=Right.OPERATE, handler=ask),
    Page(method="POST", path=PATH, right=Right.OPERATE, handler=write_again),
)
