"""*Reactivate*: somebody of the firm asks on a page that a person be mailed again.

It is what an untick in Practifi is, without a tick before it: by policy it lifts the opt-out at
once, has the person asked, or waits for evidence; many at once wait for an approver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.consent.box import BoxChange
from bridge.consent.coming_back.listing import SQL
from bridge.consent.ledger import Subjects, lock_chain
from bridge.consent.record import record_box_changes
from bridge.consent.requests import record_statement
from bridge.delivery.work import mark

if TYPE_CHECKING:
    import psycopg

    from bridge.consent.statement import Statement


def reactivate(
    tx: psycopg.Connection[Any],
    connection_id: int,
    contact_id: str,
    address: str,
    *,
    by: str,
    statement: Statement | None = None,
) -> None:
    """Ask that a person be mailed again, or give an open request the evidence that it waits for.

    The address is dirty in the consent lane when this commits.

    Args:
        tx: A transaction.
        connection_id: Whose person it is.
        contact_id: Their contact in Practifi, whose box is not ticked.
        address: Their e-mail key.
        by: Who asks: their Salesforce user, or how a log-in link signs.
        statement: Who asked, when and how, where that is known.
    """
    lock_chain(tx, connection_id)
    subjects = Subjects(tx, connection_id)
    about = {
        "connection_id": connection_id,
        "address_id": subjects.subject("address", address),
        "person_id": subjects.subject("person", contact_id),
    }
    row = tx.execute(SQL["open_request"], about).fetchone()
    if row is None or row[1] != "waiting_evidence" or statement is None:
        change = BoxChange(
            contact_id=contact_id, changed_at=now(tx), ticked=False, user_id=by, seen_by="console"
        )
        record_box_changes(
            tx,
            connection_id,
            [(change, address, "reactivate")],
            own_user_id=None,
            cause_kind="console",
        )
        row = tx.execute(SQL["open_request"], about).fetchone()
    if row is not None and statement is not None:
        record_statement(tx, connection_id, row[0], statement, side="console")
    mark(tx, connection_id, {("address", address): True}, origin="console")
