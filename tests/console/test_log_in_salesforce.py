"""Logging in with Salesforce: away to its page, and back as somebody."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from bridge.app import create_app
from tests.console.browsing import Browser
from tests.fix_bridge import RunningBridge, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def console_of(bridge: RunningBridge) -> Iterator[Browser]:
    kit = bridge.installation
    app = create_app(kit.settings, kit.database, kit.keyring, lambda _: None)
    with serving(app) as url:
        yield Browser(url)


@pytest.fixture
def browser(bridge: RunningBridge) -> Iterator[Browser]:
    with console_of(bridge) as browser:
        yield browser


def at_salesforce(browser: Browser, wanted: str = "/") -> str:
    """Begin to log in and return the address at Salesforce."""
    seen = browser.get(f"/login?next={wanted}")
    link = seen.links["Log in with Salesforce"]
    answer = browser.session.get(browser.url + link, allow_redirects=False, timeout=10)
    return answer.headers["location"]


def allow(browser: Browser, url: str, answer: str = "allow") -> str:
    """Choose the first user and answer Salesforce's question; return where it sends one."""
    page = browser.session.get(url, timeout=10)
    user = page.text.partition('<option value="')[2].partition('"')[0]
    form = {"user_id": user, "answer": answer}
    sent = browser.session.post(url, data=form, allow_redirects=False, timeout=10)
    return sent.headers["location"]


def test_a_user_of_the_organization_logs_in_and_waits_for_a_role(
    browser: Browser, bridge: RunningBridge
) -> None:
    seen = browser.get(allow(browser, at_salesforce(browser)))
    assert seen.status == 403
    assert "Nobody has given you a role yet" in seen.text
    (row,) = bridge.rows("SELECT connection_id, sf_user_id, roles FROM console_person")
    assert (row["connection_id"], row["roles"]) == (bridge.connection_id, [])
    assert row["sf_user_id"].startswith("005")


def test_a_known_user_keeps_the_role_and_goes_where_they_wanted(
    browser: Browser, bridge: RunningBridge
) -> None:
    browser.get(allow(browser, at_salesforce(browser)))
    bridge.rows("UPDATE console_person SET roles = '{viewer}' RETURNING 1")
    seen = browser.get(allow(browser, at_salesforce(browser, "/runs")))
    assert (seen.status, seen.path) == (200, "/runs")


def test_times_are_those_of_the_users_own_zone(browser: Browser, bridge: RunningBridge) -> None:
    browser.get(allow(browser, at_salesforce(browser)))
    bridge.rows("UPDATE console_person SET roles = '{viewer}' RETURNING 1")
    seen = browser.get("/")
    (at,) = re.findall(r'As of <time datetime="([^"]+)">([^<]+)</time>', seen.response.text)
    local = datetime.fromisoformat(at[0]).astimezone(ZoneInfo("America/New_York"))
    assert at[1] == f"{local.day} {local:%b %Y, %H:%M %Z}"


def test_proof_of_who_asked_goes_along(browser: Browser) -> None:
    asked = {name: one[0] for name, one in parse_qs(urlsplit(at_salesforce(browser)).query).items()}
    assert asked["scope"] == "openid"
    assert asked["code_challenge_method"] == "S256"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


def test_an_answer_in_another_browser_logs_nobody_in(browser: Browser) -> None:
    back = allow(browser, at_salesforce(browser))
    stranger = Browser(browser.url)
    seen = stranger.get(back)
    assert seen.status == 403
    assert "not begun in this browser" in seen.text


def test_an_answer_to_another_log_in_logs_nobody_in(browser: Browser) -> None:
    back = allow(browser, at_salesforce(browser))
    at_salesforce(browser)
    assert browser.get(back).status == 403


def test_a_code_is_good_once(browser: Browser) -> None:
    back = allow(browser, at_salesforce(browser))
    kept = browser.session.cookies["bridge-login"]
    browser.get(back)
    again = Browser(browser.url)
    again.session.cookies.set("bridge-login", kept)
    seen = again.get(back)
    assert seen.status == 403
    assert "Salesforce did not say who this is (HTTP 400)" in seen.text


def test_who_denies_it_is_told_so(browser: Browser) -> None:
    seen = browser.get(allow(browser, at_salesforce(browser), answer="deny"))
    assert seen.status == 403
    assert "Salesforce did not log you in (access_denied). Log in again." in seen.text


def test_a_user_of_another_organization_is_refused(browser: Browser, bridge: RunningBridge) -> None:
    bridge.rows("UPDATE connection SET organization_id = '00D5g00000ZZzzZEAX' RETURNING 1")
    seen = browser.get(allow(browser, at_salesforce(browser)))
    assert seen.status == 403
    assert "belongs to another organization" in seen.text
    assert bridge.rows("SELECT 1 FROM console_person") == []


def test_the_token_of_the_log_in_is_given_back(browser: Browser, bridge: RunningBridge) -> None:
    browser.get(allow(browser, at_salesforce(browser)))
    paths = [call["path"] for call in bridge.sandbox.calls("salesforce")]
    assert paths[-1].endswith("/services/oauth2/revoke")
