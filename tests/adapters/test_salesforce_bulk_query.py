"""Bulk queries against the sandbox, and against answers that are broken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import responses

from bridge.errors import Conflict, Forbidden, NotFoundRemotely, RemoteError, Unavailable
from bridge.salesforce.client import open_salesforce

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.salesforce.bulk_query import BulkQueries
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

PATHS = ("Id", "LastName", "account.Name")
DEADLINE_S = 20.0


@pytest.fixture
def queries(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Iterator[BulkQueries]:
    client = open_salesforce(connection, database, keyring, settings)
    client.own_user_id()  # it has its token, wherever later calls go
    yield client.bulk_queries
    client.close()


def complete(queries: BulkQueries, paths: tuple[str, ...] = PATHS) -> str:
    """Return the id of a job whose results are there."""
    job_id = queries.begin("Contact", paths)
    deadline = time.monotonic() + DEADLINE_S
    while not queries.is_complete(job_id):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return job_id


def test_results_come_by_pages_until_there_is_no_locator(queries: BulkQueries) -> None:
    job_id = complete(queries)
    whole = queries.page(job_id, PATHS, None, 1_000)
    assert whole.locator is None
    first = queries.page(job_id, PATHS, None, 5)
    second = queries.page(job_id, PATHS, first.locator, 1_000)
    assert len(first.records) == 5
    assert first.records + second.records == whole.records
    assert all(list(record) == list(PATHS) for record in whole.records)


def test_a_field_that_is_hidden_is_refused_when_the_job_is_made(queries: BulkQueries) -> None:
    with pytest.raises(Forbidden):
        queries.begin("Contact", ("Id", "Nothing__c"))


def test_a_place_that_is_unknown_says_so(queries: BulkQueries) -> None:
    job_id = complete(queries)
    with pytest.raises(Conflict):
        queries.page(job_id, PATHS, "OTk5OTk5", 5)
    queries.remove(job_id)
    queries.remove(job_id)
    with pytest.raises(NotFoundRemotely):
        queries.page(job_id, PATHS, None, 5)


def test_a_job_under_way_is_aborted_before_it_is_removed(
    queries: BulkQueries, sandbox: RunningSandbox
) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"bulk_waits_s": 3600})
    job_id = queries.begin("Contact", PATHS)
    assert not queries.is_complete(job_id)
    queries.remove(job_id)
    with pytest.raises(NotFoundRemotely):
        queries.is_complete(job_id)


@pytest.mark.parametrize(
    ("state", "error"),
    [("Failed", RemoteError), ("Aborted", NotFoundRemotely), (None, Unavailable)],
)
def test_a_job_that_ends_otherwise_says_what_it_is(
    queries: BulkQueries, connection: Connection, state: str | None, error: type[Exception]
) -> None:
    body = {"state": state, "errorMessage": "InvalidBatch : ann@example.com"}
    with responses.RequestsMock() as mocked:
        answer(mocked, connection, "750", json=body)
        with pytest.raises(error) as raised:
            queries.is_complete("750")
    assert "ann@example.com" not in str(raised.value)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        pytest.param('"Id","LastName"\n"1","A"\n', "2", id="fewer rows than promised"),
        pytest.param('"Id","LastName"\n"1"\n', "1", id="fewer cells than names"),
        pytest.param('"Id","LastName"\n"1","A', "1", id="cut within a cell"),
        pytest.param(b'"Id","LastName"\n"1","\xff"\n', "1", id="no UTF-8"),
        pytest.param("<html>", None, id="a page of a proxy"),
    ],
)
def test_results_that_are_not_whole_are_not_taken(
    queries: BulkQueries, connection: Connection, body: str | bytes, count: str | None
) -> None:
    headers = {} if count is None else {"Sforce-NumberOfRecords": count}
    with responses.RequestsMock() as mocked:
        answer(mocked, connection, "750/results", body=body, headers=headers)
        with pytest.raises(Unavailable):
            queries.page("750", ("Id", "LastName"), None, 10)


def answer(mocked: responses.RequestsMock, connection: Connection, path: str, **what: Any) -> None:
    """Let one call about a job be answered."""
    root = f"{connection.sf_url}/services/data/v{connection.sf_api_version}"
    mocked.get(f"{root}/jobs/query/{path}", **what)
