"""Whether an organization's objects and fields are what the bridge needs. Pure."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.doctor.findings import fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bridge.doctor.facts import Description
    from bridge.doctor.findings import Fault
    from bridge.doctor.needs import Need, NeededRight

    Describe = Callable[[str], Description | None]

_RIGHTS = {"createable": "Create", "updateable": "Edit", "deletable": "Delete"}


class Found(NamedTuple):
    """A field at the end of a path, and the object that it stands in."""

    object: str
    field: Mapping[str, Any]


def faults_of_fields(needs: Iterable[Need], describe: Describe) -> Iterator[Fault]:
    """Yield what is wrong with the fields that are needed, each once.

    `describe` answers None for an object that is not there.
    """
    told: set[tuple[str, str]] = set()
    for need in sorted(needs, key=lambda each: (each.object, each.path, each.use)):
        for found in _of_need(need, describe):
            if (found.cause, found.about) not in told:
                told.add((found.cause, found.about))
                yield found


def faults_of_rights(needed: Iterable[NeededRight], describe: Describe) -> Iterator[Fault]:
    """Yield which rights on objects are missing; an object that is not there is another matter."""
    for name, right, why in needed:
        description = describe(name)
        if description is not None and not description.get(right, True):
            word = _RIGHTS[right]
            yield fault(
                "object_rights",
                f"the bridge's user may not {word.lower()} records of {name}: {why}",
                f"{name}: {word}",
                right=word,
                object=name,
            )


def faults_of_new_records(
    filled: Mapping[str, frozenset[str]], describe: Describe
) -> Iterator[Fault]:
    """Yield fields that are required in new records, and that the bridge does not fill."""
    for name, names in filled.items():
        given = {one.lower() for one in names}
        for field in required(describe(name)):
            if field.lower() not in given:
                yield fault(
                    "field_required",
                    f"{name}.{field} is required, and the bridge does not fill it in new records",
                    f"{name}.{field}",
                )


def required(description: Description | None) -> list[str]:
    """Return the fields that a new record has to be given."""
    if description is None:
        return []
    return [
        str(field["name"])
        for field in description["fields"]
        if field.get("createable", False)
        and not field.get("nillable", True)
        and not field.get("defaultedOnCreate", False)
        and field.get("type") != "boolean"
    ]


def find(path: str, name: str, describe: Describe) -> Found | None:
    """Return the field at the end of a path from an object, or None."""
    description, owner = describe(name), name
    *parents, last = path.split(".")
    for step in parents:
        above = None if description is None else _parent(description, step)
        if above is None:
            return None
        description, owner = describe(above), above
    field = None if description is None else _field(description, last)
    return None if field is None else Found(owner, field)


def _of_need(need: Need, describe: Describe) -> Iterator[Fault]:
    description = describe(need.object)
    if description is None:
        says = f"there is no object {need.object}, or the bridge's user may not see it"
        yield fault("object_missing", says, need.object)
        return
    found = find(need.path, need.object, describe)
    if found is None:
        yield _missing(need, description, describe)
        return
    about, field = f"{need.object}.{need.path}", found.field
    if need.use == "write" and not field.get("updateable", True):
        yield fault("field_read_only", f"the bridge's user may not edit {about}", about)
    elif need.use == "create" and not field.get("createable", True):
        yield fault("field_read_only", f"the bridge's user may not fill {about}", about)
    elif need.use == "key" and not (field.get("externalId") and field.get("unique", True)):
        yield fault("field_no_key", f"{about} is no external id, or not unique", about)
    yield from _of_shape(need, about, field)


def _of_shape(need: Need, about: str, field: Mapping[str, Any]) -> Iterator[Fault]:
    kind, length = field.get("type"), field.get("length") or 0
    leads_to = field.get("referenceTo") or ()
    if need.types and kind is not None and kind not in need.types:
        wanted = " or ".join(need.types)
        yield fault("field_type", f"{about} is of the type {kind}; {wanted} is wanted", about)
    elif need.to is not None and leads_to and need.to not in leads_to:
        says = f"{about} leads to {', '.join(leads_to)}; {need.to} is wanted"
        yield fault("field_type", says, about)
    elif 0 < length < need.length:
        says = f"{about} holds {length} characters; the bridge writes up to {need.length}"
        yield fault("field_short", says, about, length=need.length)
    if kind == "picklist" and field.get("restrictedPicklist"):
        yield from faults_of_values(about, field, need.values, "the bridge writes")


def faults_of_values(
    about: str, field: Mapping[str, Any], values: Iterable[str], who: str
) -> Iterator[Fault]:
    """Yield values that a picklist does not have, with the one that comes nearest."""
    there = values_of(field)
    for value in values:
        if value not in there:
            near = nearest_value(value, there)
            yield fault(
                "value_missing",
                f"{who} the value {value!r} of {about}, which the picklist does not have",
                f"{about}: {value}",
                near=f"did you mean {near!r}? If not: " if near else "",
            )


def nearest_value(value: str, there: Mapping[str, str]) -> str | None:
    """Return the value of a picklist that is meant: people write its label, or nearly the value.

    >>> nearest_value("Private client", {"PC": "Private client", "Core": "Core"})
    'PC'
    """
    by_text = {text.casefold(): name for name, label in there.items() for text in (label, name)}
    close = difflib.get_close_matches(value.casefold(), by_text, n=1, cutoff=0.6)
    return by_text[close[0]] if close else None


def values_of(field: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a picklist that may be chosen, each with its label."""
    return {
        str(one["value"]): str(one.get("label") or one["value"])
        for one in field.get("picklistValues") or ()
        if one.get("active", True)
    }


