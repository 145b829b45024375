"""The clock of consent: when each change was seen, sent and confirmed, person by person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from psycopg.rows import class_row

from bridge.clock import now
from bridge.consent.audit import entries_about
from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

_SQL = load_queries("bridge.consent", "clock.sql")

Stands: TypeAlias = Literal["seen", "sent", "confirmed", "refused", "recorded", "late"]
STANDS: tuple[Stands, ...] = get_args(Stands)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change that was seen, and what became of it.

    Attributes:
        at: When it was seen (UTC), like the other times.
        address: None where nobody's, or where the person was erased; so is the contact's id.
        name: Of the contact, as the mirror has it.
        stands: `recorded` where nothing follows from it.
        is_late: It was not confirmed within one business day.
        answer: Why it was refused.
    """

    seq: int
    at: datetime
    change: str
    side: str
    acted_by: str
    user_id: str | None
    cause_kind: str
    cause_id: str
    address: str | None
    contact_id: str | None
    name: str | None
    sent_at: datetime | None
    confirmed_at: datetime | None
    refused_at: datetime | None
    answer: str | None
    stands: str
    is_late: bool

    @property
    def lag_s(self) -> float | None:
        """Seconds from seen to confirmed; None while it is not."""
        return None if self.confirmed_at is None else (self.confirmed_at - self.at).total_seconds()


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which changes somebody wants to see.

    Attributes:
        who: A contact's Salesforce id, or an address; empty: everybody's.
        change: As the ledger names it; empty: any.
        stands: How it stands, or `late`; empty: however.
        days: Of the last so many days; None: all.
        before: Only those with a smaller number.
    """

    who: str = ""
    change: str = ""
    stands: str = ""
    days: int | None = None
    before: int | None = None


def read_clock(
    tx: psycopg.Connection, connection_id: int, wanted: Wanted, *, count: int
) -> list[Change]:
    """Return the changes that are wanted, the newest first.

    Args:
        tx: A transaction.
        connection_id: Whose ledger it is.
        wanted: Which.
        count: Return at most so many.

    Raises:
        UnknownSubject: If `who` is neither an id nor an address.
    """
    at = now(tx)  # as a value: an index is of no use to a function of the time
    values = {
        "connection_id": connection_id,
        "seqs": entries_about(tx, connection_id, wanted.who) if wanted.who else None,
        "change": wanted.change or None,
        "stands": wanted.stands or None,
        "now": at,
        "since": None if wanted.days is None else at - timedelta(days=wanted.days),
        "before": wanted.before,
        "count": count,
    }
    with tx.cursor(row_factory=class_row(Change)) as cursor:
        return cursor.execute(_SQL["clock"], values).fetchall()
