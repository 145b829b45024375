"""Who gets in, what they may do there, and what a browser is told beside the page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bridge.console.access.roles import Right, Role, rights_of
from bridge.console.site import pages

if TYPE_CHECKING:
    from bridge.console.page import Page
    from tests.console.browsing import Browser
    from tests.fix_console import Desk

GUARDED = [page for page in pages() if page.right not in {Right.ENTER, Right.STAY}]


def address(page: Page) -> str:
    """Return an address that a page answers; nothing is there."""
    path = re.sub(r"\{\w+:int\}", "999999", page.path)
    return re.sub(r"\{\w+(:path)?\}", "nothing", path)


def token_of(browser: Browser) -> str:
    page = browser.get("/login")
    return next(str(form.fields["csrf"]) for form in page.forms if "csrf" in form.fields)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_open_what_the_matrix_says_and_nothing_else(desk: Desk, role: Role) -> None:
    browser = desk.log_in(role)
    token = token_of(browser)
    wrong = []
    for page in GUARDED:
        if page.method == "GET":
            seen = browser.get(address(page))
        else:
            seen = browser.post(address(page), {"csrf": token})
        if (seen.status == 403) != (page.right not in rights_of([role])):
            wrong.append((page.method, page.path, seen.status))
    assert wrong == []


def test_nobody_gets_in_without_logging_in(desk: Desk) -> None:
    for page in GUARDED:
        if page.method == "GET":
            seen = desk.visitor().get(address(page))
            assert seen.path == "/login", page.path
        else:
            assert desk.visitor().post(address(page)).status == 403, page.path


def test_an_address_without_a_page_is_not_found(desk: Desk) -> None:
    seen = desk.log_in("admin").get("/nothing/here")
    assert seen.status == 404
    assert "There is no such page, or it is not yours to see." in seen.text


def test_a_link_logs_an_administrator_in_once(desk: Desk) -> None:
    link = desk.link()
    browser = desk.visitor()
    assert browser.get(link).status == browser.get(link).status == 200  # a preview uses nothing up
    home = browser.press(browser.get(link), "Log in")
    assert home.path == "/"
    assert "root" in home.text
    again = desk.visitor().post(link)
    assert again.status == 404
    assert "bridge console link" in again.text


def test_a_link_ends_after_a_quarter_of_an_hour(desk: Desk) -> None:
    link = desk.link()
    desk.rows("UPDATE console_link SET ends_at = app_now()")
    assert desk.visitor().get(link).status == 404
    assert desk.visitor().post(link).status == 404


def test_a_link_is_not_used_by_another_site(desk: Desk) -> None:
    link = desk.link()
    assert desk.visitor().post(link, Origin="https://evil.example").status == 403
    assert desk.visitor().post(link, Origin=None).status == 403
    assert desk.visitor().get(link).status == 200


def test_only_digests_are_stored(desk: Desk) -> None:
    token = desk.link().rpartition("/")[2]
    browser = desk.log_in("viewer")
    session = browser.session.cookies["bridge-session"]
    stored = desk.rows(
        "SELECT token_hash FROM console_link UNION ALL SELECT token_hash FROM console_session"
    )
    assert all(row["token_hash"] not in {token.encode(), session.encode()} for row in stored)


def test_a_session_ends_when_nobody_uses_it_and_in_any_case(desk: Desk) -> None:
    idle, old = desk.log_in("viewer"), desk.log_in("viewer", name="Bob")
    assert idle.get("/").path == old.get("/").path == "/"
    desk.rows("UPDATE console_session SET seen_at = seen_at - interval '61 minutes'")
    assert idle.get("/").path == "/login"
    desk.rows("UPDATE console_session SET seen_at = app_now(), ends_at = app_now()")
    assert old.get("/").path == "/login"


def test_a_page_that_looks_again_by_itself_keeps_nobody_logged_in(desk: Desk) -> None:
    browser = desk.log_in("viewer")
    desk.rows("UPDATE console_session SET seen_at = seen_at - interval '50 minutes'")
    assert browser.get("/settings/resync", **{"HX-Request": "true"}).status == 200
    desk.rows("UPDATE console_session SET seen_at = seen_at - interval '20 minutes'")
    assert browser.get("/settings/resync", **{"HX-Request": "true"}).status == 204
    assert browser.get("/").path == "/login"


def test_logging_out_ends_the_session_for_every_copy_of_its_token(desk: Desk) -> None:
    browser = desk.log_in("viewer")
    token = browser.session.cookies["bridge-session"]
    out = browser.press(browser.get("/"), "Log out")
    assert "You are logged out." in out.text
    copy = desk.visitor()
    copy.session.cookies.set("bridge-session", token)
    assert copy.get("/").path == "/login"


def test_a_change_needs_the_token_of_its_session_and_our_origin(desk: Desk) -> None:
    browser, other = desk.log_in("viewer"), desk.log_in("viewer", name="Bob")
    token, foreign = token_of(browser), token_of(other)
    assert browser.post("/logout").status == 403
    assert browser.post("/logout", {"csrf": foreign}).status == 403
    assert browser.post("/logout", {"csrf": token}, Origin="https://evil.example").status == 403
    assert (
        browser.post("/logout", {"csrf": token}, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    )
    assert browser.get("/").path == "/"
    assert browser.post("/logout", {}, **{"X-CSRF-Token": token}).path == "/login"


def test_somebody_new_has_no_role_and_is_told_so(desk: Desk) -> None:
    seen = desk.log_in().get("/")
    assert seen.status == 403
    assert "Nobody has given you a role yet" in seen.text


def test_somebody_with_too_little_is_told_what_it_needs(desk: Desk) -> None:
    seen = desk.log_in("viewer").get("/inbox")
    assert seen.status == 403
    assert "This needs the role operator or approver or auditor or admin; yours is viewer." in (
        seen.text
    )


def test_the_cookie_is_out_of_reach_and_bound_to_the_host(desk: Desk) -> None:
    browser = desk.visitor()
    answer = browser.session.post(
        desk.url + desk.link(), headers={"Origin": desk.url}, allow_redirects=False, timeout=5
    )
    plain = answer.headers["set-cookie"]
    assert plain.startswith("bridge-session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in plain.split(";")}
    secure = browser.session.post(
        desk.url + desk.link(),
        headers={
            "Origin": "https://bridge.example",
            "Host": "bridge.example",
            "X-Forwarded-Proto": "https",
        },
        allow_redirects=False,
        timeout=5,
    ).headers["set-cookie"]
    assert secure.startswith("__Host-bridge-session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= {
        part.strip() for part in secure.split(";")
    }
    assert "Domain" not in secure


def test_no_session_travels_in_the_clear(desk: Desk) -> None:
    link = desk.link()
    answer = desk.visitor().post(link, Host="bridge.example", Origin="http://bridge.example")
    assert answer.status == 403
    assert "open the console over https" in answer.text


def test_a_login_never_leads_to_another_site(desk: Desk) -> None:
    seen = desk.visitor().get("/login?next=//evil.example/")
    assert "evil.example" not in seen.response.text
    assert "next=/runs" in desk.visitor().get("/login?next=/runs").response.text


def test_every_answer_forbids_foreign_code_and_frames(desk: Desk) -> None:
    visitor = desk.visitor().get("/login").response.headers
    assert "frame-ancestors 'none'" in visitor["content-security-policy"]
    headers = desk.log_in("viewer").get("/").response.headers
    policy = headers["content-security-policy"]
    assert "frame-ancestors https://firm.my.salesforce.com https://firm.lightning.force.com" in (
        policy
    )
    assert "unsafe" not in policy
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_assets_are_kept_for_ever_under_the_name_of_their_content(desk: Desk) -> None:
    browser = desk.visitor()
    page = browser.get("/login").response.text
    for path in re.findall(r'(?:href|src)="(/assets/[^"]+)"', page):
        found = browser.get(path).response
        assert "immutable" in found.headers["cache-control"]
        again = browser.get(path, **{"If-None-Match": found.headers["etag"]})
        assert (again.status, again.response.content) == (304, b"")
    assert browser.get("/assets/0000/slds.css").status == 404


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'\"><img src=x onerror=alert(1)>", "{{ 7*7 }}"]
)
def test_a_hostile_name_is_only_text(desk: Desk, name: str) -> None:
    seen = desk.log_in("viewer", name=name).get("/")
    assert seen.status == 200
    assert name in seen.text
    assert "<script>alert" not in seen.response.text
    assert "<img" not in seen.response.text


def test_every_page_has_one_heading_a_main_part_and_a_way_to_skip(desk: Desk) -> None:
    browser = desk.log_in("admin")
    for page in GUARDED:
        if page.method == "GET":
            text = browser.get(address(page)).response.text
            if text.startswith("<!doctype html>"):
                assert text.count("<h1") == 1, page.path
                assert '<a class="skip" href="#main">' in text
                assert " style=" not in text
                assert " onclick=" not in text
