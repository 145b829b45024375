"""The cause of a dead letter: the same words for all that one act of a person can mend. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.errors import RecordError, RemoteError

if TYPE_CHECKING:
    from bridge.errors import BridgeError

MESSAGE_GONE = "message-gone"
"""The raw message was dropped before anybody read it."""


def cause_of(error: BridgeError) -> str:
    """Return what groups an error with others of its kind: class, vendor's key, field or service.

    It holds no value of a record, and stays the same while the vendor's words change.

    >>> cause_of(RecordError("42 is no date", field="birthday"))
    'record-error:birthday'
    """
    parts: list[str | None] = [_kebab(type(error).__name__)]
    if isinstance(error, RecordError):
        parts += [error.key, error.field]
    elif isinstance(error, RemoteError):
        parts += [error.system, error.key]
    return ":".join(_plain(part) for part in parts if part)


def cause_of_fault(fault: BaseException) -> str:
    """Return the cause of a dead letter that met a fault in the bridge itself.

    >>> cause_of_fault(KeyError("Email"))
    'fault:key-error'
    """
    return f"fault:{_kebab(type(fault).__name__)}"


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _plain(text: str) -> str:
    """Return a key or a field without what would need quotes on a command line.

    >>> _plain("Email, Phone")
    'Email,Phone'
    """
    return re.sub(r"[^\w.,#/-]", "", text)
