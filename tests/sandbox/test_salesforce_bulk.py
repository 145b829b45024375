"""Bulk API 2.0, loading: jobs and their states, what a file's cells mean, what fails and how."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from simple_salesforce.format import format_soql

from sandbox.salesforce.bulk.columns import Column
from sandbox.salesforce.catalogue.fields import number
from sandbox.salesforce.errors import ApiError
from tests.salesforce_client import observers_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
INGEST = f"{DATA}/jobs/ingest"
DEADLINE_S = 20.0
ENDED = {"JobComplete", "Failed", "Aborted"}


def raw(
    sandbox: RunningSandbox, method: str, path: str, body: str | bytes, content_type: str
) -> requests.Response:
    token = sandbox.line["observer"]["salesforce_access_token"]
    return sandbox.session.request(
        method,
        f"{sandbox.line['salesforce_url']}{path}",
        data=body.encode() if isinstance(body, str) else body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": content_type},
        timeout=20,
    )


def create(sandbox: RunningSandbox, **fields: object) -> dict[str, Any]:
    body = {"object": "Contact", "operation": "insert", "contentType": "CSV"} | fields
    answer = sandbox.salesforce("POST", INGEST, body)
    assert answer.status_code == 200, answer.text
    job: dict[str, Any] = answer.json()
    return job


def upload(sandbox: RunningSandbox, job: dict[str, Any], text: str) -> requests.Response:
    return raw(sandbox, "PUT", f"/{job['contentUrl']}", text, "text/csv; charset=UTF-8")


def patch(sandbox: RunningSandbox, job: dict[str, Any], state: object) -> requests.Response:
    return sandbox.salesforce("PATCH", f"{INGEST}/{job['id']}", {"state": state})


def look(sandbox: RunningSandbox, job: dict[str, Any]) -> dict[str, Any]:
    info: dict[str, Any] = sandbox.salesforce("GET", f"{INGEST}/{job['id']}").json()
    return info


def ended(sandbox: RunningSandbox, job: dict[str, Any]) -> dict[str, Any]:
    deadline = time.monotonic() + DEADLINE_S
    while (info := look(sandbox, job))["state"] not in ENDED:
        assert time.monotonic() < deadline, info
        time.sleep(0.02)
    return info


def load(sandbox: RunningSandbox, text: str, **fields: object) -> dict[str, Any]:
    job = create(sandbox, **fields)
    assert upload(sandbox, job, text).status_code == 201
    assert patch(sandbox, job, "UploadComplete").status_code == 200
    return ended(sandbox, job)


def results(
    sandbox: RunningSandbox, job: dict[str, Any], kind: str = "successfulResults"
) -> list[dict[str, str]]:
    answer = sandbox.salesforce("GET", f"{INGEST}/{job['id']}/{kind}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=UTF-8"
    return list(csv.DictReader(io.StringIO(answer.text)))


def read(sandbox: RunningSandbox, name: str, record_id: str) -> dict[str, Any]:
    record: dict[str, Any] = sandbox.salesforce("GET", f"{DATA}/sobjects/{name}/{record_id}").json()
    return record


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


@pytest.mark.rule("sf-bulk-job-is-made-open", "sf-bulk-one-upload", "sf-bulk-successful-results")
def test_a_file_is_loaded_in_the_documented_steps(sandbox: RunningSandbox) -> None:
    job = create(sandbox)
    assert job["state"] == "Open"
    assert job["contentUrl"] == f"services/data/v66.0/jobs/ingest/{job['id']}/batches"
    assert job["id"].startswith("750")
    assert job["apiVersion"] == 66.0
    put = upload(sandbox, job, "LastName,Email\nQuist,quist@example.org\n")
    assert (put.status_code, put.content) == (201, b"")
    closed = patch(sandbox, job, "UploadComplete").json()
    assert closed["state"] == "UploadComplete"
    assert "contentUrl" not in closed
    info = ended(sandbox, job)
    assert info["state"] == "JobComplete"
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (1, 0)
    assert info["jobType"] == "V2Ingest"
    (row,) = results(sandbox, job)
    assert list(row) == ["sf__Id", "sf__Created", "LastName", "Email"]
    assert row["sf__Created"] == "true"
    assert read(sandbox, "Contact", row["sf__Id"])["Email"] == "quist@example.org"


@pytest.mark.rule("sf-bulk-states-in-order")
def test_a_job_passes_through_its_states_as_the_clock_moves(sandbox: RunningSandbox) -> None:
    policy = {"bulk_waits_s": 60, "bulk_takes_s": 600}
    sandbox.control("PUT", "/salesforce/policy", policy)
    job = create(sandbox)
    upload(sandbox, job, "LastName\nQuist\n")
    patch(sandbox, job, "UploadComplete")
    seen = [look(sandbox, job)["state"]]
    for seconds, state in ((61, "InProgress"), (601, "JobComplete")):
        sandbox.advance(seconds)
        deadline = time.monotonic() + DEADLINE_S
        while look(sandbox, job)["state"] != state:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        seen.append(state)
    assert seen == ["UploadComplete", "InProgress", "JobComplete"]


@pytest.mark.rule("sf-bulk-complete-with-failures", "sf-bulk-failed-results")
def test_a_complete_job_tells_which_rows_failed(sandbox: RunningSandbox) -> None:
    text = (
        "LastName,Email,Birthdate\nQuist,,\n,a@example.org,\nMarsh,no address,\nRye,,31.12.1990\n"
    )
    job = load(sandbox, text)
    assert job["state"] == "JobComplete"
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (4, 3)
    failed = results(sandbox, job, "failedResults")
    assert list(failed[0]) == ["sf__Id", "sf__Error", "LastName", "Email", "Birthdate"]
    assert [row["sf__Id"] for row in failed] == ["", "", ""]
    assert [row["sf__Error"] for row in failed] == [
        "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --",
        "INVALID_EMAIL_ADDRESS:Email: invalid email address: no address:Email --",
        (
            "INVALID_TYPE_ON_FIELD_IN_RECORD:Birthdate: value not of required type: 31.12.1990:"
            "Birthdate --"
        ),
    ]
    assert [row["LastName"] for row in results(sandbox, job)] == ["Quist"]


@pytest.mark.rule("sf-bulk-cells-by-type")
@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("HasOptedOutOfEmail", "Yes", True),
        ("HasOptedOutOfEmail", "on", True),
        ("HasOptedOutOfEmail", "1", True),
        ("HasOptedOutOfEmail", "N", False),
        ("HasOptedOutOfEmail", "perhaps", None),
        ("Birthdate", "1990-05-01", "1990-05-01"),
        ("Birthdate", "1990-05-01T10:00:00Z", "1990-05-01"),
        ("Birthdate", "1990-05-32", None),
        ("AccountId", "nobody", None),
        ("CC_Bridge_Resubscribe_Asked_On__c", "2026-11-02", "2026-11-02"),
    ],
)
def test_a_cell_is_read_by_the_type_of_its_field(
    sandbox: RunningSandbox, name: str, cell: str, value: object
) -> None:
    job = load(sandbox, f"LastName,{name}\nQuist,{cell}\n")
    if value is None:
        assert job["numberRecordsFailed"] == 1
        return
    (row,) = results(sandbox, job)
    assert read(sandbox, "Contact", row["sf__Id"])[name] == value


@pytest.mark.parametrize("cell", ["nan", "inf", "1_0", " 1", "0x10", "1e999"])
def test_a_number_is_digits(cell: str) -> None:
    with pytest.raises(ApiError):
        Column(number("Amount__c")).given(cell)


@pytest.mark.rule("sf-bulk-blank-leaves", "sf-bulk-na-clears")
def test_a_blank_cell_leaves_a_field_and_na_clears_it(sandbox: RunningSandbox) -> None:
    first = load(sandbox, "LastName,Title,Phone\nQuist,Boss,555-0100\n")
    record = results(sandbox, first)[0]["sf__Id"]
    job = load(sandbox, f"Id,Title,Phone\n{record},,#N/A\n", operation="update")
    assert results(sandbox, job)[0]["sf__Created"] == "false"
    now = read(sandbox, "Contact", record)
    assert (now["Title"], now["Phone"]) == ("Boss", None)


@pytest.mark.rule("sf-bulk-csv-quoting")
@pytest.mark.parametrize("delimiter", ["COMMA", "TAB", "PIPE", "SEMICOLON", "CARET", "BACKQUOTE"])
@pytest.mark.parametrize("ending", ["LF", "CRLF"])
def test_every_delimiter_and_line_ending_is_read_and_given_back(
    sandbox: RunningSandbox, delimiter: str, ending: str
) -> None:
    char = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^"}.get(
        delimiter, "`"
    )
    end = {"LF": "\n", "CRLF": "\r\n"}[ending]
    text = f'LastName{char}Title{end}"O""Hara{char}X"{char}"two{end}lines"{end}'
    job = load(sandbox, text, columnDelimiter=delimiter, lineEnding=ending)
    answer = sandbox.salesforce("GET", f"{INGEST}/{job['id']}/successfulResults").text
    assert answer.startswith(f'"sf__Id"{char}"sf__Created"{char}"LastName"{char}"Title"{end}')
    (row,) = csv.DictReader(io.StringIO(answer, newline=""), delimiter=char)
    assert (row["LastName"], row["Title"]) == (f'O"Hara{char}X', f"two{end}lines")
    assert read(sandbox, "Contact", row["sf__Id"])["LastName"] == f'O"Hara{char}X'


@pytest.mark.rule("sf-bulk-cells-are-not-trimmed")
def test_blanks_round_a_cell_are_part_of_it(sandbox: RunningSandbox) -> None:
    job = load(sandbox, "LastName,Title\nQuist, #N/A\n")
    record = results(sandbox, job)[0]
    assert record["Title"] == " #N/A"
    assert read(sandbox, "Contact", record["sf__Id"])["Title"] == "#N/A"
    failed = load(sandbox, "LastName, Title\nQuist,Boss\n")
    assert failed["errorMessage"] == "InvalidBatch : Field name not found :  Title"


@pytest.mark.rule("sf-bulk-parent-by-key")
def test_a_parent_is_named_by_its_external_id(sandbox: RunningSandbox) -> None:
    key = {"CC_Bridge_Id__c": "list-1", "Name": "Letters"}
    sandbox.salesforce("POST", f"{DATA}/sobjects/CC_Bridge_List__c", key)
    person = results(sandbox, load(sandbox, "LastName\nQuist\n"))[0]["sf__Id"]
    header = "CC_Bridge_Contact__c,CC_Bridge_List__r.CC_Bridge_Id__c"
    text = f"{header}\n{person},list-1\n{person},list-2\n"
    job = load(sandbox, text, object="CC_Bridge_Membership__c")
    (row,) = results(sandbox, job)
    membership = read(sandbox, "CC_Bridge_Membership__c", row["sf__Id"])
    assert membership["CC_Bridge_Contact__c"] == person
    assert membership["CC_Bridge_List__c"] is not None
    (failed,) = results(sandbox, job, "failedResults")
    assert failed["sf__Error"].startswith(
        "INVALID_FIELD:Foreign key external ID: list-2 not found for field CC_Bridge_Id__c in "
        "entity CC_Bridge_List__c:"
    )


@pytest.mark.rule("sf-bulk-parent-of-several-types")
def test_a_parent_of_several_types_is_named_with_its_type(sandbox: RunningSandbox) -> None:
    key = {"CC_Bridge_Id__c": "c-1", "Name": "Letters"}
    campaign = sandbox.salesforce("POST", f"{DATA}/sobjects/Campaign", key).json()["id"]
    text = "Subject,What:Campaign.CC_Bridge_Id__c\nCall,c-1\n"
    (row,) = results(sandbox, load(sandbox, text, object="Task"))
    assert read(sandbox, "Task", row["sf__Id"])["WhatId"] == campaign
    needless = load(sandbox, "Who:Contact.CC_Bridge_Id__c\nx\n", object="Task")
    assert needless["errorMessage"].startswith("InvalidBatch : type is not needed for non polymor")


@pytest.mark.rule("sf-bulk-record-limits")
def test_a_record_beyond_the_limits_is_refused(sandbox: RunningSandbox) -> None:
    job = load(sandbox, f"LastName,Description\nQuist,{'x' * 400_000}\nRye,short\n")
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2, 1)
    # As text: Python's reader has a limit of its own.
    failed = sandbox.salesforce("GET", f"{INGEST}/{job['id']}/failedResults").text
    assert '\n"","LIMIT_EXCEEDED:' in failed
    wide = ",".join(f"Field{number}__c" for number in range(5_001))
    assert "at most 5000 fields" in load(sandbox, f"{wide}\nx\n")["errorMessage"]


@pytest.mark.rule("sf-bulk-header-names-fields", "sf-bulk-unprocessed-records")
@pytest.mark.parametrize(
    ("fields", "text", "message"),
    [
        ({}, "LastName,Nope__c\na,b\n", "InvalidBatch : Field name not found : Nope__c"),
        ({}, "LastName,Account.Name\na,b\n", "InvalidBatch : Field name not found : Account.Name"),
        ({}, "\ufeffLastName\na\n", "InvalidBatch : Field name not found : \ufeffLastName"),
        ({"operation": "update"}, "LastName\na\n", "InvalidBatch : Field name not found : Id"),
        (
            {"operation": "delete"},
            "Id,LastName\n003,a\n",
            "InvalidBatch : The 'delete' batch must contain only ids",
        ),
        (
            {"lineEnding": "LF"},
            "LastName\r\na\r\n",
            (
                "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting "
                "is LF"
            ),
        ),
    ],
    ids=["unknown", "parent without key", "byte-order mark", "no id", "more than ids", "ending"],
)
def test_a_file_that_cannot_be_read_fails_as_a_whole(
    sandbox: RunningSandbox, fields: dict[str, object], text: str, message: str
) -> None:
    job = load(sandbox, text, **fields)
    assert job["state"] == "Failed"
    assert job["errorMessage"] == message
    assert job["numberRecordsProcessed"] == 0
    unprocessed = sandbox.salesforce("GET", f"{INGEST}/{job['id']}/unprocessedrecords")
    assert len(list(csv.reader(io.StringIO(unprocessed.text)))) == 2


@pytest.mark.rule("sf-bulk-upsert-by-key")
def test_an_upsert_goes_by_the_external_id(sandbox: RunningSandbox) -> None:
    fields = {"operation": "upsert", "externalIdFieldName": "CC_Bridge_Id__c"}
    text = "CC_Bridge_Id__c,LastName\nk1,Quist\nk2,Marsh\n"
    first = results(sandbox, load(sandbox, text, **fields))
    again = load(sandbox, "CC_Bridge_Id__c,LastName\nk1,Quist-Rye\nk3,Hale\n,None\n", **fields)
    second = results(sandbox, again)
    assert [row["sf__Created"] for row in first] == ["true", "true"]
    assert [row["sf__Created"] for row in second] == ["false", "true"]
    assert second[0]["sf__Id"] == first[0]["sf__Id"]
    (failed,) = results(sandbox, again, "failedResults")
    assert failed["sf__Error"] == (
        "MISSING_ARGUMENT:CC_Bridge_Id__c not specified:CC_Bridge_Id__c --"
    )
    assert again["externalIdFieldName"] == "CC_Bridge_Id__c"


@pytest.mark.rule("sf-bulk-upsert-by-key")
@pytest.mark.parametrize(
    "given", [{}, {"externalIdFieldName": "LastName"}, {"externalIdFieldName": "Nope__c"}]
)
def test_an_upsert_needs_an_external_id(sandbox: RunningSandbox, given: dict[str, str]) -> None:
    body = {"object": "Contact", "operation": "upsert", **given}
    assert refusal(sandbox.salesforce("POST", INGEST, body)) == (400, "INVALIDJOB")


@pytest.mark.rule("sf-bulk-delete-by-id", "sf-bulk-hard-delete-permission")
def test_records_are_deleted_and_hard_deleted_by_id(sandbox: RunningSandbox) -> None:
    rows = results(sandbox, load(sandbox, "LastName\nQuist\nMarsh\n"))
    soft, hard = (row["sf__Id"] for row in rows)
    load(sandbox, f"Id\n{soft}\n", operation="delete")
    body = {"object": "Contact", "operation": "hardDelete"}
    refused = sandbox.salesforce("POST", INGEST, body)
    assert refusal(refused) == (400, "FEATURENOTENABLED")
    sandbox.control("PUT", "/salesforce/policy", {"bulk_hard_delete": True})
    load(sandbox, f"Id\n{hard}\n", operation="hardDelete")
    query = format_soql("SELECT Id FROM Contact WHERE Id IN {}", [soft, hard])
    found = sandbox.salesforce("GET", f"{DATA}/queryAll", q=query).json()["records"]
    assert [each["Id"] for each in found] == [soft]
    twice = load(sandbox, f"Id\n{soft}\n", operation="delete")
    (failed,) = results(sandbox, twice, "failedResults")
    assert (failed["sf__Id"], failed["sf__Error"]) == (
        soft,
        "ENTITY_IS_DELETED:entity is deleted:--",
    )


@pytest.mark.rule("sf-bulk-one-upload")
def test_a_second_upload_is_refused(sandbox: RunningSandbox) -> None:
    job = create(sandbox)
    upload(sandbox, job, "LastName\nQuist\n")
    again = upload(sandbox, job, "LastName\nMarsh\n")
    assert refusal(again) == (400, "CLIENTINPUTERROR")
    patch(sandbox, job, "UploadComplete")
    ended(sandbox, job)
    assert refusal(upload(sandbox, job, "LastName\nRye\n")) == (400, "INVALIDJOBSTATE")


@pytest.mark.rule("sf-bulk-abort")
def test_an_aborted_job_leaves_its_rows_unprocessed(sandbox: RunningSandbox) -> None:
    job = create(sandbox)
    upload(sandbox, job, "LastName\nQuist\nMarsh\n")
    assert patch(sandbox, job, "Aborted").json()["state"] == "Aborted"
    rows = results(sandbox, job, "unprocessedRecords")
    assert [row["LastName"] for row in rows] == ["Quist", "Marsh"]
    assert refusal(patch(sandbox, job, "UploadComplete")) == (400, "INVALIDJOBSTATE")
    assert refusal(patch(sandbox, job, "Aborted")) == (400, "INVALIDJOBSTATE")


@pytest.mark.rule("sf-bulk-delete-job")
def test_a_job_is_deleted_once_it_is_not_open(sandbox: RunningSandbox) -> None:
    job = create(sandbox)
    path = f"{INGEST}/{job['id']}"
    assert refusal(sandbox.salesforce("DELETE", path)) == (400, "INVALIDJOBSTATE")
    patch(sandbox, job, "Aborted")
    assert sandbox.salesforce("DELETE", path).status_code == 204
    assert refusal(sandbox.salesforce("GET", path)) == (404, "NOT_FOUND")


@pytest.mark.rule("sf-bulk-kept-seven-days")
def test_an_ended_job_vanishes_after_seven_days(sandbox: RunningSandbox) -> None:
    job, still_open = load(sandbox, "LastName\nQuist\n"), create(sandbox)
    sandbox.advance(7 * 86_400 - 60)
    assert look(sandbox, job)["state"] == "JobComplete"
    sandbox.advance(120)
    assert refusal(sandbox.salesforce("GET", f"{INGEST}/{job['id']}")) == (404, "NOT_FOUND")
    assert look(sandbox, still_open)["state"] == "Open"


@pytest.mark.rule("sf-bulk-list-jobs")
def test_jobs_are_listed_by_kind(sandbox: RunningSandbox) -> None:
    job = create(sandbox)
    listed = sandbox.salesforce("GET", INGEST).json()
    assert (listed["done"], listed["nextRecordsUrl"]) == (True, None)
    assert [each["id"] for each in listed["records"]] == [job["id"]]
    assert listed["records"][0]["jobType"] == "V2Ingest"
    for filters in ("jobType=Classic", "isPkChunkingEnabled=true"):
        assert sandbox.salesforce("GET", f"{INGEST}?{filters}").json()["records"] == []
    assert sandbox.salesforce("GET", f"{DATA}/jobs/query").json()["records"] == []


@pytest.mark.rule("sf-bulk-list-jobs")
def test_the_list_of_jobs_comes_in_pages_of_a_thousand(sandbox: RunningSandbox) -> None:
    made = [create(sandbox)["id"] for _ in range(1_001)]
    first = sandbox.salesforce("GET", INGEST).json()
    assert (len(first["records"]), first["done"]) == (1_000, False)
    second = sandbox.salesforce("GET", first["nextRecordsUrl"]).json()
    assert [each["id"] for each in first["records"] + second["records"]] == made
    assert second["done"] is True


@pytest.mark.rule("sf-bulk-multipart")
def test_a_job_and_its_file_come_in_one_request(sandbox: RunningSandbox) -> None:
    job = json.dumps({"object": "Contact", "operation": "insert", "contentType": "CSV"})
    body = (
        "--BOUNDARY\r\nContent-Type: application/json\r\n"
        f'Content-Disposition: form-data; name="job"\r\n\r\n{job}\r\n'
        "--BOUNDARY\r\nContent-Type: text/csv\r\n"
        'Content-Disposition: form-data; name="content"; filename="content"\r\n\r\n'
        "LastName\nQuist\nMarsh\n\r\n--BOUNDARY--\r\n"
    )
    answer = raw(sandbox, "POST", INGEST, body, 'multipart/form-data; boundary="BOUNDARY"')
    assert (answer.status_code, answer.json()["state"]) == (200, "UploadComplete")
    assert ended(sandbox, answer.json())["numberRecordsProcessed"] == 2


@pytest.mark.rule("sf-bulk-batches-a-day")
def test_ten_thousand_records_count_as_a_batch_of_the_day(sandbox: RunningSandbox) -> None:
    load(sandbox, "LastName\nQuist\n")
    left = sandbox.salesforce("GET", f"{DATA}/limits").json()["DailyBulkApiBatches"]
    assert left == {"Max": 15_000, "Remaining": 14_999}


@pytest.mark.rule("sf-bulk-size-limit")
def test_a_file_beyond_the_limit_is_refused(sandbox: RunningSandbox) -> None:
    job = create(sandbox)
    answer = upload(sandbox, job, "LastName\n" + "x" * 112_500_001)
    assert refusal(answer) == (413, "CLIENTINPUTERROR")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"operation": "insert"}, "INVALIDJOB"),
        ({"object": "Nope__c", "operation": "insert"}, "INVALIDJOB"),
        ({"object": "User", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Contact"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "merge"}, "JSON_PARSER_ERROR"),
        ({"object": "Contact", "operation": 7}, "JSON_PARSER_ERROR"),
        ({"object": "Contact", "operation": "insert", "lineEnding": "CR"}, "JSON_PARSER_ERROR"),
        ({"object": "Contact", "operation": "insert", "contentType": "XML"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "insert", "nope": 1}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_job_that_is_none_is_refused(
    sandbox: RunningSandbox, body: dict[str, object], error: str
) -> None:
    assert refusal(sandbox.salesforce("POST", INGEST, body)) == (400, error)


def test_results_wait_for_the_end_of_the_job(sandbox: RunningSandbox) -> None:
    answer = sandbox.salesforce("GET", f"{INGEST}/{create(sandbox)['id']}/failedResults")
    assert refusal(answer) == (400, "INVALIDJOBSTATE")


@pytest.mark.rule("sf-bulk-fires-messages")
def test_loaded_records_fire_messages_and_are_listed_as_effects(sandbox: RunningSandbox) -> None:
    job = load(sandbox, "LastName\nQuist\nMarsh\n")
    made = [row["sf__Id"] for row in results(sandbox, job)]
    queued = sandbox.control("GET", "/salesforce/deliveries")
    assert [each["record_id"] for each in queued] == made
    (work,) = [each for each in sandbox.calls("salesforce") if each["method"] == "JOB"]
    assert work["path"] == f"{INGEST}/{job['id']}"
    assert work["owner"] == "observer"
    assert [each["id"] for each in work["effects"]] == made


def test_a_lie_closes_no_job(sandbox: RunningSandbox) -> None:
    job = create(sandbox)
    upload(sandbox, job, "LastName\nQuist\n")
    lie = {"side": "salesforce", "kind": "lie", "method": "PATCH", "times": 1, "observer": True}
    sandbox.faults(lie)
    assert patch(sandbox, job, "UploadComplete").json()["state"] == "UploadComplete"
    assert look(sandbox, job)["state"] == "Open"
    patch(sandbox, job, "UploadComplete")
    assert ended(sandbox, job)["numberRecordsProcessed"] == 1


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[Any]:
    with requests.Session() as session:
        yield observers_client(sandbox, session)


@pytest.mark.rule("sf-bulk-simple-salesforce")
def test_simple_salesforce_loads_changes_and_deletes(client: Any) -> None:
    bulk = client.bulk2.Contact
    people = [{"LastName": f"P{n}", "CC_Bridge_Id__c": f"p{n}"} for n in range(5)]
    (made,) = bulk.insert(records=people, wait=0.01)
    assert (made["numberRecordsProcessed"], made["numberRecordsFailed"]) == (5, 0)
    rows = list(csv.DictReader(io.StringIO(bulk.get_successful_records(made["job_id"]))))
    changed = [{"Id": row["sf__Id"], "Title": "Boss"} for row in rows]
    bulk.update(records=changed, wait=0.01)
    (upserted,) = bulk.upsert(
        records=[{"CC_Bridge_Id__c": "p9"}], external_id_field="CC_Bridge_Id__c", wait=0.01
    )
    assert upserted["numberRecordsFailed"] == 1
    everything = bulk.get_all_ingest_records(upserted["job_id"])
    assert "REQUIRED_FIELD_MISSING" in everything["failedRecords"][0]["sf__Error"]
    bulk.delete(records=[{"Id": changed[0]["Id"]}], wait=0.01)
    query = "SELECT Id, LastName, Title FROM Contact WHERE Title = 'Boss'"
    pages = list(bulk.query(query, max_records=2, wait=0.01))
    found = [row for page in pages for row in csv.DictReader(io.StringIO(page))]
    assert sorted(row["LastName"] for row in found) == ["P1", "P2", "P3", "P4"]
    assert len(pages) == 2


@pytest.mark.rule("sf-bulk-simple-salesforce")
def test_simple_salesforce_downloads_pages_to_files(client: Any, tmp_path: Path) -> None:
    client.bulk2.CC_Bridge_List__c.insert(records=[{"Name": f"L{n}"} for n in range(3)], wait=0.01)
    pages = client.bulk2.CC_Bridge_List__c.download(
        "SELECT Name FROM CC_Bridge_List__c", str(tmp_path), max_records=2, wait=0.01
    )
    assert [page["number_of_records"] for page in pages] == [2, 1]
    assert Path(pages[1]["file"]).read_text(encoding="utf-8") == '"Name"\n"L2"\n'


@pytest.mark.rule("sf-bulk-simple-salesforce")
def test_simple_salesforce_raises_for_a_failed_job(client: Any) -> None:
    with pytest.raises(Exception, match="Field name not found : Nope__c"):
        client.bulk2.Contact.insert(records=[{"Nope__c": "x"}], wait=0.01)


def test_many_rows_hold_nobody_up(sandbox: RunningSandbox) -> None:
    job = create(sandbox)
    upload(sandbox, job, "LastName\n" + "".join(f"P{number}\n" for number in range(20_000)))
    patch(sandbox, job, "UploadComplete")
    waits_s = []
    while look(sandbox, job)["state"] not in ENDED:
        began = time.monotonic()
        sandbox.salesforce("GET", DATA)
        waits_s.append(time.monotonic() - began)
    assert look(sandbox, job)["numberRecordsProcessed"] == 20_000
    # One may be long: a busy machine stops everybody now and then.
    assert sorted(waits_s)[-2] < 1.0
