"""The Salesforce stand-in put together: one org, its HTTP application, its outbound queue."""

from __future__ import annotations

import asyncio
import string
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from sandbox.clientele import clientele, count_of, list_ids
from sandbox.salesforce import canvas
from sandbox.salesforce.administration import Administration
from sandbox.salesforce.book import enter_clientele
from sandbox.salesforce.bulk.jobs import Jobs
from sandbox.salesforce.bulk.routes import bulk_routes
from sandbox.salesforce.bulk.worker import Worker
from sandbox.salesforce.catalogue.packages import CUSTOM
from sandbox.salesforce.catalogue.setup import SETUP
from sandbox.salesforce.catalogue.standard import STANDARD
from sandbox.salesforce.firm import found, may_send_outbound_messages, populate
from sandbox.salesforce.front import Front, refuse
from sandbox.salesforce.grants import Grants
from sandbox.salesforce.login import Application, Sessions, drawn
from sandbox.salesforce.metadata.bare import strip
from sandbox.salesforce.metadata.components import Components
from sandbox.salesforce.metadata.crud import Crud
from sandbox.salesforce.metadata.deploy import Deployer
from sandbox.salesforce.metadata.deployments import Deployments
from sandbox.salesforce.metadata.rest import metadata_routes
from sandbox.salesforce.metadata.soap import SoapMetadata
from sandbox.salesforce.org import Org
from sandbox.salesforce.outbound.definitions import active_triggers, deployed
from sandbox.salesforce.outbound.queue import Queue
from sandbox.salesforce.outbound.sender import Sender
from sandbox.salesforce.outbound.wsdl import wsdl
from sandbox.salesforce.policy import Policy
from sandbox.salesforce.queries import Queries
from sandbox.salesforce.rest.calls import Api
from sandbox.salesforce.rest.routes import routes
from sandbox.salesforce.schema import Schema
from sandbox.salesforce.usage import DAILY_REQUESTS, Usage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp

    from sandbox.salesforce.bulk.jobs import Job
    from sandbox.salesforce.bulk.worker import Owner
    from sandbox.salesforce.metadata.deployments import Deployment, Retrieval
    from sandbox.salesforce.org import Tables
    from sandbox.world import World

INSTANCE = "https://harbourlane-dev-ed.my.salesforce.com"
"""What the SOAP addresses in an outbound message say; nobody should call them."""


@dataclass(frozen=True)
class Snapshot:
    """The state of the org at one moment."""

    tables: Tables
    waiting: frozenset[str]
    jobs: dict[str, Job]
    deployments: dict[str, Deployment]
    retrievals: dict[str, Retrieval]


