"""The two permission sets: for people who work with lists, and for the bridge's own user. Pure.

Neither has *Send Outbound Messages* (`EnableNotifications`): whoever writes back without it fires
nothing, so that the bridge does not hear its own echo.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.salesforce import tombstone
from bridge.salesforce.package.fields import is_ours
from bridge.salesforce.package.messages import ALWAYS
from bridge.salesforce.package.model import Part
from bridge.salesforce.package.xml import ordered, yes_or_no

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from bridge.mapping.names import Names
    from bridge.salesforce.package.model import Known, Message
    from bridge.salesforce.package.xml import Element

MARKETING = "Constant_Contact_Marketing"
WRITE_BACK = "CC_Bridge"

_ADDRESS = re.compile(
    r"(Mailing|Other|Billing|Shipping)(?:Street|City|State|PostalCode|Country|StateCode|CountryCode)"
)
_OF_EVERYBODY = frozenset(
    {*ALWAYS, "CampaignId", "ContactId", "CreatedById", "FirstName", "LastName", "MiddleName"}
    | {"Name", "OwnerId", "RecordTypeId", "Salutation", "Status", "Suffix"}
)
"""Standard fields that are not subject to permissions: whoever sees the record sees them."""

_REPORTS = "RunReports"
"""Bulk Create takes people from the rows of a report, which only who has this may read."""

_ACTIVITIES = {"Task": "EditTask", "Event": "EditEvent"}
_WITHOUT_PERMISSIONS = frozenset({"CampaignMember", *_ACTIVITIES})
"""Objects whose records follow others: no permission set names them."""


@dataclass(frozen=True)
class _Rights:
    """What may be done with the records of an object, beside reading them."""

    create: bool = False
    edit: bool = False
    delete: bool = False
    all_records: bool = False


def permission_sets(
    names: Names,
    own: Sequence[Part],
    messages: Iterable[Message],
    known: Known,
    *,
    pages: Sequence[str],
    tabs: Sequence[str],
) -> Iterator[Part]:
    """Yield the permission sets.

    Args:
        names: The objects and fields.
        own: The bridge's own objects and fields.
        messages: What the bridge's user must be able to read.
        known: What the organization says of its fields.
        pages: Pages of Salesforce that lead to the console.
        tabs: Tabs, likewise.
    """
    ours = [part.full_name for part in own if part.kind == "CustomField" and not _is_parent(part)]
    ours = [_of_activity(name, names) for name in ours]
    yield _marketing(names, ours, pages, tabs)
    yield _write_back(names, ours, messages, known)


def _marketing(
    names: Names, ours: Sequence[str], pages: Sequence[str], tabs: Sequence[str]
) -> Part:
    contact = names.contact
    typed = {contact.resubscribe_via, contact.resubscribe_on, contact.resubscribe_note}
    editable = {f"{contact.object}.{name}" for name in typed}
    seen = {name: name in editable for name in ours if not name.startswith(tombstone.OBJECT)}
    rights = _Rights(create=True, edit=True, delete=True)
    worked = {
        name: rights for name in (names.list.object, names.membership.object) if is_ours(name)
    }
    if names.membership.object in worked:
        # Whoever sees a detail sees its masters, and of a contact the account: Salesforce takes
        # no permission set that gives the one without the other.
        worked |= {names.client.object: _Rights(), contact.object: _Rights()}
    body = ordered(
        ("description", "Constant Contact bridge: sees how people stand, and works with lists."),
        *_fields(seen),
        yes_or_no("hasActivationRequired", value=False),
        ("label", "Constant Contact Marketing"),
        *_objects(worked),
        *(
            ("pageAccesses", (("apexPage", name), yes_or_no("enabled", value=True)))
            for name in sorted(pages)
        ),
        *(("tabSettings", (("tab", name), ("visibility", "Visible"))) for name in sorted(tabs)),
    )
    why = "for those who work with lists: the tabs, the fields"
    return Part(kind="PermissionSet", full_name=MARKETING, why=why, body=body)


def _write_back(
    names: Names, ours: Sequence[str], messages: Iterable[Message], known: Known
) -> Part:
    read = {f"{one.object}.{name}" for one in messages for name in one.fields}
    written = {*ours, *_written(names)}
    wanted = {
        _compound(name): name in written or _compound(name) in written
        for name in sorted(read | written)
    }
    lookups = {f"{names.membership.object}.{names.membership.contact}"}
    lookups.add(f"{names.membership.object}.{names.membership.list}")
    seen = {
        name: is_edited
        for name, is_edited in wanted.items()
        if name in ours or _takes_permission(name, known, lookups)
    }
    interaction = names.interaction.object
    users = ["ApiEnabled", _REPORTS, *filter(None, (_ACTIVITIES.get(interaction),))]
    body = ordered(
        ("description", "Constant Contact bridge: reads what it maps, writes how people stand."),
        *_fields(seen),
        yes_or_no("hasActivationRequired", value=False),
        ("label", "Constant Contact Bridge"),
        *_objects(
            {
                names.client.object: _Rights(all_records=True),
                names.contact.object: _Rights(edit=True, all_records=True),
                names.list.object: _Rights(create=True, edit=True, all_records=True),
                names.membership.object: _Rights(
                    create=True, edit=True, delete=True, all_records=True
                ),
                interaction: _Rights(create=True, edit=True, all_records=True),
                tombstone.OBJECT: _Rights(all_records=True),
            }
        ),
        *(
            ("userPermissions", (yes_or_no("enabled", value=True), ("name", name)))
            for name in sorted(users)
        ),
    )
    why = "for the bridge's own user: what is mapped and written back"
    return Part(kind="PermissionSet", full_name=WRITE_BACK, why=why, body=body)


def _written(names: Names) -> Iterator[str]:
    """Yield fields of other packages that the bridge writes."""
    for part in (names.contact, names.list):
        if part.cc_id is not None:
            yield f"{part.object}.{part.cc_id}"
    interaction = names.interaction
    if interaction.object.endswith("__c"):
        for role in ("client", "contact", "subject", "details", "when", "form"):
            name = getattr(interaction, role)
            if name is not None:
                yield f"{interaction.object}.{name}"


def _takes_permission(name: str, known: Known, lookups: Collection[str]) -> bool:
    """Tell whether a permission set may name a field; unless asked, by what is so everywhere.

    The lookups of a membership are most likely required, and a required field is refused.
    """
    if name.partition(".")[2] in _OF_EVERYBODY:
        return False
    if known.permissionable is not None:
        return name in known.permissionable
    return name not in lookups


def _compound(name: str) -> str:
    """Return the field whose permission a field follows: of an address, the whole.

    >>> _compound("Contact.MailingCity"), _compound("Contact.Email")
    ('Contact.MailingAddress', 'Contact.Email')
    """
    owner, _, field = name.partition(".")
    match = _ADDRESS.fullmatch(field)
    return name if match is None else f"{owner}.{match[1]}Address"


def _of_activity(name: str, names: Names) -> str:
    """Return a field as permission sets name it: of an activity by the task or event."""
    return name.replace("Activity.", f"{names.interaction.object}.", 1)


def _is_parent(part: Part) -> bool:
    return ("type", "MasterDetail") in part.body


def _fields(seen: dict[str, bool]) -> Iterator[Element]:
    for name, is_edited in sorted(seen.items()):
        yield (
            "fieldPermissions",
            (
                yes_or_no("editable", value=is_edited),
                ("field", name),
                yes_or_no("readable", value=True),
            ),
        )


def _objects(wanted: dict[str, _Rights]) -> Iterator[Element]:
    for name, rights in sorted(wanted.items()):
        if name not in _WITHOUT_PERMISSIONS:
            yield (
                "objectPermissions",
                (
                    yes_or_no("allowCreate", value=rights.create),
                    yes_or_no("allowDelete", value=rights.delete),
                    yes_or_no("allowEdit", value=rights.edit),
                    yes_or_no("allowRead", value=True),
                    yes_or_no("modifyAllRecords", value=False),
                    ("object", name),
                    yes_or_no("viewAllRecords", value=rights.all_records),
                ),
            )
