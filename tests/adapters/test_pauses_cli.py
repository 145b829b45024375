"""`bridge pause` and `bridge resume` in a terminal and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import ConfigurationError
from bridge.pauses import cli

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings

DELIVERY = {"interactive", "webhook", "reconcile", "engagement"}


@pytest.fixture(autouse=True)
def firms(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two firms; commands find their database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("LOGNAME", "olga")
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name) VALUES ('firm'), ('other')")


def paused(
    capsys: pytest.CaptureFixture[str], command: Any, *arguments: str
) -> dict[str, set[str]]:
    """Run a command and return the lanes that are paused after it, by connection."""
    capsys.readouterr()
    assert command([*arguments, "--json"]) == 0
    found: dict[str, set[str]] = {}
    for each in json.loads(capsys.readouterr().out):
        found.setdefault(each["connection"], set()).add(each["lane"])
    return found


def test_a_pause_leaves_opt_outs_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert paused(capsys, cli.pause) == {"firm": DELIVERY, "other": DELIVERY}


def test_all_stops_opt_outs_of_one_connection_too(capsys: pytest.CaptureFixture[str]) -> None:
    found = paused(capsys, cli.pause, "--all", "--connection", "firm")
    assert found == {"firm": DELIVERY | {"consent"}}


def test_a_pause_says_who_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--lane", "webhook", "--connection", "firm", "--reason", "a restore"]
    assert cli.pause(arguments) == cli.pause(arguments) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert first.startswith("firm  the lane webhook is paused since ")
    assert first.endswith(" UTC by olga: a restore")


def test_resume_lets_go_what_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    paused(capsys, cli.pause, "--all")
    assert paused(capsys, cli.resume, "--connection", "other") == {"firm": DELIVERY | {"consent"}}
    assert paused(capsys, cli.resume, "--lane", "consent") == {"firm": DELIVERY}
    assert cli.resume([]) == 0
    assert capsys.readouterr().out == "nothing is paused\n"


def test_opt_outs_alone_cannot_be_paused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.pause(["--lane", "consent"])
    assert "invalid choice: 'consent'" in capsys.readouterr().err


def test_a_connection_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no connection 'nobody'"):
        cli.pause(["--connection", "nobody"])
