"""What of both sides is kept each night, so that the next one can tell what changed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from bridge.doctor.needs import all_needs
from bridge.doctor.objects import find, required
from bridge.doctor.people import marks_in
from bridge.mapping.custom_fields import found_there

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.doctor.facts import CustomFieldThere, Description, Facts
    from bridge.mapping.model import Mapping as CompiledMapping

Shape: TypeAlias = "dict[str, Any]"
"""JSON: objects, fields, marks of people, custom fields, scopes, privileges, outbound messages.

What a look of an earlier version did not keep is missing.
"""

_KEPT = ("type", "length", "createable", "updateable", "externalId", "unique", "referenceTo")
_RIGHTS = ("createable", "updateable", "deletable")


def shape_of(facts: Facts) -> Shape | None:
    """Return the shape of both sides; None where one of them, or the mapping, is not known."""
    seen, there, mapping = facts.seen, facts.there, facts.in_force.mapping
    if seen is None or there is None or mapping is None:
        return None
    needs = all_needs(mapping)
    fields: dict[str, Any] = {}
    for need in needs:
        found = find(need.path, need.object, seen.described.get)
        if found is not None:
            fields[f"{need.object}.{need.path}"] = _of_field(found.field)
    own = dict.fromkeys(need.object for need in needs)
    marks = marks_in(mapping.names, seen.described.get) if mapping.contact.is_marked else ()
    return {
        "people": {f"{mapping.names.contact.object}.{one.path}": str(one) for one in marks},
        "custom_fields": _custom_fields(mapping, there.custom_fields),
        "objects": {
            name: _of_object(described)
            for name in own
            if (described := seen.described.get(name)) is not None
        },
        "fields": fields,
        "scopes": None if there.scopes is None else sorted(there.scopes),
        "privileges": None if there.privileges is None else sorted(there.privileges),
        "messages": None
        if seen.messages is None
        else {
            one.full_name: {
                "fields": sorted(one.fields),
                # Its path holds a secret.
                "host": urlsplit(one.endpoint_url).netloc,
                "api_version": one.api_version,
            }
            for one in seen.messages
        },
    }


def _custom_fields(
    mapping: CompiledMapping, there: tuple[CustomFieldThere, ...] | None
) -> dict[str, str] | None:
    """Return label and type of the custom fields that the mapping fills and the account has."""
    if there is None:
        return None
    found = (found_there(one, there) for one in mapping.contact.custom_fields)
    return {one.label: one.type for one in found if one is not None}


def _of_object(description: Description) -> dict[str, Any]:
    rights = {right: bool(description.get(right, True)) for right in _RIGHTS}
    return rights | {"required": sorted(required(description))}


def _of_field(field: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: field.get(name) for name in _KEPT}
    values = {
        str(one["value"]): str(one.get("label") or one["value"])
        for one in field.get("picklistValues") or ()
        if one.get("active", True)
    }
    return kept | ({"values": values} if values else {})
