"""Starts the sandbox and the bridge, connects the two, and ends them in order."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.demo.bridge import CONNECTION, Bridge
from sandbox.demo.interrupts import ignore_interrupts
from sandbox.demo.processes import Service, bridge_program, environment, mappings_folder
from sandbox.demo.readiness import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.demo.narrator import Narrator
    from sandbox.demo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Services:
    """The running programs.

    Attributes:
        sandbox: The JSON line that the sandbox printed: addresses and credentials.
        ensure_running: Raises if one of them has ended by itself.
    """

    sandbox: dict[str, Any]
    bridge: Bridge
    ensure_running: Callable[[], None]

    def urls(self) -> dict[str, str]:
        """Return the addresses a person may want to look at."""
        return {
            "bridge": self.bridge.url,
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
    sandbox: Service | None = None
    bridge = Bridge(place, narrator)
    try:
        narrator.say("starting the sandbox: stand-ins for Salesforce and Constant Contact")
        sandbox = _start_sandbox(place)
        narrator.say("starting the bridge: database, server, worker, scheduler")
        bridge.start()
        line = wait_until(sandbox.first_line, sandbox)
        narrator.say("both are up")
        bridge.connect(line)
        narrator.say(
            f"connection '{CONNECTION}' added: Salesforce posts its messages to the bridge"
        )
        yield Services(
            sandbox=json.loads(line),
            bridge=bridge,
            ensure_running=lambda: _ensure_running(sandbox, bridge),
        )
    finally:
        ignore_interrupts()
        narrator.say("stopping")
        programs: list[Service | Bridge] = [bridge] if sandbox is None else [sandbox, bridge]
        for program in programs:
            program.ask_to_end()
        for program in programs:
            program.wait()


def _start_sandbox(place: Workspace) -> Service:
    ports = ["--salesforce-port", "0", "--constant-contact-port", "0"]
    command = [bridge_program(), "sandbox", *ports]
    env = environment(place.data_dir, port=0, mappings=mappings_folder())
    return Service("bridge sandbox", command, place.folder, env)


def _ensure_running(sandbox: Service, bridge: Bridge) -> None:
    sandbox.ensure_running()
    bridge.ensure_running()
