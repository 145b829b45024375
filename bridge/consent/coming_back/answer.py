"""Answer requests to mail a person again: approve, refuse, give evidence; and say by which rules.

What is answered goes on at once: its address is dirty in the consent lane, in the transaction that
keeps the answer and its entry of the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bridge.consent.coming_back.listing import SQL
from bridge.consent.ledger import Entry, append, lock_chain
from bridge.consent.policy import changed
from bridge.consent.requests import end_requests, record_statement, refuse_requests
from bridge.consent.standing import rules_of
from bridge.delivery.work import WEBHOOK, mark
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from bridge.consent.policy import Rules
    from bridge.consent.statement import Statement
    from bridge.mirror.advance import Subject

_TAKES_EVIDENCE = frozenset({"held", "waiting_evidence", "waiting_person", "sending", "sent"})


class NotAnswerable(BridgeError):
    """There is no such request, or it does not wait for this answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Request:
    connection_id: int
    id: int
    state: str
    address_id: UUID
    person_id: UUID
    asked_seq: int
    address: str | None
    evidence_at: datetime | None
    evidence_due_at: datetime | None


def approve(
    tx: psycopg.Connection, ids: Sequence[int] | None, *, by: str, connection_id: int | None = None
) -> list[int]:
    """Let held requests go on, and return their numbers.

    Args:
        tx: The transaction.
        ids: Which; None: all that are held.
        by: Who says so.
        connection_id: Only of this connection.

    Raises:
        NotAnswerable: If one is not held.
    """
    found = _held(tx, ids, connection_id)
    for request in found:
        _append(tx, request, by)
        tx.execute(
            SQL["approve"], {"connection_id": request.connection_id, "id": request.id, "by": by}
        )
    _wake(tx, found)
    return [request.id for request in found]


def refuse(
    tx: psycopg.Connection, ids: Sequence[int], *, by: str, connection_id: int | None = None
) -> list[int]:
    """Refuse held requests for good, and return their numbers; a new tick and untick asks anew.

    Raises:
        NotAnswerable: If one is not held.
    """
    found = _held(tx, ids, connection_id)
    for request in found:
        reason = f"refused by {by}"
        one = [request.id]
        refuse_requests(tx, request.connection_id, one, side="console", answer=reason, by=by)
        end_requests(tx, request.connection_id, one, state="refused", policy=None, reason=reason)
    _wake(tx, found)
    return [request.id for request in found]


def give_evidence(
    tx: psycopg.Connection,
    request_id: int,
    statement: Statement,
    *,
    connection_id: int | None = None,
) -> None:
    """Record who asked, when and how; a request that waits for it goes on.

    Raises:
        NotAnswerable: If there is no such request, it has evidence, or none is wanted.
    """
    (request,) = _locked(tx, [request_id], connection_id)
    if request.evidence_at is not None:
        raise NotAnswerable(f"request {request_id} has its evidence: what is on record stays")
    is_outstanding = request.state == "confirmed" and request.evidence_due_at is not None
    if request.state not in _TAKES_EVIDENCE and not is_outstanding:
        raise NotAnswerable(f"request {request_id} wants no evidence: it is {request.state}")
    record_statement(tx, request.connection_id, request.id, statement, side="console")
    _wake(tx, [request])


def set_rules(
    tx: psycopg.Connection, connection_id: int, assignments: Sequence[str], *, by: str
) -> Rules:
    """Change how a connection treats requests to come back, and return its rules.

    What waits already goes on waiting by the rules under which it began to.

    Raises:
        ConfigurationError: If an assignment names nothing that there is.
    """
    rules = changed(rules_of(tx, connection_id), assignments)
    stored: dict[str, Any] = rules.as_json() | {"set_by": by}
    tx.execute(SQL["store_rules"], {"connection_id": connection_id, "rules": Jsonb(stored)})
    return rules


def look_at_overdue(tx: psycopg.Connection) -> int:
    """Have addresses looked at whose person has not confirmed in time; return how many."""
    rows = tx.execute(SQL["overdue"]).fetchall()
    for connection_id, key in rows:
        mark(tx, connection_id, {("address", key): True}, origin="sweep")
    return len(rows)


def _held(
    tx: psycopg.Connection, ids: Sequence[int] | None, connection_id: int | None
) -> list[_Request]:
    found = _locked(tx, ids, connection_id)
    for request in found:
        if request.state != "held":
            raise NotAnswerable(f"request {request.id} is not held: it is {request.state}")
    return found


def _locked(
    tx: psycopg.Connection, ids: Sequence[int] | None, connection_id: int | None
) -> list[_Request]:
    values = {
        "connection_id": connection_id,
        "ids": None if ids is None else sorted(set(ids)),
    }
    for (each,) in tx.execute(SQL["connections_of_requests"], values).fetchall():
        lock_chain(tx, each)
    with tx.cursor(row_factory=class_row(_Request)) as cursor:
        found = cursor.execute(SQL["lock_requests"], values).fetchall()
    missing = set(ids or ()) - {request.id for request in found}
    if missing:
        names = ", ".join(str(each) for each in sorted(missing))
        raise NotAnswerable(f"there is no request {names}: `bridge consent held` lists them")
    numbers = [request.id for request in found]
    if ids is not None and len(numbers) != len(set(numbers)):
        raise NotAnswerable("several connections have a request of this number: --connection NAME")
    return found


def _append(tx: psycopg.Connection, request: _Request, by: str) -> None:
    append(
        tx,
        request.connection_id,
        Entry(
            side="console",
            change="approved",
            acted_by="firm",
            cause_kind="request",
            cause_id=str(request.id),
            address_id=request.address_id,
            person_id=request.person_id,
            user_id=by,
        ),
    )


def _wake(tx: psycopg.Connection, requests: Sequence[_Request]) -> None:
    """Make the addresses dirty, after the ledger and by connection, as everybody locks them."""
    by_connection: dict[int, dict[Subject, bool]] = {}
    for request in requests:
        if request.address is not None:
            subject: Subject = ("address", request.address)
            by_connection.setdefault(request.connection_id, {})[subject] = True
    for connection_id, subjects in sorted(by_connection.items()):
        mark(tx, connection_id, subjects, lane=WEBHOOK, origin="cli")
