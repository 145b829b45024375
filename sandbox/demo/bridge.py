"""The bridge as an operator runs it: `bridge up`, and commands beside it or without it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.demo.errors import DemoError
from sandbox.demo.observer import Control
from sandbox.demo.processes import (
    Service,
    bridge_program,
    environment,
    free_port,
    mappings_folder,
    run,
    run_guarded,
    wanted_port,
)
from sandbox.demo.readiness import answers_well, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.demo.narrator import Narrator
    from sandbox.demo.processes import Ended
    from sandbox.demo.workspace import Workspace

CONNECTION = "demo"

_PORT_TRIES = 3
_END_LINES = 2
_EXIT_USAGE = 2  # what `bridge up` ends with when its port is taken
_NO_NOTIFICATION = (
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
    "<OrganizationId>{organization_id}</OrganizationId>"
    "<ActionId>04k5g0000000000AAA</ActionId>"
    "</notifications></Body></Envelope>"
)
"""An outbound message that tells nothing: the bridge acknowledges it and stores nothing."""


class Bridge:
    """One installation of the bridge, in the demo's own directory.

    Attributes:
        url: Where its server listens, or did last.
    """

    def __init__(self, place: Workspace, narrator: Narrator) -> None:
        self.url = ""
        self._place = place
        self._narrator = narrator
        self._service: Service | None = None
        self._port = wanted_port()
        self._endpoint_path = ""
        self._sandbox: dict[str, Any] = {}

    def start(self) -> None:
        """Start `bridge up` and return once it is ready.

        A port can be taken between the look and the start: then another one is tried.

        Raises:
            DemoError: If it does not start; with the last lines of its log.
        """
        wanted = self._port
        for attempt in range(_PORT_TRIES):
            port = free_port(wanted if attempt == 0 else 0)
            if wanted and port != wanted:
                self._narrator.say(f"port {wanted} is in use: the bridge takes {port}")
            command, folder = [bridge_program(), "up"], self._place.folder
            self._service = service = Service("bridge up", command, folder, self._environment(port))
            self.url, self._port = f"http://127.0.0.1:{port}", port
            try:
                wait_until(lambda: answers_well("GET", f"{self.url}/readyz"), service)
            except DemoError:
                if service.exit_code() != _EXIT_USAGE or attempt + 1 == _PORT_TRIES:
                    raise
            else:
                return

    def connect(self, line: str) -> None:
        """Add the connection that the sandbox's line describes; its messages then come here.

        Raises:
            DemoError: If the connection is refused.
        """
        added = run(
            ["connection", "add", CONNECTION, "--credentials", "-", "--json"],
            stdin=line,
            folder=self._place.folder,
            env=self._environment(0),
        )
        self._endpoint_path = json.loads(added)["endpoint_path"]
        self._sandbox = json.loads(line)
        self._receive()

    def console_link(self) -> str:
        """Return an address that logs an administrator in to the console, once.

        Raises:
            DemoError: If the bridge gives none.
        """
        given = run(
            ["console", "link", "--by", "demo", "--json"],
            stdin="",
            folder=self._place.folder,
            env=self._environment(self._port),
        )
        return str(json.loads(given)["url"])

    def reconcile(self, *arguments: str, expected: int = 0) -> None:
        """Run `bridge reconcile` in a process of its own and tell what it printed.

        A plan is told whole, of a run that does something only how it ended.

        Args:
            arguments: The job and options.
            expected: The exit code that it shall end with.

        Raises:
            DemoError: If it ends with another one.
        """
        shown = f"bridge reconcile {' '.join(arguments)}"
        self._narrator.say(f"$ {shown}")
        ended = self._run("reconcile", *arguments)
        lines = self._printed(ended, shown, expected)
        self._narrator.quote(lines if "--plan" in arguments else lines[-_END_LINES:])

    def command(self, *arguments: str) -> None:
        """Run a command as somebody at a terminal does, and tell what it printed.

        Raises:
            DemoError: If it fails.
        """
        shown = f"bridge {' '.join(arguments)}"
        self._narrator.say(f"$ {shown}")
        self._narrator.quote(self._printed(self._run(*arguments), shown))

    def ask(self, *arguments: str) -> Any:
        """Return the JSON value that a command prints; nothing is told.

        Raises:
            DemoError: If it fails.
        """
        shown = f"bridge {' '.join(arguments)}"
        return json.loads("\n".join(self._printed(self._run(*arguments, "--json"), shown)))

    @contextmanager
    def down(self) -> Iterator[None]:
        """Stop `bridge up` for a while: the database stops as well, unless a command needs it."""
        self.ask_to_end()
        self.wait()
        self._service = None
        try:
            yield
        except DemoError:
            self._come_back()  # whoever looks for the cause finds everything up
            raise
        self._come_back()

    def ensure_running(self) -> None:
        """Raise if it has ended by itself.

        Raises:
            DemoError: With the exit code and the last lines of its log.
        """
        if self._service is not None:
            self._service.ensure_running()

    def troubles(self) -> str:
        """Return the last warnings and errors of its log."""
        return "" if self._service is None else self._service.log_tail(troubles_only=True)

    def ask_to_end(self) -> None:
        """Let it stop; returns at once."""
        if self._service is not None:
            self._service.ask_to_end()

    def wait(self) -> None:
        """Wait until it is gone."""
        if self._service is not None:
            self._service.wait()

    def _run(self, *arguments: str) -> Ended:
        return run_guarded(list(arguments), folder=self._place.folder, env=self._environment(0))

    def _printed(self, ended: Ended, shown: str, expected: int = 0) -> list[str]:
        """Return the lines that a command printed, if it ended as it shall."""
        lines = ended.printed.splitlines()
        if ended.code != expected:
            self._narrator.quote([*lines, *ended.log_tail.splitlines()])
            message = f"`{shown}` ended with exit code {ended.code}, not {expected}"
            raise DemoError(message)
        return lines

    def _come_back(self) -> None:
        self.start()
        self._receive()

    def _receive(self) -> None:
        """Let the org's messages come here, once the endpoint answers."""
        assert self._service is not None  # noqa: S101 -- it was just started
        endpoint = self.url + self._endpoint_path
        empty = _NO_NOTIFICATION.format(organization_id=self._sandbox["organization_id"])
        wait_until(lambda: answers_well("POST", endpoint, empty), self._service)
        Control(self._sandbox["control_url"]).send_messages_to(endpoint)

    def _environment(self, port: int) -> dict[str, str]:
        return environment(self._place.data_dir, port=port, mappings=mappings_folder())
