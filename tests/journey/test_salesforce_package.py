"""The package, deployed to an organization that has nothing of ours: what fires and arrives."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.doctor.connections import check_connection
from bridge.errors import ConfigurationError, Forbidden, RunRefused
from bridge.inbox.triage import triage_batch
from bridge.mapping import cli as mapping_cli
from bridge.mapping.compiled import load_mapping, read_files
from bridge.salesforce.deploy import cli
from bridge.salesforce.deploy.carry_out import Deployer
from bridge.salesforce.deploy.definitions import to_deploy_again
from bridge.salesforce.deploy.prepare import look
from bridge.salesforce.package.forms import zipped
from bridge.salesforce.package.generate import generate
from bridge.salesforce.package.model import Options
from bridge.wakeups import topics
from reconciler.handlers import handle
from tests.fix_bridge import MAPPINGS
from tests.journey.firm import BASE, LIST, MEMBERSHIP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.deploy.carry_out import Deployed
    from bridge.salesforce.package.model import Package
    from tests.journey.firm import Firm

DEADLINE_S = 10.0
SENDER = "ccbridge@harbourlane.example.com"
CLASH = "objects/Contact.object"
FIELD = """<?xml version="1.0" encoding="UTF-8"?>
<CustomObject xmlns="http://soap.sforce.com/2006/04/metadata">
    <fields><fullName>{name}</fullName><label>Own</label><type>Checkbox</type></fields>
</CustomObject>
"""
MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<Package xmlns="http://soap.sforce.com/2006/04/metadata">
    <types><members>Contact.{name}</members><name>CustomField</name></types>
    <version>66.0</version>
</Package>
"""


class Administrator:
    """Deploys to the organization of a firm."""

    def __init__(self, firm: Firm, salesforce: Salesforce) -> None:
        self.firm = firm
        self.salesforce = salesforce
        self.steps: list[str] = []

    def package(self, profile: str = "practifi", **changes: Any) -> Package:
        mapping = load_mapping(read_files(MAPPINGS), profile=profile, overrides={})
        host, _, path = self.firm.bridge.url.partition("/outbound-messages/")
        options = Options(
            endpoint_url=f"{host}/outbound-messages/{path}",
            console_url=host,
            send_as=SENDER,
            known=look(self.salesforce, mapping),
        )
        return generate(mapping, replace(options, **changes))

    def deployer(self) -> Deployer:
        return Deployer(
            database=self.firm.bridge.database,
            salesforce=self.salesforce,
            connection_id=self.firm.bridge.connection_id,
            is_own_user=True,
            tell=lambda step, _: self.steps.append(step),
        )

    def deploy(self, profile: str = "practifi", **changes: Any) -> Deployed:
        deployed = self.deployer().deploy(self.package(profile, **changes))
        assert deployed.outcome.succeeded, deployed.outcome.problems
        return deployed

    def field(self, name: str) -> None:
        """Deploy a field of the firm's own: a check box of contacts."""
        self.bring(
            {
                CLASH: FIELD.format(name=name).encode(),
                "package.xml": MANIFEST.format(name=name).encode(),
            }
        )

    def bring(self, files: dict[str, bytes]) -> None:
        """Deploy something of the firm's own."""
        job = self.salesforce.metadata.deploy(zipped(files), check_only=False)
        while not (told := self.salesforce.metadata.deployment(job))["done"]:
            time.sleep(0.01)
        assert told["status"] == "Succeeded"

    def inventory(self) -> dict[str, Any]:
        """Return what there is in the organization, as it shows itself."""
        sandbox = self.firm.sandbox
        listed = sandbox.salesforce("GET", BASE).json()["sobjects"]
        fields = {
            one["name"]: sorted(
                each["name"]
                for each in sandbox.salesforce("GET", f"{BASE}/{one['name']}/describe").json()[
                    "fields"
                ]
            )
            for one in listed
        }
        sets = sandbox.salesforce(
            "GET", f"{BASE.rpartition('/')[0]}/query", q="SELECT Name FROM PermissionSet"
        ).json()["records"]
        definitions = sandbox.control("GET", "/salesforce/definitions")
        return {
            "fields": fields,
            "sets": sorted(one["Name"] for one in sets),
            "messages": sorted(one["full_name"] for one in definitions),
        }

    def definitions(self) -> list[dict[str, Any]]:
        return self.firm.bridge.rows(
            "SELECT action_id, version, object, fields, lane, in_force_from, access_checked_at "
            "FROM outbound_definition WHERE connection_id = %(connection_id)s "
            "ORDER BY object, lane, version"
        )


@pytest.fixture
def admin(firm: Firm) -> Iterator[Administrator]:
    """An administrator of an organization without anything of ours."""
    firm.sandbox.control("POST", "/salesforce/bare")
    firm.sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    salesforce = firm.bridge.installation.salesforce(firm.bridge.connection)
    yield Administrator(firm, salesforce)
    salesforce.close()


