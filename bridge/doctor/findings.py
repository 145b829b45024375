"""What the doctor found: one line a check, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The outcome of one check.

    Attributes:
        subject: `installation`, or the name of a connection.
        check: What was looked at, in two or three words.
        state: `failed` makes the doctor's exit code 1; a warning does not.
        says: What was found.
        advice: What to do about it, unless all is well.
    """

    subject: str
    check: str
    state: State
    says: str
    advice: str | None = None
