"""Custom objects: those of the Practifi package, and the bridge's own for orgs without it.

Practifi publishes no API names of its Constant Contact objects: these are the names that the bridge
proposes and lets each firm change.
"""

from __future__ import annotations

from sandbox.salesforce.catalogue.fields import (
    area,
    auto_name,
    checkbox,
    external_key,
    lookup,
    moment,
    name_of,
    picklist,
    system_fields,
    text,
)
from sandbox.salesforce.catalogue.standard import list_fields, membership_fields
from sandbox.salesforce.schema import SObject

PRACTIFI_LIST = SObject(
    name="practifi__Constant_Contact_List__c",
    label="Constant Contact List",
    plural="Constant Contact Lists",
    prefix="a01",
    fields=(
        *system_fields(),
        name_of("List Name"),
        text("practifi__Constant_Contact_List_ID__c", 36, label="Constant Contact List ID"),
        area("practifi__Description__c"),
        checkbox("practifi__Active__c", default=True),
        *list_fields(),
    ),
)

PRACTIFI_MEMBERSHIP = SObject(
    name="practifi__Constant_Contact_Membership__c",
    label="Constant Contact Membership",
    plural="Constant Contact Memberships",
    prefix="a02",
    fields=(
        *system_fields(),
        auto_name("Membership", "CCM-{:05}"),
        lookup(
            "practifi__Contact__c",
            "Contact",
            children="practifi__Constant_Contact_Memberships__r",
            nillable=False,
            cascades=True,
        ),
        lookup(
            "practifi__Constant_Contact_List__c",
            "practifi__Constant_Contact_List__c",
            children="practifi__Constant_Contact_Memberships__r",
            nillable=False,
            cascades=True,
        ),
        *membership_fields(),
    ),
)

PRACTIFI_INTERACTION = SObject(
    name="practifi__Interaction__c",
    label="Interaction",
    plural="Interactions",
    prefix="a03",
    fields=(
        *system_fields(),
        name_of("Interaction"),
        lookup("practifi__Client__c", "Account", children="practifi__Interactions__r"),
        lookup("practifi__Person__c", "Contact", children="practifi__Interactions__r"),
        text("practifi__Subject__c"),
        area("practifi__Details__c", 131_000),
        moment("practifi__Start__c"),
        picklist("practifi__Direction_Picklist__c", "Outbound", "Inbound"),
        picklist(
            "practifi__Method_Picklist__c",
            "Email",
            "Phone Call",
            "SMS",
            "Meeting",
            "Seminar",
            "Post",
            "Web Enquiry",
            "Unknown",
            restricted=True,
        ),
        text("practifi__External_Id__c", external_id=True),
        external_key("CC_Bridge_Key__c"),
    ),
)

BRIDGE_LIST = SObject(
    name="CC_Bridge_List__c",
    label="Mailing List",
    plural="Mailing Lists",
    prefix="a04",
    fields=(
        *system_fields(),
        name_of("List Name"),
        text("CC_Bridge_Id__c", 36, label="Constant Contact Bridge ID", external_id=True),
        area("CC_Bridge_Description__c"),
        *list_fields(),
    ),
)

BRIDGE_MEMBERSHIP = SObject(
    name="CC_Bridge_Membership__c",
    label="Mailing List Membership",
    plural="Mailing List Memberships",
    prefix="a05",
    fields=(
        *system_fields(),
        auto_name("Membership", "M-{:05}"),
        lookup(
            "CC_Bridge_Contact__c",
            "Contact",
            children="CC_Bridge_Memberships__r",
            nillable=False,
            cascades=True,
        ),
        lookup(
            "CC_Bridge_List__c",
            "CC_Bridge_List__c",
            children="CC_Bridge_Memberships__r",
            nillable=False,
            cascades=True,
        ),
        *membership_fields(),
    ),
)

TRIGGER_SETTING = SObject(
    name="practifi__PractiFI_Trigger_Setting__c",
    label="PractiFI Trigger Setting",
    plural="PractiFI Trigger Settings",
    prefix="a06",
    custom_setting=True,
    fields=(
        *system_fields(owned=False),
        name_of("Name"),
        lookup("SetupOwnerId", "User", "Profile", "Organization", nillable=False),
        checkbox("practifi__Constant_Contact_Trigger__c"),
        checkbox("practifi__Interaction_Trigger__c", default=True),
    ),
)

CUSTOM = (
    TRIGGER_SETTING,
    PRACTIFI_LIST,
    PRACTIFI_MEMBERSHIP,
    PRACTIFI_INTERACTION,
    BRIDGE_LIST,
    BRIDGE_MEMBERSHIP,
)
