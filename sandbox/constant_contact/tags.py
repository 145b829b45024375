"""Contact tags: created, renamed, shown at once; deleted a little later."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sandbox.constant_contact import render
from sandbox.constant_contact.bulk import queue
from sandbox.constant_contact.bulk.deletes import DeleteTags
from sandbox.constant_contact.model import Account, Tag
from sandbox.constant_contact.paging import next_link, open_cursor, read_flag, read_limit
from sandbox.constant_contact.refusals import conflict, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.bulk.model import BulkActivity
    from sandbox.constant_contact.model import Json

NAME_LENGTH = 255


def find(account: Account, tag_id: str) -> Tag:
    """Return a tag.

    Raises:
        Refusal: 404.
    """
    tag = account.tags.get(tag_id)
    if tag is None:
        raise not_found(f"tag_id {tag_id}")
    return tag


def create(account: Account, body: Mapping[str, Any], now: datetime) -> Tag:
    """Create a tag; its name must be free.

    Raises:
        Refusal: 400 or 409.
    """
    name = _read_name(account, body, None)
    source = body.get("tag_source")
    if source is not None and not isinstance(source, str):
        raise invalid(["tag_source does not have a valid value"])
    tag = Tag(
        number=account.new_number(),
        tag_id=account.new_id(),
        name=name,
        tag_source=source,
        created_at=now,
        updated_at=now,
    )
    account.tags[tag.tag_id] = tag
    return tag


def rename(account: Account, tag_id: str, body: Mapping[str, Any], now: datetime) -> Tag:
    """Give a tag another name; nothing else of it can be changed.

    Raises:
        Refusal: 400, 404 or 409.
    """
    tag = find(account, tag_id)
    tag.name, tag.updated_at = _read_name(account, body, tag), now
    return tag


def delete(account: Account, tag_id: str, now: datetime) -> BulkActivity:
    """Start the deletion of a tag; until it is done the tag is there as before.

    Raises:
        Refusal: 404, or 429 when the queue of activities is full.
    """
    work = DeleteTags([find(account, tag_id).tag_id])
    counts = {"items_total_count": 1, "items_completed_count": 0}
    return queue.begin(account, work, now, counts=counts, is_bulk=False)


def show(account: Account, tag_id: str, query: Mapping[str, str]) -> Json:
    """Return one tag.

    Raises:
        Refusal: 400 or 404.
    """
    tag = find(account, tag_id)
    counted = _count(account) if read_flag(query, "include_count") else None
    return render.tag(tag, None if counted is None else counted[tag_id])


def search(account: Account, query: Mapping[str, str], now: datetime) -> Json:
    """Return one page of tags, in the order of creation.

    Raises:
        Refusal: 400.
    """
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=50, most=500)
    counted = _count(account) if read_flag(query, "include_count") else None
    rest = [tag for tag in account.tags.values() if tag.number > position]
    out: Json = {
        "tags": [
            render.tag(tag, None if counted is None else counted[tag.tag_id])
            for tag in rest[:limit]
        ]
    }
    if len(rest) > limit:
        link = next_link("/v3/contact_tags", query, rest[limit - 1].number, at)["next"]
        # The contract's links of tags hold a second one inside the first, unlike any other page.
        out["_links"] = {"next": {**link, "next": dict(link)}}
    return out


def _count(account: Account) -> Counter[str]:
    return Counter(
        tag_id
        for contact in account.contacts.values()
        if contact.deleted_at is None
        for tag_id in contact.taggings
    )


def _read_name(account: Account, body: Mapping[str, Any], tag: Tag | None) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid(["name is missing"])
    if len(name) > NAME_LENGTH:
        raise invalid([f"name length must be between 1 and {NAME_LENGTH}"])
    wanted = name.strip().casefold()
    if any(one.name.casefold() == wanted and one is not tag for one in account.tags.values()):
        raise conflict("tag name is not unique")
    return name.strip()
