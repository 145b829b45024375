"""Go on without a field that marks people and that is gone, or hidden from the bridge, meanwhile.

The bridge has found such fields by itself, so the loss of one must not keep anything back: a query
that names it fails for everybody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.connections.store import set_people_marks
from bridge.doctor.people import marks_in
from bridge.errors import Forbidden, NotFoundRemotely, RemoteError

if TYPE_CHECKING:
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.mapping.model import Mapping
    from bridge.salesforce.client import Salesforce

_NO_SUCH_FIELD = "INVALID_FIELD"


def drop_lost_marks(
    error: Exception,
    database: Database,
    salesforce: Salesforce,
    connection: Connection,
    mapping: Mapping,
) -> bool:
    """Look anew by which fields people are marked, where an error may come from one that is lost.

    Returns whether one is: then the mapping, compiled anew, does not read it any more. The doctor's
    next look tells of it.

    Args:
        error: What a query has met.
        database: Keeps the marks.
        salesforce: The organization.
        connection: Whose it is.
        mapping: By which the query was made.
    """
    marks = mapping.contact.marks
    if not marks or not isinstance(error, Forbidden) or error.key != _NO_SUCH_FIELD:
        return False

    def describe(name: str) -> dict[str, Any] | None:
        try:
            return salesforce.describe(name)
        except NotFoundRemotely:
            return None

    try:
        there = marks_in(mapping.names, describe)
    except RemoteError:
        return False
    if {mark.path for mark in marks} <= {mark.path for mark in there}:
        return False
    with database.transaction() as tx:
        set_people_marks(tx, connection.id, there)
    return True
