"""Poll for changed records, where Salesforce sends no outbound messages; the same inbox takes them.

Which records changed is asked for by time, and what they say is read at once: a notification of it
is as good as a message's. Windows overlap, because changes become visible late; the key of a change
is the record, its stamp and what it says, so an overlap counts once, and of two changes of a second
neither is lost: stamps have whole seconds.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.connections.store import list_connections
from bridge.db.queries import load_queries
from bridge.doctor.lost_marks import drop_lost_marks
from bridge.errors import BridgeError, RemoteError
from bridge.identity import salesforce_id
from bridge.inbox.deletes import ask_in_parts, window
from bridge.inbox.rendered import rendered
from bridge.mapping.versions import usable
from bridge.mirror.model import client_paths, needed_paths, parse_moment
from bridge.policies.store import policies_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.mapping.compiled import Mapping
    from bridge.mirror.model import Kind
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.values import Record

log = logging.getLogger(__name__)

SQL = load_queries("bridge.inbox", "changes.sql")

_REACHES_BACK = timedelta(days=29)
"""Salesforce answers for at most 30 days back (REST API Developer Guide, "Get Updated")."""

_AT_A_TIME = 1_000
"""Records in memory at once, where a mass load has changed many."""

_DIGITS = 12  # of a digest, to tell a few states of one second apart

_KINDS: tuple[Kind, ...] = ("list", "membership", "contact")


def poll_changes(installation: Installation) -> int:
    """Ask the organizations that are polled what changed; return how many changes were new."""
    with installation.database.transaction() as tx:
        polled = [
            row
            for row in list_connections(tx)
            if row.state == "active" and policies_of(tx, row.id).changes == "poll"
        ]
    new = 0
    for connection in polled:
        try:
            new += _poll_connection(installation, connection)
        except BridgeError as error:
            # A mapping or credentials at fault are no matter of the other connections.
            log.warning(
                "changes_poll_failed", extra={"connection": connection.name, "why": str(error)}
            )
    return new


def _poll_connection(installation: Installation, connection: Connection) -> int:
    with installation.database.transaction() as tx:
        current = usable(tx, connection.id)
    if current is None:
        return 0
    mapping = current.mapping
    kinds: list[Kind] = ["account", *_KINDS] if client_paths(mapping) else [*_KINDS]
    salesforce = installation.salesforce(connection)
    try:
        return sum(
            _poll(installation.database, connection, mapping, salesforce, kind) for kind in kinds
        )
    except RemoteError as error:
        if not drop_lost_marks(error, installation.database, salesforce, connection, mapping):
            raise
        return 0  # the next poll asks without it
    finally:
        salesforce.close()


def _poll(
    database: Database,
    connection: Connection,
    mapping: Mapping,
    salesforce: Salesforce,
    kind: Kind,
) -> int:
    object_name = mapping.names.object_of(kind)
    source = {"connection_id": connection.id, "source": f"updated:{object_name}"}
    with database.transaction() as tx:
        row = tx.execute(SQL["polled_until"], source).fetchone()
    assert row is not None  # noqa: S101 -- the statement joins to a row of its own
    until, now = row
    # What was before the first look is a run's to find.
    start, end = window(until or now, now, reaches_back=_REACHES_BACK)
    if until is not None and until < start:
        log.warning("changes_gap", extra={"connection": connection.name, "object": object_name})
    found = ask_in_parts(
        lambda first, last: salesforce.updated(object_name, first, last), start, end
    )
    added = 0
    place = {"connection_id": connection.id, "object": object_name}
    for first in range(0, len(found.ids), _AT_A_TIME):
        ids = found.ids[first : first + _AT_A_TIME]
        records = salesforce.read_back(object_name, ids, needed_paths(kind, mapping))
        with database.transaction() as tx:
            values = place | _columns(object_name, records.values())
            added += len(tx.execute(SQL["add_changes"], values).fetchall())
    with database.transaction() as tx:
        tx.execute(SQL["move_polled"], source | {"at": min(found.latest_date_covered, now)})
    return added


def _columns(object_name: str, records: Iterable[Record]) -> dict[str, object]:
    """Return what enters the inbox of changed records, a list for each column."""
    ids, stamps, names, bodies = [], [], [], []
    for record in records:
        stamp = parse_moment(record.get("SystemModstamp"))
        if stamp is None:
            continue
        record_id = salesforce_id(record["Id"] or "")
        said = hashlib.sha256(rendered("", object_name, record)).hexdigest()[:_DIGITS]
        name = f"changed-{record_id}-{int(stamp.timestamp())}-{said}"
        ids.append(record_id)
        stamps.append(stamp)
        names.append(name)
        bodies.append(rendered(name, object_name, record))
    return {"ids": ids, "ats": stamps, "names": names, "bodies": bodies}
