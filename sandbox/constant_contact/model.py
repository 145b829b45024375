"""What an account holds: contacts, lists, tags, custom fields, campaigns. No rules."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from uuid import UUID

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from datetime import date, datetime

    from sandbox.constant_contact.bulk.model import BulkActivity
    from sandbox.constant_contact.mailings import Campaign, Mailing
    from sandbox.constant_contact.segments import Segment

Json: TypeAlias = dict[str, Any]
Source = Literal["Contact", "Account"]

MAILABLE = frozenset({"explicit", "implicit"})
NEW_SUBSCRIBER_FOR = timedelta(days=30)


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
    taggings: list[str] = field(default_factory=list)
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

    def is_new_subscriber(self, now: datetime) -> bool:
        """Tell whether it can be mailed and opted in within the last thirty days."""
        return (
            self.is_mailable
            and self.email is not None
            and now - self.email.opt_in_date <= NEW_SUBSCRIBER_FOR
        )

    @property
    def has_opted_out(self) -> bool:
        """Whether the person's own word forbids mail: the account cannot lift that."""
        return (
            self.email is not None
            and self.email.is_unsubscribed
            and self.email.opt_out_source == "Contact"
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
class Tag:
    """A tag that contacts can have."""

    number: int
    tag_id: str
    name: str
    tag_source: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, kw_only=True)
class CustomField:
    """A custom field: contacts name it by id, imports by name.

    Attributes:
        version: 1 for a date that is kept as the text that was sent.
        metadata: How it is shown, as it was sent.
    """

    number: int
    custom_field_id: str
    label: str
    name: str
    type: str
    created_at: datetime
    updated_at: datetime
    version: int = 2
    metadata: Json = field(default_factory=dict)
    choices: list[Json] = field(default_factory=list)


@dataclass
class Account:
    """Everything that a Constant Contact account holds.

    Attributes:
        draws: Where new ids come from.
        physical_address: Where the organization is; None: it has not said.
        emails: The organization's own addresses, each as `/account/emails` shows it.
        contacts: By id, in the order of creation.
        activities: Bulk activities by id, in the order of creation.
        exports: The text of exported files by id.
        mailings: Those of all campaigns, by `campaign_activity_id`.
        test_mails: How many were sent on a day; only the last day is kept.
    """

    draws: random.Random
    summary: Json = field(default_factory=dict)
    physical_address: Json | None = None
    emails: list[Json] = field(default_factory=list)
    contacts: dict[str, Contact] = field(default_factory=dict)
    lists: dict[str, ContactList] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    custom_fields: dict[str, CustomField] = field(default_factory=dict)
    activities: dict[str, BulkActivity] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    mailings: dict[str, Mailing] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)
    test_mails: dict[date, int] = field(default_factory=dict)
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
