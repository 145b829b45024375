"""Broken and refusing answers of Constant Contact: which error each becomes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import requests
import responses

from bridge.connections.model import Connection
from bridge.constant_contact.client import SUBRESOURCES, ConstantContact
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

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "http://127.0.0.1:9/v3"
CONTACT = {"contact_id": "c1", "email_address": {"address": "Ada@Example.org"}}


class OneToken:
    """A token that is renewed to another one."""

    def __init__(self) -> None:
        self.token = "first"

    def access_token(self) -> str:
        return self.token

    def renew(self, stale: str) -> str:
        assert stale == self.token
        self.token = "second"
        return self.token


class Slots:
    """Counts the calls that were asked for."""

    def __init__(self) -> None:
        self.taken = 0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        self.taken += 1
        yield


@pytest.fixture
def slots() -> Slots:
    return Slots()


@pytest.fixture
def client(slots: Slots) -> Iterator[ConstantContact]:
    connection = Connection(id=1, name="acme", cc_url=URL)
    client = ConstantContact(connection, OneToken(), slots, 5)
    yield client
    client.close()


@pytest.fixture
def vendor() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


LIST_SHAPE = [{"error_key": "contacts.api.validation.error", "error_message": "first_name: long"}]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(400, LIST_SHAPE, RecordRefused, id="list: content"),
        pytest.param(415, LIST_SHAPE, RecordRefused, id="list: media type"),
        pytest.param(
            409,
            [{"error_key": "contacts.api.conflict", "error_message": "not unique"}],
            Conflict,
            id="list: address taken",
        ),
        pytest.param(
            404,
            [{"error_key": "contacts.api.not_found", "error_message": "no"}],
            NotFoundRemotely,
            id="list: not there",
        ),
        pytest.param(
            403,
            [{"error_key": "forbidden", "error_message": "no"}],
            Forbidden,
            id="list: privilege",
        ),
        pytest.param(
            429,
            {"error_key": "throttled", "error_message": "Too Many Requests"},
            Throttled,
            id="object: throttled",
        ),
        pytest.param(
            429,
            {"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
            QuotaSpent,
            id="object: day spent",
        ),
        pytest.param(429, {}, Throttled, id="429 without a key"),
        pytest.param(
            400,
            {"error_key": "quota_exceeded", "error_message": "Limit Exceeded"},
            QuotaSpent,
            id="the body decides before the status",
        ),
        pytest.param(
            401,
            {"error_key": "unauthorized", "error_message": "Unauthorized"},
            Unauthorized,
            id="object: token refused twice",
        ),
        pytest.param(
            400,
            {"error": "invalid_grant", "error_description": "expired"},
            Unauthorized,
            id="OAuth shape",
        ),
        pytest.param(
            500,
            [{"error_key": "internal", "error_message": "oops"}],
            Unavailable,
            id="server error in the vendor's shape",
        ),
        pytest.param(503, None, Unavailable, id="HTML 503"),
        pytest.param(200, None, Unavailable, id="HTML 200"),
        pytest.param(403, None, Unavailable, id="a proxy's 403"),
        pytest.param(404, None, Unavailable, id="a proxy's 404"),
        pytest.param(200, [], Unavailable, id="wrong JSON type"),
        pytest.param(200, {"contact_id": 7}, Unavailable, id="wrong type of the id"),
    ],
)
def test_answer_becomes_the_error_that_says_what_next(
    client: ConstantContact,
    vendor: responses.RequestsMock,
    status: int,
    body: Any,
    expected: type[BridgeError],
) -> None:
    content: dict[str, Any] = {"body": "<html>no</html>"} if body is None else {"json": body}
    vendor.put(f"{URL}/contacts/c1", status=status, **content)
    with pytest.raises(expected):
        client.put_contact("c1", {})


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(requests.ConnectionError("GET /v3/contacts?email=ada@example.org"), id="drop"),
        pytest.param(requests.ReadTimeout("ada@example.org"), id="time-out"),
        pytest.param(requests.exceptions.ChunkedEncodingError("half"), id="half a body"),
    ],
)
def test_missing_answer_is_unavailable_and_tells_no_address(
    client: ConstantContact, vendor: responses.RequestsMock, trouble: Exception
) -> None:
    vendor.get(f"{URL}/contacts", body=trouble)
    with pytest.raises(Unavailable) as caught:
        client.find_contact("ada@example.org")
    assert "ada" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_refusal_is_told_in_the_vendors_words_without_addresses(
    client: ConstantContact, vendor: responses.RequestsMock
) -> None:
    body = [
        {"error_key": "contacts.api.validation.error", "error_message": "bad <ada@example.org>"}
    ]
    vendor.post(f"{URL}/contacts", status=400, json=body)
    with pytest.raises(RecordRefused, match=r"bad <\(address\)>"):
        client.create_contact({})


def test_refused_token_is_renewed_once_and_the_call_repeated(
    client: ConstantContact, vendor: responses.RequestsMock, slots: Slots
) -> None:
    token = responses.matchers.header_matcher
    vendor.get(
        f"{URL}/contacts/c1",
        status=401,
        json={"error_key": "unauthorized"},
        match=[token({"Authorization": "Bearer first"})],
    )
    vendor.get(
        f"{URL}/contacts/c1", json=CONTACT, match=[token({"Authorization": "Bearer second"})]
    )
    assert client.get_contact("c1") == CONTACT
    assert slots.taken == 2


def test_pages_are_followed_by_the_vendors_address(
    client: ConstantContact, vendor: responses.RequestsMock, slots: Slots
) -> None:
    vendor.get(
        f"{URL}/contact_lists",
        json={
            "lists": [{"list_id": "1"}],
            "_links": {"next": {"href": "/v3/contact_lists?cursor=abc"}},
        },
        match=[responses.matchers.query_param_matcher({"limit": "500", "status": "active"})],
    )
    vendor.get(
        f"{URL}/contact_lists",
        json={"lists": [{"list_id": "2"}], "_links": {}},
        match=[responses.matchers.query_param_matcher({"cursor": "abc"})],
    )
    assert [one["list_id"] for one in client.lists()] == ["1", "2"]
    assert slots.taken == 2


@pytest.mark.parametrize(
    "href",
    [
        pytest.param("https://elsewhere.example.org/v3/contact_lists", id="another server"),
        pytest.param("//elsewhere.example.org/v3/contact_lists", id="another host"),
    ],
)
def test_token_does_not_follow_a_page_to_another_server(
    client: ConstantContact, vendor: responses.RequestsMock, href: str
) -> None:
    vendor.get(f"{URL}/contact_lists", json={"lists": [], "_links": {"next": {"href": href}}})
    with pytest.raises(Unavailable, match="another server"):
        list(client.lists())


def test_pages_that_go_round_end(client: ConstantContact, vendor: responses.RequestsMock) -> None:
    page = {"lists": [], "_links": {"next": {"href": "/v3/contact_lists?cursor=same"}}}
    vendor.get(f"{URL}/contact_lists", json=page)
    with pytest.raises(Unavailable, match="circle"):
        list(client.lists())


@pytest.mark.parametrize(
    ("contacts", "expected"),
    [
        pytest.param([CONTACT], CONTACT, id="in another case"),
        pytest.param([{"contact_id": "c2"}, CONTACT], CONTACT, id="after one without address"),
        pytest.param(
            [{"contact_id": "c3", "email_address": {"address": "bob@example.org"}}],
            None,
            id="somebody else",
        ),
        pytest.param([], None, id="nobody"),
    ],
)
def test_contact_is_found_by_its_address_in_any_state(
    client: ConstantContact,
    vendor: responses.RequestsMock,
    contacts: list[dict[str, Any]],
    expected: dict[str, Any] | None,
) -> None:
    asked = {"email": "ada@example.org", "status": "all", "include": SUBRESOURCES}
    vendor.get(
        f"{URL}/contacts",
        json={"contacts": contacts},
        match=[responses.matchers.query_param_matcher(asked)],
    )
    assert client.find_contact("ada@example.org") == expected


def test_redirect_is_not_followed(client: ConstantContact, vendor: responses.RequestsMock) -> None:
    vendor.get(f"{URL}/account/summary", status=302, headers={"Location": "http://127.0.0.1:8/"})
    with pytest.raises(Unavailable):
        client.account()


def test_call_is_sent_once_it_has_a_slot_and_leaves_it_once_answered(
    vendor: responses.RequestsMock,
) -> None:
    order: list[str] = []

    def answer(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        order.append("sent")
        return 200, {}, '{"encoded_account_id": "a"}'

    @contextmanager
    def take_slot() -> Iterator[None]:
        order.append("slot")
        yield
        order.append("left")

    connection = Connection(id=1, name="acme", cc_url=URL)
    vendor.add_callback("GET", f"{URL}/account/summary", callback=answer)
    ConstantContact(connection, OneToken(), take_slot, 5).account()
    assert order == ["slot", "sent", "left"]