def test_what_was_deployed_fires_and_a_person_arrives(firm: Firm, admin: Administrator) -> None:
    admin.deploy()
    letter = firm.new_list()
    person = firm.member("ada@example.org", letter, FirstName="Ada")
    firm.settle()
    assert firm.there("ada@example.org")["first_name"] == "Ada"
    assert firm.lists_of("ada@example.org") == {firm.cc_list_id(letter)}
    assert firm.status(person)[0] == "Subscribed"
    told = {one["object"] for one in firm.notifications()}
    assert told == {"Contact", LIST, MEMBERSHIP}


def test_the_field_lists_follow_what_was_deployed(firm: Firm, admin: Administrator) -> None:
    deployed = admin.deploy()
    there = {
        one["full_name"]: (one["action_id"], sorted(one["fields"]))
        for one in firm.sandbox.control("GET", "/salesforce/definitions")
    }
    rows = admin.definitions()
    assert sorted((row["action_id"], row["fields"]) for row in rows) == sorted(there.values())
    assert deployed.changed_lists == len(rows) == len(there)
    assert [row["object"] for row in rows if row["lane"] == 0] == ["Contact"]
    assert all(row["access_checked_at"] >= row["in_force_from"] for row in rows)


def test_a_field_that_was_emptied_is_known_to_be_empty(firm: Firm, admin: Administrator) -> None:
    admin.deploy()
    person = firm.member("ada@example.org", firm.new_list(), Title="Countess")
    firm.settle()
    assert firm.there("ada@example.org")["job_title"] == "Countess"
    firm.sandbox.advance(1)
    firm.change(person, Title=None)
    firm.bridge.receive()
    firm.bridge.triage()
    (row,) = firm.bridge.rows(
        "SELECT fields, unknown_fields FROM practifi_record WHERE sf_id = %(sf_id)s", sf_id=person
    )
    assert row["fields"]["Title"] is None
    assert [path for path in row["unknown_fields"] if "." not in path] == []
    firm.settle()
    assert "job_title" not in firm.there("ada@example.org")


def test_a_list_says_nothing_of_what_arrived_before_it_was_in_force(firm: Firm) -> None:
    (action,) = [
        one["action_id"]
        for one in firm.sandbox.control("GET", "/salesforce/definitions")
        if one["name"] == "CC_Bridge_Contact"
    ]
    with firm.bridge.database.transaction() as tx:
        tx.execute(
            "INSERT INTO outbound_definition (connection_id, action_id, version, object, fields, "
            "in_force_from, access_checked_at) "
            "VALUES (%s, %s, 1, 'Contact', '{Title}', app_now() + interval '1 minute', 'infinity')",
            (firm.bridge.connection_id, action),
        )
    early = firm.person("ada@example.org")
    firm.bridge.receive()
    firm.sandbox.advance(120)
    late = firm.person("ben@example.org")
    firm.bridge.receive()
    firm.bridge.triage()
    rows = firm.bridge.rows("SELECT sf_id, unknown_fields FROM practifi_record")
    unknown = {row["sf_id"]: "Title" in row["unknown_fields"] for row in rows}
    assert unknown == {early: True, late: False}


def test_a_change_of_consent_comes_by_a_message_of_its_own(
    firm: Firm, admin: Administrator
) -> None:
    admin.deploy()
    (consent,) = [row["action_id"] for row in admin.definitions() if row["lane"] == 0]
    deadline = time.monotonic() + DEADLINE_S
    flagged: list[str] = []
    while not flagged:  # the receiver looks for new definitions once a second
        assert time.monotonic() < deadline
        firm.person("ada@example.org", HasOptedOutOfEmail=True)
        firm.bridge.receive()
        flagged = [
            row["action_id"]
            for row in firm.bridge.rows("SELECT action_id FROM notification WHERE consent")
        ]
    assert {*flagged} == {consent}
    person = firm.person("ben@example.org")
    firm.bridge.receive()
    told = [one for one in firm.notifications() if one["record_id"] == person]
    assert len(told) == 1


def test_an_untick_is_stamped_by_the_deployed_flow(firm: Firm, admin: Administrator) -> None:
    admin.deploy()
    person = firm.person("ada@example.org", HasOptedOutOfEmail=True)
    assert firm.record("Contact", person)["CC_Bridge_Unticked_At__c"] is None
    firm.untick(person)
    record = firm.record("Contact", person)
    assert record["CC_Bridge_Unticked_At__c"] == record["LastModifiedDate"]
    assert record["CC_Bridge_Unticked_By__c"] == record["LastModifiedById"]
    firm.sandbox.advance(5)
    firm.change(person, Title="Countess")
    later = firm.record("Contact", person)
    assert later["CC_Bridge_Unticked_At__c"] == record["CC_Bridge_Unticked_At__c"]


