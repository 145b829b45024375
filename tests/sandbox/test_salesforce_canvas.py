"""Canvas: what a signed request is, how a page verifies it, what it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from lxml import etree

from sandbox.salesforce.canvas import signed
from tests.fix_endpoint import DATA, save

if TYPE_CHECKING:
    from tests.fix_endpoint import Endpoint
    from tests.fix_sandbox import RunningSandbox

PAGE = "https://bridge.example.org/canvas"


def verified(secret: str, signed_request: str) -> dict[str, Any]:
    """Verify a signed request as the Canvas guide tells pages to, and return what it says."""
    signature, _, payload = signed_request.partition(".")
    expected = hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
    assert hmac.compare_digest(base64.b64decode(signature, validate=True), expected)
    said: dict[str, Any] = json.loads(base64.b64decode(payload, validate=True))
    return said


def launch(sandbox: RunningSandbox, **given: object) -> dict[str, Any]:
    answer = sandbox.control("POST", "/salesforce/canvas", {"url": PAGE} | given)
    assert answer["url"] == PAGE
    return verified(sandbox.line["salesforce"]["consumer_secret"], answer["signed_request"])


@pytest.mark.rule("sf-canvas-signature")
@pytest.mark.parametrize(
    ("secret", "context", "expected"),
    [
        # Computed with `openssl dgst -sha256 -hmac`.
        (
            "secret",
            {"algorithm": "HMACSHA256"},
            "ldi7BDvmqD6SE+QjZa5gzOEINJzJV/FPSH4DYP4nllw=.eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2In0=",
        ),
    ],
)
def test_a_signed_request_is_a_signature_a_dot_and_the_payload(
    secret: str, context: dict[str, Any], expected: str
) -> None:
    assert signed(secret, context) == expected


@pytest.mark.rule("sf-canvas-signature")
@pytest.mark.parametrize("change", ["payload", "secret"])
def test_a_request_that_was_changed_does_not_verify(sandbox: RunningSandbox, change: str) -> None:
    request = sandbox.control("POST", "/salesforce/canvas", {"url": PAGE})["signed_request"]
    secret = sandbox.line["salesforce"]["consumer_secret"]
    if change == "secret":
        secret = secret[::-1]
    else:
        request = request[:-8] + "AAAAAAA="
    with pytest.raises(AssertionError):
        verified(secret, request)


@pytest.mark.rule("sf-canvas-context", "sf-canvas-user", "sf-canvas-organization")
def test_a_page_is_told_who_opens_it_and_where(sandbox: RunningSandbox) -> None:
    said = launch(sandbox, parameters={"list": "all"})
    assert said["algorithm"] == "HMACSHA256"
    assert said["client"]["instanceUrl"] == sandbox.line["salesforce_url"]
    assert "refreshToken" not in said["client"]
    told = said["context"]
    assert told["application"]["authType"] == "SIGNED_REQUEST"
    assert told["application"]["canvasUrl"] == PAGE
    assert told["organization"]["organizationId"] == sandbox.line["organization_id"]
    assert told["user"]["userName"] == "omarsh@harbourlane.example.com"
    assert told["user"]["userId"] == said["userId"]
    assert told["environment"]["parameters"] == {"list": "all"}
    assert told["environment"]["displayLocation"] == "None"
    assert told["links"]["restUrl"] == f"{DATA}/"


@pytest.mark.rule("sf-canvas-record")
def test_a_record_is_told_only_where_there_is_one(sandbox: RunningSandbox) -> None:
    account = save(sandbox, "Account", Name="Quist Household")
    given = {"record_id": account[:15], "display_location": "PageLayout"}
    environment = launch(sandbox, **given)["context"]["environment"]
    assert environment["record"]["Id"] == account
    assert environment["record"]["attributes"]["type"] == "Account"
    assert environment["displayLocation"] == "PageLayout"
    assert launch(sandbox)["context"]["environment"]["record"] == {}


@pytest.mark.rule("sf-canvas-token")
def test_the_token_of_a_page_works_for_about_two_hours(sandbox: RunningSandbox) -> None:
    token = launch(sandbox, user="bridge")["client"]["oauthToken"]

    def status() -> int:
        return sandbox.session.get(
            f"{sandbox.line['salesforce_url']}{DATA}/sobjects",
            headers={"Authorization": f"Bearer {token}"},
            timeout=5,
        ).status_code

    assert status() == 200
    sandbox.advance(2 * 3600 + 60)
    assert status() == 401


@pytest.mark.rule("sf-canvas-posted-form")
def test_the_launcher_posts_the_signed_request_as_a_form_field(
    sandbox: RunningSandbox, endpoint: Endpoint
) -> None:
    address = f"{sandbox.line['control_url']}/salesforce/canvas"
    page = sandbox.session.get(address, params={"url": f"{endpoint.url}?a=1&b=2"}, timeout=5)
    (form,) = etree.HTML(page.text).iterfind(".//form")
    assert form.get("method") == "post"
    fields = {each.get("name"): each.get("value") for each in form.iterfind("input")}
    sandbox.session.post(str(form.get("action")), data=fields, timeout=5)
    (got,) = endpoint.got
    assert got.path == "/outbound?a=1&b=2"
    (request,) = parse_qs(got.body.decode())["signed_request"]
    verified(sandbox.line["salesforce"]["consumer_secret"], request)


@pytest.mark.rule("sf-canvas-url-without-fragment")
@pytest.mark.parametrize("url", ["https://bridge.example.org/#x", "ftp://x", "javascript:1", ""])
def test_an_address_that_no_app_can_have_is_refused(sandbox: RunningSandbox, url: str) -> None:
    address = f"{sandbox.line['control_url']}/salesforce/canvas"
    assert sandbox.session.post(address, json={"url": url}, timeout=5).status_code == 400
    assert sandbox.session.get(address, params={"url": url}, timeout=5).status_code == 400


@pytest.mark.rule("sf-canvas-display-location")
def test_only_the_known_places_can_show_an_app(sandbox: RunningSandbox) -> None:
    address = f"{sandbox.line['control_url']}/salesforce/canvas"
    body = {"url": PAGE, "display_location": "Cellar"}
    assert sandbox.session.post(address, json=body, timeout=5).status_code == 400
    told = launch(sandbox, display_location="Publisher")["context"]["environment"]
    assert told["displayLocation"] == "Publisher"


def test_an_unknown_record_is_refused(sandbox: RunningSandbox) -> None:
    address = f"{sandbox.line['control_url']}/salesforce/canvas"
    for record in ("nobody", "0015g00000nobodyAA"):
        body = {"url": PAGE, "record_id": record}
        assert sandbox.session.post(address, json=body, timeout=5).status_code == 404
