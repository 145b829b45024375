"""One look at a connection: read once, judge, and do what follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.connections.store import set_identity, set_people_marks
from bridge.doctor.checks import examine
from bridge.doctor.facts import Facts
from bridge.doctor.findings import fault
from bridge.doctor.holds import hold
from bridge.doctor.judge_messages import can_carry
from bridge.doctor.needs import all_needs
from bridge.doctor.people import marks_in
from bridge.doctor.read_account import read_account
from bridge.doctor.read_organization import read_organization
from bridge.doctor.read_stored import SQL, read_in_force, read_stored
from bridge.errors import Unauthorized
from bridge.mirror.remember import remember_custom_fields
from bridge.salesforce.client import open_salesforce

if TYPE_CHECKING:
    import psycopg

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.doctor.facts import InForce, Organization
    from bridge.doctor.findings import Fault, Finding
    from bridge.settings import Settings


class Look(NamedTuple):
    """What was read of a connection, and what was found."""

    facts: Facts
    findings: tuple[Finding, ...]


def look_at(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Look:
    """Look at a connection, hold or let go what the findings ask for, and return them."""
    facts = read_facts(connection, database, keyring, settings)
    findings = tuple(examine(facts))
    with database.transaction() as tx:
        is_all_seen = facts.seen is not None and facts.there is not None and not facts.seen.unseen
        hold(tx, connection, findings, may_release=is_all_seen)
        _note_access(tx, facts)
        if facts.seen is not None and facts.in_force.mapping is not None:
            names, describe = facts.in_force.mapping.names, facts.seen.described.get
            if describe(names.contact.object) is not None:
                set_people_marks(tx, connection.id, marks_in(names, describe))
        if facts.there is not None and connection.cc_account_id is None:
            # From now on another account is noticed.
            set_identity(
                tx,
                connection.id,
                cc_account_id=facts.there.account_id,
                cc_account_name=facts.there.name,
            )
        if facts.there is not None and facts.there.custom_fields is not None:
            rows = [each.as_row() for each in facts.there.custom_fields]
            remember_custom_fields(tx, connection.id, rows, is_all=True)
    return Look(facts, findings)


def read_facts(
    connection: Connection,
    database: Database,
    keyring: KeyRing,
    settings: Settings,
    *,
    instead: InForce | None = None,
) -> Facts:
    """Read everything that the checks of a connection look at.

    Args:
        connection: Whose sides are asked.
        database: Knows what is stored of it.
        keyring: Opens its logins.
        settings: The installation's.
        instead: A mapping that is looked at instead of that in force.
    """
    with database.transaction() as tx:
        in_force = instead or read_in_force(tx, connection, settings.mappings)
        names = None if in_force.mapping is None else in_force.mapping.names
        stored = read_stored(tx, connection, names, keyring, settings)
    facts = Facts(
        connection=connection, stored=stored, in_force=in_force, public_url=settings.public_url
    )
    if connection.state == "unconnected":
        return facts
    organization = _organization(connection, database, keyring, settings, in_force)
    account, old_ids = read_account(
        connection, database, keyring, settings.http_timeout_s, stored.old_ids
    )
    return replace(
        facts,
        organization=organization,
        account=account,
        stored=replace(stored, old_ids=old_ids),
    )


def _organization(
    connection: Connection,
    database: Database,
    keyring: KeyRing,
    settings: Settings,
    in_force: InForce,
) -> Organization | Fault:
    try:
        salesforce = open_salesforce(connection, database, keyring, settings)
    except Unauthorized as error:
        return fault("salesforce_refuses", str(error))
    mapping = in_force.mapping
    try:
        return read_organization(
            connection,
            database,
            salesforce,
            () if mapping is None else all_needs(mapping),
            namespace="practifi__" if mapping is None else mapping.names.namespace,
            mappings=settings.mappings,
        )
    finally:
        salesforce.close()


def _note_access(tx: psycopg.Connection[Any], facts: Facts) -> None:
    """Note of each recorded field list whether what it lists reaches us unless it is empty."""
    for recorded in facts.stored.recorded:
        is_whole = can_carry(facts, recorded)
        if is_whole is not None:
            values = {
                "connection_id": facts.connection.id,
                "action_id": recorded.action_id,
                "version": recorded.version,
                "is_whole": is_whole,
            }
            tx.execute(SQL["access_checked"], values)
