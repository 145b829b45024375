"""Show mailings as campaigns in Salesforce, whose members have a status; only where that is wanted.

It follows from what was written: whoever has an Interaction of a mailing is a member of its
campaign. A campaign is known by the mailing's id, a member by campaign and person, so whatever is
done twice has its effect once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.salesforce.collections import RECORDS_A_CALL
from bridge.salesforce.model import Update

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from bridge.mapping.names import Names
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.model import SaveResult
    from reconciler.runs.context import RunContext

log = logging.getLogger(__name__)

_SQL = load_queries("reconciler.activities", "members.sql")

MEMBER = "CampaignMember"
STATUS = "CampaignMemberStatus"
STATUSES = {
    "optout": "Opted Out",
    "click": "Clicked",
    "forward": "Opened",
    "open": "Opened",
    "bounce": "Bounced",
    "send": "Sent",
}
"""What somebody did -> the status that says so, the strongest first."""

_RESPONDED = "Clicked"  # opens may be those of a machine
_NAME_CHARACTERS = 80


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    """A mailing whose campaign, or members, are not as they should be."""

    campaign_activity_id: UUID
    name: str
    first_sent_at: datetime | None
    sf_id: str | None
    written_name: str | None
    until: datetime


def check_campaigns(names: Names) -> None:
    """See that a connection's names allow for campaigns that stand for mailings.

    Raises:
        ConfigurationError: If campaigns are its lists, or have no field for the bridge's key.
    """
    if names.list.object.lower() == names.campaign.object.lower():
        message = (
            "interaction.yaml: campaign_members cannot be where campaigns are the lists: "
            "each mailing would become a list"
        )
        raise ConfigurationError(message)
    if names.campaign.external_id is None:
        message = "names.yaml: campaign.external_id is needed: campaigns are found again by it"
        raise ConfigurationError(message)


def status_of(kinds: Collection[str]) -> str:
    """Return the strongest status of somebody who did these things.

    >>> status_of({"send", "open", "click"}), status_of({"send"})
    ('Clicked', 'Sent')
    """
    return next(status for kind, status in STATUSES.items() if kind in kinds)


def write_members(context: RunContext) -> None:
    """Bring campaigns and their members up to the Interactions that were written.

    A member that Salesforce refuses is tried again by the next run.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RunPaused: If somebody has paused its lane.
        RemoteError: If Salesforce does not do its part.
    """
    with context.installation.database.transaction() as tx:
        rows = tx.execute(_SQL["mailings_to_show"], {"connection_id": context.connection.id})
        mailings = [
            _Shown(
                campaign_activity_id=mailing_id,
                name=" ".join(name.split())[:_NAME_CHARACTERS],
                first_sent_at=first_sent_at,
                sf_id=sf_id,
                written_name=written_name,
                until=until,
            )
            for mailing_id, name, first_sent_at, sf_id, written_name, until in rows
        ]
    if not mailings:
        return
    there = context.patiently(context.salesforce().objects)
    if not {context.current.mapping.names.campaign.object, MEMBER, STATUS} <= there:
        log.warning("no_campaigns_there", extra={"run": context.run.id})
        return
    for number, mailing in enumerate(mailings):
        context.progress("campaigns", number, len(mailings))
        context.refuse_paused()
        campaign_id = _campaign(context, mailing)
        if campaign_id is not None:
            _members(context, mailing, campaign_id)


def _campaign(context: RunContext, mailing: _Shown) -> str | None:
    """Return the campaign of a mailing, named as the mailing is; None where it is refused."""
    if mailing.sf_id is not None and mailing.written_name == mailing.name:
        return mailing.sf_id
    salesforce, names = context.salesforce(), context.current.mapping.names.campaign
    key = str(mailing.campaign_activity_id)
    fields = {names.name: mailing.name, "Type": "Email", "Status": "Completed", "IsActive": True}
    if mailing.first_sent_at is not None:
        fields["StartDate"] = mailing.first_sent_at.date().isoformat()
    key_field = names.external_id or ""
    saved = context.patiently(
        lambda: salesforce.collections.upsert(names.object, key_field, {key: fields})
    )[key]
    if saved.record_id is None:
        extra = {"mailing": key, "error": saved.error_code}
        log.warning("campaign_refused", extra=extra)
        return None
    campaign_id = saved.record_id
    context.patiently(lambda: _add_statuses(salesforce, campaign_id))
    with context.installation.database.transaction() as tx:
        tx.execute(
            _SQL["keep_campaign"],
            {
                "connection_id": context.connection.id,
                "campaign_activity_id": mailing.campaign_activity_id,
                "sf_id": campaign_id,
                "name": mailing.name,
            },
        )
        context.renew(tx, may_stop=False)
    return campaign_id


def _add_statuses(salesforce: Salesforce, campaign_id: str) -> None:
    """Give a campaign the statuses that it has not got: a member can have no other."""
    soql = f"SELECT Label FROM {STATUS} WHERE CampaignId = '{campaign_id}'"  # noqa: S608 -- an id
    there = {str(row["Label"]).lower() for row in salesforce.query(soql)}
    missing = [label for label in dict.fromkeys(STATUSES.values()) if label.lower() not in there]
    salesforce.collections.create(
        STATUS,
        [
            {"CampaignId": campaign_id, "Label": label, "HasResponded": label == _RESPONDED}
            for label in missing
        ],
    )


def _members(context: RunContext, mailing: _Shown, campaign_id: str) -> None:
    database = context.installation.database
    at = {
        "connection_id": context.connection.id,
        "campaign_activity_id": mailing.campaign_activity_id,
    }
    with database.transaction() as tx:
        written = dict(tx.execute(_SQL["members_written"], at).fetchall())
        wanted = [
            (person, status_of(kinds)) for person, kinds in tx.execute(_SQL["members_wanted"], at)
        ]
    left = [(person, status) for person, status in wanted if written.get(person) != status]
    are_all_saved = True
    for start in range(0, len(left), RECORDS_A_CALL):
        part = left[start : start + RECORDS_A_CALL]
        saved = context.patiently(partial(_save, context.salesforce(), campaign_id, part))
        done = [pair for pair, result in zip(part, saved, strict=True) if result.ok]
        are_all_saved &= len(done) == len(part)
        for result in saved:
            if not result.ok:
                log.info(
                    "member_refused", extra={"campaign": campaign_id, "error": result.error_code}
                )
        with database.transaction() as tx:
            people, statuses = [person for person, _ in done], [status for _, status in done]
            tx.execute(_SQL["keep_members"], at | {"people": people, "statuses": statuses})
            context.renew(tx, may_stop=False)
    if are_all_saved:
        with database.transaction() as tx:
            tx.execute(_SQL["members_are_written"], at | {"until": mailing.until})


def _save(
    salesforce: Salesforce, campaign_id: str, members: Sequence[tuple[str, str]]
) -> list[SaveResult]:
    """Create or change members of a campaign; who is one already is looked up first."""
    quoted = ",".join(f"'{person}'" for person, _ in members)
    soql = (
        f"SELECT Id, ContactId FROM {MEMBER} "  # noqa: S608 -- ids
        f"WHERE CampaignId = '{campaign_id}' AND ContactId IN ({quoted})"
    )
    there = {str(row["ContactId"]): str(row["Id"]) for row in salesforce.query(soql)}
    known = [pair for pair in members if pair[0] in there]
    fresh = [pair for pair in members if pair[0] not in there]
    updated = salesforce.collections.update(
        [
            Update(object=MEMBER, record_id=there[person], fields={"Status": status})
            for person, status in known
        ]
    )
    created = salesforce.collections.create(
        MEMBER,
        [
            {"CampaignId": campaign_id, "ContactId": person, "Status": status}
            for person, status in fresh
        ],
    )
    results = dict(zip([*known, *fresh], [*updated, *created], strict=True))
    return [results[pair] for pair in members]
