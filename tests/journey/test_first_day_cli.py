"""The first day, and the way back, by the commands that a person types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from bridge.connections.cli import main as connection
from bridge.errors import ConfigurationError
from reconciler.first_day.cli import main as first_day
from reconciler.kept.cli import main as snapshot

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture
def connected(
    settings: Settings,
    database: Database,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> RunningSandbox:
    """Both services, and an installation in whose folder commands are typed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("BRIDGE_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("BRIDGE_MAPPINGS", str(ROOT / "mappings"))
    Path("line.json").write_text(json.dumps(sandbox.line))
    assert connection(["add", "firm", "--credentials", "line.json", "--json"]) == 0
    with database.transaction() as tx:
        tx.execute("UPDATE api_application SET gap_ms = 0")
    sandbox.lift_limits()
    return sandbox


def lists_of(sandbox: RunningSandbox) -> dict[str, dict[str, Any]]:
    found = sandbox.constant_contact("GET", "/contact_lists", limit=500).json()["lists"]
    return {one["list_id"]: one for one in found}


def test_a_first_day_a_mishap_and_the_way_back(
    connected: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert first_day(["--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    folder = found["kept"]["folder"]
    assert Path(folder).parent == Path(".bridge/snapshots")
    assert [plan["job"] for plan in found["plans"]] == ["lists", "contacts", "activities"]
    before = lists_of(connected)
    hit = next(iter(before))
    body = {"name": "A mishap", "favorite": False, "description": ""}
    assert connected.constant_contact("PUT", f"/contact_lists/{hit}", body).ok
    assert snapshot(["restore", folder, "--apply", "--json", "--by", "ann"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(one["code"], one["steps"]) for one in told["applied"]] == [(0, {"confirmed": 1})]
    assert lists_of(connected)[hit]["name"] == before[hit]["name"]


@pytest.mark.usefixtures("connected")
def test_a_folder_that_is_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is there already"):
        first_day(["firm", "--to", str(tmp_path)])
