"""`bridge connection` against the sandbox."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from bridge.connections import cli as connection
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let commands find the database of this test, and no `.env`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("BRIDGE_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("BRIDGE_MAPPINGS", str(MAPPINGS))


@pytest.fixture
def line(sandbox: RunningSandbox, tmp_path: Path) -> Path:
    path = tmp_path / "line.json"
    path.write_text(json.dumps(sandbox.line))
    return path


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return the one JSON value that a command printed."""
    return json.loads(capsys.readouterr().out)


def test_line_of_the_sandbox_makes_an_active_connection(
    line: Path, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connection.main(["add", "acme", "--credentials", str(line), "--json"]) == 0
    added = answer(capsys)
    assert added["name"] == "acme"
    assert added["organization_id"] == sandbox.line["organization_id"]
    assert added["endpoint_path"].startswith("/outbound-messages/acme/")
    assert (added["state"], added["profile"]) == ("active", "practifi")
    assert added["salesforce_user_id"].startswith("005")


def test_credentials_come_from_standard_input(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = json.dumps(sandbox.line, indent=2) + "\nnot read any more"
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert connection.main(["add", "acme", "--credentials", "-", "--json"]) == 0
    assert answer(capsys)["state"] == "active"


def test_connection_without_credentials_receives_and_gets_them_later(
    line: Path, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    organization_id = sandbox.line["organization_id"]
    connection.main(["add", "acme", "--organization-id", organization_id[:15], "--json"])
    before = answer(capsys)
    connection.main(["add", "acme", "--credentials", str(line), "--json"])
    after = answer(capsys)
    assert (before["state"], after["state"]) == ("unconnected", "active")
    assert before["endpoint_path"] == after["endpoint_path"]


def test_list_and_show_tell_the_same(line: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection.main(["add", "acme", "--credentials", str(line), "--json"])
    added = answer(capsys)
    connection.main(["list", "--json"])
    assert answer(capsys) == [added]
    connection.main(["show", "acme", "--json"])
    assert answer(capsys) == added


def test_profile_that_a_person_chose_is_kept(
    line: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["add", "acme", "--credentials", str(line), "--json"]
    connection.main([*command, "--profile", "plain"])
    assert answer(capsys)["profile"] == "plain"
    connection.main(command)
    assert answer(capsys)["profile"] == "plain"


def test_organization_that_does_not_answer_is_added_all_the_same(
    line: Path, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.faults({"side": "salesforce", "kind": "error_500"})
    assert connection.main(["add", "acme", "--credentials", str(line)]) == 0
    printed = capsys.readouterr()
    assert "Salesforce was not asked" in printed.err
    assert "active" in printed.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(["add", "acme"], "--organization-id", id="no organization"),
        pytest.param(["add", "acme", "--credentials", "/nowhere"], "cannot be read", id="no file"),
        pytest.param(["show", "nobody"], "no connection 'nobody'", id="unknown name"),
        pytest.param(
            ["add", "acme", "--organization-id", "00D5g00000ABcdE", "--salesforce-url", "x"],
            "salesforce_url",
            id="no address",
        ),
    ],
)
def test_faults_are_said_in_a_sentence(arguments: list[str], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        connection.main(arguments)


def test_unknown_command_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as caught:
        connection.main(["forget", "acme"])
    assert caught.value.code == 2
