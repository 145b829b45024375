"""What the doctor says of an organization's objects and fields."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.doctor.objects import Need, faults, needs_of_campaigns
from tests.unit.mapping_builders import a_mapping

CONTACT: dict[str, Any] = {
    "fields": [
        {"name": "Id", "updateable": False},
        {"name": "AccountId", "relationshipName": "Account", "referenceTo": ["Account"]},
        {"name": "practifi__CC_ID__c", "label": "Constant Contact ID", "updateable": True},
        {"name": "Locked__c", "label": "Locked", "updateable": False},
        {"name": "CC_Bridge_Key__c", "label": "Key", "externalId": False, "updateable": True},
    ]
}
ACCOUNT: dict[str, Any] = {"fields": [{"name": "Name", "label": "Account Name"}]}
DESCRIBED = {"Contact": CONTACT, "Account": ACCOUNT}


@pytest.mark.parametrize(
    ("need", "says", "advises"),
    [
        pytest.param(Need("List__c", "Name", "read"), "no object List__c", "access", id="object"),
        pytest.param(
            Need("Contact", "practifi__Constant_Contact_ID__c", "write"),
            "no field practifi__Constant_Contact_ID__c",
            "did you mean practifi__CC_ID__c",
            id="field with a label that matches",
        ),
        pytest.param(
            Need("Contact", "Account.Nmae", "read"),
            "Nmae is not there",
            "Name",
            id="parent's field",
        ),
        pytest.param(
            Need("Contact", "Owner.Name", "read"), "Owner is not there", "Correct", id="parent"
        ),
        pytest.param(
            Need("Contact", "Locked__c", "write"), "may not edit", "edit access", id="read only"
        ),
        pytest.param(
            Need("Contact", "CC_Bridge_Key__c", "key"), "no external id", "External ID", id="key"
        ),
    ],
)
def test_each_fault_is_said_with_what_to_do(need: Need, says: str, advises: str) -> None:
    [(said, advice)] = faults([need], DESCRIBED.get)
    assert says in said
    assert advises in advice


@pytest.mark.parametrize(
    "need",
    [
        pytest.param(Need("Contact", "id", "read"), id="in another case"),
        pytest.param(Need("Contact", "Account.Name", "read"), id="parent's field"),
        pytest.param(Need("Contact", "practifi__CC_ID__c", "write"), id="to write"),
    ],
)
def test_what_is_there_is_no_fault(need: Need) -> None:
    assert list(faults([need], DESCRIBED.get)) == []


def test_missing_object_is_said_once() -> None:
    needs = [Need("List__c", "Name", "read"), Need("List__c", "Id", "read")]
    assert len(list(faults(needs, DESCRIBED.get))) == 1


def test_campaigns_need_their_key_and_a_status_of_members() -> None:
    campaign: dict[str, Any] = {"fields": [{"name": "Name", "updateable": True}]}
    described: dict[str, dict[str, Any]] = {
        "Campaign": campaign,
        "CampaignMember": {"fields": [{"name": "Status"}]},
    }
    said = [says for says, _ in faults(needs_of_campaigns(a_mapping().names), described.get)]
    assert said == [
        "Campaign has no field CC_Bridge_Key__c, or the bridge's user may not see it",
        "there is no object CampaignMemberStatus, or the bridge's user may not see it",
    ]
