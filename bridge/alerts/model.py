"""What is known of alerts: values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

OutletName: TypeAlias = Literal["webhook", "mail"]
News: TypeAlias = Literal["came", "cleared", "test"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenAlert:
    """A cause that has come and has not cleared.

    Attributes:
        connection: The connection's name; empty where all are concerned.
        about: Which one, where the cause may stand several times.
        came_at: When it was first seen (UTC).
        told_at: Since when it is told of; None: it may be gone in a moment.
        gone_at: Since when it does not stand any more; None: it stands.
    """

    id: int
    cause: str
    connection: str
    about: str
    came_at: datetime
    told_at: datetime | None
    gone_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One piece of news for one outlet.

    Attributes:
        alert_id: The same for both news of an alert; 0 for a test.
        connection: The connection's name; empty where all are concerned.
        ended_at: When the cause cleared (UTC).
    """

    alert_id: int
    outlet: OutletName
    news: News
    cause: str
    connection: str
    about: str
    says: str
    what_to_do: str
    came_at: datetime
    ended_at: datetime | None = None
