"""Pages inside Salesforce: a signed request lets in, and a header goes on letting in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.console.test_log_in_salesforce import console_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.console.browsing import Browser, Seen
    from tests.fix_bridge import RunningBridge


@pytest.fixture
def browser(bridge: RunningBridge) -> Iterator[Browser]:
    with console_of(bridge) as browser:
        yield browser


def launch(bridge: RunningBridge, browser: Browser, **given: Any) -> str:
    """Open the page in Salesforce; return what it posts."""
    asked = {"url": f"{browser.url}/canvas"} | given
    signed = bridge.sandbox.control("POST", "/salesforce/canvas", asked)["signed_request"]
    assert isinstance(signed, str)
    return signed


def post(browser: Browser, signed: str) -> Seen:
    """Post a signed request as a frame in Salesforce does."""
    headers = {"Origin": "https://firm.lightning.force.com", "Sec-Fetch-Site": "cross-site"}
    return browser.post("/canvas", {"signed_request": signed}, **headers)


def header_of(seen: Seen) -> dict[str, str]:
    """Return what the page in the frame sends with everything that it asks for."""
    found = re.search(r"Bearer ([\w-]+)", seen.response.text)
    assert found is not None
    return {"Authorization": f"Bearer {found[1]}"}


def test_whoever_opens_the_page_in_salesforce_is_in_without_a_cookie(
    browser: Browser, bridge: RunningBridge
) -> None:
    seen = post(browser, launch(bridge, browser, parameters={"page": "/runs"}))
    assert (seen.status, seen.response.headers.get("set-cookie")) == (200, None)
    assert 'data-hx-get="/runs"' in seen.response.text
    bridge.rows("UPDATE console_person SET roles = '{viewer}' RETURNING 1")
    assert browser.get("/runs", **header_of(seen)).path == "/runs"
    assert browser.get("/runs").path == "/login"


def test_only_the_organization_s_own_pages_may_frame_it(
    browser: Browser, bridge: RunningBridge
) -> None:
    seen = post(browser, launch(bridge, browser))
    (row,) = bridge.rows("SELECT sf_url FROM connection")
    rule = seen.response.headers["content-security-policy"]
    assert rule.endswith(f"frame-ancestors {row['sf_url']}")


def test_a_signed_request_opens_one_page_once(browser: Browser, bridge: RunningBridge) -> None:
    signed = launch(bridge, browser)
    assert post(browser, signed).status == 200
    again = post(browser, signed)
    assert again.status == 403
    assert "This page was opened before. Open it in Salesforce again." in again.text


def test_an_old_request_opens_nothing(browser: Browser, bridge: RunningBridge) -> None:
    signed = launch(bridge, browser)
    bridge.sandbox.advance(301)
    seen = post(browser, signed)
    assert seen.status == 403
    assert "opened too long ago" in seen.text


@pytest.mark.parametrize("signed", ["", "none", "bm9uZQ==.e30=", "é.\ud800"])
def test_what_nobody_has_signed_opens_nothing(browser: Browser, signed: str) -> None:
    seen = post(browser, signed.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    assert seen.status == 403
    assert "not signed by an organization that is connected here" in seen.text


def test_a_change_in_the_frame_needs_its_token_twice_and_comes_from_our_page(
    browser: Browser, bridge: RunningBridge
) -> None:
    header = header_of(post(browser, launch(bridge, browser)))
    bridge.rows("UPDATE console_person SET roles = '{admin}' RETURNING 1")
    page = browser.get("/settings/schedule", **header)
    csrf = page.form_with("Log out").fields["csrf"]
    assert browser.post("/logout", {"csrf": "guessed"}, **header).status == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/logout", {"csrf": csrf}, **header, **foreign).status == 403
    browser.post("/logout", {"csrf": csrf}, **header)
    ended = browser.get("/runs", **header)
    assert ended.status == 403
    assert "Your session has ended. Open this page in Salesforce again." in ended.text


def test_a_session_in_a_frame_ends_after_two_hours(browser: Browser, bridge: RunningBridge) -> None:
    header = header_of(post(browser, launch(bridge, browser)))
    bridge.rows("UPDATE console_person SET roles = '{viewer}' RETURNING 1")
    for _ in range(3):
        bridge.sandbox.advance(39 * 60)
        assert browser.get("/runs", **header).status == 200
    bridge.sandbox.advance(4 * 60)
    assert browser.get("/runs", **header).status == 403


def test_who_is_not_told_is_told_what_to_set(browser: Browser) -> None:
    seen = browser.get("/canvas")
    assert seen.status == 200
    assert "Signed Request (POST)" in seen.text
