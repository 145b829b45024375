"""Which connection a page of settings is about: the one that is named, else the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.connections.store import list_connections
from bridge.console.faults import NotConnected, NotThere

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.connections.model import Connection
    from bridge.console.page import Visit

SECTIONS = (
    ("Resync", "/settings/resync"),
    ("Connections", "/settings/connections"),
    ("Allowance", "/settings/allowance"),
    ("Schedule", "/settings/schedule"),
    ("Policies", "/settings/policies"),
    ("Access", "/settings/access"),
)
"""The sections of the settings, in their order."""


def seen_connections(tx: psycopg.Connection[Any], visit: Visit) -> Sequence[Connection]:
    """Return the connections that somebody may see, by name."""
    return [one for one in list_connections(tx) if visit.who.sees(one.id)]


def chosen_connection(
    tx: psycopg.Connection[Any], visit: Visit
) -> tuple[Connection, Sequence[Connection]]:
    """Return the connection that a page is about, and those there are.

    Raises:
        NotThere: If there is none of that name for this person.
        NotConnected: If there is no connection yet.
    """
    found = seen_connections(tx, visit)
    name = visit.form.one("connection") or visit.query("connection")
    if not found:
        raise NotConnected
    chosen = next((one for one in found if not name or one.name == name), None)
    if chosen is None:
        raise NotThere
    return chosen, found
