"""Very many records upserted by Bulk API 2.0, against the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import NotFoundRemotely, Unavailable
from bridge.salesforce import bulk_ingest
from bridge.salesforce.bulk_ingest import BulkIngest, CsvFile, IngestJob, line
from bridge.salesforce.client import open_salesforce

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

OBJECT, KEY = "practifi__Interaction__c", "CC_Bridge_Key__c"
SUBJECT, DETAILS = "practifi__Subject__c", "practifi__Details__c"
METHOD = "practifi__Method_Picklist__c"
NAMES = (SUBJECT, DETAILS, METHOD)


@pytest.fixture
def ingest(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Iterator[BulkIngest]:
    client = open_salesforce(connection, database, keyring, settings)
    yield client.bulk_ingest
    client.close()


def sent(ingest: BulkIngest, records: Mapping[str, Mapping[str, Any]]) -> IngestJob:
    """Send records and return their job when it has ended."""
    with CsvFile(KEY, NAMES) as file:
        for key, fields in records.items():
            file.write_lines(1, f"{line(key, *map(fields.get, NAMES))}\n")
        job = ingest.send(OBJECT, KEY, file)
    while not job.has_ended:
        job = ingest.look(job.job_id)
    return job


def test_what_is_sent_is_there_and_told_by_key(ingest: BulkIngest, sandbox: RunningSandbox) -> None:
    text = 'Two lines,\nand a "quote"'
    job = sent(ingest, {"a": {SUBJECT: "One", DETAILS: text}, "b": {SUBJECT: "Two"}})
    results = dict(ingest.results(job.job_id, KEY))
    assert [results[key].created for key in "ab"] == [True, True]
    path = f"/services/data/v66.0/sobjects/{OBJECT}/{results['a'].record_id}"
    assert sandbox.salesforce("GET", path).json()[DETAILS] == text


def test_sent_again_nothing_is_doubled_and_nothing_left_standing(
    ingest: BulkIngest, sandbox: RunningSandbox
) -> None:
    first = sent(ingest, {"a": {SUBJECT: "One", DETAILS: "Old"}})
    second = sent(ingest, {"a": {SUBJECT: "One", DETAILS: None}})
    (before,), (after,) = (ingest.results(job.job_id, KEY) for job in (first, second))
    assert (after[1].created, after[1].record_id) == (False, before[1].record_id)
    path = f"/services/data/v66.0/sobjects/{OBJECT}/{after[1].record_id}"
    assert sandbox.salesforce("GET", path).json()[DETAILS] is None


def test_a_refusal_is_that_records_alone_in_salesforces_words(ingest: BulkIngest) -> None:
    job = sent(ingest, {"a": {METHOD: "Pigeon"}, "b": {METHOD: "Email"}})
    assert (job.state, job.processed, job.failed) == ("JobComplete", 2, 1)
    results = dict(ingest.results(job.job_id, KEY))
    assert results["b"].ok
    assert results["a"].error_code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert "Pigeon" in (results["a"].message or "")
    assert results["a"].fields == (METHOD,)


def test_a_file_that_a_job_does_not_take_makes_none(
    ingest: BulkIngest, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_ingest, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="10 are possible"):
        sent(ingest, {"a": {SUBJECT: "One"}})
    assert [call for call in sandbox.calls("salesforce") if "ingest" in call["path"]] == []


def test_a_job_whose_upload_failed_is_aborted(ingest: BulkIngest, sandbox: RunningSandbox) -> None:
    fault = {"side": "salesforce", "path": ".*/batches", "kind": "unavailable", "times": 1}
    sandbox.faults(fault)
    with pytest.raises(Unavailable):
        sent(ingest, {"a": {SUBJECT: "One"}})
    jobs = sandbox.salesforce("GET", "/services/data/v66.0/jobs/ingest").json()["records"]
    assert [job["state"] for job in jobs] == ["Aborted"]


def test_a_job_that_is_not_there_is_not_found(ingest: BulkIngest) -> None:
    with pytest.raises(NotFoundRemotely):
        ingest.look("7505g000000000TAAQ")
