"""Checks of one connection: its state, its mapping, both its sides, and the way of consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.constant_contact.lists import near_most
from bridge.db.queries import load_queries
from bridge.doctor.account import check_account
from bridge.doctor.findings import Finding
from bridge.doctor.mappings import check_mapping
from bridge.doctor.organization import check_organization
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.deploy.definitions import to_deploy_again

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.doctor.findings import State
    from bridge.mapping.model import Mapping
    from bridge.settings import Settings

_SQL = load_queries("bridge.doctor")


def check_connection(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Iterator[Finding]:
    """Yield what holds of a connection."""
    yield _state(connection)
    with database.transaction() as tx:
        finding, mapping = check_mapping(tx, connection, settings.mappings)
        consent = _consent(tx, connection)
        messages = _messages(tx, connection, mapping)
        outages = _outages(tx, connection)
        lists = _lists(tx, connection)
    yield finding
    yield consent
    yield from messages
    yield from outages
    yield from lists
    if connection.state == "unconnected":
        return
    salesforce = open_salesforce(connection, database, keyring, settings)
    try:
        yield from check_organization(connection, salesforce, mapping, settings.mappings)
    finally:
        salesforce.close()
    yield check_account(connection, database, keyring, settings.http_timeout_s)


def _state(connection: Connection) -> Finding:
    again = f"`bridge connection add {connection.name} --credentials FILE`"
    if connection.state == "active":
        return _found(connection, "state", "ok", "active")
    if connection.state == "paused":
        says = f"paused: {connection.state_reason}"
        return _found(connection, "state", "failed", says, f"then {again}")
    says = "no credentials for both sides: it receives, and what arrives waits"
    return _found(connection, "state", "failed", says, again)


def _consent(tx: psycopg.Connection, connection: Connection) -> Finding:
    row = tx.execute(_SQL["outbound_definitions"], {"connection_id": connection.id}).fetchone()
    deployed, for_consent = row or (0, 0)
    if for_consent:
        return _found(connection, "consent", "ok", "an outbound message of its own is deployed")
    says = (
        "no outbound message of its own is known for consent: an untick of Do Not Email waits for "
        "what arrived before it (about 13 s for each 100,000 notifications)"
    )
    if not deployed:
        says += "; no field list is known either, so absent fields are read back"
    advice = f"`bridge salesforce deploy --connection {connection.name}`"
    return _found(connection, "consent", "warning", says, advice)


def _messages(
    tx: psycopg.Connection, connection: Connection, mapping: Mapping | None
) -> list[Finding]:
    """Return a warning for each outbound message that lacks what the mapping reads."""
    if mapping is None:
        return []
    advice = f"`bridge salesforce deploy --connection {connection.name}`"
    return [
        _found(connection, "messages", "warning", f"{sentence}: read one by one", advice)
        for sentence in to_deploy_again(tx, connection.id, mapping)
    ]


def _outages(tx: psycopg.Connection, connection: Connection) -> list[Finding]:
    rows = tx.execute(_SQL["outages"], {"connection_id": connection.id})
    return [
        _found(
            connection,
            "outage",
            "warning",
            f"what needs {system} waits since {since:%Y-%m-%d %H:%M} UTC: {reason}",
            "nothing: it is asked every two minutes, and all goes on once it answers",
        )
        for system, since, reason in rows
    ]


def _lists(tx: psycopg.Connection, connection: Connection) -> list[Finding]:
    """Return a warning where the account is nearly full of lists."""
    ((count,),) = tx.execute(_SQL["count_lists"], {"connection_id": connection.id}).fetchall()
    warning = near_most(count)
    if warning is None:
        return []
    return [_found(connection, "lists", "warning", warning, "delete lists there before it is full")]


def _found(
    connection: Connection, check: str, state: State, says: str, advice: str | None = None
) -> Finding:
    return Finding(subject=connection.name, check=check, state=state, says=says, advice=advice)
