"""The console in a frame of another site's page, as Salesforce shows it: no cookie gets there."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tests.console.browsing import Browser
from tests.console.crowd import a_crowd
from tests.console.past import a_plan, a_run
from tests.console.test_canvas import launch, post
from tests.console.test_coming_back import opted_out
from tests.console.test_log_in_salesforce import console_of
from tests.fix_console import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fix_bridge import RunningBridge
    from tests.fix_clients import Office

FLAG = "Flag Ann Moran on Newsletter for deletion"
ON_ITS_WAY = "Saved in Practifi, on its way"

FRAME = """<!doctype html><html lang="en"><title>Salesforce</title>
<link rel="icon" href="data:,">
<iframe name="canvas" title="canvas" width="1000" height="700"></iframe>
<form method="post" action="{url}" target="canvas">
<input type="hidden" name="signed_request" value="{signed}"><button>Open</button></form></html>"""


@contextmanager
def a_page(text: str, salesforce: str) -> Iterator[str]:
    """Serve a page of Salesforce at another site than the console: `localhost`, not 127.0.0.1.

    Whatever else is asked of that address is handed on to the stand-in for Salesforce.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/page":
                self.answer(200, "text/html; charset=utf-8", text.encode())
            else:
                self.hand_on()

        def hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            kept = {
                name: value
                for name, value in self.headers.items()
                if name.lower() in {"authorization", "content-type"}
            }
            asked = requests.request(
                self.command, salesforce + self.path, data=body, headers=kept, timeout=10
            )
            self.answer(asked.status_code, asked.headers.get("content-type", ""), asked.content)

        do_POST = do_PATCH = do_DELETE = hand_on  # noqa: N815 -- so they are called

        def answer(self, status: int, media_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", media_type)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@contextmanager
def framed(
    bridge: RunningBridge, chromium: Any, url: str, path: str, *roles: str
) -> Iterator[tuple[Any, Any]]:
    """Open a page of the console in a frame; yield the window and the frame.

    Nothing may be complained of meanwhile, and no cookie kept.
    """
    browser = Browser(url)
    post(browser, launch(bridge, browser))  # meets whoever is about to open it
    bridge.rows(
        """
        WITH given AS (
          INSERT INTO console_permission_set
          SELECT connection_id, sf_user_id, 'Constant Contact Marketing', true,
            app_now() + interval '1 hour'
          FROM console_person)
        UPDATE console_person SET roles = %(roles)s RETURNING 1
        """,
        roles=list(roles),
    )
    signed = launch(bridge, browser, parameters={"page": path})
    text = FRAME.format(url=f"{url}/canvas", signed=escape(signed))
    (connection,) = bridge.rows("SELECT sf_url FROM connection")
    with a_page(text, connection["sf_url"]) as salesforce:
        bridge.rows("UPDATE connection SET sf_url = %(url)s RETURNING 1", url=salesforce)
        context = chromium.new_context()
        page, wrong = context.new_page(), []
        page.on("console", lambda said: wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{salesforce}/page")
        page.get_by_role("button", name="Open").click()
        yield page, page.frame_locator("iframe")
        assert context.cookies() == []
        assert wrong == [], wrong
        context.close()
        bridge.rows("UPDATE connection SET sf_url = %(sf_url)s RETURNING 1", **connection)


def file_of(page: Any, button: Any) -> str:
    """Return the text of the file that a click saves."""
    with page.expect_download() as download:
        button.click()
    return Path(download.value.path()).read_text(encoding="utf-8-sig")


def desk_of(bridge: RunningBridge, url: str) -> Desk:
    kit = bridge.installation
    return Desk(url, kit.database, firm=bridge.connection_id, other=0, keyring=kit.keyring)


def test_the_console_works_in_a_frame_without_cookies(bridge: RunningBridge, chromium: Any) -> None:
    with (
        console_of(bridge) as browser,
        framed(bridge, chromium, browser.url, "/settings/schedule", "admin") as (_, frame),
    ):
        frame.get_by_role("heading", name="Schedule").wait_for()
        frame.get_by_role("link", name="Runs").click()
        frame.get_by_role("heading", name="Runs").wait_for()
        sections = frame.get_by_role("navigation", name="Sections")
        sections.get_by_role("link", name="Settings").click()
        frame.get_by_role("button", name="Preview Constant Contact Lists").click()
        frame.get_by_text("Started. This page follows it.").wait_for()


def test_memberships_are_changed_in_a_frame(office: Office, chromium: Any) -> None:
    with framed(office.bridge, chromium, office.url, office.path) as (_, frame):
        frame.get_by_role("button", name="Add").click()
        frame.get_by_label("Contact of row 1").select_option(label="Bob Moran")
        frame.get_by_role("cell", name="bob@example.org").nth(1).wait_for()
        frame.get_by_label("Filter the lists of row 1").fill("mark")
        frame.get_by_label(FLAG).check()
        frame.get_by_role("status").get_by_text("Save will add 1 and remove 1").wait_for()
        frame.get_by_role("link", name="Clients").click()
        frame.get_by_text("Something here is not saved. Press again to leave it.").wait_for()
        frame.get_by_role("button", name="Save").click()
        frame.get_by_text("Remove all the same?").wait_for()
        frame.get_by_role("button", name="Save").click()
        frame.get_by_text(ON_ITS_WAY).first.wait_for()
        assert (office.in_practifi("Ann"), office.in_practifi("Bob")) == ([], ["Market Notes"])
        frame.get_by_role("button", name="Undo: put Ann Moran back on Newsletter").click()
        frame.get_by_label(FLAG).wait_for()
        assert office.in_practifi("Ann") == ["Newsletter"]


def test_somebody_comes_back_in_a_frame(office: Office, chromium: Any) -> None:
    opted_out(office)
    with framed(office.bridge, chromium, office.url, office.path) as (_, frame):
        frame.get_by_role("link", name="Reactivate Ann Moran").click()
        frame.get_by_role("heading", name="Reactivate Ann Moran").first.wait_for()
        frame.get_by_role("button", name="Reactivate").click()
        frame.get_by_text("Asked for. It goes out as far as the policy allows").wait_for()


def test_many_are_put_on_a_list_in_a_frame(bridge: RunningBridge, chromium: Any) -> None:
    with console_of(bridge) as browser:
        a_crowd(desk_of(bridge, browser.url), 3)
        bridge.rows(
            "UPDATE practifi_record SET do_not_email = true WHERE email_key = 'p3@example.org' "
            "RETURNING 1"
        )
        with framed(bridge, chromium, browser.url, "/memberships/bulk") as (page, frame):
            frame.get_by_label("Market Notes").check()
            frame.get_by_role("button", name="Continue to Step Two").click()
            frame.get_by_role("heading", name="Step Two: Find Contacts").wait_for()
            frame.locator("#step:focus").wait_for()
            frame.get_by_label("Filter", exact=True).select_option(label="City")
            frame.get_by_label("has in it").fill("leeds")
            frame.get_by_role("button", name="Add filter").click()
            frame.get_by_text("3 contacts match, 2 can be added").wait_for()
            for number in (1, 3):
                frame.get_by_label(f"Select Ann Moran {number:05d}").check()
            frame.get_by_role("button", name="Add to Selected List").first.click()
            frame.get_by_role("link", name="Selected List (2)", exact=True).wait_for()
            frame.get_by_role("link", name="Continue to Step Three").click()
            frame.get_by_role("heading", name="Step Three: Selected List (2)").wait_for()
            frame.get_by_role("link", name="Skipped (1)").click()
            skipped = file_of(page, frame.get_by_role("link", name="Skipped as CSV"))
            assert "Ann Moran 00003,P3@example.org,Market Notes,Do Not Email is ticked" in skipped
            frame.get_by_role("button", name="Save & Finish").click()
            frame.get_by_text("You can close this page").wait_for()
    rows = bridge.rows("SELECT state FROM bulk_create_row ORDER BY contact_id")
    assert [row["state"] for row in rows] == ["waiting", "skipped"]


def test_a_plan_is_taken_along_and_approved_in_a_frame(
    bridge: RunningBridge, chromium: Any
) -> None:
    with console_of(bridge) as browser:
        desk = desk_of(bridge, browser.url)
        run = a_run(desk, job="lists", mode="plan")
        a_plan(desk, run)
        address = f"/runs/{run}"
        with framed(bridge, chromium, browser.url, address, "admin") as (page, frame):
            plan = file_of(page, frame.get_by_role("link", name="CSV"))
            assert "ann@example.org" in plan
            assert file_of(page, frame.get_by_role("link", name="JSON")).startswith("{")
            frame.get_by_label("Step 1: change ann@example.org").check()
            frame.get_by_role("button", name="Approve ticked").click()
            frame.get_by_role("button", name="Approve 1 step").click()
            frame.get_by_text("Approved. It is carried out in the background.").wait_for()
            sections = frame.get_by_role("navigation", name="Sections")
            sections.get_by_role("link", name="Audit").click()
            ledger = file_of(page, frame.get_by_role("button", name="CSV"))
            assert ledger.startswith("seq,")
