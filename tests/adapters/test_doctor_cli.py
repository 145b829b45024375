"""`bridge doctor` as a command: what it prints, its exit code, and where it ends early."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from bridge.bootstrap import open_installation
from bridge.connections import cli as connection
from bridge.doctor import cli as doctor
from bridge.doctor.nightly import look_nightly
from bridge.errors import ConfigurationError
from bridge.settings import read_settings

if TYPE_CHECKING:
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the command find the database of this test, and no `.env`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("BRIDGE_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("BRIDGE_MAPPINGS", str(MAPPINGS))


@pytest.fixture
def line(sandbox: RunningSandbox, tmp_path: Path) -> Path:
    """The file that a connection is made of; limits are lifted, messages go to it."""
    sandbox.lift_limits()
    path = tmp_path / "line.json"
    path.write_text(json.dumps(sandbox.line))
    return path


@pytest.fixture
def firm(line: Path, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]) -> None:
    """A connection as it is right after it was added; messages go to it."""
    connection.main(["add", "firm", "--credentials", str(line), "--json"])
    path = answer(capsys)["endpoint_path"]
    url = {"url": f"http://127.0.0.1:8080{path}"}
    sandbox.control("PUT", "/salesforce/endpoint", url)


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return the one JSON value that a command printed."""
    return json.loads(capsys.readouterr().out)


def findings(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run the doctor and return its exit code and its checks by name, the worst of each."""
    capsys.readouterr()
    code = doctor.main(["--json"])
    said = answer(capsys)
    assert said["ok"] == (code == 0)
    by_badness = sorted(
        said["checks"], key=lambda check: ["ok", "warning", "failed"].index(check["state"])
    )
    return code, {check["check"]: check for check in by_badness}


@pytest.mark.usefixtures("firm")
def test_a_connection_that_was_just_added_lacks_only_what_comes_later(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, checks = findings(capsys)
    assert code == 0
    later = {"alerts", "backup", "consent", "outbound messages", "public address", "worker"}
    assert {name for name, check in checks.items() if check["state"] != "ok"} == later


@pytest.mark.usefixtures("firm")
def test_each_side_that_fails_is_told_with_what_to_do(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.faults(
        {"side": "salesforce", "kind": "drop_before"},
        {"side": "constant_contact", "kind": "html"},
    )
    code, checks = findings(capsys)
    assert code == 1
    for side in ("Salesforce", "Constant Contact"):
        assert checks[side]["state"] == "failed"
        assert checks[side]["advice"]


@pytest.mark.usefixtures("firm")
def test_lines_are_aligned_and_plain_where_no_terminal_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert doctor.main([]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "\x1b" not in "".join(printed)
    assert {line[:8].strip() for line in printed} == {"ok", "warning", ""}
    assert all(line[46] != " " for line in printed)
    advice = [line.strip() for line in printed if line.strip().startswith("->")]
    assert len(advice) == len(set(advice))


@pytest.mark.usefixtures("firm")
def test_one_connection_may_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["--connection", "firm", "--json"]) == 0
    with pytest.raises(ConfigurationError, match="no connection 'nobody'"):
        doctor.main(["--connection", "nobody", "--json"])
    assert "firm" in {check["subject"] for check in answer(capsys)["checks"]}


@pytest.mark.usefixtures("firm")
def test_changes_are_told_since_the_last_night(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert doctor.main(["--changes"]) == 0
    assert "no look is kept yet" in capsys.readouterr().out
    kit = open_installation(read_settings())
    look_nightly(kit)
    kit.database.close()
    assert doctor.main(["--changes"]) == 0
    assert "nothing has changed since" in capsys.readouterr().out
    changed = {"Contact.CC_Bridge_Status__c": {"updateable": False}}
    sandbox.control("POST", "/salesforce/setup", {"fields": changed})
    assert doctor.main(["--changes"]) == 0
    assert "  ! the bridge's user may not edit Contact.CC_Bridge" in capsys.readouterr().out
    assert doctor.main(["--changes", "--json"]) == 0
    _, told = answer(capsys)
    assert [one["kind"] for one in told["changes"]] == ["right_taken"]
    sandbox.faults({"side": "salesforce", "kind": "error_500"})
    assert doctor.main(["--changes"]) == 0
    assert "cannot be seen now" in capsys.readouterr().out


@pytest.mark.usefixtures("firm")
def test_the_doctor_does_not_go_on_without_its_key_ring(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BRIDGE_KEYS", Fernet.generate_key().decode())
    code, checks = findings(capsys)
    assert code == 1
    assert checks["key ring"]["state"] == "failed"
    assert "Salesforce" not in checks


def test_a_database_that_is_down_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/nothing")
    code, checks = findings(capsys)
    assert code == 1
    assert checks["database"]["state"] == "failed"


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:9", "amqp://127.0.0.1:9", "nonsense", "mysql://x"]
)
def test_a_broker_that_cannot_be_used_keeps_nothing_else_from_being_told(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROKER_URL", url)
    code, checks = findings(capsys)
    assert code == 1
    assert checks["broker"]["state"] == "failed"
    assert checks["connections"]["state"] == "warning"
