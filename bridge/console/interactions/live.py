"""Read the Interactions that others have written, from Salesforce as it has them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.console.access.records import access_to
from bridge.console.interactions.model import Other
from bridge.console.interactions.whose import people_named
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.mirror.model import parse_moment
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.names import checked_name
from bridge.salesforce.values import as_asked

if TYPE_CHECKING:
    from bridge.console.interactions.model import Whose
    from bridge.console.page import Visit
    from bridge.mapping.names import InteractionNames
    from bridge.salesforce.values import Record

MOST = 200
"""How many are read: the newest."""


def read_others(visit: Visit, whose: Whose, names: InteractionNames) -> list[Other]:
    """Return the newest Interactions that are none of ours; no transaction may be open.

    Raises:
        RemoteError: If Salesforce does not do its part.
        NotNow: If it does not say which of them one may read.
    """
    field = names.client if whose.kind == "client" else names.contact
    if field is None:
        return []
    records = _ask(visit, whose, names, field)
    wanted = [salesforce_id(one["Id"] or "") for one in records]
    people = [one[names.contact] for one in records if is_salesforce_id(one[names.contact])]
    ids = sorted({salesforce_id(one or "") for one in people})
    access = access_to(visit, whose.connection, [*wanted, *ids])
    with visit.console.database.transaction() as tx:
        named = people_named(tx, whose.connection.id, ids)
    shown = {sf_id: person["name"] for sf_id, person in named.items() if access[sf_id].can_read}
    return [
        _other(record, names, shown)
        for record, sf_id in zip(records, wanted, strict=True)
        if access[sf_id].can_read
    ]


def _ask(visit: Visit, whose: Whose, names: InteractionNames, field: str) -> list[Record]:
    own = (names.contact, names.subject, names.when, names.form)
    paths = ["Id", *dict.fromkeys(checked_name(name) for name in own if name)]
    soql = (
        f"SELECT {', '.join(paths)} FROM {checked_name(names.object)} "  # noqa: S608 -- checked
        f"WHERE {checked_name(field)} = '{whose.sf_id}'"
    )
    if names.external_id:
        soql += f" AND {checked_name(names.external_id)} = null"
    if names.when:
        soql += f" ORDER BY {checked_name(names.when)} DESC NULLS LAST"
    console = visit.console
    salesforce = open_salesforce(
        whose.connection, console.database, console.keyring, console.settings
    )
    try:
        return [as_asked(one, paths) for one in salesforce.query(f"{soql} LIMIT {MOST}")]
    finally:
        salesforce.close()


def _other(record: Record, names: InteractionNames, people: dict[str, str]) -> Other:
    told = record[names.contact]
    contact_id = salesforce_id(told or "") if is_salesforce_id(told) else None
    is_seen = contact_id in people
    return Other(
        sf_id=salesforce_id(record["Id"] or ""),
        at=parse_moment(record[names.when]) if names.when else None,
        subject=(record[names.subject] if names.subject else None) or "(no subject)",
        form=(record[names.form] if names.form else None) or names.object,
        contact_id=contact_id if is_seen else None,
        contact_name=people.get(contact_id or "", ""),
    )
