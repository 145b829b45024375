"""What one contact did with all mailings: `/reports/contact_reports/{contact_id}`."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.constant_contact.paging import cut, open_cursor, read_limit
from sandbox.constant_contact.refusals import invalid, report_not_found
from sandbox.constant_contact.times import read_time, written_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sandbox.constant_contact.mailings import Mailing, Tracked
    from sandbox.constant_contact.model import Account, Json

_TYPES = {
    "em_sends": "send",
    "em_opens": "open",
    "em_clicks": "click",
    "em_bounces": "bounce",
    "em_optouts": "optout",
    "em_forwards": "forward",
}
_OF_LANDING_PAGES = {"p_contact_open", "p_contact_click", "p_contact_add", "p_contact_update"}
_LONGEST = timedelta(days=5 * 366)
_MOST_MAILINGS = 200
_LISTS = ("tracking_activity_type", "tracking_activities_list")


def details(account: Account, contact_id: str, query: Mapping[str, str], now: datetime) -> Json:
    """Return one page of what the contact did, newest first, without links, codes or devices.

    Raises:
        Refusal: 400 or 404.
    """
    _check(account, contact_id)
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=100, most=100)
    given = [name for name in _LISTS if name in query]
    if len(given) != 1:
        raise invalid([f"exactly one of {', '.join(_LISTS)} is required"])
    types = query[given[0]].split(",")
    if not set(types) <= _TYPES.keys() | _OF_LANDING_PAGES:
        raise invalid([f"{given[0]} does not have a valid value"])
    named = query.get("include_campaign_activity_names", "true") == "true"
    wanted = {_TYPES[name]: name for name in types if name in _TYPES}
    rows = [pair for pair in _of_contact(account, contact_id) if pair[1].kind in wanted]
    rows.reverse()  # of what happened at one time, the later comes first, too
    rows.sort(key=lambda pair: pair[1].at, reverse=True)
    path = f"/v3/reports/contact_reports/{contact_id}/activity_details"
    page, links = cut(path, query, rows, position=position, limit=limit, now=at)
    activities = []
    for mailing, tracked in page:
        row = {
            "contact_id": contact_id,
            "campaign_activity_id": mailing.campaign_activity_id,
            "created_time": written_ms(tracked.at),
            "tracking_activity_type": wanted[tracked.kind],
        }
        if named:
            row["campaign_activity_name"] = account.campaigns[mailing.campaign_id].name
        activities.append(row)
    return {"tracking_activities": activities, "_links": links}


def summary(account: Account, contact_id: str, query: Mapping[str, str]) -> Json:
    """Return how often the contact did what, by mailing, the latest 200 that were sent.

    Raises:
        Refusal: 400 or 404.
    """
    _check(account, contact_id)
    counted = _within(account, contact_id, query)
    counted.sort(key=lambda each: each[0].sendings[0].at, reverse=True)
    names = {**_TYPES, "em_unsubscribes": "optout"}
    del names["em_optouts"]
    return {
        "contact_id": contact_id,
        "campaign_activities": [
            {
                "campaign_activity_id": mailing.campaign_activity_id,
                "start_on": written_ms(mailing.sendings[0].at),
                **{name: kinds[kind] for name, kind in names.items()},
            }
            for mailing, kinds in counted[:_MOST_MAILINGS]
        ],
        "_links": {},
    }


def rates(account: Account, contact_id: str, query: Mapping[str, str]) -> Json:
    """Return which share of the mailings the contact opened and clicked in, from 0 to 1.

    Raises:
        Refusal: 400 or 404.
    """
    _check(account, contact_id)
    got = [kinds for _, kinds in _within(account, contact_id, query) if kinds["send"]]

    def share(kind: str) -> float:
        return round(sum(1 for kinds in got if kinds[kind]) / len(got), 4) if got else 0.0

    return {
        "contact_id": contact_id,
        "included_activities_count": len(got),
        "average_open_rate": share("open"),
        "average_click_rate": share("click"),
    }


def _check(account: Account, contact_id: str) -> None:
    if contact_id not in account.contacts:
        raise report_not_found("contact_id", contact_id)


def _of_contact(account: Account, contact_id: str) -> Iterator[tuple[Mailing, Tracked]]:
    for mailing in account.mailings.values():
        for tracked in mailing.tracked:
            if tracked.contact_id == contact_id:
                yield mailing, tracked


def _within(
    account: Account, contact_id: str, query: Mapping[str, str]
) -> list[tuple[Mailing, Counter[str]]]:
    """Return what the contact did in the span of time that a query asks for, by mailing."""
    start, end = (read_time(query.get(name, "")) for name in ("start", "end"))
    if start is None or end is None or end < start or end - start > _LONGEST:
        raise invalid(["start and end do not have a valid value"])
    counted: dict[str, Counter[str]] = {}
    for mailing, tracked in _of_contact(account, contact_id):
        if start <= tracked.at <= end:
            counted.setdefault(mailing.campaign_activity_id, Counter())[tracked.kind] += 1
    return [(account.mailings[mailing_id], kinds) for mailing_id, kinds in counted.items()]
