"""Read what people did with mailings, as far as whoever is here may read who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.clock import now
from bridge.console.access.records import access_to
from bridge.console.interactions.model import Engagement
from bridge.console.interactions.whose import SQL, people_named
from bridge.mapping.interaction import EVENT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from bridge.console.interactions.model import Whose
    from bridge.console.page import Visit
    from bridge.mapping.model import Mapping

MOST = 1_000
"""Rows that a list holds: those of the latest mailings."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What is known of a client's or a contact's engagement.

    Attributes:
        hidden: How many rows are of contacts whom one may not read.
        is_cut: There is more: of earlier mailings.
        read_at: When it was last read from Constant Contact (UTC); None: never.
    """

    rows: Sequence[Engagement]
    hidden: int
    is_cut: bool
    read_at: datetime | None
    at: datetime


def read_engagement(visit: Visit, whose: Whose, mapping: Mapping | None) -> Found:
    """Return what people did; no transaction may be open.

    Raises:
        NotNow: If Salesforce does not say whom of them one may read.
    """
    connection_id = whose.connection.id
    with visit.console.database.transaction() as tx:
        rows = engagement_rows(tx, whose, mapping)
        last = tx.execute(SQL["last_read"], {"connection_id": connection_id}).fetchone()
        at = now(tx)
    is_cut = len(rows) > MOST
    ids = sorted({row["contact_id"] for row in rows})
    access = access_to(visit, whose.connection, ids)
    with visit.console.database.transaction() as tx:
        people = people_named(tx, connection_id, ids)
    seen = [row for row in rows[:MOST] if access[row["contact_id"]].can_read]
    return Found(
        rows=[engagement_of(row, people) for row in seen],
        hidden=min(len(rows), MOST) - len(seen),
        is_cut=is_cut,
        read_at=last[0] if last else None,
        at=at,
    )


def engagement_rows(
    tx: psycopg.Connection[Any],
    whose: Whose,
    mapping: Mapping | None,
    *,
    mailing_id: UUID | str | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of a client or a contact, of all mailings or of one."""
    values = {
        "connection_id": whose.connection.id,
        "account_id": whose.sf_id if whose.kind == "client" else None,
        "contact_ids": [] if whose.kind == "client" else records_of(tx, whose),
        "mailing_id": mailing_id,
        "kinds": kinds_of(mapping),
        "count": MOST + 1,
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(SQL["engagement"], values).fetchall()


def records_of(tx: psycopg.Connection[Any], whose: Whose) -> list[str]:
    """Return the ids under which a contact was known: its own, and those merged into it."""
    values = {"connection_id": whose.connection.id, "sf_id": whose.sf_id}
    return [whose.sf_id, *(row[0] for row in tx.execute(SQL["same_person"], values))]


def kinds_of(mapping: Mapping | None) -> list[str]:
    """Return the kinds of events that are shown: those that count, and the sending."""
    return ["send", *(EVENT_KINDS if mapping is None else mapping.interaction.kinds)]


def engagement_of(row: dict[str, Any], people: dict[str, dict[str, Any]]) -> Engagement:
    """Return a row with whom it is about."""
    contact_id = row["contact_id"]
    person = people.get(contact_id, {"name": contact_id, "do_not_email": None})
    return Engagement(**row, contact_name=person["name"], do_not_email=person["do_not_email"])
