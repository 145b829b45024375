"""`bridge mapping check --live` and `create-fields` as commands, against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from bridge.connections import cli as connection
from bridge.errors import ConfigurationError
from bridge.mapping import cli as mapping
from bridge.pauses import cli as pauses

if TYPE_CHECKING:
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

MAPPINGS = Path(__file__).parents[2] / "mappings"


@pytest.fixture(autouse=True)
def firm(
    settings: Settings,
    sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A connection `firm` to the sandbox, without limits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("BRIDGE_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("BRIDGE_MAPPINGS", str(MAPPINGS))
    sandbox.lift_limits()
    path = tmp_path / "line.json"
    path.write_text(json.dumps(sandbox.line))
    assert connection.main(["add", "firm", "--credentials", str(path)]) == 0
    capsys.readouterr()


def folder_with(folder: Path, old: str, new: str) -> str:
    """Return a folder of the shipped files with another contact.yaml, without their own tests."""
    for path in MAPPINGS.glob("*.yaml"):
        text = path.read_text().partition("\ntests:")[0] + "\n"
        (folder / path.name).write_text(text.replace(old, new, 1))
    return str(folder)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Return exit code and the JSON value of a command about `firm`."""
    code = mapping.main([*words, "--connection", "firm", "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_what_ships_is_compared_with_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    assert mapping.main(["check", "--live", "--connection", "firm"]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert "ok      custom fields: will be created: Household, Client type" in lines
    assert last == f"{MAPPINGS}: no faults, no warnings"


def test_a_fault_has_its_place_and_the_files_in_force_do_not_matter(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = folder_with(tmp_path, "from: Account.Type\n", "from: Account.Client_Segment\n")
    code, told = run(capsys, "check", folder, "--live")
    [found] = [one for one in told["live"] if one["state"] != "ok"]
    assert (code, told["ok"], found["cause"]) == (2, False, "field_missing")
    assert found["place"].startswith("contact.yaml:")
    assert "did you mean Account.practifi__Client_Segment__c?" in found["advice"]


def test_files_with_faults_of_their_own_are_not_compared(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = folder_with(tmp_path, "from: Account.Type", "form: Account.Type")
    code, told = run(capsys, "check", folder, "--live")
    assert (code, told["ok"]) == (2, False)
    assert [fault["fix"] for fault in told["faults"]] == ["write from"]


def test_a_finding_stands_below_its_line_and_becomes_an_annotation(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = folder_with(tmp_path, "from: Account.Type\n", "from: Account.Client_Segment\n")
    words = ["check", folder, "--live", "--connection", "firm"]
    assert mapping.main(words) == 2
    lines = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("failed"))
    assert lines[at + 1].endswith(" |       from: Account.Client_Segment")
    assert lines[at + 2].endswith(f" | {'':12}{'^' * len('Account.Client_Segment')}")
    assert mapping.main([*words, "--format", "github"]) == 2
    assert capsys.readouterr().out.startswith(f"::error file={folder}/contact.yaml,line=")


def test_a_side_that_does_not_answer_is_said_and_the_other_one_compared(
    capsys: pytest.CaptureFixture[str], sandbox: RunningSandbox
) -> None:
    sandbox.faults({"side": "salesforce", "kind": "drop_before"})
    code, told = run(capsys, "check", "--live")
    assert (code, told["unseen"]) == (5, ["Salesforce"])
    assert [one["state"] for one in told["live"] if one["check"] == "custom fields"] == ["ok"]


def test_custom_fields_are_created_once(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = [{"label": label, "type": "string"} for label in ("Household", "Client type")]
    assert run(capsys, "create-fields", "--dry-run") == (0, {"would_be_created": wanted})
    assert run(capsys, "create-fields") == (0, {"created": wanted})
    assert run(capsys, "create-fields") == (0, {"created": []})


def test_nothing_is_created_while_deliveries_are_paused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pauses.pause(["--connection", "firm"])
    capsys.readouterr()
    with pytest.raises(ConfigurationError, match=r"is paused since .* `bridge resume` first"):
        mapping.main(["create-fields", "--connection", "firm"])
    assert len(run(capsys, "create-fields", "--dry-run")[1]["would_be_created"]) == 2
