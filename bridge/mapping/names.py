"""Salesforce names of what the bridge works with: objects and fields by their logical names.

Practifi's API names are published nowhere, so no other module writes one: they come from
`mappings/names.yaml` and from the overrides of a connection. Not the mapping of values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["account", "contact", "list", "membership"]
InteractionProfile: TypeAlias = Literal["custom", "event", "task"]


@dataclass(frozen=True, kw_only=True)
class ClientNames:
    """The client or household: an Account in every profile known so far."""

    object: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ContactNames:
    """The person. A name is None where the profile has no such field."""

    object: str
    email: str
    account: str | None = None
    primary_member: str | None = None  # a check box: whose fields are sent of those who share
    do_not_email: str | None = None
    country: str | None = None  # of the mailing address
    cc_id: str | None = None
    status: str | None = None
    status_reason: str | None = None
    status_since: str | None = None
    resubscribe_at: str | None = None  # when Do Not Email was last unticked, stamped before saving
    resubscribe_by: str | None = None  # and by whom
    resubscribe_via: str | None = None  # how the person asked to be mailed again
    resubscribe_on: str | None = None
    resubscribe_note: str | None = None


@dataclass(frozen=True, kw_only=True)
class ListNames:
    """The contact list."""

    object: str
    name: str
    cc_id: str | None = None
    status: str | None = None
    members_confirmed: str | None = None


@dataclass(frozen=True, kw_only=True)
class MembershipNames:
    """One person on one list; `contact` and `list` are the lookups to them."""

    object: str
    contact: str
    list: str
    status: str | None = None
    status_reason: str | None = None
    confirmed_at: str | None = None


@dataclass(frozen=True, kw_only=True)
class InteractionNames:
    """The record that shows engagement to people; `custom` is an object of its own."""

    profile: InteractionProfile
    object: str
    contact: str
    client: str | None = None
    subject: str | None = None
    details: str | None = None
    when: str | None = None
    form: str | None = None  # what kind of contact it was: read for pages, never written
    external_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class CampaignNames:
    """The campaign that stands for a mailing, where campaigns are wanted.

    Its members and their statuses are Salesforce's own objects, named the same everywhere.
    """

    object: str = "Campaign"
    name: str = "Name"
    external_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Names:
    """All names of one connection."""

    profile: str
    namespace: str
    client: ClientNames
    contact: ContactNames
    list: ListNames
    membership: MembershipNames
    interaction: InteractionNames
    campaign: CampaignNames = CampaignNames()

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        return {
            self.client.object.lower(): "account",
            self.contact.object.lower(): "contact",
            self.list.object.lower(): "list",
            self.membership.object.lower(): "membership",
        }

    def object_of(self, kind: Kind) -> str:
        """Return the API name of a kind of record."""
        match kind:
            case "account":
                return self.client.object
            case "contact":
                return self.contact.object
            case "list":
                return self.list.object
            case "membership":
                return self.membership.object

    def kind_of(self, object_name: str) -> Kind | None:
        """Return what an object is to the bridge, or None for any other; case does not matter."""
        return self._kinds.get(object_name.lower())
