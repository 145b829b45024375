"""Another secret for the path that messages go to, and none lost: two are valid meanwhile."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bridge.connections.secrets import write_secret
from bridge.connections.store import SECRET_BYTES
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    import psycopg

    from bridge.connections.keyring import KeyRing

_SQL = load_queries("bridge.connections", "rotate.sql")

MESSAGES_COME = timedelta(hours=24)
"""Salesforce tries for so long to deliver a message, at the address that was its own when made."""


def begin_rotation(tx: psycopg.Connection[Any], keyring: KeyRing, connection_id: int) -> None:
    """Make a second path secret; both are valid until the old one is ended.

    Raises:
        ConfigurationError: If two are valid already.
    """
    if len(_slots(tx, connection_id)) > 1:
        raise ConfigurationError(
            "two secrets are valid already: `bridge connection rotate NAME --end-old` ends the "
            "older one"
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    write_secret(tx, keyring, connection_id, "path_secret", secret, slot=1)


def end_rotation(tx: psycopg.Connection[Any], connection_id: int, *, at_once: bool) -> None:
    """End the older of two path secrets.

    Args:
        tx: A transaction.
        connection_id: Whose they are.
        at_once: Although Salesforce may still try to deliver messages at the old address.

    Raises:
        ConfigurationError: If there is only one, or the newer one is too young.
    """
    slots = _slots(tx, connection_id)
    if len(slots) < 2:  # noqa: PLR2004 -- an old one and a new one
        raise ConfigurationError("only one secret is valid: `bridge connection rotate NAME` first")
    age_s = slots[-1][1]
    left_s = MESSAGES_COME.total_seconds() - age_s
    if left_s > 0 and not at_once:
        raise ConfigurationError(
            f"the new secret is {age_s / 3600:.1f} hours old, and Salesforce tries for 24 to "
            f"deliver at the old address: wait {left_s / 3600:.1f} hours, or give --at-once"
        )
    tx.execute(_SQL["end_old_path_secret"], {"connection_id": connection_id})
    tx.execute(_SQL["move_path_secret"], {"connection_id": connection_id})


def _slots(tx: psycopg.Connection[Any], connection_id: int) -> list[tuple[int, float]]:
    return tx.execute(_SQL["path_secret_slots"], {"connection_id": connection_id}).fetchall()
