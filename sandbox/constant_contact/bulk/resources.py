"""The V3 resources of bulk activities: which path begins what, and how it is asked about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.constant_contact.answers import Text
from sandbox.constant_contact.bulk import queue, render
from sandbox.constant_contact.bulk.columns import unknown_columns
from sandbox.constant_contact.bulk.deletes import DeleteCustomFields, DeleteLists, DeleteTags
from sandbox.constant_contact.bulk.exports import ExportContacts, read_columns
from sandbox.constant_contact.bulk.imports import COUNTS, ImportContacts
from sandbox.constant_contact.bulk.memberships import (
    AddTags,
    AddToLists,
    DeleteContacts,
    RemoveFromLists,
    RemoveTags,
)
from sandbox.constant_contact.bulk.model import Scene
from sandbox.constant_contact.bulk.payloads import read_csv, read_json
from sandbox.constant_contact.bulk.sources import read_exported, read_ids, read_source
from sandbox.constant_contact.paging import next_link, open_cursor, read_limit
from sandbox.constant_contact.refusals import invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.constant_contact.api import Answer, ApiCall, Handler
    from sandbox.constant_contact.bulk.model import Work
    from sandbox.constant_contact.bulk.payloads import Payload
    from sandbox.constant_contact.model import Json

MOST_TARGETS: Final = 50
MOST_LISTS_DELETED: Final = 100
MOST_CONTACTS_DELETED: Final = 500
MOST_TAGS_DELETED: Final = 500
MOST_FIELDS_DELETED: Final = 100
_STATES: Final = ("processing", "completed", "cancelled", "failed", "timed_out")
_LIST_SOURCES: Final = (
    "contact_ids",
    "list_ids",
    "all_active_contacts",
    "tag_ids",
    "engagement_level",
)
_TAG_SOURCES: Final = (
    "contact_ids",
    "list_ids",
    "tag_ids",
    "all_active_contacts",
    "new_subscriber",
)


def _begin(
    call: ApiCall,
    work: Work,
    counts: dict[str, int] | None,
    source_file_name: str | None = None,
) -> Answer:
    activity = queue.begin(
        call.account, work, call.now, counts=counts, source_file_name=source_file_name
    )
    call.wrote("activity", activity.activity_id, "create")
    return 201, render.activity(activity)


def _counts(work: Work, **others: int) -> dict[str, int]:
    return {"items_total_count": work.total, "items_completed_count": 0, **others}


def _targets(call: ApiCall, name: str) -> list[str]:
    """Return the lists or tags that an activity gives or takes.

    Raises:
        Refusal: 400.
    """
    faults: list[str] = []
    found = read_ids(call.body, name, MOST_TARGETS, faults)
    is_there = call.account.has_list if name == "list_ids" else call.account.tags.__contains__
    if not all(is_there(one) for one in found):
        faults.append(f"{name} contains an id that does not exist")
    if faults:
        raise invalid(faults)
    return found


def _import(call: ApiCall, payload: Payload) -> Answer:
    faults: list[str] = []
    list_ids = read_ids({"list_ids": payload.list_ids}, "list_ids", MOST_TARGETS, faults)
    if not all(call.account.has_list(one) for one in list_ids):
        faults.append("list_ids contains an id that does not exist")
    if call.policy.import_refuses_unknown_columns:
        scene = Scene(account=call.account, policy=call.policy, now=call.now)
        unknown = unknown_columns(payload.headings, frozenset(scene.fields))
        faults += [f"{heading} is not a column" for heading in unknown]
    if faults:
        raise invalid(faults)
    work = ImportContacts(payload.rows, list_ids, payload.sms_permission)
    counts = dict.fromkeys(COUNTS, 0) | {"items_total_count": work.total}
    return _begin(call, work, counts, payload.file_name)


def _post_json_import(call: ApiCall) -> Answer:
    return _import(call, read_json(call.body, call.raw))


def _post_file_import(call: ApiCall) -> Answer:
    return _import(call, read_csv(call.content_type, call.raw))


def _post_add_to_lists(call: ApiCall) -> Answer:
    list_ids = _targets(call, "list_ids")
    sources = (*_LIST_SOURCES, "segment_id")
    work = AddToLists(read_source(call.account, call.body, sources, call.now), list_ids)
    counts = _counts(work, list_count=len(list_ids))
    return _begin(call, work, counts)


def _post_remove_from_lists(call: ApiCall) -> Answer:
    list_ids = _targets(call, "list_ids")
    found = read_source(call.account, call.body, _LIST_SOURCES, call.now)
    work = RemoveFromLists(found, list_ids)
    counts = _counts(work, list_count=len(list_ids))
    return _begin(call, work, counts)


def _post_add_tags(call: ApiCall) -> Answer:
    tag_ids = _targets(call, "tag_ids")
    work = AddTags(read_source(call.account, call.body, _TAG_SOURCES, call.now), tag_ids)
    return _begin(call, work, _counts(work))


def _post_remove_tags(call: ApiCall) -> Answer:
    tag_ids = _targets(call, "tag_ids")
    work = RemoveTags(read_source(call.account, call.body, _TAG_SOURCES, call.now), tag_ids)
    return _begin(call, work, _counts(work))


def _post_delete_contacts(call: ApiCall) -> Answer:
    source = {name: call.body.get(name) for name in ("contact_ids", "list_ids")}
    found = read_source(call.account, {"source": source}, tuple(source), call.now)
    work = DeleteContacts(found)
    list_ids = source["list_ids"]
    counts = _counts(work, **({"list_count": len(list_ids)} if list_ids else {}))
    return _begin(call, work, counts)


def _read_deleted(call: ApiCall, name: str, most: int) -> list[str]:
    faults: list[str] = []
    found = read_ids(call.body, name, most, faults)
    if faults:
        raise invalid(faults)
    return found


def _post_delete_lists(call: ApiCall) -> Answer:
    work = DeleteLists(_read_deleted(call, "list_ids", MOST_LISTS_DELETED))
    return _begin(call, work, {"list_count": 0})


def _post_delete_tags(call: ApiCall) -> Answer:
    work = DeleteTags(_read_deleted(call, "tag_ids", MOST_TAGS_DELETED))
    return _begin(call, work, _counts(work))


def _post_delete_custom_fields(call: ApiCall) -> Answer:
    work = DeleteCustomFields(_read_deleted(call, "custom_field_ids", MOST_FIELDS_DELETED))
    return _begin(call, work, None)


def _post_export(call: ApiCall) -> Answer:
    columns = read_columns(call.account, call.body.get("fields"))
    work = ExportContacts(read_exported(call.account, call.body, call.now), columns)
    return _begin(call, work, _counts(work))


def _get_export(call: ApiCall) -> Answer:
    content = call.account.exports.get(call.ids["file_export_id"])
    if content is None:
        raise not_found(f"file_export_id {call.ids['file_export_id']}")
    return 200, Text(content, "text/csv")


def _get_activity(call: ApiCall) -> Answer:
    return 200, render.activity(queue.find(call.account, call.ids["activity_id"]))


def _get_activities(call: ApiCall) -> Answer:
    """Show the activities of the last ten days, the newest first."""
    at = call.now.timestamp()
    query, position = open_cursor(call.query, at)
    limit = read_limit(query, default=50, most=500)
    state = query.get("state")
    if state is not None and state not in _STATES:
        raise invalid(["state does not have a valid value"])
    rest = [
        one
        for one in reversed(call.account.activities.values())
        if state in (None, one.state) and (position == 0 or one.number < position)
    ]
    out: Json = {"activities": [render.activity(one) for one in rest[:limit]]}
    if len(rest) > limit:
        out["_links"] = next_link("/v3/activities", query, rest[limit - 1].number, at)
    return 200, out


UPLOADS: Final = frozenset({_post_file_import})
"""Handlers that read the body themselves: it is no JSON."""

RESOURCES: Mapping[str, Mapping[str, Handler]] = {
    "/activities": {"GET": _get_activities},
    "/activities/contacts_json_import": {"POST": _post_json_import},
    "/activities/contacts_file_import": {"POST": _post_file_import},
    "/activities/add_list_memberships": {"POST": _post_add_to_lists},
    "/activities/remove_list_memberships": {"POST": _post_remove_from_lists},
    "/activities/contacts_taggings_add": {"POST": _post_add_tags},
    "/activities/contacts_taggings_remove": {"POST": _post_remove_tags},
    "/activities/contacts_tags_delete": {"POST": _post_delete_tags},
    "/activities/contact_delete": {"POST": _post_delete_contacts},
    "/activities/list_delete": {"POST": _post_delete_lists},
    "/activities/custom_fields_delete": {"POST": _post_delete_custom_fields},
    "/activities/contact_exports": {"POST": _post_export},
    "/activities/{activity_id}": {"GET": _get_activity},
    "/contact_exports/{file_export_id}": {"GET": _get_export},
}
"""Path below `/v3` -> method -> handler; an earlier path wins over a later one."""
