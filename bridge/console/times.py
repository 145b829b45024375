"""Times as a person reads them: in their own zone, in one form. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo


@dataclass(frozen=True, slots=True)
class Times:
    """Writes times for one zone.

    Attributes:
        zone: An IANA name; UTC is taken for what is none.
    """

    zone: str = "UTC"

    def long(self, at: datetime | None) -> str:
        """Return a time with its year and its zone.

        >>> from datetime import datetime
        >>> Times("America/New_York").long(datetime(2026, 11, 3, 14, 2, tzinfo=UTC))
        '3 Nov 2026, 09:02 EST'
        >>> Times().long(None)
        'never'
        """
        if at is None:
            return "never"
        local = self.local(at)
        return f"{local.day} {local:%b %Y, %H:%M %Z}"

    def short(self, at: datetime | None) -> str:
        """Return a time of these days; empty where there is none.

        >>> from datetime import datetime
        >>> Times("Asia/Tokyo").short(datetime(2026, 11, 3, 21, 30, tzinfo=UTC))
        '4 Nov 06:30 JST'
        """
        if at is None:
            return ""
        local = self.local(at)
        return f"{local.day} {local:%b %H:%M %Z}"

    def clock(self, at: datetime) -> str:
        """Return what the clock shows then."""
        return f"{self.local(at):%H:%M}"

    def day(self, at: datetime) -> date:
        """Return the day that it is then."""
        return self.local(at).date()

    def marked(self, at: datetime | None) -> Markup | str:
        """Return a time for a page, with the moment itself for programs.

        >>> from datetime import datetime
        >>> str(Times().marked(datetime(2026, 11, 3, 14, 2, tzinfo=UTC)))
        '<time datetime="2026-11-03T14:02:00+00:00">3 Nov 2026, 14:02 UTC</time>'
        """
        if at is None:
            return self.long(None)
        moment = at.astimezone(UTC).isoformat(timespec="seconds")
        return Markup('<time datetime="{}">{}</time>').format(moment, self.long(at))

    def local(self, at: datetime) -> datetime:
        """Return the same moment in the zone."""
        return at.astimezone(_find(self.zone))


def is_zone(name: object) -> bool:
    """Tell whether a name is that of a zone.

    >>> is_zone("Europe/Berlin"), is_zone("Mars/Olympus"), is_zone(None)
    (True, False, False)
    """
    return isinstance(name, str) and (name == "UTC" or _find(name) is not UTC)


def _find(name: str) -> tzinfo:
    try:
        return ZoneInfo(name) if name != "UTC" else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
