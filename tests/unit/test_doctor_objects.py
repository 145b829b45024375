"""What the doctor says of an organization's objects and fields."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.doctor.findings import finding
from bridge.doctor.needs import Need, NeededRight, all_needs, needs_of_campaigns
from bridge.doctor.objects import faults_of_fields, faults_of_new_records, faults_of_rights
from bridge.doctor.uses import uses_of
from tests.unit.mapping_builders import a_mapping, contact_yaml, files_with

CONTACT: dict[str, Any] = {
    "createable": True,
    "updateable": False,
    "fields": [
        {"name": "Id", "updateable": False},
        {"name": "AccountId", "relationshipName": "Account", "referenceTo": ["Account"]},
        {"name": "practifi__CC_ID__c", "label": "Constant Contact ID", "updateable": True},
        {"name": "Locked__c", "label": "Locked", "updateable": False, "createable": False},
        {"name": "CC_Bridge_Key__c", "label": "Key", "externalId": False, "updateable": True},
        {"name": "Short__c", "type": "string", "length": 18, "updateable": True},
        {
            "name": "Kind__c",
            "type": "picklist",
            "restrictedPicklist": True,
            "picklistValues": [
                {"value": "Email", "active": False},
                {"value": "E-mail", "active": True},
            ],
        },
        {"name": "Owner__c", "type": "reference", "referenceTo": ["User", "Group"]},
    ],
    "childRelationships": [
        {"relationshipName": None, "childSObject": "Note"},
        {"relationshipName": "Roles__r", "childSObject": "New__c"},
    ],
}
ACCOUNT: dict[str, Any] = {"fields": [{"name": "Name", "label": "Account Name"}]}
NEW: dict[str, Any] = {
    "fields": [
        {"name": "Name", "createable": True, "nillable": False, "defaultedOnCreate": True},
        {"name": "Box__c", "createable": True, "nillable": False, "type": "boolean"},
        {"name": "Given__c", "createable": True, "nillable": False},
        {"name": "Wanted__c", "createable": True, "nillable": False},
        {"name": "Number", "createable": False, "nillable": False},
    ]
}
DESCRIBED = {"Contact": CONTACT, "Account": ACCOUNT, "New__c": NEW}


def need(path: str, use: Any = "read", name: str = "Contact", **shape: Any) -> Need:
    return Need(object=name, path=path, use=use, **shape)


@pytest.mark.parametrize(
    ("needed", "cause", "says", "advises"),
    [
        pytest.param(
            need("Name", name="List__c"), "object_missing", "no object List__c", "access", id="obj"
        ),
        pytest.param(
            need("practifi__Constant_Contact_ID__c", "write"),
            "field_missing",
            "no field practifi__Constant_Contact_ID__c",
            "did you mean practifi__CC_ID__c",
            id="field with a label that matches",
        ),
        pytest.param(
            need("Account.Nmae"), "field_missing", "Nmae is not there", "Name", id="parent's field"
        ),
        pytest.param(
            need("Roles__r.Givne__c"), "field_missing", "is not there", "Given__c", id="child"
        ),
        pytest.param(
            need("Owner.Name"), "field_missing", "Owner is not there", "correct", id="parent"
        ),
        pytest.param(
            need("Locked__c", "write"),
            "field_read_only",
            "may not edit",
            "edit access",
            id="locked",
        ),
        pytest.param(
            need("Locked__c", "create"), "field_read_only", "may not fill", "edit access", id="new"
        ),
        pytest.param(
            need("CC_Bridge_Key__c", "key"), "field_no_key", "external id", "External ID", id="key"
        ),
        pytest.param(
            need("Short__c", "write", length=36), "field_short", "holds 18", "36", id="short"
        ),
        pytest.param(
            need("Short__c", types=("date",)), "field_type", "string; date", "another", id="type"
        ),
        pytest.param(
            need("Owner__c", to="Contact"), "field_type", "leads to User, Group", "another", id="to"
        ),
        pytest.param(
            need("Kind__c", "create", values=("Email",)),
            "value_missing",
            "the value 'Email'",
            "did you mean 'E-mail'?",
            id="a value that was switched off",
        ),
    ],
)
def test_each_fault_is_said_with_what_to_do(
    needed: Need, cause: str, says: str, advises: str
) -> None:
    [fault] = faults_of_fields([needed], DESCRIBED.get)
    assert fault.cause == cause
    assert says in fault.says
    assert advises in (finding("firm", fault).advice or "")


@pytest.mark.parametrize(
    "needed",
    [
        pytest.param(need("id"), id="in another case"),
        pytest.param(need("Account.Name"), id="parent's field"),
        pytest.param(need("roles__r.Given__c"), id="field of child records"),
        pytest.param(need("practifi__CC_ID__c", "write", length=36), id="of unknown length"),
        pytest.param(need("Owner__c", to="User"), id="one of several objects"),
        pytest.param(need("Kind__c", values=("E-mail",)), id="a value that can be chosen"),
    ],
)
def test_what_is_there_is_no_fault(needed: Need) -> None:
    assert list(faults_of_fields([needed], DESCRIBED.get)) == []


def test_what_several_rules_need_is_said_once() -> None:
    needs = [
        need("Name", name="List__c"),
        need("Id", name="List__c"),
        need("X"),
        need("X", "write"),
    ]
    assert [fault.about for fault in faults_of_fields(needs, DESCRIBED.get)] == [
        "Contact.X",
        "List__c",
    ]


def test_a_right_that_is_missing_is_told_and_of_a_missing_object_none() -> None:
    needed = [
        NeededRight("Contact", "createable", "why"),
        NeededRight("Contact", "updateable", "the status is written"),
        NeededRight("List__c", "createable", "why"),
    ]
    [fault] = faults_of_rights(needed, DESCRIBED.get)
    assert fault.says == (
        "the bridge's user may not edit records of Contact: the status is written"
    )


def test_only_what_nobody_fills_is_required() -> None:
    found = faults_of_new_records({"New__c": frozenset({"given__c"})}, DESCRIBED.get)
    assert [fault.about for fault in found] == ["New__c.Wanted__c"]


def test_campaigns_need_their_key_and_a_status_of_members() -> None:
    campaign: dict[str, Any] = {"fields": [{"name": "Name", "updateable": True}]}
    described: dict[str, dict[str, Any]] = {
        "Campaign": campaign,
        "CampaignMember": {"fields": [{"name": "Status"}]},
    }
    found = faults_of_fields(needs_of_campaigns(a_mapping().names), described.get)
    assert [fault.about for fault in found] == [
        "Campaign.CC_Bridge_Key__c",
        "CampaignMemberStatus",
    ]


def test_the_lookups_of_a_membership_lead_to_contact_and_list() -> None:
    names = a_mapping().names
    needed = {
        one.path: one for one in all_needs(a_mapping()) if one.object == names.membership.object
    }
    assert needed[names.membership.contact].to == names.contact.object
    assert needed[names.membership.list].to == names.list.object


CONTACT_FILE = """
source: contact
target: contact
match: email_address
leave_out:
  - when: {any: [{field: Type__c, in: [Gone, Left]}, {not: {field: Level__c, is: Gold}}]}
    reason: gone
  - when: {field: Name, contains: Test}
    reason: a test
