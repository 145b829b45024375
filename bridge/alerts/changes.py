"""What becomes of alerts, from what stands now and from what is known of them. Pure.

Whatever comes or goes is told of once it has lasted: a worker that starts again is no news.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bridge.alerts.model import OpenAlert
    from bridge.status.model import Alarm

LASTS = timedelta(minutes=1)
"""How long a cause stands before it is told of, and is gone before it has cleared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What is to be kept of one look.

    Attributes:
        came: Causes that nobody knew of.
        told: Alerts that have lasted, by their ids.
        gone: Those whose cause stands no more.
        back: Those whose cause was gone for a moment only.
        cleared: Those whose cause has been gone for long enough.
        forgotten: Those that were gone before anybody was told of them.
    """

    came: tuple[Alarm, ...] = ()
    told: tuple[int, ...] = ()
    gone: tuple[int, ...] = ()
    back: tuple[int, ...] = ()
    cleared: tuple[int, ...] = ()
    forgotten: tuple[int, ...] = ()


def changes(standing: Iterable[Alarm], known: Iterable[OpenAlert], at: datetime) -> Changes:
    """Return what a look changes.

    Args:
        standing: The alarms that stand now; of several alike the first counts.
        known: The alerts that have not ended.
        at: When the look was (UTC).
    """
    left: dict[tuple[str, str, str], Alarm] = {}
    for alarm in standing:
        left.setdefault((alarm.cause, alarm.connection or "", alarm.about), alarm)
    told: list[int] = []
    gone: list[int] = []
    back: list[int] = []
    cleared: list[int] = []
    forgotten: list[int] = []
    for alert in known:
        stands = left.pop((alert.cause, alert.connection, alert.about), None) is not None
        if stands and alert.gone_at is not None:
            back.append(alert.id)
        elif stands and alert.told_at is None and at - alert.came_at >= LASTS:
            told.append(alert.id)
        elif not stands and alert.told_at is None:
            forgotten.append(alert.id)
        elif not stands and alert.gone_at is None:
            gone.append(alert.id)
        elif not stands and alert.gone_at is not None and at - alert.gone_at >= LASTS:
            cleared.append(alert.id)
    return Changes(
        came=tuple(left.values()),
        told=tuple(told),
        gone=tuple(gone),
        back=tuple(back),
        cleared=tuple(cleared),
        forgotten=tuple(forgotten),
    )
