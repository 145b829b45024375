"""The clientele of a larger firm in the org: its households, people, lists and memberships.

A hundred thousand records that are known to be right need not meet every rule on their way in: the
first of each object is saved as anybody would save it, the others are made after it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.clientele import LISTS
from sandbox.salesforce import saving

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sandbox.clientele import ClientHousehold
    from sandbox.salesforce.firm import Staff
    from sandbox.salesforce.org import Org, Transaction

_LIST = "practifi__Constant_Contact_List__c"
_MEMBERSHIP = "practifi__Constant_Contact_Membership__c"
_AGE = timedelta(days=300)


def enter_clientele(
    org: Org, staff: Staff, households: Iterable[ClientHousehold], cc_list_ids: Sequence[str]
) -> None:
    """Enter households; nothing of it fires a message: it was there before."""
    with org.transaction(staff.observer_user_id, at=org.now() - _AGE) as tx:
        accounts, contacts, lists, memberships = (
            _Maker(tx, name) for name in ("Account", "Contact", _LIST, _MEMBERSHIP)
        )
        list_records = [
            lists.make({"Name": name, "practifi__Constant_Contact_List_ID__c": cc_id})
            for name, cc_id in zip(LISTS, cc_list_ids, strict=True)
        ]
        for household in households:
            account_id = accounts.make(
                {
                    "Name": household.name,
                    "RecordTypeId": staff.record_types["Household"],
                    "Type": "Client",
                    "BillingStreet": household.street,
                    "BillingCity": household.city,
                    "BillingState": household.state,
                    "BillingPostalCode": household.postal_code,
                    "BillingCountry": "United States",
                }
            )
            for place, person in enumerate(household.people):
                contact_id = contacts.make(
                    {
                        "AccountId": account_id,
                        "FirstName": person.first_name,
                        "LastName": person.last_name,
                        "Email": person.email,
                        "HasOptedOutOfEmail": person.do_not_email,
                        "MobilePhone": person.phone,
                        "MailingStreet": household.street,
                        "MailingCity": household.city,
                        "MailingState": household.state,
                        "MailingPostalCode": household.postal_code,
                        "MailingCountry": "United States",
                        "practifi__Constant_Contact_ID__c": person.cc_id,
                        "practifi__Primary_Member__c": place == 0,
                    },
                    Name=f"{person.first_name} {person.last_name}",
                )
                for of_list in person.lists:
                    memberships.make(
                        {
                            "practifi__Contact__c": contact_id,
                            "practifi__Constant_Contact_List__c": list_records[of_list],
                        }
                    )
        tx.changes.clear()
    org.take_effects()


class _Maker:
    """Makes the records of one object that are alike."""

    def __init__(self, tx: Transaction, name: str) -> None:
        self._tx = tx
        self._sobject = tx.org.schema.get(name)
        self._table = tx.org.tables[name]
        self._first: dict[str, Any] | None = None
        self._numbered = [field for field in self._sobject.fields if field.number_format]

    def make(self, values: Mapping[str, Any], **computed: object) -> str:
        """Make a record and return its id; `computed` is what a save would work out."""
        if self._first is None:
            record_id = saving.insert(self._tx, self._sobject, values)
            self._first = dict(self._table.get(record_id) or {})
            return record_id
        record_id = self._tx.org.serials.new(self._sobject.prefix)
        row = {**self._first, **values, **computed, "Id": record_id}
        for field in self._numbered:
            number = self._tx.org.next_number(self._sobject)
            row[field.name] = str(field.number_format).format(number)
        self._table.put(record_id, row)
        return record_id