def _missing(need: Need, description: Description, describe: Describe) -> Fault:
    """Say which step of a path is not there."""
    owner, name, steps = description, need.object, need.path.split(".")
    reached = 0
    for step in steps[:-1]:
        above = _parent(owner, step)
        following = None if above is None else describe(above)
        if above is None or following is None:
            break
        owner, name, reached = following, above, reached + 1
    step = steps[reached]
    says = f"{need.object} has no field {need.path}"
    if step != need.path:
        says += f": {step} is not there"
    is_parent = reached < len(steps) - 1
    near = _nearest_parent(step, owner) if is_parent else _nearest(step, owner)
    return fault(
        "field_missing",
        f"{says}, or the bridge's user may not see it",
        f"{need.object}.{need.path}",
        near=f"did you mean {'.'.join([*steps[:reached], near, *steps[reached + 1 :]])}? "
        if near
        else "",
        object=name,
    )


def _field(description: Description, name: str) -> Mapping[str, Any] | None:
    for field in description["fields"]:
        if str(field["name"]).lower() == name.lower():
            return dict(field)
    return None


def _parent(description: Description, relationship: str) -> str | None:
    """Return the object at a relationship, above or below; where there are several, the first."""
    for field in description["fields"]:
        if str(field.get("relationshipName") or "").lower() == relationship.lower():
            return next(iter(field.get("referenceTo") or []), None)
    for child in description.get("childRelationships") or ():
        if str(child.get("relationshipName") or "").lower() == relationship.lower():
            return str(child["childSObject"])
    return None


def _nearest(name: str, description: Description) -> str | None:
    """Return the field whose name or label comes nearest, without namespace and suffix."""
    known: dict[str, str] = {}
    for field in description["fields"]:
        for text in (field["name"], field.get("label") or ""):
            known.setdefault(_bare(str(text)), str(field["name"]))
    close = difflib.get_close_matches(_bare(name), known, n=1, cutoff=0.75)
    return known[close[0]] if close else None


def _nearest_parent(name: str, description: Description) -> str | None:
    """Return the relationship that is meant: people write its lookup field, or its label."""
    known: dict[str, str] = {}
    for field in description["fields"]:
        relationship = field.get("relationshipName")
        if relationship:
            for text in (relationship, field["name"], field.get("label") or ""):
                known.setdefault(_bare(str(text)), str(relationship))
    close = difflib.get_close_matches(_bare(name), known, n=1, cutoff=0.75)
    return known[close[0]] if close else None


def _bare(name: str) -> str:
    """Return what people remember of a name.

    >>> _bare("practifi__Constant_Contact_ID__c"), _bare("Constant Contact ID")
    ('constantcontactid', 'constantcontactid')
    """
    name = re.sub(r"^[A-Za-z0-9]+__(?=.*__[cr]$)|__[cr]$", "", name)
    return re.sub(r"[^a-z0-9]", "", name.lower())
