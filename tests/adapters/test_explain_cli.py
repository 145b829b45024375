"""`bridge explain` in a terminal and for scripts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.explain import cli

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings

RUN = (
    "INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, reason, "
    "finished_at) SELECT id, 'lists', 'apply', 'cli', 'olga', app_now(), 'failed', "
    "'Salesforce does not answer', app_now() FROM connection"
)


@pytest.fixture(autouse=True)
def firm(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A firm with a run that failed; commands find its database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name, state) VALUES ('firm', 'active')")
        tx.execute(RUN)


def test_text_is_one_line_a_check_and_ends_with_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["run:1"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "run:1: kind: run, connection: firm"
    assert shown[3].startswith("FAILS  end")
    assert "reason: Salesforce does not answer" in shown[3]
    assert shown[-2].split() == ["cause", "run_failed"]
    assert shown[-1].startswith("what to do  ")


def test_json_has_stable_keys_and_times(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run:1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"subject", "checks", "cause", "what_to_do"}
    assert found["cause"] == "run_failed"
    assert [(check["name"], check["state"]) for check in found["checks"]] == [
        ("connection", "ok"),
        ("known", "ok"),
        ("end", "failing"),
        ("records", "not_reached"),
        ("steps", "not_reached"),
    ]
    assert "T" in found["checks"][1]["at"]


def test_an_address_that_nobody_knows_is_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["nobody@example.org"]) == 0
    assert "unknown_address" in capsys.readouterr().out
