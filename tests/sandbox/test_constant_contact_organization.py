"""The account itself: summary, postal address, its own e-mail addresses, privileges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

ADDRESS = {"address_line1": "5 Quay Street", "city": "Bath", "country_code": "US"}


def get(sandbox: RunningSandbox, path: str, **query: Any) -> Any:
    answer = sandbox.constant_contact("GET", path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: requests.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()[0]["error_message"])


@pytest.mark.rule("cc-account-summary-partial")
def test_a_put_changes_what_it_names(sandbox: RunningSandbox) -> None:
    before = get(sandbox, "/account/summary")
    body = {"website": "https://quay.example.com", "encoded_account_id": "other"}
    answer = sandbox.constant_contact("PUT", "/account/summary", body)
    assert answer.status_code == 200
    assert answer.json() == before | {"website": "https://quay.example.com"}
    assert get(sandbox, "/account/summary") == answer.json()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"contact_phone": "5" * 26}, id="too long"),
        pytest.param({"contact_email": "nobody"}, id="no address"),
        pytest.param({"first_name": 7}, id="no text"),
    ],
)
def test_a_faulty_summary_changes_nothing(sandbox: RunningSandbox, body: dict[str, Any]) -> None:
    before = get(sandbox, "/account/summary")
    answer = sandbox.constant_contact("PUT", "/account/summary", body)
    assert next(iter(body)) in refused(answer, 400)
    assert get(sandbox, "/account/summary") == before


@pytest.mark.rule("cc-account-summary-extra")
def test_extra_fields_come_when_they_are_named(sandbox: RunningSandbox) -> None:
    sandbox.constant_contact("POST", "/account/summary/physical_address", ADDRESS)
    assert not {"physical_address", "company_logo"} & get(sandbox, "/account/summary").keys()
    shown = get(sandbox, "/account/summary", extra_fields="physical_address,company_logo")
    assert shown["physical_address"] == ADDRESS
    assert shown["company_logo"]["url"].startswith("https://")
    answer = sandbox.constant_contact("GET", "/account/summary", extra_fields="colour")
    assert "extra_fields" in refused(answer, 400)


@pytest.mark.rule("cc-account-address-once", "cc-account-address-required")
def test_a_postal_address_is_added_once_and_replaced_whole(sandbox: RunningSandbox) -> None:
    path = "/account/summary/physical_address"
    assert sandbox.constant_contact("GET", path).status_code == 404
    answer = sandbox.constant_contact("POST", path, ADDRESS)
    assert (answer.status_code, answer.json()) == (201, ADDRESS)
    assert "already exists" in refused(sandbox.constant_contact("POST", path, ADDRESS), 409)
    assert "city is missing" in refused(
        sandbox.constant_contact("PUT", path, {"address_line1": "x", "country_code": "US"}), 400
    )
    answer = sandbox.constant_contact("PUT", path, ADDRESS)
    assert (answer.status_code, answer.json()) == (200, ADDRESS)
    assert get(sandbox, path) == ADDRESS


@pytest.mark.rule("cc-account-emails-bare", "cc-account-confirm-time")
def test_the_accounts_addresses_are_a_bare_list(sandbox: RunningSandbox) -> None:
    (first,) = get(sandbox, "/account/emails")
    assert first["confirm_status"] == "CONFIRMED"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", first["confirm_time"])


@pytest.mark.rule("cc-account-emails-codes", "cc-account-emails-unconfirmed")
def test_addresses_are_filtered_by_word_or_letter(sandbox: RunningSandbox) -> None:
    answer = sandbox.constant_contact("POST", "/account/emails", {"email_address": "b@example.org"})
    assert answer.status_code == 201
    assert answer.json() == {
        "email_address": "b@example.org",
        "email_id": 2,
        "confirm_status": "UNCONFIRMED",
    }
    for code in ("U", "UNCONFIRMED"):
        found = get(sandbox, "/account/emails", confirm_status=code)
        assert [one["email_id"] for one in found] == [2]
    for code in ("R", "REPLY_TO"):
        assert [one["email_id"] for one in get(sandbox, "/account/emails", role_code=code)] == [1]
    found = get(sandbox, "/account/emails", email_address="B@Example.org")
    assert [one["email_id"] for one in found] == [2]


@pytest.mark.rule("cc-account-emails-one-filter")
def test_two_filters_of_addresses_are_refused(sandbox: RunningSandbox) -> None:
    answer = sandbox.constant_contact("GET", "/account/emails", confirm_status="C", role_code="C")
    assert "cannot be combined" in refused(answer, 400)


@pytest.mark.parametrize(
    ("address", "status"), [("nobody", 400), ("OFFICE@harbour-lane.example.com", 409)]
)
def test_an_address_that_cannot_be_added_is_refused(
    sandbox: RunningSandbox, address: str, status: int
) -> None:
    body = {"email_address": address}
    refused(sandbox.constant_contact("POST", "/account/emails", body), status)


@pytest.mark.rule("cc-account-privileges")
def test_privileges_are_ids_and_names(sandbox: RunningSandbox) -> None:
    names = {one["privilege_name"] for one in get(sandbox, "/account/user/privileges")}
    assert {"contacts:read", "contacts:write", "ui:campaign:metrics"} <= names
