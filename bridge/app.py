"""The ASGI application: the receiver in front, and the routes for those who run the server."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import psycopg
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bridge.clock import advance
from bridge.db.database import connect_async
from bridge.db.migrate import wait_for_schema
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.inbox.bell import Bell
from bridge.inbox.commit import GroupCommit
from bridge.inbox.endpoints import Endpoints
from bridge.inbox.receive import PATH, Receiver
from bridge.inbox.sender import Senders
from bridge.log import place
from bridge.metrics import BACKLOG, BACKLOG_AGE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bridge.connections.keyring import KeyRing
    from bridge.db.database import Database
    from bridge.settings import Settings

SQL = load_queries("bridge.inbox")

log = logging.getLogger(__name__)


def end_process() -> None:
    """End this process as whoever started it would."""
    os.kill(os.getpid(), signal.SIGTERM)


def create_app(
    settings: Settings,
    database: Database,
    keyring: KeyRing,
    wake: Callable[[frozenset[str]], None],
    give_up: Callable[[], None] = end_process,
) -> Application:
    """Return the application.

    Args:
        settings: Sizes, and whether the clock may be moved.
        database: For everything but the group commit, which has a connection of its own.
        keyring: Opens the path secrets.
        wake: Wakes the workers of some topics; called in a thread, after the commit.
        give_up: Ends the server, so that whoever started it starts a fresh one; called in the event
            loop when a task that receiving depends on has ended by itself.
    """
    endpoints = Endpoints(database, keyring)
    bell = Bell(wake)
    inbox = GroupCommit(partial(connect_async, settings), bell.ring)
    operations = _Operations(settings, database)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        tasks = [
            asyncio.create_task(task)
            for task in (endpoints.keep_fresh(), bell.serve(), inbox.serve())
        ]
        for task in tasks:
            task.add_done_callback(partial(_watch, give_up))
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    routes: list[BaseRoute] = [
        Route("/healthz", operations.healthz),
        Route("/readyz", operations.readyz),
        Route("/metrics", operations.metrics),
    ]
    if settings.clock == "movable":
        routes.append(Route("/clock", operations.move_clock, methods=["POST"]))
    routes.append(Mount("/", _Console(settings, database, keyring, wake)))
    senders = Senders(settings.trusted_proxies)
    return Application(
        Receiver(endpoints, inbox, senders, settings.max_message_bytes),
        ProxyHeadersMiddleware(
            cast("Any", Starlette(routes=routes, lifespan=lifespan)), settings.trusted_proxies
        ),
    )


def _watch(give_up: Callable[[], None], task: asyncio.Task[None]) -> None:
    if not task.cancelled():
        error = task.exception()
        extra = {"error": type(error).__name__, "at": place(error) if error else None}
        log.critical("server_task_ended", extra=extra)
        give_up()


class Application:
    """Gives outbound messages to the receiver and the rest to the routes.

    Args:
        receiver: Takes what is posted below its path.
        rest: Takes everything else.

    Attributes:
        receiver: For a server that knows a shorter way to it.
    """

    def __init__(self, receiver: Receiver, rest: Any) -> None:
        self.receiver = receiver
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(PATH):
            await self.receiver(scope, receive, send)
        else:
            await self._rest(scope, receive, send)


class _Console:
    """The console, loaded when somebody first opens it: most servers only receive.

    The arguments are those of `create_app`.
    """

    def __init__(self, *given: object) -> None:
        self._given = given
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._app is None:
            self._app = await asyncio.to_thread(self._load)
        await self._app(scope, receive, send)

    def _load(self) -> ASGIApp:
        app: ASGIApp = import_module("bridge.console.site").create_console(*self._given)
        return app


class _Operations:
    """What those who run the server ask it."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    async def healthz(self, _request: Request) -> Response:
        """Say that the process answers."""
        return PlainTextResponse("ok\n")

    def readyz(self, _request: Request) -> Response:
        """Say whether messages can be stored and delivered, and if not, what to do."""
        faults = self._faults()
        return JSONResponse(
            {name: fault or "ok" for name, fault in faults.items()},
            status_code=503 if any(faults.values()) else 200,
        )

    def metrics(self, _request: Request) -> Response:
        """Show the figures of this process and the backlog of the installation."""
        try:
            with self._database.transaction() as tx:
                count, age_s = tx.execute(SQL["inbox_backlog"]).fetchone() or (0, 0.0)
        except psycopg.Error:
            count = age_s = float("nan")
        BACKLOG.set(count)
        BACKLOG_AGE.set(age_s)
        return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})

    async def move_clock(self, request: Request) -> Response:
        """Move the clock ahead: `{"advance_s": seconds}`."""
        try:
            seconds = float((await request.json())["advance_s"])
        except (ValueError, TypeError, KeyError):
            return JSONResponse({"error": 'expected {"advance_s": seconds}'}, status_code=400)
        return await asyncio.to_thread(self._move_clock, seconds)

    def _move_clock(self, seconds: float) -> Response:
        try:
            with self._database.transaction() as tx:
                now = advance(tx, seconds)
        except ConfigurationError as error:
            return JSONResponse({"error": str(error)}, status_code=409)
        return JSONResponse({"now": now.isoformat()})

    def _faults(self) -> dict[str, str | None]:
        faults: dict[str, str | None] = {"database": None, "migrations": None, "mappings": None}
        try:
            wait_for_schema(self._settings, deadline_s=0)
            with self._database.transaction() as tx:
                lacking = [name for (name,) in tx.execute(SQL["connections_without_mapping"])]
        except ConfigurationError as error:
            faults["migrations"] = str(error)
        except psycopg.Error as error:
            faults["database"] = f"not reachable ({type(error).__name__})"
        else:
            if lacking:
                faults["mappings"] = (
                    f"no active mapping for {', '.join(lacking)}: run `bridge mapping activate`"
                )
        return faults
