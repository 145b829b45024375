"""Who an id token stands for, which roles have which rights, what is our own origin."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.connections.model import Connection
from bridge.console.access.openid import Attempt, claims_fault, identity_of, read_claims
from bridge.console.access.roles import RIGHTS, Right, Role
from bridge.console.access.tokens import is_own_origin, local_path
from bridge.console.faults import Refused

NOW = datetime(2026, 11, 3, 14, tzinfo=UTC)
FIRM = Connection(
    id=1,
    name="firm",
    organization_id="00D5g00000ABcdEEAT",
    sf_url="https://firm.my.salesforce.com",
)
ATTEMPT = Attempt(connection_id=1, state="s", nonce="n", verifier="v", wanted="/", ends_at=0)
SUBJECT = "https://login.salesforce.com/id/00D5g00000ABcdEEAT/0055g00000UserAAAA"
CLAIMS = {
    "iss": "https://firm.my.salesforce.com",
    "aud": "key",
    "nonce": "n",
    "exp": NOW.timestamp() + 60,
    "sub": SUBJECT,
}
TOLD = {
    "sub": "https://firm.my.salesforce.com/id/00D5g00000ABcdEEAT/0055g00000UserAAAA",
    "user_id": "0055g00000UserA",
    "organization_id": "00D5g00000ABcdE",
    "name": "Ann",
}


def fault(**changed: Any) -> str | None:
    return claims_fault(
        CLAIMS | changed, connection=FIRM, client_id="key", attempt=ATTEMPT, now=NOW
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"iss": "https://evil.example"}, "not from the organization"),
        ({"iss": None}, "not from the organization"),
        ({"aud": "another"}, "another application"),
        ({"aud": ["another"]}, "another application"),
        ({"nonce": "m"}, "another log-in"),
        ({"nonce": None}, "another log-in"),
        ({"exp": NOW.timestamp() - 61}, "too late"),
        ({"exp": "soon"}, "too late"),
    ],
)
def test_a_token_that_is_not_ours_does_not_count(changed: dict[str, Any], words: str) -> None:
    assert words in (fault(**changed) or "")


@pytest.mark.parametrize("changed", [{}, {"aud": ["key"]}, {"iss": "https://login.salesforce.com"}])
def test_a_token_that_is_ours_counts(changed: dict[str, Any]) -> None:
    assert fault(**changed) is None


def test_no_other_host_speaks_for_an_organization_elsewhere() -> None:
    here = replace(FIRM, sf_url="http://127.0.0.1:9000")
    given: dict[str, Any] = CLAIMS | {"iss": "https://login.salesforce.com"}
    assert claims_fault(given, connection=here, client_id="key", attempt=ATTEMPT, now=NOW)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.W10.c", "a.bnVsbA.c"])
def test_what_is_no_token_says_nothing(token: str) -> None:
    assert read_claims(token) == {}


def test_a_token_says_its_claims() -> None:
    part = base64.urlsafe_b64encode(json.dumps(CLAIMS).encode()).rstrip(b"=").decode()
    assert read_claims(f"e30.{part}.c2ln") == CLAIMS


def test_a_user_is_known_by_the_long_id() -> None:
    assert identity_of(CLAIMS, TOLD, FIRM).user_id.startswith("0055g00000UserA")


@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": "0055g00000UserB"},
        {"sub": "https://firm.my.salesforce.com/id/00D5g00000ABcdEEAT/0055g00000UserBAAA"},
        {"organization_id": "00D5g00000ABcdF"},
        {"organization_id": None},
        {"user_id": "nobody"},
    ],
)
def test_two_stories_about_one_user_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        identity_of(CLAIMS, TOLD | changed, FIRM)


def test_every_role_may_look_and_only_admins_may_administer() -> None:
    assert all(Right.LOOK in rights for rights in RIGHTS.values())
    assert [role for role in Role if Right.ADMINISTER in RIGHTS[role]] == [Role.ADMIN]


def test_whoever_changes_things_sees_whom_they_are_about() -> None:
    changing = {Right.OPERATE, Right.APPROVE}
    for rights in RIGHTS.values():
        assert Right.READ_PEOPLE in rights or not rights & changing


@pytest.mark.parametrize(
    ("origin", "site", "is_own"),
    [
        ("https://a.example", None, True),
        ("https://a.example", "same-origin", True),
        ("https://a.example", "same-site", False),
        ("https://b.example", None, False),
        ("null", "same-origin", False),
        (None, "same-origin", True),
        (None, None, False),
    ],
)
def test_a_change_comes_from_one_of_our_pages(
    *, origin: str | None, site: str | None, is_own: bool
) -> None:
    assert is_own_origin(origin, site, frozenset({"https://a.example"})) is is_own


@pytest.mark.parametrize("path", ["", None, "//e.example", "/\\e.example", "https://e", "/a\nb"])
def test_a_log_in_leads_to_the_first_page_rather_than_away(path: str | None) -> None:
    assert local_path(path) == "/"
