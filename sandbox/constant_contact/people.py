"""The persons' own acts, and campaigns: what happens at Constant Contact without any API call."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.constant_contact import contacts
from sandbox.constant_contact.model import Account, Campaign, Contact, Tracked

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.constant_contact.policy import Policy

_UNSUBSCRIBED_REASON = "No longer interested"


class NobodyThere(LookupError):
    """No contact, list or membership that the act needs; the message names it."""


class PlayedActivity(BaseModel):
    """Something a recipient does after a campaign was sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str
    kind: Literal["open", "click", "bounce", "optout", "forward"]
    link_url: str | None = None
    bounce_code: Literal["B", "D", "F", "S", "V", "X", "Z"] | None = None
    after_s: float = Field(default=0, ge=0, description="seconds after the sending")


class PlayedCampaign(BaseModel):
    """A campaign to send, and what its recipients do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=80)
    subject: str = Field(min_length=1)
    list_ids: list[str] = Field(min_length=1)
    activities: list[PlayedActivity] = Field(default_factory=list)


def unsubscribe(
    account: Account, policy: Policy, email: str, now: datetime, reason: str | None = None
) -> None:
    """A recipient clicks *Unsubscribe*: the contact's own `updated_at` does not move.

    Raises:
        NobodyThere: If no contact has the address.
    """
    contact = _recipient(account, email)
    if contact.email is None or contact.email.is_unsubscribed:
        return
    contacts.opt_out(contact, policy, "Contact", reason or _UNSUBSCRIBED_REASON, now)
    contact.update_source = "Contact"


def leave_list(account: Account, email: str, list_id: str, now: datetime) -> None:
    """A recipient leaves one list through *Update profile*.

    Raises:
        NobodyThere: If no contact has the address, or the contact is not on the list.
    """
    contact = _recipient(account, email)
    if list_id not in contact.list_memberships:
        message = f"that contact is not on the list {list_id}"
        raise NobodyThere(message)
    contact.list_memberships = [one for one in contact.list_memberships if one != list_id]
    contact.update_source, contact.updated_at = "Contact", now


def confirm(account: Account, email: str, now: datetime) -> None:
    """A recipient clicks the link of the confirmation mail: subscribed, and on its lists.

    Raises:
        NobodyThere: If no confirmation waits for this address.
    """
    contact = _recipient(account, email)
    if not contact.confirmation_list_ids or contact.email is None:
        message = "no confirmation mail waits for that contact"
        raise NobodyThere(message)
    contacts.opt_in(contact, "explicit", "Contact", now)
    contact.email.confirm_status = "confirmed"
    contact.list_memberships = list(
        dict.fromkeys([*contact.list_memberships, *contact.confirmation_list_ids])
    )
    contact.confirmation_list_ids = []
    contact.update_source, contact.updated_at = "Contact", now


def send_campaign(account: Account, played: PlayedCampaign, now: datetime) -> Campaign:
    """Send a campaign to the mailable members of its lists and plan what they do.

    Raises:
        NobodyThere: If a list does not exist, or an activity's address got no mail.
    """
    for list_id in played.list_ids:
        if not account.has_list(list_id):
            message = f"no list {list_id}"
            raise NobodyThere(message)
    lists = set(played.list_ids)
    recipients = [
        contact
        for contact in account.contacts.values()
        if contact.is_mailable and not lists.isdisjoint(contact.list_memberships)
    ]
    campaign = Campaign(
        campaign_id=account.new_id(),
        campaign_activity_id=account.new_id(),
        name=played.name,
        subject=played.subject,
        list_ids=list(played.list_ids),
        sent_at=now,
        tracked=[_tracked("send", contact, now) for contact in recipients],
    )
    reached = {contact.contact_id for contact in recipients}
    for activity in played.activities:
        contact = _recipient(account, activity.email)
        if contact.contact_id not in reached:
            message = "an activity names an address that the campaign was not sent to"
            raise NobodyThere(message)
        tracked = _tracked(activity.kind, contact, now + timedelta(seconds=activity.after_s))
        tracked.link_url, tracked.bounce_code = activity.link_url, activity.bounce_code
        campaign.planned.append(tracked)
    campaign.planned.sort(key=lambda tracked: tracked.at)
    account.campaigns[campaign.campaign_id] = campaign
    return campaign


def play_due(account: Account, policy: Policy, now: datetime) -> None:
    """Let recipients do what they had planned up to now; an opt-out unsubscribes."""
    for campaign in account.campaigns.values():
        while campaign.planned and campaign.planned[0].at <= now:
            tracked = campaign.planned.pop(0)
            campaign.tracked.append(tracked)
            contact = account.contacts[tracked.contact_id]
            if tracked.kind == "optout" and contact.email is not None:
                unsubscribe(account, policy, contact.email.address, tracked.at)


def _recipient(account: Account, email: str) -> Contact:
    contact = account.contact_with(email)
    if contact is None:
        message = "no contact has that address"
        raise NobodyThere(message)
    return contact


def _tracked(kind: str, contact: Contact, at: datetime) -> Tracked:
    address = contact.email.address if contact.email is not None else ""
    return Tracked(kind=kind, contact_id=contact.contact_id, email=address, at=at)
