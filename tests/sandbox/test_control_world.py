"""The control API beside faults: clock, endpoint, reset, the process itself."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.fix_sandbox import RunningSandbox, start_sandbox, stop_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE = {
    "organization_id",
    "salesforce_url",
    "salesforce",
    "constant_contact_url",
    "constant_contact",
    "salesforce_login_url",
    "constant_contact_auth_url",
    "control_url",
    "observer",
}


class _Bridge(BaseHTTPRequestHandler):
    """Takes a `POST /clock` as a bridge with a movable clock does."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen: list[tuple[str, object]] = self.server.seen  # type: ignore[attr-defined]
        seen.append((self.path, json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture
def a_bridge() -> Iterator[tuple[str, list[tuple[str, object]]]]:
    seen: list[tuple[str, object]] = []
    with HTTPServer(("127.0.0.1", 0), _Bridge) as server:
        server.seen = seen  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def test_the_clock_moves_forward(sandbox: RunningSandbox) -> None:
    before = datetime.fromisoformat(sandbox.control("GET", "/clock")["now"])
    moved = sandbox.advance(3600)
    assert 3600 <= (datetime.fromisoformat(moved["now"]) - before).total_seconds() < 3660
    assert moved["bridge"] is None


def test_the_clock_of_the_bridge_behind_the_endpoint_moves_along(
    sandbox: RunningSandbox, a_bridge: tuple[str, list[tuple[str, object]]]
) -> None:
    url, seen = a_bridge
    sandbox.control("PUT", "/salesforce/endpoint", {"url": f"{url}/outbound-messages/x/y"})
    moved = sandbox.advance(60)
    assert moved["bridge"] == {"url": f"{url}/clock", "status": 200, "error": None}
    assert seen == [("/clock", {"advance_s": 60.0})]


def test_a_bridge_that_does_not_answer_is_reported(sandbox: RunningSandbox) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/outbound-messages/x/y"
        sandbox.control("PUT", "/salesforce/endpoint", {"url": url})
        bridge = sandbox.advance(1)["bridge"]
    assert (bridge["status"], bridge["error"]) == (None, "ConnectionError")


def test_time_does_not_go_back(sandbox: RunningSandbox) -> None:
    answer = sandbox.session.post(
        f"{sandbox.line['control_url']}/clock", json={"advance_s": -1}, timeout=10
    )
    assert answer.status_code == 400


def test_a_reset_returns_to_the_printed_start(sandbox: RunningSandbox) -> None:
    sandbox.advance(3 * 86_400)
    sandbox.constant_contact("POST", "/contact_lists", {"name": "Extra"})
    sandbox.faults({"side": "constant_contact", "kind": "error_500", "observer": True})
    sandbox.control("PUT", "/constant-contact/limits", {"per_day": 0})
    sandbox.control("PUT", "/salesforce/endpoint", {"url": "http://127.0.0.1:9/x"})
    sandbox.control("POST", "/reset")
    assert sandbox.calls("constant_contact") == []
    answer = sandbox.constant_contact("GET", "/contact_lists", by="bridge")
    assert {one["name"] for one in answer.json()["lists"]} == {
        "General Interest",
        "Website Sign-ups",
    }
    assert sandbox.control("GET", "/salesforce/endpoint") == {"url": None}
    now = datetime.fromisoformat(sandbox.control("GET", "/clock")["now"])
    assert abs(now.timestamp() - time.time()) < 60


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/constant-contact/unsubscribe", {"email": "nobody@example.org"}, 404),
        ("/constant-contact/unsubscribe", {}, 400),
        ("/constant-contact/leave-list", {"email": "sven@example.com", "list_id": "x"}, 404),
        ("/constant-contact/confirm", {"email": "sven@example.com"}, 404),
        (
            "/constant-contact/campaigns",
            {"name": "N", "subject": "S", "list_ids": ["unknown"]},
            404,
        ),
        ("/nowhere", {}, 404),
    ],
)
def test_what_cannot_be_done_is_said(
    sandbox: RunningSandbox, path: str, body: dict[str, object], status: int
) -> None:
    answer = sandbox.session.post(f"{sandbox.line['control_url']}{path}", json=body, timeout=10)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_the_process_prints_its_line_soon_and_stops_when_told() -> None:
    started = time.monotonic()
    process, line = start_sandbox("--size", "small")
    started_s = time.monotonic() - started
    stopping = time.monotonic()
    code = stop_sandbox(process)
    assert set(line) == LINE
    assert line["constant_contact_url"].endswith("/v3")
    assert (code, started_s < 4, time.monotonic() - stopping < 3) == (0, True, True)


def test_the_same_seed_gives_the_same_applications() -> None:
    process, line = start_sandbox("--seed", "1")
    other_process, other = start_sandbox("--seed", "2")
    stop_sandbox(process)
    stop_sandbox(other_process)
    again_process, again = start_sandbox("--seed", "1")
    stop_sandbox(again_process)
    assert again["constant_contact"]["client_secret"] == line["constant_contact"]["client_secret"]
    assert again["organization_id"] == line["organization_id"]
    assert other["constant_contact"]["client_id"] != line["constant_contact"]["client_id"]


def test_a_port_in_use_ends_it_with_exit_code_2() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "sandbox", "--control-port", port],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert port in ended.stderr
