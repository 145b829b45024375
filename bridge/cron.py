"""When a cron expression is due in a zone. Pure.

An expression that names its minutes and hours is due once a day for each of them, as in Debian's
cron: a time that the clocks skip moves to where they go on, one that they pass twice counts the
first time. One whose minute or hour begins with `*` follows the clock instead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WINDOWS = (timedelta(days=2), timedelta(days=40))


def due_times(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """Yield when an expression is due after a moment, in order, in UTC.

    Args:
        cron: Five fields, as in `30 2 * * *`.
        zone: An IANA name, as in `America/New_York`.
        after: An aware moment; nothing up to it is due.

    Raises:
        ConfigurationError: If the expression or the zone is not understood.

    >>> times = due_times("30 2 * * *", "America/New_York", datetime(2026, 3, 7, 12, tzinfo=UTC))
    >>> next(times).isoformat(), next(times).isoformat()
    ('2026-03-08T07:00:00+00:00', '2026-03-09T06:30:00+00:00')
    """
    last = after
    try:
        for local in CronSim(_five_fields(cron), after.astimezone(find_zone(zone))):
            due = local.astimezone(UTC)
            # From the second pass of an hour the walk begins in the first: that one has been.
            if due > last:
                yield due
                last = due
    except CronSimError as error:
        message = f"{cron!r} is no cron expression of five fields: {error}"
        raise ConfigurationError(message) from None


def last_due(cron: str, zone: str, *, after: datetime, until: datetime) -> datetime | None:
    """Return the last due time after one moment and up to another (UTC), or None.

    However many were missed, one counts: a run looks at the whole present state.

    Raises:
        ConfigurationError: If the expression or the zone is not understood.

    >>> monday, friday = (datetime(2026, 6, day, 12, tzinfo=UTC) for day in (1, 5))
    >>> last_due("0 1 * * *", "UTC", after=monday, until=friday).isoformat()
    '2026-06-05T01:00:00+00:00'
    """
    # A short look back finds it for all but rare expressions; a long one costs where they are many.
    for window in _WINDOWS:
        if until - window > after and (found := _last(cron, zone, until - window, until)):
            return found
    return _last(cron, zone, after, until)


def find_zone(name: str) -> ZoneInfo:
    """Return a time zone.

    Raises:
        ConfigurationError: If there is none of this name.

    >>> find_zone("Europe/Berlin").key
    'Europe/Berlin'
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name!r} is no time zone: use an IANA name such as America/New_York"
        raise ConfigurationError(message) from None


def _last(cron: str, zone: str, after: datetime, until: datetime) -> datetime | None:
    found = None
    for due in due_times(cron, zone, after):
        if due > until:
            break
        found = due
    return found


def _five_fields(cron: str) -> str:
    fields = cron.split()
    if len(fields) != 5:  # noqa: PLR2004 -- six would count seconds, and follow other rules
        message = "five fields are wanted"
        raise CronSimError(message)
    return cron
