"""Segments: contacts chosen by criteria, computed when they are asked for.

The vendor gives criteria as a JSON text and publishes the grammar by examples only. Of that, groups
joined by `and` and `or` are understood, and conditions on what a contact is or which lists and tags
it has; a condition on anything else holds for nobody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact.paging import next_link, open_cursor, read_limit
from sandbox.constant_contact.refusals import conflict, invalid, not_found
from sandbox.constant_contact.times import written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sandbox.constant_contact.model import Account, Contact, Json

    _Test = Callable[[Contact], bool]

CRITERIA_LENGTH: Final = 20_000
NAME_LENGTH: Final = 255
_PATH: Final = "/v3/segments"
_PAGE: Final = 1_000
_SORTS: Final = ("date", "name")
_DEEPEST: Final = 20


@dataclass(slots=True, kw_only=True)
class Segment:
    """A segment.

    Attributes:
        criteria: The JSON text as it was sent.
        asked_at: When its contacts were first asked for since it was changed; None: not yet.
    """

    segment_id: int
    name: str
    criteria: str
    created_at: datetime
    edited_at: datetime
    asked_at: datetime | None = None


def find(account: Account, segment_id: str) -> Segment:
    """Return a segment by the id in a path or a query.

    Raises:
        Refusal: 400 for what is no number, 404.
    """
    if not (segment_id.isascii() and segment_id.isdigit()):
        raise invalid(["segment_id does not have a valid value"])
    # More digits than any id has: int() of thousands of them would be refused by Python.
    segment = account.segments.get(int(segment_id)) if len(segment_id) < 20 else None  # noqa: PLR2004
    if segment is None:
        raise not_found(f"segment_id {segment_id}")
    return segment


def search(account: Account, query: Mapping[str, str], now: datetime) -> Json:
    """Return one page of segments: the last edited first, or by name.

    Raises:
        Refusal: 400.
    """
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=_PAGE, most=_PAGE)
    sort_by = query.get("sort_by", _SORTS[0])
    if sort_by not in _SORTS:
        raise invalid(["sort_by does not have a valid value"])
    found = sorted(account.segments.values(), key=lambda one: (one.edited_at, one.segment_id))
    if sort_by == "name":
        found.sort(key=lambda one: one.name.casefold())
    else:
        found.reverse()
    end = position + limit
    out: Json = {
        "segments": [
            {
                "segment_id": one.segment_id,
                "name": one.name,
                "created_at": written(one.created_at),
                "edited_at": written(one.edited_at),
            }
            for one in found[position:end]
        ]
    }
    if end < len(found):
        out["_links"] = next_link(_PATH, query, end, at)
    return out


def create(account: Account, body: Mapping[str, Any], now: datetime) -> Segment:
    """Create a segment; its name must be free.

    Raises:
        Refusal: 400 or 409.
    """
    criteria = _criteria(body)
    segment = Segment(
        segment_id=max(account.segments, default=0) + 1,
        name=_name(account, body, None),
        criteria=criteria,
        created_at=now,
        edited_at=now,
    )
    account.segments[segment.segment_id] = segment
    return segment


def replace(account: Account, segment_id: str, body: Mapping[str, Any], now: datetime) -> Segment:
    """Give a segment another name and other criteria.

    Raises:
        Refusal: 400, 404 or 409.
    """
    segment = find(account, segment_id)
    criteria = _criteria(body)
    segment.name = _name(account, body, segment)
    segment.criteria, segment.edited_at, segment.asked_at = criteria, now, None
    return segment


def rename(account: Account, segment_id: str, body: Mapping[str, Any], now: datetime) -> Segment:
    """Give a segment another name.

    Raises:
        Refusal: 400, 404 or 409.
    """
    segment = find(account, segment_id)
    segment.name = _name(account, body, segment)
    segment.edited_at = now
    return segment


def delete(account: Account, segment_id: str) -> None:
    """Delete a segment.

    Raises:
        Refusal: 400 or 404.
    """
    del account.segments[find(account, segment_id).segment_id]


def shown(segment: Segment) -> Json:
    """Return a segment as the API shows it."""
    return {
        "segment_id": segment.segment_id,
        "name": segment.name,
        "segment_criteria": segment.criteria,
        "created_at": written(segment.created_at),
        "edited_at": written(segment.edited_at),
    }


def members(account: Account, segment_id: int) -> list[Contact]:
    """Return the contacts that are not deleted and meet the criteria; none of an unknown one."""
    segment = account.segments.get(segment_id)
    if segment is None:
        return []
    read = json.loads(segment.criteria)
    meets = _test(read.get("criteria", read))
    return [one for one in account.contacts.values() if one.deleted_at is None and meets(one)]


def _name(account: Account, body: Mapping[str, Any], segment: Segment | None) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_LENGTH:
        raise invalid(["name does not have a valid value"])
    wanted = name.strip().casefold()
    others = (one for one in account.segments.values() if one is not segment)
    if any(one.name.casefold() == wanted for one in others):
        raise conflict("segment name is not unique")
    return name.strip()


def _criteria(body: Mapping[str, Any]) -> str:
    text = body.get("segment_criteria")
    if not isinstance(text, str) or len(text) > CRITERIA_LENGTH:
        raise invalid(["segment_criteria does not have a valid value"])
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        raise invalid(["segment_criteria is no JSON text"]) from None
    criteria = read.get("criteria", read) if isinstance(read, dict) else None
    if not isinstance(criteria, dict) or _depth(criteria) > _DEEPEST:
        raise invalid(["segment_criteria does not have a valid value"])
    return text


def _depth(criteria: object, depth: int = 1) -> int:
    group = criteria.get("group") if isinstance(criteria, dict) else None
    if not isinstance(group, list) or depth > _DEEPEST:
        return depth
    return max((_depth(one, depth + 1) for one in group), default=depth)


def _test(criteria: object) -> _Test:
    """Return what decides for one contact whether it meets criteria."""
    if not isinstance(criteria, dict):
        return _nobody
    group = criteria.get("group")
    if isinstance(group, list):
        tests = [_test(one) for one in group]
        join = any if criteria.get("type") == "or" else all
        return lambda contact: bool(tests) and join(test(contact) for test in tests)
    return _condition(criteria)


def _condition(criteria: Json) -> _Test:
    field, wanted = criteria.get("field"), criteria.get("value")
    if not isinstance(field, str) or not isinstance(wanted, (str, int, list)):
        return _nobody
    compare = _COMPARISONS.get(str(criteria.get("op")))
    if compare is None:
        return _nobody
    several = [str(one).casefold() for one in (wanted if isinstance(wanted, list) else [wanted])]
    return lambda contact: compare(_values(contact, field), several)


def _values(contact: Contact, field: str) -> list[str]:
    match field:
        case "list_id" | "list_memberships":
            values: list[Any] = contact.list_memberships
        case "tag_id" | "taggings":
            values = contact.taggings
        case "email" | "email_address":
            values = [contact.email.address] if contact.email else []
        case "permission_to_send":
            values = [contact.email.permission_to_send] if contact.email else []
        case _:
            values = [contact.core[field]] if field in contact.core else []
    return [str(value).casefold() for value in values]


def _nobody(_contact: Contact) -> bool:
    return False


_COMPARISONS: Final[Mapping[str, Callable[[list[str], list[str]], bool]]] = {
    "eq": lambda held, wanted: any(value in wanted for value in held),
    "ne": lambda held, wanted: all(value not in wanted for value in held),
    "contains": lambda held, wanted: any(part in value for value in held for part in wanted),
    "contains-any": lambda held, wanted: any(value in wanted for value in held),
    "contains-all": lambda held, wanted: all(value in held for value in wanted),
    "not-contains-any": lambda held, wanted: all(value not in wanted for value in held),
}
