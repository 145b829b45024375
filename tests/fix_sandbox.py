"""A running sandbox: one process for the whole run of a worker, put back to its start each test."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_S = 20
_STOP_S = 10
_CALL_S = 20


@dataclass(frozen=True, kw_only=True)
class RunningSandbox:
    """The sandbox's JSON line, and short ways to its three addresses.

    Attributes:
        line: What `bridge sandbox` printed.
        session: Connections that are kept between calls.
    """

    line: dict[str, Any]
    session: requests.Session

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Call the control API and return its answer; an error status fails the test."""
        url = f"{self.line['control_url']}{path}"
        answer = self.session.request(method, url, json=body, timeout=_CALL_S)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def constant_contact(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: Literal["bridge", "observer"] = "observer",
        **query: object,
    ) -> requests.Response:
        """Call the V3 API; `path` is what follows `/v3`, and may be an href of a page."""
        if by == "observer":
            token = self.line["observer"]["constant_contact_access_token"]
        else:
            token = self.line["constant_contact"]["access_token"]
        return self.session.request(
            method,
            f"{self.line['constant_contact_url']}{path.removeprefix('/v3')}",
            json=body,
            params={name: str(value) for name, value in query.items()},
            headers={"Authorization": f"Bearer {token}"},
            timeout=_CALL_S,
        )

    def salesforce(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        by: Literal["bridge", "observer"] = "observer",
        **query: object,
    ) -> requests.Response:
        """Call the Salesforce REST API; `path` begins with `/services`."""
        if by == "observer":
            token = self.line["observer"]["salesforce_access_token"]
        else:
            token = self.line["salesforce"]["access_token"]
        return self.session.request(
            method,
            f"{self.line['salesforce_url']}{path}",
            json=body,
            params={name: str(value) for name, value in query.items()},
            headers={"Authorization": f"Bearer {token}"},
            timeout=_CALL_S,
        )

    def faults(self, *faults: dict[str, object]) -> None:
        """Arm these faults and no other."""
        self.control("PUT", "/faults", list(faults))

    def calls(self, side: Literal["salesforce", "constant_contact"]) -> list[dict[str, Any]]:
        """Return the calls that a side received since the test began."""
        listed: list[dict[str, Any]] = self.control("GET", f"/calls?side={side}")
        return listed

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the clock, and that of the bridge behind the endpoint."""
        moved: dict[str, Any] = self.control("POST", "/clock", {"advance_s": seconds})
        return moved

    def lift_limits(self) -> None:
        """Let the bridge call Constant Contact as often as it likes."""
        self.control("PUT", "/constant-contact/limits", {"enforced": False})


def start_sandbox(*arguments: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start a sandbox process and return it with the line that it printed.

    Raises:
        TimeoutError: If it prints nothing in time.
    """
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "sandbox", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _START_S)
    if not readable:
        stop_sandbox(process)
        message = f"no line of the sandbox within {_START_S} s"
        raise TimeoutError(message)
    return process, json.loads(process.stdout.readline())


def stop_sandbox(process: subprocess.Popen[str]) -> int:
    """Stop a sandbox process and return its exit code."""
    process.terminate()
    try:
        return process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
    finally:
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[RunningSandbox]:
    """Yield a sandbox that lives as long as the test run; use `sandbox` instead."""
    process, line = start_sandbox()
    with requests.Session() as session:
        yield RunningSandbox(line=line, session=session)
    stop_sandbox(process)


@pytest.fixture
def sandbox(sandbox_process: RunningSandbox) -> RunningSandbox:
    """Return a sandbox as it is at its start: no calls, no faults, real time, full limits."""
    sandbox_process.control("POST", "/reset")
    return sandbox_process
