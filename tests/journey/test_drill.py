"""A restore, tried and real: nobody is mailed who opted out since, and a trial leaves no trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from bridge.backups import cli as backups
from bridge.errors import ConfigurationError
from bridge.pauses import cli as pauses
from reconciler import reconcile_cli
from reconciler.drill import cli
from tests.journey.commanding import ring_of_its_own
from tests.postgres.backing_up import empty_database, rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge.settings import Settings
    from tests.journey.firm import Firm

ADA, BEA = "ada@example.org", "bea@example.org"


@pytest.fixture
def settings_of(firm: Firm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """A firm with two people on a list, one backup, and a change after it; commands find it."""
    list_id = firm.new_list()
    ada = firm.member(ADA, list_id)
    firm.member(BEA, list_id)
    firm.settle()
    ring = ring_of_its_own(firm)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", firm.bridge.installation.settings.database_url or "")
    monkeypatch.setenv("BRIDGE_KEYS", ring)
    monkeypatch.setenv("BRIDGE_CLOCK", "movable")
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path / "data"))
    firm.sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    assert backups.backup([]) == 0
    firm.tick(ada)
    return firm.bridge.installation.settings.model_copy(update={"keys": SecretStr(ring)})


@pytest.fixture
def restored(server: str, settings_of: Settings, tmp_path: Path) -> Iterator[Settings]:
    """An empty database into which the backup was restored by the command."""
    [path] = (tmp_path / "data" / "backups").iterdir()
    with empty_database(server, settings_of) as settings, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", settings.database_url or "")
        assert backups.put_back([str(path)]) == 0
        yield settings


def trace(firm: Firm) -> tuple[object, ...]:
    """Return what must not change: what was written, runs, and the logins."""
    logins = firm.bridge.rows("SELECT kind, version FROM credential ORDER BY kind")
    return firm.writes(), firm.bridge.rows("SELECT id FROM run"), logins


def calls_used(firm: Firm) -> int:
    [row] = firm.bridge.rows("SELECT used FROM api_application")
    return int(row["used"])


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    capsys.readouterr()
    assert cli.main([*arguments, "--json"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


@pytest.mark.usefixtures("settings_of")
def test_a_drill_tells_what_happened_since_the_backup_and_leaves_nothing_behind(
    firm: Firm, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    before = trace(firm)
    used = calls_used(firm)
    answer = told(capsys)
    found = {each["job"]: each["totals"].get("by_sign", {}) for each in answer["compared"]}
    assert found == {"lists": {}, "contacts": {"opt-out": 1}}
    assert answer["restored_in_s"] < answer["ready_after_s"]
    assert trace(firm) == before
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["backups"]
    assert calls_used(firm) > used  # of the real budget


@pytest.mark.usefixtures("settings_of")
def test_a_backup_that_was_moved_away_is_asked_for(tmp_path: Path) -> None:
    [path] = (tmp_path / "data" / "backups").iterdir()
    path.rename(tmp_path / "elsewhere.zip")
    with pytest.raises(ConfigurationError, match="give its FILE"):
        cli.main([])


def test_after_a_restore_a_plan_shows_what_is_not_known_and_then_it_is_done(
    firm: Firm, restored: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigurationError, match="was restored from a backup"):
        pauses.resume([])
    assert reconcile_cli.main(["contacts"]) == 1  # nothing is applied before somebody has looked
    assert firm.permission(ADA) == "implicit"
    assert reconcile_cli.main(["contacts", "--plan"]) == 0
    assert "1 opt-out" in capsys.readouterr().out
    assert pauses.resume([]) == 0
    assert reconcile_cli.main(["contacts"]) == 0
    assert (firm.permission(ADA), firm.permission(BEA)) == ("unsubscribed", "implicit")
    assert rows(restored, "SELECT count(*) FROM restoration") == [(1,)]


def test_a_run_that_the_backup_caught_under_way_gives_way_to_the_plan(
    restored: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    rows(
        restored,
        "INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, "
        "cancel_asked_at) SELECT id, 'contacts', 'apply', 'schedule', 'schedule', app_now(), "
        "'reading', app_now() FROM connection",
    )
    assert reconcile_cli.main(["contacts", "--plan"]) == 0
    assert "1 opt-out" in capsys.readouterr().out
    ended = rows(restored, "SELECT mode, state FROM run ORDER BY id DESC LIMIT 2")
    assert ended == [("plan", "done"), ("apply", "cancelled")]