def test_a_deletion_sends_a_tombstone_and_is_asked_after_at_once(
    firm: Firm, admin: Administrator
) -> None:
    admin.deploy()
    letter = firm.new_list()
    person = firm.person("ada@example.org")
    membership = firm.join(person, letter)
    firm.settle(deletes=True)
    firm.delete(MEMBERSHIP, membership)
    firm.bridge.receive()
    handle(firm.bridge.installation, topics.TRIAGE)
    woken = {row["topic"] for row in firm.bridge.rows("SELECT topic FROM wakeup")}
    assert topics.DELETES in woken
    last = firm.notifications()[-1]
    assert (last["object"], last["state"]) == ("CC_Bridge_Removed__c", "done")
    handle(firm.bridge.installation, topics.DELETES)
    firm.settle()
    assert firm.lists_of("ada@example.org") == set()


def test_no_tombstone_asks_for_nothing(firm: Firm, admin: Administrator) -> None:
    admin.deploy()
    firm.person("ada@example.org")
    firm.bridge.receive()
    asked: list[str] = []
    assert triage_batch(
        firm.bridge.database, consent=False, deleted=lambda: asked.append("deletes")
    )
    assert asked == []


def test_a_check_changes_nothing_on_either_side(admin: Administrator) -> None:
    before = admin.inventory()
    checked = admin.deployer().check(admin.package())
    assert checked.outcome.succeeded
    assert checked.outcome.parts > 40
    assert admin.inventory() == before
    assert admin.definitions() == []


def test_one_bad_part_keeps_all_others_out_and_is_told_with_its_place(
    admin: Administrator,
) -> None:
    admin.field("CC_Bridge_Status__c")
    before = admin.inventory()
    deployed = admin.deployer().deploy(admin.package())
    assert not deployed.outcome.succeeded
    told = {one.full_name: one for one in deployed.outcome.problems}
    problem = told["Contact.CC_Bridge_Status__c"]
    assert (problem.kind, problem.file) == ("CustomField", CLASH)
    assert (problem.line or 0) > 1
    assert problem.says == "Cannot change the type of the field Contact.CC_Bridge_Status__c"
    assert problem.advice == (
        "a field of this name and another type is there: rename or delete that one"
    )
    assert admin.inventory() == before
    assert admin.definitions() == []


def test_a_deployment_that_goes_on_is_not_given_up_for_an_answer(admin: Administrator) -> None:
    fault = {"side": "salesforce", "kind": "unavailable", "path": "deployRequest/", "times": 2}
    admin.firm.sandbox.faults(fault)
    admin.deploy()


def test_who_may_not_deploy_is_told_what_is_missing(admin: Administrator) -> None:
    package = admin.package()
    admin.firm.sandbox.faults(
        {"side": "salesforce", "kind": "disabled", "path": "deployRequest", "times": 1}
    )
    with pytest.raises(Forbidden, match="Modify Metadata Through Metadata API Functions"):
        admin.deployer().deploy(package)


def test_deploying_twice_changes_nothing(admin: Administrator) -> None:
    admin.deploy()
    inventory, definitions = admin.inventory(), admin.definitions()
    again = admin.deploy()
    assert (again.outcome.changed, again.changed_lists) == (0, 0)
    assert admin.inventory() == inventory
    assert admin.definitions() == definitions


@pytest.mark.parametrize("profile", ["practifi", "bridge", "plain"])
def test_removal_takes_everything_of_ours_away_and_nothing_else(
    admin: Administrator, profile: str
) -> None:
    admin.field("Own__c")
    before = admin.inventory()
    admin.deploy(profile)
    assert admin.inventory() != before
    package = admin.package(profile)
    removed = admin.deployer().remove(package, with_records=False)
    assert removed.outcome.succeeded, removed.outcome.problems
    assert admin.inventory() == before
    assert admin.definitions() == []
    assert admin.salesforce.metadata.outbound_messages() == {}


def without_clients(tmp_path: Path) -> dict[str, str]:
    """Return mapping files that read nothing of a client, and `Department` instead of `Title`."""
    files = read_files(MAPPINGS)
    kept, _, rest = files["contact.yaml"].partition("  # Constant Contact has no place of its own")
    lines = [line for line in kept.splitlines() if "Account." not in line]
    files["contact.yaml"] = "\n".join([*lines, ""]).replace("from: Title", "from: Department")
    assert "custom_fields" in rest
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return files


