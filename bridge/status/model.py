"""What `bridge status` shows: how things stand at one moment, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.pauses.store import DOCTOR

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.pauses.store import Pause
    from bridge.status.watched import (
        Certificate,
        FailedRun,
        HeldPlan,
        Integrity,
        LoginEnd,
        NightChange,
        NightFailure,
        OutletState,
        Rejections,
        ScheduleState,
        Silence,
        TokenEnd,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """Something that does not mend itself.

    Attributes:
        cause: A stable word for programs.
        connection: The connection's name; None where all are concerned.
        about: Which one, where a cause may stand several times: a job, a lane, an object.
    """

    cause: str
    connection: str | None
    says: str
    what_to_do: str
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionState:
    """A connection, and whether it works.

    Attributes:
        state: `unconnected`, `active` or `paused`, with a reason.
        mapping_version: Of the mapping in force; None where there is none.
        mapping_fault: Why that one cannot be used any more, one line a fault.
        mapping_waits: Why files that came by themselves wait for a word, where some do.
        consent_since: Since when the oldest change of consent waits to be carried out.
    """

    id: int
    name: str
    state: str
    state_reason: str | None = None
    mapping_version: int | None = None
    mapping_fault: str | None = None
    mapping_waits: str | None = None
    consent_since: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneState:
    """What waits in one lane of a connection.

    Attributes:
        waiting: Subjects that are dirty and were not given up, those in hand among them.
        in_hand: Subjects that a worker or a run holds just now.
        retrying: Subjects that have failed at least once.
        given_up: Subjects that wait for a person, or for their next change.
        due_since: Since when the oldest could have been taken; None where nothing could.
    """

    connection_id: int
    lane: int
    waiting: int
    in_hand: int
    retrying: int
    given_up: int
    due_since: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NotificationCount:
    """How many notifications are in one state."""

    connection_id: int
    state: str
    count: int
    untriaged_since: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetters:
    """Notifications that were given up for one reason."""

    connection_id: int
    reason: str
    count: int
    last_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """The day of one API application.

    Attributes:
        consent_reserve: The last calls of the day, kept for opt-outs.
        paused_until: Until when the vendor takes no call.
        begins_anew_at: The vendor's next midnight (UTC).
        connections: The names of those that share it.
    """

    id: int
    day_limit: int
    consent_reserve: int
    used: int
    paused_until: datetime | None
    begins_anew_at: datetime
    connections: list[str]

    @property
    def left(self) -> int:
        """Calls that are left of the day for anything but opt-outs."""
        return max(0, self.day_limit - self.consent_reserve - self.used)

    @property
    def spent_until(self) -> datetime | None:
        """When calls begin anew, where there is none left."""
        if self.paused_until is not None:
            return self.paused_until
        return None if self.left else self.begins_anew_at

    @property
    def reserve_spent_until(self) -> datetime | None:
        """When calls begin anew, where not even an opt-out has one left."""
        return self.spent_until if self.paused_until or self.used >= self.day_limit else None


@dataclass(frozen=True, kw_only=True, slots=True)
class LastRun:
    """The last run of one job."""

    connection_id: int
    id: int
    job: str
    mode: str
    state: str
    reason: str | None
    asked_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Screen:
    """How everything stands at one moment.

    Attributes:
        at: The installation's time (UTC).
        has_postgres_broker: Workers are heard of in the database.
        worker_silence_s: Seconds since one was last heard of; None: never.
        oldest_wakeup_at: Since when a wake-up waits to be taken.
    """

    at: datetime
    connections: tuple[ConnectionState, ...]
    lanes: tuple[LaneState, ...]
    pauses: tuple[Pause, ...]
    notifications: tuple[NotificationCount, ...]
    dead_letters: tuple[DeadLetters, ...]
    budgets: tuple[Budget, ...]
    runs: tuple[LastRun, ...]
    has_postgres_broker: bool
    worker_silence_s: float | None
    oldest_wakeup_at: datetime | None
    failed_runs: tuple[FailedRun, ...] = ()
    schedules: tuple[ScheduleState, ...] = ()
    held_plans: tuple[HeldPlan, ...] = ()
    rejections: tuple[Rejections, ...] = ()
    integrity: tuple[Integrity, ...] = ()
    silences: tuple[Silence, ...] = ()
    token_ends: tuple[TokenEnd, ...] = ()
    login_ends: tuple[LoginEnd, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    outlets: tuple[OutletState, ...] = ()
    night_changes: tuple[NightChange, ...] = ()
    night_failures: tuple[NightFailure, ...] = ()

    def name_of(self, connection_id: int) -> str:
        """Return the name of a connection."""
        return next(one.name for one in self.connections if one.id == connection_id)

    def is_paused(self, connection_id: int, lane: int, *, by_doctor: bool = True) -> bool:
        """Tell whether somebody has paused a lane; `by_doctor`: or the doctor holds it."""
        return any(
            pause.connection_id == connection_id
            and pause.lane == lane
            and (by_doctor or pause.paused_by != DOCTOR)
            for pause in self.pauses
        )
