"""The Salesforce stand-in: how much one request may ask for, and what is purged or not found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
INTERACTION = "practifi__Interaction__c"


def create(sandbox: RunningSandbox, name: str, **fields: object) -> str:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def last_days(sandbox: RunningSandbox, days: int) -> dict[str, Any]:
    at = datetime.fromisoformat(sandbox.control("GET", "/clock")["now"]).astimezone(UTC)
    return {
        "start": (at - timedelta(days=days)).isoformat(),
        "end": (at + timedelta(minutes=1)).isoformat(),
    }


def refused_graph(sandbox: RunningSandbox, calls: list[dict[str, Any]]) -> str:
    body = {"graphs": [{"graphId": "one", "compositeRequest": calls}]}
    answer = sandbox.salesforce("POST", f"{DATA}/composite/graph", body)
    if answer.status_code == 200:
        return ""
    return str(answer.json()[0]["errorCode"])


def chain(depth: int) -> list[dict[str, Any]]:
    """Return accounts each of which is named after the one before."""
    return [
        {
            "method": "POST",
            "url": f"{DATA}/sobjects/Account",
            "referenceId": f"a{place}",
            "body": {"Name": f"@{{a{place - 1}.id}}" if place else "First"},
        }
        for place in range(depth)
    ]


@pytest.mark.rule("sf-composite-graph-shape")
def test_a_graph_is_at_most_fifteen_calls_deep(sandbox: RunningSandbox) -> None:
    assert refused_graph(sandbox, chain(15)) == ""
    assert refused_graph(sandbox, chain(16)) == "LIMIT_EXCEEDED"


@pytest.mark.rule("sf-composite-graph-shape")
def test_a_graph_has_at_most_fifteen_kinds_of_calls(sandbox: RunningSandbox) -> None:
    calls = [
        {"method": "GET", "url": f"{DATA}/sobjects/Object{kind}", "referenceId": f"k{kind}"}
        for kind in range(16)
    ]
    assert refused_graph(sandbox, calls[:15]) == ""
    assert refused_graph(sandbox, calls) == "LIMIT_EXCEEDED"


@pytest.mark.rule("sf-composite-graph-shape")
def test_the_graphs_of_a_request_have_at_most_five_hundred_calls(sandbox: RunningSandbox) -> None:
    read = {"method": "GET", "url": f"{DATA}/limits"}
    assert refused_graph(sandbox, [read | {"referenceId": f"r{n}"} for n in range(501)]) == (
        "LIMIT_EXCEEDED"
    )


@pytest.mark.rule("sf-collections-chunks")
def test_a_collection_has_at_most_ten_chunks_of_one_type(sandbox: RunningSandbox) -> None:
    pair = [
        {"attributes": {"type": "Account"}, "Name": "Quist Household"},
        {"attributes": {"type": "Contact"}, "LastName": "Quist"},
    ]
    path = f"{DATA}/composite/sobjects"
    made = sandbox.salesforce("POST", path, {"records": pair * 5})
    assert [item["success"] for item in made.json()] == [True] * 10
    assert sandbox.salesforce("POST", path, {"records": pair * 6}).status_code == 400


@pytest.mark.rule("sf-replication-ids")
@pytest.mark.parametrize("what", ["updated", "deleted"])
def test_a_span_in_which_too_much_happened_is_refused(sandbox: RunningSandbox, what: str) -> None:
    before = sandbox.salesforce(
        "GET", f"{DATA}/sobjects/Contact/{what}", **last_days(sandbox, 20)
    ).json()
    count = len(before["ids" if what == "updated" else "deletedRecords"])
    sandbox.control("PUT", "/salesforce/policy", {"most_replicated_ids": count + 1})
    for _ in range(2):
        contact = create(sandbox, "Contact", LastName="Quist")
        if what == "deleted":
            sandbox.salesforce("DELETE", f"{DATA}/sobjects/Contact/{contact}")
    answer = sandbox.salesforce("GET", f"{DATA}/sobjects/Contact/{what}", **last_days(sandbox, 20))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


@pytest.mark.rule("sf-deleted-purged")
def test_purged_deletes_show_in_how_far_back_deletes_are_known(sandbox: RunningSandbox) -> None:
    contact = create(sandbox, "Contact", LastName="Quist")
    sandbox.salesforce("DELETE", f"{DATA}/sobjects/Contact/{contact}")
    sandbox.advance(3 * 3600)
    sandbox.control("PUT", "/salesforce/policy", {"deleted_kept_h": 2})
    asked = last_days(sandbox, 1)
    answer = sandbox.salesforce("GET", f"{DATA}/sobjects/Contact/deleted", **asked).json()
    assert answer["deletedRecords"] == []
    assert answer["earliestDateAvailable"] > asked["start"]


@pytest.mark.rule("sf-upsert-suffix")
@pytest.mark.parametrize(("key", "status"), [("Acme.inc", 404), ("Acme", 201)])
def test_a_key_that_looks_like_a_file_may_not_be_found(
    sandbox: RunningSandbox, key: str, status: int
) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"keys_like_files_404": True})
    path = f"{DATA}/sobjects/{INTERACTION}/CC_Bridge_Key__c/{key}"
    answer = sandbox.salesforce("PATCH", path, {"practifi__Subject__c": "Sent"})
    assert answer.status_code == status, answer.text
