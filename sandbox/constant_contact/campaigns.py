"""The campaigns of an account as `/emails` shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.constant_contact.paging import next_link, open_cursor, read_limit
from sandbox.constant_contact.refusals import invalid, not_found
from sandbox.constant_contact.times import read_time, written_ms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.mailings import Campaign, Mailing
    from sandbox.constant_contact.model import Account, Json

_PATH = "/v3/emails"
_INCLUDES = frozenset(
    {"physical_address_in_footer", "permalink_url", "html_content", "document_properties"}
)


def search(account: Account, query: Mapping[str, str], now: datetime) -> Json:
    """Return one page of campaigns, removed ones too, the newest first.

    Raises:
        Refusal: 400 for a parameter that has no valid value.
    """
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=50, most=500)
    after, before = _read_time(query, "after_date"), _read_time(query, "before_date")
    found = [
        campaign
        for campaign in reversed(account.campaigns.values())
        if (not position or campaign.number < position)
        and (after is None or campaign.updated_at > after)
        and (before is None or campaign.updated_at < before)
    ]
    out: Json = {"campaigns": [_in_short(campaign) for campaign in found[:limit]]}
    if len(found) > limit:
        out["_links"] = next_link(_PATH, query, found[limit - 1].number, at)
    return out


def show(account: Account, campaign_id: str) -> Json:
    """Return a campaign with its activities.

    Raises:
        Refusal: 404.
    """
    campaign = account.campaigns.get(campaign_id)
    if campaign is None:
        raise not_found(f"campaign_id {campaign_id}")
    return _in_short(campaign) | {
        "campaign_activities": [
            {"campaign_activity_id": mailing.campaign_activity_id, "role": mailing.role}
            for mailing in campaign.mailings
        ]
    }


def show_activity(account: Account, campaign_activity_id: str, query: Mapping[str, str]) -> Json:
    """Return one activity: what it says, whom it comes from, which lists it goes to.

    Raises:
        Refusal: 400 or 404.
    """
    mailing = find_activity(account, campaign_activity_id)
    include = {part for part in query.get("include", "").split(",") if part}
    if not include <= _INCLUDES:
        raise invalid(["include does not have a valid value"])
    out: Json = {
        "campaign_activity_id": mailing.campaign_activity_id,
        "campaign_id": mailing.campaign_id,
        "role": mailing.role,
        "contact_list_ids": list(mailing.list_ids),
        "segment_ids": list(mailing.segment_ids),
        "current_status": mailing.status,
        "format_type": mailing.format_type,
        "from_email": mailing.from_email,
        "from_name": mailing.from_name,
        "reply_to_email": mailing.reply_to_email or mailing.from_email,
        "subject": mailing.subject,
    }
    if mailing.preheader is not None:
        out["preheader"] = mailing.preheader
    return out | {name: _included(account, mailing, name) for name in sorted(include)}


def send_history(account: Account, campaign_activity_id: str) -> list[Json]:
    """Return the sendings of an activity, oldest first, as a bare list.

    Raises:
        Refusal: 404.
    """
    return [
        {
            "send_id": sending.send_id,
            "contact_list_ids": list(sending.list_ids),
            "segment_ids": list(sending.segment_ids),
            "count": sending.count,
            "run_date": written_ms(sending.at),
            "send_status": "COMPLETED",
            "reason_code": 0,
        }
        for sending in find_activity(account, campaign_activity_id).sendings
    ]


def find_activity(account: Account, campaign_activity_id: str) -> Mailing:
    """Return a campaign activity.

    Raises:
        Refusal: 404.
    """
    mailing = account.mailings.get(campaign_activity_id)
    if mailing is None:
        raise not_found(f"campaign_activity_id {campaign_activity_id}")
    return mailing


def _in_short(campaign: Campaign) -> Json:
    return {
        "campaign_id": campaign.campaign_id,
        "name": campaign.name,
        "current_status": campaign.status,
        "type": "NEWSLETTER",
        "type_code": 10,
        "created_at": written_ms(campaign.created_at),
        "updated_at": written_ms(campaign.updated_at),
    }


def _included(account: Account, mailing: Mailing, name: str) -> Any:
    match name:
        case "permalink_url":
            return f"https://conta.cc/{mailing.campaign_id[:7]}"
        case "html_content":
            return html_of(mailing)
        case "physical_address_in_footer":
            return mailing.footer or {
                "address_line1": (account.physical_address or {}).get("address_line1", "-"),
                "country_code": account.summary["country_code"],
                "organization_name": account.summary["organization_name"],
            }
        case _:
            return mailing.document_properties or {"forward_email_link_enabled": "true"}


def html_of(mailing: Mailing) -> str:
    """Return the HTML of a mailing."""
    if mailing.html_content is not None:
        return mailing.html_content
    links = "".join(f'<p><a href="{link}">{link}</a></p>' for link in mailing.links)
    return f"<html><body>{links}</body></html>"


def _read_time(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    at = read_time(query[name])
    if at is None:
        raise invalid([f"{name} does not have a valid value"])
    return at
