"""Read what is known of one contact in one mailing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.explain.model import MailingRow
from bridge.explain.target import SQL

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

    from bridge.delivery.model import AddressState


def read_mailing(
    tx: psycopg.Connection[Any], connection_id: int, campaign: str, state: AddressState
) -> MailingRow | None:
    """Return a campaign's mailing and what the contact of an address did in it, or None.

    Args:
        tx: A transaction.
        connection_id: Whose campaign it is.
        campaign: Its name, whatever the case, or its id.
        state: The address.
    """
    there = state.there or {}
    contact_id = str(there["contact_id"]) if there else None
    values = {"connection_id": connection_id, "campaign": campaign, "contact_id": contact_id}
    mailing = _row(tx, SQL["mailing"], values)
    if mailing is None:
        return None
    list_ids = [str(list_id) for list_id in mailing["list_ids"]]
    values |= {
        "mailing": mailing["campaign_activity_id"],
        "contact_ids": [person.contact_id for person in state.people],
        "list_ids": list_ids,
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        events = cursor.execute(SQL["events"], values).fetchall()
    joined = tx.execute(SQL["joined_at"], values).fetchone()
    written = _row(tx, SQL["interaction"], values) or {}
    return MailingRow(
        name=mailing["name"],
        status=mailing["status"],
        first_sent_at=mailing["first_sent_at"],
        is_read=mailing["is_read"],
        is_on_its_lists=bool(set(list_ids) & set(there.get("list_memberships") or ())),
        joined_at=joined[0] if joined else None,
        events={each["kind"]: (each["count"], each["first_at"]) for each in events},
        bounce_code=next((each["bounce_code"] for each in events if each["bounce_code"]), None),
        interaction_id=written.get("sf_id"),
        interaction_at=written.get("written_at"),
        interaction_error=written.get("write_error"),
    )


def _row(
    tx: psycopg.Connection[Any], query: LiteralString, values: dict[str, Any]
) -> dict[str, Any] | None:
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchone()
