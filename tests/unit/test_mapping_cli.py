"""`bridge mapping` as people call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError
from bridge.mapping.cli import main
from bridge.mapping.json_schema import json_schema
from tests.unit.mapping_builders import SHIPPED, contact_yaml, files_with

if TYPE_CHECKING:
    from pathlib import Path

CONTACT = str(SHIPPED / "contact.yaml")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in files_with().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def record(folder: Path, content: object) -> str:
    path = folder / "record.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_check_says_that_sound_files_are_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SHIPPED)]) == 0
    assert capsys.readouterr().out == f"{SHIPPED}: no faults, for profile practifi; 8 tests pass\n"


def test_check_lists_faults(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "contact.yaml").write_text(contact_yaml("frist_name: X"), encoding="utf-8")
    assert main(["check", str(folder)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "contact.yaml:6:3: unknown key `frist_name`",
        "  6 |   frist_name: X",
        "    |   ^^^^^^^^^^",
        "    -> write first_name",
    ]


def test_check_tells_programs_each_part_of_a_fault(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "contact.yaml").write_text(contact_yaml("frist_name: X"), encoding="utf-8")
    assert main(["check", str(folder), "--json"]) == 2
    printed = json.loads(capsys.readouterr().out)
    assert printed["ok"] is False
    assert printed["faults"] == [
        {
            "file": "contact.yaml",
            "line": 6,
            "column": 3,
            "end_column": 13,
            "cause": "unknown key `frist_name`",
            "fix": "write first_name",
            "quoted": "  frist_name: X",
            "text": "contact.yaml:6:3: unknown key `frist_name` (did you mean first_name?)",
        }
    ]


def test_check_annotates_a_pull_request(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "contact.yaml").write_text(contact_yaml("frist_name: X"), encoding="utf-8")
    assert main(["check", str(folder), "--format", "github"]) == 2
    path = str(folder).replace(",", "%2C").replace(":", "%3A")
    assert capsys.readouterr().out == (
        f"::error file={path}/contact.yaml,line=6,col=3,endColumn=13::"
        "unknown key `frist_name` (did you mean first_name?)\n"
    )


def test_run_takes_a_record_as_rest_gives_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rest: dict[str, object] = {
        "attributes": {"type": "Contact"},
        "Email": "ada@example.org",
        "Title": None,
        "Account": {"attributes": {}, "Name": "Lovelace", "Type": None},
    }
    assert main(["run", CONTACT, "--record", record(tmp_path, rest), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["becomes"] == {
        "email_address": {"address": "ada@example.org"},
        "job_title": None,
        "company_name": "Lovelace",
        "custom_fields": {"household": "Lovelace", "client_type": None},
    }
    assert (printed["left_out"], printed["error"]) == (None, None)
    assert "FirstName" in printed["not_known"]
    assert "Account.Name" not in printed["not_known"]


@pytest.mark.parametrize(
    "phones", [{"mobile": "1"}, [{"kind": "mobile", "phone_number": "1"}]], ids=["ours", "theirs"]
)
def test_run_says_what_a_write_rule_keeps(
    folder: Path, capsys: pytest.CaptureFixture[str], phones: object
) -> None:
    rules = "phone_numbers: {mobile: {from: MobilePhone, write: if_empty_there}}\n"
    rules += "job_title: {from: Title, write: if_empty_there}"
    (folder / "contact.yaml").write_text(contact_yaml(rules), encoding="utf-8")
    here = {"Email": "ada@example.org", "MobilePhone": "2", "Title": "Dr"}
    there = folder / "there.json"
    there.write_text(json.dumps({"phone_numbers": phones}), encoding="utf-8")
    asked = ["run", str(folder / "contact.yaml"), "--record", record(folder, here)]
    assert main([*asked, "--there", str(there)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["job_title", "Dr"]
    assert lines[2].endswith("2  (kept there: if_empty_there)")
    assert main([*asked, "--there", str(there), "--json"]) == 0
    kept = json.loads(capsys.readouterr().out)["kept"]
    assert kept == {"phone_numbers.mobile": "if_empty_there"}


def test_run_refuses_a_contact_that_can_be_none(folder: Path) -> None:
    there = folder / "there.json"
    there.write_text('{"phone_numbers": "1"}', encoding="utf-8")
    asked = ["run", CONTACT, "--record", record(folder, {}), "--there", str(there)]
    with pytest.raises(ConfigurationError, match="phone_numbers is no part of a contact"):
        main(asked)


def test_run_shows_people_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flat = {"Email": "ada@example.org", "Account.Name": "Lovelace", "Title": None}
    assert main(["run", CONTACT, "--record", record(tmp_path, flat)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["email_address.address", "ada@example.org"]
    assert lines[1].split() == ["job_title", "(cleared)"]
    assert lines[-1].startswith("not in this record, and so not touched: FirstName, ")


def test_run_tells_an_error_of_the_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", CONTACT, "--record", record(tmp_path, {"Email": "ada"})]) == 1
    assert "refused: contact.yaml:" in capsys.readouterr().out


def test_run_tells_why_a_record_takes_no_part(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "leave_out: [{when: {field: Gone__c, is: true}, reason: has died}]\n"
    (folder / "contact.yaml").write_text(contact_yaml(head=head), encoding="utf-8")
    file = str(folder / "contact.yaml")
    assert main(["run", file, "--record", record(folder, {"Email": "a@b", "Gone__c": True})]) == 0
    assert capsys.readouterr().out == "takes no part: has died\n"


def test_run_of_a_membership_says_that_it_takes_part(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(SHIPPED / "membership.yaml")
    assert main(["run", file, "--record", record(tmp_path, {"Id": "a02"})]) == 0
    assert capsys.readouterr().out == "takes part\n"


@pytest.mark.parametrize("content", [[], "text", 3])
def test_run_refuses_what_is_no_record(tmp_path: Path, content: object) -> None:
    with pytest.raises(ConfigurationError, match="one record, a JSON object, is expected"):
        main(["run", CONTACT, "--record", record(tmp_path, content)])


def test_run_refuses_a_file_that_maps_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a record goes through one of"):
        main(["run", str(SHIPPED / "names.yaml"), "--record", record(tmp_path, {})])


def test_schema_writes_the_file_that_editors_read(folder: Path) -> None:
    assert main(["schema", str(folder)]) == 0
    assert (folder / "schema.json").read_text(encoding="utf-8") == json_schema()
