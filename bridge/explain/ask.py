"""Ask why something is as it is, at one moment; nothing of it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.explain.examine import explain
from bridge.explain.gather import read_snapshot
from bridge.explain.target import find_target

if TYPE_CHECKING:
    from typing import Literal

    import psycopg

    from bridge.explain.model import Explanation


def ask(
    session: psycopg.Connection[Any],
    what: str,
    *,
    owner_policy: Literal["linked_first", "oldest"],
    connection: str | None = None,
    campaign: str | None = None,
) -> Explanation:
    """Return the explanation of what a word means in this installation.

    Args:
        session: A connection to the database outside of a transaction.
        what: An id of either side, an address, a notification, or `run:N` and the like.
        owner_policy: Who of several sharers of an address is sent.
        connection: Only what the connection of this name knows.
        campaign: Name or id of the campaign that a person got or did not get.

    Raises:
        ConfigurationError: If the word can mean nothing, or something in several connections.
    """
    with session.transaction(force_rollback=True):
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        target = find_target(session, what, connection)
        return explain(read_snapshot(session, target, owner_policy=owner_policy, campaign=campaign))
