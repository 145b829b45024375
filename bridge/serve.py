"""`bridge serve`: the server that receives outbound messages."""

from __future__ import annotations

import argparse
import errno
import gc
import logging
import signal
import socket
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from bridge import log
from bridge.app import create_app
from bridge.bootstrap import open_installation
from bridge.db.migrate import wait_for_schema
from bridge.direct import DirectRoad
from bridge.errors import BridgeError, ConfigurationError
from bridge.prepare import prepare
from bridge.settings import read_settings

if TYPE_CHECKING:
    from bridge.settings import Settings

_SCHEMA_DEADLINE_S = 30
_STOP_DEADLINE_S = 5
_BACKLOG = 2048
_GARBAGE_THRESHOLD = 50_000

logger = logging.getLogger(__name__)


def main(argv: list[str]) -> int:
    """Run `bridge serve` until it is told to stop and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge serve",
        description="Receives outbound messages at BRIDGE_LISTEN; SIGTERM or Ctrl-C stops it.",
    )
    parser.parse_args(argv)
    settings = read_settings()
    log.configure(settings.log_level, "serve")
    run_server(settings)
    return 0


def run_server(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; what is under way then is answered within seconds.

    Raises:
        ConfigurationError: If the address is taken or wrong, or the installation is not usable.
        psycopg.OperationalError: If the database cannot be reached at the start.
        BridgeError: If it could not go on serving.
    """
    has_given_up = False

    def give_up() -> None:
        nonlocal has_given_up
        has_given_up = server.should_exit = True

    installation = open_installation(settings, connections=8)
    wait_for_schema(settings, _SCHEMA_DEADLINE_S)
    prepare(settings, renew_mappings=False)
    app = create_app(
        settings, installation.database, installation.keyring, installation.waker.wake, give_up
    )
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=cast("Any", DirectRoad(app.receiver)),
        lifespan="on",
        log_config=None,
        log_level="warning",
        access_log=False,
        # The application does it itself, for messages that a proxy has passed on.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_STOP_DEADLINE_S,
    )
    server = uvicorn.Server(config)
    # Nothing here makes cycles, and what was made up to now stays: a rarer search for garbage
    # gives a tenth more messages a second.
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD)
    with listen(settings.listen) as listener:
        logger.info("serving", extra={"listen": settings.listen})
        # Uvicorn stops in good order and then raises the signal again, for whoever had it before.
        signal.signal(signal.SIGTERM, _end)
        try:
            server.run(sockets=[listener])
        finally:
            installation.database.close()
    if has_given_up:
        raise BridgeError("the server could not go on: its log says why")


def _end(*_signal: object) -> None:
    raise SystemExit(0)


def listen(address: str) -> socket.socket:
    """Return a socket that listens at `host:port`.

    Raises:
        ConfigurationError: If the address is taken or is not one of this machine.
    """
    host, _, port = address.rpartition(":")
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, ValueError, OverflowError) as error:
        raise ConfigurationError(f"BRIDGE_LISTEN: {address!r} is no host:port: {error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"BRIDGE_LISTEN: {address} is taken: stop what listens there, or set another port"
            ) from None
        raise ConfigurationError(f"BRIDGE_LISTEN: cannot listen at {address}: {error}") from None
    return listener
