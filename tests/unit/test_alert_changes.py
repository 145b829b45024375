"""What becomes of alerts: one piece of news when a cause comes, one when it has cleared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bridge.alerts.changes import LASTS, changes
from bridge.alerts.model import OpenAlert
from bridge.status.model import Alarm

if TYPE_CHECKING:
    from bridge.alerts.changes import Changes

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEP = timedelta(seconds=20)


def an_alarm(cause: str, about: str = "") -> Alarm:
    return Alarm(cause=cause, connection="firm", about=about, says="it is so", what_to_do="look")


def an_alert(**values: datetime | None) -> OpenAlert:
    times = {"came_at": AT, "told_at": None, "gone_at": None} | values
    return OpenAlert(id=1, cause="run_failed", connection="firm", about="", **times)  # type: ignore[arg-type]


def test_two_alarms_of_one_cause_are_two_alerts_and_two_alike_are_one() -> None:
    standing = [an_alarm("run_failed", about) for about in ("lists", "contacts", "lists")]
    assert [alarm.about for alarm in changes(standing, [], AT).came] == ["lists", "contacts"]


def test_what_stands_for_a_moment_only_is_nobodys_news() -> None:
    assert changes([], [an_alert()], AT + STEP).forgotten == (1,)


def test_what_is_gone_for_a_moment_only_has_not_cleared() -> None:
    known = an_alert(told_at=AT + LASTS, gone_at=AT + 2 * LASTS)
    back = changes([an_alarm("run_failed")], [known], AT + 2 * LASTS + STEP)
    assert (back.back, back.cleared, back.came) == ((1,), (), ())


class Kept:
    """Alerts as the database keeps them, and what was told of them."""

    def __init__(self) -> None:
        self.open: dict[str, OpenAlert] = {}
        self.news: list[tuple[str, str]] = []

    def keep(self, changed: Changes, at: datetime) -> None:
        by_id = {alert.id: alert for alert in self.open.values()}
        for number in (*changed.cleared, *changed.forgotten):
            del self.open[by_id[number].cause]
        self.news += [("cleared", by_id[number].cause) for number in changed.cleared]
        self.news += [("came", by_id[number].cause) for number in changed.told]
        for numbers, name, value in (
            (changed.told, "told_at", at),
            (changed.gone, "gone_at", at),
            (changed.back, "gone_at", None),
        ):
            for number in numbers:
                old = by_id[number]
                times = {key: getattr(old, key) for key in ("came_at", "told_at", "gone_at")}
                self.open[old.cause] = OpenAlert(
                    id=number, cause=old.cause, connection="firm", about="", **times | {name: value}
                )
        for alarm in changed.came:
            self.open[alarm.cause] = OpenAlert(
                id=int(at.timestamp()) * 10 + len(self.open),
                cause=alarm.cause,
                connection="firm",
                about="",
                came_at=at,
                told_at=None,
                gone_at=None,
            )


@given(st.lists(st.sets(st.sampled_from("ab")), max_size=60))
def test_news_of_a_cause_alternate_and_end_with_how_things_are(looks: list[set[str]]) -> None:
    kept = Kept()
    quiet = 2 * int(LASTS / STEP) + 2
    for number, standing in enumerate([*looks, *[looks[-1] if looks else set()] * quiet]):
        at = AT + number * STEP
        found = [an_alarm(cause) for cause in sorted(standing)]
        kept.keep(changes(found, list(kept.open.values()), at), at)
    for cause in "ab":
        news = [what for what, whose in kept.news if whose == cause]
        assert news == ["came", "cleared"] * (len(news) // 2) + ["came"] * (len(news) % 2)
        assert (news[-1:] == ["came"]) == bool(looks and cause in looks[-1])
