"""Campaigns as they are sent, sent again and removed there, and what recipients do with them."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.constant_contact import segments
from sandbox.constant_contact.mailings import Campaign, Mailing, Sending, Tracked
from sandbox.constant_contact.people import NobodyThere, recipient, unsubscribe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sandbox.constant_contact.mailings import Role
    from sandbox.constant_contact.model import Account, Contact
    from sandbox.constant_contact.policy import Policy

_ANY_LINK = "https://www.example.com/"
_NON_EXISTENT = "B"


class PlayedActivity(BaseModel):
    """Something a recipient does after a mailing was sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str
    kind: Literal["open", "click", "bounce", "optout", "forward"]
    link_url: str | None = Field(default=None, description="of a click; a link is made up if left")
    bounce_code: Literal["B", "D", "F", "S", "V", "X", "Z"] | None = Field(
        default=None, description="of a bounce; B if left out"
    )
    device_type: Literal["computer", "mobile", "tablet", "other"] | None = None
    reason: str | None = Field(default=None, description="of an optout")
    after_s: float = Field(default=0, ge=0, description="seconds after the sending")


class PlayedCampaign(BaseModel):
    """A campaign to send, and what its recipients do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    subject: str = Field(min_length=1)
    list_ids: list[str] = Field(min_length=1)
    links: list[str] = Field(default_factory=list, description="links that nobody need click")
    draft: bool = Field(default=False, description="true leaves it unsent")
    activities: list[PlayedActivity] = Field(default_factory=list)


class PlayedSending(BaseModel):
    """A further sending of a campaign, and what its recipients do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Literal["new", "non_openers"] = Field(
        default="new",
        description="new: the same mailing, to members that have not got it; non_openers: another "
        "mailing, a resend",
    )
    subject: str | None = Field(default=None, min_length=1, description="of the resend")
    activities: list[PlayedActivity] = Field(default_factory=list)


def send_campaign(
    account: Account, played: PlayedCampaign, now: datetime
) -> tuple[Mailing, Sending | None]:
    """Make a campaign and send it to the mailable members of its lists, unless it is a draft.

    Raises:
        NobodyThere: If a list does not exist, or an activity's address got no mail.
    """
    for list_id in played.list_ids:
        if not account.has_list(list_id):
            message = f"no list {list_id}"
            raise NobodyThere(message)
    recipients = [] if played.draft else _members(account, played.list_ids)
    _check_reached(account, played.activities, {one.contact_id for one in recipients})
    campaign = Campaign(
        number=account.new_number(),
        campaign_id=account.new_id(),
        name=played.name,
        status="Draft",
        created_at=now,
        updated_at=now,
    )
    for role in ("primary_email", "permalink"):
        mailing = _add_mailing(account, campaign, role, played.subject, played.list_ids)
        _name_links(account, mailing, played.links)
    account.campaigns[campaign.campaign_id] = campaign
    if played.draft:
        return campaign.primary, None
    return campaign.primary, _send(account, campaign.primary, recipients, played.activities, now)


def send_again(
    account: Account, campaign_id: str, played: PlayedSending, now: datetime
) -> tuple[Mailing, Sending]:
    """Send a campaign to members that have not got it, or to those that have not opened it.

    Raises:
        NobodyThere: If there is no such campaign, or an activity's address gets no mail.
    """
    campaign = _campaign(account, campaign_id)
    mailing = campaign.primary
    members = _members(account, mailing.list_ids)
    reached = mailing.who("send")
    if played.to == "new":
        recipients = [one for one in members if one.contact_id not in reached]
        # Who has got the mailing before may do something now, too.
        reached |= {one.contact_id for one in recipients}
        _check_reached(account, played.activities, reached)
    else:
        wanted = reached - mailing.who("open")
        recipients = [one for one in members if one.contact_id in wanted]
        _check_reached(account, played.activities, {one.contact_id for one in recipients})
        subject = played.subject or mailing.subject
        links, list_ids = mailing.links, mailing.list_ids
        mailing = _add_mailing(account, campaign, "resend", subject, list_ids)
        _name_links(account, mailing, links)
    return mailing, _send(account, mailing, recipients, played.activities, now)


def send_to_new(account: Account, mailing: Mailing, at: datetime) -> Sending:
    """Send a mailing to the members of its lists and segments that have not got it."""
    reached = mailing.who("send")
    members = _members(account, mailing.list_ids)
    of_segments = {
        contact.contact_id
        for segment_id in mailing.segment_ids
        for contact in segments.members(account, segment_id)
    }
    members += [
        contact
        for contact in account.contacts.values()
        if contact.is_mailable and contact.contact_id in of_segments and contact not in members
    ]
    recipients = [one for one in members if one.contact_id not in reached]
    return _send(account, mailing, recipients, (), at)


