"""Whether an organization has the objects and fields that names and mapping speak of. Pure."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bridge.mapping.names import Names

Description: TypeAlias = "Mapping[str, Any]"
"""What `describe` says of an object."""

_WRITTEN = {
    "contact": ("cc_id", "status", "status_reason", "status_since"),
    "list": ("cc_id", "status", "members_confirmed"),
    "membership": ("status", "status_reason", "confirmed_at"),
}
_KINDS = ("client", "contact", "list", "membership")


@dataclass(frozen=True, order=True)
class Need:
    """A field that the bridge reads or writes, as a path from an object."""

    object: str
    path: str
    use: Literal["read", "write", "key"]


def needs_of_names(names: Names) -> Iterator[Need]:
    """Yield what the names of a connection ask of its organization."""
    for kind in _KINDS:
        part = getattr(names, kind)
        yield Need(part.object, "Id", "read")
        for entry in fields(part):
            path = getattr(part, entry.name)
            if path is not None and entry.name != "object":
                written = entry.name in _WRITTEN.get(kind, ())
                yield Need(part.object, path, "write" if written else "read")


def needs_of_interactions(names: Names) -> Iterator[Need]:
    """Yield what showing engagement asks of an organization."""
    part = names.interaction
    for role in ("client", "contact", "subject", "details", "when"):
        if path := getattr(part, role):
            yield Need(part.object, path, "write")
    if part.external_id:
        yield Need(part.object, part.external_id, "key")


def needs_of_campaigns(names: Names) -> Iterator[Need]:
    """Yield what showing mailings as campaigns asks of an organization."""
    part = names.campaign
    yield Need(part.object, part.name, "write")
    if part.external_id:
        yield Need(part.object, part.external_id, "key")
    yield Need("CampaignMember", "Status", "write")
    yield Need("CampaignMemberStatus", "Label", "read")


def faults(
    needs: Iterable[Need], describe: Callable[[str], Description | None]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, in a sentence, and what to do about it.

    `describe` answers None for an object that is not there.
    """
    missing_objects: set[str] = set()
    for need in sorted(set(needs)):
        description = describe(need.object)
        if description is not None:
            yield from _field_faults(need, description, describe)
        elif need.object not in missing_objects:
            missing_objects.add(need.object)
            yield (
                f"there is no object {need.object}, or the bridge's user may not see it",
                "give the bridge's user access, choose another profile, or correct the name",
            )


def _field_faults(
    need: Need, description: Description, describe: Callable[[str], Description | None]
) -> Iterator[tuple[str, str]]:
    *parents, last = need.path.split(".")
    for step in parents:
        parent = _parent(description, step)
        above = None if parent is None else describe(parent)
        if above is None:
            yield _missing(need, step, description)
            return
        description = above
    field = _field(description, last)
    if field is None:
        yield _missing(need, last, description)
    elif need.use == "write" and not field.get("updateable", True):
        yield (
            f"the bridge's user may not edit {need.object}.{need.path}",
            "give it edit access to this field (permission set, field-level security)",
        )
    elif need.use == "key" and not field.get("externalId", False):
        yield (
            f"{need.object}.{need.path} is no external id",
            "tick External ID and Unique on this field",
        )


def _field(description: Description, name: str) -> Mapping[str, Any] | None:
    for field in description["fields"]:
        if str(field["name"]).lower() == name.lower():
            return dict(field)
    return None


def _parent(description: Description, relationship: str) -> str | None:
    """Return the object above a relationship; where there are several, the first."""
    for field in description["fields"]:
        if str(field.get("relationshipName") or "").lower() == relationship.lower():
            return next(iter(field.get("referenceTo") or []), None)
    return None


def _missing(need: Need, step: str, description: Description) -> tuple[str, str]:
    says = (
        f"{need.object} has no field {need.path}"
        if step == need.path
        else f"{need.object} has no field {need.path}: {step} is not there"
    )
    near = _nearest(step, description)
    advice = f"did you mean {near}? " if near else ""
    return (
        f"{says}, or the bridge's user may not see it",
        f"{advice}Correct the name, deploy the field, or give the bridge's user access to it",
    )


def _nearest(name: str, description: Description) -> str | None:
    """Return the field whose name or label comes nearest, without namespace and suffix."""
    known: dict[str, str] = {}
    for field in description["fields"]:
        for text in (field["name"], field.get("label") or ""):
            known.setdefault(_bare(str(text)), str(field["name"]))
    close = difflib.get_close_matches(_bare(name), known, n=1, cutoff=0.75)
    return known[close[0]] if close else None


def _bare(name: str) -> str:
    """Return what people remember of a name.

    >>> _bare("practifi__Constant_Contact_ID__c"), _bare("Constant Contact ID")
    ('constantcontactid', 'constantcontactid')
    """
    name = re.sub(r"^[A-Za-z0-9]+__(?=.*__c$)|__c$", "", name)
    return re.sub(r"[^a-z0-9]", "", name.lower())
