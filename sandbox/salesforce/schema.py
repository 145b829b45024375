"""What an object and a field are: the metadata that saving, querying and describing all read."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Literal

from sandbox.salesforce.errors import ApiError, not_found

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

FieldType = Literal[
    "address",
    "boolean",
    "date",
    "datetime",
    "double",
    "email",
    "id",
    "int",
    "multipicklist",
    "phone",
    "picklist",
    "reference",
    "string",
    "textarea",
    "url",
]


class Default(Enum):
    """A default that is known only when the record is saved."""

    CURRENT_USER = "the id of the user who saves"
    RECORD_ID = "the id of the new record"


MERGEABLE = frozenset({"Account", "Contact"})
"""Objects whose records can be merged."""

LONG_TEXT_LENGTH = 255
"""A text area that is longer can be neither filtered nor sorted by."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of an object, in the words of `describe`.

    Attributes:
        length: Most characters of a text; 0 for other types.
        refers_to: API names of the objects that a reference may point to.
        relationship: The name that a path through the reference uses (`Account`, `CC__r`).
        children: The parent's name for its records of this object.
        cascades: The record goes when the parent that it points to is deleted.
        default: Value of a new record that gives none.
        parts: Prefix of the fields that an `address` gathers.
        number_format: Pattern of an auto-number, `{}` for the number.
    """

    name: str
    label: str
    type: FieldType
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    refers_to: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    cascades: bool = False
    picklist: tuple[str, ...] = ()
    restricted: bool = False
    default: str | bool | Default | None = None
    parts: str | None = None
    number_format: str | None = None
    name_field: bool = False

    @property
    def custom(self) -> bool:
        """Whether an administrator or a package made it."""
        return self.name.endswith("__c")

    @property
    def filterable(self) -> bool:
        """Whether a query may filter and sort by it."""
        return self.type != "address" and not self.is_long_text

    @property
    def is_long_text(self) -> bool:
        """Whether it is a long text area."""
        return self.type == "textarea" and self.length > LONG_TEXT_LENGTH

    def read_only(self) -> Field:
        """Return the same field as one that only the system writes."""
        return replace(self, createable=False, updateable=False)


@dataclass(frozen=True, kw_only=True)
class SObject:
    """One object of the org.

    Attributes:
        unique_together: Fields whose values together no two records share.
        upserts_by_key: Whether an upsert may name a record by an external id.
        createable: Whether users may create records, where it is writable at all; so `updateable`
            and `deletable`.
        custom_setting: Whether it holds settings, by whom they are for.
    """

    name: str
    label: str
    plural: str
    prefix: str
    fields: tuple[Field, ...]
    writable: bool = True
    unique_together: tuple[str, ...] = ()
    upserts_by_key: bool = True
    createable: bool = True
    updateable: bool = True
    deletable: bool = True
    custom_setting: bool = False
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False)
    _by_relationship: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {each.name.lower(): each for each in self.fields})
        object.__setattr__(
            self,
            "_by_relationship",
            {each.relationship.lower(): each for each in self.fields if each.relationship},
        )

    @property
    def custom(self) -> bool:
        """Whether an administrator or a package made it."""
        return self.name.endswith("__c")

    def field(self, name: str) -> Field | None:
        """Return a field by its API name in any case, or None."""
        return self._by_name.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """Return the reference that a relationship's name goes through, or None."""
        return self._by_relationship.get(name.lower())


class Schema:
    """All objects of the org, found by name in any case or by the prefix of an id."""

    def __init__(self, objects: Iterable[SObject]) -> None:
        self._objects = {each.name.lower(): each for each in objects}
        self._by_prefix = {each.prefix: each for each in self._objects.values()}
        self._first = tuple(self._objects.values())
        self._whole: dict[str, SObject] = {}

    def replace(self, objects: Iterable[SObject] | None = None) -> None:
        """Have these objects from now on, or those of the start."""
        self._objects = {each.name.lower(): each for each in objects or self._first}
        self._by_prefix = {each.prefix: each for each in self._objects.values()}

    @contextmanager
    def hiding(self, names: Collection[str]) -> Iterator[None]:
        """Do without fields, such as `Contact.Email`, for as long as the block lasts.

        Fields that every record needs are there for everybody, so they stay.
        """
        whole, by_prefix = self._objects, self._by_prefix
        wanted = {name.lower().partition(".")[::2] for name in names}
        trimmed = {key: _without(whole[key], wanted) for key, _ in wanted if key in whole}
        self._whole = {key: whole[key] for key in trimmed}
        self._objects = whole | trimmed
        self._by_prefix = by_prefix | {each.prefix: each for each in trimmed.values()}
        try:
            yield
        finally:
            self._objects, self._by_prefix, self._whole = whole, by_prefix, {}

    def whole(self, sobject: SObject) -> SObject:
        """Return an object with the fields that are hidden now."""
        return self._whole.get(sobject.name.lower(), sobject)

    def __iter__(self) -> Iterator[SObject]:
        return iter(sorted(self._objects.values(), key=lambda each: each.name))

    def find(self, name: str) -> SObject | None:
        """Return an object by its API name in any case, or None."""
        return self._objects.get(name.lower())

    def get(self, name: str) -> SObject:
        """Return an object by its API name in any case.

        Raises:
            ApiError: 404, if there is none.
        """
        found = self.find(name)
        if found is None:
            raise not_found()
        return found

    def of_id(self, record_id: str) -> SObject | None:
        """Return the object whose records have this id's prefix, or None."""
        return self._by_prefix.get(record_id[:3])

    def named(self, name: str) -> SObject:
        """Return an object by its API name, as a record's `attributes.type` gives it.

        Raises:
            ApiError: INVALID_TYPE, if there is none.
        """
        found = self.find(name)
        if found is None:
            raise ApiError("INVALID_TYPE", unsupported_type(name))
        return found

    def referring_to(self, target: SObject) -> Iterator[tuple[SObject, Field]]:
        """Yield each reference field that may point to records of an object."""
        for each in self:
            for reference in self.whole(each).fields:
                if target.name in reference.refers_to:
                    yield each, reference


def _without(sobject: SObject, hidden: Collection[tuple[str, str]]) -> SObject:
    key = sobject.name.lower()
    fields = tuple(
        each
        for each in sobject.fields
        if (key, each.name.lower()) not in hidden or not (each.nillable or each.type == "boolean")
    )
    return replace(sobject, fields=fields)


def unsupported_type(name: str) -> str:
    """Return the vendor's sentence about an object that is not there."""
    return (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be "
        "sure to append the '__c' after the entity name. Please reference your WSDL or the describe"
        " call for the appropriate names."
    )
