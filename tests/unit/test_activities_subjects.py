"""What one Interaction is about, of the acts of a contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bridge.mapping.interaction import InteractionMapping, default_file
from reconciler.activities.subjects import subjects_of

if TYPE_CHECKING:
    from bridge.mapping.interaction import EventKind, Grain

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def rules(grain: Grain, *kinds: EventKind) -> InteractionMapping:
    file = default_file()
    return InteractionMapping(
        grain=grain,
        shared=file.shared,
        kinds=kinds or tuple(file.kinds),
        zone=ZoneInfo("UTC"),
        details_max=1000,
        constants={},
    )


def act(kind: EventKind, seconds: int) -> tuple[Any, ...]:
    at = NOON + timedelta(seconds=seconds)
    minute = at.replace(second=0)
    return "c", kind, 1, minute, minute, None, None, None, at, "7", "003", "001", None, None


def test_a_contact_is_told_of_at_the_second_it_was_sent_the_mailing() -> None:
    (subject,) = subjects_of("c:m", [act("open", 5), act("send", 31)], rules("campaign"))
    assert subject.at == NOON + timedelta(seconds=31)
    assert [tally.kind for tally in subject.tallies] == ["open", "send"]


def test_without_a_send_it_is_the_first_thing_that_happened() -> None:
    (subject,) = subjects_of("c:m", [act("open", 5), act("click", 31)], rules("campaign"))
    assert subject.at == NOON + timedelta(seconds=5)


def test_what_does_not_count_is_not_told_but_for_the_send() -> None:
    acts = [act("send", 0), act("open", 5), act("click", 31)]
    (subject,) = subjects_of("c:m", acts, rules("campaign", "click"))
    assert [tally.kind for tally in subject.tallies] == ["send", "click"]
    (other,) = subjects_of("c:m", acts[:2], rules("campaign", "click"))
    assert other.tallies == ()


def test_each_event_has_a_key_to_the_microsecond() -> None:
    acts = [act("open", 5), act("open", 6)]
    keys = [subject.key for subject in subjects_of("c:m", acts, rules("event"))]
    assert keys == ["c:m:open:20261102T120005.000000:7", "c:m:open:20261102T120006.000000:7"]
