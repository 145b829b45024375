"""Fields that flap: the bridge sets them, and somebody in Constant Contact sets them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.db.queries import load_queries
from bridge.plans.text import label_of

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

_SQL = load_queries("bridge.console.pages", "flapping.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Flapping:
    """One field of one person, with both who write it.

    Attributes:
        who: The address.
        ours: What the bridge writes, since Practifi has it.
        theirs: What was put there instead of it.
        times: How often the bridge has set it back within 30 days.
        written_at: When it did so last (UTC).
        modified_by: The Salesforce user who last saved the record.
        changed_there_at: When the contact was last changed there (UTC).
    """

    connection: str
    who: str
    field: str
    plan_id: int
    written_at: datetime
    ours: Any
    theirs: Any
    times: int
    modified_by: str | None
    changed_there_at: datetime | None

    @property
    def label(self) -> str:
        """What people call the field."""
        return label_of(self.field)


def read_flapping(tx: psycopg.Connection[Any], connection_id: int | None) -> list[Flapping]:
    """Return what flapped when contacts were last compared, of one connection or of all."""
    with tx.cursor(row_factory=class_row(Flapping)) as cursor:
        return cursor.execute(_SQL["flapping"], {"connection_id": connection_id}).fetchall()
