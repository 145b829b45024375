"""A bulk activity as the V3 API spells it in JSON. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.constant_contact.times import written

if TYPE_CHECKING:
    from sandbox.constant_contact.bulk.model import BulkActivity
    from sandbox.constant_contact.model import Json


def activity(activity: BulkActivity) -> Json:
    """Return a bulk activity resource; a time is there once it has come."""
    out: Json = {"activity_id": activity.activity_id, "state": activity.state}
    if activity.started_at is not None:
        out["started_at"] = written(activity.started_at)
    if activity.completed_at is not None:
        out["completed_at"] = written(activity.completed_at)
    out["created_at"] = written(activity.created_at)
    out["updated_at"] = written(activity.updated_at or activity.created_at)
    if activity.source_file_name is not None:
        out["source_file_name"] = activity.source_file_name
    out["percent_done"] = activity.percent_done
    out["activity_errors"] = list(activity.errors)
    if activity.counts is not None:
        out["status"] = dict(activity.counts)
    out["_links"] = {"self": {"href": f"/v3/activities/{activity.activity_id}"}}
    if activity.export_id is not None:
        out["_links"]["results"] = {"href": f"/v3/contact_exports/{activity.export_id}"}
    return out
