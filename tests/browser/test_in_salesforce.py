"""The console in a frame of another site's page, as Salesforce shows it: no cookie gets there."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from tests.console.test_canvas import launch, post
from tests.console.test_log_in_salesforce import console_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fix_bridge import RunningBridge

FRAME = """<!doctype html><html lang="en"><title>Salesforce</title>
<iframe name="canvas" title="canvas" width="1000" height="700"></iframe>
<form method="post" action="{url}" target="canvas">
<input type="hidden" name="signed_request" value="{signed}"><button>Open</button></form></html>"""


@contextmanager
def a_page(text: str) -> Iterator[str]:
    """Serve a page at another site than the console: `localhost`, not 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


def test_the_console_works_in_a_frame_without_cookies(bridge: RunningBridge, chromium: Any) -> None:
    with console_of(bridge) as browser:
        post(browser, launch(bridge, browser))  # meets whoever is about to open it
        bridge.rows("UPDATE console_person SET roles = '{admin}' RETURNING 1")
        signed = launch(bridge, browser, parameters={"page": "/settings/schedule"})
        text = FRAME.format(url=f"{browser.url}/canvas", signed=escape(signed))
        with a_page(text) as salesforce:
            bridge.rows("UPDATE connection SET sf_url = %(url)s RETURNING 1", url=salesforce)
            context = chromium.new_context()
            page, wrong = context.new_page(), []
            page.on("console", lambda said: wrong.append(said.text))
            page.goto(salesforce)
            page.get_by_role("button", name="Open").click()
            frame = page.frame_locator("iframe")
            frame.get_by_role("heading", name="Schedule").wait_for()
            frame.get_by_role("link", name="Runs").click()
            frame.get_by_role("heading", name="Runs").wait_for()
            sections = frame.get_by_role("navigation", name="Sections")
            sections.get_by_role("link", name="Settings").click()
            frame.get_by_role("button", name="Preview Constant Contact Lists").click()
            frame.get_by_text("Started. This page follows it.").wait_for()
            assert context.cookies() == []
            assert wrong == []
            context.close()
