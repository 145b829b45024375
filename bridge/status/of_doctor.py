"""What a person had better look at of what the doctor found, and of what it holds. Pure."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bridge.doctor.causes import CAUSES, TOLD_OTHERWISE
from bridge.pauses.store import DOCTOR
from bridge.status.model import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.status.model import Screen


def of_doctor(screen: Screen) -> Iterator[Alarm]:
    """Yield what the doctor holds, what changed in the night, and which checks failed in it."""
    held = {pause.connection: pause for pause in screen.pauses if pause.paused_by == DOCTOR}
    for name, pause in held.items():
        yield Alarm(
            cause="applying_held",
            connection=name,
            says=f"nothing is applied: {pause.reason}",
            what_to_do="`bridge doctor` says where to mend it; applying goes on by itself then",
        )
    for change in screen.night_changes:
        if change.connection_id is None:
            yield Alarm(
                cause="installation_changed",
                connection=None,
                about=change.about,
                says=change.says,
                what_to_do="`bridge doctor` says how it stands now, and what to do",
            )
            continue
        yield Alarm(
            cause="organization_changed",
            connection=screen.name_of(change.connection_id),
            about=change.about,
            says=change.says,
            what_to_do="see with whoever changed it; `bridge doctor` says what does not fit now",
        )
    failures = [one for one in screen.night_failures if one.cause not in TOLD_OTHERWISE]
    for (connection_id, cause), group in groupby(
        failures, key=lambda one: (one.connection_id, one.cause)
    ):
        first, *others = group
        more = f", and {len(others)} more" if others else ""
        check = CAUSES[cause].check if cause in CAUSES else cause
        yield Alarm(
            cause="check_failed",
            connection=screen.name_of(connection_id),
            about=cause,
            says=f"{check}: {first.says}{more}",
            what_to_do=first.advice or "`bridge doctor`",
        )
