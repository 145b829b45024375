"""Bulk API 2.0, reading: which queries run, what their CSV is, how its pages are fetched."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.salesforce.app import create_salesforce
from sandbox.salesforce.bulk.jobs import QUERY_JOBS_A_DAY, Jobs
from sandbox.salesforce.errors import ApiError
from sandbox.world import World

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
QUERY = f"{DATA}/jobs/query"
DEADLINE_S = 20.0


def ask(sandbox: RunningSandbox, query: str, **fields: object) -> requests.Response:
    return sandbox.salesforce("POST", QUERY, {"operation": "query", "query": query} | fields)


def run(sandbox: RunningSandbox, query: str, **fields: object) -> dict[str, Any]:
    answer = ask(sandbox, query, **fields)
    assert answer.status_code == 200, answer.text
    deadline = time.monotonic() + DEADLINE_S
    path = f"{QUERY}/{answer.json()['id']}"
    while (info := sandbox.salesforce("GET", path).json())["state"] != "JobComplete":
        assert time.monotonic() < deadline, info
        time.sleep(0.02)
    job: dict[str, Any] = info
    return job


def page(sandbox: RunningSandbox, job: dict[str, Any], **query: Any) -> requests.Response:
    return sandbox.salesforce("GET", f"{QUERY}/{job['id']}/results", **query)


def rows(answer: requests.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text)))


def save(sandbox: RunningSandbox, name: str, **fields: object) -> str:
    return str(sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields).json()["id"])


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


@pytest.mark.rule("sf-bulk-query-job", "sf-bulk-query-csv")
def test_a_query_gives_its_records_as_csv(sandbox: RunningSandbox) -> None:
    account = save(sandbox, "Account", Name='The "Quist" Household')
    person = save(sandbox, "Contact", LastName="Quist", AccountId=account, Birthdate="1990-05-01")
    save(sandbox, "Contact", LastName="Quist")
    job = run(
        sandbox,
        "select id, account.name, birthdate, hasoptedoutofemail, createddate from Contact "
        "where LastName = 'Quist'",
    )
    assert (job["jobType"], job["numberRecordsProcessed"]) == ("V2Query", 2)
    answer = page(sandbox, job)
    assert answer.headers["Content-Type"] == "text/csv; charset=UTF-8"
    assert answer.text.startswith(
        '"Id","Account.Name","Birthdate","HasOptedOutOfEmail","CreatedDate"\n'
    )
    _, first, second = rows(answer)
    assert first[:4] == [person, 'The "Quist" Household', "1990-05-01", "false"]
    assert first[4].endswith(".000Z")
    assert second[1:3] == ["", ""]


@pytest.mark.rule("sf-bulk-query-locator")
def test_results_come_in_pages_by_locator(sandbox: RunningSandbox) -> None:
    for number in range(5):
        save(sandbox, "CC_Bridge_List__c", Name=f"L{number}")
    job = run(sandbox, "SELECT Name FROM CC_Bridge_List__c")
    first = page(sandbox, job, maxRecords=3)
    assert first.headers["Sforce-NumberOfRecords"] == "3"
    second = page(sandbox, job, maxRecords=3, locator=first.headers["Sforce-Locator"])
    assert second.headers["Sforce-NumberOfRecords"] == "2"
    assert second.headers["Sforce-Locator"] == "null"
    names = [row[0] for answer in (first, second) for row in rows(answer)[1:]]
    assert names == [f"L{number}" for number in range(5)]
    assert page(sandbox, job).headers["Sforce-Locator"] == "null"


@pytest.mark.parametrize("query", [{"locator": "!"}, {"locator": "OTk5"}, {"maxRecords": "0"}])
def test_a_page_that_is_none_is_refused(sandbox: RunningSandbox, query: dict[str, str]) -> None:
    job = run(sandbox, "SELECT Name FROM CC_Bridge_List__c")
    assert page(sandbox, job, **query).status_code == 400


@pytest.mark.rule("sf-bulk-query-unsupported", "sf-bulk-query-compound")
@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "SELECT Id, (SELECT Id FROM Contacts) FROM Account",
            "Aggregate Relationships not supported in Bulk V2 Query with CSV content type",
        ),
        ("SELECT COUNT() FROM Contact", "COUNT() not supported"),
        ("SELECT LastName, COUNT(Id) FROM Contact GROUP BY LastName", "COUNT() not supported"),
        ("SELECT LastName FROM Contact GROUP BY LastName", "GROUP BY not supported"),
        ("SELECT Id FROM Contact OFFSET 5", "OFFSET not supported"),
        (
            "SELECT Id, MailingAddress FROM Contact",
            "Selecting compound data not supported in Bulk Query",
        ),
    ],
    ids=["children", "count", "aggregate", "group", "offset", "compound"],
)
def test_queries_that_only_rest_runs_are_refused(
    sandbox: RunningSandbox, query: str, message: str
) -> None:
    answer = ask(sandbox, query)
    assert refusal(answer) == (400, "API_ERROR")
    assert message in answer.json()[0]["message"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"query": "SELECT Nope FROM Contact"}, "INVALID_FIELD"),
        ({"query": "SELECT Id FROM Nope"}, "INVALID_TYPE"),
        ({"query": "SELECT"}, "MALFORMED_QUERY"),
        ({"query": ""}, "INVALIDJOB"),
        ({"query": None}, "INVALIDJOB"),
        ({"query": "SELECT Id FROM Contact", "operation": "insert"}, "JSON_PARSER_ERROR"),
        ({"query": "SELECT Id FROM Contact", "object": "Contact"}, "JSON_PARSER_ERROR"),
    ],
)
def test_a_query_that_is_none_is_refused(
    sandbox: RunningSandbox, body: dict[str, object], error: str
) -> None:
    answer = sandbox.salesforce("POST", QUERY, {"operation": "query"} | body)
    assert refusal(answer) == (400, error)


@pytest.mark.rule("sf-bulk-query-all")
def test_query_all_gives_deleted_records_too(sandbox: RunningSandbox) -> None:
    record = save(sandbox, "CC_Bridge_List__c", Name="Gone")
    sandbox.salesforce("DELETE", f"{DATA}/sobjects/CC_Bridge_List__c/{record}")
    text = "SELECT Id, IsDeleted FROM CC_Bridge_List__c"
    assert len(rows(page(sandbox, run(sandbox, text)))) == 1
    assert rows(page(sandbox, run(sandbox, text, operation="queryAll")))[1] == [record, "true"]


@pytest.mark.rule("sf-bulk-query-job", "sf-bulk-abort", "sf-bulk-delete-job")
def test_a_query_is_aborted_and_deleted(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"bulk_waits_s": 600})
    job = ask(sandbox, "SELECT Id FROM Contact").json()
    assert job["state"] == "UploadComplete"
    path = f"{QUERY}/{job['id']}"
    assert refusal(page(sandbox, job)) == (400, "INVALIDJOBSTATE")
    assert sandbox.salesforce("PATCH", path, {"state": "Aborted"}).json()["state"] == "Aborted"
    assert sandbox.salesforce("GET", QUERY).json()["records"][0]["id"] == job["id"]
    assert sandbox.salesforce("DELETE", path).status_code == 204
    assert sandbox.salesforce("GET", path).status_code == 404


@pytest.mark.rule("sf-bulk-query-results-seven-days")
def test_results_are_kept_for_seven_days(sandbox: RunningSandbox) -> None:
    job = run(sandbox, "SELECT Id FROM Contact")
    sandbox.advance(7 * 86_400 + 60)
    assert page(sandbox, job).status_code == 404


@pytest.mark.rule("sf-bulk-query-jobs-a-day")
def test_query_jobs_count_towards_the_day(sandbox: RunningSandbox) -> None:
    run(sandbox, "SELECT Id FROM Contact")
    left = sandbox.salesforce("GET", f"{DATA}/limits").json()["DailyBulkV2QueryJobs"]
    assert left == {"Max": 10_000, "Remaining": 9_999}


@pytest.mark.rule("sf-bulk-query-jobs-a-day")
def test_a_query_job_beyond_the_day_is_refused() -> None:
    org = create_salesforce(World(), "empty").org
    jobs = Jobs(org)
    given = {"kind": "query", "operation": "query", "object": "Contact", "state": "JobComplete"}
    for _ in range(QUERY_JOBS_A_DAY):
        jobs.refuse_beyond_day()
        jobs.add(**given, user_id="", version="66.0")
    with pytest.raises(ApiError, match="has been exceeded"):
        jobs.refuse_beyond_day()
    org.world.advance(86_401)
    jobs.refuse_beyond_day()
