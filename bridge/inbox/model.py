"""A notification on its way through triage: frozen values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, kw_only=True, slots=True)
class Untriaged:
    """A notification as the inbox holds it."""

    ctid: str
    connection_id: int
    notification_id: str
    message_id: UUID | None
    received_at: datetime
    ordinal: int
    origin: str
    object: str | None
    record_id: str | None
    action_id: str | None
    replay: Literal["as_accepted", "todays_mapping"] | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What triage made of one notification."""

    state: str
    reason: str | None = None
    cause: str | None = None
