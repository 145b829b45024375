"""`bridge connection` and `bridge doctor` against the sandbox."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from bridge.connections import cli as connection
from bridge.doctor import cli as doctor
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.db.database import Database
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


def test_doctor_finds_a_sound_connection_well(
    line: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.main(["add", "acme", "--credentials", str(line)])
    code, checks = findings(capsys)
    assert code == 0
    not_yet = {"consent", "alerts"}
    assert {check["state"] for name, check in checks.items() if name not in not_yet} == {"ok"}
    assert {checks[name]["state"] for name in not_yet} == {"warning"}
    assert set(checks) >= {"database", "broker", "mapping", "Salesforce", "Constant Contact"}


def test_doctor_says_what_to_do_about_each_side_that_fails(
    line: Path, sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.main(["add", "acme", "--credentials", str(line)])
    sandbox.faults(
        {"side": "salesforce", "kind": "drop_before"},
        {"side": "constant_contact", "kind": "html"},
    )
    code, checks = findings(capsys)
    assert code == 1
    for side in ("Salesforce", "Constant Contact"):
        assert checks[side]["state"] == "failed"
        assert checks[side]["advice"]


def test_doctor_says_by_what_alarms_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRIDGE_ALERT_WEBHOOK", "https://chat.example.com/hook")
    assert findings(capsys)[1]["alerts"]["says"] == "told by webhook"
    monkeypatch.setenv("BRIDGE_ALERT_WEBHOOK", "chat.example.com/hook")
    _, checks = findings(capsys)
    assert checks["alerts"]["state"] == "failed"
    assert "BRIDGE_ALERT_WEBHOOK" in checks["alerts"]["says"]


def test_doctor_proposes_the_profile_that_fits(
    line: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.main(["add", "acme", "--credentials", str(line), "--profile", "plain"])
    _, checks = findings(capsys)
    assert checks["profile"]["state"] == "warning"
    assert "--profile practifi" in checks["profile"]["advice"]


def test_doctor_names_a_field_that_the_organization_lacks(
    line: Path, capsys: pytest.CaptureFixture[str], database: Database
) -> None:
    connection.main(["add", "acme", "--credentials", str(line)])
    with database.transaction() as tx:
        tx.execute("""UPDATE connection SET object_names = '{"contact.cc_id": "CC_ID__c"}'""")
    code, checks = findings(capsys)
    assert code == 1
    assert "CC_ID__c" in checks["objects and fields"]["says"]


def test_doctor_finds_a_connection_without_credentials(
    sandbox: RunningSandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.main(["add", "acme", "--organization-id", sandbox.line["organization_id"]])
    code, checks = findings(capsys)
    assert code == 1
    assert "--credentials" in checks["state"]["advice"]


def test_doctor_does_not_go_on_without_its_key_ring(
    line: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.main(["add", "acme", "--credentials", str(line)])
    monkeypatch.setenv("BRIDGE_KEYS", Fernet.generate_key().decode())
    code, checks = findings(capsys)
    assert code == 1
    assert checks["key ring"]["state"] == "failed"
    assert "Salesforce" not in checks


def test_doctor_says_that_the_database_is_down(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/nothing")
    code, checks = findings(capsys)
    assert code == 1
    assert checks["database"]["state"] == "failed"


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:9", "amqp://127.0.0.1:9", "nonsense", "mysql://x"]
)
def test_doctor_says_that_the_broker_cannot_be_used(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROKER_URL", url)
    code, checks = findings(capsys)
    assert code == 1
    assert checks["broker"]["state"] == "failed"
    assert checks["connections"]["state"] == "warning"
