"""Features that an org has or has not: contacts of several accounts, and person accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from sandbox.salesforce import saving
from sandbox.salesforce.catalogue.fields import (
    checkbox,
    date,
    email,
    lookup,
    system_fields,
    text,
)
from sandbox.salesforce.schema import SObject

if TYPE_CHECKING:
    from sandbox.salesforce.metadata.objects import Objects
    from sandbox.salesforce.org import Change, Org
    from sandbox.salesforce.values import Row

_RELATIONS = "AccountContactRelations"
_OF_BOTH = {"nillable": False, "updateable": False, "cascades": True}
RELATION = SObject(
    name="AccountContactRelation",
    label="Account Contact Relationship",
    plural="Account Contact Relationships",
    prefix="07k",
    unique_together=("AccountId", "ContactId"),
    fields=(
        *system_fields(owned=False),
        lookup("AccountId", "Account", children=_RELATIONS, **_OF_BOTH),
        lookup("ContactId", "Contact", children=_RELATIONS, **_OF_BOTH),
        checkbox("IsActive", label="Active", default=True),
        checkbox("IsDirect", label="Direct").read_only(),
        text("Roles", 255),
        date("StartDate"),
        date("EndDate"),
    ),
)
_OF_A_PERSON = (
    text("FirstName", 40),
    text("LastName", 80),
    email("PersonEmail"),
    lookup("PersonContactId", "Contact").read_only(),
    checkbox("IsPersonAccount", label="Is Person Account").read_only(),
)


class Features(BaseModel):
    """What an administrator, or Salesforce's support, has turned on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contacts_to_multiple_accounts: bool = Field(
        default=False, description="contacts are related to accounts beside their own"
    )
    person_accounts: bool = Field(
        default=False, description="an account with a last name is a person, with a contact"
    )


class FeatureSwitches:
    """Turns features on in one org; as in Salesforce, none is turned off again.

    Attributes:
        on: What is turned on.
    """

    def __init__(self, org: Org, objects: Objects) -> None:
        self._org = org
        self._objects = objects
        self.on = Features()
        org.listeners.append(self._saved)

    def turn_on(self, wanted: Features) -> None:
        """Turn features on; those that are on stay so."""
        with self._org.lock:
            if wanted.contacts_to_multiple_accounts and not self.on.contacts_to_multiple_accounts:
                self._objects.have(RELATION)
            if wanted.person_accounts and not self.on.person_accounts:
                account = self._org.schema.get("Account")
                fields = [
                    replace(each, nillable=True) if each.name == "Name" else each
                    for each in account.fields
                ]
                self._objects.have(replace(account, fields=(*fields, *_OF_A_PERSON)))
            both = zip(self.on, wanted, strict=True)
            self.on = Features(**{name: is_on or wants for (name, is_on), (_, wants) in both})

    def forget(self) -> None:
        """Have no feature on: the org has begun anew."""
        self.on = Features()

    def _saved(self, changes: list[Change]) -> None:
        """Give each new account with a last name its contact, as Salesforce does in the save."""
        if not self.on.person_accounts:
            return
        for change in changes:
            if change.sobject.name == "Account" and not change.before and change.after["LastName"]:
                self._enter(change)

    def _enter(self, change: Change) -> None:
        account, row = change.sobject, change.after
        names = {name: row[name] for name in ("FirstName", "LastName")}
        person = {**names, "Email": row["PersonEmail"], "AccountId": change.record_id}
        with self._org.transaction(change.user_id) as tx:
            contact_id = saving.insert(tx, self._org.schema.get("Contact"), person)
            made: Row = {
                "Name": " ".join(str(name) for name in names.values() if name),
                "PersonContactId": contact_id,
                "IsPersonAccount": True,
            }
            tx.put(account, change.record_id, row | made)
