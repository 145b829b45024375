"""Authorizing a connection again: the same account's consent is taken, another's is not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from bridge.connections.secrets import read_secret
from bridge.connections.store import load_connection
from bridge.console.access.people import begin_session, make_link, meet, set_roles
from bridge.console.access.roles import Role
from bridge.console.times import Times
from bridge.constant_contact.tokens import Tokens
from bridge.mapping.versions import active
from tests.console.test_log_in_salesforce import console_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.console.browsing import Browser, Seen
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
    assert admin.get(seen.links["Keep the old one"]).status == 200


ROW = "SELECT to_jsonb(c) AS row FROM connection c WHERE name = 'firm'"


def offered(admin: Browser, bridge: RunningBridge) -> Seen:
    """Authorize by another account than the firm's, and go on to the question of a new one."""
    bridge.rows("UPDATE connection SET cc_account_id = 'a07another' RETURNING 1")
    return admin.get(admin.get(answered(admin)).links["Start a new connection"])


def test_a_new_connection_is_started_for_the_other_account_and_the_old_one_stays(
    admin: Browser, bridge: RunningBridge
) -> None:
    asked = offered(admin, bridge)
    assert "firm stays as it is: its account, links, lists and ledger." in asked.text
    assert asked.forms[-1].fields["name"] == "harbour-lane-wealth"
    before, old = stored(bridge), bridge.rows(ROW)
    seen = admin.press(asked, "Start the connection", name="markets")
    assert "The new connection is there. Nothing of the old one was changed." in seen.text
    assert "Harbour Lane Wealth (a07e1lsandbox)" in seen.text
    assert (stored(bridge), bridge.rows(ROW)) == (before, old)
    (new,) = bridge.rows(
        "SELECT id, state, organization_id, cc_authorised_by, profile FROM connection"
        " WHERE name = 'markets'"
    )
    assert (new["state"], new["cc_authorised_by"]) == ("active", "root (log-in link)")
    kit = bridge.installation
    with kit.database.transaction() as tx:
        connection = load_connection(tx, new["id"])
        mappings = [active(tx, one) for one in (bridge.connection_id, new["id"])]
    assert mappings[0] is not None
    assert mappings[1] is not None
    assert mappings[0].mapping.digest == mappings[1].mapping.digest
    assert Tokens(connection, kit.database, kit.keyring, 5.0).access_token()
    again = admin.get("/settings/connections/new")
    assert "Which account it is for is not known any more." in again.text


def test_a_name_that_is_taken_or_cannot_be_one_starts_nothing(
    admin: Browser, bridge: RunningBridge
) -> None:
    asked = offered(admin, bridge)
    for name, fault in [
        ("firm", "there is a connection 'firm' already: choose another name"),
        ("a/b", "'a/b' cannot name a connection"),
    ]:
        seen = admin.press(asked, "Start the connection", name=name)
        assert seen.status == 422
        assert fault in seen.text
        assert seen.forms[-1].fields["name"] == name
    assert bridge.rows("SELECT name FROM connection") == [{"name": "firm"}]


def test_an_account_that_has_a_connection_gets_no_second_one(
    admin: Browser, bridge: RunningBridge
) -> None:
    admin.press(offered(admin, bridge), "Start the connection", name="markets")
    seen = admin.press(offered_again(admin), "Start the connection", name="more")
    assert "the connection 'markets' is to this account already: re-authorize that one" in seen.text


def offered_again(admin: Browser) -> Seen:
    return admin.get(admin.get(answered(admin)).links["Start a new connection"])


def test_nobody_goes_on_with_the_consent_of_somebody_else(
    admin: Browser, bridge: RunningBridge
) -> None:
    asked = offered(admin, bridge)
    with bridge.database.transaction() as tx:
        person = meet(tx, bridge.connection_id, "005000000000001AAA", "Ann Adviser")
        set_roles(tx, person.id, [Role.ADMIN], by="test")
        admin.session.cookies.set("bridge-session", begin_session(tx, person))
    csrf = admin.get("/").form_with("Log out").fields["csrf"]
    seen = admin.post("/settings/connections/new", {"csrf": csrf, "name": "markets"})
    assert seen.status == 409
    assert admin.post(asked.forms[-1].action, {"name": "markets"}).status == 403


def test_who_came_from_salesforce_is_administrator_of_the_connection_that_they_start(
    admin: Browser, bridge: RunningBridge
) -> None:
    with bridge.database.transaction() as tx:
        person = meet(tx, bridge.connection_id, "005000000000001AAA", "Ann Adviser")
        set_roles(tx, person.id, [Role.ADMIN], by="test")
        admin.session.cookies.set("bridge-session", begin_session(tx, person))
    seen = admin.press(offered(admin, bridge), "Start the connection", name="markets")
    assert "Nothing of the old one was changed." in seen.text
    assert "(a07another)" in seen.text
    roles = bridge.rows(
        "SELECT c.name, p.roles FROM console_person p JOIN connection c ON c.id = p.connection_id"
        " ORDER BY c.name"
    )
    assert roles == [
        {"name": "firm", "roles": ["admin"]},
        {"name": "markets", "roles": ["admin"]},
    ]


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
