"""The Salesforce stand-in put together: one org, its HTTP application, its outbound queue."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from sandbox.clients import contacts_of, households
from sandbox.salesforce import large_firm
from sandbox.salesforce.catalogue.packages import CUSTOM
from sandbox.salesforce.catalogue.setup import SETUP
from sandbox.salesforce.catalogue.standard import STANDARD
from sandbox.salesforce.errors import not_found
from sandbox.salesforce.firm import found, may_send_outbound_messages, populate
from sandbox.salesforce.login import Application, Sessions, drawn
from sandbox.salesforce.org import Org
from sandbox.salesforce.outbound.definitions import deployed
from sandbox.salesforce.outbound.queue import Queue
from sandbox.salesforce.outbound.sender import Sender
from sandbox.salesforce.queries import Queries
from sandbox.salesforce.rest.calls import Api, answer
from sandbox.salesforce.rest.routes import routes
from sandbox.salesforce.schema import Schema
from sandbox.salesforce.usage import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from sandbox.salesforce.org import Tables
    from sandbox.world import World

LONGEST_ADDRESS_BYTES = 16_384
INSTANCE = "https://harbourlane-dev-ed.my.salesforce.com"
"""What the SOAP addresses in an outbound message say; nobody should call them."""


@dataclass(frozen=True)
class Snapshot:
    """The state of the org at one moment."""

    tables: Tables
    waiting: frozenset[str]


class SalesforceStandIn:
    """One Salesforce org.

    Attributes:
        app: The ASGI application, to be served at the root of a host.
        organization_id: The org's id, 18 characters.
        observer_token: Access token of an ordinary user, whose saves fire messages; never ends.
        endpoint: Where outbound messages go; while it is None they wait.
    """

    def __init__(self, world: World, size: str = "small") -> None:
        self._size = size
        self._contact_count = contacts_of(size)
        self._world = world
        self.org = Org(world, Schema((*STANDARD, *CUSTOM, *SETUP)))
        self._queries = Queries(self.org)
        self._usage = Usage(world)
        self._sessions = Sessions(self.org)
        self.endpoint: str | None = None
        self._begin()
        self.queue = Queue(
            self.org,
            deployed(self.org.serials),
            may_send=lambda user_id: may_send_outbound_messages(self.org, user_id),
        )
        self.org.listeners.append(self.queue.saved)
        api = Api(self.org, self._sessions, self._queries, self._usage)
        self.app: ASGIApp = _Front(
            Starlette(
                routes=routes(api, self._application, self.organization_id),
                exception_handlers={HTTPException: _refuse},
            )
        )

    def credentials(self) -> dict[str, str]:
        """Return what the bridge needs to log in, and a session that is already open."""
        return {
            "access_token": self._access_token,
            "consumer_key": self._application.consumer_key,
            "consumer_secret": self._application.consumer_secret,
            "username": self._application.username,
            "password": self._application.password,
            "security_token": self._application.security_token,
        }

    def owner_of(self, access_token: str) -> str | None:
        """Return whose token it is: `observer`, `bridge`, or None for one that is unknown."""
        with self.org.lock:
            session = self._sessions.open.get(access_token)
        if session is None:
            return None
        return "observer" if session.user_id == self._staff.observer_user_id else "bridge"

    def deliveries(self) -> list[dict[str, object]]:
        """Return the notifications that are still in the outbound queue, oldest first."""
        with self.org.lock:
            return [each.listed() for each in self.queue.open]

    def ended_deliveries(self) -> list[dict[str, object]]:
        """Return the latest notifications that were delivered or dropped, oldest first."""
        with self.org.lock:
            return [each.listed() for each in self.queue.ended]

    def definitions(self) -> list[dict[str, object]]:
        """Return the deployed outbound messages: which object and fields each one carries."""
        return [
            {
                "name": each.name,
                "object": each.object,
                "action_id": each.action_id,
                "api_version": each.api_version,
                "fields": list(each.carries),
            }
            for each in self.queue.definitions
        ]

    def retry(self, notification_ids: Iterable[str]) -> None:
        """Make deliveries due now, as Retry on the delivery-status page does."""
        with self.org.lock:
            self.queue.retry(notification_ids)

    def remove_deliveries(self, notification_ids: Iterable[str]) -> None:
        """Drop deliveries, as Del on the delivery-status page does."""
        with self.org.lock:
            self.queue.remove(notification_ids)

    @property
    def retry_factor(self) -> float:
        """What the waits between two tries of a message are multiplied by."""
        return self.queue.factor

    @retry_factor.setter
    def retry_factor(self, factor: float) -> None:
        self.queue.factor = factor

    def snapshot(self) -> Snapshot:
        """Return the state of the org, to be put back by `restore`."""
        with self.org.lock:
            waiting = frozenset(each.notification_id for each in self.queue.open)
            return Snapshot(self.org.copy_tables(), waiting)

    def restore(self, snapshot: Snapshot) -> None:
        """Put the org's records back, and forget the messages that were queued since."""
        with self.org.lock:
            self.org.tables = {name: table.copy() for name, table in snapshot.tables.items()}
            self.queue.keep_only(snapshot.waiting)

    def reset(self) -> None:
        """Start again with the same ids and credentials, no endpoint and an empty queue."""
        with self.org.lock:
            self.endpoint = None
            self.queue.clear()
            self.queue.factor = 1.0
            self._queries.cursors.clear()
            self._usage.by_minute.clear()
            self.org.begin()
            self._begin()
            # The definitions stay; their ids are drawn again, so that later ones are the same.
            deployed(self.org.serials)

    async def run_queue(self) -> None:
        """Deliver outbound messages until cancelled."""
        sender = Sender(
            self.org,
            self.queue,
            organization_id=self.organization_id,
            instance=INSTANCE,
            endpoint=lambda: self.endpoint,
        )
        await sender.run()

    def _begin(self) -> None:
        self._staff = found(self.org)
        self.organization_id = self._staff.organization_id
        draws = self._world.generator("salesforce-login")
        self._application = Application(
            consumer_key="3MVG9" + drawn(draws, 80, string.ascii_letters + string.digits),
            consumer_secret=drawn(draws, 64, "0123456789ABCDEF"),
            user_id=self._staff.bridge_user_id,
            username="ccbridge@harbourlane.example.com",
            password=drawn(draws, 16, string.ascii_letters + string.digits),
            security_token=drawn(draws, 24, string.ascii_letters + string.digits),
        )
        self._sessions.begin_again(draws, self.organization_id)
        self._access_token = self._sessions.begin(self._staff.bridge_user_id)
        self.observer_token = self._sessions.begin(self._staff.observer_user_id, lasts=True)
        if self._size != "empty":
            populate(self.org, self._staff, self._world.generator("salesforce-firm"))
        if self._contact_count:
            large_firm.populate(
                self.org,
                households(self._world.seed, self._contact_count),
                user_id=self._staff.observer_user_id,
                record_type=self._staff.record_types["Household"],
            )


def create_salesforce(world: World, size: str = "small") -> SalesforceStandIn:
    """Return a Salesforce org.

    Args:
        world: The clock, chance and faults that it shares with the other stand-in.
        size: `small`, a firm of twenty households, `empty`, or one of `sandbox.clients`.

    Raises:
        ValueError: If there is no such size.
    """
    return SalesforceStandIn(world, size)


class _Front:
    """What happens to every request first.

    `/sobjects/Contact/` is served as `/sobjects/Contact`, for clients spell both; an address that
    is too long is refused before anybody looks at it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS_BYTES:
                refusal = PlainTextResponse("URI Too Long", status_code=414)
                await refusal(scope, receive, send)
                return
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        await self._app(scope, receive, send)


async def _refuse(_: Request, error: Exception) -> Response:
    """Answer a path that is not there as the REST API does."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    refusal = not_found()
    return answer(status, refusal.body())
