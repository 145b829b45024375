"""The Metadata API: packages over SOAP and REST, what their parts change, what is refused."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pytest
import requests
from lxml import etree
from simple_salesforce.exceptions import SalesforceGeneralError

from tests.fix_endpoint import DATA, change, queue, save, until
from tests.fix_sandbox import RunningSandbox, start_sandbox, stop_sandbox
from tests.salesforce_client import ToSandbox, observers_client

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.fix_endpoint import Endpoint


META = "http://soap.sforce.com/2006/04/metadata"
M = f"{{{META}}}"
DEADLINE_S = 10.0
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
FIELD = """    <fields>
        <fullName>CC_Test__c</fullName>
        {}
    </fields>
"""
LABEL = "<label>Test</label>"
TEXT = (
    f"<externalId>true</externalId>{LABEL}<length>40</length><type>Text</type><unique>true</unique>"
)
OBJECT = """<deploymentStatus>Deployed</deploymentStatus>{}<label>Removed</label>
    <nameField><displayFormat>R-{{0000}}</displayFormat><label>No</label><type>AutoNumber</type>
    </nameField><pluralLabel>Removed</pluralLabel><sharingModel>ReadWrite</sharingModel>
"""
MESSAGE = """    <outboundMessages>
        <fullName>{name}</fullName>
        <apiVersion>61.0</apiVersion>
        <endpointUrl>{url}</endpointUrl>
        <fields>Email</fields>
        <fields>Id</fields>
        <fields>LastName</fields>
        <includeSessionId>false</includeSessionId>
        <integrationUser>ccbridge@harbourlane.example.com</integrationUser>
        <name>{name}</name>
        <protected>false</protected>
    </outboundMessages>
"""
FLOW = """    <actionCalls>
        <name>Send</name>
        <label>Send</label>
        <actionName>{sends}</actionName>
        <actionType>outboundMessage</actionType>
    </actionCalls>
    <label>Test</label>
    <processType>AutoLaunchedFlow</processType>
    <start>
        <connector><targetReference>Send</targetReference></connector>
        {condition}
        <object>Contact</object>
        <recordTriggerType>{kind}</recordTriggerType>
        <triggerType>RecordAfterSave</triggerType>
    </start>
    <status>{status}</status>
