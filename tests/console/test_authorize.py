"""Authorizing a connection again: the same account's consent is taken, another's is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from bridge.connections.secrets import read_secret
from bridge.connections.store import load_connection
from bridge.console.access.people import make_link
from bridge.console.times import Times
from bridge.constant_contact.tokens import Tokens
from tests.console.test_log_in_salesforce import console_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.console.browsing import Browser
    from tests.fix_bridge import RunningBridge

BEGIN = "/settings/connections/authorize?connection=firm"


@pytest.fixture
def admin(bridge: RunningBridge) -> Iterator[Browser]:
    with console_of(bridge) as browser:
        with bridge.database.transaction() as tx:
            token = make_link(tx, by="root")
        browser.press(browser.get(f"/login/{token}"), "Log in")
        yield browser


def at_constant_contact(admin: Browser) -> str:
    """Follow *Re-authorize* and return the address at Constant Contact."""
    link = admin.get("/settings/connections").links["Re-authorize"]
    answer = admin.session.get(admin.url + link, allow_redirects=False, timeout=10)
    return answer.headers["location"]


def answered(admin: Browser, answer: str = "allow") -> str:
    """Answer the question of Constant Contact and return where it sends one."""
    url = at_constant_contact(admin)
    sent = admin.session.post(url, data={"answer": answer}, allow_redirects=False, timeout=10)
    return sent.headers["location"]


def stored(bridge: RunningBridge) -> dict[str, str]:
    kit = bridge.installation
    with kit.database.transaction() as tx:
        secret = read_secret(tx, kit.keyring, bridge.connection_id, "cc_token")
    assert secret is not None
    pair: dict[str, str] = json.loads(secret.text)
    return pair


def test_a_connection_goes_on_with_the_new_consent_of_its_account(
    admin: Browser, bridge: RunningBridge
) -> None:
    bridge.rows("UPDATE connection SET state = 'paused', state_reason = 'refused' RETURNING 1")
    before = stored(bridge)
    seen = admin.get(answered(admin))
    assert "Authorized: it is the same account" in seen.text
    assert "Harbour Lane Wealth (a07e1lsandbox)" in seen.text
    (found,) = bridge.rows("SELECT cc_authorised_at FROM connection")
    assert f"Authorised {Times().long(found['cc_authorised_at'])} by" in seen.text
    assert "by root (log-in link) Scopes" in seen.text
    assert "Scopes account_read, " in seen.text
    assert "; it is renewed before Last message received never" in seen.text
    after = stored(bridge)
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    (row,) = bridge.rows("SELECT state, cc_account_id FROM connection")
    assert (row["state"], row["cc_account_id"]) == ("active", "a07e1lsandbox")


def test_who_has_stored_the_tokens_and_what_they_may_do_is_told(
    admin: Browser, bridge: RunningBridge
) -> None:
    kit = bridge.installation
    seen = admin.get("/settings/connections")
    assert "by command line Scopes not told yet: with the next token, within a day" in seen.text
    with kit.database.transaction() as tx:
        connection = load_connection(tx, bridge.connection_id)
    Tokens(connection, kit.database, kit.keyring, 5.0).renew(stored(bridge)["access_token"])
    told = admin.get("/settings/connections").text
    assert "by command line Scopes account_read, " in told
    assert "missing" not in told
    bridge.rows("UPDATE connection SET cc_scopes = '{contact_data,account_read}' RETURNING 1")
    said = admin.get("/settings/connections").text
    assert "campaign_data is missing: Re-authorize asks for it." in said
    bridge.rows("UPDATE connection SET cc_authorised_at = NULL RETURNING 1")
    assert "Authorised by whom and when was not put down" in admin.get("/settings/connections").text


def test_another_account_changes_nothing_and_says_what_there_is_to_choose(
    admin: Browser, bridge: RunningBridge
) -> None:
    bridge.rows("UPDATE connection SET cc_account_id = 'a07another' RETURNING 1")
    before = stored(bridge)
    seen = admin.get(answered(admin))
    assert seen.status == 409
    assert (
        "This is another Constant Contact account (Harbour Lane Wealth): links would be lost."
        in seen.text
    )
    assert {"Keep the old one", "Start a new connection"} <= set(seen.links)
    assert stored(bridge) == before


def test_proof_of_who_asked_goes_along(admin: Browser) -> None:
    asked = {
        name: one[0] for name, one in parse_qs(urlsplit(at_constant_contact(admin)).query).items()
    }
    assert "offline_access" in asked["scope"].split()
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{admin.url}/settings/connections/authorized"


@pytest.mark.parametrize("answer", ["deny", "allow"])
def test_who_denies_it_or_comes_twice_changes_nothing(
    admin: Browser, bridge: RunningBridge, answer: str
) -> None:
    back = answered(admin, answer)
    if answer == "allow":
        admin.get(back)
    before = stored(bridge)
    seen = admin.get(back)
    assert seen.status == 409
    assert stored(bridge) == before


def test_only_an_administrator_is_sent_away(admin: Browser, bridge: RunningBridge) -> None:
    bridge.rows("UPDATE console_person SET roles = '{operator}' RETURNING 1")
    assert "Re-authorize" not in admin.get("/settings/connections").links
    assert admin.get(BEGIN).status == 403
