"""What an account holds: contacts, lists, custom fields, activities, campaigns. No rules."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from uuid import UUID

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from datetime import datetime

    from sandbox.constant_contact.mailings import Campaign, Mailing

Json: TypeAlias = dict[str, Any]
Source = Literal["Contact", "Account"]

MAILABLE = frozenset({"explicit", "implicit"})


def address_key(address: str) -> str:
    """Return what two spellings of one address have in common: the vendor ignores case.

    >>> address_key(" Ada@Example.ORG")
    'ada@example.org'
    """
    return address.strip().lower()


@dataclass(slots=True, kw_only=True)
class EmailAddress:
    """The address of a contact and the permission to mail it."""

    address: str
    permission_to_send: str
    created_at: datetime
    updated_at: datetime
    opt_in_source: Source
    opt_in_date: datetime
    opt_out_source: Source | None = None
    opt_out_date: datetime | None = None
    opt_out_reason: str | None = None
    confirm_status: str = "off"

    @property
    def is_unsubscribed(self) -> bool:
        """Whether the address may not be mailed because somebody opted out."""
        return self.permission_to_send == "unsubscribed"


@dataclass(slots=True, kw_only=True)
class Contact:
    """A contact; it stays in the account when it is deleted.

    Attributes:
        number: Its place in the order of creation, from 1.
        core: The properties that a PUT replaces as a whole; absent ones have no key.
        custom_fields: Custom field id to `value` or `choice_ids`.
        is_asked_to_confirm: The one confirmation mail for a resubscription has gone out; the
            lists to join are in `confirmation_list_ids`.
    """

    number: int
    contact_id: str
    email: EmailAddress | None
    core: Json
    created_at: datetime
    updated_at: datetime
    create_source: Source
    update_source: Source | None = None
    deleted_at: datetime | None = None
    custom_fields: dict[str, Json] = field(default_factory=dict)
    phone_numbers: list[Json] = field(default_factory=list)
    street_addresses: list[Json] = field(default_factory=list)
    list_memberships: list[str] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)
    sms_channel: Json | None = None
    is_asked_to_confirm: bool = False
    confirmation_list_ids: list[str] = field(default_factory=list)

    @property
    def is_mailable(self) -> bool:
        """Whether a campaign may go to this contact."""
        return (
            self.deleted_at is None
            and self.email is not None
            and self.email.permission_to_send in MAILABLE
        )


@dataclass(slots=True, kw_only=True)
class ContactList:
    """A contact list; a deleted one stays, marked."""

    number: int
    list_id: str
    name: str
    description: str | None
    favorite: bool
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class CustomField:
    """A custom field: contacts name it by id, imports by name."""

    number: int
    custom_field_id: str
    label: str
    name: str
    type: str
    created_at: datetime
    updated_at: datetime
    choices: list[Json] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class BulkActivity:
    """An asynchronous job; here only the deletion of a list."""

    activity_id: str
    list_ids: list[str]
    created_at: datetime
    due_at: datetime
    completed_at: datetime | None = None


@dataclass
class Account:
    """Everything that a Constant Contact account holds.

    Attributes:
        draws: Where new ids come from.
        contacts: By id, in the order of creation.
        mailings: Those of all campaigns, by `campaign_activity_id`.
    """

    draws: random.Random
    summary: Json = field(default_factory=dict)
    contacts: dict[str, Contact] = field(default_factory=dict)
    lists: dict[str, ContactList] = field(default_factory=dict)
    custom_fields: dict[str, CustomField] = field(default_factory=dict)
    activities: dict[str, BulkActivity] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    mailings: dict[str, Mailing] = field(default_factory=dict)
    _by_number: list[Contact] = field(default_factory=list)
    _by_address: dict[str, str] = field(default_factory=dict)
    _last_number: int = 0

    def new_id(self) -> str:
        """Return a new UUID."""
        return str(UUID(int=self.draws.getrandbits(128), version=4))

    def new_number(self) -> int:
        """Return the next place in the order of creation."""
        self._last_number += 1
        return self._last_number

    def add(self, contact: Contact) -> None:
        """Take in a contact that is new and whose address is free."""
        self.contacts[contact.contact_id] = contact
        self._by_number.append(contact)
        if contact.email is not None:
            self._by_address[address_key(contact.email.address)] = contact.contact_id

    def contact_with(self, address: str) -> Contact | None:
        """Return the contact that has this address, deleted or not."""
        contact_id = self._by_address.get(address_key(address))
        return None if contact_id is None else self.contacts[contact_id]

    def move_address(self, contact: Contact, before: str | None) -> None:
        """Note that the address of a contact is no longer `before`."""
        if before is not None:
            self._by_address.pop(address_key(before), None)
        if contact.email is not None:
            self._by_address[address_key(contact.email.address)] = contact.contact_id

    def contacts_after(self, number: int) -> Iterator[Contact]:
        """Yield the contacts that were created after the one with this number, in order."""
        start = bisect_right(self._by_number, number, key=lambda contact: contact.number)
        for index in range(start, len(self._by_number)):
            yield self.contacts[self._by_number[index].contact_id]

    def list_named(self, name: str) -> ContactList | None:
        """Return the list of this name that is not deleted; case does not matter."""
        wanted = name.strip().casefold()
        for contact_list in self.lists.values():
            if contact_list.deleted_at is None and contact_list.name.casefold() == wanted:
                return contact_list
        return None

    def has_list(self, list_id: str) -> bool:
        """Tell whether a list can have members."""
        contact_list = self.lists.get(list_id)
        return contact_list is not None and contact_list.deleted_at is None
