"""`bridge alerts`: what was told, and a test of each outlet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.alerts import cli
from bridge.errors import ConfigurationError
from tests.outlets import web_server

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.settings import Settings


@pytest.fixture(autouse=True)
def told(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An alert that stands and that a chat tool has not taken; commands find the database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.delenv("BRIDGE_ALERT_WEBHOOK", raising=False)
    with database.transaction() as tx:
        tx.execute(
            """
            WITH told AS (
              INSERT INTO alert (cause, connection, about, says, what_to_do, came_at, told_at)
              VALUES ('run_failed', 'firm', 'contacts', 'run 3 failed', 'look', app_now(),
                app_now())
              RETURNING id)
            INSERT INTO alert_delivery (alert_id, outlet, news, due_at)
            SELECT id, 'webhook', 'came', app_now() FROM told
            """
        )


def test_the_list_shows_what_stands_and_who_has_not_heard_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["list"]) == 0
    shown = capsys.readouterr().out
    assert "stands" in shown
    assert "firm: run 3 failed" in shown
    assert "webhook came waits" in shown
    assert "nobody is told: set BRIDGE_ALERT_WEBHOOK" in shown


def test_the_list_is_one_json_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["list", "--json"]) == 0
    (alert,) = json.loads(capsys.readouterr().out)
    assert (alert["cause"], alert["waiting"]) == ("run_failed", ["webhook came"])


def test_a_test_goes_out_by_every_outlet_and_says_how_it_went(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server() as posts:
        monkeypatch.setenv("BRIDGE_ALERT_WEBHOOK", posts.url)
        assert cli.main(["test", "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == {"webhook": {"taken": True, "why": None}}
        posts.status = 404
        assert cli.main(["test"]) == 5
        assert capsys.readouterr().out == "webhook  answered 404\n"
    assert posts.bodies[0]["text"].startswith("TEST test\nsomebody has run `bridge alerts test`")


def test_a_test_without_an_outlet_says_which_setting_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="BRIDGE_ALERT_WEBHOOK or BRIDGE_ALERT_MAIL"):
        cli.main(["test"])
