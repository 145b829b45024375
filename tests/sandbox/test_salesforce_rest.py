"""The Salesforce stand-in over HTTP: records, collections, keys, errors, replication, limits."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
LIST = "practifi__Constant_Contact_List__c"
MEMBERSHIP = "practifi__Constant_Contact_Membership__c"
INTERACTION = "practifi__Interaction__c"


def create(sandbox: RunningSandbox, name: str, **fields: object) -> str:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body == {"id": body["id"], "success": True, "errors": []}
    return str(body["id"])


def read(sandbox: RunningSandbox, name: str, record_id: str) -> dict[str, Any]:
    answer = sandbox.salesforce("GET", f"{DATA}/sobjects/{name}/{record_id}")
    assert answer.status_code == 200, answer.text
    record: dict[str, Any] = answer.json()
    return record


def query(sandbox: RunningSandbox, text: str, *, resource: str = "query") -> dict[str, Any]:
    answer = sandbox.salesforce("GET", f"{DATA}/{resource}", q=text)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def now(sandbox: RunningSandbox) -> datetime:
    return datetime.fromisoformat(sandbox.control("GET", "/clock")["now"])


def span(start: datetime, end: datetime) -> dict[str, Any]:
    return {"start": start.isoformat(timespec="seconds"), "end": end.isoformat(timespec="seconds")}


@pytest.mark.rule("sf-create-201")
def test_a_created_record_is_read_back_with_types_and_system_fields(
    sandbox: RunningSandbox,
) -> None:
    account = create(sandbox, "Account", Name="Quist Household")
    contact = create(
        sandbox,
        "Contact",
        AccountId=account[:15],
        FirstName=" Maja ",
        LastName="Quist",
        Email="maja@example.org",
        Birthdate="1990-05-01",
        MailingCity="Bath",
        Title="",
    )
    record = read(sandbox, "Contact", contact)
    url = f"{DATA}/sobjects/Contact/{contact}"
    assert record["attributes"] == {"type": "Contact", "url": url}
    assert record["AccountId"] == account
    assert record["Name"] == "Maja Quist"
    assert record["Birthdate"] == "1990-05-01"
    assert record["Title"] is None
    assert record["HasOptedOutOfEmail"] is False
    assert record["MailingAddress"]["city"] == "Bath"
    assert record["OtherAddress"] is None
    assert record["CreatedDate"] == record["SystemModstamp"]
    assert record["CreatedDate"].endswith(".000+0000")
    assert record["OwnerId"] == record["CreatedById"]
    assert len(contact) == 18


@pytest.mark.rule("sf-update-204")
def test_an_update_changes_what_it_names_and_answers_nothing(sandbox: RunningSandbox) -> None:
    list_id = create(sandbox, LIST, Name="Letters", practifi__Description__c="Monthly")
    sandbox.advance(5)
    path = f"{DATA}/sobjects/{LIST}/{list_id}"
    answer = sandbox.salesforce(
        "PATCH", path, {"name": "Notes", "CC_Bridge_Members_Confirmed__c": 3}
    )
    assert (answer.status_code, answer.content) == (204, b"")
    record = read(sandbox, LIST, list_id)
    assert record["Name"] == "Notes"
    assert record["practifi__Description__c"] == "Monthly"
    assert json.dumps(record["CC_Bridge_Members_Confirmed__c"]) == "3.0"
    assert record["LastModifiedDate"] > record["CreatedDate"]


@pytest.mark.rule("sf-errors-are-a-list", "sf-record-faults")
@pytest.mark.parametrize(
    ("name", "fields", "status", "code", "at"),
    [
        ("Contact", {"FirstName": "A"}, 400, "REQUIRED_FIELD_MISSING", ["LastName"]),
        ("Contact", {"LastName": "A", "Nme": 1}, 400, "INVALID_FIELD", None),
        ("Contact", {"LastName": "x" * 81}, 400, "STRING_TOO_LONG", ["LastName"]),
        ("Contact", {"LastName": "A", "Email": "a@b"}, 400, "INVALID_EMAIL_ADDRESS", ["Email"]),
        ("Contact", {"LastName": 5}, 400, "JSON_PARSER_ERROR", None),
        ("Contact", {"LastName": "A", "Birthdate": "1.2.90"}, 400, "JSON_PARSER_ERROR", None),
        ("Contact", {"LastName": "A", "DoNotCall": None}, 400, "JSON_PARSER_ERROR", None),
        (
            "Contact",
            {"LastName": "A", "CreatedDate": "2020-01-01T00:00:00Z"},
            400,
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            ["CreatedDate"],
        ),
        ("Contact", {"LastName": "A", "AccountId": "nope"}, 400, "MALFORMED_ID", ["AccountId"]),
        (
            "Contact",
            {"LastName": "A", "AccountId": "001000000000001AAA"},
            400,
            "INVALID_CROSS_REFERENCE_KEY",
            None,
        ),
        (
            INTERACTION,
            {"practifi__Method_Picklist__c": "Telegram"},
            400,
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            ["practifi__Method_Picklist__c"],
        ),
        ("Event", {"StartDateTime": "2026-01-01T10:00:00Z"}, 400, "REQUIRED_FIELD_MISSING", None),
        ("Nothing__c", {}, 404, "NOT_FOUND", None),
        ("User", {"LastName": "A"}, 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", None),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused(  # noqa: PLR0917 - columns of the table
    sandbox: RunningSandbox,
    name: str,
    fields: dict[str, object],
    status: int,
    code: str,
    at: list[str] | None,
) -> None:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields)
    (error,) = answer.json()
    assert (answer.status_code, error["errorCode"]) == (status, code)
    if at is not None:
        assert error["fields"] == at


def test_a_body_that_is_no_json_object_is_refused(sandbox: RunningSandbox) -> None:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/Contact", ["no"])
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


@pytest.mark.rule("sf-deleted-is-gone", "sf-delete-cascades")
def test_a_deleted_record_takes_its_children_along_and_is_in_query_all(
    sandbox: RunningSandbox,
) -> None:
    contact = create(sandbox, "Contact", LastName="Quist")
    membership = create(
        sandbox,
        MEMBERSHIP,
        practifi__Contact__c=contact,
        practifi__Constant_Contact_List__c=create(sandbox, LIST, Name="Letters"),
    )
    interaction = create(sandbox, INTERACTION, practifi__Person__c=contact)
    path = f"{DATA}/sobjects/Contact/{contact}"
    assert sandbox.salesforce("DELETE", path).status_code == 204
    gone = sandbox.salesforce("GET", path)
    assert (gone.status_code, gone.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    assert sandbox.salesforce("DELETE", path).status_code == 404
    assert read(sandbox, INTERACTION, interaction)["practifi__Person__c"] is None
    text = f"SELECT Id, IsDeleted FROM {MEMBERSHIP} WHERE Id = '{membership}'"  # noqa: S608
    assert query(sandbox, text)["totalSize"] == 0
    (record,) = query(sandbox, text, resource="queryAll")["records"]
    assert record["IsDeleted"] is True


@pytest.mark.rule("sf-replication-by-the-minute")
def test_deletes_are_told_by_the_minute(sandbox: RunningSandbox) -> None:
    contact = create(sandbox, "Contact", LastName="Quist")
    sandbox.salesforce("DELETE", f"{DATA}/sobjects/Contact/{contact}")
    at = now(sandbox)
    path = f"{DATA}/sobjects/Contact/deleted/"
    answer = sandbox.salesforce(
        "GET", path, **span(at - timedelta(minutes=2), at + timedelta(minutes=2))
    ).json()
    assert [row["id"] for row in answer["deletedRecords"]] == [contact]
    assert answer["deletedRecords"][0]["deletedDate"].endswith(".000+0000")
    covered = datetime.strptime(answer["latestDateCovered"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert covered <= now(sandbox)
    assert answer["earliestDateAvailable"] < answer["latestDateCovered"]
    # Seconds are ignored, so the running minute is not there yet.
    minute = at.replace(second=0, microsecond=0)
    early = sandbox.salesforce(
        "GET", path, **span(minute - timedelta(minutes=5), minute.replace(second=59))
    )
    assert early.json()["deletedRecords"] == []


@pytest.mark.rule("sf-deleted-fifteen-days")
def test_deletes_older_than_fifteen_days_are_forgotten(sandbox: RunningSandbox) -> None:
    contact = create(sandbox, "Contact", LastName="Quist")
    sandbox.salesforce("DELETE", f"{DATA}/sobjects/Contact/{contact}")
    sandbox.advance(16 * 86_400)
    at = now(sandbox)
    path = f"{DATA}/sobjects/Contact/deleted"
    answer = sandbox.salesforce("GET", path, **span(at - timedelta(days=20), at)).json()
    assert answer["deletedRecords"] == []
    assert answer["earliestDateAvailable"] > (at - timedelta(days=20)).isoformat()


def test_updates_are_told_by_id(sandbox: RunningSandbox) -> None:
    contact = create(sandbox, "Contact", LastName="Quist")
    at = now(sandbox)
    path = f"{DATA}/sobjects/Contact/updated"
    around = span(at - timedelta(minutes=2), at + timedelta(minutes=2))
    assert sandbox.salesforce("GET", path, **around).json()["ids"] == [contact]


@pytest.mark.rule("sf-replication-by-the-minute", "sf-updated-thirty-days")
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (timedelta(0), timedelta(0)),
        (timedelta(0), timedelta(days=-1)),
        (timedelta(days=-31), timedelta(0)),
    ],
    ids=["empty span", "backwards", "too far back"],
)
def test_a_span_that_cannot_be_asked_for_is_refused(
    sandbox: RunningSandbox, start: timedelta, end: timedelta
) -> None:
    at = now(sandbox)
    answer = sandbox.salesforce(
        "GET", f"{DATA}/sobjects/Contact/deleted", **span(at + start, at + end)
    )
    assert answer.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"


@pytest.mark.rule("sf-upsert-by-key")
def test_an_upsert_creates_then_updates_by_its_key(sandbox: RunningSandbox) -> None:
    path = f"{DATA}/sobjects/{INTERACTION}/CC_Bridge_Key__c/a%2Fb%20c"
    first = sandbox.salesforce("PATCH", path, {"practifi__Subject__c": "Sent"})
    again = sandbox.salesforce("PATCH", path, {"practifi__Subject__c": "Opened"})
    assert (first.status_code, first.json()["created"]) == (201, True)
    assert (again.status_code, again.json()["created"]) == (200, False)
    record = sandbox.salesforce("GET", path).json()
    assert record["Id"] == first.json()["id"] == again.json()["id"]
    assert record["CC_Bridge_Key__c"] == "a/b c"
    assert record["practifi__Subject__c"] == "Opened"
    assert record["Name"] == record["Id"]


@pytest.mark.rule("sf-upsert-two-matches-300")
def test_an_upsert_that_finds_several_lists_them(sandbox: RunningSandbox) -> None:
    for _ in range(2):
        create(sandbox, INTERACTION, practifi__External_Id__c="same")
    path = f"{DATA}/sobjects/{INTERACTION}/practifi__External_Id__c/same"
    answer = sandbox.salesforce("PATCH", path, {"practifi__Subject__c": "x"})
    assert answer.status_code == 300
    assert len(answer.json()) == 2


def test_an_upsert_by_a_field_that_is_no_key_is_not_found(sandbox: RunningSandbox) -> None:
    answer = sandbox.salesforce("PATCH", f"{DATA}/sobjects/Contact/LastName/x", {})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


@pytest.mark.rule("sf-unique-clash")
def test_a_unique_field_is_unique_without_regard_to_case(sandbox: RunningSandbox) -> None:
    first = create(sandbox, "Task", Subject="a", CC_Bridge_Key__c="Key")
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/Task", {"CC_Bridge_Key__c": "KEY"})
    (error,) = answer.json()
    assert error["errorCode"] == "DUPLICATE_VALUE"
    assert first in error["message"]


@pytest.mark.rule("sf-collections-in-order")
def test_collections_answer_item_by_item_in_order(sandbox: RunningSandbox) -> None:
    contact = create(sandbox, "Contact", LastName="Quist")
    records = [
        {"attributes": {"type": "Contact"}, "id": contact, "LastName": "Quist-Berg"},
        {"attributes": {"type": "Contact"}, "Id": "003000000000001AAA", "LastName": "B"},
        {"attributes": {"type": "Contact"}, "Id": contact, "Email": "no"},
    ]
    answer = sandbox.salesforce("PATCH", f"{DATA}/composite/sobjects", {"records": records})
    assert answer.status_code == 200
    good, unknown, bad = answer.json()
    assert good == {"id": contact, "success": True, "errors": []}
    assert unknown["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    assert bad["errors"][0]["statusCode"] == "INVALID_EMAIL_ADDRESS"
    assert bad["errors"][0]["fields"] == ["Email"]
    assert read(sandbox, "Contact", contact)["LastName"] == "Quist-Berg"


@pytest.mark.rule("sf-collections-all-or-none")
def test_all_or_none_rolls_the_good_ones_back(sandbox: RunningSandbox) -> None:
    records = [
        {"attributes": {"type": LIST}, "Name": "Rolled back"},
        {"attributes": {"type": LIST}, "Name": "x" * 100},
    ]
    answer = sandbox.salesforce(
        "POST", f"{DATA}/composite/sobjects", {"allOrNone": True, "records": records}
    ).json()
    codes = [item["errors"][0]["statusCode"] for item in answer]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "STRING_TOO_LONG"]
    text = f"SELECT COUNT() FROM {LIST} WHERE Name = 'Rolled back'"  # noqa: S608
    assert query(sandbox, text) == {"totalSize": 0, "done": True, "records": []}


@pytest.mark.rule("sf-collections-200")
def test_a_collection_holds_at_most_two_hundred(sandbox: RunningSandbox) -> None:
    records = [{"attributes": {"type": LIST}, "Name": f"L{n}"} for n in range(201)]
    path = f"{DATA}/composite/sobjects"
    refused = sandbox.salesforce("POST", path, {"records": records})
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    made = sandbox.salesforce("POST", path, {"records": records[:200]}).json()
    assert all(item["success"] for item in made)
    deleted = sandbox.salesforce("DELETE", path, ids=",".join(item["id"] for item in made)).json()
    assert [item["id"] for item in deleted] == [item["id"] for item in made]


def test_collections_upsert_by_key(sandbox: RunningSandbox) -> None:
    contact = create(sandbox, "Contact", LastName="Quist", CC_Bridge_Id__c="cc-1")
    item = {
        "attributes": {"type": INTERACTION},
        "CC_Bridge_Key__c": "k1",
        "practifi__Person__r": {"CC_Bridge_Id__c": "cc-1"},
    }
    path = f"{DATA}/composite/sobjects/{INTERACTION}/CC_Bridge_Key__c"
    made = sandbox.salesforce("PATCH", path, {"records": [item]}).json()
    made += sandbox.salesforce("PATCH", path, {"records": [item]}).json()
    assert [one["created"] for one in made] == [True, False]
    assert made[0]["id"] == made[1]["id"]
    assert read(sandbox, INTERACTION, made[0]["id"])["practifi__Person__c"] == contact


@pytest.mark.rule("sf-query-pages", "sf-query-cursor-ends")
def test_long_results_come_in_pages(sandbox: RunningSandbox) -> None:
    for start in range(0, 2_400, 200):
        records = [
            {"attributes": {"type": "Task"}, "Subject": f"{n:04}"}
            for n in range(start, start + 200)
        ]
        sandbox.salesforce("POST", f"{DATA}/composite/sobjects", {"records": records})
    page = query(sandbox, "SELECT Subject FROM Task ORDER BY Subject")
    assert (page["totalSize"], page["done"], len(page["records"])) == (2_400, False, 2_000)
    assert page["nextRecordsUrl"].endswith("-2000")
    last = sandbox.salesforce("GET", page["nextRecordsUrl"]).json()
    assert last["done"] is True
    assert "nextRecordsUrl" not in last
    assert [row["Subject"] for row in last["records"]] == [f"{n}" for n in range(2_000, 2_400)]
    other = sandbox.salesforce("GET", page["nextRecordsUrl"], by="bridge")
    assert other.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    sandbox.advance(16 * 60)
    idle = sandbox.salesforce("GET", page["nextRecordsUrl"])
    assert (idle.status_code, idle.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize(
    "name",
    ["Account", "Contact", LIST, MEMBERSHIP, "CC_Bridge_List__c", "Campaign", "Task", "User"],
)
def test_describe_agrees_with_what_can_be_read(sandbox: RunningSandbox, name: str) -> None:
    described = sandbox.salesforce("GET", f"{DATA}/sobjects/{name}/describe").json()
    listed = sandbox.salesforce("GET", f"{DATA}/sobjects").json()["sobjects"]
    assert {"name", "keyPrefix", "createable"} <= next(
        each for each in listed if each["name"] == name
    ).keys()
    fields = [field["name"] for field in described["fields"]]
    page = query(sandbox, f"SELECT {', '.join(fields)} FROM {name} LIMIT 1")  # noqa: S608
    for record in page["records"]:
        assert [key for key in record if key != "attributes"] == fields


def test_describe_tells_what_a_client_needs_to_know(sandbox: RunningSandbox) -> None:
    described = sandbox.salesforce("GET", f"{DATA}/sobjects/{INTERACTION}/describe").json()
    fields = {field["name"]: field for field in described["fields"]}
    key, person, created = (
        fields[name] for name in ("CC_Bridge_Key__c", "practifi__Person__c", "CreatedDate")
    )
    assert (key["externalId"], key["unique"], key["length"]) == (True, True, 255)
    assert (person["type"], person["referenceTo"]) == ("reference", ["Contact"])
    assert person["relationshipName"] == "practifi__Person__r"
    assert (created["createable"], created["updateable"]) == (False, False)


@pytest.mark.rule("sf-invalid-session")
@pytest.mark.parametrize("authorization", [None, "Bearer no", "Basic eDp5"])
def test_without_a_session_nothing_is_served(
    sandbox: RunningSandbox, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = sandbox.session.get(
        f"{sandbox.line['salesforce_url']}{DATA}/limits", headers=headers, timeout=5
    )
    assert answer.status_code == 401
    assert answer.json() == [
        {"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}
    ]


@pytest.mark.rule("sf-limit-info")
def test_each_answer_tells_how_much_of_the_day_is_used(sandbox: RunningSandbox) -> None:
    first = sandbox.salesforce("GET", f"{DATA}/limits")
    second = sandbox.salesforce("GET", f"{DATA}/limits")
    assert first.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert second.headers["Sforce-Limit-Info"] == "api-usage=2/100000"
    assert second.json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_998}
    sandbox.advance(86_400 + 60)
    later = sandbox.salesforce("GET", f"{DATA}/limits")
    assert later.headers["Sforce-Limit-Info"] == "api-usage=1/100000"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/services/data/v66.0/nothing", 404, "NOT_FOUND"),
        ("GET", "/services/data/v99.0/limits", 404, "NOT_FOUND"),
        ("GET", "/elsewhere", 404, "NOT_FOUND"),
        ("PUT", "/services/data/v66.0/sobjects/Contact", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/services/data/v66.0/sobjects/Contact/abc", 404, "NOT_FOUND"),
        ("GET", "/services/data/v66.0/sobjects/Contact/003000000000001AAA", 404, "NOT_FOUND"),
    ],
)
def test_what_is_not_there_is_refused_as_json(
    sandbox: RunningSandbox, method: str, path: str, status: int, code: str
) -> None:
    answer = sandbox.salesforce(method, path)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)


def test_a_parent_of_any_object_is_followed(sandbox: RunningSandbox) -> None:
    for name in ("Account", "Campaign"):
        create(sandbox, "Task", Subject=name, WhatId=create(sandbox, name, Name=f"My {name}"))
    page = query(sandbox, "SELECT What.Name FROM Task WHERE What.Name LIKE 'My%' ORDER BY Subject")
    shown = [(row["What"]["attributes"]["type"], row["What"]["Name"]) for row in page["records"]]
    assert shown == [("Account", "My Account"), ("Campaign", "My Campaign")]


@pytest.mark.rule("sf-address-length")
def test_an_address_that_is_too_long_is_refused(sandbox: RunningSandbox) -> None:
    ids = ",".join(["'003000000000001AAA'"] * 800)
    answer = sandbox.salesforce(
        "GET",
        f"{DATA}/query",
        q=f"SELECT Id FROM Contact WHERE Id IN ({ids})",  # noqa: S608
    )
    assert answer.status_code == 414


def test_after_a_reset_everything_is_as_at_the_start(sandbox: RunningSandbox) -> None:
    first = create(sandbox, "Contact", LastName="Quist")
    sandbox.control("POST", "/reset")
    assert sandbox.salesforce("GET", f"{DATA}/sobjects/Contact/{first}").status_code == 404
    assert create(sandbox, "Contact", LastName="Quist") == first


def test_an_untick_is_stamped_with_who_and_when(sandbox: RunningSandbox) -> None:
    contact = create(sandbox, "Contact", LastName="Quist", HasOptedOutOfEmail=True)
    assert read(sandbox, "Contact", contact)["CC_Bridge_Unticked_At__c"] is None
    sandbox.advance(60)
    path = f"{DATA}/sobjects/Contact/{contact}"
    sandbox.salesforce("PATCH", path, {"HasOptedOutOfEmail": False})
    record = read(sandbox, "Contact", contact)
    assert record["CC_Bridge_Unticked_At__c"] == record["LastModifiedDate"]
    assert record["CC_Bridge_Unticked_By__c"] == record["LastModifiedById"]


def test_the_bridge_lacks_the_permission_to_send_outbound_messages(
    sandbox: RunningSandbox,
) -> None:
    username = sandbox.line["salesforce"]["username"]
    counts = [
        query(
            sandbox,
            "SELECT COUNT() FROM PermissionSetAssignment WHERE Assignee.Username "  # noqa: S608
            f"{operator} '{username}' AND PermissionSet.PermissionsEnableNotifications = true",
        )["totalSize"]
        for operator in ("=", "!=")
    ]
    assert counts == [0, 1]


def test_the_firm_is_believable(sandbox: RunningSandbox) -> None:
    people = query(sandbox, "SELECT Email, Account.Name, HasOptedOutOfEmail FROM Contact")
    addresses = [row["Email"] for row in people["records"] if row["Email"]]
    domains = {address.partition("@")[2] for address in addresses}
    assert 40 <= people["totalSize"] <= 50
    assert len(set(addresses)) < len(addresses)
    assert all(f".{domain}".endswith((".example.org", ".example.com")) for domain in domains)
    assert all(row["Account"]["Name"] for row in people["records"])
    assert {row["HasOptedOutOfEmail"] for row in people["records"]} == {True, False}
    assert sandbox.control("GET", "/salesforce/deliveries") == []
    started = datetime.now(UTC)  # noqa: TID251 - the sandbox starts with the real time
    assert abs(now(sandbox) - started) < timedelta(seconds=30)


@pytest.mark.rule("sf-upsert-update-only")
def test_an_upsert_may_be_told_to_make_nothing_new(sandbox: RunningSandbox) -> None:
    path = f"{DATA}/sobjects/Contact/CC_Bridge_Id__c/nobody"
    answer = sandbox.salesforce("PATCH", path, {"LastName": "Hale"}, updateOnly="true")
    assert answer.status_code == 404
    assert query(sandbox, "SELECT Id FROM Contact WHERE LastName = 'Hale'")["totalSize"] == 0
