"""See whether Salesforce has stopped sending: records that changed there, and nobody was told.

A flow that was switched off, an address that changed with a sandbox refresh, a certificate that
ended: the bridge hears nothing then, and nothing looks wrong. So Salesforce is asked what changed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bridge.connections.store import list_connections
from bridge.db.queries import load_queries
from bridge.errors import BridgeError
from bridge.mapping.versions import usable
from bridge.policies.store import policies_of
from bridge.salesforce.names import checked_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.salesforce.client import Salesforce

SQL = load_queries("bridge.inbox", "silence.sql")
log = logging.getLogger(__name__)

GRACE = timedelta(minutes=30)
"""How long a notification may take: Salesforce tries one again after seconds, then minutes."""

_FIRST_LOOK = timedelta(days=1)
_LONGEST_WAIT = timedelta(hours=2)
"""Between two tries of Salesforce: where the bridge itself was away, what it missed comes late."""
_CLOCKS_DIFFER = timedelta(minutes=2)
_RECORDS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the changes of one object say.

    Attributes:
        since: When the first of the changes was made that nobody was told of; None: none was.
        changed: How many records such changes concern.
    """

    since: datetime | None = None
    changed: int = 0


def judge(changed_at: Sequence[datetime], heard_at: datetime | None, before: Verdict) -> Verdict:
    """Return what changes say that others than the bridge made. Pure.

    Those count that were made after a notification came last. One before it may be the act of a
    user who sends no messages: while later ones come, nothing has stopped. What was silent stays
    so until a notification comes, for the bridge's own writes hide what others changed before.

    >>> noon, well = datetime(2026, 3, 1, 12), Verdict()
    >>> judge([noon, noon - timedelta(hours=1)], noon - timedelta(minutes=30), well).changed
    1
    >>> judge([noon], noon, well)
    Verdict(since=None, changed=0)
    """
    untold = [at for at in changed_at if heard_at is None or at > heard_at + _CLOCKS_DIFFER]
    now = Verdict(since=min(untold, default=None), changed=len(untold))
    if before.since is None or (heard_at is not None and heard_at > before.since):
        return now
    return Verdict(
        since=min(before.since, now.since or before.since),
        changed=max(before.changed, now.changed),
    )


def poll_silence(installation: Installation) -> None:
    """Ask every connected organization what changed, and keep what nobody was told of."""
    with installation.database.transaction() as tx:
        connections = [
            row
            for row in list_connections(tx)
            if row.state == "active" and policies_of(tx, row.id).changes == "messages"
        ]
    for connection in connections:
        try:
            _poll_connection(installation, connection)
        except BridgeError as error:
            # A mapping or credentials at fault are no matter of the other connections.
            log.warning(
                "silence_poll_failed", extra={"connection": connection.name, "why": str(error)}
            )


def _poll_connection(installation: Installation, connection: Connection) -> None:
    with installation.database.transaction() as tx:
        current = usable(tx, connection.id)
    if current is None:
        return
    names = current.mapping.names
    salesforce = installation.salesforce(connection)
    try:
        for object_name in (names.contact.object, names.membership.object, names.list.object):
            _poll(installation, connection, salesforce, object_name)
    finally:
        salesforce.close()


def _poll(
    installation: Installation, connection: Connection, salesforce: Salesforce, object_name: str
) -> None:
    place = {"connection_id": connection.id, "object": object_name}
    with installation.database.transaction() as tx:
        row = tx.execute(SQL["known_silence"], place).fetchone()
    assert row is not None  # noqa: S101 -- a SELECT without FROM has one row
    at, back_at, before = row[0], row[1], Verdict(since=row[2], changed=row[3])
    start = min(at - _FIRST_LOOK, before.since or at)
    may_be_late = at < back_at + _LONGEST_WAIT + GRACE
    own_user_id = connection.sf_user_id or salesforce.own_user_id()
    changed = _changed(
        salesforce, object_name, back_at if may_be_late else start, at - GRACE, own_user_id
    )
    with installation.database.transaction() as tx:
        values = place | {"ids": [record_id for record_id, _ in changed], "start": start}
        heard_at, action_id = tx.execute(SQL["heard_of"], values).fetchone() or (None, None)
        verdict = judge([changed_at for _, changed_at in changed], heard_at, before)
        found = {"action_id": action_id, "since": verdict.since, "changed": verdict.changed}
        tx.execute(SQL["remember_silence"], place | found | {"back_at": back_at})


def _changed(
    salesforce: Salesforce, object_name: str, start: datetime, end: datetime, own_user_id: str
) -> list[tuple[str, datetime]]:
    """Return the latest records that others changed in a span of time, the newest first."""
    if start > end:
        return []
    soql = (
        f"SELECT Id, SystemModstamp FROM {checked_name(object_name)} "  # noqa: S608 -- checked
        f"WHERE SystemModstamp >= {_literal(start)} AND SystemModstamp <= {_literal(end)} "
        f"AND LastModifiedById != '{own_user_id}' "
        f"ORDER BY SystemModstamp DESC LIMIT {_RECORDS}"
    )
    return [
        (record["Id"], datetime.fromisoformat(record["SystemModstamp"]))
        for record in salesforce.query(soql)
        if record["Id"] and record["SystemModstamp"]
    ]


def _literal(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
