"""What a handler may answer beside JSON."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A body that is sent as it is."""

    content: str
    media_type: str
