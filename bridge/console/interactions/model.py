"""Interactions as their pages show them: whose they are, and one row each. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from bridge.constant_contact.results import name_of, result_of, subject_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from bridge.connections.model import Connection

FORM = "Constant Contact"
"""The form of the Interactions that the bridge writes."""

ICONS: Mapping[str, str] = {
    "Unsubscribed": "!",
    "Clicked": "↗",
    "Forwarded": "»",
    "Opened": "○",
    "Sent": "→",
    "Bounced": "x",
    "Undeliverable": "x",
    "Suspended": "x",
    "Mailbox full": "x",
}
"""Result -> the sign before its word. An opening may be automatic: its sign has no colour."""

LOOKS: Mapping[str, str] = {
    "Unsubscribed": "wait",
    "Bounced": "bad",
    "Undeliverable": "bad",
    "Suspended": "bad",
    "Mailbox full": "wait",
}
"""Result -> how its word looks; the others look like nothing in particular."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """The client or the contact that a page is about; whoever is here may read the record.

    Attributes:
        sf_id: In 18 characters.
        account_id: Its client; of a client its own id. None: not known.
    """

    kind: Literal["client", "contact"]
    connection: Connection
    sf_id: str
    name: str
    account_id: str | None

    @property
    def path(self) -> str:
        """The address of its Interactions."""
        return f"/{self.kind}s/{self.sf_id}/interactions"

    @property
    def memberships_path(self) -> str | None:
        """The address of the client's memberships."""
        return None if self.account_id is None else f"/clients/{self.account_id}/memberships"


@dataclass(frozen=True, kw_only=True, slots=True)
class Engagement:
    """What one contact did with one mailing, counted from what Constant Contact has told.

    Attributes:
        mailing_id: The mailing, as the vendor calls it.
        contact_id: Whom Practifi shows it for; where records were merged, the one that is left.
        sf_id: The record in Salesforce; None: it is not written yet.
        newest_at: When the newest of it happened (UTC).
        opened: How often; some mail programs open by themselves.
        bounce_codes: The vendor's letters.
    """

    mailing_id: UUID
    campaign: str
    is_resend: bool
    contact_id: str
    contact_name: str
    account_id: str | None
    do_not_email: bool | None
    sf_id: str | None
    write_error: str | None
    newest_at: datetime | None
    sent_at: datetime | None
    opened: int
    clicked: int
    forwarded: int
    opted_out: int
    bounce_codes: Sequence[str]

    @property
    def mailing(self) -> str:
        """How people call the mailing."""
        return name_of(self.campaign, is_resend=self.is_resend)

    @property
    def result(self) -> str:
        """The strongest thing that happened."""
        counts = {
            "optout": self.opted_out,
            "click": self.clicked,
            "forward": self.forwarded,
            "open": self.opened,
        }
        return result_of({kind for kind, count in counts.items() if count}, self.bounce_codes)

    @property
    def subject(self) -> str:
        """What the record in Salesforce is called."""
        return subject_of(self.mailing, self.result)

    @property
    def path(self) -> str:
        """The address of its page."""
        return f"/contacts/{self.contact_id}/interactions/{self.mailing_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """An Interaction that somebody else has written, as Salesforce has it now."""

    sf_id: str
    at: datetime | None
    subject: str
    form: str
    contact_id: str | None
    contact_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A row of the list, whoever wrote it.

    Attributes:
        at: When the newest of it happened (UTC).
        href: Where more of it is.
        result: Empty where it is none of ours.
        is_not_ticked: The person unsubscribed there, and the box in Practifi is not ticked.
        memberships_path: Where that can be looked at.
        fault: Why Salesforce does not have it.
    """

    at: datetime | None
    subject: str
    href: str
    form: str
    contact_id: str | None
    contact_name: str
    campaign: str = ""
    result: str = ""
    sent_at: datetime | None = None
    opened: int = 0
    clicked: int = 0
    is_not_ticked: bool = False
    memberships_path: str | None = None
    fault: str | None = None

    @property
    def icon(self) -> str:
        """The sign before the result."""
        return ICONS.get(self.result, "")

    @property
    def look(self) -> str:
        """How the result looks."""
        return LOOKS.get(self.result, "")


Column: TypeAlias = Literal[
    "date", "subject", "form", "contact", "result", "sent", "opened", "clicked"
]


def entry_of(one: Engagement) -> Entry:
    """Return what one contact did with one mailing as a row."""
    client = one.account_id
    return Entry(
        at=one.newest_at,
        subject=one.subject,
        href=one.path,
        form=FORM,
        contact_id=one.contact_id,
        contact_name=one.contact_name,
        campaign=one.mailing,
        result=one.result,
        sent_at=one.sent_at,
        opened=one.opened,
        clicked=one.clicked,
        is_not_ticked=one.opted_out > 0 and one.do_not_email is not True,
        memberships_path=None if client is None else f"/clients/{client}/memberships",
        fault=one.write_error,
    )


def entry_of_other(one: Other, sf_url: str | None) -> Entry:
    """Return an Interaction that somebody else has written as a row; it opens in Practifi."""
    return Entry(
        at=one.at,
        subject=one.subject,
        href=f"{sf_url or ''}/{one.sf_id}",
        form=one.form,
        contact_id=one.contact_id,
        contact_name=one.contact_name,
    )
