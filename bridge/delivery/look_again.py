"""Look again: what a page does after its save, so that nobody waits for the message of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.connections.store import load_connection
from bridge.delivery.read_back import Reader
from bridge.delivery.work import INTERACTIVE, mark
from bridge.errors import ConfigurationError
from bridge.mapping.versions import active
from bridge.mirror.subjects import subjects_of
from bridge.wakeups.topics import DELIVER, DELIVER_CONSENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.bootstrap import Installation
    from bridge.mirror.advance import Subject
    from bridge.mirror.model import Kind


def look_again(
    installation: Installation, connection_id: int, records: Mapping[Kind, Sequence[str]]
) -> frozenset[Subject]:
    """Read records back and have what they touch delivered in the interactive lane.

    A change of consent among them goes to the consent lane, as if a message had told it.

    Args:
        installation: What a worker needs.
        connection_id: Whose records they are.
        records: Kind -> ids of those that were saved or deleted.

    Returns:
        What was marked.

    Raises:
        ConfigurationError: If the connection has no mapping in force.
        RemoteError: If Salesforce does not do its part.
    """
    with installation.database.transaction() as tx:
        connection = load_connection(tx, connection_id)
        current = active(tx, connection_id)
    if current is None:
        raise ConfigurationError(f"no mapping is active for {connection.name!r}")
    salesforce = installation.salesforce(connection)
    try:
        reader = Reader(
            database=installation.database,
            salesforce=salesforce,
            connection=connection,
            mapping=current.mapping,
            origin="console",
        )
        for kind, ids in records.items():
            reader.read(kind, ids, lane=INTERACTIVE)
    finally:
        salesforce.close()
    keys = [(kind, sf_id) for kind, ids in records.items() for sf_id in ids]
    with installation.database.transaction() as tx:
        subjects = subjects_of(tx, connection_id, keys)
        dirty = dict.fromkeys(subjects, False)
        mark(tx, connection_id, dirty, lane=INTERACTIVE, origin="console")
    installation.waker.wake({DELIVER, DELIVER_CONSENT})
    return subjects
