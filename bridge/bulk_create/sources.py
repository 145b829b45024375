"""Where people can be looked for in Salesforce: list views of contacts, campaigns, reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.bulk_create.drafts import SQL
from bridge.bulk_create.model import Source
from bridge.bulk_create.report_rows import read_contacts
from bridge.errors import NotFoundRemotely
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.salesforce.names import checked_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import psycopg

    from bridge.bulk_create.pasted import Pasted
    from bridge.mapping.names import Names
    from bridge.salesforce.client import Salesforce

_CAMPAIGNS_AT_MOST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Something in Salesforce that names people."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """What there is to choose from; a kind that the organization hides is empty.

    Attributes:
        is_unknown: Salesforce did not say.
    """

    views: Sequence[Choice] = ()
    campaigns: Sequence[Choice] = ()
    is_unknown: bool = False


def read_choices(salesforce: Salesforce, names: Names) -> Choices:
    """Return what there is to choose from, campaigns with the latest change first.

    Raises:
        RemoteError: If Salesforce does not answer.
    """
    views = [
        Choice(id=view_id, name=label)
        for view_id, label in salesforce.list_views(names.contact.object)
    ]
    return Choices(
        views=sorted(views, key=lambda one: one.name.lower()),
        campaigns=[
            Choice(id=salesforce_id(row["Id"] or ""), name=row[names.campaign.name] or "")
            for row in salesforce.query(_campaigns(names))
        ],
    )


def read_view(salesforce: Salesforce, names: Names, view_id: str) -> tuple[Source, list[str]]:
    """Return a list view of contacts and the Ids of those it shows now.

    Raises:
        NotFoundRemotely: If there is none.
    """
    label = dict(salesforce.list_views(names.contact.object)).get(view_id)
    if label is None:
        raise _gone("list view")
    query = salesforce.list_view_query(names.contact.object, view_id)
    ids = [salesforce_id(row["Id"] or "") for row in salesforce.query(query)]
    return Source(kind="view", name=f"List view {label}"), list(dict.fromkeys(ids))


def read_campaign(
    salesforce: Salesforce, names: Names, campaign_id: str
) -> tuple[Source, list[str]]:
    """Return a campaign and the Ids of the contacts who are its members now.

    Raises:
        NotFoundRemotely: If there is none.
    """
    if not is_salesforce_id(campaign_id):
        raise _gone("campaign")
    found = salesforce.read_back(names.campaign.object, [campaign_id], [names.campaign.name])
    record = found.get(salesforce_id(campaign_id))
    if record is None:
        raise _gone("campaign")
    soql = (
        "SELECT ContactId FROM CampaignMember "  # noqa: S608 -- an id
        f"WHERE CampaignId = '{salesforce_id(campaign_id)}' AND ContactId != null"
    )
    ids = [salesforce_id(row["ContactId"] or "") for row in salesforce.query(soql)]
    name = record[names.campaign.name] or campaign_id
    return Source(kind="campaign", name=f"Members of the campaign {name}"), list(dict.fromkeys(ids))


def read_report(salesforce: Salesforce, report_id: str) -> tuple[Source, list[str]]:
    """Return a report and the Ids of the contacts that it names now.

    Raises:
        NotFoundRemotely: If there is none, or it names no contacts.
        TooMuchAtOnce: If it has more rows than can be read.
    """
    if not is_salesforce_id(report_id):
        raise _gone("report")
    named = read_contacts(lambda metadata: salesforce.reports.run(report_id, metadata))
    source = Source(
        kind="report", name=f"Report {named.report}", rows=named.rows, calls=named.calls
    )
    return source, list(named.ids)


def find_pasted(
    tx: psycopg.Connection[Any], connection_id: int, pasted: Pasted
) -> tuple[Source, list[str]]:
    """Return who has the pasted addresses and Ids: everybody at an address that several share."""
    values = {
        "connection_id": connection_id,
        "addresses": pasted.addresses,
        "ids": pasted.ids,
    }
    rows = tx.execute(SQL["ids_at"], values).fetchall()
    known = {key for _, key in rows} | {sf_id for sf_id, _ in rows}
    missing = sum(one not in known for one in (*pasted.addresses, *pasted.ids))
    source = Source(
        kind="pasted", name="Pasted addresses and Ids", missing=missing + pasted.strange
    )
    return source, [sf_id for sf_id, _ in rows]


def find_on_no_list(tx: psycopg.Connection[Any], connection_id: int) -> tuple[Source, list[str]]:
    """Return the contacts in Practifi that are on no list."""
    rows = tx.execute(SQL["ids_on_no_list"], {"connection_id": connection_id})
    return Source(kind="nolist", name="Contacts on no list"), [sf_id for (sf_id,) in rows]


def _campaigns(names: Names) -> str:
    return (
        f"SELECT Id, {checked_name(names.campaign.name)} "  # noqa: S608 -- names are checked
        f"FROM {checked_name(names.campaign.object)} "
        f"ORDER BY LastModifiedDate DESC LIMIT {_CAMPAIGNS_AT_MOST}"
    )


def _gone(what: str) -> NotFoundRemotely:
    message = f"the {what} is not there any more, or the bridge's user may not see it"
    return NotFoundRemotely(message, system="salesforce")
