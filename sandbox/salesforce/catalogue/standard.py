"""Standard objects, with the fields that an advisory firm uses and the bridge's own on them."""

from __future__ import annotations

from sandbox.salesforce.catalogue.fields import (
    address,
    area,
    checkbox,
    date,
    email,
    external_key,
    lookup,
    moment,
    multipicklist,
    number,
    phone,
    picklist,
    system_fields,
    text,
    whole,
)
from sandbox.salesforce.schema import Field, SObject


def consent_fields() -> tuple[Field, ...]:
    """Return the bridge's fields on Contact: status, the stamp of an untick, the evidence."""
    return (
        text("CC_Bridge_Id__c", 36, label="Constant Contact Bridge ID", external_id=True),
        text("CC_Bridge_Status__c", 80),
        area("CC_Bridge_Status_Reason__c"),
        moment("CC_Bridge_Status_Since__c"),
        moment("CC_Bridge_Unticked_At__c"),
        text("CC_Bridge_Unticked_By__c", 18),
        text("CC_Bridge_Resubscribe_Asked_Via__c", 80),
        date("CC_Bridge_Resubscribe_Asked_On__c"),
        area("CC_Bridge_Resubscribe_Note__c"),
    )


def list_fields() -> tuple[Field, ...]:
    """Return the bridge's fields on whatever object is a list."""
    return (
        text("CC_Bridge_Status__c", 80),
        number("CC_Bridge_Members_Confirmed__c"),
    )


def membership_fields() -> tuple[Field, ...]:
    """Return the bridge's fields on whatever object is a membership."""
    return (
        text("CC_Bridge_Status__c", 80),
        area("CC_Bridge_Status_Reason__c"),
        moment("CC_Bridge_Confirmed_At__c"),
    )


ACCOUNT = SObject(
    name="Account",
    label="Entity",
    plural="Entities",
    prefix="001",
    fields=(
        *system_fields(),
        lookup("MasterRecordId", "Account").read_only(),
        text("Name", label="Entity Name", nillable=False, name_field=True),
        lookup("RecordTypeId", "RecordType"),
        lookup("ParentId", "Account", children="ChildAccounts"),
        picklist("Type", "Client", "Prospect", "Provider"),
        *address("Billing"),
        *address("Shipping"),
        phone("Phone"),
        phone("Fax"),
        text("Website", 255),
        picklist("Industry", "Agriculture", "Education", "Finance", "Healthcare", "Technology"),
        area("Description", 32_000),
        text("AccountNumber", 40),
        picklist("practifi__Client_Segment__c", "Platinum", "Gold", "Silver"),
    ),
)

CONTACT = SObject(
    name="Contact",
    label="Contact",
    plural="Contacts",
    prefix="003",
    fields=(
        *system_fields(),
        lookup("MasterRecordId", "Contact").read_only(),
        lookup("AccountId", "Account", children="Contacts", cascades=True),
        text("LastName", 80, nillable=False),
        text("FirstName", 40),
        picklist("Salutation", "Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx."),
        text("Name", 121, label="Full Name", nillable=False, name_field=True).read_only(),
        *address("Mailing"),
        *address("Other"),
        phone("Phone", label="Business Phone"),
        phone("Fax"),
        phone("MobilePhone"),
        phone("HomePhone"),
        phone("OtherPhone"),
        lookup("ReportsToId", "Contact"),
        email("Email"),
        text("Title", 128),
        text("Department", 80),
        picklist("LeadSource", "Web", "Phone Inquiry", "Partner Referral", "Seminar", "Other"),
        date("Birthdate"),
        area("Description", 32_000),
        checkbox("HasOptedOutOfEmail", label="Do Not Email"),
        checkbox("HasOptedOutOfFax", label="Fax Opt Out"),
        checkbox("DoNotCall", label="Do Not Call"),
        text("practifi__Constant_Contact_ID__c", 36, label="Constant Contact ID"),
        text("practifi__Preferred_Name__c", 80),
        checkbox("practifi__Primary_Member__c"),
        multipicklist("practifi__Segment__c", "A", "B", "C", "Retiree", "Business Owner"),
        date("practifi__Wedding_Anniversary__c"),
        *consent_fields(),
    ),
)

