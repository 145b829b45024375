"""The org's outbound messages: what each one carries, and those that are there from the start."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.outbound.triggers import Trigger, changed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.salesforce.ids import Serials

API_VERSION = "66.0"
_SYSTEM = (
    "CreatedDate",
    "Id",
    "IsDeleted",
    "LastModifiedById",
    "LastModifiedDate",
    "SystemModstamp",
)
_EVIDENCE = (
    "CC_Bridge_Resubscribe_Asked_On__c",
    "CC_Bridge_Resubscribe_Asked_Via__c",
    "CC_Bridge_Resubscribe_Note__c",
)
_CONSENT = (
    "HasOptedOutOfEmail",
    "CC_Bridge_Unticked_At__c",
    "CC_Bridge_Unticked_By__c",
    *_EVIDENCE,
)
_CONTACT = (
    "AccountId",
    "Birthdate",
    "Department",
    "Email",
    "FirstName",
    "HomePhone",
    "LastName",
    "LeadSource",
    "MailingCity",
    "MailingCountry",
    "MailingPostalCode",
    "MailingState",
    "MailingStreet",
    "MobilePhone",
    "OtherCity",
    "OtherCountry",
    "OtherPhone",
    "OtherPostalCode",
    "OtherState",
    "OtherStreet",
    "OwnerId",
    "Phone",
    "Salutation",
    "Title",
    "practifi__Constant_Contact_ID__c",
    "CC_Bridge_Id__c",
    "practifi__Preferred_Name__c",
    "practifi__Primary_Member__c",
    "practifi__Segment__c",
    "practifi__Wedding_Anniversary__c",
)
_ACCOUNT = (
    "BillingCity",
    "BillingCountry",
    "BillingPostalCode",
    "BillingState",
    "BillingStreet",
    "Industry",
    "Name",
    "OwnerId",
    "Phone",
    "RecordTypeId",
    "Type",
    "Website",
    "practifi__Client_Segment__c",
)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One outbound message: what it carries and where it goes; a trigger says when.

    Attributes:
        name: The developer name.
        object: API name of the object.
        carries: The fields of the message, in the order that Salesforce sends: the id, then by code
            point.
        action_id: The id of the definition in this org.
        endpoint_url: Where it goes; None: where all messages of the org go.
        integration_user: Name of the user that it is sent as; None: the bridge's.
        sends_session: It asks for a session id, which Salesforce does not send any more.
    """

    name: str
    object: str
    carries: tuple[str, ...]
    action_id: str = ""
    api_version: str = API_VERSION
    endpoint_url: str | None = None
    integration_user: str | None = None
    description: str | None = None
    sends_session: bool = False

    @property
    def full_name(self) -> str:
        """The name that is unique in the org: `Contact.CC_Bridge_Contact`."""
        return f"{self.object}.{self.name}"

    def listed(self) -> dict[str, Any]:
        """Return what the control API tells of the definition itself."""
        return {
            "name": self.name,
            "full_name": self.full_name,
            "object": self.object,
            "action_id": self.action_id,
            "api_version": self.api_version,
            "fields": list(self.carries),
        }


def in_order(fields: Iterable[str]) -> tuple[str, ...]:
    """Return fields in the order that a message has them.

    >>> in_order(["practifi__Segment__c", "Email", "Id", "LastName"])
    ('Id', 'Email', 'LastName', 'practifi__Segment__c')
    """
    return ("Id", *sorted({*fields} - {"Id"}))


@dataclass(frozen=True)
class _Known:
    """A message that is there from the start, and the flow that sends it."""

    definition: Definition
    trigger: Trigger


def _definition(
    name: str,
    sobject: str,
    fields: Iterable[str],
    *,
    watches: Iterable[str] | None = None,
    only_if: str | None = None,
) -> _Known:
    fields = tuple(fields)
    definition = Definition(name=name, object=sobject, carries=in_order({*_SYSTEM, *fields}))
    trigger = Trigger(
        name=name,
        object=sobject,
        sends=definition.full_name,
        condition=changed(fields if watches is None else watches, only_if=only_if),
    )
    return _Known(definition, trigger)


_DEFINITIONS = (
    # First, so that its notification overtakes the same save's notification for the rest.
    _definition(
        "CC_Bridge_Contact_Consent",
        "Contact",
        ("AccountId", "Email", "FirstName", "LastName", *_CONSENT),
        watches=("HasOptedOutOfEmail", *_EVIDENCE),
        only_if="HasOptedOutOfEmail",
    ),
    _definition("CC_Bridge_Contact", "Contact", (*_CONTACT, *_CONSENT)),
    _definition("CC_Bridge_Account", "Account", _ACCOUNT),
    _definition(
        "CC_Bridge_Practifi_List",
        "practifi__Constant_Contact_List__c",
        (
            "Name",
            "OwnerId",
            "practifi__Active__c",
            "practifi__Constant_Contact_List_ID__c",
            "practifi__Description__c",
        ),
    ),
    _definition(
        "CC_Bridge_Practifi_Membership",
        "practifi__Constant_Contact_Membership__c",
        ("Name", "practifi__Contact__c", "practifi__Constant_Contact_List__c"),
    ),
    _definition(
        "CC_Bridge_List",
        "CC_Bridge_List__c",
        ("CC_Bridge_Description__c", "CC_Bridge_Id__c", "Name", "OwnerId"),
    ),
    _definition(
        "CC_Bridge_Membership",
        "CC_Bridge_Membership__c",
        ("CC_Bridge_Contact__c", "CC_Bridge_List__c", "Name"),
    ),
    _definition(
        "CC_Bridge_Campaign",
        "Campaign",
        ("CC_Bridge_Id__c", "Description", "IsActive", "Name", "OwnerId", "Status", "Type"),
    ),
    _definition(
        "CC_Bridge_Campaign_Member", "CampaignMember", ("CampaignId", "ContactId", "Status")
    ),
)


def deployed(serials: Serials) -> tuple[Definition, ...]:
    """Return the definitions with the ids that they have in one org."""
    return tuple(replace(each.definition, action_id=serials.new("04k")) for each in _DEFINITIONS)


def active_triggers() -> tuple[Trigger, ...]:
    """Return the flows that are there from the start."""
    return tuple(each.trigger for each in _DEFINITIONS)
