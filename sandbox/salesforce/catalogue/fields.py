"""Short spellings for the fields that the catalogue is made of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.schema import Default, Field

if TYPE_CHECKING:
    from sandbox.salesforce.schema import FieldType


def label_of(name: str) -> str:
    """Return the label that an API name suggests.

    >>> label_of("LastName"), label_of("practifi__Constant_Contact_ID__c")
    ('Last Name', 'Constant Contact ID')
    """
    bare = re.sub(r"^\w+?__(?=\w+__c$)|__c$", "", name).replace("_", " ")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare)


def _make(name: str, kind: FieldType, **more: Any) -> Field:
    return Field(name=name, type=kind, **({"label": label_of(name)} | more))


def text(name: str, length: int = 255, **more: Any) -> Field:
    """Return a text field."""
    return _make(name, "string", length=length, **more)


def area(name: str, length: int = 255, **more: Any) -> Field:
    """Return a text area; beyond 255 characters a long one."""
    return _make(name, "textarea", length=length, **more)


def email(name: str, **more: Any) -> Field:
    """Return an e-mail field."""
    return _make(name, "email", length=80, **more)


def phone(name: str, **more: Any) -> Field:
    """Return a telephone field."""
    return _make(name, "phone", length=40, **more)


def checkbox(name: str, *, default: bool = False, **more: Any) -> Field:
    """Return a checkbox, which is never null."""
    return _make(name, "boolean", nillable=False, default=default, **more)


def date(name: str, **more: Any) -> Field:
    """Return a date field."""
    return _make(name, "date", **more)


def moment(name: str, **more: Any) -> Field:
    """Return a date-and-time field."""
    return _make(name, "datetime", **more)


def number(name: str, precision: int = 18, scale: int = 0, **more: Any) -> Field:
    """Return a number field; in the API it is a double, whatever its scale."""
    return _make(name, "double", precision=precision, scale=scale, **more)


def whole(name: str, **more: Any) -> Field:
    """Return an integer field, as a few standard objects have."""
    return _make(name, "int", precision=9, **more)


def picklist(name: str, *values: str, **more: Any) -> Field:
    """Return a picklist."""
    return _make(name, "picklist", length=255, picklist=values, **more)


def multipicklist(name: str, *values: str, **more: Any) -> Field:
    """Return a picklist of several values."""
    return _make(name, "multipicklist", length=4099, picklist=values, **more)


def lookup(name: str, *targets: str, children: str | None = None, **more: Any) -> Field:
    """Return a reference; the relationship's name follows from the field's."""
    stem = re.sub(r"(__c|Id)$", "", name)
    custom = name.endswith("__c")
    made = {
        "label": label_of(name) if custom else f"{label_of(stem)} ID",
        "relationship": f"{stem}__r" if custom else stem,
        "length": 18,
        "refers_to": targets,
        "children": children,
    }
    return _make(name, "reference", **(made | more))


def address(prefix: str) -> tuple[Field, ...]:
    """Return the parts of a postal address and the compound field that gathers them."""
    return (
        area(f"{prefix}Street"),
        text(f"{prefix}City", 40),
        text(f"{prefix}State", 80, label=f"{prefix} State/Province"),
        text(f"{prefix}PostalCode", 20, label=f"{prefix} Zip/Postal Code"),
        text(f"{prefix}Country", 80),
        _make(f"{prefix}Address", "address", parts=prefix).read_only(),
    )


def external_key(name: str) -> Field:
    """Return the bridge's idempotency key: unique, an external id, without regard to case."""
    return text(name, unique=True, external_id=True)


def name_of(label: str) -> Field:
    """Return the name of a custom object; a record that gives none is named by its id."""
    return text("Name", 80, label=label, name_field=True, default=Default.RECORD_ID)


def auto_name(label: str, number_format: str) -> Field:
    """Return the name of a custom object that the system numbers."""
    return text(
        "Name", 80, label=label, nillable=False, name_field=True, number_format=number_format
    ).read_only()


def system_fields(*, owned: bool = True) -> tuple[Field, ...]:
    """Return the fields that every object has and only the system writes."""
    owner = (
        (lookup("OwnerId", "User", nillable=False, default=Default.CURRENT_USER),) if owned else ()
    )
    return (
        _make("Id", "id", label="Record ID", length=18, nillable=False).read_only(),
        checkbox("IsDeleted", label="Deleted").read_only(),
        *owner,
        moment("CreatedDate", nillable=False).read_only(),
        lookup("CreatedById", "User", nillable=False).read_only(),
        moment("LastModifiedDate", nillable=False).read_only(),
        lookup("LastModifiedById", "User", nillable=False).read_only(),
        moment("SystemModstamp", label="System Modstamp", nillable=False).read_only(),
    )
