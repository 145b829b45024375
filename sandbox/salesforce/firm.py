"""The people of the org: its users with their rights, and a small advisory firm's clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.salesforce import saving
from sandbox.salesforce.households import HOUSEHOLDS
from sandbox.salesforce.values import initial

if TYPE_CHECKING:
    import random

    from sandbox.salesforce.households import Household
    from sandbox.salesforce.org import Org, Transaction
    from sandbox.salesforce.values import Row

_AGE = timedelta(days=400)
_RECORD_TYPES = ("Household", "Organization", "Individual")


@dataclass(frozen=True, kw_only=True)
class Staff:
    """Ids of the org and of the users that others ask for.

    Attributes:
        bridge_user_id: With whom the bridge logs in; lacks Send Outbound Messages.
        observer_user_id: An ordinary user, whose saves fire messages.
    """

    organization_id: str
    bridge_user_id: str
    observer_user_id: str
    record_types: dict[str, str]


def found(org: Org) -> Staff:
    """Make the org itself: organization, users, profiles, permission sets, record types."""
    user_id = org.serials.new("005")
    observer_id = org.serials.new("005")
    with org.transaction(user_id, at=org.now() - _AGE) as tx:
        organization_id = put_record(
            tx,
            "Organization",
            {
                "Name": "Harbour Lane Wealth",
                "InstanceName": "SBX1",
                "OrganizationType": "Developer Edition",
            },
        )
        staff_profile = _profile(tx, "Wealth Adviser", sends=True)
        bridge_profile = _profile(tx, "Minimum Access - API Only Integrations", sends=False)
        for record_id, first, last, alias, profile in (
            (user_id, "Constant Contact", "Bridge", "ccbridge", bridge_profile),
            (observer_id, "Olive", "Marsh", "omarsh", staff_profile),
        ):
            _user(tx, record_id, (first, last), alias, profile)
        access = put_record(
            tx,
            "PermissionSet",
            {"Name": "CC_Bridge", "Label": "CC Bridge"}
            | {"PermissionsApiEnabled": True, "PermissionsRunReports": True},
        )
        _assign(tx, user_id, access)
        record_types = {
            name: put_record(
                tx, "RecordType", {"Name": name, "DeveloperName": name, "SobjectType": "Account"}
            )
            for name in _RECORD_TYPES
        }
        tx.changes.clear()
    return Staff(
        organization_id=organization_id,
        bridge_user_id=user_id,
        observer_user_id=observer_id,
        record_types=record_types,
    )


def populate(org: Org, staff: Staff, draws: random.Random) -> None:
    """Enter the clients of the firm; nothing of it fires a message: it was there before."""
    for place, household in enumerate(HOUSEHOLDS):
        entered_at = org.now() - _AGE + timedelta(days=place * 15, minutes=draws.randrange(480))
        with org.transaction(staff.observer_user_id, at=entered_at) as tx:
            _enter(tx, staff, household, draws)
            tx.changes.clear()


def hire(org: Org, staff: Staff, first: str, last: str) -> str:
    """Give the org one more user, with the profile of its advisers, and return the id."""
    record_id = org.serials.new("005")
    with org.transaction(staff.observer_user_id) as tx:
        colleague = tx.org.tables["User"].get(staff.observer_user_id) or {}
        profile = str(colleague["ProfileId"])
        _user(tx, record_id, (first, last), record_id[7:15], profile)
        tx.changes.clear()
    return record_id


def may_send_outbound_messages(org: Org, user_id: str) -> bool:
    """Tell whether a user has the permission, through the profile or a permission set."""
    return _holds(org, user_id, "PermissionsEnableNotifications")


def may_run_reports(org: Org, user_id: str) -> bool:
    """Tell whether a user has that permission, likewise."""
    return _holds(org, user_id, "PermissionsRunReports")


def _holds(org: Org, user_id: str, permission: str) -> bool:
    sets = org.tables["PermissionSet"]
    return any(
        (held := sets.get(str(row["PermissionSetId"]))) is not None and held[permission] is True
        for row in org.tables["PermissionSetAssignment"]
        if row["AssigneeId"] == user_id
    )


def _enter(tx: Transaction, staff: Staff, household: Household, draws: random.Random) -> None:
    schema = tx.org.schema
    account_id = saving.insert(
        tx,
        schema.get("Account"),
        {
            "Name": household.name,
            "RecordTypeId": staff.record_types["Household"],
            "Type": household.kind,
            "BillingStreet": household.street,
            "BillingCity": household.city,
            "BillingState": household.state,
            "BillingPostalCode": household.postal_code,
            "BillingCountry": "United States",
            "Phone": _phone(draws),
            "practifi__Client_Segment__c": draws.choice(("Platinum", "Gold", "Silver")),
        },
    )
    for place, person in enumerate(household.people):
        saving.insert(
            tx,
            schema.get("Contact"),
            {
                "AccountId": account_id,
                "FirstName": person.first_name,
                "LastName": person.last_name,
                "Email": person.email,
                "HasOptedOutOfEmail": person.do_not_email,
                "Birthdate": person.born_on,
                "Title": person.title,
                "MobilePhone": _phone(draws),
                "HomePhone": _phone(draws) if draws.random() < 0.5 else None,  # noqa: PLR2004 - every second one
                "MailingStreet": household.street,
                "MailingCity": household.city,
                "MailingState": household.state,
                "MailingPostalCode": household.postal_code,
                "MailingCountry": "United States",
                "practifi__Primary_Member__c": place == 0,
            },
        )


def _user(
    tx: Transaction, record_id: str, name: tuple[str, str], alias: str, profile_id: str
) -> None:
    first, last = name
    address = f"{alias}@harbourlane.example.com"
    values: Row = {
        "Username": address,
        "FirstName": first,
        "LastName": last,
        "Name": f"{first} {last}",
        "Alias": alias,
        "Email": address,
        "ProfileId": profile_id,
        "TimeZoneSidKey": "America/New_York",
    }
    put_record(tx, "User", values, record_id=record_id)
    _assign(tx, record_id, _permission_set_of(tx, profile_id))


def _phone(draws: random.Random) -> str:
    """Return a telephone number from the range that is kept free for stories."""
    return f"({draws.choice((207, 603, 617, 802))}) 555-01{draws.randrange(100):02}"


def _profile(tx: Transaction, name: str, *, sends: bool) -> str:
    """Make a profile; each has a permission set of its own, as in Salesforce."""
    rights: Row = {
        "PermissionsApiEnabled": True,
        "PermissionsEnableNotifications": sends,
        "PermissionsRunReports": sends,
    }
    profile_id = put_record(tx, "Profile", {"Name": name, **rights})
    put_record(
        tx,
        "PermissionSet",
        {
            "Name": f"X{profile_id}",
            "Label": f"X{profile_id}",
            "ProfileId": profile_id,
            "IsOwnedByProfile": True,
            **rights,
        },
    )
    return profile_id


def _permission_set_of(tx: Transaction, profile_id: str) -> str:
    sets = tx.org.tables["PermissionSet"]
    return next(str(row["Id"]) for row in sets if row["ProfileId"] == profile_id)


def _assign(tx: Transaction, user_id: str, permission_set_id: str) -> None:
    values: Row = {"AssigneeId": user_id, "PermissionSetId": permission_set_id}
    put_record(tx, "PermissionSetAssignment", values)


def put_record(tx: Transaction, name: str, values: Row, *, record_id: str = "") -> str:
    """Write a record that the API cannot make."""
    sobject = tx.org.schema.get(name)
    record_id = record_id or tx.org.serials.new(sobject.prefix)
    row = {
        field.name: initial(field, user_id=tx.user_id, record_id=record_id)
        for field in sobject.fields
    }
    row |= {
        "Id": record_id,
        "IsDeleted": False,
        "CreatedDate": tx.at,
        "CreatedById": tx.user_id,
        "LastModifiedDate": tx.at,
        "LastModifiedById": tx.user_id,
        "SystemModstamp": tx.at,
    }
    tx.put(sobject, record_id, row | values)
    return record_id
