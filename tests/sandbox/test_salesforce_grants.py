"""Other ways into the Salesforce stand-in: JWT bearer, the web server flow, revocation."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CALLBACK = "http://localhost:8400/callback"
VERIFIER = "a-verifier-that-is-long-enough-to-be-one-0123456789"


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def assertion(
    sandbox: RunningSandbox,
    key: rsa.RSAPrivateKey = KEY,
    algorithm: str = "RS256",
    life_s: float = 180,
    **changed: object,
) -> str:
    now = datetime.fromisoformat(sandbox.control("GET", "/clock")["now"]).timestamp()
    claims = {
        "iss": sandbox.line["salesforce"]["consumer_key"],
        "sub": sandbox.line["salesforce"]["username"],
        "aud": "https://login.salesforce.com",
        "exp": int(now + life_s),
        **changed,
    }
    parts = [json.dumps({"alg": algorithm}).encode(), json.dumps(claims).encode()]
    signed = ".".join(map(encoded, parts))
    return f"{signed}.{encoded(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def ask(sandbox: RunningSandbox, **form: str) -> requests.Response:
    url = f"{sandbox.line['salesforce_url']}/services/oauth2/token"
    return requests.post(url, data=form, timeout=5)


def status_of(sandbox: RunningSandbox, token: str) -> int:
    url = f"{sandbox.line['salesforce_url']}/services/data/v66.0/limits"
    return requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=5).status_code


@pytest.fixture
def trusting(sandbox: RunningSandbox) -> RunningSandbox:
    """A sandbox that knows the key of the application."""
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    sandbox.control("PUT", "/salesforce/application", {"certificate": pem.decode()})
    return sandbox


@pytest.mark.rule("sf-login-jwt")
def test_a_signed_assertion_opens_a_session(trusting: RunningSandbox) -> None:
    answer = ask(trusting, grant_type=JWT, assertion=assertion(trusting))
    assert answer.status_code == 200, answer.text
    assert "refresh_token" not in answer.json()
    assert status_of(trusting, answer.json()["access_token"]) == 200


@pytest.mark.rule("sf-login-jwt", "sf-login-jwt-audience", "sf-login-jwt-approval")
@pytest.mark.parametrize(
    ("changed", "error", "text"),
    [
        pytest.param({"key": OTHER_KEY}, "invalid_grant", "invalid assertion", id="another key"),
        pytest.param(
            {"algorithm": "none"}, "invalid_grant", "invalid assertion", id="no algorithm"
        ),
        pytest.param(
            {"aud": "https://harbourlane.my.salesforce.com"},
            "invalid_grant",
            "audience is invalid",
            id="My Domain as audience",
        ),
        pytest.param({"life_s": -1}, "invalid_grant", "expired", id="expired"),
        pytest.param({"life_s": 3_600}, "invalid_grant", "expired", id="too long a life"),
        pytest.param({"iss": "x"}, "invalid_client_id", "identifier", id="another application"),
        pytest.param({"sub": "x"}, "invalid_grant", "hasn't approved", id="nobody"),
    ],
)
def test_an_assertion_that_is_wrong_is_refused(
    trusting: RunningSandbox, changed: dict[str, Any], error: str, text: str
) -> None:
    answer = ask(trusting, grant_type=JWT, assertion=assertion(trusting, **changed))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert text in answer.json()["error_description"]


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.e30.e30", "W10.W10.W10"])
def test_what_is_no_assertion_is_refused(trusting: RunningSandbox, text: str) -> None:
    assert ask(trusting, grant_type=JWT, assertion=text).status_code == 400


@pytest.mark.rule("sf-login-jwt-approval")
def test_users_must_be_approved_for_assertions(trusting: RunningSandbox) -> None:
    settings = trusting.control("GET", "/salesforce/application") | {"preauthorized": False}
    trusting.control("PUT", "/salesforce/application", settings)
    answer = ask(trusting, grant_type=JWT, assertion=assertion(trusting))
    assert answer.json()["error_description"] == "user hasn't approved this consumer"


@pytest.mark.rule("sf-login-jwt-audience")
def test_an_assertion_for_production_opens_no_sandbox(trusting: RunningSandbox) -> None:
    settings = trusting.control("GET", "/salesforce/application")
    settings |= {"audience": "https://test.salesforce.com"}
    trusting.control("PUT", "/salesforce/application", settings)
    answer = ask(trusting, grant_type=JWT, assertion=assertion(trusting))
    assert answer.json()["error_description"] == "audience is invalid"


def as_itself(sandbox: RunningSandbox) -> requests.Response:
    login = sandbox.line["salesforce"]
    return ask(
        sandbox,
        grant_type="client_credentials",
        client_id=login["consumer_key"],
        client_secret=login["consumer_secret"],
    )


@pytest.mark.rule("sf-login-run-as")
def test_client_credentials_need_a_user_to_run_as(sandbox: RunningSandbox) -> None:
    assert as_itself(sandbox).json()["scope"] == "api"
    sandbox.control("PUT", "/salesforce/application", {"run_as": False})
    answer = as_itself(sandbox)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert answer.json()["error_description"] == "no client credentials user enabled"


@pytest.mark.rule("sf-login-inactive")
def test_a_user_who_is_inactive_is_not_run_as(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/salesforce/application", {"user_is_active": False})
    answer = as_itself(sandbox)
    assert (answer.status_code, answer.json()["error"]) == (400, "inactive_user")


@pytest.mark.rule("sf-login-scopes")
def test_a_token_is_for_what_the_application_has_selected(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/salesforce/application", {"scopes": ["id", "openid"]})
    assert as_itself(sandbox).json()["scope"] == "id openid"


def authorize(sandbox: RunningSandbox, answer: str = "allow", **asked: str) -> requests.Response:
    """Go to the page, choose the first user, and press a button."""
    query = {
        "response_type": "code",
        "client_id": sandbox.line["salesforce"]["consumer_key"],
        "redirect_uri": CALLBACK,
        "state": "s&1",
        **asked,
    }
    url = f"{sandbox.line['salesforce_url']}/services/oauth2/authorize"
    page = requests.get(url, params=query, timeout=5)
    if page.status_code != 200:
        return page
    user_id = page.text.partition('<option value="')[2].partition('"')[0]
    form = {"user_id": user_id, "answer": answer}
    return requests.post(url, params=query, data=form, timeout=5, allow_redirects=False)


def came_back(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(CALLBACK)
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


@pytest.mark.rule("sf-login-web-server")
def test_a_person_who_allows_it_comes_back_with_a_code(sandbox: RunningSandbox) -> None:
    given = sandbox.line["salesforce"]
    back = came_back(authorize(sandbox, scope="api refresh_token"))
    assert back["state"] == "s&1"
    form = {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": CALLBACK,
        "client_id": given["consumer_key"],
        "client_secret": given["consumer_secret"],
    }
    granted = ask(sandbox, **form).json()
    assert status_of(sandbox, granted["access_token"]) == 200
    assert ask(sandbox, **form).json()["error"] == "invalid_grant"  # a code is good for one use
    again = {
        "grant_type": "refresh_token",
        "refresh_token": granted["refresh_token"],
        "client_id": given["consumer_key"],
        "client_secret": given["consumer_secret"],
    }
    assert status_of(sandbox, ask(sandbox, **again).json()["access_token"]) == 200


@pytest.mark.rule("sf-login-pkce")
@pytest.mark.parametrize(("verifier", "status"), [(VERIFIER, 200), ("another", 400), ("", 400)])
def test_a_verifier_stands_for_the_secret(
    sandbox: RunningSandbox, verifier: str, status: int
) -> None:
    challenge = encoded(hashlib.sha256(VERIFIER.encode()).digest())
    back = came_back(authorize(sandbox, code_challenge=challenge, code_challenge_method="S256"))
    answer = ask(
        sandbox,
        grant_type="authorization_code",
        code=back["code"],
        redirect_uri=CALLBACK,
        client_id=sandbox.line["salesforce"]["consumer_key"],
        code_verifier=verifier,
    )
    assert answer.status_code == status
    assert "refresh_token" not in answer.json()


def test_a_person_who_denies_it_comes_back_with_an_error(sandbox: RunningSandbox) -> None:
    assert came_back(authorize(sandbox, answer="deny"))["error"] == "access_denied"


@pytest.mark.parametrize(
    "asked",
    [
        {"redirect_uri": "https://evil.example.com/"},
        {"client_id": "x"},
        {"response_type": "token"},
        {"code_challenge": "x", "code_challenge_method": "plain"},
    ],
)
def test_nobody_is_sent_back_to_a_wrong_address(
    sandbox: RunningSandbox, asked: dict[str, str]
) -> None:
    assert authorize(sandbox, **asked).status_code == 400


def test_a_code_ends_after_fifteen_minutes(sandbox: RunningSandbox) -> None:
    given = sandbox.line["salesforce"]
    back = came_back(authorize(sandbox))
    sandbox.advance(901)
    answer = ask(
        sandbox,
        grant_type="authorization_code",
        code=back["code"],
        redirect_uri=CALLBACK,
        client_id=given["consumer_key"],
        client_secret=given["consumer_secret"],
    )
    assert answer.json()["error_description"] == "expired authorization code"


@pytest.mark.rule("sf-login-revoke")
def test_a_revoked_session_is_over(trusting: RunningSandbox) -> None:
    token = ask(trusting, grant_type=JWT, assertion=assertion(trusting)).json()["access_token"]
    url = f"{trusting.line['salesforce_url']}/services/oauth2/revoke"
    assert requests.post(url, data={"token": token}, timeout=5).status_code == 200
    assert status_of(trusting, token) == 401
    assert requests.post(url, data={"token": token}, timeout=5).status_code == 400


@pytest.mark.rule("sf-login-soap-off")
def test_an_org_may_have_soap_login_off(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/salesforce/application", {"soap_login": False})
    answer = requests.post(
        f"{sandbox.line['salesforce_url']}/services/Soap/u/59.0", data="<x/>", timeout=5
    )
    assert (answer.status_code, "INVALID_OPERATION" in answer.text) == (500, True)


@pytest.mark.rule("sf-login-openid")
@pytest.mark.parametrize("scope", ["openid", "api"])
def test_a_person_who_logs_in_is_named_by_a_signed_token(
    sandbox: RunningSandbox, scope: str
) -> None:
    given = sandbox.line["salesforce"]
    form = {
        "grant_type": "authorization_code",
        "code": came_back(authorize(sandbox, scope=scope, nonce="n-1"))["code"],
        "redirect_uri": CALLBACK,
        "client_id": given["consumer_key"],
        "client_secret": given["consumer_secret"],
    }
    granted = ask(sandbox, **form).json()
    assert ("id_token" in granted) == (scope == "openid")
    if scope != "openid":
        return
    head, claims, signature = granted["id_token"].split(".")
    (key,) = requests.get(f"{sandbox.line['salesforce_url']}/id/keys", timeout=5).json()["keys"]
    n, e = (int.from_bytes(decoded(key[name]), "big") for name in ("n", "e"))
    signed = f"{head}.{claims}".encode()
    RSAPublicNumbers(e, n).public_key().verify(decoded(signature), signed, PKCS1v15(), SHA256())
    said = json.loads(decoded(claims))
    assert (said["aud"], said["nonce"]) == (given["consumer_key"], "n-1")
    assert said["sub"] == granted["id"]
