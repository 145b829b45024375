"""Letting an application in: by redirect, with PKCE, from a device; scopes, secrets, withdrawal."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.constant_contact.left_out import FAMILIES

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

CALLBACK = "http://localhost:8400/callback?of=bridge"
EVERYTHING = "contact_data campaign_data account_read account_update offline_access"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def server(sandbox: RunningSandbox, path: str) -> str:
    return f"{sandbox.line['constant_contact_auth_url']}{path}"


def authorize(sandbox: RunningSandbox, answer: str = "allow", **asked: str) -> requests.Response:
    """Go to the page and press a button."""
    query = {
        "response_type": "code",
        "client_id": sandbox.line["constant_contact"]["client_id"],
        "redirect_uri": CALLBACK,
        "scope": EVERYTHING,
        "state": "s&1",
        **asked,
    }
    url = server(sandbox, "/oauth2/default/v1/authorize")
    page = requests.get(url, params=query, timeout=5, allow_redirects=False)
    if page.status_code != 200:
        return page
    form = {"answer": answer}
    return requests.post(url, params=query, data=form, timeout=5, allow_redirects=False)


def came_back(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def ask(sandbox: RunningSandbox, *, secret: bool = True, **form: Any) -> requests.Response:
    login = sandbox.line["constant_contact"]
    auth = (login["client_id"], login["client_secret"]) if secret else None
    url = server(sandbox, "/oauth2/default/v1/token")
    return requests.post(url, data=form, auth=auth, timeout=5)


def exchange(sandbox: RunningSandbox, code: str, **changed: str) -> requests.Response:
    form: dict[str, Any] = {"grant_type": "authorization_code", "code": code}
    return ask(sandbox, **{**form, "redirect_uri": CALLBACK, **changed})


def granted(sandbox: RunningSandbox, scope: str = EVERYTHING) -> dict[str, Any]:
    answer = exchange(sandbox, came_back(authorize(sandbox, scope=scope))["code"])
    assert answer.status_code == 200, answer.text
    pair: dict[str, Any] = answer.json()
    return pair


def status_of(sandbox: RunningSandbox, token: str, path: str, method: str = "GET") -> int:
    return requests.request(
        method,
        f"{sandbox.line['constant_contact_url']}{path}",
        headers={"Authorization": f"Bearer {token}"},
        json={} if method != "GET" else None,
        timeout=5,
    ).status_code


@pytest.fixture(autouse=True)
def unlimited(sandbox: RunningSandbox) -> None:
    sandbox.lift_limits()


@pytest.mark.rule("cc-oauth-code", "cc-oauth-code-once")
def test_a_code_is_exchanged_for_a_pair_once(sandbox: RunningSandbox) -> None:
    back = came_back(authorize(sandbox))
    assert back["state"] == "s&1"
    pair = exchange(sandbox, back["code"]).json()
    assert pair["scope"] == EVERYTHING
    assert status_of(sandbox, pair["access_token"], "/contacts") == 200
    again = ask(sandbox, grant_type="refresh_token", refresh_token=pair["refresh_token"])
    assert again.status_code == 200
    second = exchange(sandbox, back["code"])
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


@pytest.mark.rule("cc-oauth-code-once")
def test_a_code_ends_after_five_minutes(sandbox: RunningSandbox) -> None:
    code = came_back(authorize(sandbox))["code"]
    sandbox.advance(301)
    assert exchange(sandbox, code).json()["error"] == "invalid_grant"


@pytest.mark.rule("cc-oauth-redirect-exact")
def test_nobody_is_sent_to_an_address_that_is_not_registered(sandbox: RunningSandbox) -> None:
    assert authorize(sandbox, redirect_uri="https://evil.example.com/").status_code == 400
    mine = {"redirect_uris": [CALLBACK]}
    sandbox.control("PUT", "/constant-contact/application", mine)
    assert authorize(sandbox, redirect_uri=f"{CALLBACK}/").status_code == 400
    code = came_back(authorize(sandbox))["code"]
    other = exchange(sandbox, code, redirect_uri="http://localhost:8400/other")
    assert (other.status_code, other.json()["error"]) == (400, "invalid_grant")


@pytest.mark.rule("cc-oauth-scopes-given")
def test_consent_gives_no_more_than_there_is_to_give(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/constant-contact/application", {"scopes": ["contact_data"]})
    pair = granted(sandbox)
    assert pair["scope"] == "contact_data"
    assert "refresh_token" not in pair


@pytest.mark.rule("cc-oauth-denied")
@pytest.mark.parametrize(
    ("asked", "error"),
    [
        pytest.param({"answer": "deny"}, "access_denied", id="denied"),
        pytest.param({"scope": "everything"}, "invalid_scope", id="no such scope"),
        pytest.param({"response_type": "token"}, "unsupported_response_type", id="implicit"),
        pytest.param(
            {"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request", id="plain"
        ),
    ],
)
def test_what_is_not_allowed_comes_back_as_an_error(
    sandbox: RunningSandbox, asked: dict[str, str], error: str
) -> None:
    back = came_back(authorize(sandbox, **asked))
    assert (back["error"], back["state"]) == (error, "s&1")
    assert back["error_description"]


@pytest.mark.rule("cc-oauth-pkce")
@pytest.mark.parametrize(("verifier", "status"), [(VERIFIER, 200), ("another", 400), ("", 400)])
def test_a_verifier_stands_for_the_secret(
    sandbox: RunningSandbox, verifier: str, status: int
) -> None:
    asked = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    code = came_back(authorize(sandbox, **asked))["code"]
    answer = ask(
        sandbox,
        secret=False,
        grant_type="authorization_code",
        code=code,
        redirect_uri=CALLBACK,
        client_id=sandbox.line["constant_contact"]["client_id"],
        code_verifier=verifier,
    )
    assert answer.status_code == status, answer.text


def test_without_a_challenge_the_secret_is_needed(sandbox: RunningSandbox) -> None:
    answer = ask(
        sandbox,
        secret=False,
        grant_type="authorization_code",
        code=came_back(authorize(sandbox))["code"],
        redirect_uri=CALLBACK,
        client_id=sandbox.line["constant_contact"]["client_id"],
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def begin_device(sandbox: RunningSandbox) -> dict[str, Any]:
    form = {
        "client_id": sandbox.line["constant_contact"]["client_id"],
        "response_type": "code",
        "scope": EVERYTHING,
        "state": "x",
    }
    url = server(sandbox, "/oauth2/default/v1/device/authorize")
    begun: dict[str, Any] = requests.post(url, data=form, timeout=5).json()
    return begun


def poll(sandbox: RunningSandbox, device_code: str) -> requests.Response:
    client_id = sandbox.line["constant_contact"]["client_id"]
    return ask(
        sandbox, secret=False, grant_type=DEVICE, device_code=device_code, client_id=client_id
    )


def press(begun: dict[str, Any], answer: str) -> None:
    url = begun["verification_uri_complete"]
    assert "contact_data" in requests.get(url, timeout=5).text
    assert requests.post(url, data={"answer": answer}, timeout=5).status_code == 200


@pytest.mark.rule("cc-oauth-device", "cc-oauth-device-polling")
def test_a_device_polls_until_its_user_has_agreed(sandbox: RunningSandbox) -> None:
    begun = begin_device(sandbox)
    assert poll(sandbox, begun["device_code"]).json()["error"] == "authorization_pending"
    assert poll(sandbox, begun["device_code"]).json()["error"] == "slow_down"
    press(begun, "allow")
    pair = poll(sandbox, begun["device_code"]).json()
    assert pair["refresh_token"]
    assert status_of(sandbox, pair["access_token"], "/contacts") == 200
    assert poll(sandbox, begun["device_code"]).json()["error"] == "invalid_grant"


@pytest.mark.rule("cc-oauth-device-polling")
def test_a_device_hears_of_a_refusal_and_of_its_end(sandbox: RunningSandbox) -> None:
    begun = begin_device(sandbox)
    press(begun, "deny")
    assert poll(sandbox, begun["device_code"]).json()["error"] == "access_denied"
    begun = begin_device(sandbox)
    sandbox.advance(begun["expires_in"] + 1)
    assert poll(sandbox, begun["device_code"]).json()["error"] == "expired_token"
    assert requests.get(begun["verification_uri_complete"], timeout=5).status_code == 404


@pytest.mark.rule("cc-oauth-offline")
def test_only_offline_access_brings_a_refresh_token(sandbox: RunningSandbox) -> None:
    assert "refresh_token" not in granted(sandbox, "contact_data")
    assert "refresh_token" in granted(sandbox, "contact_data offline_access")


@pytest.mark.rule("cc-oauth-scopes")
@pytest.mark.parametrize(
    ("scope", "method", "path", "is_allowed"),
    [
        ("contact_data", "GET", "/contacts", True),
        ("account_read", "GET", "/contacts", False),
        ("account_read", "GET", "/account/summary", True),
        ("account_read", "PUT", "/account/summary", False),
        ("account_update", "PUT", "/account/summary", True),
        ("contact_data", "GET", "/emails", False),
        ("campaign_data", "GET", "/emails", True),
        ("contact_data", "GET", "/reports/summary_reports/email_campaign_summaries", False),
    ],
)
def test_a_token_reaches_as_far_as_its_scopes(
    sandbox: RunningSandbox, scope: str, method: str, path: str, *, is_allowed: bool
) -> None:
    token = granted(sandbox, scope)["access_token"]
    assert status_of(sandbox, token, path, method) == (200 if is_allowed else 403)


def test_a_refresh_keeps_the_scopes(sandbox: RunningSandbox) -> None:
    pair = granted(sandbox, "contact_data offline_access")
    again = ask(sandbox, grant_type="refresh_token", refresh_token=pair["refresh_token"]).json()
    assert again["scope"] == "contact_data offline_access"
    assert status_of(sandbox, again["access_token"], "/emails") == 403


@pytest.mark.rule("cc-oauth-secret-renewed")
def test_a_new_secret_replaces_the_old_one_at_once(sandbox: RunningSandbox) -> None:
    login = sandbox.line["constant_contact"]
    made = sandbox.control("POST", "/constant-contact/application/secret")["client_secret"]
    form: dict[str, Any] = {
        "grant_type": "refresh_token",
        "refresh_token": login["refresh_token"],
    }
    old = ask(sandbox, **form)
    assert (old.status_code, old.json()["error"]) == (401, "invalid_client")
    url = server(sandbox, "/oauth2/default/v1/token")
    assert requests.post(url, data=form, auth=(login["client_id"], made), timeout=5).ok


@pytest.mark.rule("cc-oauth-revoked")
def test_a_withdrawn_permission_ends_every_token(sandbox: RunningSandbox) -> None:
    login = sandbox.line["constant_contact"]
    sandbox.control("POST", "/constant-contact/disconnect")
    assert status_of(sandbox, login["access_token"], "/contacts") == 401
    answer = ask(sandbox, grant_type="refresh_token", refresh_token=login["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.rule("cc-left-out-501")
@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_left_out_says_so(sandbox: RunningSandbox, family: str) -> None:
    path = family.replace("{campaign_activity_id}", "0c6c1b1a-22b5-11ef-8f3e-fa163e123590")
    for below in ("", "/1/more"):
        answer = sandbox.constant_contact("GET", path + below)
        assert (answer.status_code, len(answer.json())) == (501, 1)
