"""Lists: how far both sides agree on each, members that only one side has, and who is on none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.console.access.records import need_marketing
from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import chosen_connection
from bridge.console.rendering import many
from bridge.constant_contact.spending import read_spending
from bridge.db.queries import load_queries
from bridge.policies.policy import MEANINGS
from bridge.policies.store import policies_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit

SQL = load_queries("bridge.console.pages", "lists.sql")

FOREIGN_AT_MOST = 10_000
_COUNT = 50
_SHOWN = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRow:
    """A list as both sides have it.

    Attributes:
        total: How many shall be on it.
        confirmed: How many both sides were seen to have.
        member_count: What Constant Contact counts; None: it is not there.
    """

    id: str
    name: str
    status: str | None
    reason: str | None
    member_count: int | None
    total: int
    confirmed: int
    there_id: UUID | None = None

    @property
    def sure(self) -> int:
        """How many of those who shall be on it are confirmed."""
        return min(self.confirmed, self.total)


@dataclass(frozen=True, kw_only=True, slots=True)
class ForeignRow:
    """A member that only Constant Contact has.

    Attributes:
        contact_id: Who has the address in Practifi, if anybody.
    """

    key: str | None
    address: str | None
    contact_id: str | None
    name: str | None
    is_mailable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftRow:
    """A member whom Constant Contact does not have any more.

    Attributes:
        is_own_act: The person left; else the next run puts them back.
    """

    contact_id: str
    name: str
    address: str | None
    account_id: str | None
    lost_at: datetime
    is_own_act: bool


def show(visit: Visit) -> Response:
    """Show a page of the lists."""
    connection = connection_here(visit)
    place = max(visit.place("from") or 1, 1)
    values = {"connection_id": connection.id, "skip": place - 1, "count": _COUNT + 1}
    with (
        visit.console.database.transaction() as tx,
        tx.cursor(row_factory=class_row(ListRow)) as cursor,
    ):
        rows = cursor.execute(SQL["lists"], values).fetchall()
    return visit.page(
        "lists.html",
        connection=connection,
        rows=rows[:_COUNT],
        following=place + _COUNT if len(rows) > _COUNT else None,
    )


def show_on_none(visit: Visit) -> Response:
    """Say how many contacts are on no list; the page of the lists asks for it by itself."""
    connection = connection_here(visit)
    with visit.console.database.transaction() as tx:
        row = tx.execute(SQL["on_no_list"], {"connection_id": connection.id}).fetchone()
    return visit.page("lists_none.html", count=row[0] if row else 0)


def show_one(visit: Visit) -> Response:
    """Show one list: its header, and the members that only one side has."""
    connection = connection_here(visit)
    with visit.console.database.transaction() as tx:
        one = find_list(tx, visit, connection)
        place = {"connection_id": connection.id, "list_id": one.id}
        not_sent = dict(tx.execute(SQL["not_sent"], place).fetchall())
        people, addresses = tx.execute(SQL["people"], place).fetchone() or (0, 0)
        foreign = foreign_members(tx, connection, one)
        left = _left_there(tx, connection, one)
        policy = policies_of(tx, connection.id).foreign_memberships
        ends_at = None
        if waiting_of(one, not_sent):
            ends_at = next((s.forecast().ends_at for s in read_spending(tx, connection.name)), None)
    matched = [row for row in foreign if row.contact_id is not None]
    return visit.page(
        "list.html",
        connection=connection,
        one=one,
        head=head_words(one, not_sent, visit.times.clock(ends_at) if ends_at else ""),
        people=f"{many(people, 'person', 'people')}, {many(addresses, 'address', 'addresses')}",
        foreign=foreign[:_SHOWN],
        foreign_count=len(foreign),
        matched=len(matched),
        left=left[:_SHOWN],
        left_count=len(left),
        policy=policy,
        policy_meaning=MEANINGS["foreign_memberships"][policy],
    )


def head_words(one: ListRow, not_sent: dict[str, int], ready_at: str = "") -> str:
    """Return how a list stands, in a sentence.

    >>> one = ListRow(
    ...     id="a", name="N", status=None, reason=None, member_count=9, total=9, confirmed=6
    ... )
    >>> head_words(one, {"Already on 50 lists": 1}, "10:42")
    '6 of 9 confirmed; 2 waiting, 1 not sent (Already on 50 lists); ready at 10:42'
    """
    parts = []
    if waiting := waiting_of(one, not_sent):
        parts.append(f"{waiting:,} waiting")
    if not_sent:
        parts.append(f"{sum(not_sent.values()):,} not sent ({'; '.join(not_sent)})")
    words = f"{one.sure:,} of {one.total:,} confirmed"
    if parts:
        words += f"; {', '.join(parts)}"
    return f"{words}; ready at {ready_at}" if ready_at else words


def waiting_of(one: ListRow, not_sent: dict[str, int]) -> int:
    """Return how many are on their way: neither confirmed nor given up."""
    return max(0, one.total - one.sure - sum(not_sent.values()))


def connection_here(visit: Visit) -> Connection:
    """Return the connection whose lists are meant, for whoever may see them."""
    with visit.console.database.transaction() as tx:
        connection, _ = chosen_connection(tx, visit)
    need_marketing(visit, connection)
    return connection


def find_list(tx: psycopg.Connection[Any], visit: Visit, connection: Connection) -> ListRow:
    """Return the list that the path names.

    Raises:
        NotThere: If there is none.
    """
    values = {"connection_id": connection.id, "list_id": visit.request.path_params["list_id"]}
    with tx.cursor(row_factory=class_row(ListRow)) as cursor:
        one = cursor.execute(SQL["list"], values).fetchone()
    if one is None:
        raise NotThere
    return one


def foreign_members(
    tx: psycopg.Connection[Any], connection: Connection, one: ListRow
) -> Sequence[ForeignRow]:
    """Return the members of a list that only Constant Contact has, those first who are known."""
    if one.there_id is None:
        return ()
    values = {
        "connection_id": connection.id,
        "list_id": one.id,
        "there_id": one.there_id,
        "most": FOREIGN_AT_MOST,
    }
    with tx.cursor(row_factory=class_row(ForeignRow)) as cursor:
        return cursor.execute(SQL["foreign"], values).fetchall()


def _left_there(
    tx: psycopg.Connection[Any], connection: Connection, one: ListRow
) -> Sequence[LeftRow]:
    values = {"connection_id": connection.id, "list_id": one.id, "most": FOREIGN_AT_MOST}
    with tx.cursor(row_factory=class_row(LeftRow)) as cursor:
        return cursor.execute(SQL["left_there"], values).fetchall()


PAGES = (
    Page(method="GET", path="/lists", right=Right.MEET, handler=show),
    Page(method="GET", path="/lists/none", right=Right.MEET, handler=show_on_none),
    Page(method="GET", path="/lists/{list_id}", right=Right.MEET, handler=show_one),
)
