"""The policies of a connection as they are kept: read by every decision, changed by people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.policies.policy import changed, policies_from

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any

    import psycopg

    from bridge.policies.policy import Policies

_SQL = load_queries("bridge.policies")

_CONCERNED = {
    "owner": (_SQL["disown_shared"], _SQL["note_shared"]),
    "shared_name": (_SQL["note_shared"],),
    "foreign_memberships": (_SQL["note_foreign"],),
}
"""Policy -> what notes whom a change of it concerns."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One policy that somebody has changed."""

    name: str
    old: str
    new: str
    changed_by: str
    changed_at: datetime


def policies_of(tx: psycopg.Connection[Any], connection_id: int) -> Policies:
    """Return the policies of a connection."""
    row = tx.execute(_SQL["policies"], {"connection_id": connection_id}).fetchone()
    return policies_from(None if row is None else row[0])


def set_policies(
    tx: psycopg.Connection[Any], connection_id: int, assignments: Iterable[str], *, by: str
) -> Policies:
    """Change policies of a connection, note who did, and return how they are now.

    Whom a change concerns is decided on by the next run, even if nothing else changes there.

    Raises:
        ConfigurationError: If an assignment names nothing that there is.
    """
    tx.execute(_SQL["lock_connection"], {"connection_id": connection_id})
    before = policies_of(tx, connection_id)
    policies = changed(before, assignments)
    old, new = before.as_json(), policies.as_json()
    names = [name for name in new if old[name] != new[name]]
    values = {"connection_id": connection_id, "policies": Jsonb(new)}
    tx.execute(_SQL["store_policies"], values)
    tx.execute(
        _SQL["note_changes"],
        {
            "connection_id": connection_id,
            "names": names,
            "olds": [str(old[name]) for name in names],
            "news": [str(new[name]) for name in names],
            "by": by,
        },
    )
    for name, statements in _CONCERNED.items():
        if name in names:
            for statement in statements:
                tx.execute(statement, {"connection_id": connection_id})
    return policies


def read_changes(
    tx: psycopg.Connection[Any], connection_id: int, *, count: int = 20
) -> list[Change]:
    """Return the latest changes of policies, the newest first."""
    with tx.cursor(row_factory=class_row(Change)) as cursor:
        values = {"connection_id": connection_id, "count": count}
        return cursor.execute(_SQL["changes"], values).fetchall()
