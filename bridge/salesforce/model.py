"""What goes to Salesforce and what comes back, beside records (`bridge.salesforce.values`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

_RETRYABLE_CODES = frozenset(
    {"UNABLE_TO_LOCK_ROW", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "REQUEST_LIMIT_EXCEEDED"}
)
_GONE_CODES = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})


class Identity(NamedTuple):
    """Who the bridge is in Salesforce, with 18-character ids."""

    user_id: str
    organization_id: str
    username: str


class Deleted(NamedTuple):
    """What was deleted in a time.

    Attributes:
        rows: Record id (18 characters) and time of deletion (UTC).
        latest_date_covered: Where the next question begins (UTC).
        earliest_date_available: Older deletions may be purged: a later time than asked is a gap.
    """

    rows: list[tuple[str, datetime]]
    latest_date_covered: datetime
    earliest_date_available: datetime


class Updated(NamedTuple):
    """What was made or changed in a time.

    Attributes:
        ids: Record ids (18 characters).
        latest_date_covered: Where the next question begins (UTC).
    """

    ids: list[str]
    latest_date_covered: datetime


@dataclass(frozen=True, kw_only=True)
class Update:
    """New values of one record; None clears a field."""

    object: str
    record_id: str
    fields: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveResult:
    """What became of one record.

    Attributes:
        record_id: Its 18-character id; None where it was refused.
        created: It is new; None where the call does not say.
        error_code: The vendor's code, like `UNABLE_TO_LOCK_ROW`, or None.
        message: The vendor's words without addresses.
        fields: The fields at fault.
    """

    ok: bool
    record_id: str | None = None
    created: bool | None = None
    error_code: str | None = None
    message: str | None = None
    fields: tuple[str, ...] = ()

    @property
    def may_succeed_later(self) -> bool:
        """Tell a passing trouble from a refusal of the content."""
        return self.error_code in _RETRYABLE_CODES

    @property
    def is_locked(self) -> bool:
        """Tell whether somebody else held the record or its parent: a smaller call may do."""
        return self.error_code == "UNABLE_TO_LOCK_ROW"

    @property
    def is_gone(self) -> bool:
        """Tell whether a record that the call names is not there any more."""
        return self.error_code in _GONE_CODES
