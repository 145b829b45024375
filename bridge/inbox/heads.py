"""What receiving needs to know of a notification; values only."""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class NotificationHead(NamedTuple):
    """What receiving needs to know of one notification.

    Attributes:
        notification_id: As sent, trimmed.
        object: API name of the record's object, or None where there is no sObject.
        record_id: As sent, trimmed; None where the notification has no data.
        digest: Tells a repeat with other values from a plain repeat.
    """

    notification_id: str
    object: str | None
    record_id: str | None
    digest: bytes


def digest_of(content: bytes) -> bytes:
    """Return the digest of a notification, from the first byte of its start tag to its end tag."""
    return hashlib.sha256(content).digest()
