"""Memberships as Practifi has them: looked for before one is made.

A call whose answer was lost may have made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge.identity import salesforce_id
from bridge.salesforce.names import checked_name
from bridge.salesforce.values import as_asked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.mapping.names import MembershipNames
    from bridge.salesforce.client import Salesforce


class There(NamedTuple):
    """A membership that is there.

    Attributes:
        created_by: The user who has made it.
        created_at: When, as Salesforce writes it.
    """

    sf_id: str
    contact_id: str
    list_id: str
    created_by: str | None
    created_at: str | None


def memberships_of(
    salesforce: Salesforce, names: MembershipNames, contact_ids: Iterable[str]
) -> list[There]:
    """Return the memberships of some contacts.

    Raises:
        RemoteError: If Salesforce does not say.
    """
    ids = quoted(contact_ids)
    if not ids:
        return []
    paths = ["Id", checked_name(names.contact), checked_name(names.list)]
    paths += ["CreatedById", "CreatedDate"]
    soql = (
        f"SELECT {', '.join(paths)} FROM {checked_name(names.object)} "  # noqa: S608 -- names are checked, ids are ids
        f"WHERE {names.contact} IN ({ids}) AND {names.list} != null"
    )
    found = []
    for record in salesforce.query(soql):
        told = as_asked(record, paths)
        sf_id, contact_id, list_id = (salesforce_id(told[path] or "") for path in paths[:3])
        found.append(There(sf_id, contact_id, list_id, told["CreatedById"], told["CreatedDate"]))
    return found


def quoted(ids: Iterable[str]) -> str:
    """Return ids as a query lists them.

    >>> quoted(["003B", "003A", "003B"])
    "'003A', '003B'"
    """
    return ", ".join(f"'{one}'" for one in sorted(set(ids)))
