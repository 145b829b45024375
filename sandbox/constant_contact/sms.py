"""The SMS side of a contact: a number and the consents that belong to it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact.times import written

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sandbox.constant_contact.model import Contact, Json

PERMISSIONS: Final = ("explicit", "unsubscribed", "pending_confirmation", "not_set")
STATUSES: Final = frozenset({"all", *PERMISSIONS})
_NUMBER = re.compile(r"\d{10,15}")
_DASHED = re.compile(r"\d{3}-\d{3}-\d{4}")
_NATIONAL_DIGITS: Final = 10


def read_channel(item: object, faults: list[str]) -> Json | None:
    """Return an SMS channel in one shape, whichever of the two documented ones was sent.

    `POST` and `PUT` of a contact take a `full_sms_address`, the sign-up form the number in parts,
    and a read contact shows it in parts as well.
    """
    if not isinstance(item, dict):
        faults.append("sms_channel does not have a valid value")
        return None
    full = item.get("full_sms_address")
    if full is None and isinstance(item.get("sms_address"), str):
        full = f"{item.get('dial_code') or '1'}{item['sms_address']}"
    if not isinstance(full, str) or not _NUMBER.fullmatch(full.lstrip("+")):
        faults.append("sms_channel.full_sms_address does not have a valid value")
        return None
    consents = item.get("sms_channel_consents")
    if not isinstance(consents, list) or not all(isinstance(one, dict) for one in consents):
        faults.append("sms_channel.sms_channel_consents is missing")
        return None
    return number(full.lstrip("+"), [_consent(one, faults) for one in consents])


def number(digits: str, consents: list[Json]) -> Json:
    """Return a channel for a number: its last ten digits are the national part.

    >>> number("17815551212", [])["dial_code"], number("7815551212", [])["dial_code"]
    ('1', '1')
    """
    return {
        "sms_address": digits[-_NATIONAL_DIGITS:],
        "dial_code": digits[:-_NATIONAL_DIGITS] or "1",
        "country_code": "US",
        "sms_channel_consents": consents,
    }


def imported(text: str, permission: str) -> Json | None:
    """Return the channel that a row of an import names, or None where it is no number.

    >>> imported("781-555-1212", "not_set")["sms_address"]
    '7815551212'
    """
    digits = text.replace("-", "") if _DASHED.fullmatch(text) else text
    if not _NUMBER.fullmatch(digits):
        return None
    consent = {"sms_consent_permission": permission, "consent_type": "promotional_sms"}
    return number(digits, [consent])


def stored(channel: Json, before: Json | None, ids: Mapping[str, str], now: datetime) -> Json:
    """Return a channel as a contact keeps and shows it.

    Args:
        channel: What was sent, in one shape.
        before: What the contact had.
        ids: `sms_channel_id` for a new one, and the `source` of this write.
        now: Sandbox time.
    """
    at = written(now)
    out: Json = {
        "sms_channel_id": (before or ids)["sms_channel_id"],
        "sms_address": channel["sms_address"],
        "dial_code": channel["dial_code"],
        "country_code": channel["country_code"],
        "create_source": ids["source"] if before is None else before["create_source"],
    }
    if before is not None:
        out["update_source"] = ids["source"]
    out["sms_channel_consents"] = [
        {**consent, **_dates(consent, at), "created_at": at, "updated_at": at}
        for consent in channel["sms_channel_consents"]
    ]
    return out


def has_status(contact: Contact, wanted: Collection[str]) -> bool:
    """Tell whether a contact has an SMS number with one of these permissions."""
    if contact.sms_channel is None:
        return False
    permissions = {
        consent["sms_consent_permission"] for consent in contact.sms_channel["sms_channel_consents"]
    } or {"not_set"}
    return "all" in wanted or not permissions.isdisjoint(wanted)


def _consent(item: Mapping[str, Any], faults: list[str]) -> Json:
    permission, kind = item.get("sms_consent_permission"), item.get("consent_type")
    if permission not in PERMISSIONS:
        faults.append("sms_consent_permission does not have a valid value")
    if not isinstance(kind, str):
        faults.append("consent_type is missing")
    out: Json = {"sms_consent_permission": permission, "consent_type": kind}
    for name in ("advertised_frequency", "advertised_interval"):
        if isinstance(item.get(name), str | int):
            out[name] = str(item[name])
    return out


def _dates(consent: Json, at: str) -> Json:
    permission = consent["sms_consent_permission"]
    if permission == "explicit":
        return {"opt_in_date": at}
    return {"opt_out_date": at} if permission == "unsubscribed" else {}
