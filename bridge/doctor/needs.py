"""What the bridge asks of an organization's objects and fields, by names and mapping. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from bridge.delivery.status import (
    CONFIRMED,
    NOT_MAILABLE,
    NOT_ON_A_LIST,
    NOT_SENT,
    SUBSCRIBED,
    UNSUBSCRIBED,
    WAITING,
)
from bridge.salesforce.children import children_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.mapping.model import Mapping
    from bridge.mapping.names import Names
    from bridge.policies.policy import Policies

Use: TypeAlias = Literal["read", "write", "create", "key"]
Right: TypeAlias = Literal["createable", "updateable", "deletable"]

_UUID_LENGTH = 36
_WRITTEN = {
    "contact": ("cc_id", "status", "status_reason", "status_since"),
    "list": ("cc_id", "status", "members_confirmed"),
    "membership": ("status", "status_reason", "confirmed_at"),
}
_KINDS = ("client", "contact", "list", "membership")
_TEXT = ("string", "textarea")
_WORDS = ("string", "textarea", "picklist")
_STATUS_LENGTH = 40
_KEY_LENGTH = 64


@dataclass(frozen=True, kw_only=True)
class Need:
    """A field that the bridge reads or writes.

    Attributes:
        path: A path from the object, as SOQL writes it.
        use: `create`: it is given in new records only; `key`: records are found again by it.
        types: Types of `describe` that will do; none: any.
        length: Characters that it has to hold.
        to: The object that a lookup has to lead to.
        values: What the bridge writes to it, where it is a picklist.
    """

    object: str
    path: str
    use: Use = "read"
    types: tuple[str, ...] = ()
    length: int = 0
    to: str | None = None
    values: tuple[str, ...] = ()


class NeededRight(NamedTuple):
    """Something that the bridge does with the records of an object."""

    object: str
    right: Right
    why: str


_SHAPES: dict[tuple[str, str], Need] = {
    ("contact", "email"): Need(object="", path="", types=("email", "string")),
    ("contact", "do_not_email"): Need(object="", path="", types=("boolean",)),
    ("contact", "account"): Need(object="", path="", types=("reference",)),
    ("contact", "primary_member"): Need(object="", path="", types=("boolean",)),
    ("contact", "cc_id"): Need(object="", path="", types=_TEXT, length=_UUID_LENGTH),
    ("contact", "status"): Need(
        object="",
        path="",
        types=_WORDS,
        length=_STATUS_LENGTH,
        values=(SUBSCRIBED, UNSUBSCRIBED, NOT_ON_A_LIST, NOT_SENT, NOT_MAILABLE, WAITING),
    ),
    ("contact", "status_reason"): Need(object="", path="", types=_TEXT),
    ("contact", "status_since"): Need(object="", path="", types=("datetime",)),
    ("contact", "resubscribe_at"): Need(object="", path="", types=("datetime",)),
    ("contact", "resubscribe_on"): Need(object="", path="", types=("date", "datetime")),
    ("list", "cc_id"): Need(object="", path="", types=_TEXT, length=_UUID_LENGTH),
    ("list", "status"): Need(
        object="", path="", types=_WORDS, length=_STATUS_LENGTH, values=(CONFIRMED, NOT_SENT)
    ),
    ("list", "members_confirmed"): Need(object="", path="", types=("double", "int")),
    ("membership", "status"): Need(
        object="",
        path="",
        types=_WORDS,
        length=_STATUS_LENGTH,
        values=(CONFIRMED, NOT_SENT, WAITING),
    ),
    ("membership", "status_reason"): Need(object="", path="", types=_TEXT),
    ("membership", "confirmed_at"): Need(object="", path="", types=("datetime",)),
}
"""(part, role) -> what its field has to be like; object and path come from the names."""


def needs_of_names(names: Names) -> Iterator[Need]:
    """Yield what the names of a connection ask of its organization."""
    for kind in _KINDS:
        part = getattr(names, kind)
        yield Need(object=part.object, path="Id")
        for entry in fields(part):
            path = getattr(part, entry.name)
            if path is None or entry.name == "object":
                continue
            shape = _SHAPES.get((kind, entry.name), Need(object="", path=""))
            use: Use = "write" if entry.name in _WRITTEN.get(kind, ()) else "read"
            to = None
            if kind == "membership" and entry.name in {"contact", "list"}:
                use, to = "create", getattr(names, entry.name).object
            yield Need(
                object=part.object,
                path=path,
                use=use,
                types=("reference",) if to else shape.types,
                length=shape.length,
                to=to,
                values=shape.values,
            )


def needs_of_mapping(mapping: Mapping) -> Iterator[Need]:
    """Yield what the mapping files read of an organization."""
    names, contact = mapping.names, mapping.contact
    for part, paths in (
        (names.client, mapping.client.paths),
        (names.contact, (*contact.paths, *(one.path for one in contact.filters))),
        (names.list, mapping.list.paths),
        (names.membership, mapping.membership.paths),
    ):
        for path in (one for each in paths for one in _fields_at(each)):
            yield Need(object=part.object, path=path)


def _fields_at(path: str) -> tuple[str, ...]:
    """Return the fields that a path stands for: of child records there are several."""
    children = children_at(path)
    return tuple(f"{children.relation}.{one}" for one in children.fields) if children else (path,)


def needs_of_interactions(mapping: Mapping) -> Iterator[Need]:
    """Yield what showing engagement asks of an organization."""
    part = mapping.names.interaction
    for role in ("client", "contact", "subject", "details", "when"):
        if path := getattr(part, role):
            types = ("date", "datetime") if role == "when" else ()
            yield Need(object=part.object, path=path, use="write", types=types)
    if part.external_id:
        yield Need(object=part.object, path=part.external_id, use="key", length=_KEY_LENGTH)
    for name, value in mapping.interaction.constants.items():
        values = (value,) if isinstance(value, str) else ()
        yield Need(object=part.object, path=name, use="create", values=values)


def needs_of_campaigns(names: Names) -> Iterator[Need]:
    """Yield what showing mailings as campaigns asks of an organization."""
    part = names.campaign
    yield Need(object=part.object, path=part.name, use="write")
    if part.external_id:
        yield Need(object=part.object, path=part.external_id, use="key", length=_KEY_LENGTH)
    yield Need(object="CampaignMember", path="Status", use="write")
    yield Need(object="CampaignMemberStatus", path="Label")


def rights(names: Names, policies: Policies) -> Iterator[NeededRight]:
    """Yield what the bridge does with records that it is no use to it to only see."""
    yield NeededRight(names.contact.object, "updateable", "the status is written to contacts")
    yield NeededRight(names.list.object, "updateable", "the status is written to lists")
    membership = names.membership.object
    yield NeededRight(membership, "createable", "pages and policies add memberships")
    yield NeededRight(membership, "updateable", "the status is written to memberships")
    yield NeededRight(membership, "deletable", "pages take memberships away")
    if policies.lists == "both":
        yield NeededRight(names.list.object, "createable", "lists go both ways")


def rights_of_interactions(names: Names) -> Iterator[NeededRight]:
    """Yield what showing engagement does with records."""
    name = names.interaction.object
    yield NeededRight(name, "createable", "engagement becomes records")
    yield NeededRight(name, "updateable", "its records are kept up to date")


def filled_in_new_records(mapping: Mapping, policies: Policies) -> dict[str, frozenset[str]]:
    """Return which fields new records of each object are given."""
    names = mapping.names
    membership = names.membership
    filled = {membership.object: frozenset({membership.contact, membership.list})}
    if policies.lists == "both":
        filled[names.list.object] = frozenset(
            name for name in (names.list.name, names.list.cc_id) if name
        )
    return filled


def filled_in_interactions(mapping: Mapping) -> frozenset[str]:
    """Return which fields new records of engagement are given."""
    part = mapping.names.interaction
    roles = (part.client, part.contact, part.subject, part.details, part.when, part.external_id)
    return frozenset({name for name in roles if name} | set(mapping.interaction.constants))


def all_needs(mapping: Mapping) -> list[Need]:
    """Return every field that the bridge asks of an organization under a mapping."""
    names = mapping.names
    campaigns = needs_of_campaigns(names) if mapping.interaction.campaign_members else ()
    return [
        *needs_of_names(names),
        *needs_of_mapping(mapping),
        *needs_of_interactions(mapping),
        *campaigns,
    ]
