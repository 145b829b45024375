"""Interactions in the Salesforce stand-in: the custom object, Event and Task; and long walks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.test_salesforce_rest import DATA, INTERACTION, create, now, query, read

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

KEY = "CC_Bridge_Key__c"
NEEDED: dict[str, dict[str, Any]] = {
    INTERACTION: {},
    "Event": {"StartDateTime": "2026-01-01T10:00:00Z", "DurationInMinutes": 0},
    "Task": {},
}
DETAILS = {INTERACTION: ("practifi__Details__c", 131_000)} | dict.fromkeys(
    ("Event", "Task"), ("Description", 32_000)
)
SUBJECT = {INTERACTION: "practifi__Subject__c", "Event": "Subject", "Task": "Subject"}


def upsert(sandbox: RunningSandbox, name: str, *keys: str, **fields: object) -> Any:
    records = [{"attributes": {"type": name}, KEY: key, **fields} for key in keys]
    return sandbox.salesforce(
        "PATCH", f"{DATA}/composite/sobjects/{name}/{KEY}", {"records": records}
    )


@pytest.mark.parametrize("name", list(NEEDED))
def test_an_interaction_points_to_a_contact_and_a_client(
    sandbox: RunningSandbox, name: str
) -> None:
    client = create(sandbox, "Account", Name="Quist Household")
    contact = create(sandbox, "Contact", LastName="Quist", AccountId=client)
    to_client, to_contact = (
        ("practifi__Client__c", "practifi__Person__c")
        if name == INTERACTION
        else ("WhatId", "WhoId")
    )
    fields = {to_client: client, to_contact: contact, KEY: "k1", SUBJECT[name]: "Autumn letter"}
    record = read(sandbox, name, create(sandbox, name, **NEEDED[name], **fields))
    assert {field: record[field] for field in fields} == fields


@pytest.mark.parametrize("name", list(NEEDED))
def test_subject_and_details_have_their_lengths(sandbox: RunningSandbox, name: str) -> None:
    details, most = DETAILS[name]
    for field, length in ((SUBJECT[name], 255), (details, most)):
        create(sandbox, name, **NEEDED[name], **{field: "x" * length})
        answer = sandbox.salesforce(
            "POST", f"{DATA}/sobjects/{name}", {**NEEDED[name], field: "x" * (length + 1)}
        )
        (error,) = answer.json()
        assert (answer.status_code, error["errorCode"]) == (400, "STRING_TOO_LONG")
        assert error["fields"] == [field]


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("Event", {"Subject": "A"}, "REQUIRED_FIELD_MISSING"),
        ("Event", {"StartDateTime": "2026-01-01T10:00:00Z"}, "REQUIRED_FIELD_MISSING"),
        (
            "Event",
            {"StartDateTime": "2026-01-01T10:00:00Z", "EndDateTime": "2026-01-01T09:00:00Z"},
            "FIELD_INTEGRITY_EXCEPTION",
        ),
        ("Task", {"Status": None}, "REQUIRED_FIELD_MISSING"),
        ("Task", {"ActivityDate": "yesterday"}, "JSON_PARSER_ERROR"),
        ("Task", {"WhoId": "001000000000001AAA"}, "FIELD_INTEGRITY_EXCEPTION"),
    ],
)
def test_an_activity_that_breaks_a_rule_is_refused(
    sandbox: RunningSandbox, name: str, fields: dict[str, object], code: str
) -> None:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_the_subtype_of_a_task_is_set_when_it_is_made_and_never_again(
    sandbox: RunningSandbox,
) -> None:
    task = create(sandbox, "Task", TaskSubtype="Email", Status="Completed")
    assert read(sandbox, "Task", task)["TaskSubtype"] == "Email"
    answer = sandbox.salesforce("PATCH", f"{DATA}/sobjects/Task/{task}", {"TaskSubtype": "Call"})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


@pytest.mark.parametrize("name", ["Event", "Task"])
def test_an_activity_is_not_upserted_by_key_but_its_key_is_unique(
    sandbox: RunningSandbox, name: str
) -> None:
    one = sandbox.salesforce("PATCH", f"{DATA}/sobjects/{name}/{KEY}/k1", NEEDED[name])
    many = upsert(sandbox, name, "k1", **NEEDED[name])
    assert {(each.status_code, each.json()[0]["errorCode"]) for each in (one, many)} == {
        (404, "NOT_FOUND")
    }
    record_id = create(sandbox, name, **NEEDED[name], CC_Bridge_Key__c="k1")
    found = query(sandbox, f"SELECT Id FROM {name} WHERE {KEY} IN ('k1','k2')")  # noqa: S608
    assert [row["Id"] for row in found["records"]] == [record_id]
    again = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", {**NEEDED[name], KEY: "K1"})
    assert again.json()[0]["errorCode"] == "DUPLICATE_VALUE"


def test_an_upsert_of_many_keeps_the_order_and_says_which_failed(sandbox: RunningSandbox) -> None:
    upsert(sandbox, INTERACTION, "k2")
    records: list[dict[str, Any]] = [
        {KEY: "k1"},
        {KEY: "k2", "practifi__Subject__c": "Again"},
        {KEY: "k3", "practifi__Subject__c": "x" * 256},
        {},
    ]
    answer = sandbox.salesforce(
        "PATCH",
        f"{DATA}/composite/sobjects/{INTERACTION}/{KEY}",
        {"records": [{"attributes": {"type": INTERACTION}, **each} for each in records]},
    )
    made, changed, too_long, without = answer.json()
    assert (answer.status_code, made["created"], changed["created"]) == (200, True, False)
    assert {"success": False, "created": False}.items() <= too_long.items()
    assert "id" not in too_long
    (error,) = too_long["errors"]
    assert error["statusCode"] == "STRING_TOO_LONG"
    assert error["fields"] == ["practifi__Subject__c"]
    assert without["errors"][0]["statusCode"] == "MISSING_ARGUMENT"


def test_a_key_given_twice_in_one_upsert_is_refused_both_times(sandbox: RunningSandbox) -> None:
    first, other, last = upsert(sandbox, INTERACTION, "k1", "k2", "K1").json()
    assert (first["success"], other["success"], last["success"]) == (False, True, False)
    assert first["errors"][0]["statusCode"] == "DUPLICATE_VALUE"
    assert query(sandbox, f"SELECT COUNT() FROM {INTERACTION}")["totalSize"] == 1  # noqa: S608


def test_an_upsert_takes_two_hundred_records(sandbox: RunningSandbox) -> None:
    keys = [f"k{number}" for number in range(201)]
    assert upsert(sandbox, INTERACTION, *keys).status_code == 400
    made = upsert(sandbox, INTERACTION, *keys[:200]).json()
    assert [each["created"] for each in made] == [True] * 200


def test_a_walk_by_id_sees_every_record_once(sandbox: RunningSandbox) -> None:
    made: list[str] = []
    for start in range(0, 600, 200):
        keys = [f"k{number}" for number in range(start, start + 200)]
        made += [each["id"] for each in upsert(sandbox, INTERACTION, *keys).json()]
    found: list[str] = []
    after = "000000000000000AAA"
    while True:
        text = f"SELECT Id FROM {INTERACTION} WHERE Id > '{after}' ORDER BY Id LIMIT 250"  # noqa: S608
        page = query(sandbox, text)
        if not page["records"]:
            break
        assert page["done"] is True
        found += [row["Id"] for row in page["records"]]
        after = found[-1]
    assert found == made == sorted(made)


def test_a_walk_by_system_modstamp_begins_at_its_time(sandbox: RunningSandbox) -> None:
    old, young, changed = (
        create(sandbox, "Contact", LastName=name) for name in ("Old", "Young", "Changed")
    )
    sandbox.advance(60)
    since = now(sandbox).strftime("%Y-%m-%dT%H:%M:%SZ")
    sandbox.salesforce("PATCH", f"{DATA}/sobjects/Contact/{changed}", {"LastName": "New"})
    sandbox.salesforce("PATCH", f"{DATA}/sobjects/Contact/{young}", {"LastName": "Newer"})
    text = f"SELECT Id FROM Contact WHERE SystemModstamp >= {since} ORDER BY SystemModstamp, Id"  # noqa: S608
    found = [row["Id"] for row in query(sandbox, text)["records"]]
    assert set(found) == {changed, young}
    assert old not in found


def test_an_interaction_written_by_the_bridge_fires_no_message(sandbox: RunningSandbox) -> None:
    records = [{"attributes": {"type": INTERACTION}, KEY: "k1"}]
    path = f"{DATA}/composite/sobjects/{INTERACTION}/{KEY}"
    sandbox.salesforce("PATCH", path, {"records": records}, by="bridge")
    assert sandbox.control("GET", "/salesforce/deliveries") == []
