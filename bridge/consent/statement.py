"""How somebody asked to be mailed again: the evidence that a policy may want. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """Who asked, when and how, as the firm says it.

    Attributes:
        via: How: by telephone, in a meeting, by letter.
        by: Who says so: a Salesforce user, or whoever gave the command.
    """

    via: str
    on: date
    note: str | None = None
    by: str | None = None

    def text(self) -> str:
        """Return what is sealed: any change of it makes another text."""
        return repr((self.via, self.on.isoformat(), self.note, self.by))


def read_statement(
    via: str | None, on: str | None, note: str | None, by: str | None
) -> Statement | None:
    """Return what a record says, or None where it does not say how and when.

    >>> read_statement("telephone", "2026-11-02", None, None).on.isoformat()
    '2026-11-02'
    >>> read_statement("telephone", None, None, None) is None
    True
    """
    if not (via or "").strip() or not on:
        return None
    try:
        day = date.fromisoformat(on.strip()[:10])
    except ValueError:
        return None
    return Statement(via=(via or "").strip(), on=day, note=note, by=by)
