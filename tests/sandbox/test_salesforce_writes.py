"""Writes to the Salesforce stand-in: rules on saving, merges, and the recycle bin."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.salesforce import ids

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
LIST, MEMBERSHIP = "practifi__Constant_Contact_List__c", "practifi__Constant_Contact_Membership__c"
SAME_EMAIL = {"object": "contact", "fields": ["email"], "name": "Contacts_DR"}
NO_TITLE = {"object": "Contact", "formula": "ISBLANK(Title)", "message": "Give a title."}


def create(sandbox: RunningSandbox, name: str, **fields: object) -> str:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def read(sandbox: RunningSandbox, name: str, record_id: str) -> Any:
    return sandbox.salesforce("GET", f"{DATA}/sobjects/{name}/{record_id}").json()


def refused(answer: requests.Response) -> tuple[int, str, list[str]]:
    [error] = answer.json()
    return answer.status_code, error["errorCode"], error.get("fields", [])


def keep(sandbox: RunningSandbox, **rules: list[dict[str, Any]]) -> None:
    sandbox.control("PUT", "/salesforce/saving-rules", rules)


def post(sandbox: RunningSandbox, header: str, **fields: object) -> requests.Response:
    token = sandbox.line["observer"]["salesforce_access_token"]
    headers = {"Authorization": f"Bearer {token}", "Sforce-Duplicate-Rule-Header": header}
    url = f"{sandbox.line['salesforce_url']}{DATA}/sobjects/Contact"
    return sandbox.session.post(url, json=fields, headers=headers, timeout=20)


@pytest.mark.rule("sf-duplicates-detected")
@pytest.mark.parametrize("key", ["duplicateResut", "duplicateResult"])
def test_a_duplicate_is_refused_with_the_records_that_are_alike(
    sandbox: RunningSandbox, key: str
) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"duplicates_key": key})
    first = create(sandbox, "Contact", LastName="Quist", Email="maja@example.org")
    keep(sandbox, duplicates=[SAME_EMAIL])
    answer = sandbox.salesforce(
        "POST", f"{DATA}/sobjects/Contact", {"LastName": "Other", "Email": "MAJA@example.org"}
    )
    [error] = answer.json()
    assert (answer.status_code, error["errorCode"]) == (400, "DUPLICATES_DETECTED")
    assert error["message"] == error[key]["errorMessage"] == "Use one of these records?"
    assert error[key]["duplicateRule"] == "Contacts_DR"
    [match] = error[key]["matchResults"]
    assert match["size"] == 1
    assert [each["record"]["Id"] for each in match["matchRecords"]] == [first]


@pytest.mark.rule("sf-duplicates-header")
@pytest.mark.parametrize(
    ("action", "header", "status"),
    [
        ("alert", "allowSave=true", 201),
        ("alert", "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true", 201),
        ("alert", "allowSave=false", 400),
        ("block", "allowSave=true", 400),
    ],
)
def test_the_header_lets_a_save_through_a_rule_that_alerts(
    sandbox: RunningSandbox, action: str, header: str, status: int
) -> None:
    create(sandbox, "Contact", LastName="Quist", Email="maja@example.org")
    keep(sandbox, duplicates=[SAME_EMAIL | {"action": action}])
    answer = post(sandbox, header, LastName="Other", Email="maja@example.org")
    assert answer.status_code == status, answer.text


def test_a_change_of_other_fields_is_no_duplicate(sandbox: RunningSandbox) -> None:
    create(sandbox, "Contact", LastName="Quist", Email="maja@example.org")
    twin = create(sandbox, "Contact", LastName="Quist", Email="maja@example.org")
    keep(sandbox, duplicates=[SAME_EMAIL])
    path = f"{DATA}/sobjects/Contact/{twin}"
    assert sandbox.salesforce("PATCH", path, {"Title": "Dr"}).status_code == 204
    create(sandbox, "Contact", LastName="Without an address")


@pytest.mark.rule("sf-validation-rule")
@pytest.mark.parametrize("field", [None, "Title"])
def test_a_validation_rule_refuses_with_its_message(
    sandbox: RunningSandbox, field: str | None
) -> None:
    keep(sandbox, validations=[NO_TITLE | {"field": field}])
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/Contact", {"LastName": "Quist"})
    fields = [field] if field else []
    assert refused(answer) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", fields)
    assert answer.json()[0]["message"] == "Give a title."
    create(sandbox, "Contact", LastName="Quist", Title="Dr")


@pytest.mark.rule("sf-validation-rule")
def test_rules_hold_for_each_item_of_a_collection(sandbox: RunningSandbox) -> None:
    keep(sandbox, duplicates=[SAME_EMAIL], validations=[NO_TITLE])
    kind = {"attributes": {"type": "Contact"}, "LastName": "Quist", "Email": "a@example.org"}
    body = {"records": [kind | {"Title": "Dr"}, kind, kind | {"Title": "Dr"}]}
    answer = sandbox.salesforce("POST", f"{DATA}/composite/sobjects", body)
    codes = [[error["statusCode"] for error in item["errors"]] for item in answer.json()]
    assert codes == [[], ["FIELD_CUSTOM_VALIDATION_EXCEPTION"], ["DUPLICATES_DETECTED"]]


@pytest.mark.parametrize(
    "rules",
    [
        {"duplicates": [{"object": "Nothing__c", "fields": ["Name"]}]},
        {"duplicates": [{"object": "Contact", "fields": ["Nothing__c"]}]},
        {"duplicates": [{"object": "Contact", "fields": []}]},
        {"validations": [NO_TITLE | {"formula": "ISBLANK(Nothing__c)"}]},
        {"validations": [NO_TITLE | {"formula": "AND("}]},
        {"rules": []},
    ],
)
def test_rules_that_name_what_is_not_there_are_refused(
    sandbox: RunningSandbox, rules: dict[str, object]
) -> None:
    url = f"{sandbox.line['control_url']}/salesforce/saving-rules"
    assert sandbox.session.put(url, json=rules, timeout=20).status_code == 400


@pytest.mark.rule("sf-merge-moves-children", "sf-merge-deletes-losers")
def test_a_merge_moves_children_and_bins_the_losers(sandbox: RunningSandbox) -> None:
    master = create(sandbox, "Account", Name="Quist")
    loser = create(sandbox, "Account", Name="Quist Household")
    contact = create(sandbox, "Contact", LastName="Quist", AccountId=loser)
    done = sandbox.control(
        "POST",
        "/salesforce/merge",
        {"master_id": master, "loser_ids": [loser], "fields": {"Phone": "(603) 555-0101"}},
    )
    assert done == {"id": master, "merged_ids": [loser], "moved_ids": [contact]}
    assert read(sandbox, "Contact", contact)["AccountId"] == master
    assert read(sandbox, "Account", master)["Phone"] == "(603) 555-0101"
    gone = sandbox.salesforce("GET", f"{DATA}/sobjects/Account/{loser}")
    assert refused(gone) == (404, "ENTITY_IS_DELETED", [])
    text = f"SELECT MasterRecordId, IsDeleted FROM Account WHERE Id = '{loser}'"  # noqa: S608 - an id
    [row] = sandbox.salesforce("GET", f"{DATA}/queryAll", q=text).json()["records"]
    assert (row["MasterRecordId"], row["IsDeleted"]) == (master, True)


@pytest.mark.rule("sf-merge-deletes-losers")
def test_the_losers_of_a_merge_are_listed_as_deleted(sandbox: RunningSandbox) -> None:
    start = datetime.fromisoformat(sandbox.control("GET", "/clock")["now"])
    master = create(sandbox, "Contact", LastName="Quist")
    losers = [create(sandbox, "Contact", LastName="Quist") for _ in range(2)]
    sandbox.control("POST", "/salesforce/merge", {"master_id": master, "loser_ids": losers})
    sandbox.advance(300)
    span: dict[str, Any] = {
        "start": (start - timedelta(minutes=2)).isoformat(timespec="seconds"),
        "end": (start + timedelta(minutes=4)).isoformat(timespec="seconds"),
    }
    answer = sandbox.salesforce("GET", f"{DATA}/sobjects/Contact/deleted", **span)
    assert {each["id"] for each in answer.json()["deletedRecords"]} == set(losers)


def test_a_merge_keeps_one_membership_of_a_campaign(sandbox: RunningSandbox) -> None:
    campaign = create(sandbox, "Campaign", Name="Newsletter")
    master, loser = (create(sandbox, "Contact", LastName="Quist") for _ in range(2))
    for person in (master, loser):
        create(sandbox, "CampaignMember", CampaignId=campaign, ContactId=person)
    sandbox.control("POST", "/salesforce/merge", {"master_id": master, "loser_ids": [loser]})
    text = f"SELECT ContactId FROM CampaignMember WHERE CampaignId = '{campaign}'"  # noqa: S608 - an id
    found = sandbox.salesforce("GET", f"{DATA}/query", q=text).json()["records"]
    assert [each["ContactId"] for each in found] == [master]


@pytest.mark.rule("sf-campaign-member-statuses")
def test_a_member_has_a_status_of_its_campaign(sandbox: RunningSandbox) -> None:
    campaign = create(sandbox, "Campaign", Name="Market letter")
    person = create(sandbox, "Contact", LastName="Quist")
    member = create(sandbox, "CampaignMember", CampaignId=campaign, ContactId=person)
    assert read(sandbox, "CampaignMember", member)["Status"] == "Sent"
    path = f"{DATA}/sobjects/CampaignMember/{member}"
    refused = sandbox.salesforce("PATCH", path, {"Status": "Clicked"})
    assert refused.json()[0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    status = {"CampaignId": campaign, "Label": "Clicked", "HasResponded": True}
    create(sandbox, "CampaignMemberStatus", **status)
    assert sandbox.salesforce("PATCH", path, {"Status": "Clicked"}).status_code == 204
    assert read(sandbox, "CampaignMember", member)["HasResponded"] is True


@pytest.mark.rule("sf-campaign-member-once")
def test_a_contact_is_a_member_once(sandbox: RunningSandbox) -> None:
    campaign = create(sandbox, "Campaign", Name="Market letter")
    person = create(sandbox, "Contact", LastName="Quist")
    member = {"CampaignId": campaign, "ContactId": person}
    create(sandbox, "CampaignMember", **member)
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/CampaignMember", member)
    assert answer.json()[0]["errorCode"] == "DUPLICATE_VALUE"


@pytest.mark.rule("sf-undelete")
def test_undelete_brings_back_what_went_together(sandbox: RunningSandbox) -> None:
    account = create(sandbox, "Account", Name="Quist")
    contact = create(sandbox, "Contact", LastName="Quist", AccountId=account)
    sandbox.salesforce("DELETE", f"{DATA}/sobjects/Account/{account}")
    assert sandbox.control("POST", "/salesforce/undelete", {"ids": [account]}) == {"ids": [account]}
    assert read(sandbox, "Contact", contact)["AccountId"] == account


@pytest.mark.rule("sf-undelete")
def test_undelete_leaves_in_the_bin_what_went_before_in_the_same_second(
    sandbox: RunningSandbox,
) -> None:
    account = create(sandbox, "Account", Name="Quist")
    contact = create(sandbox, "Contact", LastName="Quist", AccountId=account)
    for name, record in (("Contact", contact), ("Account", account)):
        sandbox.salesforce("DELETE", f"{DATA}/sobjects/{name}/{record}")
    sandbox.control("POST", "/salesforce/undelete", {"ids": [account]})
    answer = sandbox.salesforce("GET", f"{DATA}/sobjects/Contact/{contact}")
    assert answer.status_code == 404


@pytest.mark.rule("sf-undelete")
def test_what_has_lost_a_further_parent_meanwhile_does_not_come_back(
    sandbox: RunningSandbox,
) -> None:
    contact = create(sandbox, "Contact", LastName="Quist")
    lists = [create(sandbox, LIST, Name=name) for name in ("Letter", "Notes")]
    memberships = [
        create(sandbox, MEMBERSHIP, practifi__Contact__c=contact, **{LIST: one}) for one in lists
    ]
    for name, record in (("Contact", contact), (LIST, lists[0])):
        sandbox.salesforce("DELETE", f"{DATA}/sobjects/{name}/{record}")
    sandbox.control("POST", "/salesforce/undelete", {"ids": [contact]})
    answers = [
        sandbox.salesforce("GET", f"{DATA}/sobjects/{MEMBERSHIP}/{one}") for one in memberships
    ]
    assert [answer.status_code for answer in answers] == [404, 200]


@pytest.mark.rule("sf-undelete")
@pytest.mark.parametrize("days", [14, 16])
def test_the_bin_keeps_a_record_for_fifteen_days(sandbox: RunningSandbox, days: int) -> None:
    contact = create(sandbox, "Contact", LastName="Quist")
    sandbox.salesforce("DELETE", f"{DATA}/sobjects/Contact/{contact}")
    sandbox.advance(days * 86_400)
    url = f"{sandbox.line['control_url']}/salesforce/undelete"
    answer = sandbox.session.post(url, json={"ids": [contact]}, timeout=20)
    assert answer.ok == (days <= 15)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("merge", {"master_id": "x", "loser_ids": ["y"]}),
        ("merge", {"master_id": "001000000000001AAA", "loser_ids": ["001000000000002AAA"]}),
        ("merge", {"master_id": "001000000000001AAA", "loser_ids": []}),
        ("undelete", {"ids": ["\u00e9"]}),
        ("undelete", {"ids": ["003000000000001AAA"]}),
    ],
)
def test_what_is_not_there_is_not_merged_nor_undeleted(
    sandbox: RunningSandbox, path: str, body: dict[str, object]
) -> None:
    url = f"{sandbox.line['control_url']}/salesforce/{path}"
    assert sandbox.session.post(url, json=body, timeout=20).status_code == 400


@pytest.mark.rule("sf-null-clears")
def test_null_clears_a_field(sandbox: RunningSandbox) -> None:
    contact = create(sandbox, "Contact", LastName="Quist", Title="Dr")
    sandbox.salesforce("PATCH", f"{DATA}/sobjects/Contact/{contact}", {"Title": None})
    assert read(sandbox, "Contact", contact)["Title"] is None


@pytest.mark.rule("sf-ids-15-and-18")
@pytest.mark.parametrize(
    ("short", "suffix"),
    [
        ("001D000000IqhSL", "IAZ"),
        ("001D000000IRFma", "IAH"),
        ("005D0000001KyEI", "IA0"),
        ("003000000000001", "AAA"),
        ("701AbCdEfGhIjKl", "IVK"),
        ("ZZZZZZZZZZZZZZZ", "555"),
        ("aaaaaaaaaaaaaaa", "AAA"),
    ],
)
def test_three_letters_tell_the_case_of_an_id(short: str, suffix: str) -> None:
    assert ids.canonical(short) == ids.canonical((short + suffix).lower()) == short + suffix


@pytest.mark.rule("sf-limits")
def test_each_allowance_has_its_most_and_what_is_left(sandbox: RunningSandbox) -> None:
    limits = sandbox.salesforce("GET", f"{DATA}/limits").json()
    assert {"DailyApiRequests", "DailyBulkV2QueryJobs", "DataStorageMB"} <= limits.keys()
    assert all(set(each) == {"Max", "Remaining"} for each in limits.values())
    assert all(0 <= each["Remaining"] <= each["Max"] for each in limits.values())
