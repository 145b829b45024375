"""What mailings and campaigns come to: `/reports/stats` and `/reports/summary_reports`."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.constant_contact import tracking
from sandbox.constant_contact.paging import cut, open_cursor, read_limit
from sandbox.constant_contact.refusals import invalid, report_not_found
from sandbox.constant_contact.times import written_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sandbox.constant_contact.mailings import Campaign, Mailing
    from sandbox.constant_contact.model import Account, Json
    from sandbox.constant_contact.policy import Policy

MOST_IDS = 150
_SUMMARIES = "/v3/reports/summary_reports/email_campaign_summaries"
_DEVICES = ("computer", "mobile", "tablet", "other")
_BOUNCES = {
    "B": "nonexistent_address",
    "D": "undeliverable",
    "F": "mailbox_full",
    "S": "suspended",
    "V": "vacation",
    "X": "other",
    "Z": "blocked",
}
_COUNTED = {"sends": "send", "forwards": "forward", "optouts": "optout", "bounces": "bounce"}


def of_campaigns(account: Account, policy: Policy, ids: str, now: datetime) -> Json:
    """Return the counts of campaigns: those of their mailings added up.

    Raises:
        Refusal: 400 for too many ids, 404 where one is unknown.
    """
    results = []
    for campaign_id in _read_ids(ids, "campaign_ids"):
        campaign = account.campaigns.get(campaign_id)
        if campaign is None:
            raise report_not_found("campaign_ids", campaign_id)
        read = [_cached(mailing, policy, now) for mailing in campaign.reported]
        stats = _sum([stats for _, stats in read])
        results.append(
            {
                "campaign_id": campaign_id,
                "stats": {name: stats[name] for name in stats if name not in _OF_MAILINGS},
                "percents": _percents(stats),
                "last_refresh_time": written_ms(min(at for at, _ in read)),
            }
        )
    return {"results": results, "errors": []}


def of_mailings(account: Account, policy: Policy, ids: str, now: datetime) -> Json:
    """Return the counts of campaign activities.

    Raises:
        Refusal: 400 for too many ids, 404 where one is unknown or has no reports.
    """
    results = []
    for mailing_id in _read_ids(ids, "campaign_activity_ids"):
        if mailing_id not in account.mailings:
            raise report_not_found("campaign_activity_ids", mailing_id)
        mailing = tracking.find(account, mailing_id)
        at, stats = _cached(mailing, policy, now)
        results.append(
            {
                "campaign_id": mailing.campaign_id,
                "campaign_activity_id": mailing_id,
                "stats": stats,
                "last_refresh_time": written_ms(at),
            }
        )
    return {"results": results, "errors": []}


def summaries(account: Account, query: Mapping[str, str], now: datetime) -> Json:
    """Return one page of the campaigns that were sent, the one sent last first.

    Raises:
        Refusal: 400.
    """
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=50, most=500)
    sent = [
        (sent_at, campaign)
        for campaign in account.campaigns.values()
        if (sent_at := campaign.last_sent_at) is not None
    ]
    sent.sort(key=lambda pair: (pair[0], pair[1].number), reverse=True)
    page, links = cut(_SUMMARIES, query, sent, position=position, limit=limit, now=at)
    stats = [_sum([_counts(mailing) for mailing in campaign.reported]) for _, campaign in page]
    percents = _percents(_sum(stats))
    shown = ("click", "open", "did_not_open", "bounce", "unsubscribe")
    return {
        "bulk_email_campaign_summaries": [
            _summary(campaign, sent_at, counted)
            for (sent_at, campaign), counted in zip(page, stats, strict=True)
        ],
        "aggregate_percents": {name: percents[name] for name in shown},
        "_links": links,
    }


def _summary(campaign: Campaign, sent_at: datetime, stats: Mapping[str, int]) -> Json:
    names = ("sends", "opens", "clicks", "forwards", "optouts", "abuse", "bounces", "not_opened")
    return {
        "campaign_id": campaign.campaign_id,
        "campaign_type": "NEWSLETTER",
        "last_sent_date": written_ms(sent_at),
        "unique_counts": {name: stats[f"em_{name}"] for name in names},
    }


def _read_ids(ids: str, name: str) -> list[str]:
    wanted = [part for part in ids.split(",") if part]
    if len(wanted) > MOST_IDS:
        raise invalid([f"{name} size must be between 1 and {MOST_IDS}"])
    return wanted


def _cached(mailing: Mailing, policy: Policy, now: datetime) -> tuple[datetime, dict[str, int]]:
    """Return a mailing's counts and when they were computed, anew only where they are too old."""
    known = mailing.stats
    if known is None or now - known[0] >= timedelta(seconds=policy.stats_cached_s):
        known = mailing.stats = (now, _counts(mailing))
    return known


def _counts(mailing: Mailing) -> dict[str, int]:
    rows = mailing.tracked
    of_kind = Counter(row.kind for row in rows)
    codes = Counter(row.bounce_code for row in rows if row.kind == "bounce")
    stats = {f"em_{name}": of_kind[kind] for name, kind in _COUNTED.items()}
    for name, kind in (("opens", "open"), ("clicks", "click")):
        devices = Counter(row.device_type or "none" for row in rows if row.kind == kind)
        stats[f"em_{name}"] = len(mailing.who(kind))
        stats[f"em_{name}_all"] = of_kind[kind]
        stats |= {f"em_{name}_all_{device}": devices[device] for device in (*_DEVICES, "none")}
    unopened = stats["em_sends"] - stats["em_opens"] - stats["em_bounces"]
    stats["em_not_opened"] = max(unopened, 0)
    stats["em_abuse"] = 0
    return stats | {f"em_bounces_{name}": codes[code] for code, name in _BOUNCES.items()}


_OF_MAILINGS = frozenset({"em_abuse", *(f"em_bounces_{name}" for name in _BOUNCES.values())})
"""Counts that campaigns as a whole do not show."""


def _sum(counted: Sequence[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for stats in counted:
        total.update(stats)
    return total


def _percents(stats: Mapping[str, int]) -> dict[str, float]:
    def share(name: str, of: int) -> float:
        return round(100 * stats[name] / of, 2) if of else 0.0

    delivered = stats["em_sends"] - stats["em_bounces"]
    return {
        "bounce": share("em_bounces", stats["em_sends"]),
        "click": share("em_clicks", delivered),
        "desktop_click": share("em_clicks_all_computer", stats["em_clicks_all"]),
        "desktop_open": share("em_opens_all_computer", stats["em_opens_all"]),
        "did_not_open": share("em_not_opened", stats["em_sends"]),
        "mobile_click": share("em_clicks_all_mobile", stats["em_clicks_all"]),
        "mobile_open": share("em_opens_all_mobile", stats["em_opens_all"]),
        "open": share("em_opens", delivered),
        "unsubscribe": share("em_optouts", delivered),
    }
