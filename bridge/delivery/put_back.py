"""*Put back*: somebody of the firm takes back that a person had left one list by their own act.

It follows the policy of coming back. Constant Contact can ask a person to confirm all mail, not one
list: where the policy is `confirm` or `evidence`, who asked, when and how has to be said first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.consent.ledger import Entry, Subjects, append
from bridge.db.queries import load_queries
from bridge.delivery.work import mark
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    import psycopg

    from bridge.consent.policy import Policy
    from bridge.consent.statement import Statement

_SQL = load_queries("bridge.delivery", "put_back.sql")


def put_back(
    tx: psycopg.Connection[Any],
    connection_id: int,
    contact_id: str,
    list_id: str,
    address: str,
    *,
    by: str,
    policy: Policy,
    statement: Statement | None = None,
) -> bool:
    """Let a person's membership of a list count again; return whether they had left it.

    The leaving is of the address, so it is taken back for all who share it. The address is dirty in
    the consent lane when this commits. Without a statement evidence is outstanding from then on; it
    is due within 7 days, and nothing is undone when it is late.

    Args:
        tx: A transaction.
        connection_id: Whose person it is.
        contact_id: Their contact in Practifi.
        list_id: The list in Practifi.
        address: Their e-mail key.
        by: Who says so.
        policy: By which the person comes back.
        statement: Who asked, when and how, where that is known.

    Raises:
        ConfigurationError: If the policy wants a statement, and there is none.
    """
    if policy != "practifi" and statement is None:
        raise ConfigurationError(f"the policy is {policy}: say who asked, when and how")
    about = {"connection_id": connection_id, "contact_id": contact_id, "list_id": list_id}
    rows = tx.execute(_SQL["forget_leaving"], about | {"address": address}).fetchall()
    if not rows:
        return False
    subjects = Subjects(tx, connection_id)
    list_there = next((row[0] for row in rows if row[0] is not None), None)
    entry = {
        "address_id": subjects.subject("address", address),
        "person_id": subjects.subject("person", contact_id),
        "list_id": list_there,
    }
    told = {"via": None, "on": None, "note": None, "by": None}
    seq = append(tx, connection_id, _entry("put_back", list_id, entry, by))
    if statement is not None:
        told |= {name: getattr(statement, name) for name in told}
        sealed = {"evidence_digest": subjects.seal(statement.text())}
        append(tx, connection_id, _entry("evidence", list_id, entry | sealed, by))
    kept = {"connection_id": connection_id, "seq": seq}
    tx.execute(_SQL["keep_put_back"], kept | entry | told)
    if statement is None:
        left = {"sf_list_id": list_id, "left_at": max(row[1] for row in rows)}
        tx.execute(_SQL["want_evidence"], kept | entry | left)
    mark(tx, connection_id, {("address", address): True}, origin="console")
    return True


def _entry(change: Any, list_id: str, about: dict[str, Any], by: str) -> Entry:
    return Entry(
        side="console",
        change=change,
        acted_by="firm",
        cause_kind="console",
        cause_id=list_id,
        user_id=by,
        **about,
    )
