"""What is watched beside the deliveries: runs, what surrounds the bridge, and who is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FailedRun:
    """The last run of a job, which failed."""

    connection_id: int
    job: str
    id: int
    reason: str | None
    finished_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ScheduleState:
    """When a job is due, and when a run of it began last.

    Attributes:
        since: Nothing before this is due (UTC).
        met_at: The latest due time, or start, that a run has met; None: none has.
    """

    connection_id: int
    job: str
    cron: str
    zone: str
    since: datetime
    met_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldPlan:
    """A plan that a guard has stopped: it waits for a person."""

    connection_id: int
    id: int
    job: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejections:
    """What the last run of a job that ended well has read, and could not take."""

    connection_id: int
    job: str
    run_id: int
    read: int
    rejected: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Integrity:
    """How far both sides agreed at the last run that compared them.

    Attributes:
        linked: Records that are linked to something in Constant Contact.
        agreeing: Those of them that agree with it.
        usual: The median share of the 14 scores before; None: there is none.
        causes: Why the others differ -> how many.
    """

    connection_id: int
    job: str
    run_id: int
    linked: int
    agreeing: int
    usual: float | None
    causes: dict[str, int]

    @property
    def share(self) -> float:
        """The share that agrees, from 0 to 1."""
        return self.agreeing / self.linked if self.linked else 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """An object whose records changed in Salesforce without a notification.

    Attributes:
        definitions: The outbound messages that should have told of it, by their ids.
        since: When the first of these changes was made (UTC).
        changed: How many records were changed since.
    """

    connection_id: int
    object: str
    definitions: list[str]
    since: datetime
    changed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenEnd:
    """When the refresh token of a connection ends unless it is used before (UTC)."""

    connection_id: int
    ends_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginEnd:
    """When the certificate ends that Salesforce knows a connection's key by (UTC)."""

    connection_id: int
    ends_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """The certificate that Salesforce meets when it posts.

    Attributes:
        address: Host and port.
        ends_at: Until when it holds (UTC); None where it could not be read.
        refused: Why a client does not trust it.
    """

    address: str
    ends_at: datetime | None
    refused: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class OutletState:
    """How the alerts to one outlet get on.

    Attributes:
        name: `webhook` or `mail`.
        waiting: Messages that it has not taken yet.
        failed_since: Since when it takes none (UTC); None: it has not failed.
        error: Why it did not take the last one.
        delivered_at: When it took one last.
    """

    name: str
    waiting: int = 0
    failed_since: datetime | None = None
    error: str | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NightChange:
    """Something that one of the sides changed before the last nightly look.

    Attributes:
        connection_id: None: it is about the installation itself.
        about: The object, field, scope or outbound message; the check of the installation.
    """

    connection_id: int | None
    about: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NightFailure:
    """A check that failed at the last nightly look."""

    connection_id: int
    cause: str
    says: str
    advice: str | None
