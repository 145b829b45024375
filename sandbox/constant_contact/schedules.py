"""When mailings are sent: at once, or when the clock gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact import sending
from sandbox.constant_contact.campaigns import find_activity
from sandbox.constant_contact.mailings import REPORTED
from sandbox.constant_contact.refusals import invalid, not_found
from sandbox.constant_contact.times import read_time, written_ms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.mailings import Mailing
    from sandbox.constant_contact.model import Account, Json

_NOW: Final = "0"


def listed(account: Account, campaign_activity_id: str) -> list[Json]:
    """Return when a mailing will be sent, as a bare list: empty or one.

    Raises:
        Refusal: 404.
    """
    mailing = find_activity(account, campaign_activity_id)
    at = mailing.scheduled_at
    return [] if at is None else [{"scheduled_date": written_ms(at)}]


def schedule(
    account: Account, campaign_activity_id: str, body: Mapping[str, Any], now: datetime
) -> list[Json]:
    """Have a mailing sent; `scheduled_date` is a time to come, or `0` for at once.

    Raises:
        Refusal: 400 for a time that is past, a mailing that goes to nobody, that is scheduled
            already or that is a page and no mail; 404.
    """
    mailing = find_activity(account, campaign_activity_id)
    if mailing.role not in REPORTED or mailing.status == "REMOVED":
        raise invalid([f"campaign activity with role {mailing.role} cannot be scheduled"])
    if mailing.scheduled_at is not None:
        raise invalid(["campaign activity is already scheduled"])
    if not mailing.list_ids and not mailing.segment_ids:
        raise invalid(["contact_list_ids or segment_ids is missing"])
    text = body.get("scheduled_date")
    if text == _NOW:
        send(account, mailing, now)
        return []
    at = read_time(text) if isinstance(text, str) else None
    if at is None or at <= now:
        raise invalid(["scheduled_date does not have a valid value"])
    mailing.scheduled_at, mailing.status = at, "SCHEDULED"
    campaign = account.campaigns[mailing.campaign_id]
    campaign.status, campaign.updated_at = "Scheduled", now
    return listed(account, campaign_activity_id)


def unschedule(account: Account, campaign_activity_id: str, now: datetime) -> None:
    """Call off what was scheduled.

    Raises:
        Refusal: 404, also where nothing is scheduled.
    """
    mailing = find_activity(account, campaign_activity_id)
    if mailing.scheduled_at is None:
        raise not_found(f"schedule of campaign_activity_id {campaign_activity_id}")
    mailing.scheduled_at = None
    mailing.status = "DONE" if mailing.sendings else "DRAFT"
    campaign = account.campaigns[mailing.campaign_id]
    campaign.status = "Done" if campaign.last_sent_at is not None else "Draft"
    campaign.updated_at = now


def send_due(account: Account, now: datetime) -> None:
    """Send what is scheduled for now or earlier."""
    due = (one for one in account.mailings.values() if one.scheduled_at is not None)
    for mailing in sorted(due, key=lambda one: one.scheduled_at or now):
        at = mailing.scheduled_at
        if at is not None and at <= now:
            mailing.scheduled_at = None
            send(account, mailing, at)


def send(account: Account, mailing: Mailing, at: datetime) -> None:
    """Send a mailing to the members of its lists and segments that have not got it."""
    sending.send_to_new(account, mailing, at)