"""


def file(root: str, content: str) -> str:
    return f'{HEAD}<{root} xmlns="{META}">\n{content}</{root}>\n'


def manifest(members: Mapping[str, list[str]]) -> str:
    types = ""
    for kind, names in members.items():
        listed = "".join(f"<members>{each}</members>" for each in names)
        types += f"<types>{listed}<name>{kind}</name></types>"
    return file("Package", f"{types}<version>66.0</version>")


def package(members: Mapping[str, list[str]], files: Mapping[str, str] = {}) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in ({"package.xml": manifest(members)} | dict(files)).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def soap(
    sandbox: RunningSandbox, call: str, *, session: str | None = None, path: str = ""
) -> requests.Response:
    token = sandbox.line["observer"]["salesforce_access_token"] if session is None else session
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" '
        f'xmlns:met="{META}"><e:Header><met:SessionHeader><met:sessionId>{escape(token)}'
        f"</met:sessionId></met:SessionHeader></e:Header><e:Body>{call}</e:Body></e:Envelope>"
    )
    return sandbox.session.post(
        f"{sandbox.line['salesforce_url']}/services/Soap/m/66.0{path}",
        data=body.encode(),
        headers={"Content-Type": "text/xml", "SOAPAction": '""'},
        timeout=20,
    )


def asked(sandbox: RunningSandbox, call: str) -> etree._Element:
    answer = soap(sandbox, call)
    assert answer.status_code == 200, answer.text
    return etree.fromstring(answer.content)


def start(sandbox: RunningSandbox, content: bytes, **options: object) -> str:
    given = {"rollbackOnError": True, "singlePackage": True} | options
    shown = "".join(f"<met:{k}>{str(v).lower()}</met:{k}>" for k, v in given.items())
    root = asked(
        sandbox,
        f"<met:deploy><met:ZipFile>{base64.b64encode(content).decode()}</met:ZipFile>"
        f"<met:DeployOptions>{shown}</met:DeployOptions></met:deploy>",
    )
    assert root.findtext(f".//{M}state") == "Queued"
    job = root.findtext(f".//{M}id") or ""
    assert job.startswith("0Af")
    return job


def status(sandbox: RunningSandbox, job: str) -> etree._Element:
    root = asked(
        sandbox,
        f"<met:checkDeployStatus><met:asyncProcessId>{job}</met:asyncProcessId>"
        "<met:includeDetails>true</met:includeDetails></met:checkDeployStatus>",
    )
    (result,) = root.iter(f"{M}result")
    return result


def deploy(sandbox: RunningSandbox, content: bytes, **options: object) -> etree._Element:
    job = start(sandbox, content, **options)
    deadline = time.monotonic() + DEADLINE_S
    while (result := status(sandbox, job)).findtext(f"{M}done") != "true":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return result


def succeeded(result: etree._Element) -> None:
    assert result.findtext(f"{M}status") == "Succeeded", etree.tostring(result).decode()
    assert result.findtext(f"{M}success") == "true"


def failures(result: etree._Element) -> list[tuple[str | None, ...]]:
    names = ("componentType", "fullName", "fileName", "problemType", "lineNumber", "problem")
    return [
        tuple(each.findtext(f"{M}{name}") for name in names)
        for each in result.iter(f"{M}componentFailures")
    ]


def field_package(shape: str, owner: str = "Contact") -> bytes:
    return package(
        {"CustomField": [f"{owner}.CC_Test__c"]},
        {f"objects/{owner}.object": file("CustomObject", FIELD.format(shape))},
    )


def message_package(url: str, *, name: str = "Own", flow: str | None = None) -> bytes:
    members = {"WorkflowOutboundMessage": [f"Contact.{name}"]}
    files = {
        "workflows/Contact.workflow": file("Workflow", MESSAGE.format(name=name, url=escape(url)))
    }
    if flow is not None:
        members["Flow"] = ["Own_Flow"]
        files["flows/Own_Flow.flow"] = file("Flow", flow)
    return package(members, files)


def flow(
    *,
    condition: str = "",
    kind: str = "CreateAndUpdate",
    status: str = "Active",
    sends: str = "Contact.Own",
) -> str:
    return FLOW.format(condition=condition, kind=kind, status=status, sends=sends)


def describe(sandbox: RunningSandbox, name: str) -> dict[str, Any]:
    body = sandbox.salesforce("GET", f"{DATA}/sobjects/{name}/describe").json()
    return {each["name"]: each for each in body["fields"]}


def query(sandbox: RunningSandbox, text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.salesforce("GET", f"{DATA}/query", q=text).json()[
        "records"
    ]
    return found


@pytest.mark.rule("sf-md-deploy-result", "sf-md-custom-field")
def test_a_deployed_field_can_be_described_saved_and_asked_for(sandbox: RunningSandbox) -> None:
    before = save(sandbox, "Contact", LastName="Before")
    result = deploy(sandbox, field_package(TEXT))
    succeeded(result)
    for name, count in (("Total", "1"), ("Deployed", "1")):
        assert result.findtext(f"{M}numberComponents{name}") == count
    (part,) = [
        each
        for each in result.iter(f"{M}componentSuccesses")
        if each.findtext(f"{M}componentType") == "CustomField"
    ]
    assert part.findtext(f"{M}fullName") == "Contact.CC_Test__c"
    assert part.findtext(f"{M}fileName") == "objects/Contact.object"
    assert (part.findtext(f"{M}created"), part.findtext(f"{M}changed")) == ("true", "true")
    field = describe(sandbox, "Contact")["CC_Test__c"]
    assert (field["length"], field["externalId"], field["unique"]) == (40, True, True)
    save(sandbox, "Contact", LastName="After", CC_Test__c="k1")
    change(sandbox, "Contact", before, CC_Test__c="k0")
    found = query(sandbox, "SELECT LastName FROM Contact WHERE CC_Test__c = 'k0'")
    assert [each["LastName"] for each in found] == ["Before"]
    clash = sandbox.salesforce("PATCH", f"{DATA}/sobjects/Contact/CC_Test__c/k1", {"Title": "x"})
    assert clash.status_code == 200


@pytest.mark.rule("sf-md-custom-field")
@pytest.mark.parametrize(
    ("shape", "kind", "value"),
    [
        (f"<defaultValue>true</defaultValue>{LABEL}<type>Checkbox</type>", "boolean", False),
        (f"{LABEL}<type>Date</type>", "date", "2026-11-02"),
        (f"{LABEL}<type>DateTime</type>", "datetime", "2026-11-02T09:15:00.000+0000"),
        (f"{LABEL}<type>Email</type>", "email", "a@example.org"),
        (
            f"{LABEL}<precision>10</precision><scale>2</scale><type>Number</type>",
            "double",
            1.25,
        ),
        (f"{LABEL}<length>32768</length><type>LongTextArea</type>", "textarea", "long"),
        (
            (
                f"{LABEL}<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition>"
                "<value><fullName>One</fullName></value></valueSetDefinition></valueSet>"
            ),
            "picklist",
            "One",
        ),
        (f"{LABEL}<type>Url</type>", "url", "https://example.org"),
    ],
)
def test_fields_of_every_type_take_their_values(
    sandbox: RunningSandbox, shape: str, kind: str, value: object
) -> None:
    succeeded(deploy(sandbox, field_package(shape)))
    assert describe(sandbox, "Contact")["CC_Test__c"]["type"] == kind
    record = save(sandbox, "Contact", LastName="Quist", CC_Test__c=value)
    saved = sandbox.salesforce("GET", f"{DATA}/sobjects/Contact/{record}").json()
    assert saved["CC_Test__c"] == value


@pytest.mark.rule("sf-md-custom-object")
def test_a_deployed_object_has_records_of_its_own(sandbox: RunningSandbox) -> None:
    lookup = FIELD.format(
        f"{LABEL}<referenceTo>Contact</referenceTo><relationshipName>Removals</relationshipName>"
        "<type>Lookup</type>"
    )
    content = package(
        {"CustomObject": ["CC_Removed__c"]},
        {"objects/CC_Removed__c.object": file("CustomObject", OBJECT.format(lookup))},
    )
    succeeded(deploy(sandbox, content))
    person = save(sandbox, "Contact", LastName="Quist")
    record = save(sandbox, "CC_Removed__c", CC_Test__c=person)
    found = query(sandbox, "SELECT Name, CC_Test__r.LastName FROM CC_Removed__c")
    assert found[0]["Name"] == "R-0001"
    assert found[0]["CC_Test__r"]["LastName"] == "Quist"
    listed = sandbox.salesforce("GET", f"{DATA}/sobjects").json()["sobjects"]
    (own,) = [each for each in listed if each["name"] == "CC_Removed__c"]
    assert own["keyPrefix"] == record[:3]


@pytest.mark.rule("sf-md-outbound-message", "sf-md-flow-sends-message", "sf-md-message-and-flow")
def test_a_message_and_its_flow_are_deployed_together_and_fire(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    url = f"{endpoint.url}/own?a=1&b=2"
    succeeded(deploy(sandbox, message_package(url, flow=flow())))
    save(sandbox, "Contact", LastName="Quist", Email="quist@example.org")
    until(lambda: len(endpoint.got) == 1)
    (message,) = endpoint.got
    assert message.path.endswith("/own?a=1&b=2")
    assert list(message.fields()) == ["Id", "Email", "LastName"]
    assert b"/services/Soap/c/61.0/" in message.body
    (definition,) = [
        each
        for each in sandbox.control("GET", "/salesforce/definitions")
        if each["full_name"] == "Contact.Own"
    ]
    assert definition["endpoint_url"] == url
    assert definition["action_id"] == message.action
    assert definition["triggers"] == ["Own_Flow"]


@pytest.mark.rule("sf-md-flow-conditions")
@pytest.mark.parametrize(
    ("given", "fires"),
    [
        ({"kind": "Create"}, [True, False, False]),
        ({"kind": "Update"}, [False, True, True]),
        (
            {"condition": "OR(ISNEW(), ISCHANGED({!$Record.Email}))"},
            [True, True, False],
        ),
        (
            {"kind": "Update", "condition": "ISCHANGED({!$Record.Title})"},
            [False, False, True],
        ),
        (
            {"condition": 'AND(NOT(ISBLANK({!$Record.Title})), {!$Record.LastName} = "Quist")'},
            [False, False, True],
        ),
    ],
    ids=["create", "update", "new or changed", "changed", "values"],
)
def test_a_flow_fires_when_its_start_says_so(
    sandbox: RunningSandbox, given: dict[str, str], fires: list[bool]
) -> None:
    if "condition" in given:
        text = f"<filterFormula>{escape(given['condition'])}</filterFormula>"
        given = given | {"condition": text}
    succeeded(deploy(sandbox, message_package("http://127.0.0.1:9/x", flow=flow(**given))))

    def fired() -> bool:
        own = [each for each in queue(sandbox) if each["definition"] == "Own"]
        for each in own:
            body = {"notification_ids": [each["notification_id"]]}
            sandbox.control("POST", "/salesforce/deliveries/remove", body)
        return bool(own)

    person = save(sandbox, "Contact", LastName="Quist")
    seen = [fired()]
    change(sandbox, "Contact", person, Email="quist@example.org")
    seen.append(fired())
    change(sandbox, "Contact", person, Title="Boss")
    seen.append(fired())
    assert seen == fires


@pytest.mark.rule("sf-md-workflow-rule")
def test_a_workflow_rule_fires_when_the_record_newly_meets_it(sandbox: RunningSandbox) -> None:
    rule = """    <rules>
        <fullName>Own Rule</fullName>
        <actions><name>Own</name><type>OutboundMessage</type></actions>
        <active>true</active>
        <criteriaItems><field>Contact.Email</field><operation>notEqual</operation><value></value>
        </criteriaItems>
        <triggerType>onCreateOrTriggeringUpdate</triggerType>
    </rules>
