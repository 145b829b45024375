"""Exports of contacts: an activity that ends with a CSV file."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cc import NOBODY, a_contact, a_field, a_list, done, found, unsubscribe

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox


def exported(sandbox: RunningSandbox, body: dict[str, Any]) -> list[dict[str, str]]:
    last = done(sandbox, "contact_exports", body)
    answer = sandbox.constant_contact("GET", last["_links"]["results"]["href"])
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.rule("cc-export-result")
def test_an_export_is_a_file_once_it_is_completed(sandbox: RunningSandbox) -> None:
    started = sandbox.constant_contact("POST", "/activities/contact_exports", {}).json()
    assert "results" not in started["_links"]
    everybody = sandbox.constant_contact("GET", "/contacts", limit=500).json()["contacts"]
    lines = exported(sandbox, {})
    assert {one["email_address"] for one in lines} == {
        one["email_address"]["address"] for one in everybody
    }
    assert "cf:heard_from" in lines[0]
    assert lines[0]["cf:heard_from"] == "Seminar"


@pytest.mark.rule("cc-export-result")
def test_an_export_has_the_fields_that_were_asked_for(sandbox: RunningSandbox) -> None:
    field_id = a_field(sandbox, "Adviser")
    contact_id = a_contact(
        sandbox,
        street_addresses=[{"kind": "home", "city": "Salem, MA"}],
        custom_fields=[{"custom_field_id": field_id, "value": 'the "best"'}],
    )
    fields = ["email_address", "city", "cf:adviser"]
    assert exported(sandbox, {"contact_ids": [contact_id], "fields": fields}) == [
        {"email_address": "ada@example.org", "city": "Salem, MA", "cf:adviser": 'the "best"'}
    ]


@pytest.mark.rule("cc-export-filters")
def test_an_export_is_filtered_by_source_and_status(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    for name in ("ada", "bob", "cay"):
        a_contact(sandbox, f"{name}@example.org", list_memberships=[list_id])
    unsubscribe(sandbox, "bob@example.org")
    cay = found(sandbox, "cay@example.org")
    assert cay is not None

    def addresses(**body: Any) -> set[str]:
        lines = exported(sandbox, {"fields": ["email_address"], **body})
        return {one["email_address"].partition("@")[0] for one in lines}

    assert addresses(list_ids=[list_id]) == {"ada", "bob", "cay"}
    assert addresses(list_ids=[list_id], status="active") == {"ada", "cay"}
    assert addresses(list_ids=[list_id], status="unsubscribed") == {"bob"}
    assert addresses(list_ids=[list_id], exclude={"contact_ids": [cay["contact_id"]]}) == {
        "ada",
        "bob",
    }
    assert addresses(status="removed") == {"hal.pereira"}
    assert {"ada", "cay"} <= addresses(new_subscriber=True)


@pytest.mark.rule("cc-export-filters")
@pytest.mark.parametrize(
    "body",
    [
        {"fields": ["shoe_size"]},
        {"fields": ["email_optout_date"]},
        {"status": "gone"},
        {"contact_ids": [NOBODY], "new_subscriber": True},
        {"list_ids": [NOBODY]},
        {"fields": [1]},
    ],
    ids=",".join,
)
def test_a_faulty_export_is_refused(sandbox: RunningSandbox, body: dict[str, Any]) -> None:
    answer = sandbox.constant_contact("POST", "/activities/contact_exports", body)
    assert answer.status_code == 400


def test_an_unknown_file_is_not_found(sandbox: RunningSandbox) -> None:
    assert sandbox.constant_contact("GET", f"/contact_exports/{NOBODY}").status_code == 404
