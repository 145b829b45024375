"""Contact lists: created, renamed, shown at once; deleted a little later."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.constant_contact import render
from sandbox.constant_contact.bulk import queue
from sandbox.constant_contact.bulk.deletes import DeleteLists
from sandbox.constant_contact.model import Account, ContactList
from sandbox.constant_contact.paging import next_link, open_cursor, read_flag, read_limit
from sandbox.constant_contact.refusals import conflict, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.bulk.model import BulkActivity
    from sandbox.constant_contact.model import Json
    from sandbox.constant_contact.policy import Policy

NAME_LENGTH = 255
MOST_LISTS = 1000
_COUNTED = ("all", "active")
_CHANNELS = ("email", "sms")


def find(account: Account, list_id: str) -> ContactList:
    """Return a list, deleted or not.

    Raises:
        Refusal: 404.
    """
    contact_list = account.lists.get(list_id)
    if contact_list is None:
        raise not_found(f"list_id {list_id}")
    return contact_list


def create(account: Account, body: Mapping[str, Any], now: datetime) -> ContactList:
    """Create a list; its name must be free.

    Raises:
        Refusal: 400 or 409.
    """
    name, description, favorite = _read(body)
    if account.list_named(name) is not None:
        raise conflict("list name is not unique")
    if sum(1 for one in account.lists.values() if one.deleted_at is None) >= MOST_LISTS:
        raise invalid([f"an account has at most {MOST_LISTS} lists"])
    contact_list = ContactList(
        number=account.new_number(),
        list_id=account.new_id(),
        name=name,
        description=description,
        favorite=favorite,
        created_at=now,
        updated_at=now,
    )
    account.lists[contact_list.list_id] = contact_list
    return contact_list


def replace(account: Account, list_id: str, body: Mapping[str, Any], now: datetime) -> ContactList:
    """Replace name, description and favorite of a list.

    Raises:
        Refusal: 400, 404 or 409.
    """
    contact_list = find(account, list_id)
    if contact_list.deleted_at is not None:
        raise not_found(f"list_id {list_id}")
    name, description, favorite = _read(body)
    holder = account.list_named(name)
    if holder is not None and holder is not contact_list:
        raise conflict("list name is not unique")
    contact_list.name, contact_list.description = name, description
    contact_list.favorite, contact_list.updated_at = favorite, now
    return contact_list


def delete(account: Account, list_id: str, now: datetime) -> BulkActivity:
    """Start the deletion of a list; until it is done the list is there as before.

    Raises:
        Refusal: 404, or 429 when the queue of activities is full.
    """
    if find(account, list_id).deleted_at is not None:
        raise not_found(f"list_id {list_id}")
    return queue.begin(account, DeleteLists([list_id]), now, is_bulk=False)


def show(account: Account, list_id: str, query: Mapping[str, str]) -> Json:
    """Return one list.

    Raises:
        Refusal: 400 or 404.
    """
    counted = _read_counted(query)
    contact_list = find(account, list_id)
    return render.contact_list(
        contact_list, None if counted is None else _members(account, counted)[list_id]
    )


def search(account: Account, policy: Policy, query: Mapping[str, str], now: datetime) -> Json:
    """Return one page of lists, in the order of creation.

    Raises:
        Refusal: 400.
    """
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=50, most=policy.most_lists_a_page)
    counted, is_counted = _read_counted(query), read_flag(query, "include_count")
    read_flag(query, "include_sms_membership_count")  # no list here has members by SMS alone
    if query.get("channel_type", "email") not in _CHANNELS:
        raise invalid(["channel_type does not have a valid value"])
    statuses = set(query.get("status", "active").split(","))
    if not statuses <= {"all", "active", "deleted"}:
        raise invalid(["status does not have a valid value"])
    shown = [one for one in account.lists.values() if _is_shown(one, statuses, query)]
    rest = [one for one in shown if one.number > position]
    members = None if counted is None else _members(account, counted)
    out: Json = {
        "lists": [
            render.contact_list(one, None if members is None else members[one.list_id])
            for one in rest[:limit]
        ]
    }
    if is_counted:
        out["lists_count"] = len(shown)
    if len(rest) > limit:
        out["_links"] = next_link("/v3/contact_lists", query, rest[limit - 1].number, at)
    return out


def _is_shown(one: ContactList, statuses: set[str], query: Mapping[str, str]) -> bool:
    status = "active" if one.deleted_at is None else "deleted"
    if "all" not in statuses and status not in statuses:
        return False
    if query.get("channel_type", "email") != "email":
        return False
    return "name" not in query or one.name.casefold() == query["name"].strip().casefold()


def _read_counted(query: Mapping[str, str]) -> str | None:
    counted = query.get("include_membership_count")
    if counted is not None and counted not in _COUNTED:  # `true` is refused, too
        raise invalid(["include_membership_count does not have a valid value"])
    return counted


def _members(account: Account, counted: str) -> Counter[str]:
    return Counter(
        list_id
        for contact in account.contacts.values()
        if counted == "all" or contact.is_mailable
        for list_id in contact.list_memberships
    )


def _read(body: Mapping[str, Any]) -> tuple[str, str | None, bool]:
    name, description = body.get("name"), body.get("description")
    favorite = body.get("favorite", False)
    faults = []
    if not isinstance(name, str) or not name.strip():
        faults.append("name is missing")
    elif len(name) > NAME_LENGTH:
        faults.append(f"name length must be between 1 and {NAME_LENGTH}")
    if description is not None and not isinstance(description, str):
        faults.append("description does not have a valid value")
    if not isinstance(favorite, bool):
        faults.append("favorite does not have a valid value")
    if faults:
        raise invalid(faults)
    return str(name).strip(), description, favorite
