"""`bridge salesforce`, and what other commands say of deployed messages."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from bridge.doctor.look import look_at
from bridge.errors import ConfigurationError
from bridge.mapping import cli as mapping_cli
from bridge.salesforce.deploy import cli
from tests.journey.administrator import MANIFEST, SENDER, without_clients

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journey.administrator import Administrator
    from tests.journey.firm import Firm


OWN_FLOW = """<?xml version="1.0" encoding="UTF-8"?>
<Flow xmlns="http://soap.sforce.com/2006/04/metadata">
    <actionCalls><name>Send</name><label>Send</label>
        <actionName>Contact.CC_Bridge_Contact</actionName>
        <actionType>outboundMessage</actionType></actionCalls>
    <label>Own</label>
    <processType>AutoLaunchedFlow</processType>
    <start><connector><targetReference>Send</targetReference></connector>
        <object>Contact</object><recordTriggerType>Create</recordTriggerType>
        <triggerType>RecordAfterSave</triggerType></start>
    <status>Active</status>
</Flow>
"""


def test_a_removal_that_stops_half_way_says_that_nothing_is_sent(
    admin: Administrator, at_the_terminal: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    admin.deploy()
    whole, definitions = admin.inventory(), admin.definitions()
    manifest = MANIFEST.replace("Contact.{name}", "Own").replace("CustomField", "Flow")
    admin.bring({"flows/Own.flow": OWN_FLOW.encode(), "package.xml": manifest.encode()})
    assert cli.main(["deploy", "--remove", *at_the_terminal]) == 1
    told = capsys.readouterr().out
    assert "flows are switched off, nothing is deleted" in told
    assert "-> take it from what uses it" in told
    assert (admin.inventory(), admin.definitions()) == (whole, definitions)


def test_the_command_checks_deploys_and_removes(
    admin: Administrator, at_the_terminal: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    before = admin.inventory()
    assert cli.main(["deploy", "--check-only", *at_the_terminal]) == 0
    assert "would be accepted; nothing was changed" in capsys.readouterr().out
    assert cli.main(["deploy", *at_the_terminal, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["problems"], told["messages_missing"]) == (True, [], [])
    assert cli.main(["deploy", "--remove", *at_the_terminal]) == 0
    assert admin.inventory() == before


def test_the_command_tells_each_part_that_is_refused(
    admin: Administrator, at_the_terminal: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    admin.field("CC_Bridge_Status__c")
    assert cli.main(["deploy", *at_the_terminal]) == 1
    told = capsys.readouterr().out
    assert "nothing was changed" in told
    assert "CustomField Contact.CC_Bridge_Status__c" in told
    assert "-> a field of this name and another type is there" in told


def test_the_command_writes_the_same_folder_twice_and_no_other(
    admin: Administrator, at_the_terminal: tuple[str, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "package"

    def written() -> dict[str, bytes]:
        assert cli.main(["package", "--to", str(folder), *at_the_terminal]) == 0
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    first = written()
    assert {"sfdx-project.json", "package.zip", "changes.txt"} <= first.keys()
    (folder / "force-app" / "old.xml").write_text("left by an earlier one")
    assert written() == first
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*") if path.is_file()} == {0}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "precious.txt").write_text("x")
    with pytest.raises(ConfigurationError, match="holds no package"):
        cli.main(["package", "--to", str(tmp_path / "other"), *at_the_terminal])
    assert admin.definitions() == []


def test_the_zip_that_was_written_is_what_an_administrator_can_deploy(
    admin: Administrator, at_the_terminal: tuple[str, ...], tmp_path: Path
) -> None:
    cli.main(["package", "--zip", str(tmp_path / "p.zip"), *at_the_terminal])
    job = admin.salesforce.metadata.deploy((tmp_path / "p.zip").read_bytes(), check_only=True)
    while not (told := admin.salesforce.metadata.deployment(job))["done"]:
        time.sleep(0.01)
    assert told["status"] == "Succeeded"


@pytest.mark.parametrize(
    "url", ["http://bridge.example.org", "https://bridge.example.org/?a=1", "bridge", "https://"]
)
def test_an_address_that_salesforce_does_not_post_to_is_refused(
    admin: Administrator, at_the_terminal: tuple[str, ...], url: str
) -> None:
    with pytest.raises(ConfigurationError, match="--public-url"):
        cli.main(["deploy", *at_the_terminal[:2], "--public-url", url])
    assert admin.steps == []


def test_nobody_removes_when_asking_for_a_check(at_the_terminal: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(["deploy", "--check-only", "--remove", *at_the_terminal])


def test_a_package_can_be_made_while_salesforce_does_not_answer(
    admin: Administrator, at_the_terminal: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    admin.firm.sandbox.faults({"side": "salesforce", "kind": "unavailable"})
    with pytest.raises(ConfigurationError, match="--send-as USERNAME"):
        cli.main(["package", "--change-list", *at_the_terminal])
    assert cli.main(["package", "--change-list", *at_the_terminal, "--send-as", SENDER]) == 0
    told = capsys.readouterr()
    assert "Salesforce was not asked" in told.err
    assert SENDER in told.out


def test_a_stand_in_on_this_machine_needs_no_address(
    admin: Administrator, at_the_terminal: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["package", "--change-list", *at_the_terminal[:2]]) == 0
    assert "Messages go to http://127.0.0.1:8080" in capsys.readouterr().out
    assert admin.definitions() == []


def test_checking_and_activating_a_mapping_names_the_message_to_deploy_again(
    firm: Firm,
    admin: Administrator,
    at_the_terminal: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    admin.deploy()
    folder = tmp_path / "mapping"
    folder.mkdir()
    without_clients(folder)
    sentence = "the outbound message of Contact does not carry Department"
    where = at_the_terminal[:2]
    assert mapping_cli.main(["check", str(folder), *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["to_deploy"] == [sentence]
    assert mapping_cli.main(["activate", str(folder), *where]) == 0
    assert sentence in capsys.readouterr().out
    installation = firm.bridge.installation
    looked = look_at(
        firm.bridge.connection, firm.bridge.database, installation.keyring, installation.settings
    )
    (told,) = [one for one in looked.findings if one.cause == "message_lacks"]
    assert "does not carry Department" in told.says
    assert told.advice is not None
    assert told.advice.startswith("`bridge salesforce deploy --connection firm`")


def test_messages_that_somebody_else_sends_are_not_taken_at_their_word(
    admin: Administrator, at_the_terminal: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    other = "omarsh@harbourlane.example.com"
    assert cli.main(["deploy", *at_the_terminal, "--send-as", other]) == 0
    assert f"what {other} may read is not known" in capsys.readouterr().out
    assert {row["access_checked_at"] for row in admin.definitions()} == {None}
