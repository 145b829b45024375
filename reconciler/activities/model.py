"""Engagement as values: a mailing, what one contact did with it, and for whom that is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

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


class Tally(NamedTuple):
    """How often one thing happened to one contact in one mailing; a tuple, for there are many.

    Attributes:
        times: At least 1.
        first_at: UTC, like `last_at`; to the minute is enough.
        link_url: The link, where it is about clicks.
        bounce_code: The vendor's letter, where it is about bounces.
        reason: What the person wrote, where it is about an opt-out.
    """

    kind: EventKind
    times: int
    first_at: datetime
    last_at: datetime
    link_url: str | None = None
    bounce_code: str | None = None
    reason: str | None = None


class Subject(NamedTuple):
    """What one Interaction is about: a contact there and a mailing, or one event of the two.

    Attributes:
        key: What tells it from every other one.
        tallies: Of kinds that count, and when it was sent; empty: nothing of it counts.
        at: When it was sent, else when the first thing happened (UTC).
    """

    key: str
    tallies: tuple[Tally, ...]
    at: datetime


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
        planned: The run and the place by which it was planned so; None: not known.
    """

    external_id: str
    practifi_contact: str
    practifi_account: str | None
    is_gone: bool
    fingerprint: bytes | None
    planned: tuple[int, int] | None = None


class Receiver(NamedTuple):
    """For whom an Interaction is written, under which key and client.

    Attributes:
        others: Names of the people who were meant as well.
    """

    external_id: str
    contact_id: str
    account_id: str | None
    others: tuple[str, ...] = ()


class Words(NamedTuple):
    """What an Interaction says."""

    subject: str
    details: str