class SalesforceStandIn:
    """One Salesforce org.

    Attributes:
        app: The ASGI application, to be served at the root of a host.
        organization_id: The org's id, 18 characters.
        observer_token: Access token of an ordinary user, whose saves fire messages; never ends.
        endpoint: Where outbound messages go; while it is None they wait.
        administration: What an administrator does with rules and records in Setup.
        grants: Who may log in to it, and by which proof.
        policy: What the vendor leaves open, and what an administrator decides.
        address: Scheme and host that the org answers at; whoever serves it says so.
    """

    def __init__(self, world: World, size: str = "small") -> None:
        self._size = size
        self._count = count_of(size)
        self._world = world
        self.org = Org(world, Schema((*STANDARD, *CUSTOM, *SETUP)))
        self._queries = Queries(self.org)
        self._usage = Usage(world)
        self._sessions = Sessions(self.org)
        self.grants = Grants(self.org)
        self.endpoint: str | None = None
        self.policy = Policy()
        self.address = INSTANCE
        self._jobs = Jobs(self.org)
        self._usage.others = self._jobs.limits
        self._begin()
        self.queue = Queue(
            self.org,
            may_send=lambda user_id: may_send_outbound_messages(self.org, user_id),
            kept=lambda: timedelta(hours=self.policy.outbound_kept_h),
        )
        self.queue.begin(deployed(self.org.serials), active_triggers())
        self.org.listeners.append(self.queue.saved)
        components = Components(
            self.org,
            self.queue,
            endpoint=lambda: self.endpoint,
            username=self._application.username,
        )
        deployer = Deployer(self.org, self.queue, components, lambda: self.policy)
        self._deployments = Deployments(self.org, components, deployer, lambda: self.policy)
        self.administration = Administration(self.org, self.queue, lambda: self._staff, self._usage)
        api = Api(
            self.org,
            self._sessions,
            self._queries,
            self._usage,
            policy=lambda: self.policy,
            owner_of=self._owner_of_user,
            shelf=self.administration.shelf,
        )
        crud = Crud(deployer, components)
        metadata = SoapMetadata(api, self._deployments, components, crud).endpoint()
        self.app: ASGIApp = Front(
            Starlette(
                routes=[
                    *bulk_routes(api, self._jobs, lambda: self.policy),
                    *metadata_routes(api, self._deployments),
                    # Some clients put the name of the call, or a job's id, behind the address.
                    Route("/services/Soap/m/{version}", metadata, methods=["POST"]),
                    Route("/services/Soap/m/{version}/{rest:path}", metadata, methods=["POST"]),
                    *routes(api, self._application, self.organization_id, self.grants),
                ],
                exception_handlers={HTTPException: refuse},
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

    def make_bare(self) -> None:
        """Be as an org is before the bridge's package; the records stay."""
        with self.org.lock:
            strip(self.org, self.queue)

    def owner_of(self, access_token: str) -> str | None:
        """Return whose token it is: `observer`, `bridge`, or None for one that is unknown."""
        with self.org.lock:
            session = self._sessions.open.get(access_token)
        if session is None:
            return None
        return self._owner_of_user(session.user_id)

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
                **each.listed(),
                "endpoint_url": each.endpoint_url or self.endpoint,
                "integration_user": each.integration_user or self._application.username,
                "triggers": self.queue.triggers_of(each.full_name),
            }
            for each in self.queue.definitions
        ]

    def wsdl(self, full_name: str) -> str | None:
        """Return the WSDL of a deployed outbound message, or None where there is none."""
        definition = self.queue.definition(full_name)
        if definition is None:
            return None
        return wsdl(
            definition,
            self.org.schema.get(definition.object),
            endpoint=definition.endpoint_url or self.endpoint or "",
            at=self._world.now(),
        )

    def canvas(self, launch: canvas.Launch) -> str | None:
        """Return a signed request for a page, or None where the record is not there."""
        staff = self._staff
        user_id = staff.observer_user_id if launch.user == "observer" else staff.bridge_user_id
        with self.org.lock:
            return canvas.signed_request(
                self.org,
                launch,
                user_id=user_id,
                organization_id=self.organization_id,
                begin_session=self._sessions.begin,
                instance=self.address,
                secret=self._application.consumer_secret,
            )

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
            return Snapshot(
                tables=self.org.copy_tables(),
                waiting=waiting,
                jobs=dict(self._jobs.by_id),
                deployments=dict(self._deployments.deployments),
                retrievals=dict(self._deployments.retrievals),
            )

    def restore(self, snapshot: Snapshot) -> None:
        """Put the org's records back, and forget the messages that were queued since."""
        with self.org.lock:
            self.org.tables = {name: table.copy() for name, table in snapshot.tables.items()}
            self.queue.keep_only(snapshot.waiting)
            self._jobs.by_id = dict(snapshot.jobs)
            self._deployments.deployments = dict(snapshot.deployments)
            self._deployments.retrievals = dict(snapshot.retrievals)

    def reset(self) -> None:
        """Start again with the same ids and credentials, no endpoint and an empty queue."""
        with self.org.lock:
            self.endpoint = None
            self.policy = Policy()
            self._jobs.by_id.clear()
            self.queue.factor = 1.0
            self._queries.cursors.clear()
            self._usage.by_minute.clear()
            self._usage.allowed = DAILY_REQUESTS
            self.administration.forget()
            self._deployments.clear()
            self.org.schema.replace()
            self.org.begin()
            self._begin()
            self.queue.begin(deployed(self.org.serials), active_triggers())

    async def run_queue(self) -> None:
        """Do what the org does in the background until cancelled: send messages, work on jobs."""
        sender = Sender(
            self.org,
            self.queue,
            organization_id=self.organization_id,
            instance=INSTANCE,
            endpoint=lambda: self.endpoint,
            policy=lambda: self.policy,
        )
        worker = Worker(
            self.org, self._jobs, policy=lambda: self.policy, owner_of=self._owner_of_user
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sender.run())
            tasks.create_task(worker.run())
            tasks.create_task(self._deployments.run())

    def _owner_of_user(self, user_id: str) -> Owner:
        return "observer" if user_id == self._staff.observer_user_id else "bridge"

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
        self.grants.begin_again()
        self._access_token = self._sessions.begin(self._staff.bridge_user_id)
        self.observer_token = self._sessions.begin(self._staff.observer_user_id, lasts=True)
        if self._size != "empty":
            populate(self.org, self._staff, self._world.generator("salesforce-firm"))
        if self._count:
            world = self._world
            enter_clientele(self.org, self._staff, clientele(world, self._count), list_ids(world))


def create_salesforce(world: World, size: str = "small") -> SalesforceStandIn:
    """Return a Salesforce org.

    Args:
        world: The clock, chance and faults that it shares with the other stand-in.
        size: `empty`, `small` (a firm of twenty households), or a larger one; see `count_of`.

    Raises:
        ValueError: If there is no such size.
    """
    return SalesforceStandIn(world, size)
