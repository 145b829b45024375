"""What the doctor says of disk, backup and public address, and how it looks."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bridge.doctor.backup import judge_backup
from bridge.doctor.findings import Fault, fault, finding, ok
from bridge.doctor.machine import Room, judge_disk, room_of
from bridge.doctor.public import Seen, judge_public
from bridge.doctor.text import lines

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
GIB = 1 << 30


def cause(outcome: Fault | str) -> str | None:
    return outcome.cause if isinstance(outcome, Fault) else None


@pytest.mark.parametrize(
    ("free", "told"),
    [(50 * GIB, None), (10 * GIB, None), (9 * GIB, "disk_filling"), (GIB - 1, "disk_full")],
)
def test_a_disk_is_told_before_it_is_full(free: int, told: str | None) -> None:
    assert cause(judge_disk(Room(".bridge", 100 * GIB, free))) == told


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_above(tmp_path: Path) -> None:
    assert room_of(tmp_path / "a" / "b")[1:] == room_of(tmp_path)[1:]


@pytest.mark.parametrize(("hours", "told"), [(None, "backup_none"), (47, None), (49, "backup_old")])
def test_one_night_may_pass_without_a_backup(hours: int | None, told: str | None) -> None:
    taken_at = None if hours is None else AT - timedelta(hours=hours)
    assert cause(judge_backup(taken_at, AT)) == told


def seen(**what: Any) -> Seen:
    given: dict[str, Any] = {"ends_at": AT + timedelta(days=60), "answers": "ok\n"} | what
    return Seen(address="bridge.example.org:443", **given)


@pytest.mark.parametrize(
    ("met", "told"),
    [
        pytest.param(None, "public_unset", id="unset"),
        pytest.param(seen(), None, id="well"),
        pytest.param(seen(ends_at=AT + timedelta(days=20)), "public_ends", id="ends"),
        pytest.param(seen(answers="<html>"), "public_other", id="another's page"),
        pytest.param(seen(answers=None), "public_other", id="an error"),
        pytest.param(seen(answers=None, asks_certificate=True), None, id="asks a certificate"),
        pytest.param(seen(is_wanted=True), "public_open", id="asks none"),
        pytest.param(seen(is_wanted=True, asks_certificate=True), None, id="asks for posting"),
        pytest.param(seen(refused="self-signed"), "public_untrusted", id="untrusted"),
        pytest.param(seen(unreachable="no route"), "public_unreachable", id="nobody"),
    ],
)
def test_what_salesforce_meets_is_told(met: Seen | None, told: str | None) -> None:
    assert cause(judge_public(met, AT)) == told


def test_colours_change_nothing_but_the_state() -> None:
    found = [ok("firm", "clock", "agrees"), finding("firm", fault("loop", "it sends"))]
    plain, coloured = list(lines(found)), list(lines(found, colour=True))
    assert [re.sub(r"\x1b\[\d+m", "", line) for line in coloured] == plain
    assert coloured[1].startswith("\x1b[31mfailed")


def test_one_advice_serves_findings_that_follow_one_another() -> None:
    found = [finding("firm", fault("loop", says)) for says in ("one", "two")]
    printed = list(lines([*found, ok("firm", "clock", "agrees")]))
    assert [line[:8].strip() for line in printed] == ["failed", "failed", "", "ok"]
