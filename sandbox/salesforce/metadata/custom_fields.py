"""Custom objects and fields: from their metadata to what the schema knows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.catalogue.fields import auto_name, name_of, system_fields
from sandbox.salesforce.metadata.xml import (
    Problem,
    child,
    children,
    flag,
    line,
    line_of,
    needed,
    number,
    text,
    texts,
)
from sandbox.salesforce.schema import Field, SObject

if TYPE_CHECKING:
    from lxml import etree

    from sandbox.salesforce.schema import Schema

_NAME = re.compile(r"(?:[A-Za-z]\w*?__)?[A-Za-z](?:_?[A-Za-z0-9])*__c", re.ASCII)
_PREFIX_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTHS = {"Email": 80, "Phone": 40, "Url": 255, "TextArea": 255, "Picklist": 255}
_SIMPLE = {
    "Date": "date",
    "DateTime": "datetime",
    "Email": "email",
    "Html": "textarea",
    "LongTextArea": "textarea",
    "MultiselectPicklist": "multipicklist",
    "Phone": "phone",
    "Picklist": "picklist",
    "Text": "string",
    "TextArea": "textarea",
    "Url": "url",
}
_MOST_DIGITS = 18
_NUMBERS = frozenset({"Number", "Currency", "Percent"})
_REFERENCES = frozenset({"Lookup", "MasterDetail"})


def custom_field(schema: Schema, full_name: str, element: etree._Element) -> Field:
    """Return the field that a `fields` element describes.

    Args:
        schema: The objects that a lookup may point to.
        full_name: The field's API name.
        element: Its metadata.

    Raises:
        Problem: If it is no field that an org could have.
    """
    if not _NAME.fullmatch(full_name):
        message = (
            "The field name you provided is not valid. Names must begin with a letter, hold only "
            f"letters, digits and underscores, and end with __c: {full_name}"
        )
        raise Problem(message, line=line_of(element, "fullName"))
    label = text(element, "label")
    if label is None:
        message = "Must specify a non-empty label for the CustomField"
        raise Problem(message, line=line(element))
    kind = needed(element, "type")
    shape = _shape(schema, full_name, kind, element)
    # A formula is computed by Salesforce: nobody writes it.
    is_formula = text(element, "formula") is not None
    field = Field(
        **{
            "name": full_name,
            "label": label,
            "nillable": not flag(element, "required"),
            "unique": flag(element, "unique"),
            "external_id": flag(element, "externalId"),
            "case_sensitive": flag(element, "caseSensitive"),
            **shape,
        }
    )
    return field.read_only() if is_formula or kind == "AutoNumber" else field


def custom_object(schema: Schema, full_name: str, element: etree._Element) -> SObject:
    """Return a new object, with the system's fields and its name only.

    Raises:
        Problem: If its metadata does not suffice for an object.
    """
    for name in ("label", "pluralLabel", "deploymentStatus", "sharingModel"):
        if text(element, name) is None:
            shown = "non-empty label" if name == "label" else name
            message = f"Must specify a {shown} for the CustomObject"
            raise Problem(message, line=line(element))
    if not _NAME.fullmatch(full_name):
        message = f"no CustomObject named {full_name} found"
        raise Problem(message, line=line(element))
    name_field = child(element, "nameField")
    kind = None if name_field is None else text(name_field, "type")
    if name_field is None or kind not in {"Text", "AutoNumber"}:
        message = "Must specify a nameField of type Text or AutoNumber"
        raise Problem(message, line=line_of(element, "nameField"))
    label = text(name_field, "label") or "Name"
    record_name = (
        name_of(label)
        if kind == "Text"
        else auto_name(label, _number_format(text(name_field, "displayFormat")))
    )
    return SObject(
        name=full_name,
        label=needed(element, "label"),
        plural=needed(element, "pluralLabel"),
        prefix=_free_prefix(schema),
        fields=(*system_fields(), record_name),
    )


def _shape(schema: Schema, full_name: str, kind: str, element: etree._Element) -> dict[str, Any]:
    if kind in _SIMPLE:
        shape: dict[str, Any] = {"type": _SIMPLE[kind], "length": _length(kind, element)}
        if kind in {"Picklist", "MultiselectPicklist"}:
            shape |= _values(element)
        return shape
    if kind == "Checkbox":
        return {"type": "boolean", "nillable": False, "default": flag(element, "defaultValue")}
    if kind in _NUMBERS:
        return _digits(element)
    if kind in _REFERENCES:
        return _reference(schema, full_name, kind, element)
    if kind == "AutoNumber":
        return {
            "type": "string",
            "length": 30,
            "number_format": _number_format(text(element, "displayFormat")),
        }
    message = f"Error parsing file: '{kind}' is not a valid value for the enum 'FieldType'"
    raise Problem(message, line=line_of(element, "type"))


def _digits(element: etree._Element) -> dict[str, Any]:
    precision, scale = number(element, "precision", 18), number(element, "scale", 0)
    if not 0 < precision <= _MOST_DIGITS or scale > precision:
        message = f"The precision of a number is at most {_MOST_DIGITS}, its scale no larger"
        raise Problem(message, line=line_of(element, "precision"))
    return {"type": "double", "precision": precision, "scale": scale}


def _length(kind: str, element: etree._Element) -> int:
    if kind in {"Date", "DateTime"}:
        return 0
    if kind == "MultiselectPicklist":
        return 4_099
    if kind in _LENGTHS:
        return _LENGTHS[kind]
    length = number(element, "length", 0)
    is_formula = text(element, "formula") is not None
    if length == 0 and not is_formula:
        message = f"Must specify 'length' for a CustomField of type {kind}"
        raise Problem(message, line=line(element))
    most = 255 if kind == "Text" else 131_072
    if length > most:
        message = f"The length of a CustomField of type {kind} is at most {most}"
        raise Problem(message, line=line_of(element, "length"))
    return length or 1_300


def _values(element: etree._Element) -> dict[str, Any]:
    values: list[str] = []
    restricted = False
    value_set = child(element, "valueSet")
    if value_set is not None:
        restricted = flag(value_set, "restricted")
        definition = child(value_set, "valueSetDefinition")
        if definition is not None:
            values = [needed(each, "fullName") for each in children(definition, "value")]
    # Before API version 38.0 the values stood in an element of their own.
    older = child(element, "picklist")
    if older is not None:
        values += [needed(each, "fullName") for each in children(older, "picklistValues")]
        restricted = restricted or flag(older, "restrictedPicklist")
    return {"picklist": tuple(values), "restricted": restricted}


def _reference(
    schema: Schema, full_name: str, kind: str, element: etree._Element
) -> dict[str, Any]:
    target = text(element, "referenceTo")
    if target is None:
        message = f"Must specify 'referenceTo' for a CustomField of type {kind}"
        raise Problem(message, line=line(element))
    found = schema.find(target)
    if found is None:
        message = f"referenceTo value of '{target}' does not resolve to a valid sObject type"
        raise Problem(message, line=line_of(element, "referenceTo"))
    children_name = text(element, "relationshipName")
    shape: dict[str, Any] = {
        "type": "reference",
        "length": 18,
        "refers_to": (found.name,),
        "relationship": f"{full_name.removesuffix('__c')}__r",
        "children": f"{children_name}__r" if children_name else None,
    }
    cascades = kind == "MasterDetail" or "Cascade" in texts(element, "deleteConstraint")
    if kind == "MasterDetail":
        shape["nillable"] = False
    return shape | {"cascades": cascades}


def _number_format(display: str | None) -> str:
    """Return the pattern of an auto-number.

    >>> _number_format("R-{0000}")
    'R-{:04}'
    """
    shown = display or "{0}"
    match = re.search(r"\{(0{1,10})\}", shown)
    if match is None:
        return "{}"
    before, after = (
        each.replace("{", "{{").replace("}", "}}")
        for each in (shown[: match.start()], shown[match.end() :])
    )
    digits = len(match[1])
    return f"{before}{{:0{digits}}}{after}" if digits > 1 else f"{before}{{}}{after}"


def _free_prefix(schema: Schema) -> str:
    taken = {each.prefix for each in schema}
    return next(
        prefix
        for first in _PREFIX_DIGITS[1:]
        for second in _PREFIX_DIGITS
        if (prefix := f"a{first}{second}") not in taken
    )
