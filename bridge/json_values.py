"""How values that JSON does not know stand in what commands print with `--json`."""

from __future__ import annotations

from datetime import datetime


def as_text(value: object) -> str:
    """Return a moment by ISO 8601, anything else as it is written.

    >>> as_text(datetime(2026, 3, 1, 12, 30))
    '2026-03-01T12:30:00'
    """
    return value.isoformat() if isinstance(value, datetime) else str(value)
