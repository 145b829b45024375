"""A compiled mapping: what records become, as plain functions of the record."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from bridge.mapping.rules import WriteRule
from bridge.mapping.schema import Junction

if TYPE_CHECKING:
    from bridge.mapping.interaction import InteractionMapping
    from bridge.mapping.marks import Mark
    from bridge.mapping.names import Names
    from bridge.mapping.own_tests import Example

# They take `bridge.salesforce.values.Record`, and only read it.
Project: TypeAlias = Callable[[MappingOf[str, str | None]], dict[str, Any]]
LeavesOut: TypeAlias = Callable[[MappingOf[str, str | None]], str | None]
VersionOf: TypeAlias = Callable[[MappingOf[str, str | None]], int]
Way: TypeAlias = str | Junction
WriteRules: TypeAlias = MappingOf[str, WriteRule]


@dataclass(frozen=True, kw_only=True)
class CustomField:
    """A custom field of Constant Contact that the mapping fills.

    Attributes:
        name: Its key in what `project` returns.
        label: Its label there, by which it is found or created.
        type: Its type there.
    """

    name: str
    label: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Filter:
    """A field by which people are looked for.

    Attributes:
        path: The Salesforce field.
        label: What people know it as.
    """

    path: str
    label: str


@dataclass(frozen=True, kw_only=True)
class MembershipMapping:
    """Which memberships take part.

    Attributes:
        paths: All Salesforce fields that are read, parents' as dotted paths.
        leaves_out: Returns why a record takes no part, or None where it does. Raises
            ConversionError where a field that decides it is not known.
        leaves_out_by: Those of the fields by which `leaves_out` decides.
    """

    paths: tuple[str, ...]
    leaves_out: LeavesOut
    leaves_out_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ListMapping(MembershipMapping):
    """What a list becomes.

    Attributes:
        match: `name` where a list of the same name is taken over, else `id`.
        project: Returns the parts that are mapped and known; raises ConversionError and MissingKey.
    """

    match: str
    project: Project


@dataclass(frozen=True, kw_only=True)
class ContactMapping(MembershipMapping):
    """What a contact becomes.

    Attributes:
        custom_fields: The custom fields that it may fill.
        targets: Paths of the parts that it may fill, such as `("phone_numbers", "home")`.
        filters: By what people are looked for; these fields are read as well.
        write_rules: Part -> when it is written, of those that are not written always: with dots,
            as changes of a contact have it.
        marks: The organization's own marks by which people take no part, as far as they count.
        is_marked: Whether such marks count.
        take_part: What that comes to, as people read it.
        project: Returns the parts that are mapped and known; None in a part clears it there. Raises
            ConversionError and MissingKey, which name file, line and field.
    """

    custom_fields: tuple[CustomField, ...]
    targets: tuple[tuple[str, ...], ...]
    project: Project
    filters: tuple[Filter, ...] = ()
    write_rules: WriteRules = field(default_factory=dict)
    marks: tuple[Mark, ...] = ()
    is_marked: bool = True
    take_part: str = ""


@dataclass(frozen=True, kw_only=True)
class ClientMapping:
    """Who belongs to a client.

    Attributes:
        ways: `account`, `person_account`, `relation`, or a junction object; in order.
        paths: Fields of the client that are read.
    """

    ways: tuple[Way, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """The mapping of one connection.

    Attributes:
        digest: SHA-256 of the files, in hexadecimal digits: the same text, the same digest.
        meaning: The same of what counts in them: no comments, no tests, but the organization's
            marks of people.
        examples: The tests that stand in the files, ready to be run.
        version_of: By which version a record goes, where records go by several; else None. See
            `bridge.mapping.vintages`.
    """

    digest: str
    meaning: str
    names: Names
    client: ClientMapping
    list: ListMapping
    contact: ContactMapping
    membership: MembershipMapping
    interaction: InteractionMapping
    examples: tuple[Example, ...] = ()
    version_of: VersionOf | None = None

    @property
    def is_in_vintages(self) -> bool:
        """Whether records go by several versions."""
        return self.version_of is not None
