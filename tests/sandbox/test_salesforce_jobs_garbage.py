"""Garbage sent to bulk jobs, deployments and their files is refused, never an error of ours."""

from __future__ import annotations

import contextlib
import io
import json
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.salesforce.metadata.package import unzipped
from sandbox.salesforce.metadata.xml import Problem

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
META = "http://soap.sforce.com/2006/04/metadata"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3)
    ),
    max_leaves=6,
)
WORDS = st.sampled_from(
    [
        "object",
        "operation",
        "query",
        "state",
        "externalIdFieldName",
        "lineEnding",
        "columnDelimiter",
        "contentType",
        "Contact",
        "insert",
        "upsert",
        "queryAll",
        "Aborted",
        "SELECT Id FROM Contact",
        "SELECT Id, Account.Name FROM Contact WHERE ((",
    ]
)
BODIES = JSON | st.dictionaries(WORDS, WORDS | JSON, max_size=6)
PATHS = st.sampled_from(
    [
        "/jobs/ingest",
        "/jobs/query",
        "/jobs/ingest/{}",
        "/jobs/query/{}",
        "/jobs/ingest/{}/batches",
        "/jobs/ingest/{}/failedResults",
        "/jobs/query/{}/results",
        "/metadata/deployRequest",
        "/metadata/deployRequest/{}",
    ]
)
QUERIES = st.dictionaries(
    st.sampled_from(["locator", "maxRecords", "queryLocator", "isPkChunkingEnabled", "jobType"]),
    st.text(max_size=12) | st.sampled_from(["MTAwMDA", "-1", "1e9", "²", "null"]),
    max_size=3,
)
MANY = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
SOME = settings(MANY, max_examples=40)


def call(sandbox: RunningSandbox, method: str, path: str, **more: Any) -> int:
    headers = {"Authorization": f"Bearer {sandbox.line['observer']['salesforce_access_token']}"}
    answer = sandbox.session.request(
        method,
        f"{sandbox.line['salesforce_url']}{DATA}{path}",
        headers=headers | more.pop("headers", {}),
        timeout=20,
        **more,
    )
    return answer.status_code


@pytest.fixture
def job(sandbox: RunningSandbox) -> str:
    body = {"object": "Contact", "operation": "insert"}
    return str(sandbox.salesforce("POST", f"{DATA}/jobs/ingest", body).json()["id"])


@MANY
@given(
    request=st.tuples(
        st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]),
        PATHS,
        st.text(st.characters(exclude_characters="/?#%", codec="utf-8"), max_size=20) | st.none(),
    ),
    query=QUERIES,
    body=BODIES,
)
def test_no_request_for_a_job_is_an_error(
    sandbox: RunningSandbox,
    job: str,
    request: tuple[str, str, str | None],
    query: dict[str, str],
    body: object,
) -> None:
    method, path, name = request
    data = json.dumps(body).encode("utf-8", "replace")
    status = call(
        sandbox,
        method,
        path.format(job if name is None else name),
        params=query,
        data=data,
        headers={"Content-Type": "application/json"},
    )
    assert status < 500


@SOME
@given(
    content=st.binary(max_size=200)
    | st.lists(
        st.sampled_from(
            ['"', ",", "\n", "\r\n", "LastName", "Id", "#N/A", "Account.Name", "x", "\0"]
        )
    ).map(lambda pieces: "".join(pieces).encode()),
    operation=st.sampled_from(["insert", "update", "delete", "upsert"]),
)
def test_every_file_brings_its_job_to_an_end(
    sandbox: RunningSandbox, content: bytes, operation: str
) -> None:
    body = {"object": "Contact", "operation": operation, "externalIdFieldName": "CC_Bridge_Id__c"}
    made = sandbox.salesforce("POST", f"{DATA}/jobs/ingest", body).json()["id"]
    path = f"/jobs/ingest/{made}"
    put = call(
        sandbox, "PUT", f"{path}/batches", data=content, headers={"Content-Type": "text/csv"}
    )
    assert put in {201, 400}
    sandbox.salesforce("PATCH", f"{DATA}{path}", {"state": "UploadComplete"})
    deadline = time.monotonic() + 10
    while sandbox.salesforce("GET", f"{DATA}{path}").json()["state"] not in {
        "JobComplete",
        "Failed",
    }:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for results in ("successfulResults", "failedResults", "unprocessedrecords"):
        assert call(sandbox, "GET", f"{path}/{results}") == 200


TAGS = st.sampled_from(
    [
        "type",
        "types",
        "members",
        "queries",
        "ZipFile",
        "asyncProcessId",
        "retrieveRequest",
        "unpackaged",
        "fullNames",
        "fields",
        "label",
        "type",
        "fullName",
        "length",
        "referenceTo",
        "valueSet",
        "outboundMessages",
        "endpointUrl",
        "name",
        "integrationUser",
        "rules",
        "actions",
        "criteriaItems",
        "start",
        "object",
        "filterFormula",
        "actionCalls",
        "status",
        "connector",
        "targetReference",
        "nameField",
        "userPermissions",
        "fieldPermissions",
        "field",
        "apiVersion",
    ]
)
TEXTS = st.sampled_from(
    ["Contact", "CC_X__c", "Text", "Lookup", "Active", "http://[", "66.0", "OR(", "1", "Own", ""]
) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=10)
ELEMENTS = st.recursive(
    TEXTS.map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.lists(st.tuples(TAGS, inner), max_size=4).map(
        lambda pairs: "".join(f"<{tag}>{text}</{tag}>" for tag, text in pairs)
    ),
    max_leaves=12,
)
FILES = st.sampled_from(
    [
        ("objects/Contact.object", "CustomObject"),
        ("objects/CC_New__c.object", "CustomObject"),
        ("workflows/Contact.workflow", "Workflow"),
        ("flows/Own.flow", "Flow"),
        ("permissionsets/Own.permissionset", "PermissionSet"),
        ("tabs/Own.tab", "CustomTab"),
        ("destructiveChanges.xml", "Package"),
    ]
)
KINDS = "CustomObject CustomField WorkflowOutboundMessage WorkflowRule Flow PermissionSet CustomTab"