"""
    content = MESSAGE.format(name="Own", url="http://127.0.0.1:9/x") + rule
    members = {"WorkflowOutboundMessage": ["Contact.Own"], "WorkflowRule": ["Contact.Own Rule"]}
    files = {"workflows/Contact.workflow": file("Workflow", content)}
    succeeded(deploy(sandbox, package(members, files)))

    def count() -> int:
        return sum(each["definition"] == "Own" for each in queue(sandbox))

    person = save(sandbox, "Contact", LastName="Quist")
    assert count() == 0
    change(sandbox, "Contact", person, Email="quist@example.org")
    assert count() == 1
    change(sandbox, "Contact", person, Email="maja@example.org")
    assert count() == 1


@pytest.mark.rule("sf-md-workflow-rule-on-every-save")
def test_a_rule_on_all_changes_fires_for_each_save_that_meets_it(sandbox: RunningSandbox) -> None:
    rule = """    <rules><fullName>Own Rule</fullName>
        <actions><name>Own</name><type>OutboundMessage</type></actions><active>true</active>
        <formula>NOT(ISBLANK(Email))</formula><triggerType>onAllChanges</triggerType></rules>
"""
    content = MESSAGE.format(name="Own", url="http://127.0.0.1:9/x") + rule
    members = {"WorkflowOutboundMessage": ["Contact.Own"], "WorkflowRule": ["Contact.Own Rule"]}
    files = {"workflows/Contact.workflow": file("Workflow", content)}
    succeeded(deploy(sandbox, package(members, files)))
    person = save(sandbox, "Contact", LastName="Quist", Email="quist@example.org")
    change(sandbox, "Contact", person, Title="Boss")
    change(sandbox, "Contact", person, Email=None)
    assert sum(each["definition"] == "Own" for each in queue(sandbox)) == 2


@pytest.mark.rule("sf-md-version-of-a-message", "sf-md-session-id-is-ignored")
def test_the_version_of_a_message_is_changed_by_deploying_it_again(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    url = f"{endpoint.url}/own"
    sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    succeeded(deploy(sandbox, message_package(url, flow=flow())))
    newer = (
        MESSAGE.format(name="Own", url=url)
        .replace("61.0", "62.0")
        .replace("<includeSessionId>false", "<includeSessionId>true")
    )
    files = {"workflows/Contact.workflow": file("Workflow", newer)}
    succeeded(deploy(sandbox, package({"WorkflowOutboundMessage": ["Contact.Own"]}, files)))
    save(sandbox, "Contact", LastName="Quist")
    until(lambda: len(endpoint.got) == 1)
    assert b"/services/Soap/c/62.0/" in endpoint.got[0].body
    assert b'<SessionId xsi:nil="true"/>' in endpoint.got[0].body


@pytest.mark.rule("sf-md-name-of-a-message")
@pytest.mark.parametrize("name", ["1Own", "Own_", "Own__Two", "Own Two", "Öwn"])
def test_the_name_of_a_message_is_letters_digits_and_single_underscores(
    sandbox: RunningSandbox, name: str
) -> None:
    result = deploy(sandbox, message_package("http://127.0.0.1:9/x", name=name))
    assert "can only contain underscores" in str(failures(result)[0][5])


@pytest.mark.rule("sf-md-no-message-of-a-deletion")
def test_a_flow_of_deletions_sends_no_message(sandbox: RunningSandbox) -> None:
    result = deploy(sandbox, message_package("http://127.0.0.1:9/x", flow=flow(kind="Delete")))
    assert [each[1] for each in failures(result)] == ["Own_Flow"]


STAMP = """    <assignments>
        <name>Stamp</name>
        <label>Stamp</label>
        <assignmentItems><assignToReference>$Record.Title</assignToReference>
            <operator>Assign</operator><value>{value}</value></assignmentItems>
    </assignments>
    <label>Test</label>
    <processType>AutoLaunchedFlow</processType>
    <start>
        <connector><targetReference>Stamp</targetReference></connector>
        <filterFormula>ISCHANGED({{!$Record.Email}})</filterFormula>
        <object>Contact</object>
        <recordTriggerType>Update</recordTriggerType>
        <triggerType>RecordBeforeSave</triggerType>
    </start>
    <status>{status}</status>
