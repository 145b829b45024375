"""Engagement as values: a mailing, what one contact did with it, and for whom that is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from bridge.mapping.interaction import EventKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailing:
    """One mailing as people know it.

    Attributes:
        list_ids: The lists there that it went to.
        first_sent_at: When the first contact was sent it (UTC); None: not known.
        is_resend: It went to those who had not opened another mailing of its campaign.
        original_sent_at: When that one was first sent (UTC), as far as it is known.
        is_subject_test: Some got it with another subject line.
    """

    campaign_activity_id: UUID
    campaign_name: str
    subject: str = ""
    from_name: str = ""
    from_email: str = ""
    permalink: str | None = None
    list_ids: tuple[UUID, ...] = ()
    first_sent_at: datetime | None = None
    is_resend: bool = False
    original_sent_at: datetime | None = None
    is_subject_test: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How often one thing happened to one contact in one mailing.

    Attributes:
        count: At least 1.
        first_at: UTC, like `last_at`.
        link_url: The link, where it is about clicks.
        bounce_code: The vendor's letter, where it is about bounces.
        reason: What the person wrote, where it is about an opt-out.
    """

    kind: EventKind
    count: int
    first_at: datetime
    last_at: datetime
    link_url: str | None = None
    bounce_code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What one Interaction is about: a contact there and a mailing, or one event of the two.

    Attributes:
        contact_id: As text: there may be a million.
        key: What tells it from every other one.
    """

    contact_id: str
    key: str
    tallies: tuple[Tally, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A contact in Practifi that uses the address of a contact there.

    Attributes:
        account_id: Their client now.
        is_owner: Their fields are the ones that are sent there.
        is_meant: A membership of their own is on a list of the mailing.
    """

    contact_id: str
    account_id: str | None
    name: str
    is_owner: bool
    is_meant: bool
    linked_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """An Interaction that was written, or tried, before.

    Attributes:
        practifi_contact: Whom it is about; where that record was merged, the one that is left.
        practifi_account: Their client when it was first written.
        is_gone: The person's record was deleted.
        fingerprint: Of what Salesforce has; None: it never took it.
    """

    external_id: str
    practifi_contact: str
    practifi_account: str | None
    is_gone: bool
    fingerprint: bytes | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Receiver:
    """For whom an Interaction is written, under which key and client.

    Attributes:
        others: Names of the people who were meant as well.
    """

    external_id: str
    contact_id: str
    account_id: str | None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """An Interaction in words.

    Attributes:
        at: When it was sent, or the event happened (UTC).
    """

    subject: str
    details: str
    at: datetime
