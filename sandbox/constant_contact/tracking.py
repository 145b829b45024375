"""What recipients did with one mailing: `/reports/email_reports/{campaign_activity_id}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.constant_contact.mailings import REPORTED
from sandbox.constant_contact.paging import next_link, open_cursor, read_limit
from sandbox.constant_contact.refusals import invalid, not_found, report_not_found
from sandbox.constant_contact.times import written_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from sandbox.constant_contact.mailings import Mailing, Tracked
    from sandbox.constant_contact.model import Account, Json

_PAGE_MOST = 500
_KINDS = {
    "sends": ("send", "em_sends"),
    "opens": ("open", "em_opens"),
    "unique_opens": ("open", "em_opens"),
    "didnotopens": ("send", "em_didnotopens"),
    "clicks": ("click", "em_clicks"),
    "bounces": ("bounce", "em_bounces"),
    "optouts": ("optout", "em_optouts"),
    "forwards": ("forward", "em_forwards"),
}
"""Last part of the path -> kind of event, and what its rows call it."""


def find(account: Account, campaign_activity_id: str) -> Mailing:
    """Return a mailing that has reports.

    Raises:
        Refusal: 404.
    """
    mailing = account.mailings.get(campaign_activity_id)
    if mailing is None or mailing.role not in REPORTED:
        raise report_not_found("campaign_activity_id", campaign_activity_id)
    return mailing


def track(
    account: Account, campaign_activity_id: str, kind: str, query: Mapping[str, str], now: datetime
) -> Json:
    """Return one page of what happened, newest first; nothing for a mailing that is not sent.

    A row that comes while somebody pages is on no later page, and moves none.

    Raises:
        Refusal: 400 or 404.
    """
    if kind not in _KINDS:
        raise not_found(kind)
    mailing = find(account, campaign_activity_id)
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=_PAGE_MOST, most=_PAGE_MOST)
    wanted = _filtered(mailing, _rows(mailing, kind), query)
    # A position is the place of the last row shown in the mailing's history, counted from 1.
    rest = [(place, row) for place, row in wanted if not position or place < position]
    page = rest[:limit]
    path = f"/v3/reports/email_reports/{campaign_activity_id}/tracking/{kind}"
    return {
        "tracking_activities": [_row(account, mailing, kind, row) for _, row in page],
        "_links": next_link(path, query, page[-1][0], at) if len(rest) > limit else {},
    }


def links(account: Account, campaign_activity_id: str, query: Mapping[str, str]) -> Json:
    """Return the links of a mailing with how many contacts clicked each.

    Raises:
        Refusal: 400 or 404.
    """
    mailing = find(account, campaign_activity_id)
    no_clicks = query.get("no_clicks", "false")
    if no_clicks not in {"true", "false"}:
        raise invalid(["no_clicks does not have a valid value"])
    clicked: dict[str, set[str]] = {link: set() for link in mailing.links}
    for tracked in mailing.tracked:
        if tracked.link_url is not None:
            clicked[tracked.link_url].add(tracked.contact_id)
    return {
        "campaign_activity_id": campaign_activity_id,
        "link_click_counts": [
            {"link_url": link, "url_id": mailing.links[link], "unique_clicks": len(contact_ids)}
            for link, contact_ids in clicked.items()
            if contact_ids or no_clicks == "true"
        ],
    }


def _rows(mailing: Mailing, kind: str) -> Iterator[tuple[int, Tracked]]:
    """Yield the rows of a kind with their places, newest first."""
    event, _ = _KINDS[kind]
    left_out = mailing.who("open") | mailing.who("bounce") if kind == "didnotopens" else set()
    for place in range(len(mailing.tracked), 0, -1):
        tracked = mailing.tracked[place - 1]
        if tracked.kind != event or tracked.contact_id in left_out:
            continue
        if kind == "unique_opens":
            left_out.add(tracked.contact_id)
        yield place, tracked


def _filtered(
    mailing: Mailing, rows: Iterable[tuple[int, Tracked]], query: Mapping[str, str]
) -> list[tuple[int, Tracked]]:
    codes = {code for code in query.get("bounce_code", "").split(",") if code}
    if not codes <= set("BDFSVXZ"):
        raise invalid(["bounce_code does not have a valid value"])
    url_id = query.get("url_id")
    return [
        (place, tracked)
        for place, tracked in rows
        if (tracked.bounce_code is None or not codes or tracked.bounce_code in codes)
        and (
            url_id is None or tracked.link_url is None or mailing.links[tracked.link_url] == url_id
        )
    ]


def _row(account: Account, mailing: Mailing, kind: str, tracked: Tracked) -> Json:
    contact = account.contacts[tracked.contact_id]
    names: Json = {
        name: contact.core[name] for name in ("first_name", "last_name") if name in contact.core
    }
    row: Json = {
        "contact_id": tracked.contact_id,
        "campaign_activity_id": mailing.campaign_activity_id,
        "tracking_activity_type": _KINDS[kind][1],
        "email_address": tracked.email,
        **names,
        "created_time": written_ms(tracked.at),
    }
    if tracked.device_type is not None:
        row["device_type"] = tracked.device_type
    if tracked.link_url is not None:
        row |= {"url_id": mailing.links[tracked.link_url], "link_url": tracked.link_url}
    if tracked.bounce_code is not None:
        row["bounce_code"] = tracked.bounce_code
        if contact.email is not None:
            row["current_email_address"] = contact.email.address
    if tracked.opt_out_reason is not None:
        row["opt_out_reason"] = tracked.opt_out_reason
    if contact.deleted_at is not None:
        row["deleted_at"] = contact.deleted_at.date().isoformat()
    return row