"""
KEEP = """    <label>Test</label>
    <processType>AutoLaunchedFlow</processType>
    <recordCreates>
        <name>Keep</name>
        <label>Keep</label>
        <inputAssignments><field>Description</field>
            <value><elementReference>$Record.Id</elementReference></value></inputAssignments>
        <inputAssignments><field>Name</field>
            <value><stringValue>Removed</stringValue></value></inputAssignments>
        <object>Campaign</object>
    </recordCreates>
    <start>
        <connector><targetReference>Keep</targetReference></connector>
        <object>{object}</object>
        <recordTriggerType>{kind}</recordTriggerType>
        <triggerType>RecordBeforeDelete</triggerType>
    </start>
    <status>Active</status>
"""


SWITCHED_OFF = package(
    {"FlowDefinition": ["Own_Flow"]},
    {
        "flowDefinitions/Own_Flow.flowDefinition": file(
            "FlowDefinition", "<activeVersionNumber>0</activeVersionNumber>"
        )
    },
)


def flow_package(content: str) -> bytes:
    return package({"Flow": ["Own_Flow"]}, {"flows/Own_Flow.flow": file("Flow", content)})


@pytest.mark.rule("sf-md-before-save-flow", "sf-md-active-flow-stays")
def test_a_flow_before_the_save_sets_a_field_until_it_is_switched_off(
    sandbox: RunningSandbox,
) -> None:
    value = "<elementReference>$User.Id</elementReference>"
    succeeded(deploy(sandbox, flow_package(STAMP.format(value=value, status="Active"))))
    person = save(sandbox, "Contact", LastName="Quist")

    def title() -> Any:
        return sandbox.salesforce("GET", f"{DATA}/sobjects/Contact/{person}").json()["Title"]

    change(sandbox, "Contact", person, LastName="Moran")
    assert title() is None
    change(sandbox, "Contact", person, Email="quist@example.org")
    assert str(title()).startswith("005")
    removal = package({}, {"destructiveChanges.xml": manifest({"Flow": ["Own_Flow-1"]})})
    assert deploy(sandbox, removal).findtext(f"{M}status") == "Failed"
    succeeded(deploy(sandbox, SWITCHED_OFF))
    change(sandbox, "Contact", person, Email=None, Title=None)
    assert title() is None
    succeeded(deploy(sandbox, removal))


@pytest.mark.rule("sf-md-before-delete-flow")
def test_a_flow_before_a_deletion_keeps_what_it_is_told_to(sandbox: RunningSandbox) -> None:
    flow = KEEP.format(object="Contact", kind="Delete")
    succeeded(deploy(sandbox, flow_package(flow)))
    account = save(sandbox, "Account", Name="Quist household")
    alone = save(sandbox, "Contact", LastName="Quist")
    save(sandbox, "Contact", LastName="Moran", AccountId=account)
    assert sandbox.salesforce("DELETE", f"{DATA}/sobjects/Contact/{alone}").ok
    assert sandbox.salesforce("DELETE", f"{DATA}/sobjects/Account/{account}").ok
    kept = query(sandbox, "SELECT Description FROM Campaign WHERE Name = 'Removed'")
    assert [each["Description"] for each in kept] == [alone]


@pytest.mark.rule("sf-md-before-delete-flow")
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (KEEP.format(object="Contact", kind="Update"), "does not fit the triggerType"),
        (KEEP.format(object="Nothing__c", kind="Delete"), "no CustomObject named Nothing__c"),
        (
            KEEP.format(object="Contact", kind="Delete").replace("Description", "Nothing__c"),
            "no CustomField named Campaign.Nothing__c found",
        ),
        (STAMP.format(value="", status="Active"), "The resource (none) does not exist"),
    ],
)
def test_a_flow_that_names_what_is_not_there_is_refused(
    sandbox: RunningSandbox, content: str, problem: str
) -> None:
    (failure,) = failures(deploy(sandbox, flow_package(content)))
    assert problem in str(failure[5])


@pytest.mark.rule("sf-md-activity-field")
def test_a_field_of_activities_is_one_of_tasks_and_events(sandbox: RunningSandbox) -> None:
    succeeded(deploy(sandbox, field_package(TEXT, owner="Activity")))
    for name in ("Task", "Event"):
        assert "CC_Test__c" in describe(sandbox, name)
    gone = {"destructiveChanges.xml": manifest({"CustomField": ["Activity.CC_Test__c"]})}
    succeeded(deploy(sandbox, package({}, gone)))
    for name in ("Task", "Event"):
        assert "CC_Test__c" not in describe(sandbox, name)


def test_an_org_can_be_as_it_was_before_the_package(sandbox: RunningSandbox) -> None:
    assert sandbox.control("POST", "/salesforce/bare") == []
    assert [name for name in describe(sandbox, "Contact") if name.startswith("CC_Bridge")] == []
    names = {
        one["name"] for one in sandbox.salesforce("GET", f"{DATA}/sobjects").json()["sobjects"]
    }
    assert not any(name.startswith("CC_Bridge") for name in names)
    assert "practifi__Constant_Contact_List__c" in names
    person = save(sandbox, "Contact", LastName="Quist", HasOptedOutOfEmail=True)
    change(sandbox, "Contact", person, HasOptedOutOfEmail=False)
    assert queue(sandbox) == []
    sandbox.control("POST", "/reset")
    assert "CC_Bridge_Status__c" in describe(sandbox, "Contact")


@pytest.mark.rule("sf-md-field-on-a-managed-object")
def test_a_field_is_added_to_an_object_of_a_package(sandbox: RunningSandbox) -> None:
    owner = "practifi__Constant_Contact_List__c"
    succeeded(deploy(sandbox, field_package(TEXT, owner=owner)))
    assert "CC_Test__c" in describe(sandbox, owner)


@pytest.mark.rule("sf-md-flow-arrives-as-draft")
def test_a_flow_can_arrive_as_a_draft(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"flows_deploy_active": False})
    succeeded(deploy(sandbox, message_package("http://127.0.0.1:9/x", flow=flow())))
    save(sandbox, "Contact", LastName="Quist")
    assert [each["definition"] for each in queue(sandbox)] == ["CC_Bridge_Contact"]


@pytest.mark.rule("sf-md-removal-in-order")
def test_a_flow_is_made_inactive_then_removed_then_its_message(sandbox: RunningSandbox) -> None:
    url = "http://127.0.0.1:9/x"
    succeeded(deploy(sandbox, message_package(url, flow=flow())))
    both = {"Flow": ["Own_Flow-1"], "WorkflowOutboundMessage": ["Contact.Own"]}
    removal = package({}, {"destructiveChanges.xml": manifest(both)})
    result = deploy(sandbox, removal)
    assert result.findtext(f"{M}status") == "Failed"
    assert [each[1] for each in failures(result)] == ["Own_Flow-1", "Contact.Own"]
    succeeded(deploy(sandbox, SWITCHED_OFF))
    result = deploy(sandbox, removal)
    succeeded(result)
    deleted = [
        each.findtext(f"{M}fullName")
        for each in result.iter(f"{M}componentSuccesses")
        if each.findtext(f"{M}deleted") == "true"
    ]
    assert deleted == ["Own_Flow-1", "Contact.Own"]
    names = [each["full_name"] for each in sandbox.control("GET", "/salesforce/definitions")]
    assert "Contact.Own" not in names


def versions(sandbox: RunningSandbox) -> list[tuple[float, str]]:
    found = query(
        sandbox,
        "SELECT VersionNumber, Status FROM FlowVersionView "
        "WHERE FlowDefinitionView.ApiName = 'Own_Flow' ORDER BY VersionNumber",
    )
    return [(each["VersionNumber"], each["Status"]) for each in found]


@pytest.mark.rule("sf-md-flow-versions")
def test_a_deployment_adds_a_version_and_a_draft_leaves_the_active_one(
    sandbox: RunningSandbox,
) -> None:
    url = "http://127.0.0.1:9/x"
    for _ in range(2):
        succeeded(deploy(sandbox, message_package(url, flow=flow())))
    assert versions(sandbox) == [(1, "Active")]
    succeeded(deploy(sandbox, message_package(url, flow=flow(status="Draft"))))
    assert versions(sandbox) == [(1, "Active"), (2, "Draft")]
    save(sandbox, "Contact", LastName="Quist")
    assert "Own" in [each["definition"] for each in queue(sandbox)]
    (shown,) = query(sandbox, "SELECT IsActive FROM FlowDefinitionView WHERE ApiName = 'Own_Flow'")
    assert shown["IsActive"] is False
    succeeded(deploy(sandbox, message_package(url, flow=flow(kind="Create"))))
    assert versions(sandbox) == [(1, "Obsolete"), (2, "Active")]


@pytest.mark.rule("sf-md-flow-versions")
def test_a_flow_is_deleted_by_each_of_its_versions(sandbox: RunningSandbox) -> None:
    url = "http://127.0.0.1:9/x"
    for kind in ("Create", "Update"):
        succeeded(deploy(sandbox, message_package(url, flow=flow(kind=kind))))
    succeeded(deploy(sandbox, SWITCHED_OFF))
    whole = package({}, {"destructiveChanges.xml": manifest({"Flow": ["Own_Flow"]})})
    (failure,) = failures(deploy(sandbox, whole))
    assert failure[5] == "insufficient access rights on cross-reference id"
    names = ["Own_Flow-1", "Own_Flow-2", "Own_Flow-3"]
    each = package({}, {"destructiveChanges.xml": manifest({"Flow": names})})
    result = deploy(sandbox, each)
    succeeded(result)
    assert [one[3] for one in failures(result)] == ["Warning"]
    assert versions(sandbox) == []


@pytest.mark.rule("sf-md-destructive-changes")
def test_a_field_and_an_object_are_removed(sandbox: RunningSandbox) -> None:
    succeeded(deploy(sandbox, field_package(TEXT)))
    gone = {"CustomField": ["Contact.CC_Test__c"], "CustomObject": ["CC_Bridge_Membership__c"]}
    removal = package({}, {"destructiveChangesPost.xml": manifest(gone)})
    succeeded(deploy(sandbox, removal))
    assert "CC_Test__c" not in describe(sandbox, "Contact")
    path = f"{DATA}/sobjects/CC_Bridge_Membership__c/describe"
    assert sandbox.salesforce("GET", path).status_code == 404
    again = deploy(sandbox, removal)
    succeeded(again)
    warnings = [each[3:] for each in failures(again)]
    assert warnings[0] == ("Warning", "1", "No CustomField named: Contact.CC_Test__c found")
    sandbox.control("POST", "/reset")
    assert sandbox.salesforce("GET", path).status_code == 200


@pytest.mark.rule("sf-md-permission-set")
def test_a_permission_set_is_stored_and_visible(sandbox: RunningSandbox) -> None:
    content = """<fieldPermissions><editable>false</editable><field>Contact.Email</field>
    <readable>true</readable></fieldPermissions><hasActivationRequired>false</hasActivationRequired>
    <label>Own</label><objectPermissions><allowRead>true</allowRead><object>Account</object>
    <viewAllRecords>true</viewAllRecords></objectPermissions>
    <objectPermissions><allowCreate>false</allowCreate><allowDelete>false
    </allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead>
    <modifyAllRecords>false</modifyAllRecords><object>Contact</object>
    <viewAllRecords>true</viewAllRecords></objectPermissions>
    <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>
