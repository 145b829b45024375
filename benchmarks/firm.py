"""A firm with `bridge up` between a sandbox's Salesforce and its Constant Contact, to be timed.

Everything runs in processes of its own, as an operator starts it. The limits of calls are lifted
until they are put in force, so that getting ready takes no minutes.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.posting import a_message
from benchmarks.sandbox import BRIDGE, running_sandbox
from bridge.db.database import open_database
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bridge.db.database import Database

LIST = "practifi__Constant_Contact_List__c"
MEMBERSHIP = "practifi__Constant_Contact_Membership__c"
GAP_MS, DAY_LIMIT = 260, 10_000

_CONNECTION = "firm"
_VERSION = "/services/data/v66.0"
_PATIENCE_S = 120.0
_POLL_S = 0.05
_NICENESS = "5"
_BUSY = """
SELECT EXISTS (SELECT FROM notification WHERE state = 'received')
  OR EXISTS (SELECT FROM work WHERE done < wanted AND blocked_reason IS NULL)
  OR EXISTS (SELECT FROM record_status WHERE write_due_at IS NOT NULL)
"""


@dataclass(frozen=True, kw_only=True)
class Firm:
    """Both systems through the eyes of those who use them, and the bridge's database.

    Attributes:
        line: What the sandbox printed.
        endpoint: Where the bridge receives the firm's outbound messages.
    """

    line: dict[str, Any]
    endpoint: str
    database: Database
    session: requests.Session

    def save(self, name: str, record_id: str = "", **fields: object) -> str:
        """Create or change a record in Salesforce, as one of the firm's people; return its id."""
        method = "PATCH" if record_id else "POST"
        answer = self._salesforce(method, f"sobjects/{name}/{record_id}".rstrip("/"), json=fields)
        return record_id or str(answer.json()["id"])

    def read(self, name: str, record_id: str) -> dict[str, Any]:
        """Return a record of Salesforce."""
        found: dict[str, Any] = self._salesforce("GET", f"sobjects/{name}/{record_id}").json()
        return found

    def records(self, soql: str) -> Iterator[dict[str, Any]]:
        """Yield the records that a query finds, page by page."""
        page = self._salesforce("GET", "query", params={"q": soql}).json()
        while True:
            yield from page["records"]
            if page["done"]:
                return
            page = self._salesforce("GET", page["nextRecordsUrl"].removeprefix(_VERSION)).json()

    def contact_there(self, contact_id: str) -> dict[str, Any]:
        """Return a contact of Constant Contact, read with a key that is not the bridge's."""
        token = self.line["observer"]["constant_contact_access_token"]
        answer = self.session.get(
            f"{self.line['constant_contact_url']}/contacts/{contact_id}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def calls(self) -> list[dict[str, Any]]:
        """Return the calls of the bridge that Constant Contact received, oldest first."""
        listed = self.control("GET", "/calls?side=constant_contact")
        return [call for call in listed if call["owner"] == "bridge"]

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Call the sandbox's control API."""
        url = f"{self.line['control_url']}{path}"
        answer = self.session.request(method, url, json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement in the bridge's database."""
        with self.database.transaction() as tx:
            return tx.execute(statement, values).fetchall()

    def put_limits_in_force(self) -> None:
        """Let the vendor refuse what is too much, and the bridge keep to that."""
        self.control("PUT", "/constant-contact/limits", {})
        self.rows(
            "UPDATE api_application SET gap_ms = %(gap_ms)s, day_limit = %(limit)s RETURNING id",
            gap_ms=GAP_MS,
            limit=DAY_LIMIT,
        )

    def come_to_rest(self) -> None:
        """Return when the bridge has nothing left to do."""
        wait_until(
            lambda: (
                not self.control("GET", "/salesforce/deliveries") and not self.rows(_BUSY)[0][0]
            ),
            "the bridge to come to rest",
        )

    def _salesforce(self, method: str, path: str, **given: Any) -> requests.Response:
        answer = self.session.request(
            method,
            f"{self.line['salesforce_url']}{_VERSION}/{path.lstrip('/')}",
            headers={"Authorization": f"Bearer {self.line['observer']['salesforce_access_token']}"},
            timeout=60,
            **given,
        )
        answer.raise_for_status()
        return answer


@contextmanager
def running_firm(size: str) -> Iterator[Firm]:
    """Run a sandbox of a size and a bridge that is connected to it, without limits of calls."""
    with ExitStack() as stack:
        # The embedded server stops some seconds after its last client and removes its files then.
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="bridge-bench-", ignore_cleanup_errors=True)
        )
        Path(folder).chmod(0o755)
        port = free_port()
        os.environ |= {
            "BRIDGE_DATA_DIR": f"{folder}/data",
            "BRIDGE_LISTEN": f"127.0.0.1:{port}",
            "BRIDGE_LOG_LEVEL": os.environ.get("BRIDGE_LOG_LEVEL", "warning"),
        }
        line, _ = stack.enter_context(running_sandbox(size))
        url = f"http://127.0.0.1:{port}"
        stack.enter_context(_bridge_up(f"{url}/readyz"))
        added = subprocess.run(
            [BRIDGE, "connection", "add", _CONNECTION, "--credentials", "-", "--json"],
            input=json.dumps(line),
            capture_output=True,
            text=True,
            check=True,
        )
        database = open_database(read_settings())
        stack.callback(database.close)
        firm = Firm(
            line=line,
            endpoint=url + json.loads(added.stdout)["endpoint_path"],
            database=database,
            session=stack.enter_context(requests.Session()),
        )
        firm.rows("UPDATE api_application SET gap_ms = 0, day_limit = 1000000 RETURNING id")
        nothing = a_message(line["organization_id"], "04k5g0000000000AAA")
        wait_until(
            lambda: requests.post(firm.endpoint, nothing, timeout=5).ok,
            "the server to know the connection",
        )
        firm.control("PUT", "/salesforce/endpoint", {"url": firm.endpoint})
        yield firm


@contextmanager
def _bridge_up(ready_url: str) -> Iterator[None]:
    # The vendors have machines of their own: where ours is full, their stand-in goes first.
    command = ["nice", "-n", _NICENESS, str(BRIDGE), "up"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: _is_ready(ready_url), "`bridge up` to be ready")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _is_ready(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def wait_until(
    holds: Callable[[], bool], what: str, *, within_s: float = _PATIENCE_S, every_s: float = _POLL_S
) -> float:
    """Look until it holds and return the seconds that took.

    Raises:
        SystemExit: If it does not hold in time.
    """
    started = time.perf_counter()
    while not holds():
        if time.perf_counter() > started + within_s:
            raise SystemExit(f"waited {within_s:.0f} s in vain for {what}")
        time.sleep(every_s)
    return time.perf_counter() - started


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
