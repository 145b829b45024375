"""Campaigns as an API user writes them: made, renamed, edited, removed, tried on a few people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact.campaigns import find_activity, html_of, show
from sandbox.constant_contact.mailings import Campaign, Mailing
from sandbox.constant_contact.refusals import conflict, invalid, not_found
from sandbox.constant_contact.validation import ADDRESS_LENGTH, is_address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.mailings import Role
    from sandbox.constant_contact.model import Account, Json

NAME_LENGTH: Final = 80
MOST_TESTS_A_DAY: Final = 50
MOST_TEST_ADDRESSES: Final = 5
_CUSTOM_CODE: Final = 5
_FORMATS: Final = frozenset(range(1, 6))
_TEXTS: Final = {"from_name": 100, "subject": 200}
_ADDRESSES: Final = ("from_email", "reply_to_email")
_OPTIONAL_TEXTS: Final = {"preheader": 200, "html_content": 150_000}
_FOOTER: Final = (
    *("address_line1", "address_line2", "address_line3", "address_optional", "city"),
    *("country_code", "country_name", "organization_name", "postal_code", "state_code"),
    *("state_name", "state_non_us_name"),
)
_FOOTER_REQUIRED: Final = ("address_line1", "country_code", "organization_name")
_TAG = re.compile(r"<[^>]*>")


def create(account: Account, body: Mapping[str, Any], now: datetime) -> Json:
    """Make a campaign of one e-mail; the vendor adds its permalink.

    Raises:
        Refusal: 400, or 409 for a name that is in use.
    """
    name = _name(account, body, None)
    activities = body.get("email_campaign_activities")
    if not isinstance(activities, list) or len(activities) != 1:
        raise invalid(["email_campaign_activities must have one element"])
    values = _content(activities[0] if isinstance(activities[0], dict) else {}, creating=True)
    campaign = Campaign(
        number=account.new_number(),
        campaign_id=account.new_id(),
        name=name,
        status="Draft",
        created_at=now,
        updated_at=now,
    )
    roles: tuple[Role, ...] = ("primary_email", "permalink")
    for role in roles:
        mailing = Mailing(
            campaign_activity_id=account.new_id(),
            campaign_id=campaign.campaign_id,
            role=role,
            status="DRAFT",
            list_ids=[],
            **values,
        )
        campaign.mailings.append(mailing)
        account.mailings[mailing.campaign_activity_id] = mailing
    account.campaigns[campaign.campaign_id] = campaign
    return show(account, campaign.campaign_id)


def rename(account: Account, campaign_id: str, body: Mapping[str, Any], now: datetime) -> Json:
    """Give a campaign another name.

    Raises:
        Refusal: 400, 404, or 409 for a name that is in use.
    """
    campaign = find_campaign(account, campaign_id)
    campaign.name = _name(account, body, campaign)
    campaign.updated_at = now
    return show(account, campaign_id)


def remove(account: Account, campaign_id: str, now: datetime) -> None:
    """Remove a campaign: it is still listed, with its reports, and what was scheduled is not sent.

    Raises:
        Refusal: 404.
    """
    campaign = find_campaign(account, campaign_id)
    campaign.status, campaign.updated_at = "Removed", now
    for mailing in campaign.mailings:
        mailing.status, mailing.scheduled_at = "REMOVED", None


def replace_activity(
    account: Account, campaign_activity_id: str, body: Mapping[str, Any], now: datetime
) -> None:
    """Replace what a draft says and whom it goes to; what is left out is cleared.

    Raises:
        Refusal: 400 for faults, and for a mailing that is no draft; 404.
    """
    mailing = find_activity(account, campaign_activity_id)
    if mailing.status != "DRAFT":
        raise invalid([f"campaign activity is {mailing.status}: only a DRAFT can be changed"])
    values = _content(body, creating=False)
    list_ids, segment_ids = body.get("contact_list_ids", []), body.get("segment_ids", [])
    faults = []
    if not _each(list_ids, str) or not all(account.has_list(one) for one in list_ids):
        faults.append("contact_list_ids does not have a valid value")
    if not _each(segment_ids, int) or not all(one in account.segments for one in segment_ids):
        faults.append("segment_ids does not have a valid value")
    if faults:
        raise invalid(faults)
    for name, value in values.items():
        if name != "format_type":
            setattr(mailing, name, value)
    mailing.list_ids, mailing.segment_ids = list(list_ids), list(segment_ids)
    properties = body.get("document_properties")
    mailing.document_properties = properties if isinstance(properties, dict) else None
    account.campaigns[mailing.campaign_id].updated_at = now


def send_tests(
    account: Account, campaign_activity_id: str, body: Mapping[str, Any], now: datetime
) -> None:
    """Mail a mailing to a few people who shall look at it; it is no sending.

    Raises:
        Refusal: 400 for more than five addresses, or for the 51st mail of a day; 404.
    """
    find_activity(account, campaign_activity_id)
    addresses = body.get("email_addresses")
    if (
        not isinstance(addresses, list)
        or not 1 <= len(addresses) <= MOST_TEST_ADDRESSES
        or not all(isinstance(one, str) and is_address(one) for one in addresses)
    ):
        raise invalid(["email_addresses does not have a valid value"])
    if not isinstance(body.get("personal_message", ""), str):
        raise invalid(["personal_message does not have a valid value"])
    sent = account.test_mails.get(now.date(), 0) + len(addresses)
    if sent > MOST_TESTS_A_DAY:
        raise invalid([f"an account sends at most {MOST_TESTS_A_DAY} test mails a day"])
    account.test_mails = {now.date(): sent}


def preview(account: Account, campaign_activity_id: str) -> Json:
    """Return what recipients will see of a mailing.

    Raises:
        Refusal: 404.
    """
    mailing = find_activity(account, campaign_activity_id)
    html = html_of(mailing)
    return {
        "campaign_activity_id": mailing.campaign_activity_id,
        "from_email": mailing.from_email,
        "from_name": mailing.from_name,
        "preheader": mailing.preheader or "",
        "preview_html_content": html,
        "preview_text_content": " ".join(_TAG.sub(" ", html).split()),
        "reply_to_email": mailing.reply_to_email or mailing.from_email,
        "subject": mailing.subject,
    }


def find_campaign(account: Account, campaign_id: str) -> Campaign:
    """Return a campaign.

    Raises:
        Refusal: 404.
    """
    campaign = account.campaigns.get(campaign_id)
    if campaign is None:
        raise not_found(f"campaign_id {campaign_id}")
    return campaign


def _name(account: Account, body: Mapping[str, Any], campaign: Campaign | None) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_LENGTH:
        raise invalid(["name does not have a valid value"])
    wanted = name.strip().casefold()
    for other in account.campaigns.values():
        is_other = other is not campaign and other.status != "Removed"
        if is_other and other.name.casefold() == wanted:
            raise conflict("campaign name is not unique")
    return name.strip()


def _content(body: Mapping[str, Any], *, creating: bool) -> Json:
    """Return the parts of a mailing that were sent.

    Raises:
        Refusal: 400 that names each fault.
    """
    footer = body.get("physical_address_in_footer")
    faults = _text_faults(body)
    if footer is not None and not _is_footer(footer):
        faults.append("physical_address_in_footer does not have a valid value")
    if creating:
        if not body.get("html_content"):
            faults.append("html_content is missing")
        if body.get("format_type") != _CUSTOM_CODE:
            faults.append(f"format_type does not have a valid value: {_CUSTOM_CODE}")
    elif not _is_format(body.get("format_type", _CUSTOM_CODE)):
        faults.append("format_type does not have a valid value")
    if faults:
        raise invalid(faults)
    names = (*_TEXTS, *_ADDRESSES, *_OPTIONAL_TEXTS)
    return {name: body.get(name) for name in names} | {
        "footer": footer,
        "format_type": _CUSTOM_CODE,
    }


def _text_faults(body: Mapping[str, Any]) -> list[str]:
    faults = [
        f"{name} does not have a valid value"
        for name, most in _TEXTS.items()
        if not isinstance(body.get(name), str) or not 0 < len(body[name]) <= most
    ]
    for name in _ADDRESSES:
        address = body.get(name)
        if not isinstance(address, str) or len(address) > ADDRESS_LENGTH or not is_address(address):
            faults.append(f"{name} does not have a valid value")
    for name, most in _OPTIONAL_TEXTS.items():
        value = body.get(name)
        if value is not None and not (isinstance(value, str) and len(value) <= most):
            faults.append(f"{name} does not have a valid value")
    return faults


def _is_format(value: object) -> bool:
    return type(value) is int and value in _FORMATS


def _is_footer(footer: object) -> bool:
    return (
        isinstance(footer, dict)
        and all(isinstance(footer.get(name), str) and footer[name] for name in _FOOTER_REQUIRED)
        and all(name in _FOOTER and isinstance(value, str) for name, value in footer.items())
    )


def _each(items: object, kind: type) -> bool:
    return isinstance(items, list) and all(type(item) is kind for item in items)
