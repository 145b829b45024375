"""Canvas: the signed request with which Salesforce opens a page of somebody else's, in a frame."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from html import escape
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.salesforce import ids

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.values import Row

VERSION = "66.0"
SEASON = "SPRING"
_DIMENSIONS = {
    "width": "1000px",
    "height": "900px",
    "maxWidth": "1000px",
    "maxHeight": "2000px",
    "clientWidth": "980px",
    "clientHeight": "80px",
}

APPLICATION = {
    "applicationId": ids.full("06P5g0000000CC1"),
    "developerName": "CC_Bridge",
    "name": "Constant Contact Bridge",
    "referenceId": ids.full("09H5g0000000CC1"),
}
"""The Canvas app of the org; its secret is that of the application that programs log in with."""

DisplayLocation: TypeAlias = Literal[
    "Chatter",
    "ChatterFeed",
    "MobileNav",
    "OpenCTI",
    "PageLayout",
    "Publisher",
    "ServiceDesk",
    "Visualforce",
    "None",
]


class Launch(BaseModel):
    """Which page is opened, by whom, from where."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(description="the page: an http or https address without `#`")
    user: Literal["observer", "bridge"] = Field(default="observer", description="who opens it")
    record_id: str | None = Field(default=None, description="the record whose page it is opened on")
    display_location: DisplayLocation = Field(
        default="None", description="where in Salesforce it is shown"
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="what the place hands to the page"
    )

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "#" in url:
            message = "an http or https address without #"
            raise ValueError(message)
        return url


def signed(secret: str, context: dict[str, Any]) -> str:
    """Return a context as the form field `signed_request` carries it.

    The signature is over the payload as it is sent: encoded.

    >>> signed("secret", {"algorithm": "HMACSHA256"})
    'ldi7BDvmqD6SE+QjZa5gzOEINJzJV/FPSH4DYP4nllw=.eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2In0='
    """
    text = json.dumps(context, separators=(",", ":"))
    payload = base64.b64encode(text.encode())
    digest = hmac.new(secret.encode(), payload, hashlib.sha256).digest()
    return f"{base64.b64encode(digest).decode()}.{payload.decode()}"


def signed_request(
    org: Org,
    launch: Launch,
    *,
    user_id: str,
    organization_id: str,
    begin_session: Callable[[str], str],
    instance: str,
    secret: str,
) -> str | None:
    """Return the signed request of a launch, or None where the record is not there.

    Args:
        org: The org that opens the page.
        launch: Which page, from where.
        user_id: Who opens it.
        organization_id: The org's id.
        begin_session: Opens a session for the page.
        instance: Scheme and host of the org.
        secret: The consumer secret of the app.
    """
    record = None
    if launch.record_id is not None:
        full = ids.canonical(launch.record_id)
        sobject = org.schema.of_id(full) if full else None
        row = org.tables[sobject.name].live(full) if sobject and full else None
        if sobject is None or row is None:
            return None
        record = (sobject.name, row)
    told = context(
        launch,
        user=org.tables["User"].get(user_id) or {},
        organization=org.tables["Organization"].get(organization_id) or {},
        record=record,
        access_token=begin_session(user_id),
        instance=instance,
        at=org.world.now(),
    )
    return signed(secret, told)


def context(
    launch: Launch,
    *,
    user: Row,
    organization: Row,
    record: tuple[str, Row] | None,
    access_token: str,
    instance: str,
    at: datetime,
) -> dict[str, Any]:
    """Return what a page is told when it is opened.

    Args:
        launch: Which page, by whom, from where.
        user: The user's record.
        organization: The org's record.
        record: Object and row of the record that it is opened on; only a record's page has one.
        access_token: A session of the user.
        instance: Scheme and host of the org.
        at: Now.
    """
    shown_record: dict[str, Any] = {}
    if record is not None:
        name, row = record
        url = f"/services/data/v{VERSION}/sobjects/{name}/{row['Id']}"
        shown_record = {"attributes": {"type": name, "url": url}, "Id": row["Id"]}
    data = f"/services/data/v{VERSION}"
    origin = urlsplit(instance)
    return {
        "algorithm": "HMACSHA256",
        "issuedAt": int(at.timestamp()),
        "userId": user["Id"],
        "client": {
            "instanceId": f"{APPLICATION['developerName']}:",
            "instanceUrl": instance,
            "oauthToken": access_token,
            "targetOrigin": f"{origin.scheme}://{origin.netloc}",
        },
        "context": {
            "application": {
                "applicationId": APPLICATION["applicationId"],
                "authType": "SIGNED_REQUEST",
                "canvasUrl": launch.url,
                "developerName": APPLICATION["developerName"],
                "isInstalledByPersonalUser": False,
                "name": APPLICATION["name"],
                "namespace": "",
                "options": [],
                "referenceId": APPLICATION["referenceId"],
                "samlInitiationMethod": "None",
                "version": "1.0",
            },
            "user": {
                "accessibilityModeEnabled": False,
                "currencyISOCode": "USD",
                "email": user["Email"],
                "firstName": user["FirstName"],
                "fullName": user["Name"],
                "isDefaultNetwork": True,
                "language": "en_US",
                "lastName": user["LastName"],
                "locale": "en_US",
                "networkId": None,
                "profileId": str(user["ProfileId"])[:15],
                "profilePhotoUrl": f"{instance}/profilephoto/005/F",
                "profileThumbnailUrl": f"{instance}/profilephoto/005/T",
                "roleId": None,
                "siteUrl": None,
                "siteUrlPrefix": None,
                "timeZone": user["TimeZoneSidKey"],
                "userId": user["Id"],
                "userName": user["Username"],
                "userType": "STANDARD",
            },
            "organization": {
                "currencyIsoCode": "USD",
                "multicurrencyEnabled": False,
                "name": organization["Name"],
                "namespacePrefix": None,
                "organizationId": organization["Id"],
            },
            "links": {
                "chatterFeedItemsUrl": f"{data}/chatter/feed-items",
                "chatterFeedsUrl": f"{data}/chatter/feeds",
                "chatterGroupsUrl": f"{data}/chatter/groups",
                "chatterUsersUrl": f"{data}/chatter/users",
                "enterpriseUrl": f"/services/Soap/c/{VERSION}/{str(organization['Id'])[:15]}",
                "loginUrl": instance,
                "metadataUrl": f"/services/Soap/m/{VERSION}/{str(organization['Id'])[:15]}",
                "partnerUrl": f"/services/Soap/u/{VERSION}/{str(organization['Id'])[:15]}",
                "queryUrl": f"{data}/query/",
                "recentItemsUrl": f"{data}/recent/",
                "restUrl": f"{data}/",
                "searchUrl": f"{data}/search/",
                "sobjectUrl": f"{data}/sobjects/",
                "userUrl": f"/{user['Id']}",
            },
            "environment": {
                "dimensions": _DIMENSIONS,
                "displayLocation": launch.display_location,
                "locationUrl": f"{instance}/{shown_record.get('Id', '')}",
                "parameters": launch.parameters,
                "record": shown_record,
                "subLocation": None,
                "uiTheme": "Theme3",
                "version": {"api": VERSION, "season": SEASON},
            },
        },
    }


def launcher(url: str, signed_request: str) -> str:
    """Return a page that posts a signed request to another page at once, or at a button's press."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Canvas</title></head>'
        f'<body><main><h1>Canvas</h1><form id="canvas" method="post" action="{escape(url)}">'
        f'<input type="hidden" name="signed_request" value="{escape(signed_request)}">'
        "<button>Open the app</button></form></main>"
        "<script>document.getElementById('canvas').submit()</script></body></html>\n"
    )