@SOME
@given(files=st.dictionaries(FILES, ELEMENTS, min_size=1, max_size=4))
def test_every_package_comes_to_an_end(
    sandbox: RunningSandbox, files: dict[tuple[str, str], str]
) -> None:
    types = "".join(
        f"<types><members>*</members><name>{kind}</name></types>" for kind in KINDS.split()
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("package.xml", f'<Package xmlns="{META}">{types}</Package>')
        for (name, root), content in files.items():
            archive.writestr(name, f'<{root} xmlns="{META}">{content}</{root}>')
    options = json.dumps({"deployOptions": {"singlePackage": True, "rollbackOnError": False}})
    token = sandbox.line["observer"]["salesforce_access_token"]
    answer = sandbox.session.post(
        f"{sandbox.line['salesforce_url']}{DATA}/metadata/deployRequest",
        files={
            "json": ("blob", options.encode(), "application/json"),
            "file": ("deploy.zip", buffer.getvalue(), "application/zip"),
        },
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )
    assert answer.status_code == 201
    path = f"{DATA}/metadata/deployRequest/{answer.json()['id']}?includeDetails=true"
    deadline = time.monotonic() + 10
    while not sandbox.salesforce("GET", path).json()["deployResult"]["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@MANY
@given(body=st.binary(max_size=100) | ELEMENTS.map(str.encode), path=st.text("abc/ .%", max_size=8))
def test_every_soap_request_is_answered_in_soap(
    sandbox: RunningSandbox, body: bytes, path: str
) -> None:
    answer = sandbox.session.post(
        f"{sandbox.line['salesforce_url']}/services/Soap/m/66.0/{path}", data=body, timeout=20
    )
    assert answer.status_code in {404, 500}
    assert answer.status_code == 404 or b"<faultstring>" in answer.content


def a_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("package.xml", "<Package/>" * 20)
        archive.writestr("flows/\u00e4.flow", "x" * 100)
    return buffer.getvalue()


ZIP = a_zip()


@settings(max_examples=500, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, len(ZIP) - 1), st.integers(0, 255)), min_size=1, max_size=4
    ),
    kept=st.integers(0, len(ZIP)) | st.just(len(ZIP)),
)
def test_a_broken_zip_is_a_problem_of_the_package(
    changes: list[tuple[int, int]], kept: int
) -> None:
    content = bytearray(ZIP)
    for place, value in changes:
        content[place] = value
    with contextlib.suppress(Problem):
        unzipped(bytes(content[:kept]), single=True)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sobjects/Contact", '{"Last\\ud800": "x"}'),
        ("/jobs/ingest", '{"operation": "insert", "object": "\\ud800"}'),
        ("/jobs/query", '{"operation": "query", "query": "SELECT \\ud800"}'),
    ],
)
def test_half_of_a_surrogate_pair_is_answered(
    sandbox: RunningSandbox, path: str, body: str
) -> None:
    headers = {"Content-Type": "application/json"}
    assert call(sandbox, "POST", path, data=body, headers=headers) == 400


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999", "1" + "0" * 400, "999999999"])
def test_a_number_out_of_range_is_refused(sandbox: RunningSandbox, number: str) -> None:
    headers = {"Content-Type": "application/json"}
    start = "9000-01-01T00:00:00Z"
    data = f'{{"Subject": "x", "StartDateTime": "{start}", "DurationInMinutes": {number}}}'
    assert call(sandbox, "POST", "/sobjects/Event", data=data, headers=headers) == 400


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_out_of_the_calendar_is_refused(sandbox: RunningSandbox, moment: str) -> None:
    body = {"Subject": "x", "StartDateTime": moment, "DurationInMinutes": 5}
    assert call(sandbox, "POST", "/sobjects/Event", json=body) == 400


def test_a_record_with_half_of_a_surrogate_pair_can_be_read(sandbox: RunningSandbox) -> None:
    headers = {"Content-Type": "application/json"}
    data = '{"LastName": "a\\ud800b"}'
    assert call(sandbox, "POST", "/sobjects/Contact", data=data, headers=headers) == 201
    found = sandbox.salesforce("GET", f"{DATA}/query", q="SELECT LastName FROM Contact")
    assert "a?b" in [each["LastName"] for each in found.json()["records"]]


CALLS = st.sampled_from(
    [
        "cancelDeploy",
        "checkDeployStatus",
        "checkRetrieveStatus",
        "deploy",
        "describeMetadata",
        "listMetadata",
        "readMetadata",
        "retrieve",
    ]
)


@MANY
@given(call=CALLS, content=ELEMENTS)
def test_every_call_of_a_user_is_answered_in_soap(
    sandbox: RunningSandbox, call: str, content: str
) -> None:
    token = sandbox.line["observer"]["salesforce_access_token"]
    body = (
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{META}">'
        f"<e:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header>"
        f"<e:Body><{call}>{content}</{call}></e:Body></e:Envelope>"
    )
    answer = sandbox.session.post(
        f"{sandbox.line['salesforce_url']}/services/Soap/m/66.0", data=body.encode(), timeout=20
    )
    assert answer.status_code == 200 or b"<faultstring>" in answer.content
