"""Read engagement from Constant Contact: campaigns, mailings that moved, their events.

Whatever was read is committed a page at a time, with how far that was: a process that takes the
run over goes on there, and the next run reads only what is newer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from bridge.clock import now
from bridge.constant_contact.reports import MAILINGS_A_CALL, Reports
from bridge.db.queries import load_queries
from bridge.errors import NotFoundRemotely
from bridge.mapping.interaction import EVENT_KINDS
from reconciler.activities.events import read_kind
from reconciler.activities.looks import HORIZON, kinds_to_read, next_look_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import TypeAlias
    from uuid import UUID

    from bridge.constant_contact.reports import Campaign
    from bridge.mapping.interaction import EventKind
    from reconciler.runs.context import RunContext

    Told: TypeAlias = dict[tuple[UUID, EventKind], int]

log = logging.getLogger(__name__)

SQL = load_queries("reconciler.activities", "reading.sql")

_REPORTED = frozenset({"primary_email", "resend"})
_UNSENT = frozenset({"draft", "scheduled"})


def read_engagement(context: RunContext) -> None:
    """Bring what is known of mailings and events up to what Constant Contact reports now.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RemoteError: If Constant Contact does not do its part.
    """
    reports = Reports(context.constant_contact())
    _read_campaigns(context, reports)
    told = _choose_mailings(context, reports)
    _read_events(context, reports, told)


def _read_campaigns(context: RunContext, reports: Reports) -> None:
    """Get to know the mailings of campaigns that are new or have changed."""
    campaigns = context.patiently(lambda: list(reports.campaigns()))
    with context.installation.database.transaction() as tx:
        at = {"connection_id": context.connection.id}
        known: dict[UUID, datetime] = dict(tx.execute(SQL["known_campaigns"], at).fetchall())
        oldest = now(tx) - HORIZON
    changed = [
        campaign
        for campaign in {each.campaign_id: each for each in campaigns}.values()
        if known.get(campaign.campaign_id) != campaign.updated_at
        and (campaign.status not in _UNSENT or campaign.campaign_id in known)
        and campaign.updated_at > oldest
    ]
    for number, campaign in enumerate(changed):
        context.progress("campaigns", number, len(changed))
        _read_mailings(context, reports, campaign)


def _read_mailings(context: RunContext, reports: Reports, campaign: Campaign) -> None:
    """Keep the mailings of one campaign; their roles say which have reports."""
    try:
        mailings = [
            _mailing(context, reports, campaign, one.campaign_activity_id, one.role)
            for one in context.patiently(lambda: reports.campaign_activities(campaign.campaign_id))
        ]
    except NotFoundRemotely:
        log.info("campaign_gone", extra={"campaign": str(campaign.campaign_id)})
        return
    with context.installation.database.transaction() as tx:
        tx.execute(
            SQL["keep_mailings"],
            {
                "connection_id": context.connection.id,
                "campaign_id": campaign.campaign_id,
                "campaign_name": campaign.name,
                "status": campaign.status,
                "mailings": Jsonb(mailings),
            },
        )
        context.renew(tx)


def _mailing(
    context: RunContext, reports: Reports, campaign: Campaign, mailing_id: UUID, role: str
) -> dict[str, Any]:
    detail: dict[str, Any] = {"campaign_updated_at": campaign.updated_at.isoformat()}
    lists: list[str] = []
    if role in _REPORTED:
        there = context.patiently(lambda: reports.mailing(mailing_id))
        detail |= {
            "subject": there.subject,
            "from_name": there.from_name,
            "from_email": there.from_email,
            "permalink": there.permalink,
        }
        if campaign.is_subject_test:
            detail["is_subject_test"] = True
        lists = [str(list_id) for list_id in there.list_ids]
    return {
        "campaign_activity_id": str(mailing_id),
        "role": role,
        "detail": detail,
        "lists": lists,
    }


def _choose_mailings(context: RunContext, reports: Reports) -> Told:
    """Mark what is to be read: the kinds of events that moved, and mailings that are due by age.

    Returns:
        Mailing and kind -> events of it that there are, where all read before is known to the end.
    """
    with context.installation.database.transaction() as tx:
        values = {"connection_id": context.connection.id, "horizon": HORIZON}
        mailings = tx.execute(SQL["reported_mailings"], values).fetchall()
    told: Told = {}
    for start in range(0, len(mailings), MAILINGS_A_CALL):
        context.progress("counts", start, len(mailings))
        part = mailings[start : start + MAILINGS_A_CALL]
        counts = _counts(context, reports, [mailing_id for mailing_id, *_ in part])
        chosen = []
        for mailing_id, before, is_due, age, left_over in part:
            kinds = kinds_to_read(before, counts.get(mailing_id), is_due=is_due)
            if kinds:
                is_whole = len(kinds) == len(EVENT_KINDS)
                chosen.append(
                    {
                        "campaign_activity_id": str(mailing_id),
                        "counts": counts[mailing_id],
                        "due": kinds,
                        "look_in_s": next_look_in(age).total_seconds() if is_whole else None,
                    }
                )
            told |= {
                (mailing_id, kind): counts[mailing_id][kind]
                for kind in kinds
                if kind in counts[mailing_id] and kind not in left_over
            }
        with context.installation.database.transaction() as tx:
            values = {"connection_id": context.connection.id, "mailings": Jsonb(chosen)}
            tx.execute(SQL["choose_mailings"], values)
            context.renew(tx)
    return told


def _counts(
    context: RunContext, reports: Reports, mailing_ids: Sequence[UUID]
) -> dict[UUID, dict[EventKind, int]]:
    """Return the counts of mailings; one that is unknown there fails its call, not the others."""
    try:
        return context.patiently(lambda: reports.counts(mailing_ids))
    except NotFoundRemotely:
        if len(mailing_ids) == 1:
            log.info("mailing_gone", extra={"mailing": str(mailing_ids[0])})
            return {}
    half = len(mailing_ids) // 2
    first = _counts(context, reports, mailing_ids[:half])
    return first | _counts(context, reports, mailing_ids[half:])


def _read_events(context: RunContext, reports: Reports, told: Told) -> None:
    with context.installation.database.transaction() as tx:
        values = {"connection_id": context.connection.id}
        due = tx.execute(SQL["mailings_to_read"], values).fetchall()
    for number, (mailing_id, kind, until) in enumerate(due):
        context.progress("reports", number, len(due))
        read_kind(context, reports, mailing_id, kind, until, told=told.get((mailing_id, kind)))
    if due:
        context.progress("reports", len(due), len(due))
