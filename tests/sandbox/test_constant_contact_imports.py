"""Imports of contacts, as JSON and as a CSV file, and what they leave alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cc import (
    NOBODY,
    a_contact,
    a_field,
    a_list,
    activity,
    begun,
    done,
    ended,
    found,
    read,
    switch,
    unsubscribe,
)

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

KIND = "contacts_json_import"
MB = 1024 * 1024


def rows(*items: dict[str, Any], lists: list[str]) -> dict[str, Any]:
    return {"import_data": list(items), "list_ids": lists}


def upload(
    sandbox: RunningSandbox,
    content: str | bytes,
    list_ids: str,
    *,
    name: str = "people.csv",
    **fields: str,
) -> requests.Response:
    token = sandbox.line["observer"]["constant_contact_access_token"]
    return sandbox.session.post(
        f"{sandbox.line['constant_contact_url']}/activities/contacts_file_import",
        files={"file": (name, content)},
        data={"list_ids": list_ids, **fields},
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )


@pytest.mark.rule("cc-import-new-implicit", "cc-activity-counts-import", "cc-import-lists-add")
def test_new_contacts_are_implicit_by_the_account(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    row = {"email": "ada@example.org", "first_name": "Ada"}
    last = done(sandbox, KIND, rows(row, lists=[list_id]))
    assert last["status"] == {
        "items_total_count": 1,
        "person_count": 1,
        "error_count": 0,
        "correctable_count": 0,
        "cannot_add_to_list_count": 0,
    }
    contact = found(sandbox, "ada@example.org")
    assert contact is not None
    assert contact["create_source"] == "Account"
    assert "update_source" not in contact
    assert contact["email_address"]["permission_to_send"] == "implicit"
    assert contact["email_address"]["opt_in_source"] == "Account"
    assert contact["list_memberships"] == [list_id]


@pytest.mark.rule("cc-import-existing-sent-only", "cc-import-lists-add")
def test_existing_contacts_change_where_a_row_says_something(sandbox: RunningSandbox) -> None:
    first, second = a_list(sandbox, "One"), a_list(sandbox, "Two")
    kept, changed = a_field(sandbox, "Kept"), a_field(sandbox, "Changed")
    contact_id = a_contact(
        sandbox,
        last_name="Byron",
        job_title="Analyst",
        email_address={"address": "Ada@Example.org", "permission_to_send": "explicit"},
        list_memberships=[first],
        phone_numbers=[
            {"phone_number": "1", "kind": "home"},
            {"phone_number": "2", "kind": "work"},
        ],
        street_addresses=[{"kind": "home", "street": "1 Quay", "city": "Salem"}],
        custom_fields=[
            {"custom_field_id": kept, "value": "a"},
            {"custom_field_id": changed, "value": "b"},
        ],
    )
    row = {
        "email": "ada@example.ORG",
        "last_name": "Lovelace",
        "job_title": "",
        "work_phone": "3",
        "home_city": "Boston",
        "cf:changed": "c",
    }
    done(sandbox, KIND, rows(row, lists=[second]))
    after = read(sandbox, contact_id)
    assert (after["first_name"], after["last_name"]) == ("Ada", "Lovelace")
    assert after["job_title"] == "Analyst"
    assert after["email_address"]["address"] == "Ada@Example.org"
    assert after["email_address"]["permission_to_send"] == "explicit"
    assert after["list_memberships"] == [first, second]
    phones = {one["kind"]: one["phone_number"] for one in after["phone_numbers"]}
    assert phones == {"home": "1", "work": "3"}
    (street,) = after["street_addresses"]
    assert (street["street"], street["city"]) == ("1 Quay", "Boston")
    values = {one["custom_field_id"]: one["value"] for one in after["custom_fields"]}
    assert values == {kept: "a", changed: "c"}
    assert after["update_source"] == "Account"


@pytest.mark.rule("cc-optout-import-untouched")
@pytest.mark.parametrize("kind", ["json", "csv"])
def test_an_import_leaves_who_opted_out_where_they_are(sandbox: RunningSandbox, kind: str) -> None:
    list_id, contact_id = a_list(sandbox), a_contact(sandbox)
    unsubscribe(sandbox)
    if kind == "json":
        started = begun(sandbox, KIND, rows({"email": "ada@example.org"}, lists=[list_id]))
    else:
        started = upload(sandbox, "email\nada@example.org\n", list_id).json()
    last = ended(sandbox, started)
    assert last["status"]["cannot_add_to_list_count"] == 1
    after = read(sandbox, contact_id)
    assert after["email_address"]["permission_to_send"] == "unsubscribed"
    assert after["email_address"]["opt_out_source"] == "Contact"
    assert after["list_memberships"] == []


FLAT = {
    "email": "ada@example.org",
    "first_name": "Ada",
    "last_name": "Byron",
    "job_title": "Analyst",
    "company_name": "Engines",
    "birthday_month": 12,
    "birthday_day": 10,
    "anniversary": "07/08/1835",
    "home_phone": "1",
    "mobile_phone": "2",
    "phone": "3",
    "street": "1 Quay",
    "street2": "Flat 2",
    "city": "Salem",
    "state": "MA",
    "zip": "01970",
    "country": "US",
    "home country": "GB",
    "cf:client_since": "1833",
}


@pytest.mark.rule("cc-import-flat-keys", "cc-import-fields-by-name")
def test_every_flat_key_has_its_place(sandbox: RunningSandbox) -> None:
    field_id = a_field(sandbox, "Client Since")
    done(sandbox, KIND, rows(FLAT, lists=[a_list(sandbox)]))
    contact = found(sandbox, "ada@example.org")
    assert contact is not None
    assert (contact["birthday_month"], contact["birthday_day"]) == (12, 10)
    assert contact["anniversary"] == "1835-07-08"
    phones = {one["kind"]: one["phone_number"] for one in contact["phone_numbers"]}
    assert phones == {"home": "1", "mobile": "2", "other": "3"}
    streets = {one["kind"]: one for one in contact["street_addresses"]}
    assert streets["other"]["street"] == "1 Quay, Flat 2"
    assert streets["other"]["postal_code"] == "01970"
    assert streets["home"]["country"] == "GB"
    assert contact["custom_fields"] == [{"custom_field_id": field_id, "value": "1833"}]


FAULTY: dict[str, tuple[dict[str, Any], str]] = {
    "no address": ({"first_name": "Ada"}, "correctable_count"),
    "bad address": ({"email": "ada@local"}, "correctable_count"),
    "long address": ({"email": f"{'a' * 40}@example.org"}, "correctable_count"),
    "half a birthday": ({"email": "b@example.org", "birthday_day": 3}, "correctable_count"),
    "bad anniversary": ({"email": "b@example.org", "anniversary": "soon"}, "correctable_count"),
    "long name": ({"email": "b@example.org", "first_name": "x" * 51}, "error_count"),
    "long phone": ({"email": "b@example.org", "phone": "5" * 26}, "error_count"),
    "a list as name": ({"email": "b@example.org", "first_name": []}, "error_count"),
    "four phones": (
        {"email": "b@example.org"}
        | {f"{kind}_phone": "5" for kind in ("home", "work", "mobile", "other")},
        "error_count",
    ),
}


@pytest.mark.rule("cc-import-row-errors", "cc-activity-counts-import", "cc-import-address-50")
@pytest.mark.parametrize(("row", "counter"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_row_is_counted_and_the_others_come_in(
    sandbox: RunningSandbox, row: dict[str, Any], counter: str
) -> None:
    good = {"email": "good@example.org"}
    last = done(sandbox, KIND, rows(row, good, lists=[a_list(sandbox)]))
    assert last["state"] == "completed"
    assert last["status"][counter] == last["status"]["person_count"] == 1
    (line,) = last["activity_errors"]
    assert line.startswith("Row 1: ")
    assert found(sandbox, "good@example.org") is not None


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no rows": ({"import_data": [], "list_ids": ["$"]}, "import_data"),
    "no lists": ({"import_data": [{"email": "a@example.org"}]}, "list_ids"),
    "empty lists": ({"import_data": [{"email": "a@example.org"}], "list_ids": []}, "list_ids"),
    "51 lists": ({"import_data": [{}], "list_ids": [str(n) for n in range(51)]}, "list_ids size"),
    "unknown list": ({"import_data": [{}], "list_ids": [NOBODY]}, "list_ids"),
    "rows that are texts": ({"import_data": ["a@example.org"], "list_ids": ["$"]}, "import_data"),
    "40,001 rows": ({"import_data": [{}] * 40_001, "list_ids": ["$"]}, "40000"),
    "unknown sms permission": (
        {"import_data": [{}], "list_ids": ["$"], "sms_permission_to_send": "maybe"},
        "sms_permission_to_send",
    ),
}


@pytest.mark.rule("cc-import-json-limits")
@pytest.mark.parametrize(("body", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_faulty_import_is_refused(
    sandbox: RunningSandbox, body: dict[str, Any], named: str
) -> None:
    if body.get("list_ids") == ["$"]:
        body = {**body, "list_ids": [a_list(sandbox)]}
    answer = sandbox.constant_contact("POST", f"/activities/{KIND}", body)
    assert answer.status_code == 400
    assert named in answer.json()[0]["error_message"]


def padded(number: int, size: int) -> dict[str, str]:
    row = {"email": f"p{number:05}@example.org", "street": ""}
    row["street"] = "x" * (size - len(json.dumps(row, separators=(",", ":"))))
    return row


@pytest.mark.rule("cc-import-4mb-cut")
def test_what_lies_beyond_4_mb_of_json_is_dropped_in_silence(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    body = {"list_ids": [list_id], "import_data": [padded(n, 250) for n in range(20_000)]}
    raw = json.dumps(body, separators=(",", ":")).encode()
    inside = (4 * MB - raw.index(b'[{"')) // 251
    token = sandbox.line["observer"]["constant_contact_access_token"]
    started = sandbox.session.post(
        f"{sandbox.line['constant_contact_url']}/activities/{KIND}",
        data=raw,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=20,
    )
    assert started.status_code == 201
    last = ended(sandbox, started.json())
    assert (last["state"], last["activity_errors"]) == ("completed", [])
    assert last["status"]["items_total_count"] == last["status"]["person_count"] == inside
    assert found(sandbox, f"p{inside - 1:05}@example.org") is not None
    assert found(sandbox, f"p{inside:05}@example.org") is None


@pytest.mark.rule("cc-import-4mb-cut", "cc-import-csv-limits")
def test_a_file_is_cut_after_4_mb_and_after_its_last_line(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    wide = "".join(f"w{n:05}@example.org,{'x' * 230}\r\n" for n in range(20_000))
    content = f"email,street\r\n{wide}".encode()
    inside = (4 * MB - len("email,street\r\n")) // (len(wide) // 20_000)
    last = ended(sandbox, upload(sandbox, content, list_id).json())
    assert last["status"]["items_total_count"] == inside
    long = "email\n" + "".join(f"l{n:05}@example.org\n" for n in range(40_500))
    last = ended(sandbox, upload(sandbox, long, list_id).json())
    assert last["status"]["items_total_count"] == 39_999


@pytest.mark.rule("cc-import-csv-form", "cc-import-fields-by-name")
def test_a_file_is_read_with_its_headings(sandbox: RunningSandbox) -> None:
    field_id = a_field(sandbox, "Adviser")
    first, second = a_list(sandbox, "One"), a_list(sandbox, "Two")
    content = (
        '\ufeffEmail,First Name,cf:Adviser,shoe size\r\nada@example.org,"Ada, A.",Quist,9\r\n\r\n'
    )
    answer = upload(sandbox, content, f"{first},{second}")
    assert answer.status_code == 201
    assert answer.json()["source_file_name"] == "people.csv"
    assert ended(sandbox, answer.json())["status"]["person_count"] == 1
    contact = found(sandbox, "ada@example.org")
    assert contact is not None
    assert contact["first_name"] == "Ada, A."
    assert contact["list_memberships"] == [first, second]
    assert contact["custom_fields"] == [{"custom_field_id": field_id, "value": "Quist"}]


@pytest.mark.rule("cc-import-csv-form")
@pytest.mark.parametrize(
    ("name", "content", "lists", "status"),
    [
        ("people.xlsx", "email\na@example.org\n", None, 415),
        ("people.csv", "email\na@example.org\n", "", 400),
        ("people.csv", "email\na@example.org\n", NOBODY, 400),
        ("people.csv", "", None, 400),
        ("people.csv", "first_name\nAda\n", None, 400),
    ],
    ids=["another kind of file", "no lists", "unknown list", "empty file", "no address column"],
)
def test_a_faulty_file_is_refused(
    sandbox: RunningSandbox, name: str, content: str, lists: str | None, status: int
) -> None:
    list_ids = a_list(sandbox) if lists is None else lists
    assert upload(sandbox, content, list_ids, name=name).status_code == status


@pytest.mark.rule("cc-import-csv-form")
@pytest.mark.parametrize(
    ("media_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 400),
        ("multipart/form-data; boundary=x", b"--y--", 400),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n--x--", 400),
    ],
    ids=["json", "no boundary", "another boundary", "a part without a name"],
)
def test_a_body_that_is_no_form_is_refused(
    sandbox: RunningSandbox, media_type: str, body: bytes, status: int
) -> None:
    token = sandbox.line["observer"]["constant_contact_access_token"]
    answer = sandbox.session.post(
        f"{sandbox.line['constant_contact_url']}/activities/contacts_file_import",
        data=body,
        headers={"Authorization": f"Bearer {token}", "Content-Type": media_type},
        timeout=10,
    )
    assert answer.status_code == status
    assert isinstance(answer.json(), list)


def test_a_switch_refuses_columns_that_do_not_exist(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    row = {"email": "ada@example.org", "cf:shoe_size": "9"}
    assert done(sandbox, KIND, rows(row, lists=[list_id]))["status"]["person_count"] == 1
    switch(sandbox, import_refuses_unknown_columns=True)
    answer = sandbox.constant_contact("POST", f"/activities/{KIND}", rows(row, lists=[list_id]))
    assert answer.status_code == 400
    assert "cf:shoe_size" in answer.json()[0]["error_message"]


@pytest.mark.rule("cc-import-sms")
def test_a_number_for_sms_makes_a_contact_without_an_address(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    row = {"sms_number": "781-555-1212", "first_name": "Ada", "sms_consent_date": "07-03-2024"}
    body = rows(row, {"sms_number": "7815550000"}, lists=[list_id])
    last = done(sandbox, KIND, {**body, "sms_permission_to_send": "explicit"})
    assert last["status"]["person_count"] == 2
    undated = sandbox.constant_contact("GET", "/contacts", sms_status="not_set").json()["contacts"]
    assert [one["sms_channel"]["sms_address"] for one in undated] == ["7815550000"]
    page = sandbox.constant_contact("GET", "/contacts", sms_status="explicit").json()
    (contact,) = page["contacts"]
    assert "email_address" not in contact
    assert contact["sms_channel"]["sms_address"] == "7815551212"
    again = rows({"sms_number": "7815551212", "last_name": "Byron"}, lists=[list_id])
    done(sandbox, KIND, again)
    assert read(sandbox, contact["contact_id"])["last_name"] == "Byron"


@pytest.mark.rule("cc-revive-by-import")
def test_an_import_brings_a_deleted_contact_back(sandbox: RunningSandbox) -> None:
    list_id, contact_id = a_list(sandbox), a_contact(sandbox)
    sandbox.constant_contact("DELETE", f"/contacts/{contact_id}")
    done(sandbox, KIND, rows({"email": "ada@example.org"}, lists=[list_id]))
    back = read(sandbox, contact_id)
    assert "deleted_at" not in back
    assert back["list_memberships"] == [list_id]


@pytest.mark.rule("cc-page-size-contacts")
def test_a_large_import_goes_on_between_the_calls(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox)
    items = [{"email": f"p{n}@example.org"} for n in range(40_000)]
    started = begun(sandbox, KIND, rows(*items, lists=[list_id]))
    last = ended(sandbox, started)
    assert last["status"]["person_count"] == 40_000
    assert activity(sandbox, started["activity_id"])["state"] == "completed"
    assert len(sandbox.constant_contact("GET", "/contacts").json()["contacts"]) == 50
    slowest = max(call["took_ms"] for call in sandbox.calls("constant_contact"))
    assert slowest < 5_000, "a call waited for the whole import"
