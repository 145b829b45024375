"""The org's outbound messages: which save fires which message, and what fields it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.salesforce.ids import Serials
    from sandbox.salesforce.org import Change

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
    """One outbound message with the flow that fires it.

    Attributes:
        name: The developer name.
        object: API name of the object.
        carries: The fields of the message, in the order that Salesforce sends: the id, then by code
            point.
        watches: A change of one of these fires the message; so does a new record.
        only_if: A new record fires only where this field is true, if one is named.
        action_id: The id of the definition in this org.
    """

    name: str
    object: str
    carries: tuple[str, ...]
    watches: frozenset[str]
    only_if: str | None = None
    action_id: str = ""
    api_version: str = API_VERSION

    def fires(self, change: Change) -> bool:
        """Tell whether a saved record fires the message."""
        if change.sobject.name != self.object:
            return False
        if change.before is None:
            return self.only_if is None or bool(change.after[self.only_if])
        before = change.before
        return any(before[name] != change.after[name] for name in self.watches)


def _definition(
    name: str,
    sobject: str,
    fields: Iterable[str],
    *,
    watches: Iterable[str] | None = None,
    only_if: str | None = None,
) -> Definition:
    fields = tuple(fields)
    return Definition(
        name=name,
        object=sobject,
        carries=("Id", *sorted({*_SYSTEM, *fields} - {"Id"})),
        watches=frozenset(fields if watches is None else watches),
        only_if=only_if,
    )


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
    return tuple(
        Definition(**{**vars(each), "action_id": serials.new("04k")}) for each in _DEFINITIONS
    )
