"""The V3 resources that write campaigns, schedules and segments: which path does what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.constant_contact import authoring, campaigns, schedules, segments
from sandbox.constant_contact.refusals import no_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.constant_contact.api import Answer, ApiCall, Handler


def _post_campaign(call: ApiCall) -> Answer:
    campaign = authoring.create(call.account, call.body, call.now)
    call.wrote("campaign", campaign["campaign_id"], "create")
    return 200, campaign


def _patch_campaign(call: ApiCall) -> Answer:
    campaign_id = call.ids["campaign_id"]
    campaign = authoring.rename(call.account, campaign_id, call.body, call.now)
    call.wrote("campaign", campaign_id, "update")
    return 200, campaign


def _delete_campaign(call: ApiCall) -> Answer:
    campaign_id = call.ids["campaign_id"]
    authoring.remove(call.account, campaign_id, call.now)
    call.wrote("campaign", campaign_id, "delete")
    return 204, None


def _put_activity(call: ApiCall) -> Answer:
    activity_id = call.ids["campaign_activity_id"]
    authoring.replace_activity(call.account, activity_id, call.body, call.now)
    call.wrote("campaign_activity", activity_id, "update")
    return 200, campaigns.show_activity(call.account, activity_id, {"include": "html_content"})


def _get_schedules(call: ApiCall) -> Answer:
    return 200, schedules.listed(call.account, call.ids["campaign_activity_id"])


def _post_schedule(call: ApiCall) -> Answer:
    activity_id = call.ids["campaign_activity_id"]
    scheduled = schedules.schedule(call.account, activity_id, call.body, call.now)
    call.wrote("campaign_activity", activity_id, "update")
    return 201, scheduled


def _delete_schedules(call: ApiCall) -> Answer:
    activity_id = call.ids["campaign_activity_id"]
    schedules.unschedule(call.account, activity_id, call.now)
    call.wrote("campaign_activity", activity_id, "update")
    return 204, None


def _post_tests(call: ApiCall) -> Answer:
    authoring.send_tests(call.account, call.ids["campaign_activity_id"], call.body, call.now)
    return 204, None


def _get_preview(call: ApiCall) -> Answer:
    return 200, authoring.preview(call.account, call.ids["campaign_activity_id"])


def _get_segments(call: ApiCall) -> Answer:
    return 200, segments.search(call.account, call.query, call.now)


def _post_segment(call: ApiCall) -> Answer:
    segment = segments.create(call.account, call.body, call.now)
    call.wrote("segment", str(segment.segment_id), "create")
    return 201, segments.shown(segment)


def _get_segment(call: ApiCall) -> Answer:
    return 200, segments.shown(segments.find(call.account, call.ids["segment_id"]))


def _put_segment(call: ApiCall) -> Answer:
    segment = segments.replace(call.account, call.ids["segment_id"], call.body, call.now)
    call.wrote("segment", str(segment.segment_id), "update")
    return 200, segments.shown(segment)


def _delete_segment(call: ApiCall) -> Answer:
    segments.delete(call.account, call.ids["segment_id"])
    call.wrote("segment", call.ids["segment_id"], "delete")
    return 204, None


def _patch_segment_name(call: ApiCall) -> Answer:
    segment = segments.rename(call.account, call.ids["segment_id"], call.body, call.now)
    call.wrote("segment", str(segment.segment_id), "update")
    return 200, segments.shown(segment)


def _with_scope(handler: Handler) -> Handler:
    """Return a handler that asks for the scope `campaign_data` first."""

    def scoped(call: ApiCall) -> Answer:
        if not call.policy.campaign_data:
            raise no_scope()
        return handler(call)

    return scoped


_ACTIVITY = "/emails/activities/{campaign_activity_id}"
_CAMPAIGNS: Mapping[str, Mapping[str, Handler]] = {
    "/emails": {"POST": _post_campaign},
    "/emails/{campaign_id}": {"PATCH": _patch_campaign, "DELETE": _delete_campaign},
    _ACTIVITY: {"PUT": _put_activity},
    f"{_ACTIVITY}/schedules": {
        "GET": _get_schedules,
        "POST": _post_schedule,
        "DELETE": _delete_schedules,
    },
    f"{_ACTIVITY}/tests": {"POST": _post_tests},
    f"{_ACTIVITY}/previews": {"GET": _get_preview},
}
_SEGMENTS: Mapping[str, Mapping[str, Handler]] = {
    "/segments": {"GET": _get_segments, "POST": _post_segment},
    "/segments/{segment_id}": {
        "GET": _get_segment,
        "PUT": _put_segment,
        "DELETE": _delete_segment,
    },
    "/segments/{segment_id}/name": {"PATCH": _patch_segment_name},
}

RESOURCES: Mapping[str, Mapping[str, Handler]] = {
    **{
        path: {method: _with_scope(handler) for method, handler in handlers.items()}
        for path, handlers in _CAMPAIGNS.items()
    },
    **_SEGMENTS,
}
"""Path below `/v3` -> method -> handler."""
