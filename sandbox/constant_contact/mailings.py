"""What was mailed: campaigns, their mailings, and what recipients did with them. No rules."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

Role = Literal["primary_email", "permalink", "resend"]
MailingStatus = Literal["DRAFT", "SCHEDULED", "DONE", "REMOVED"]
CampaignStatus = Literal["Draft", "Scheduled", "Done", "Removed"]

REPORTED = frozenset({"primary_email", "resend"})
"""Roles that have reports; a permalink is a page and is mailed to nobody."""


@dataclass(slots=True, kw_only=True)
class Tracked:
    """One engagement event: a send, open, click, bounce, opt-out or forward.

    Attributes:
        email: The address at the time of sending.
        at: When it happened, or will happen while it is planned.
    """

    kind: str
    contact_id: str
    email: str
    at: datetime
    link_url: str | None = None
    bounce_code: str | None = None
    device_type: str | None = None
    opt_out_reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Sending:
    """One sending of a mailing; a later one goes to who is new on its lists."""

    send_id: int
    list_ids: list[str]
    count: int
    at: datetime
    segment_ids: list[int] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Mailing:
    """One activity of a campaign, which is what has recipients and reports.

    Attributes:
        tracked: What happened, oldest first; rows are only ever added.
        planned: What recipients will do, the next one first.
        links: Address of each link to its `url_id`.
        format_type: 5 for a mailing whose HTML was sent; 1 to 4 for the vendor's editors.
        reply_to_email: None: the address that it comes from.
        footer: The postal address below it; None: the account's.
        scheduled_at: When it will be sent.
        stats: Counts as they were last computed, and when; see `totals`.
    """

    campaign_activity_id: str
    campaign_id: str
    role: Role
    status: MailingStatus
    subject: str
    from_name: str
    from_email: str
    list_ids: list[str]
    segment_ids: list[int] = field(default_factory=list)
    format_type: int = 3
    reply_to_email: str | None = None
    preheader: str | None = None
    html_content: str | None = None
    footer: dict[str, Any] | None = None
    document_properties: dict[str, Any] | None = None
    scheduled_at: datetime | None = None
    sendings: list[Sending] = field(default_factory=list)
    tracked: list[Tracked] = field(default_factory=list)
    planned: deque[Tracked] = field(default_factory=deque)
    links: dict[str, str] = field(default_factory=dict)
    stats: tuple[datetime, dict[str, Any]] | None = None

    def who(self, kind: str) -> set[str]:
        """Return the ids of the contacts that something of a kind happened to."""
        return {tracked.contact_id for tracked in self.tracked if tracked.kind == kind}


@dataclass(slots=True, kw_only=True)
class Campaign:
    """A campaign; its first mailing is the primary one.

    Attributes:
        number: Its place in the order of creation.
    """

    number: int
    campaign_id: str
    name: str
    status: CampaignStatus
    created_at: datetime
    updated_at: datetime
    mailings: list[Mailing] = field(default_factory=list)

    @property
    def primary(self) -> Mailing:
        """The mailing that the campaign began with."""
        return self.mailings[0]

    @property
    def reported(self) -> list[Mailing]:
        """The mailings that have reports."""
        return [mailing for mailing in self.mailings if mailing.role in REPORTED]

    @property
    def last_sent_at(self) -> datetime | None:
        """When a mailing of it was last sent, or None."""
        return max(
            (sending.at for mailing in self.mailings for sending in mailing.sendings),
            default=None,
        )
