"""An import at work: each row makes a contact, or adds to the one that has its address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact import contacts, subresources
from sandbox.constant_contact.bulk.columns import read_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.constant_contact.bulk.columns import Row
    from sandbox.constant_contact.bulk.model import BulkActivity, Scene
    from sandbox.constant_contact.model import Account, Contact
    from sandbox.constant_contact.validation import ContactParts

COUNTS: Final = (
    "items_total_count",
    "person_count",
    "error_count",
    "correctable_count",
    "cannot_add_to_list_count",
)
_CORRECTABLE: Final = ("email_address", "birthday_", "anniversary")
"""How faults begin that somebody can correct in the vendor's pages."""


@dataclass(slots=True)
class ImportContacts:
    """Rows that become contacts on lists; a membership is only ever added.

    Attributes:
        rows: Heading to value.
        list_ids: Lists that all of them join.
        sms_permission: Permission of the SMS numbers among them.
        person_ids: Contacts that have been made or changed.
        by_number: SMS number to contact, once a row without an address has asked for it.
    """

    rows: Sequence[Mapping[str, Any]]
    list_ids: list[str]
    sms_permission: str
    person_ids: set[str] = field(default_factory=set)
    by_number: dict[str, Contact] | None = None

    @property
    def total(self) -> int:
        """One step a row."""
        return len(self.rows)

    def step(self, index: int, scene: Scene, activity: BulkActivity) -> None:
        """Import one row."""
        account = scene.account
        row = read_row(self.rows[index], scene.fields, self.sms_permission)
        parts = contacts.read_parts(account, scene.policy, row.body, "create_source")
        parts.sms_channel = row.sms_channel
        parts.list_memberships = [one for one in self.list_ids if account.has_list(one)]
        faults = row.faults or parts.faults
        contact = None if faults else self._holder(account, row)
        has_opted_out = contact is not None and contact.has_opted_out
        if has_opted_out:
            parts.list_memberships = None
        if contact is not None:
            faults = subresources.merge(contact, parts)
        if faults:
            _refuse(index, faults, activity)
            return
        if has_opted_out:
            activity.count("cannot_add_to_list_count")
        if contact is None:
            contact = contacts.take_in(account, scene.policy, parts, "Account", scene.now)
        else:
            _update(contact, parts, scene)
        self._remember(contact, activity)

    def finish(self, scene: Scene, activity: BulkActivity) -> None:
        """Nothing is left."""

    def _remember(self, contact: Contact, activity: BulkActivity) -> None:
        """Count each contact once, and know it again by its number."""
        if self.by_number is not None and contact.sms_channel:
            self.by_number[contact.sms_channel["sms_address"]] = contact
        if contact.contact_id not in self.person_ids:
            self.person_ids.add(contact.contact_id)
            activity.count("person_count")

    def _holder(self, account: Account, row: Row) -> Contact | None:
        """Return the contact that a row is about, by its address or else by its SMS number."""
        if "email_address" in row.body:
            return account.contact_with(row.body["email_address"]["address"])
        if self.by_number is None:
            self.by_number = {
                contact.sms_channel["sms_address"]: contact
                for contact in account.contacts.values()
                if contact.sms_channel
            }
        return self.by_number.get(row.sms_channel["sms_address"]) if row.sms_channel else None


def _refuse(index: int, faults: list[str], activity: BulkActivity) -> None:
    is_correctable = all(fault.startswith(_CORRECTABLE) for fault in faults)
    activity.count("correctable_count" if is_correctable else "error_count")
    activity.blame(f"Row {index + 1}: {', '.join(faults)}")


def _update(contact: Contact, parts: ContactParts, scene: Scene) -> None:
    """Change what the row names: the permission stays, and a deleted contact comes back."""
    contact.core |= parts.core
    subresources.replace(scene.account, contact, parts, "Account", scene.now)
    if parts.list_memberships is not None:
        contact.deleted_at = None
    contact.update_source, contact.updated_at = "Account", scene.now
    contacts.strip_lists(scene.policy, contact)
