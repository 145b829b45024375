"""Which outbound messages a mapping needs, what each carries, and which changes send it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.mirror.model import needed_paths
from bridge.salesforce import tombstone
from bridge.salesforce.package.model import CONSENT, Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.mapping.model import Mapping
    from bridge.mapping.names import ContactNames, Kind

ALWAYS = (
    "CreatedDate",
    "Id",
    "IsDeleted",
    "LastModifiedById",
    "LastModifiedDate",
    "SystemModstamp",
)
"""Fields of every message: which record, as of when, and by whom."""


def messages_of(mapping: Mapping, *, whole: bool = False) -> tuple[Message, ...]:
    """Return the outbound messages that a mapping needs, by name.

    Args:
        mapping: What is read.
        whole: Also those that another mapping of the same names might need.
    """
    names = mapping.names
    contact = own_fields("contact", mapping)
    stamps = {names.contact.resubscribe_at, names.contact.resubscribe_by}
    found = [
        _message("Contact", names.contact.object, contact, without=stamps),
        _message("List", names.list.object, own_fields("list", mapping)),
        _message("Membership", names.membership.object, own_fields("membership", mapping)),
        Message(
            name="CC_Bridge_Removed",
            object=tombstone.OBJECT,
            label="Constant Contact Bridge: deleted",
            fields=_carried((tombstone.OBJECT_FIELD, tombstone.RECORD_FIELD)),
            watched=(),
        ),
    ]
    client = _client_fields(mapping)
    if client or whole:
        found.append(_message("Account", names.client.object, client))
    if names.contact.do_not_email is not None:
        found.append(
            Message(
                name="CC_Bridge_Contact_Consent",
                object=names.contact.object,
                label="Constant Contact Bridge: Contact, consent",
                fields=_carried(contact),
                watched=consent_fields(names.contact),
                lane=CONSENT,
            )
        )
    return tuple(sorted(found, key=lambda one: one.name))


def own_fields(kind: Kind, mapping: Mapping) -> tuple[str, ...]:
    """Return what the bridge reads of a record itself: a message holds nothing of its parents."""
    return tuple(
        path for path in needed_paths(kind, mapping) if "." not in path and path not in ALWAYS
    )


def consent_fields(names: ContactNames) -> tuple[str, ...]:
    """Return the fields whose change is a change of consent: the box, then the evidence."""
    fields = (
        names.do_not_email,
        names.resubscribe_via,
        names.resubscribe_on,
        names.resubscribe_note,
    )
    return tuple(name for name in fields if name is not None)


def stale_definitions(
    mapping: Mapping, deployed: Iterable[tuple[str, int, Sequence[str]]]
) -> dict[str, tuple[str, ...]]:
    """Return what a mapping reads and deployed messages do not carry: object -> fields, sorted.

    Such a field is read back each time, and is never taken for empty, until the message is
    deployed again. An object of which no message is known at all is left out.

    Args:
        mapping: What is in force, or is about to be.
        deployed: Object, lane and fields of each message that is in force.
    """
    carried: dict[tuple[str, int], set[str]] = {}
    for object_name, lane, fields in deployed:
        carried.setdefault((object_name.lower(), lane), set()).update(map(str.lower, fields))
    stale: dict[str, set[str]] = {}
    for message in messages_of(mapping):
        known = carried.get((message.object.lower(), message.lane))
        if known is None:
            continue
        missing = {name for name in message.fields if name.lower() not in known}
        if missing:
            stale.setdefault(message.object, set()).update(missing)
    return {name: tuple(sorted(missing)) for name, missing in sorted(stale.items())}


def _message(
    name: str, object_name: str, fields: Iterable[str], *, without: Iterable[str | None] = ()
) -> Message:
    fields = tuple(fields)
    return Message(
        name=f"CC_Bridge_{name}",
        object=object_name,
        label=f"Constant Contact Bridge: {name}",
        fields=_carried(fields),
        watched=tuple(sorted({*fields} - {*without})),
    )


def _carried(fields: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*ALWAYS, *fields}))


def _client_fields(mapping: Mapping) -> tuple[str, ...]:
    """Return what contacts show of their client: its own fields, where the mapping reads any."""
    lookup = mapping.names.contact.account
    if lookup is None:
        return ()
    relation = f"{lookup[:-1]}r" if lookup.endswith("__c") else lookup.removesuffix("Id")
    below = {
        path.removeprefix(f"{relation}.")
        for path in needed_paths("contact", mapping)
        if path.startswith(f"{relation}.")
    }
    own = {path for path in below if "." not in path}
    return tuple(sorted({mapping.names.client.name, *own})) if own else ()