def remove_campaign(account: Account, campaign_id: str, now: datetime) -> None:
    """Remove a campaign: it is still listed, and so are its reports.

    Raises:
        NobodyThere: If there is no such campaign.
    """
    campaign = _campaign(account, campaign_id)
    campaign.status, campaign.updated_at = "Removed", now
    for mailing in campaign.mailings:
        mailing.status, mailing.scheduled_at = "REMOVED", None


def play_due(account: Account, policy: Policy, now: datetime) -> None:
    """Let recipients do what they had planned up to now; an opt-out unsubscribes."""
    for campaign in account.campaigns.values():
        for mailing in campaign.mailings:
            while mailing.planned and mailing.planned[0].at <= now:
                tracked = mailing.planned.popleft()
                mailing.tracked.append(tracked)
                contact = account.contacts[tracked.contact_id]
                if tracked.kind == "optout" and contact.email is not None:
                    address, reason = contact.email.address, tracked.opt_out_reason
                    unsubscribe(account, policy, address, tracked.at, reason)


def _campaign(account: Account, campaign_id: str) -> Campaign:
    campaign = account.campaigns.get(campaign_id)
    if campaign is None:
        message = f"no campaign {campaign_id}"
        raise NobodyThere(message)
    return campaign


def _members(account: Account, list_ids: Sequence[str]) -> list[Contact]:
    lists = set(list_ids)
    return [
        contact
        for contact in account.contacts.values()
        if contact.is_mailable and not lists.isdisjoint(contact.list_memberships)
    ]


def _check_reached(
    account: Account, activities: Iterable[PlayedActivity], reached: Collection[str]
) -> None:
    for activity in activities:
        if recipient(account, activity.email).contact_id not in reached:
            message = "an activity names an address that the mailing is not sent to"
            raise NobodyThere(message)


def _add_mailing(
    account: Account, campaign: Campaign, role: Role, subject: str, list_ids: Sequence[str]
) -> Mailing:
    mailing = Mailing(
        campaign_activity_id=account.new_id(),
        campaign_id=campaign.campaign_id,
        role=role,
        status="DRAFT",
        subject=subject,
        from_name=account.summary["organization_name"],
        from_email=account.summary["contact_email"],
        list_ids=list(list_ids),
    )
    campaign.mailings.append(mailing)
    account.mailings[mailing.campaign_activity_id] = mailing
    return mailing


def _name_links(account: Account, mailing: Mailing, links: Iterable[str]) -> None:
    for link in links:
        if link not in mailing.links:
            mailing.links[link] = str(1_100_000_000_000 + account.new_number())


def _send(
    account: Account,
    mailing: Mailing,
    recipients: Sequence[Contact],
    activities: Iterable[PlayedActivity],
    now: datetime,
) -> Sending:
    """Send a mailing to these recipients and plan what they do."""
    sending = Sending(
        send_id=len(mailing.sendings) + 1,
        list_ids=list(mailing.list_ids),
        segment_ids=list(mailing.segment_ids),
        count=len(recipients),
        at=now,
    )
    mailing.sendings.append(sending)
    mailing.tracked += [_tracked("send", contact, now) for contact in recipients]
    planned = [_planned(account, activity, now) for activity in activities]
    _name_links(account, mailing, (one.link_url for one in planned if one.link_url is not None))
    mailing.planned = deque(sorted([*mailing.planned, *planned], key=lambda one: one.at))
    mailing.status = "DONE"
    campaign = account.campaigns[mailing.campaign_id]
    campaign.status, campaign.updated_at = "Done", now
    return sending


def _planned(account: Account, activity: PlayedActivity, now: datetime) -> Tracked:
    contact = recipient(account, activity.email)
    tracked = _tracked(activity.kind, contact, now + timedelta(seconds=activity.after_s))
    match activity.kind:
        case "click":
            tracked.link_url = activity.link_url or _ANY_LINK
        case "bounce":
            tracked.bounce_code = activity.bounce_code or _NON_EXISTENT
        case "optout":
            tracked.opt_out_reason = activity.reason
        case _:
            pass
    if activity.kind in {"open", "click"}:
        tracked.device_type = activity.device_type
    return tracked


def _tracked(kind: str, contact: Contact, at: datetime) -> Tracked:
    address = contact.email.address if contact.email is not None else ""
    return Tracked(kind=kind, contact_id=contact.contact_id, email=address, at=at)