CAMPAIGN = SObject(
    name="Campaign",
    label="Campaign",
    plural="Campaigns",
    prefix="701",
    fields=(
        *system_fields(),
        text("Name", 80, label="Campaign Name", nillable=False, name_field=True),
        lookup("ParentId", "Campaign", children="ChildCampaigns"),
        picklist("Type", "Email", "Seminar", "Webinar", "Other"),
        picklist("Status", "Planned", "In Progress", "Completed", "Aborted", default="Planned"),
        date("StartDate"),
        date("EndDate"),
        checkbox("IsActive", label="Active"),
        area("Description", 32_000),
        text("CC_Bridge_Id__c", 36, label="Constant Contact Bridge ID", external_id=True),
        external_key("CC_Bridge_Key__c"),
        *list_fields(),
    ),
)

CAMPAIGN_MEMBER_STATUS = SObject(
    name="CampaignMemberStatus",
    label="Campaign Member Status",
    plural="Campaign Member Statuses",
    prefix="01Y",
    unique_together=("CampaignId", "Label"),
    fields=(
        *system_fields(owned=False),
        lookup(
            "CampaignId",
            "Campaign",
            children="CampaignMemberStatuses",
            cascades=True,
            nillable=False,
            updateable=False,
        ),
        text("Label", 765, label="Member Status", nillable=False),
        whole("SortOrder"),
        checkbox("IsDefault", label="Is Default"),
        checkbox("HasResponded", label="Responded"),
    ),
)

CAMPAIGN_MEMBER = SObject(
    name="CampaignMember",
    label="Campaign Member",
    plural="Campaign Members",
    prefix="00v",
    unique_together=("CampaignId", "ContactId"),
    fields=(
        *system_fields(owned=False),
        lookup(
            "CampaignId",
            "Campaign",
            children="CampaignMembers",
            cascades=True,
            nillable=False,
            updateable=False,
        ),
        lookup("ContactId", "Contact", children="CampaignMembers", cascades=True, updateable=False),
        picklist("Status", "Sent", "Responded", default="Sent"),  # each campaign has its own
        checkbox("HasResponded", label="Responded").read_only(),
        *membership_fields(),
    ),
)


def _activity(*, times: tuple[Field, ...]) -> tuple[Field, ...]:
    return (
        *system_fields(),
        lookup("WhoId", "Contact", children="Activities", label="Name ID"),
        lookup("WhatId", "Account", "Campaign", label="Related To ID"),
        text("Subject"),
        area("Description", 32_000),
        *times,
        external_key("CC_Bridge_Key__c"),
    )


TASK = SObject(
    name="Task",
    label="Task",
    plural="Tasks",
    prefix="00T",
    upserts_by_key=False,
    fields=_activity(
        times=(
            date("ActivityDate", label="Due Date Only"),
            picklist(
                "Status",
                "Not Started",
                "In Progress",
                "Completed",
                "Deferred",
                default="Not Started",
                nillable=False,
            ),
            picklist("Priority", "High", "Normal", "Low", default="Normal", nillable=False),
            picklist("TaskSubtype", "Task", "Email", "Call", default="Task", updateable=False),
        )
    ),
)

EVENT = SObject(
    name="Event",
    label="Event",
    plural="Events",
    prefix="00U",
    upserts_by_key=False,
    fields=_activity(
        times=(
            moment("StartDateTime", nillable=False),
            moment("EndDateTime"),
            whole("DurationInMinutes"),
            checkbox("IsAllDayEvent", label="All-Day Event"),
            text("Location"),
        )
    ),
)

STANDARD = (
    ACCOUNT,
    CONTACT,
    CAMPAIGN,
    CAMPAIGN_MEMBER_STATUS,
    CAMPAIGN_MEMBER,
    TASK,
    EVENT,
)
