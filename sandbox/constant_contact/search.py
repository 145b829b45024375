"""Which contacts a `GET /contacts` shows, page by page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.constant_contact import render, segments, sms
from sandbox.constant_contact.model import MAILABLE, address_key
from sandbox.constant_contact.paging import next_link, open_cursor, read_flag, read_limit
from sandbox.constant_contact.refusals import invalid
from sandbox.constant_contact.times import read_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sandbox.constant_contact.model import Account, Contact, Json
    from sandbox.constant_contact.policy import Policy

_STATUSES = frozenset(
    {
        "all",
        "active",
        "deleted",
        "not_set",
        "pending_confirmation",
        "temp_hold",
        "unsubscribed",
    }
)
_MOST_LISTS = 25
_MOST_TAGS = 50
_TIMES = (
    "updated_after",
    "updated_before",
    "created_after",
    "created_before",
    "optout_after",
    "optout_before",
)


@dataclass(frozen=True, kw_only=True)
class _Filter:
    statuses: frozenset[str]
    address: str | None
    list_ids: frozenset[str]
    tag_ids: frozenset[str]
    sms_statuses: frozenset[str]
    times: Mapping[str, datetime]

    def shows(self, contact: Contact) -> bool:
        email = contact.email
        if not self._has_status(contact):
            return False
        if self.address is not None and (
            email is None or address_key(email.address) != self.address
        ):
            return False
        if self.list_ids and self.list_ids.isdisjoint(contact.list_memberships):
            return False
        if self.tag_ids and self.tag_ids.isdisjoint(contact.taggings):
            return False
        if self.sms_statuses and not sms.has_status(contact, self.sms_statuses):
            return False
        return (
            self._is_within("updated", contact.updated_at)
            and self._is_within("created", contact.created_at)
            and self._is_within("optout", None if email is None else email.opt_out_date)
        )

    def _has_status(self, contact: Contact) -> bool:
        """Tell whether the contact has a wanted status; nothing wanted is all but deleted."""
        wanted = self.statuses
        if "all" in wanted:
            return True
        if contact.deleted_at is not None:
            return "deleted" in wanted
        if not wanted:
            return True
        permission = contact.email.permission_to_send if contact.email else "not_set"
        return permission in wanted or ("active" in wanted and permission in MAILABLE)

    def _is_within(self, name: str, at: datetime | None) -> bool:
        after, before = self.times.get(f"{name}_after"), self.times.get(f"{name}_before")
        if after is None and before is None:
            return True
        return at is not None and (after is None or at > after) and (before is None or at < before)


def _split(query: Mapping[str, str], name: str) -> list[str]:
    return [part for part in query.get(name, "").split(",") if part]


def read_include(query: Mapping[str, str]) -> frozenset[str]:
    """Return the subresources asked for.

    Raises:
        Refusal: If one of them does not exist.
    """
    include = frozenset(_split(query, "include"))
    if not include <= set(render.INCLUDES):
        raise invalid(["include does not have a valid value"])
    return include


def _read_filter(query: Mapping[str, str]) -> _Filter:
    faults = []
    statuses = frozenset(_split(query, "status"))
    if not statuses <= _STATUSES:
        faults.append("status does not have a valid value")
    list_ids = frozenset(_split(query, "lists"))
    if len(list_ids) > _MOST_LISTS:
        faults.append(f"lists size must be between 0 and {_MOST_LISTS}")
    tag_ids = frozenset(_split(query, "tags"))
    if len(tag_ids) > _MOST_TAGS:
        faults.append(f"tags size must be between 0 and {_MOST_TAGS}")
    sms_statuses = frozenset(_split(query, "sms_status"))
    if not sms_statuses <= sms.STATUSES:
        faults.append("sms_status does not have a valid value")
    times = {}
    for name in _TIMES:
        if name in query:
            at = read_time(query[name])
            if at is None:
                faults.append(f"{name} does not have a valid value")
            else:
                times[name] = at
    if faults:
        raise invalid(faults)
    address = address_key(query["email"]) if "email" in query else None
    return _Filter(
        statuses=statuses,
        address=address,
        list_ids=list_ids,
        tag_ids=tag_ids,
        sms_statuses=sms_statuses,
        times=times,
    )


def search(account: Account, policy: Policy, query: Mapping[str, str], now: datetime) -> Json:
    """Return one page of contacts, in the order of creation.

    With a `status` in it the contacts of a segment are still being computed.

    Raises:
        Refusal: 400 for a parameter that has no valid value.
    """
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=50, most=500)
    if "segment_id" in query:
        return _of_segment(account, policy, query, position, now)
    include = read_include(query)
    is_counted = read_flag(query, "include_count")
    wanted = _read_filter(query)
    page, is_last = _page(account, wanted, position, limit)
    out: Json = {"contacts": [render.contact(contact, include) for contact in page]}
    if is_counted:
        out["contacts_count"] = sum(1 for contact in _candidates(account, wanted, 0))
    if not is_last:
        out["_links"] = next_link("/v3/contacts", query, page[-1].number, at)
    return out


def _of_segment(
    account: Account, policy: Policy, query: Mapping[str, str], position: int, now: datetime
) -> Json:
    """Return one page of a segment's contacts, or only a `status` until they are computed.

    Raises:
        Refusal: 400 beside any other filter, 404 for an unknown segment.
    """
    if query.keys() - {"segment_id", "limit"}:
        raise invalid(["segment_id can be combined with limit only"])
    segment = segments.find(account, query["segment_id"])
    segment.asked_at = segment.asked_at or now
    if (now - segment.asked_at).total_seconds() < policy.segment_takes_s:
        return {"contacts": [], "status": "processing"}
    limit = read_limit(query, default=50, most=500)
    found = [one for one in segments.members(account, segment.segment_id) if one.number > position]
    out: Json = {"contacts": [render.contact(one, frozenset()) for one in found[:limit]]}
    if len(found) > limit:
        last = found[limit - 1].number
        out["_links"] = next_link("/v3/contacts", query, last, now.timestamp())
    return out


def _candidates(account: Account, wanted: _Filter, position: int) -> Iterator[Contact]:
    if wanted.address is not None:
        contact = account.contact_with(wanted.address)
        if contact is not None and contact.number > position and wanted.shows(contact):
            yield contact
        return
    for contact in account.contacts_after(position):
        if wanted.shows(contact):
            yield contact


def _page(
    account: Account, wanted: _Filter, position: int, limit: int
) -> tuple[list[Contact], bool]:
    page: list[Contact] = []
    for contact in _candidates(account, wanted, position):
        if len(page) == limit:
            return page, False
        page.append(contact)
    return page, True


def counts(account: Account, query: Mapping[str, str], now: datetime) -> Json:
    """Return how many contacts have which permission; deleted ones are not counted.

    Raises:
        Refusal: If something else than new subscribers is to be included.
    """
    include = query.get("include")
    if include not in (None, "new_subscriber", "new_subscribers"):
        raise invalid(["include does not have a valid value"])
    there = [contact for contact in account.contacts.values() if contact.deleted_at is None]
    permissions = Counter(
        contact.email.permission_to_send if contact.email else "not_set" for contact in there
    )
    out: Json = {
        "total": len(there),
        "explicit": permissions["explicit"],
        "implicit": permissions["implicit"],
        "pending": permissions["pending_confirmation"],
        "unsubscribed": permissions["unsubscribed"],
    }
    if include is not None:
        out["new_subscriber"] = sum(1 for contact in there if contact.is_new_subscriber(now))
    return out
