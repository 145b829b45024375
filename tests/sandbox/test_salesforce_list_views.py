"""List views with what they show now, and UserRecordAccess as pages ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
VIEWS = f"{DATA}/sobjects/Contact/listviews"


def get(sandbox: RunningSandbox, path: str, **query: Any) -> Any:
    answer = sandbox.salesforce("GET", path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def contacts(sandbox: RunningSandbox, count: int) -> list[str]:
    soql = f"SELECT Id FROM Contact ORDER BY Id LIMIT {count}"  # noqa: S608 - SOQL
    found = get(sandbox, f"{DATA}/query", q=soql)["records"]
    return [one["Id"] for one in found]


@pytest.mark.rule("sf-list-views")
def test_an_object_has_list_views(sandbox: RunningSandbox) -> None:
    listed = get(sandbox, VIEWS)
    assert (listed["size"], listed["done"], listed["sobjectType"]) == (3, True, "Contact")
    labels = [view["label"] for view in listed["listviews"]]
    assert labels == ["All Contacts", "Unsubscribed there, Do Not Email not ticked", "Bounced"]
    for view in listed["listviews"]:
        assert get(sandbox, view["url"]) == view
        described = get(sandbox, view["describeUrl"])
        assert get(sandbox, f"{DATA}/query", q=described["query"])["done"]
        assert get(sandbox, view["resultsUrl"])["id"] == view["id"]


@pytest.mark.rule("sf-list-view-results")
def test_a_view_shows_the_records_that_meet_it_now(sandbox: RunningSandbox) -> None:
    view = get(sandbox, VIEWS)["listviews"][1]
    assert get(sandbox, view["resultsUrl"])["records"] == []
    (contact,) = contacts(sandbox, 1)
    body = {"CC_Bridge_Status__c": "Unsubscribed"}
    path = f"{DATA}/sobjects/Contact/{contact}"
    assert sandbox.salesforce("PATCH", path, body).status_code == 204
    (record,) = get(sandbox, view["resultsUrl"])["records"]
    values = {one["fieldNameOrPath"]: one["value"] for one in record["columns"]}
    assert (values["Id"], values["HasOptedOutOfEmail"]) == (contact, "false")


@pytest.mark.rule("sf-list-view-results")
def test_results_come_in_pages(sandbox: RunningSandbox) -> None:
    view = get(sandbox, VIEWS)["listviews"][0]
    first = get(sandbox, view["resultsUrl"], limit=30)
    second = get(sandbox, view["resultsUrl"], limit=30, offset=30)
    assert (first["size"], first["done"], second["done"]) == (30, False, True)
    count = get(sandbox, f"{DATA}/query", q="SELECT COUNT() FROM Contact")["totalSize"]
    assert first["size"] + second["size"] == count


@pytest.mark.parametrize("limit", ["-1", "x", "2001", "9" * 40])
def test_a_limit_that_is_none_is_refused(sandbox: RunningSandbox, limit: str) -> None:
    view = get(sandbox, VIEWS)["listviews"][0]
    assert sandbox.salesforce("GET", view["resultsUrl"], limit=limit).status_code == 400


@pytest.mark.parametrize("view", ["00B5g0000000009AAA", "Nobody", "%20"])
def test_an_unknown_view_is_a_404(sandbox: RunningSandbox, view: str) -> None:
    assert sandbox.salesforce("GET", f"{VIEWS}/{view}/results").status_code == 404


def access(sandbox: RunningSandbox, where: str) -> Any:
    soql = (
        "SELECT RecordId, HasReadAccess, HasEditAccess, MaxAccessLevel "  # noqa: S608 - SOQL
        f"FROM UserRecordAccess WHERE {where}"
    )
    return sandbox.salesforce("GET", f"{DATA}/query", q=soql)


@pytest.mark.rule("sf-user-record-access")
def test_access_is_told_record_by_record(sandbox: RunningSandbox) -> None:
    one, other = contacts(sandbox, 2)
    soql = "SELECT Id FROM User ORDER BY Username LIMIT 1"
    user = get(sandbox, f"{DATA}/query", q=soql)["records"][0]["Id"]
    limit = {"user_id": user, "record_id": other, "level": "Read"}
    sandbox.control("PUT", "/salesforce/access", [limit])
    answer = access(sandbox, f"UserId = '{user}' AND RecordId IN ('{one}', '{other}')").json()
    told = {
        row["RecordId"]: (row["HasReadAccess"], row["HasEditAccess"], row["MaxAccessLevel"])
        for row in answer["records"]
    }
    assert told == {one: (True, True, "All"), other: (True, False, "Read")}
    single = access(sandbox, f"RecordId = '{other[:15]}' AND UserId = '{user}'").json()
    assert single["totalSize"] == 1
    unknown = access(sandbox, f"UserId = '{user}' AND RecordId = '003000000000001AAA'").json()
    assert unknown["totalSize"] == 0


@pytest.mark.rule("sf-user-record-access")
@pytest.mark.parametrize("where", ["RecordId != null", "UserId != null", "HasReadAccess = TRUE"])
def test_access_is_asked_of_one_user_and_some_records(sandbox: RunningSandbox, where: str) -> None:
    answer = access(sandbox, where)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")