lookups:
  names: {table: {A: Ay, B: Bee}}
fields:
  email_address: $email
  job_title: {from: Grade__c, transform: [{lookup: names}]}
  company_name: {from: Other__c, transform: [trim, {lookup: names}]}
"""


def test_values_are_found_in_conditions_and_in_tables_of_the_field_itself() -> None:
    found = uses_of({"contact.yaml": CONTACT_FILE}, a_mapping().names)
    assert [(one.path, value) for one in found for value in one.values] == [
        ("Type__c", "Gone"),
        ("Type__c", "Left"),
        ("Level__c", "Gold"),
        ("Grade__c", "A"),
        ("Grade__c", "B"),
    ]


def test_fields_of_child_records_are_needed_each() -> None:
    child = "child: {of: Roles__r, field: Account.Name, where: {field: On__c, is: true}}"
    mapping = a_mapping(f"job_title: {{{child}}}")
    paths = {one.path for one in all_needs(mapping) if one.path.startswith("Roles__r")}
    assert paths == {"Roles__r.Account.Name", "Roles__r.On__c"}


def test_the_rules_of_child_records_are_asked_of_their_own_object() -> None:
    child = (
        "child: {of: Roles__r, field: Name, where: {field: On__c, is: true}, order_by: -Since__c}"
    )
    files = files_with(contact=contact_yaml(f"job_title: {{{child}}}"))
    uses = [one for one in uses_of(files, a_mapping().names) if "Roles__r" in one.path]
    assert [(one.path, one.kind, one.is_sent) for one in uses] == [
        ("Roles__r.Name", None, True),
        ("Roles__r.Since__c", None, False),
        ("Roles__r.On__c", "box", False),
    ]