def test_removal_finds_what_an_earlier_mapping_has_brought(
    admin: Administrator, tmp_path: Path
) -> None:
    before = admin.inventory()
    admin.deploy()
    mapping = load_mapping(without_clients(tmp_path), profile="practifi", overrides={})
    options = Options(
        endpoint_url="https://x.example/o", console_url="https://x.example", send_as=SENDER
    )
    assert "Account.CC_Bridge_Account" not in {
        one.full_name for one in generate(mapping, options).messages
    }
    package = generate(mapping, options, whole=True)
    assert admin.deployer().remove(package, with_records=False).outcome.succeeded
    assert admin.inventory() == before


def test_there_may_be_nothing_to_remove(admin: Administrator) -> None:
    before = admin.inventory()
    removed = admin.deployer().remove(admin.package(), with_records=False)
    assert (removed.outcome.succeeded, removed.outcome.changed) == (True, 0)
    assert admin.inventory() == before


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


def test_lists_and_memberships_of_ours_are_not_removed_by_the_way(
    firm: Firm, admin: Administrator
) -> None:
    admin.deploy("bridge")
    firm.create("CC_Bridge_List__c", Name="Letter")
    package = admin.package("bridge")
    with pytest.raises(RunRefused, match="CC_Bridge_List__c holds 1 records"):
        admin.deployer().remove(package, with_records=False)
    assert admin.deployer().remove(package, with_records=True).outcome.succeeded


def test_drafts_send_nothing_until_they_are_activated(firm: Firm, admin: Administrator) -> None:
    admin.deploy(flow_status="Draft")
    firm.person("ada@example.org")
    assert firm.sandbox.control("GET", "/salesforce/deliveries") == []
    admin.deploy()
    firm.person("ben@example.org")
    firm.bridge.receive()
    assert [one["object"] for one in firm.notifications()] == ["Contact"]


def fields_at(admin: Administrator, object_name: str) -> list[tuple[int, int]]:
    """Return version and number of fields of the lists of an object."""
    rows = [row for row in admin.definitions() if row["object"] == object_name]
    return [(row["version"], len(row["fields"])) for row in rows]


def with_fields(package: Package, object_name: str, *more: str, without: str = "") -> Package:
    """Return a package whose message of one object carries more, or less."""
    messages = tuple(
        replace(one, fields=tuple(sorted({*one.fields, *more} - {without})))
        if one.object == object_name
        else one
        for one in package.messages
    )
    return replace(package, messages=messages)


def test_a_list_grows_after_a_deployment_and_shrinks_before_it(admin: Administrator) -> None:
    admin.deploy()
    ((_, count),) = fields_at(admin, LIST)
    wider = with_fields(admin.package(), LIST, "practifi__Description__c")
    admin.deployer().deploy(wider)
    assert fields_at(admin, LIST) == [(1, count), (2, count + 1)]
    first, newest = (row for row in admin.definitions() if row["object"] == LIST)
    assert (newest["in_force_from"] - first["in_force_from"]).total_seconds() >= 120
    admin.deployer().deploy(with_fields(admin.package(), LIST, without="Name"))
    versions = fields_at(admin, LIST)
    assert [size for _, size in versions] == [count, count + 1, count - 1]


def test_a_mapping_that_reads_more_names_the_message_to_deploy_again(
    firm: Firm, admin: Administrator
) -> None:
    admin.deploy()
    names = {"contact": {"primary_member": "practifi__Primary_Member__c"}}
    files = read_files(MAPPINGS)
    with firm.bridge.database.transaction() as tx:
        connection_id = firm.bridge.connection_id
        same = load_mapping(files, profile="practifi", overrides={})
        assert to_deploy_again(tx, connection_id, same) == []
        more = load_mapping(files, profile="practifi", overrides=names)
        assert to_deploy_again(tx, connection_id, more) == [
            "the outbound message of Contact does not carry practifi__Primary_Member__c"
        ]


@pytest.fixture
def at_the_terminal(firm: Firm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, ...]:
    """What commands need to find the firm."""
    settings, keyring = firm.bridge.installation.settings, firm.bridge.installation.keyring
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setattr(cli, "open_keyring", lambda _: keyring)
    host = firm.bridge.url.partition("/outbound-messages/")[0]
    return ("--connection", "firm", "--public-url", host)


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
    findings = check_connection(
        firm.bridge.connection, firm.bridge.database, installation.keyring, installation.settings
    )
    told = [one for one in findings if one.check == "messages"]
    assert [one.says for one in told] == [f"{sentence}: read one by one"]
    assert told[0].advice == "`bridge salesforce deploy --connection firm`"


def test_messages_that_somebody_else_sends_are_not_taken_at_their_word(
    admin: Administrator, at_the_terminal: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    other = "omarsh@harbourlane.example.com"
    assert cli.main(["deploy", *at_the_terminal, "--send-as", other]) == 0
    assert f"what {other} may read is not known" in capsys.readouterr().out
    assert {row["access_checked_at"] for row in admin.definitions()} == {None}
