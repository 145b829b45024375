"""The running sandbox: both stand-ins and the control API on three ports, in one event loop."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox import refusals
from sandbox.constant_contact.app import ConstantContactStandIn, create_constant_contact
from sandbox.control import Control
from sandbox.middleware import TRANSPORT, Owner, Surroundings
from sandbox.salesforce.app import SalesforceStandIn, create_salesforce
from sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp

    from sandbox.certificates import Certificates

HOST = "127.0.0.1"
_STOP_S = 2
_BACKLOG = 1024


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where to listen; 0 takes any free port."""

    salesforce: int = 0
    constant_contact: int = 0
    control: int = 0


class PortTaken(OSError):
    """Another process listens on a port that was asked for."""


class _Protocol(HttpToolsProtocol):
    """The HTTP protocol, which also gives applications the connection, so that faults drop it."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {TRANSPORT: self.transport}
        self.scope["extensions"] = extensions


class _Server(uvicorn.Server):
    """A server that leaves signals to the sandbox, which has three of them."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.is_up.set()


class Sandbox:
    """Both stand-ins and the control API, listening once it is made.

    Attributes:
        world: Clock, faults and calls.
        salesforce: The Salesforce stand-in.
        constant_contact: The Constant Contact stand-in.

    Args:
        certificates: With which both stand-ins speak TLS; without, they speak HTTP.

    Raises:
        PortTaken: If a port that was asked for is in use.
    """

    def __init__(
        self,
        *,
        ports: Ports | None = None,
        size: str = "small",
        seed: int = 1,
        certificates: Certificates | None = None,
    ) -> None:
        self._certificates = certificates
        self._scheme = "https" if certificates else "http"
        ports = ports or Ports()
        self.world = World(seed)
        self.salesforce: SalesforceStandIn = create_salesforce(self.world, size)
        self.constant_contact: ConstantContactStandIn = create_constant_contact(self.world, size)
        self._sockets = [
            _listen(port) for port in (ports.salesforce, ports.constant_contact, ports.control)
        ]
        self.salesforce.address = f"{self._scheme}://{HOST}:{self._sockets[0].getsockname()[1]}"
        apps = (
            Surroundings(
                self.salesforce.app,
                side="salesforce",
                world=self.world,
                owner_of=self._salesforce_owner,
                state=self.salesforce,
                answers=refusals.SALESFORCE,
            ),
            Surroundings(
                self.constant_contact.app,
                side="constant_contact",
                world=self.world,
                owner_of=self.constant_contact.owner_of,
                state=self.constant_contact,
                answers=refusals.CONSTANT_CONTACT,
            ),
            Control(
                world=self.world,
                salesforce=self.salesforce,
                constant_contact=self.constant_contact,
            ).app(),
        )
        *stand_ins, control = apps
        self._servers = [*(_server(app, certificates) for app in stand_ins), _server(control)]

    def described(self) -> dict[str, Any]:
        """Return what the sandbox prints once it listens: addresses and credentials."""
        salesforce, constant_contact, control = (
            f"{HOST}:{one.getsockname()[1]}" for one in self._sockets
        )
        salesforce, constant_contact = (
            f"{self._scheme}://{each}" for each in (salesforce, constant_contact)
        )
        return {
            **({"ca_file": str(self._certificates.ca_file)} if self._certificates else {}),
            "organization_id": self.salesforce.organization_id,
            "salesforce_url": salesforce,
            "salesforce": self.salesforce.credentials(),
            "constant_contact_url": f"{constant_contact}/v3",
            "constant_contact": self.constant_contact.credentials(),
            "salesforce_login_url": salesforce,
            "constant_contact_auth_url": constant_contact,
            "control_url": f"http://{control}",
            "observer": {
                "salesforce_access_token": self.salesforce.observer_token,
                "constant_contact_access_token": self.constant_contact.observer_token,
            },
        }

    def stop(self) -> None:
        """Ask the servers to stop: no new connections, running requests end."""
        for server in self._servers:
            server.should_exit = True

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until `stop` is called, and send outbound messages meanwhile.

        Args:
            ready: Called once all three ports answer.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                queue = tasks.create_task(self.salesforce.run_queue())
                serving = [
                    tasks.create_task(server.serve(sockets=[one]))
                    for server, one in zip(self._servers, self._sockets, strict=True)
                ]
                for server in self._servers:
                    await server.is_up.wait()
                ready()
                await asyncio.wait(serving)
                queue.cancel()
        finally:
            for one in self._sockets:
                one.close()

    async def serve_until_signal(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        await self.serve(ready)

    def _salesforce_owner(self, authorization: str | None) -> Owner | None:
        token = (authorization or "").partition(" ")[2]
        match self.salesforce.owner_of(token):
            case "observer":
                return "observer"
            case "bridge":
                return "bridge"
            case _:
                return None


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        message = f"port {port} of {HOST} is taken: {error.strerror}"
        raise PortTaken(message) from error
    listener.listen(_BACKLOG)
    listener.settimeout(0)
    return listener


def _server(app: ASGIApp, certificates: Certificates | None = None) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="critical",
            server_header=False,
            date_header=False,  # that would be the machine's clock, not the sandbox's
            ssl_certfile=certificates.certificate_file if certificates else None,
            ssl_keyfile=certificates.key_file if certificates else None,
            timeout_keep_alive=65,
            timeout_graceful_shutdown=_STOP_S,
        )
    )
