"""What somebody may do with records of Salesforce, as Salesforce itself says.

The bridge reads as a user of its own who sees everything, so each page that shows a person asks
`UserRecordAccess` first. An answer is believed for five minutes. Whoever came by a log-in link is
no user there: their role decides, for whoever can make a link has the server.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from bridge.console.access.roles import Right
from bridge.console.faults import NotNow, NotThere, Refused
from bridge.db.queries import load_queries
from bridge.errors import RemoteError
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.mirror.model import parse_flag
from bridge.salesforce.client import open_salesforce

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.salesforce.client import Salesforce

BELIEVED_S = 300.0
"""Seconds for which an answer of Salesforce is believed."""

MARKETING = "Constant Contact Marketing"
"""Label of the permission set that Bulk Create and Lists ask for."""

UNSEEN = "another contact you cannot see"
"""How a text calls a contact that its reader may not see."""

_SQL = load_queries("bridge.console.access", "records.sql")
_RECORDS_A_QUERY = 200  # what Salesforce takes


class Access(NamedTuple):
    """What somebody may do with one record."""

    can_read: bool
    can_edit: bool


_NONE = Access(can_read=False, can_edit=False)


def access_to(visit: Visit, connection: Connection, ids: Iterable[str]) -> Mapping[str, Access]:
    """Return what whoever is here may do with each record; 18-character id -> access.

    A record that is not there, or that the bridge itself may not see, is nobody's to see. No
    transaction may be open: Salesforce is asked where the last answer is older than five minutes.

    Raises:
        NotNow: If Salesforce does not say.
    """
    wanted = sorted({salesforce_id(one) for one in ids})
    user_id = visit.who.sf_user_id
    if user_id is None:
        by_role = Access(can_read=visit.may(Right.READ_PEOPLE), can_edit=visit.may(Right.OPERATE))
        return dict.fromkeys(wanted, by_role)
    if not visit.who.sees(connection.id):
        return dict.fromkeys(wanted, _NONE)
    values = {"connection_id": connection.id, "user_id": user_id, "believed_s": BELIEVED_S}
    with visit.console.database.transaction() as tx:
        rows = tx.execute(_SQL["known_access"], values | {"ids": wanted})
        known = {sf_id: Access(can_read, can_edit) for sf_id, can_read, can_edit in rows}
    unknown = [sf_id for sf_id in wanted if sf_id not in known]
    if not unknown:
        return known
    with _asking(visit, connection) as salesforce:
        told = _ask(salesforce, user_id, unknown)
    with visit.console.database.transaction() as tx:
        tx.execute(
            _SQL["keep_access"],
            values
            | {
                "ids": unknown,
                "can_read": [told[sf_id].can_read for sf_id in unknown],
                "can_edit": [told[sf_id].can_edit for sf_id in unknown],
            },
        )
    return known | told


def readable(visit: Visit, connection: Connection, sf_id: str) -> Access:
    """Return what whoever is here may do with a record that a page is about.

    Args:
        visit: Who is here.
        connection: Whose record it is.
        sf_id: As it stands in the address, in 15 or 18 characters.

    Raises:
        NotThere: If it is no id, there is no such record, or they may not read it.
        NotNow: If Salesforce does not say.
    """
    if not is_salesforce_id(sf_id):
        raise NotThere
    found = access_to(visit, connection, [sf_id])[salesforce_id(sf_id)]
    if not found.can_read:
        raise NotThere
    return found


def has_marketing(visit: Visit, connection: Connection) -> bool:
    """Tell whether whoever is here has the permission set *Constant Contact Marketing*.

    It is asked of Salesforce as records are; whoever came by a log-in link has it by their role.

    Raises:
        NotNow: If Salesforce does not say.
    """
    user_id = visit.who.sf_user_id
    if user_id is None:
        return visit.may(Right.OPERATE)
    if not visit.who.sees(connection.id):
        return False
    values = {"connection_id": connection.id, "user_id": user_id, "label": MARKETING}
    with visit.console.database.transaction() as tx:
        believed = values | {"believed_s": BELIEVED_S}
        row = tx.execute(_SQL["known_permission_set"], believed).fetchone()
    if row is not None:
        return bool(row[0])
    soql = (
        "SELECT COUNT() FROM PermissionSetAssignment "  # noqa: S608 -- an id and a constant
        f"WHERE AssigneeId = '{salesforce_id(user_id)}' AND PermissionSet.Label = '{MARKETING}'"
    )
    with _asking(visit, connection) as salesforce:
        is_given = salesforce.count(soql) > 0
    with visit.console.database.transaction() as tx:
        tx.execute(_SQL["keep_permission_set"], values | {"is_given": is_given})
    return is_given


def need_marketing(visit: Visit, connection: Connection) -> None:
    """Let on only whoever has the permission set.

    Raises:
        Refused: If they lack it.
        NotNow: If Salesforce does not say.
    """
    if not has_marketing(visit, connection):
        raise Refused(
            f"This needs the permission set {MARKETING} in Salesforce. Ask your Salesforce "
            "administrator for it; it counts here five minutes later at most."
        )


@contextmanager
def _asking(visit: Visit, connection: Connection) -> Iterator[Salesforce]:
    console = visit.console
    try:
        salesforce = open_salesforce(
            connection, console.database, console.keyring, console.settings
        )
        try:
            yield salesforce
        finally:
            salesforce.close()
    except RemoteError as error:
        message = f"What you may see is for Salesforce to say, and it does not: {error}"
        raise NotNow(message) from None


def _ask(salesforce: Salesforce, user_id: str, ids: Sequence[str]) -> dict[str, Access]:
    found = dict.fromkeys(ids, _NONE)
    for start in range(0, len(ids), _RECORDS_A_QUERY):
        quoted = ", ".join(f"'{one}'" for one in ids[start : start + _RECORDS_A_QUERY])
        soql = (
            "SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess "  # noqa: S608 -- ids
            f"WHERE UserId = '{salesforce_id(user_id)}' AND RecordId IN ({quoted})"
        )
        for row in salesforce.query(soql):
            found[salesforce_id(row["RecordId"] or "")] = Access(
                can_read=parse_flag(row["HasReadAccess"]) is True,
                can_edit=parse_flag(row["HasEditAccess"]) is True,
            )
    return found
