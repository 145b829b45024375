"""Households by the ten thousand: rows, each a copy of one that was saved by the rules."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.clients import LISTS
from sandbox.salesforce import saving
from sandbox.salesforce.before_save import before_save
from sandbox.salesforce.schema import Default
from sandbox.salesforce.values import stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sandbox.clients import Client, ClientHousehold
    from sandbox.salesforce.org import Org, Transaction
    from sandbox.salesforce.values import Row

_AGE = timedelta(days=300)
_LIST = "practifi__Constant_Contact_List__c"
_MEMBERSHIP = "practifi__Constant_Contact_Membership__c"


class _Entry:
    """Enters records of one object: the first is saved as any other, the rest are rows like it."""

    def __init__(self, org: Org, name: str, user_id: str, at: datetime) -> None:
        self._org = org
        self._sobject = org.schema.get(name)
        self._table = org.tables[name]
        self._user_id = user_id
        self._at = at
        self._template: Row | None = None
        self._fields = {field.name: field for field in self._sobject.fields}
        self._named_by_id = [
            field.name for field in self._sobject.fields if field.default is Default.RECORD_ID
        ]
        self._numbered = [field for field in self._sobject.fields if field.number_format]

    def put(self, tx: Transaction, values: Mapping[str, object]) -> str:
        """Enter a record that gives the same fields as the first one, and return its id."""
        if self._template is None:
            record_id = saving.insert(tx, self._sobject, values)
            self._template = self._table.get(record_id)
            return record_id
        record_id = self._org.serials.new(self._sobject.prefix)
        row = dict(self._template)
        row["Id"] = record_id
        for name in self._named_by_id:
            row[name] = record_id
        for field in self._numbered:
            number = self._org.next_number(self._sobject)
            row[field.name] = str(field.number_format).format(number)
        for name, value in values.items():
            row[name] = stored(self._fields[name], value)
        row = before_save(self._sobject, None, row, user_id=self._user_id, at=self._at)
        self._table.put(record_id, row)
        return record_id


def populate(
    org: Org, households: Iterable[ClientHousehold], *, user_id: str, record_type: str
) -> None:
    """Enter the households with their people, the lists, and who is on them.

    Args:
        org: The org.
        households: Whom to enter.
        user_id: Who has entered them, some time ago.
        record_type: Id of the record type of a household.
    """
    at = org.now() - _AGE
    with org.transaction(user_id, at=at) as tx:
        lists = _Entry(org, _LIST, user_id, at)
        accounts = _Entry(org, "Account", user_id, at)
        contacts = _Entry(org, "Contact", user_id, at)
        memberships = _Entry(org, _MEMBERSHIP, user_id, at)
        ids = {name: lists.put(tx, {"Name": name}) for name in LISTS}
        for household in households:
            account_id = accounts.put(tx, _account(household, record_type))
            for place, person in enumerate(household.people):
                contact_id = contacts.put(tx, _contact(household, person, account_id, place))
                for name in person.lists:
                    memberships.put(tx, {"practifi__Contact__c": contact_id, _LIST: ids[name]})
        tx.changes.clear()


def _account(household: ClientHousehold, record_type: str) -> dict[str, object]:
    city, state, postal_code = household.town
    return {
        "Name": household.name,
        "RecordTypeId": record_type,
        "Type": household.kind,
        "BillingStreet": household.street,
        "BillingCity": city,
        "BillingState": state,
        "BillingPostalCode": postal_code,
        "BillingCountry": "United States",
    }


def _contact(
    household: ClientHousehold, person: Client, account_id: str, place: int
) -> dict[str, object]:
    city, state, postal_code = household.town
    return {
        "AccountId": account_id,
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Email": person.email,
        "HasOptedOutOfEmail": person.has_opted_out,
        "Birthdate": person.born_on,
        "Title": person.title,
        "MobilePhone": person.mobile,
        "MailingStreet": household.street,
        "MailingCity": city,
        "MailingState": state,
        "MailingPostalCode": postal_code,
        "MailingCountry": "United States",
        "practifi__Primary_Member__c": place == 0,
    }
