"""The bridge's own fields and objects, as the names of a connection want them. Pure.

What belongs to Salesforce or to another package is only referred to: a field is ours where its name
begins with `CC_Bridge_`, and so is an object.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from bridge.salesforce import tombstone
from bridge.salesforce.package.model import Part
from bridge.salesforce.package.xml import ordered, yes_or_no

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.mapping.model import Mapping
    from bridge.mapping.names import Names
    from bridge.salesforce.package.xml import Element

OURS = "CC_Bridge_"


def is_ours(name: str | None) -> bool:
    """Tell whether an object or field belongs to the bridge.

    >>> is_ours("CC_Bridge_Status__c"), is_ours("practifi__Person__c")
    (True, False)
    """
    return name is not None and name.startswith(OURS)


def _text(length: int, *, key: bool = False, unique: bool = False) -> tuple[Element, ...]:
    sensitive = (yes_or_no("caseSensitive", value=False),) if unique else ()
    return (
        *sensitive,
        yes_or_no("externalId", value=key),
        ("length", str(length)),
        ("type", "Text"),
        yes_or_no("unique", value=unique),
    )


_LINES: tuple[Element, ...] = (("type", "TextArea"),)
_MOMENT: tuple[Element, ...] = (("type", "DateTime"),)
_COUNT: tuple[Element, ...] = (
    ("precision", "18"),
    ("scale", "0"),
    ("type", "Number"),
    yes_or_no("unique", value=False),
)
_ID = ("Constant Contact ID", "which record of Constant Contact this is", _text(36, key=True))
_STATUS = ("Constant Contact Status", "how it stands in Constant Contact", _text(80))
_REASON = ("Constant Contact Status Reason", "why it stands so", _LINES)
_KEY = (
    "Constant Contact Key",
    "which mailing and person it is about, so that none is written twice",
    _text(255, key=True, unique=True),
)

_SHAPES: dict[str, dict[str, tuple[str, str, tuple[Element, ...]]]] = {
    "contact": {
        "cc_id": _ID,
        "status": _STATUS,
        "status_reason": _REASON,
        "status_since": ("Constant Contact Status Since", "since when it stands so", _MOMENT),
        "resubscribe_at": ("Do Not Email Unticked At", "when the box was unticked", _MOMENT),
        "resubscribe_by": ("Do Not Email Unticked By", "who unticked the box", _text(18)),
        "resubscribe_via": (
            "Resubscribe Asked Via",
            "how the person asked to be mailed again",
            _text(80),
        ),
        "resubscribe_on": (
            "Resubscribe Asked On",
            "when the person asked to be mailed again",
            (("type", "Date"),),
        ),
        "resubscribe_note": ("Resubscribe Note", "what was said", _LINES),
    },
    "list": {
        "cc_id": _ID,
        "status": _STATUS,
        "members_confirmed": (
            "Constant Contact Members Confirmed",
            "how many people are on the list in Constant Contact",
            _COUNT,
        ),
    },
    "membership": {
        "status": _STATUS,
        "status_reason": _REASON,
        "confirmed_at": (
            "Constant Contact Confirmed At",
            "when the membership was last found in Constant Contact",
            _MOMENT,
        ),
    },
}
"""Part of names.yaml -> role -> label, what it holds, and of which type it is."""


def own_parts(mapping: Mapping) -> Iterator[Part]:
    """Yield the bridge's objects and fields."""
    names = mapping.names
    yield from _objects(names)
    for kind, shapes in _SHAPES.items():
        part = getattr(names, kind)
        for entry in fields(part):
            name = getattr(part, entry.name)
            if entry.name in shapes and is_ours(name):
                yield _field(part.object, name, *shapes[entry.name])
    interaction = names.interaction
    if is_ours(interaction.external_id):
        # Fields of tasks and events are defined on what both are.
        is_activity = interaction.object in {"Task", "Event"}
        owner = "Activity" if is_activity else interaction.object
        yield _field(owner, str(interaction.external_id), *_KEY)
    campaign = names.campaign
    if mapping.interaction.campaign_members and is_ours(campaign.external_id):
        yield _field(campaign.object, str(campaign.external_id), *_KEY)


def _objects(names: Names) -> Iterator[Part]:
    if is_ours(names.list.object):
        name = (("label", "List Name"), ("type", "Text"))
        yield _object(
            names.list.object,
            ("Constant Contact List", "Constant Contact Lists"),
            "the lists that people are put on, where no Practifi keeps them",
            name,
        )
    if is_ours(names.membership.object):
        yield _object(
            names.membership.object,
            ("Constant Contact Membership", "Constant Contact Memberships"),
            "one person on one list, where no Practifi keeps it",
            _numbered("Membership", "M-{00000}"),
            sharing="ControlledByParent",
        )
        for place, (field, target, label) in enumerate(
            (
                (names.membership.contact, names.contact.object, "Contact"),
                (names.membership.list, names.list.object, "Constant Contact List"),
            )
        ):
            if is_ours(field):
                yield _parent(names.membership.object, field, target, label, place)
    yield _object(
        tombstone.OBJECT,
        ("Constant Contact Tombstone", "Constant Contact Tombstones"),
        "what is left of a deleted record till the bridge has heard of it",
        _numbered("Tombstone", "R-{0000000}"),
    )
    yield _field(
        tombstone.OBJECT,
        tombstone.OBJECT_FIELD,
        "Object",
        "of which object the deleted record was",
        _text(80),
    )
    yield _field(
        tombstone.OBJECT,
        tombstone.RECORD_FIELD,
        "Record Id",
        "the id of the deleted record",
        _text(18),
    )


def _object(
    name: str,
    labels: tuple[str, str],
    why: str,
    name_field: tuple[Element, ...],
    *,
    sharing: str = "ReadWrite",
) -> Part:
    label, plural = labels
    body = ordered(
        ("deploymentStatus", "Deployed"),
        ("description", f"Constant Contact bridge: {why}."),
        ("label", label),
        ("nameField", name_field),
        ("pluralLabel", plural),
        ("sharingModel", sharing),
    )
    return Part(kind="CustomObject", full_name=name, why=why, body=body)


def _numbered(label: str, pattern: str) -> tuple[Element, ...]:
    return ordered(("displayFormat", pattern), ("label", label), ("type", "AutoNumber"))


def _parent(owner: str, name: str, target: str, label: str, place: int) -> Part:
    """Return a master-detail field: what is below a parent goes with it, and moves in a merge."""
    return _field(
        owner,
        name,
        label,
        "whose membership it is" if place == 0 else "on which list",
        (
            ("referenceTo", target),
            ("relationshipLabel", "Constant Contact Memberships"),
            ("relationshipName", "CC_Bridge_Memberships"),
            ("relationshipOrder", str(place)),
            yes_or_no("reparentableMasterDetail", value=True),
            ("type", "MasterDetail"),
            yes_or_no("writeRequiresMasterRead", value=True),
        ),
    )


def _field(owner: str, name: str, label: str, holds: str, shape: tuple[Element, ...]) -> Part:
    is_parent = ("type", "MasterDetail") in shape
    body = ordered(
        ("description", f"Constant Contact bridge: {holds}."),
        ("label", label),
        *(() if is_parent else (yes_or_no("required", value=False),)),
        *shape,
    )
    return Part(kind="CustomField", full_name=f"{owner}.{name}", why=holds, body=body)
