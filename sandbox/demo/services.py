"""Starts the sandbox and the bridge, connects the two, and ends them in order."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from sandbox.demo.errors import DemoError
from sandbox.demo.interrupts import ignore_interrupts
from sandbox.demo.observer import Control
from sandbox.demo.processes import (
    Service,
    bridge_program,
    environment,
    free_port,
    mappings_folder,
    run,
    wanted_port,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.demo.narrator import Narrator
    from sandbox.demo.workspace import Workspace

CONNECTION = "demo"

Seen = TypeVar("Seen")

_START_S = 90.0
_POLL_S = 0.1
_LOOK_TIMEOUT_S = 5.0
_PORT_TRIES = 3
_EXIT_USAGE = 2  # what `bridge up` ends with when its port is taken
_OK = 200
_NO_NOTIFICATION = (
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
    "<OrganizationId>{organization_id}</OrganizationId>"
    "<ActionId>04k5g0000000000AAA</ActionId>"
    "</notifications></Body></Envelope>"
)
"""An outbound message that tells nothing: the bridge acknowledges it and stores nothing."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """The running programs.

    Attributes:
        sandbox: The JSON line that the sandbox printed: addresses and credentials.
        bridge_url: Where the bridge's server listens.
        ensure_running: Raises if one of them has ended.
        troubles: Returns the last warnings and errors of the bridge's log.
    """

    sandbox: dict[str, Any]
    bridge_url: str
    ensure_running: Callable[[], None]
    troubles: Callable[[], str]

    def urls(self) -> dict[str, str]:
        """Return the addresses a person may want to look at."""
        return {
            "bridge": self.bridge_url,
            "salesforce": self.sandbox["salesforce_url"],
            "constant_contact": self.sandbox["constant_contact_url"],
            "control": self.sandbox["control_url"],
        }


@contextmanager
def running_services(place: Workspace, narrator: Narrator) -> Iterator[Services]:
    """Start both programs, connect them, and end them at the end.

    Raises:
        DemoError: If one does not start, or is refused; with the last lines of its log.
    """
    started: list[Service] = []

    def ensure_running() -> None:
        for service in started:
            service.ensure_running()

    try:
        narrator.say("starting the sandbox: stand-ins for Salesforce and Constant Contact")
        started.append(_start_sandbox(place))
        narrator.say("starting the bridge: database, server, worker, scheduler")
        bridge_url = _start_bridge(place, narrator, started)
        line = _wait(started[0].first_line, started[0])
        sandbox = json.loads(line)
        narrator.say("both are up")
        _connect(line, sandbox, bridge_url, place)
        narrator.say(
            f"connection '{CONNECTION}' added: Salesforce posts its messages to the bridge"
        )
        yield Services(
            sandbox=sandbox,
            bridge_url=bridge_url,
            ensure_running=ensure_running,
            troubles=lambda: started[-1].log_tail(troubles_only=True),
        )
    finally:
        ignore_interrupts()
        narrator.say("stopping")
        for service in started:
            service.ask_to_end()
        for service in started:
            service.wait()


def _environment(place: Workspace, *, port: int) -> dict[str, str]:
    return environment(place.data_dir, port=port, mappings=mappings_folder())


def _start_sandbox(place: Workspace) -> Service:
    ports = ["--salesforce-port", "0", "--constant-contact-port", "0"]
    command = [bridge_program(), "sandbox", *ports]
    return Service("bridge sandbox", command, place.folder, _environment(place, port=0))


def _start_bridge(place: Workspace, narrator: Narrator, started: list[Service]) -> str:
    """Start `bridge up` and return its address once it is ready.

    A port can be taken between the look and the start: then another one is tried.
    """
    wanted = wanted_port()
    for attempt in range(_PORT_TRIES):
        port = free_port(wanted if attempt == 0 else 0)
        if wanted and port != wanted:
            narrator.say(f"port {wanted} is in use: the bridge takes {port}")
        env = _environment(place, port=port)
        service = Service("bridge up", [bridge_program(), "up"], place.folder, env)
        started.append(service)
        url = f"http://127.0.0.1:{port}"
        try:
            _wait(lambda url=url: _is_ready(url), service)  # type: ignore[misc]
        except DemoError:
            if service.exit_code() != _EXIT_USAGE or attempt + 1 == _PORT_TRIES:
                raise
            started.remove(service)
        else:
            return url
    raise AssertionError  # the last attempt returns or raises


def _connect(line: str, sandbox: dict[str, Any], bridge_url: str, place: Workspace) -> None:
    """Add the connection and, once its endpoint answers, let the org's messages go there."""
    added = run(
        ["connection", "add", CONNECTION, "--credentials", "-", "--json"],
        stdin=line,
        folder=place.folder,
        env=_environment(place, port=0),
    )
    endpoint = bridge_url + json.loads(added)["endpoint_path"]
    empty = _NO_NOTIFICATION.format(organization_id=sandbox["organization_id"])
    deadline = time.monotonic() + _START_S
    while _status("POST", endpoint, empty) != _OK:
        if time.monotonic() > deadline:
            message = "the bridge does not take messages for the connection that was added"
            raise DemoError(message)
        time.sleep(_POLL_S)
    Control(sandbox["control_url"]).send_messages_to(endpoint)


def _wait(look: Callable[[], Seen | None], service: Service) -> Seen:
    """Return what a look sees once it sees something, while the program runs."""
    deadline = time.monotonic() + _START_S
    while (seen := look()) is None:
        service.ensure_running()
        if time.monotonic() > deadline:
            message = f"`{service.name}` is not ready after {_START_S:.0f} s; its last lines:\n"
            raise DemoError(message + service.log_tail())
        time.sleep(_POLL_S)
    return seen


def _is_ready(url: str) -> bool | None:
    return True if _status("GET", f"{url}/readyz") == _OK else None


def _status(method: str, url: str, body: str = "") -> int | None:
    """Return the status of an answer, or None without one."""
    headers = {"Content-Type": "text/xml; charset=utf-8"} if body else {}
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.request(
                method, url, data=body, headers=headers, timeout=_LOOK_TIMEOUT_S
            )
        except requests.RequestException:
            return None
    return answer.status_code
