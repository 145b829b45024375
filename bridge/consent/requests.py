"""Write what becomes of requests to mail a person again, and the evidence that is given for them.

All in the caller's transaction, so that a decision and its record are one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from psycopg.rows import dict_row

from bridge.consent.ledger import SQL, Entry, Subjects, append, lock_chain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.consent.policy import Policy
    from bridge.consent.statement import Statement

RequestState: TypeAlias = Literal[
    "held",
    "waiting_evidence",
    "waiting_person",
    "sent",
    "confirmed",
    "refused",
    "not_confirmed",
    "withdrawn",
]
Side: TypeAlias = Literal["practifi", "constant_contact", "console"]


def end_requests(
    tx: psycopg.Connection,
    connection_id: int,
    ids: Sequence[int],
    *,
    state: RequestState,
    policy: Literal["firm", Policy] | None,
    reason: str | None,
    opted_out_at: datetime | None = None,
    evidence_outstanding: bool = False,
) -> None:
    """Write what became of open requests to come back.

    Args:
        tx: The caller's transaction.
        connection_id: Whose they are.
        ids: Which.
        state: How each stands now.
        policy: By what the opt-out was, or would be, lifted; None: as it was.
        reason: Why, in words for people.
        opted_out_at: When the person had opted out, where they had.
        evidence_outstanding: Open the item that asks, within 7 days, who asked, when and how;
            unless that is on record.
    """
    if ids:
        tx.execute(
            SQL["end_resubscriptions"],
            {
                "connection_id": connection_id,
                "ids": list(ids),
                "state": state,
                "policy": policy,
                "reason": reason,
                "opted_out_at": opted_out_at,
                "evidence": evidence_outstanding,
            },
        )


def refuse_requests(
    tx: psycopg.Connection,
    connection_id: int,
    ids: Sequence[int],
    *,
    side: Side,
    answer: str,
    by: str | None = None,
) -> None:
    """Put into the ledger that open requests were refused, and why; `by` says who did."""
    values = {"connection_id": connection_id, "ids": list(ids)}
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL["subjects_of_requests"], values).fetchall()
    for row in rows:
        append(
            tx,
            connection_id,
            Entry(
                side=side,
                change="opted_in",
                acted_by="firm",
                stage="refused",
                about_seq=row["asked_seq"],
                cause_kind="request",
                cause_id=str(row["id"]),
                address_id=row["address_id"],
                person_id=row["person_id"],
                user_id=by,
                answer=answer,
            ),
        )


def record_statement(
    tx: psycopg.Connection,
    connection_id: int,
    request_id: int,
    statement: Statement,
    *,
    side: Side,
) -> None:
    """Keep the evidence for a request, once; the ledger seals what it said without saying it."""
    values = {
        "connection_id": connection_id,
        "id": request_id,
        "via": statement.via,
        "on": statement.on,
        "note": statement.note,
        "by": statement.by,
    }
    lock_chain(tx, connection_id)
    row = tx.execute(SQL["give_evidence"], values).fetchone()
    if row is None:
        return
    address_id, person_id = row
    append(
        tx,
        connection_id,
        Entry(
            side=side,
            change="evidence",
            acted_by="firm",
            cause_kind="request",
            cause_id=str(request_id),
            address_id=address_id,
            person_id=person_id,
            user_id=statement.by,
            evidence_digest=Subjects(tx, connection_id).seal(statement.text()),
        ),
    )
