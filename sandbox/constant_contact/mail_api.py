"""The V3 resources of campaigns and reports: which path does what. All of them only read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.constant_contact import campaigns, contact_reports, totals, tracking
from sandbox.constant_contact.refusals import Refusal, no_scope, report_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.constant_contact.api import Answer, ApiCall, Handler
    from sandbox.constant_contact.model import Json


def _get_campaigns(call: ApiCall) -> Json:
    return campaigns.search(call.account, call.query, call.now)


def _get_campaign(call: ApiCall) -> Json:
    return campaigns.show(call.account, call.ids["campaign_id"])


def _get_activity(call: ApiCall) -> Json:
    return campaigns.show_activity(call.account, call.ids["campaign_activity_id"], call.query)


def _get_send_history(call: ApiCall) -> list[Json]:
    return campaigns.send_history(call.account, call.ids["campaign_activity_id"])


def _get_tracking(call: ApiCall) -> Json:
    ids = call.ids
    return tracking.track(
        call.account, ids["campaign_activity_id"], ids["kind"], call.query, call.now
    )


def _get_links(call: ApiCall) -> Json:
    return tracking.links(call.account, call.ids["campaign_activity_id"], call.query)


def _get_summaries(call: ApiCall) -> Json:
    return totals.summaries(call.account, call.query, call.now)


def _get_campaign_stats(call: ApiCall) -> Json:
    return totals.of_campaigns(call.account, call.policy, call.ids["campaign_ids"], call.now)


def _get_activity_stats(call: ApiCall) -> Json:
    ids = call.ids["campaign_activity_ids"]
    return totals.of_mailings(call.account, call.policy, ids, call.now)


def _get_details(call: ApiCall) -> Json:
    return contact_reports.details(call.account, call.ids["contact_id"], call.query, call.now)


def _get_activity_summary(call: ApiCall) -> Json:
    return contact_reports.summary(call.account, call.ids["contact_id"], call.query)


def _get_rates(call: ApiCall) -> Json:
    return contact_reports.rates(call.account, call.ids["contact_id"], call.query)


def _with_scope(read: Callable[[ApiCall], object]) -> Handler:
    """Return a handler that asks for the scope `campaign_data` first."""

    def handler(call: ApiCall) -> Answer:
        if not call.policy.campaign_data:
            raise no_scope()
        return 200, read(call)

    return handler


def _report(handler: Handler) -> Handler:
    """Return a handler that refuses in the words of reports."""

    def report(call: ApiCall) -> Answer:
        try:
            return handler(call)
        except Refusal as refusal:
            raise report_refused(refusal) from None

    return report


def _contact_report(read: Callable[[ApiCall], object]) -> Handler:
    """Return a handler of a report that needs the scope `contact_data`, which is always there."""
    return _report(lambda call: (200, read(call)))


_CAMPAIGNS = {
    "/emails": _get_campaigns,
    "/emails/{campaign_id}": _get_campaign,
    "/emails/activities/{campaign_activity_id}": _get_activity,
    "/emails/activities/{campaign_activity_id}/send_history": _get_send_history,
}
_EMAIL_REPORTS = {
    "/reports/email_reports/{campaign_activity_id}/links": _get_links,
    "/reports/email_reports/{campaign_activity_id}/tracking/{kind}": _get_tracking,
    "/reports/summary_reports/email_campaign_summaries": _get_summaries,
    "/reports/stats/email_campaigns/{campaign_ids}": _get_campaign_stats,
    "/reports/stats/email_campaign_activities/{campaign_activity_ids}": _get_activity_stats,
}
_CONTACT_REPORTS = {
    "/reports/contact_reports/{contact_id}/activity_details": _get_details,
    "/reports/contact_reports/{contact_id}/activity_summary": _get_activity_summary,
    "/reports/contact_reports/{contact_id}/open_and_click_rates": _get_rates,
}

RESOURCES: Mapping[str, Mapping[str, Handler]] = {
    **{path: {"GET": _with_scope(read)} for path, read in _CAMPAIGNS.items()},
    **{path: {"GET": _report(_with_scope(read))} for path, read in _EMAIL_REPORTS.items()},
    **{path: {"GET": _contact_report(read)} for path, read in _CONTACT_REPORTS.items()},
}
"""Path below `/v3` -> method -> handler."""
