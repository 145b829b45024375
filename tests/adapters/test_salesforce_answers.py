"""Broken and refusing answers of Salesforce: which error each becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from bridge.connections.model import Connection
from bridge.errors import (
    BridgeError,
    Conflict,
    Forbidden,
    NotFoundRemotely,
    QuotaSpent,
    RecordRefused,
    Throttled,
    Unauthorized,
    Unavailable,
)
from bridge.salesforce.children import rows_of
from bridge.salesforce.client import Salesforce
from bridge.salesforce.model import Update
from bridge.salesforce.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "http://127.0.0.1:9"
DATA = f"{URL}/services/data/v66.0"


class OneToken:
    """A token that is never another one."""

    def access_token(self) -> str:
        return "token"

    def renew(self, refused: str | None) -> str:
        assert refused == "token"
        return "token"


@pytest.fixture
def salesforce() -> Iterator[Salesforce]:
    connection = Connection(id=1, name="acme", sf_url=URL)
    client = Salesforce(Session(connection, OneToken(), 5))
    yield client
    client.close()


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def error(code: str, message: str = "words") -> list[dict[str, Any]]:
    return [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(401, error("INVALID_SESSION_ID"), Unauthorized, id="session"),
        pytest.param(401, None, Unauthorized, id="HTML 401"),
        pytest.param(
            403,
            error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            QuotaSpent,
            id="day spent",
        ),
        pytest.param(
            403,
            error("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded."),
            Throttled,
            id="too many at once",
        ),
        pytest.param(403, error("API_DISABLED_FOR_ORG"), Forbidden, id="no API"),
        pytest.param(403, error("SOMETHING_NEW"), Forbidden, id="unknown 403"),
        pytest.param(403, None, Unavailable, id="a proxy's 403"),
        pytest.param(400, error("INVALID_FIELD"), Forbidden, id="mapping"),
        pytest.param(400, error("STRING_TOO_LONG"), RecordRefused, id="content"),
        pytest.param(400, error("UNABLE_TO_LOCK_ROW"), Conflict, id="lock"),
        pytest.param(400, error("INVALID_QUERY_LOCATOR"), Conflict, id="cursor"),
        pytest.param(404, error("NOT_FOUND"), NotFoundRemotely, id="not there"),
        pytest.param(404, None, Unavailable, id="a proxy's 404"),
        pytest.param(500, error("UNKNOWN_EXCEPTION"), Unavailable, id="server"),
        pytest.param(503, error("SERVER_UNAVAILABLE"), Unavailable, id="busy"),
        pytest.param(500, error("SOMETHING_NEW"), Unavailable, id="unknown 500"),
        pytest.param(502, None, Unavailable, id="HTML 502"),
        pytest.param(200, None, Unavailable, id="HTML 200"),
        pytest.param(200, [], Unavailable, id="wrong JSON type"),
        pytest.param(200, {"sobjects": [7]}, Unavailable, id="wrong JSON within"),
    ],
)
def test_answer_becomes_the_error_that_says_what_next(
    salesforce: Salesforce,
    vendor: responses.RequestsMock,
    status: int,
    body: Any,
    expected: type[BridgeError],
) -> None:
    content: dict[str, Any] = {"body": "<html>no</html>"} if body is None else {"json": body}
    vendor.get(f"{DATA}/sobjects", status=status, **content)
    with pytest.raises(expected):
        salesforce.objects()


def test_refusal_is_told_without_addresses(
    salesforce: Salesforce, vendor: responses.RequestsMock
) -> None:
    body = error("DUPLICATE_VALUE", "duplicate value found: ada@example.org")
    vendor.get(f"{DATA}/sobjects", status=400, json=body)
    with pytest.raises(RecordRefused) as caught:
        salesforce.objects()
    assert "ada" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_missing_answer_is_unavailable_and_tells_no_query(
    salesforce: Salesforce, vendor: responses.RequestsMock
) -> None:
    vendor.get(f"{DATA}/query/", body=requests.ConnectionError("?q=ada@example.org"))
    with pytest.raises(Unavailable) as caught:
        list(salesforce.query("SELECT Id FROM Contact WHERE Email = 'ada@example.org'"))
    assert "ada" not in str(caught.value)


def test_next_page_on_another_server_is_not_asked(
    salesforce: Salesforce, vendor: responses.RequestsMock
) -> None:
    page = {"records": [], "done": False, "nextRecordsUrl": "@elsewhere.example.org/query/01g"}
    vendor.get(f"{DATA}/query/", json=page)
    with pytest.raises(Unavailable, match="another server"):
        list(salesforce.query("SELECT Id FROM Contact"))


def test_digits_of_a_number_stay_as_they_were_sent(
    salesforce: Salesforce, vendor: responses.RequestsMock
) -> None:
    page = '{"records": [{"Id": "1", "Amount": 120000.10}], "done": true}'
    vendor.get(f"{DATA}/query/", body=page, content_type="application/json")
    assert list(salesforce.query("SELECT Id, Amount FROM X")) == [
        {"Id": "1", "Amount": "120000.10"}
    ]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param([], id="too few results"),
        pytest.param([{"success": False, "errors": []}], id="neither success nor error"),
        pytest.param({}, id="no list"),
    ],
)
def test_collection_whose_results_do_not_match_is_unavailable(
    salesforce: Salesforce, vendor: responses.RequestsMock, answer: Any
) -> None:
    vendor.patch(f"{DATA}/composite/sobjects", json=answer)
    with pytest.raises(Unavailable):
        salesforce.collections.update([Update(object="Contact", record_id="1", fields={})])


def test_updates_go_in_collections_of_two_hundred(
    salesforce: Salesforce, vendor: responses.RequestsMock
) -> None:
    for count in (200, 50):
        result = {"id": "0035g00000AbCdEAAV", "success": True, "errors": []}
        vendor.patch(f"{DATA}/composite/sobjects", json=[result] * count)
    updates = [Update(object="Contact", record_id=str(n), fields={}) for n in range(250)]
    assert all(result.ok for result in salesforce.collections.update(updates))


def test_lock_of_one_record_may_succeed_later(
    salesforce: Salesforce, vendor: responses.RequestsMock
) -> None:
    refused = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "busy", "fields": []}
    vendor.patch(f"{DATA}/composite/sobjects", json=[{"success": False, "errors": [refused]}])
    [result] = salesforce.collections.update([Update(object="Contact", record_id="1", fields={})])
    assert result.may_succeed_later


def test_connection_without_an_address_says_what_to_do() -> None:
    with pytest.raises(Unauthorized, match="bridge connect salesforce acme"):
        Session(Connection(id=1, name="acme"), OneToken(), 5)


def test_child_records_that_fill_more_than_a_page_are_all_read(
    salesforce: Salesforce, vendor: responses.RequestsMock
) -> None:
    more = "/services/data/v66.0/query/0r8-500"
    rows = {"totalSize": 3, "done": False, "nextRecordsUrl": more, "records": [{"Role": "A"}]}
    page = {"done": True, "records": [{"Id": "003000000000001AAA", "Roles__r": rows}]}
    vendor.get(f"{DATA}/query/", json=page)
    vendor.get(f"{URL}{more}", json={"done": True, "records": [{"Role": "C"}, {"Role": "B"}]})
    found = salesforce.read_back("Contact", ["003000000000001AAA"], ["Roles__r.[Role]"])
    assert rows_of(found["003000000000001AAA"]["Roles__r.[Role]"] or "") == [
        {"Role": role} for role in ("A", "B", "C")
    ]
