"""A client as its page needs it: people, memberships, how far each is carried on. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.console.access.records import UNSEEN
from bridge.console.times import Times

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bridge.connections.model import Connection
    from bridge.console.access.records import Access
    from bridge.delivery.model import AddressState


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """A client that whoever is here may read.

    Attributes:
        account_id: In 18 characters.
        contact_ids: Its people, by the ways of the mapping.
    """

    connection: Connection
    account_id: str
    name: str
    access: Access
    contact_ids: tuple[str, ...]

    @property
    def path(self) -> str:
        """The address of its memberships."""
        return f"/clients/{self.account_id}/memberships"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """Somebody of the client, or somebody else at an address of theirs.

    Attributes:
        email: As it is typed in Practifi, whether it is an address or not.
        key: What the address is matched by; None where there is none.
    """

    sf_id: str
    name: str
    email: str | None
    key: str | None
    do_not_email: bool | None
    access: Access

    @property
    def shown(self) -> str:
        """How a text calls them whoever reads it."""
        return self.name if self.access.can_read else UNSEEN


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """A membership as Practifi has it, and what was last said of it."""

    sf_id: str
    contact_id: str
    list_id: str
    list_name: str
    created_at: datetime | None = None
    status: str | None = None
    reason: str | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """How far an address is carried on.

    Attributes:
        is_open: Something of it is on its way.
        blocked_reason: Why it was given up; None: it was not.
        due_at: When it is tried next.
    """

    is_open: bool
    blocked_reason: str | None
    due_at: datetime
    waits_for: str | None = None
    is_held: bool = False
    is_paused: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Household:
    """A client with everything that its page says.

    Attributes:
        members: Ids of its people, in order; of those alone that may be read.
        hidden: How many of its people may not be read.
        contacts: Its people and whoever has an address of theirs, by id.
        memberships: Of all of them.
        lists: Id -> name, by name.
        states: E-mail key -> both sides of the address, as they were last read.
        work: E-mail key, or id of somebody without an address -> how far it is.
        left: (contact id, list id) that a person ended by their own act -> when that was seen.
        reactivated: Contact id -> when they came back to all mail, where that is not a day ago.
        last_answer: When Constant Contact last told of one of them.
        silent_since: Since when Constant Contact answers nobody; None: it answers.
        times: How times are written for whoever reads it.
    """

    client: Client
    now: datetime
    times: Times = field(default_factory=Times)
    members: tuple[str, ...] = ()
    hidden: int = 0
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    memberships: tuple[Membership, ...] = ()
    lists: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, AddressState] = field(default_factory=dict)
    work: Mapping[str, Work] = field(default_factory=dict)
    left: Mapping[tuple[str, str], datetime] = field(default_factory=dict)
    reactivated: Mapping[str, datetime] = field(default_factory=dict)
    last_answer: datetime | None = None
    silent_since: datetime | None = None

    @property
    def people(self) -> tuple[Contact, ...]:
        """The people of the client."""
        return tuple(self.contacts[sf_id] for sf_id in self.members)

    @property
    def addresses(self) -> int:
        """How many addresses they have between them."""
        return len({person.key for person in self.people if person.key})

    def day(self, at: datetime) -> str:
        """Return a day as the page writes it, such as `4 Nov 2026`."""
        local = self.times.local(at)
        return f"{local.day} {local:%b %Y}"

    def hour(self, at: datetime) -> str:
        """Return a time as states write it, such as `09:02`: the day only where it is another."""
        is_today = self.times.day(at) == self.times.day(self.now)
        return self.times.clock(at) if is_today else f"{self.day(at)}, {self.times.clock(at)}"

    def may_change(self, contact: Contact) -> bool:
        """Tell whether whoever is here may put somebody on lists."""
        return self.client.access.can_edit and contact.access.can_edit

    def of(self, contact_id: str) -> tuple[Membership, ...]:
        """Return somebody's memberships."""
        return tuple(one for one in self.memberships if one.contact_id == contact_id)

    def membership(self, sf_id: str) -> Membership | None:
        """Return a membership of the client's people; None where there is none (any more)."""
        found = (one for one in self.memberships if one.sf_id == sf_id)
        return next((one for one in found if one.contact_id in self.members), None)

    def sharers(self, contact: Contact) -> tuple[Contact, ...]:
        """Return who else has somebody's address."""
        return tuple(
            other
            for other in self.contacts.values()
            if contact.key is not None and other.key == contact.key and other is not contact
        )

    def work_of(self, contact: Contact) -> Work | None:
        """Return how far somebody's address is carried on."""
        return self.work.get(contact.key or contact.sf_id)


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence has them.

    >>> listed(["Ann", "Bob", "Eve"]), listed(["Ann"])
    ('Ann, Bob and Eve', 'Ann')
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
