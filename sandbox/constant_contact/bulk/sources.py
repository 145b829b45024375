"""Whom a bulk activity is about: its `source`, read and turned into contacts."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.constant_contact import segments
from sandbox.constant_contact.refusals import invalid

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.constant_contact.model import Account, Contact, Json

MOST_CONTACTS = 500
MOST_LISTS = 50
MOST_TAGS = 50
LEVELS = ("unqualified", "low", "medium", "high")
_HIGH_RATE = 0.5
_EXPORTED = ("active", "unsubscribed", "removed")
_EXPORT_SOURCES = ("contact_ids", "list_ids", "tag_ids", "new_subscriber", "segment_id")

_Is: TypeAlias = Callable[["Contact"], bool]


def read_ids(
    body: Mapping[str, Any], name: str, most: float, faults: list[str], *, least: int = 1
) -> list[str]:
    """Return the ids in an array, each once, in order; what is wrong becomes a fault."""
    items = body.get(name)
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        faults.append(f"{name} does not have a valid value" if items else f"{name} is missing")
        return []
    if not least <= len(items) <= most:
        faults.append(f"{name} size must be between {least} and {most}")
    return list(dict.fromkeys(items))


def read_excluded(body: Mapping[str, Any]) -> frozenset[str]:
    """Return the contacts that an activity leaves out.

    Raises:
        Refusal: 400.
    """
    exclude = body.get("exclude")
    if exclude is None:
        return frozenset()
    faults: list[str] = []
    if not isinstance(exclude, dict):
        raise invalid(["exclude does not have a valid value"])
    found = read_ids(exclude, "contact_ids", math.inf, faults, least=0)
    if faults:
        raise invalid([f"exclude.{fault}" for fault in faults])
    return frozenset(found)


def read_source(
    account: Account, body: Mapping[str, Any], allowed: Collection[str], now: datetime
) -> list[str]:
    """Return the contacts that `source` names, as it stands now, without those excluded.

    Args:
        account: Where they are.
        body: The JSON object that holds `source` and `exclude`.
        allowed: Names of the sources that this activity knows; exactly one must be given.
        now: Sandbox time.

    Raises:
        Refusal: 400 for no source, two, or a faulty one; 404 for a segment that is not there.
    """
    source = body.get("source")
    if not isinstance(source, dict):
        raise invalid(["source is missing"])
    named = [name for name in allowed if source.get(name) not in (None, False, [])]
    if len(named) != 1:
        raise invalid([f"source must have exactly one of {', '.join(allowed)}"])
    excluded = read_excluded(body)
    return [
        contact_id
        for contact_id in contacts_of(account, named[0], source, now)
        if contact_id not in excluded
    ]


def read_exported(account: Account, body: Mapping[str, Any], now: datetime) -> list[str]:
    """Return the contacts that an export is about: without a source all of the account.

    Raises:
        Refusal: 400 for more than one source or an unknown status; 404 for an unknown segment.
    """
    status = body.get("status")
    if status is not None and status not in _EXPORTED:
        raise invalid(["status does not have a valid value"])
    named = [name for name in _EXPORT_SOURCES if body.get(name) not in (None, False, [])]
    if len(named) > 1:
        raise invalid([f"at most one of {', '.join(_EXPORT_SOURCES)} is allowed"])
    excluded = read_excluded(body)
    everybody = account.contacts
    found = contacts_of(account, named[0], dict(body), now) if named else list(everybody)
    return [
        contact_id
        for contact_id in found
        if contact_id not in excluded
        and (contact_id not in everybody or _is_exported(everybody[contact_id], status))
    ]


def _is_exported(contact: Contact, status: str | None) -> bool:
    is_deleted = contact.deleted_at is not None
    if status == "active":
        return contact.is_mailable
    if status == "removed":
        return is_deleted
    is_out = contact.email is not None and contact.email.is_unsubscribed
    return not is_deleted and (status is None or is_out)


def contacts_of(account: Account, name: str, source: Json, now: datetime) -> list[str]:
    """Return the ids of the contacts that one kind of source names.

    Ids of contacts come back as they were sent, unknown ones included: the activity tells of them.

    Raises:
        Refusal: 400 or 404.
    """
    faults: list[str] = []
    if name == "contact_ids":
        found = read_ids(source, name, MOST_CONTACTS, faults)
    elif name == "segment_id":
        segment = segments.find(account, str(source[name]))
        found = [one.contact_id for one in segments.members(account, segment.segment_id)]
    else:
        found = _matching(account, _condition(account, name, source, now, faults))
    if faults:
        raise invalid([f"source.{fault}" for fault in faults])
    return found


def _matching(account: Account, is_wanted: _Is) -> list[str]:
    return [
        contact.contact_id
        for contact in account.contacts.values()
        if contact.deleted_at is None and is_wanted(contact)
    ]


def _condition(account: Account, name: str, source: Json, now: datetime, faults: list[str]) -> _Is:
    if name == "list_ids":
        list_ids = _known(source, name, MOST_LISTS, account.has_list, faults)
        return lambda contact: not list_ids.isdisjoint(contact.list_memberships)
    if name == "tag_ids":
        tag_ids = _known(source, name, MOST_TAGS, account.tags.__contains__, faults)
        return lambda contact: not tag_ids.isdisjoint(contact.taggings)
    if name == "engagement_level":
        if source[name] not in LEVELS:
            faults.append("engagement_level does not have a valid value")
        level_of = _levels(account)
        return lambda contact: contact.is_mailable and level_of(contact.contact_id) == source[name]
    if source[name] is not True:
        faults.append(f"{name} does not have a valid value")
    if name == "new_subscriber":
        return lambda contact: contact.is_new_subscriber(now)
    return lambda contact: contact.is_mailable


def _known(
    source: Json, name: str, most: int, is_there: Callable[[str], bool], faults: list[str]
) -> frozenset[str]:
    found = read_ids(source, name, most, faults)
    if not all(is_there(one) for one in found):
        faults.append(f"{name} contains an id that does not exist")
    return frozenset(found)


def _levels(account: Account) -> Callable[[str], str]:
    """Return what tells the level of a contact: the share of its mailings that it opened."""
    sent = _per_contact(mailing.who("send") for mailing in account.mailings.values())
    opened = _per_contact(mailing.who("open") for mailing in account.mailings.values())

    def level(contact_id: str) -> str:
        if contact_id not in sent:
            return "unqualified"
        rate = opened.get(contact_id, 0) / sent[contact_id]
        return "high" if rate >= _HIGH_RATE else "medium" if rate > 0 else "low"

    return level


def _per_contact(groups: Iterable[set[str]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for group in groups:
        for contact_id in group:
            counts[contact_id] = counts.get(contact_id, 0) + 1
    return counts
