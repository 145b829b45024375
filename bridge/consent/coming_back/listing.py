"""List the requests to mail a person again that wait for somebody. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg.rows import class_row

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

SQL = load_queries("bridge.consent.coming_back")

_WAITING = ["waiting_evidence", "waiting_person"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request, as the people see it who answer it.

    Attributes:
        contact_id: Whose box was unticked; None once erased, as the address is.
        list_id: The list there that somebody was put back on; None: it is about all mail.
        unticked_at: When that was done (UTC).
        unticked_by: The Salesforce user who did it.
        opted_out_at: When the person had opted out, where that is known.
        due_at: When the wait for the person ends.
        evidence_due_at: When evidence is due, for somebody who came back without.
    """

    id: int
    connection: str
    connection_id: int
    state: str
    policy: str
    reason: str | None
    contact_id: str | None
    address: str | None
    list_id: str | None
    unticked_at: datetime
    unticked_by: str | None
    opted_out_at: datetime | None
    person_asked_at: datetime | None
    due_at: datetime | None
    evidence_due_at: datetime | None
    approved_by: str | None

    def in_words(self) -> str:
        """Return where the request stands."""
        if self.state == "waiting_person" and self.person_asked_at is not None:
            return f"waiting for the person since {self.person_asked_at:%Y-%m-%d %H:%M} UTC"
        if self.state == "confirmed" and self.evidence_due_at is not None:
            return f"evidence outstanding, due {self.evidence_due_at:%Y-%m-%d}; {self.reason}"
        return self.reason or self.state


def list_requests(
    tx: psycopg.Connection, which: Literal["held", "waiting"], *, connection_id: int | None = None
) -> list[Request]:
    """Return the held requests, or those that wait for evidence or a person, the oldest first."""
    values = {
        "connection_id": connection_id,
        "states": ["held"] if which == "held" else _WAITING,
        "outstanding": which == "waiting",
    }
    with tx.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(SQL["requests"], values).fetchall()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outstanding:
    """How many requests wait for somebody of the firm.

    Attributes:
        held: For an approver.
        without_evidence: For evidence, whether the person is mailed meanwhile or not.
        overdue: Those of them whose evidence was due by now.
    """

    held: int
    without_evidence: int
    overdue: int


def count_requests(tx: psycopg.Connection, *, connection_id: int | None = None) -> Outstanding:
    """Return how many requests wait for somebody, of one connection or of all."""
    values = {"connection_id": connection_id}
    with tx.cursor(row_factory=class_row(Outstanding)) as cursor:
        counted = cursor.execute(SQL["count_requests"], values).fetchone()
    assert counted is not None  # noqa: S101 -- an aggregate has a row
    return counted
