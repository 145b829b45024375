"""What explaining reads, and what it says: frozen values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from bridge.connections.model import Connection
    from bridge.delivery.decide_consent import Consent
    from bridge.delivery.decide_lists import Lists
    from bridge.delivery.model import AddressState, Membership, Person
    from bridge.pauses.store import Pause
    from bridge.status.model import Budget

About: TypeAlias = Literal["person", "list", "mailing", "run", "plan", "bulk_activity", "unknown"]
"""What the question comes to, whatever it was asked by: it chooses the checks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        facts: Name -> value, for people and programs.
        cause: A stable word of `bridge.explain.causes`; None where all is in order.
        at: When it became so (UTC), where that is known.
    """

    facts: Mapping[str, Any] = field(default_factory=dict)
    cause: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One check as it went; `not_reached` behind the first that failed."""

    name: str
    state: Literal["ok", "failing", "not_reached"]
    facts: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why something is as it is.

    Attributes:
        subject: What was asked, and what it came to.
        cause: The first failing check's stable word; None where all is in order.
        what_to_do: One line.
    """

    subject: Mapping[str, Any]
    checks: tuple[Check, ...]
    cause: str | None
    what_to_do: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """A record of Practifi as it is mirrored.

    Attributes:
        email_written: What stands in the field of the address, as somebody wrote it.
        left_out: Why the mapping lets it take no part.
        marks: The fields by which the organization marks it as one that takes no part.
        fault: What is wrong with a value of it.
    """

    kind: str
    sf_id: str
    source: str
    seen_at: datetime
    deleted_at: datetime | None = None
    merged_into: str | None = None
    email_key: str | None = None
    email_written: str | None = None
    unknown_fields: tuple[str, ...] = ()
    left_out: str | None = None
    marks: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Notification:
    """The notification that was asked for, or the newest of the record.

    Attributes:
        is_asked: It was asked for by its own id.
    """

    notification_id: str
    object: str | None
    record_id: str | None
    state: str
    reason: str | None
    received_at: datetime
    finished_at: datetime | None
    times_received: int
    is_asked: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What waits for the address or the list.

    Attributes:
        waits_because: What its waiting notifications say.
    """

    kind: str
    key: str
    lane: int
    is_dirty: bool
    due_at: datetime
    attempts: int
    blocked_reason: str | None
    lease_until: datetime | None
    bulk_activity_id: int | None
    waits_because: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRow:
    """A step of the last plan of the address or the list."""

    plan_id: int
    kind: str
    state: str
    outcome: str | None
    sent_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A record's status, and whether Practifi has it."""

    status: str
    reason: str | None
    since: datetime
    confirmed_at: datetime | None
    written_at: datetime | None
    write_error: str | None
    write_due_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """The last request to mail the address again."""

    state: str
    reason: str | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRow:
    """A list of Practifi and its counterpart.

    Attributes:
        is_linked: A list there is known to be its counterpart.
        blocked_reason: Why it was given up.
    """

    sf_id: str
    name: str | None
    is_linked: bool
    cc_id: str | None
    name_there: str | None
    deleted_there_at: datetime | None
    blocked_reason: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MailingRow:
    """A mailing, and what is known of one contact in it.

    Attributes:
        is_read: Its reports have been read.
        is_on_its_lists: The contact is on one of its lists now.
        joined_at: When the person was first put on one of them in Practifi.
        events: Kind -> (times, first of them).
        bounce_code: The vendor's letter of its bounce.
    """

    name: str
    status: str | None
    first_sent_at: datetime | None
    is_read: bool
    is_on_its_lists: bool
    joined_at: datetime | None
    events: Mapping[str, tuple[int, datetime]]
    bounce_code: str | None
    interaction_id: str | None
    interaction_at: datetime | None
    interaction_error: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRow:
    """A run, a plan or a bulk activity.

    Attributes:
        outcomes: (state, outcome, how many) of its steps that did not go as planned.
        rejected: Why records could not take part -> how many.
    """

    what: str
    state: str
    reason: str | None
    asked_by: str | None
    at: datetime | None
    finished_at: datetime | None
    is_held: bool = False
    outcomes: tuple[tuple[str, str, int], ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Everything that the checks look at, as it was at one moment.

    Attributes:
        asked: What somebody typed, and the campaign if they named one.
        asked_kind: What that is: `contact`, `address`, `notification`, `run` and so on.
        at: The installation's time (UTC).
        mapping_version: Of the mapping in force; None where there is none.
        budget: The day of the connection's API application.
        key: The e-mail address that stands for the person.
        state: Everything about that address, as a decision reads it.
        consent: What consent allows there, by the mirror.
        lists: Which lists the contact shall be on, by the mirror.
        person: The person in question among those at the address.
        memberships: Those in question, of that person.
        list_rows: The list in question, or those of the memberships.
    """

    asked: str
    asked_kind: str
    about: About
    at: datetime
    connection: Connection | None = None
    mapping_version: int | None = None
    pauses: tuple[Pause, ...] = ()
    budget: Budget | None = None
    record: Record | None = None
    notification: Notification | None = None
    key: str | None = None
    state: AddressState | None = None
    consent: Consent | None = None
    lists: Lists | None = None
    person: Person | None = None
    memberships: tuple[Membership, ...] = ()
    list_rows: tuple[ListRow, ...] = ()
    work: Work | None = None
    steps: tuple[StepRow, ...] = ()
    written: Written | None = None
    request: Request | None = None
    campaign: str | None = None
    mailing: MailingRow | None = None
    job: JobRow | None = None


Look: TypeAlias = "Callable[[Snapshot], Finding | None]"
"""A check: None where it has nothing to say about the subject."""
