"""Who opened a page inside Salesforce, as a Canvas signed request says. Pure.

The signature is over the payload as it is sent, so it is compared before anything is decoded
(Canvas Developer Guide, "Verifying and Decoding a Signed Request").
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.console.faults import Refused
from bridge.console.times import is_zone
from bridge.identity import is_salesforce_id, salesforce_id, same_organization

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bridge.connections.model import Connection

GOOD_FOR_S = 300.0
"""Seconds for which a signed request opens a page."""

_AGAIN = "Open the page in Salesforce again."
_PAGES = {"001": "/clients/{}/memberships", "003": "/contacts/{}/interactions"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A page that a user of an organization has opened inside Salesforce.

    Attributes:
        zone: IANA name of the zone that they have chosen there; None: not known.
        record_id: The record on whose page it was opened; None: it stands by itself.
        wanted: A path that the place in Salesforce asks for; empty: none.
    """

    user_id: str
    name: str
    zone: str | None = None
    record_id: str | None = None
    wanted: str = ""

    @property
    def path(self) -> str:
        """The page of the console to begin with."""
        if self.wanted or self.record_id is None:
            return self.wanted or "/"
        return _PAGES.get(self.record_id[:3], "/").format(self.record_id)


def is_signed(signed_request: str, secret: str) -> bool:
    """Tell whether a request was signed with the consumer secret of an application."""
    signature, _, payload = signed_request.partition(".")
    digest = hmac.new(secret.encode(), payload.encode("utf-8", "surrogatepass"), hashlib.sha256)
    told = _decoded(signature)
    return told is not None and hmac.compare_digest(told, digest.digest())


def opened_by(signed_request: str, connection: Connection, *, now: datetime) -> Opened:
    """Return who has opened what, of a request whose signature was found to be right.

    Args:
        signed_request: As it was posted.
        connection: Whose secret has signed it.
        now: Aware UTC time.

    Raises:
        Refused: If it is of another organization, older than five minutes, or says too little.
    """
    said = _said(signed_request)
    if said.get("algorithm") != "HMACSHA256":
        raise Refused(f"Salesforce signs in a way that is not known here. {_AGAIN}")
    context = _part(said, "context")
    user = _part(context, "user")
    organization_id = str(_part(context, "organization").get("organizationId", ""))
    if not same_organization(organization_id, connection.organization_id or ""):
        raise Refused("This Salesforce organization is not the one of this connection.")
    # The time is documented as internal: where it is missing, that a request counts once has to do.
    issued_at = said.get("issuedAt")
    if isinstance(issued_at, int | float) and abs(now.timestamp() - issued_at) > GOOD_FOR_S:
        raise Refused(f"This page was opened too long ago. {_AGAIN}")
    zone = user.get("timeZone")
    user_id = str(user.get("userId") or said.get("userId") or "")
    if not is_salesforce_id(user_id):
        raise Refused(f"Salesforce does not say who this is. {_AGAIN}")
    environment = _part(context, "environment")
    record_id = str(_part(environment, "record").get("Id", ""))
    return Opened(
        user_id=salesforce_id(user_id),
        name=str(user.get("fullName") or user_id),
        zone=zone if is_zone(zone) else None,
        record_id=salesforce_id(record_id) if is_salesforce_id(record_id) else None,
        wanted=str(_part(environment, "parameters").get("page") or ""),
    )


def _said(signed_request: str) -> Mapping[str, Any]:
    text = _decoded(signed_request.partition(".")[2])
    try:
        said = json.loads(text or b"")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Refused(f"What Salesforce sent cannot be read. {_AGAIN}")
    return said


def _part(of: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = of.get(name)
    return part if isinstance(part, dict) else {}


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