"""
    files = {"permissionsets/Own.permissionset": file("PermissionSet", content)}
    for _ in range(2):
        succeeded(deploy(sandbox, package({"PermissionSet": ["Own"]}, files)))
    (made,) = query(
        sandbox,
        "SELECT Id, Label, PermissionsApiEnabled, PermissionsEnableNotifications "
        "FROM PermissionSet WHERE Name = 'Own'",
    )
    assert made["PermissionsApiEnabled"] is True
    assert made["PermissionsEnableNotifications"] is False
    (field,) = query(
        sandbox,
        "SELECT Field, PermissionsRead, PermissionsEdit FROM FieldPermissions "
        "WHERE Parent.Name = 'Own'",
    )
    assert field["Field"] == "Contact.Email"
    assert (field["PermissionsRead"], field["PermissionsEdit"]) == (True, False)
    (own,) = query(
        sandbox,
        "SELECT SobjectType, PermissionsViewAllRecords FROM ObjectPermissions "
        "WHERE Parent.Name = 'Own' AND SobjectType = 'Contact'",
    )
    assert (own["SobjectType"], own["PermissionsViewAllRecords"]) == ("Contact", True)


@pytest.mark.rule("sf-md-other-parts-are-kept", "sf-md-list-metadata")
@pytest.mark.parametrize(
    ("kind", "name", "path", "root"),
    [
        ("RemoteSiteSetting", "Bridge", "remoteSiteSettings/Bridge.remoteSite", None),
        ("CspTrustedSite", "Bridge", "cspTrustedSites/Bridge.cspTrustedSite", None),
        ("CustomTab", "Bridge", "tabs/Bridge.tab", None),
        ("Layout", "Contact-Bridge", "layouts/Contact-Bridge.layout", None),
        ("WebLink", "Contact.Open", "objects/Contact.object", "webLinks"),
        ("ListView", "Contact.All", "objects/Contact.object", "listViews"),
    ],
)
def test_other_parts_are_kept_and_listed(
    sandbox: RunningSandbox, kind: str, name: str, path: str, root: str | None
) -> None:
    content = "<description>x</description>"
    if root is None:
        text = file(kind, content)
    else:
        inner = f"<{root}><fullName>{name.partition('.')[2]}</fullName></{root}>"
        text = file("CustomObject", inner)
    succeeded(deploy(sandbox, package({kind: [name]}, {path: text})))
    listing = f"<met:listMetadata><met:queries><met:type>{kind}</met:type></met:queries>"
    found = asked(sandbox, f"{listing}</met:listMetadata>")
    assert [each.text for each in found.iter(f"{M}fullName")] == [name]


@pytest.mark.rule("sf-md-check-only")
def test_a_check_changes_nothing(sandbox: RunningSandbox) -> None:
    result = deploy(sandbox, field_package(TEXT), checkOnly=True)
    succeeded(result)
    assert result.findtext(f"{M}checkOnly") == "true"
    assert "CC_Test__c" not in describe(sandbox, "Contact")


@pytest.mark.rule("sf-md-rollback-on-error")
@pytest.mark.parametrize(("rolls_back", "state"), [(True, "Failed"), (False, "SucceededPartial")])
def test_one_bad_part_takes_the_others_with_it_or_not(
    sandbox: RunningSandbox, *, rolls_back: bool, state: str
) -> None:
    bad = FIELD.format(f"{LABEL}<type>Text</type>").replace("CC_Test__c", "CC_Bad__c")
    content = package(
        {"CustomField": ["Contact.CC_Test__c", "Contact.CC_Bad__c"]},
        {"objects/Contact.object": file("CustomObject", FIELD.format(TEXT) + bad)},
    )
    result = deploy(sandbox, content, rollbackOnError=rolls_back)
    assert result.findtext(f"{M}status") == state
    assert result.findtext(f"{M}numberComponentErrors") == "1"
    assert ("CC_Test__c" in describe(sandbox, "Contact")) is not rolls_back
    (failure,) = failures(result)
    assert failure == (
        "CustomField",
        "Contact.CC_Bad__c",
        "objects/Contact.object",
        "Error",
        "7",
        "Must specify 'length' for a CustomField of type Text",
    )


BAD_MESSAGE = MESSAGE.format(name="Own", url="http://127.0.0.1:9/x")


@pytest.mark.rule("sf-md-problems-have-lines", "sf-md-user-of-a-message")
@pytest.mark.parametrize(
    ("members", "files", "line", "problem"),
    [
        (
            {"CustomField": ["Contact.CC_Test__c"]},
            {
                "objects/Contact.object": file(
                    "CustomObject", FIELD.format(f"{LABEL}<type>Tekst</type>")
                )
            },
            "5",
            "Error parsing file: 'Tekst' is not a valid value for the enum 'FieldType'",
        ),
        (
            {"CustomField": ["Contact.CC_Test__c"]},
            {
                "objects/Contact.object": file(
                    "CustomObject",
                    FIELD.format(f"{LABEL}<precision>99</precision><type>Number</type>"),
                )
            },
            "5",
            "The precision of a number is at most 18, its scale no larger",
        ),
        (
            {"CustomField": ["Nope__c.CC_Test__c"]},
            {"objects/Nope__c.object": file("CustomObject", FIELD.format(TEXT))},
            "3",
            "no CustomObject named Nope__c found",
        ),
        (
            {"CustomObject": ["Nope__c"]},
            {"objects/Nope__c.object": file("CustomObject", FIELD.format(TEXT))},
            "2",
            "Must specify a non-empty label for the CustomObject",
        ),
        (
            {"WorkflowOutboundMessage": ["Contact.Own"]},
            {
                "workflows/Contact.workflow": file(
                    "Workflow", BAD_MESSAGE.replace("LastName", "Nope__c")
                )
            },
            "9",
            "In field: fields - no CustomField named Contact.Nope__c found",
        ),
        (
            {"WorkflowOutboundMessage": ["Contact.Own"]},
            {
                "workflows/Contact.workflow": file(
                    "Workflow", BAD_MESSAGE.replace("ccbridge@", "nobody@")
                )
            },
            "11",
            ("In field: integrationUser - no User named nobody@harbourlane.example.com found"),
        ),
        (
            {"Flow": ["Own_Flow"]},
            {"flows/Own_Flow.flow": file("Flow", flow())},
            "6",
            (
                "Send (Action) - We can't find an action with the name and action type that you "
                "specified."
            ),
        ),
        (
            {"PermissionSet": ["Own"]},
            {"permissionsets/Own.permissionset": file("PermissionSet", "")},
            "2",
            "Required field is missing: label",
        ),
        (
            {"PermissionSet": ["Own"]},
            {
                "permissionsets/Own.permissionset": file(
                    "PermissionSet",
                    "<label>Own</label><objectPermissions><allowEdit>true</allowEdit>"
                    "<object>Contact</object></objectPermissions>",
                )
            },
            "1",
            "Permission Edit Contact depends on permission(s): Read Contact",
        ),
        (
            {"CustomField": ["Contact.CC_Test__c"]},
            {},
            "1",
            (
                "An object 'Contact.CC_Test__c' of type CustomField was named in package.xml, but "
                "was not found in zipped directory"
            ),
        ),
    ],
    ids=[
        "type",
        "digits",
        "owner",
        "object",
        "field",
        "user",
        "action",
        "label",
        "depends",
        "missing",
    ],
)
def test_a_part_that_cannot_be_deployed_says_why_and_where(
    sandbox: RunningSandbox,
    members: dict[str, list[str]],
    files: dict[str, str],
    line: str,
    problem: str,
) -> None:
    result = deploy(sandbox, package(members, files))
    assert result.findtext(f"{M}status") == "Failed"
    # A field of an object that fails fails as well.
    failure = failures(result)[0]
    assert failure[3:] == ("Error", line, problem)


def test_a_file_that_is_no_xml_fails_with_its_line(sandbox: RunningSandbox) -> None:
    files = {"flows/Own_Flow.flow": "<Flow>\n<label>\n</Flow>"}
    result = deploy(sandbox, package({"Flow": ["Own_Flow"]}, files))
    first = failures(result)[0]
    assert first[2:5] == ("flows/Own_Flow.flow", "Error", "3")
    assert str(first[5]).startswith("Error parsing file: ")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04broken"])
def test_what_is_no_zip_fails(sandbox: RunningSandbox, content: bytes) -> None:
    result = deploy(sandbox, content)
    assert result.findtext(f"{M}status") == "Failed"
    assert len(failures(result)) == 1


def test_a_zip_without_a_manifest_fails(sandbox: RunningSandbox) -> None:
    result = deploy(sandbox, package({}), singlePackage=False)
    assert failures(result)[0][5] == "No package.xml found"


@pytest.mark.rule("sf-md-package-in-a-folder")
def test_a_package_can_be_in_a_folder(sandbox: RunningSandbox) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("own/package.xml", manifest({"CustomTab": ["Own"]}))
        archive.writestr("own/tabs/Own.tab", file("CustomTab", ""))
    succeeded(deploy(sandbox, buffer.getvalue(), singlePackage=False))


@pytest.mark.rule("sf-md-cancel")
def test_a_deployment_that_waits_is_cancelled(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"metadata_takes_s": 600})
    job = start(sandbox, field_package(TEXT))
    assert status(sandbox, job).findtext(f"{M}status") == "Pending"
    asked(sandbox, f"<met:cancelDeploy><met:String>{job}</met:String></met:cancelDeploy>")
    sandbox.advance(601)
    assert status(sandbox, job).findtext(f"{M}status") == "Canceled"


@pytest.mark.rule("sf-md-retrieve")
def test_what_was_deployed_is_retrieved(sandbox: RunningSandbox) -> None:
    succeeded(deploy(sandbox, message_package("http://127.0.0.1:9/x", flow=flow())))
    wanted = (
        "<met:types><met:members>*</met:members><met:name>Flow</met:name></met:types>"
        "<met:types><met:members>Nope</met:members><met:name>CustomTab</met:name></met:types>"
    )
    root = asked(
        sandbox,
        "<met:retrieve><met:retrieveRequest><met:apiVersion>66.0</met:apiVersion>"
        f"<met:unpackaged>{wanted}</met:unpackaged></met:retrieveRequest></met:retrieve>",
    )
    job = root.findtext(f".//{M}id")
    check = (
        f"<met:checkRetrieveStatus><met:asyncProcessId>{job}</met:asyncProcessId>"
        "<met:includeZip>true</met:includeZip></met:checkRetrieveStatus>"
    )
    until(lambda: asked(sandbox, check).findtext(f".//{M}done") == "true")
    result = asked(sandbox, check)
    content = base64.b64decode(result.findtext(f".//{M}zipFile") or "")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["unpackaged/flows/Own_Flow.flow", "unpackaged/package.xml"]
        assert b"<status>Active</status>" in archive.read("unpackaged/flows/Own_Flow.flow")
    assert result.findtext(f".//{M}problem") == (
        "Entity of type 'CustomTab' named 'Nope' cannot be found"
    )
    read = asked(
        sandbox,
        "<met:readMetadata><met:type>Flow</met:type><met:fullNames>Own_Flow</met:fullNames>"
        "</met:readMetadata>",
    )
    assert read.findtext(f".//{M}records/{M}status") == "Active"


@pytest.mark.rule("sf-md-rest-deploy")
@pytest.mark.parametrize("name", ["json", "entity_content"])
def test_a_package_is_deployed_over_rest(sandbox: RunningSandbox, name: str) -> None:
    options = {"deployOptions": {"singlePackage": True, "rollbackOnError": True}}
    token = sandbox.line["observer"]["salesforce_access_token"]
    answer = sandbox.session.post(
        f"{sandbox.line['salesforce_url']}{DATA}/metadata/deployRequest",
        files={
            name: ("blob", json.dumps(options).encode(), "application/json"),
            "file": ("deploy.zip", field_package(TEXT), "application/zip"),
        },
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )
    assert answer.status_code == 201, answer.text
    path = f"{DATA}/metadata/deployRequest/{answer.json()['id']}?includeDetails=true"

    def result() -> dict[str, Any]:
        found: dict[str, Any] = sandbox.salesforce("GET", path).json()["deployResult"]
        return found

    until(lambda: result()["done"] is True)
    assert result()["status"] == "Succeeded"
    parts = result()["details"]["componentSuccesses"]
    assert [each["fullName"] for each in parts] == ["package.xml", "Contact.CC_Test__c"]


@pytest.mark.rule("sf-md-session-in-header")
def test_a_call_without_a_session_is_a_fault(sandbox: RunningSandbox) -> None:
    answer = soap(sandbox, "<met:describeMetadata/>", session="nobody")
    assert answer.status_code == 500
    assert "<faultcode>sf:INVALID_SESSION_ID</faultcode>" in answer.text


@pytest.mark.parametrize(
    "call",
    [
        "<met:nope/>",
        "<met:checkDeployStatus/>",
        "<met:checkDeployStatus><met:asyncProcessId>0Af</met:asyncProcessId></met:checkDeployStatus>",
        "<met:retrieve/>",
        "<met:listMetadata><met:queries><met:type>Nope</met:type></met:queries></met:listMetadata>",
        "<broken",
        "",
    ],
)
def test_a_call_that_is_none_is_a_fault(sandbox: RunningSandbox, call: str) -> None:
    answer = soap(sandbox, call)
    assert answer.status_code == 500
    assert "<faultcode>" in answer.text


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    with requests.Session() as session:
        yield observers_client(sandbox, session)


@pytest.mark.rule("sf-md-simple-salesforce")
def test_simple_salesforce_deploys_and_checks(client: Any, sandbox: RunningSandbox) -> None:
    started = client.deploy(io.BytesIO(field_package(TEXT)), sandbox=False)
    assert started["state"] == "Queued"
    until(lambda: client.checkDeployStatus(started["asyncId"])["state"] == "Succeeded")
    found = client.checkDeployStatus(started["asyncId"])
    assert found["deployment_detail"] == {
        "total_count": "1",
        "failed_count": "0",
        "deployed_count": "1",
        "errors": [],
    }
    assert "CC_Test__c" in describe(sandbox, "Contact")
    bad = client.deploy(io.BytesIO(field_package(f"{LABEL}<type>Text</type>")), sandbox=False)
    until(lambda: client.checkDeployStatus(bad["asyncId"])["state"] == "Failed")
    (error,) = client.checkDeployStatus(bad["asyncId"])["deployment_detail"]["errors"]
    assert error["message"] == "Must specify 'length' for a CustomField of type Text"
    with pytest.raises(SalesforceGeneralError):
        client.checkDeployStatus("0Af5g0000000000AAA")


@pytest.mark.rule("sf-md-simple-salesforce", "sf-md-retrieve")
def test_simple_salesforce_retrieves(client: Any, sandbox: RunningSandbox) -> None:
    succeeded(deploy(sandbox, message_package("http://127.0.0.1:9/x", flow=flow())))
    # It wants an id to put behind the address, where nobody looks at it.
    job, state = client.mdapi.retrieve("new", unpackaged={"Flow": ["Own_Flow"]})
    assert state == "Queued"
    until(lambda: client.mdapi.check_retrieve_status(job)[0] == "Succeeded")
    _, _, messages, content = client.mdapi.retrieve_zip(job)
    assert messages == []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "unpackaged/flows/Own_Flow.flow" in archive.namelist()


@pytest.mark.rule("sf-md-simple-salesforce", "sf-md-list-metadata")
def test_simple_salesforce_describes_and_lists(client: Any, sandbox: RunningSandbox) -> None:
    # Its SOAP client has connections of its own.
    there = ToSandbox(sandbox.line["salesforce_url"])
    client.mdapi._client.transport.session.mount("https://", there)
    described = client.mdapi.describe_metadata()
    assert "CustomObject" in [each.xmlName for each in described.metadataObjects]
    asks = client.mdapi._client.get_type("ns0:ListMetadataQuery")(type="WorkflowOutboundMessage")
    listed = client.mdapi.list_metadata([asks])
    assert "Contact.CC_Bridge_Contact" in [each.fullName for each in listed]


def saved(sandbox: RunningSandbox, call: str, kind: str, content: str) -> etree._Element:
    root = asked(
        sandbox,
        f'<met:{call}><met:metadata xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
        f'i:type="met:{kind}" xmlns="{META}">{content}</met:metadata></met:{call}>',
    )
    (result,) = root.iter(f"{M}result")
    return result


@pytest.mark.rule("sf-md-parts-one-by-one")
def test_parts_are_made_changed_and_deleted_one_by_one(sandbox: RunningSandbox) -> None:
    field = f"<fullName>Contact.CC_Test__c</fullName>{TEXT}"
    assert saved(sandbox, "createMetadata", "CustomField", field).findtext(f"{M}success") == "true"
    assert describe(sandbox, "Contact")["CC_Test__c"]["label"] == "Test"
    again = saved(sandbox, "createMetadata", "CustomField", field)
    assert again.findtext(f".//{M}statusCode") == "DUPLICATE_DEVELOPER_NAME"
    renamed = saved(sandbox, "upsertMetadata", "CustomField", field.replace(">Test<", ">Key<"))
    assert renamed.findtext(f"{M}created") == "false"
    assert describe(sandbox, "Contact")["CC_Test__c"]["label"] == "Key"
    absent = saved(sandbox, "updateMetadata", "CustomField", field.replace("Test__c", "No__c"))
    assert absent.findtext(f".//{M}statusCode") == "INVALID_CROSS_REFERENCE_KEY"
    bad = field.replace("Test__c", "Bad__c").replace("<length>40</length>", "")
    refused = saved(sandbox, "createMetadata", "CustomField", bad)
    assert refused.findtext(f".//{M}message") == (
        "Must specify 'length' for a CustomField of type Text"
    )
    deletion = (
        "<met:deleteMetadata><met:type>CustomField</met:type>"
        "<met:fullNames>Contact.CC_Test__c</met:fullNames></met:deleteMetadata>"
    )
    assert asked(sandbox, deletion).findtext(f".//{M}success") == "true"
    assert "CC_Test__c" not in describe(sandbox, "Contact")
    assert asked(sandbox, deletion).findtext(f".//{M}success") == "false"


@pytest.mark.rule("sf-md-parts-one-by-one")
def test_an_object_is_made_with_its_fields(sandbox: RunningSandbox) -> None:
    content = f"<fullName>CC_Removed__c</fullName>{OBJECT.format(FIELD.format(TEXT))}"
    made = saved(sandbox, "createMetadata", "CustomObject", content)
    assert made.findtext(f"{M}success") == "true"
    assert describe(sandbox, "CC_Removed__c")["CC_Test__c"]["externalId"] is True


def test_a_sandbox_can_begin_without_the_package() -> None:
    process, line = start_sandbox("--bare", "--size", "empty")
    try:
        with requests.Session() as session:
            bare = RunningSandbox(line=line, session=session)
            assert bare.control("GET", "/salesforce/definitions") == []
    finally:
        stop_sandbox(process)
