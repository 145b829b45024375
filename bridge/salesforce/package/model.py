"""What a package holds, as values: its parts, and the outbound messages among them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from bridge.salesforce.package.xml import Element

FlowStatus: TypeAlias = Literal["Active", "Draft", "Obsolete"]

CONSENT, WEBHOOK = 0, 2
"""The lanes of messages: one that fires only when a consent field changes, and all others."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the organization says of its fields, each as `Contact.Email`.

    Attributes:
        computed: Formulas and long texts: a flow cannot ask whether they have changed.
        permissionable: Fields that a permission set may name; None: not asked.
    """

    computed: frozenset[str] = frozenset()
    permissionable: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Options:
    """What differs between two packages of one mapping.

    Attributes:
        endpoint_url: Where outbound messages go, with the connection's secret.
        console_url: Scheme and host of the console, without a slash at the end.
        send_as: Username of the user whose eyes decide which fields a message may hold.
        flow_status: What flows are deployed as: production may take them as drafts only.
        canvas_app: Developer name of the Canvas app; None: pages open in a tab of their own.
    """

    endpoint_url: str = field(repr=False)
    console_url: str
    send_as: str
    api_version: str = "66.0"
    flow_status: FlowStatus = "Active"
    canvas_app: str | None = None
    known: Known = Known()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of a package.

    Attributes:
        kind: Its metadata type, such as `CustomField`.
        full_name: Its name, with its object where it is a part of one: `Contact.CC_Bridge_Id__c`.
        why: What it is for, in words that a change board reads.
        body: What its file says, without its name; a page's own language where it is a text.
    """

    kind: str
    full_name: str
    why: str
    body: tuple[Element, ...] | str

    @property
    def owner(self) -> str:
        """The object that it is a part of, or its own name."""
        return self.full_name.partition(".")[0]

    @property
    def name(self) -> str:
        """Its name within its object."""
        return self.full_name.rpartition(".")[2]


@dataclass(frozen=True, kw_only=True)
class Message:
    """An outbound message, and the flow that sends it.

    Attributes:
        name: Developer name of both.
        fields: What it carries: an absent one of these is null.
        watched: A change of these sends it; empty: only that a record is new.
        lane: `CONSENT` or `WEBHOOK`.
    """

    name: str
    object: str
    label: str
    fields: tuple[str, ...]
    watched: tuple[str, ...]
    lane: int = WEBHOOK

    @property
    def full_name(self) -> str:
        """The name that is unique in the organization."""
        return f"{self.object}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class Package:
    """Everything that is deployed, in the order of its names.

    Attributes:
        by_hand: What an administrator does besides, a sentence each.
    """

    profile: str
    api_version: str
    parts: tuple[Part, ...]
    messages: tuple[Message, ...]
    by_hand: tuple[str, ...]

    def of(self, *kinds: str) -> list[Part]:
        """Return the parts of some types."""
        return [part for part in self.parts if part.kind in kinds]
