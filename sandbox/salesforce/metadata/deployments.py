"""Deployments and retrievals as jobs: queued by a request, carried out in the background."""

from __future__ import annotations

import asyncio
import io
import zipfile
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Literal, TypeAlias
from xml.sax.saxutils import escape

from sandbox.salesforce.errors import not_found
from sandbox.salesforce.metadata.xml import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sandbox.salesforce.metadata.components import Component, Components
    from sandbox.salesforce.metadata.deploy import Deployer
    from sandbox.salesforce.metadata.messages import Message, Options
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.policy import Policy

Status: TypeAlias = Literal[
    "Pending", "InProgress", "Succeeded", "SucceededPartial", "Failed", "Canceled"
]
DONE: frozenset[Status] = frozenset({"Succeeded", "SucceededPartial", "Failed", "Canceled"})
_LOOK_EVERY_S = 0.05
_MANIFEST_NAMES = frozenset({"package.xml"})


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A package on its way into the org.

    Attributes:
        content: The zip.
        messages: What became of each part, once it was carried out.
    """

    job_id: str
    user_id: str
    options: Options
    content: bytes
    created_at: datetime
    changed_at: datetime
    status: Status = "Pending"
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_by: str | None = None
    messages: tuple[Message, ...] = ()

    @property
    def counted(self) -> list[Message]:
        """The messages about parts, without that about the list of them."""
        return [each for each in self.messages if each.full_name not in _MANIFEST_NAMES]

    @property
    def errors(self) -> list[Message]:
        """The messages of what failed, the list of the parts included."""
        return [each for each in self.messages if not each.success]


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """Parts on their way out of the org.

    Attributes:
        members: Types and names of what is asked for.
        content: The zip, once it is made.
        missing: A sentence about each part that is not there.
    """

    job_id: str
    user_id: str
    version: str
    members: tuple[tuple[str, str], ...]
    created_at: datetime
    status: Status = "Pending"
    content: bytes = b""
    found: tuple[Component, ...] = ()
    missing: tuple[str, ...] = ()


class Deployments:
    """The deployments and retrievals of an org.

    Attributes:
        deployments: By id; each is replaced, never changed.
        retrievals: By id; so are these.
    """

    def __init__(
        self,
        org: Org,
        components: Components,
        deployer: Deployer,
        policy: Callable[[], Policy],
    ) -> None:
        self._org = org
        self._components = components
        self._deployer = deployer
        self._policy = policy
        self.deployments: dict[str, Deployment] = {}
        self.retrievals: dict[str, Retrieval] = {}

    def clear(self) -> None:
        """Forget every job, and what was deployed."""
        self.deployments.clear()
        self.retrievals.clear()
        self._components.deployed.clear()

    def deploy(self, content: bytes, options: Options, user_id: str) -> Deployment:
        """Queue a package."""
        now = self._org.now()
        made = Deployment(
            job_id=self._org.serials.new("0Af"),
            user_id=user_id,
            options=options,
            content=content,
            created_at=now,
            changed_at=now,
        )
        self.deployments[made.job_id] = made
        return made

    def deployment(self, job_id: str) -> Deployment:
        """Return a deployment by its id of 15 or 18 characters.

        Raises:
            ApiError: 404, if there is none.
        """
        for full, each in self.deployments.items():
            if job_id in {full, full[:15]}:
                return each
        raise not_found()

    def cancel(self, job_id: str) -> Deployment:
        """Cancel a deployment that was not carried out yet; one that was stays as it is.

        Raises:
            ApiError: 404, if there is none.
        """
        found = self.deployment(job_id)
        if found.status == "Pending":
            now = self._org.now()
            found = replace(
                found,
                status="Canceled",
                completed_at=now,
                changed_at=now,
                canceled_by=found.user_id,
            )
            self.deployments[found.job_id] = found
        return found

    def retrieve(self, members: Sequence[tuple[str, str]], version: str, user_id: str) -> Retrieval:
        """Queue a request for parts."""
        made = Retrieval(
            job_id=self._org.serials.new("09S"),
            user_id=user_id,
            version=version,
            members=tuple(members),
            created_at=self._org.now(),
        )
        self.retrievals[made.job_id] = made
        return made

    def retrieval(self, job_id: str) -> Retrieval:
        """Return a retrieval by its id of 15 or 18 characters.

        Raises:
            ApiError: 404, if there is none.
        """
        for full, each in self.retrievals.items():
            if job_id in {full, full[:15]}:
                return each
        raise not_found()

    async def run(self) -> None:
        """Carry jobs out until cancelled."""
        while True:
            with self._org.lock:
                self.work()
            await asyncio.sleep(_LOOK_EVERY_S)

    def work(self) -> None:
        """Carry out what is due."""
        takes = timedelta(seconds=self._policy().metadata_takes_s)
        due_at = self._org.world.now() - takes
        for each in list(self.deployments.values()):
            if each.status == "Pending" and each.created_at <= due_at:
                self.deployments[each.job_id] = self._carried_out(each)
        for asked in list(self.retrievals.values()):
            if asked.status == "Pending" and asked.created_at <= due_at:
                self.retrievals[asked.job_id] = self._gathered(asked)

    def _carried_out(self, job: Deployment) -> Deployment:
        messages = self._deployer.carry_out(job.content, job.options, job.user_id)
        failed = any(not each.success for each in messages)
        done = any(each.success for each in messages if each.full_name not in _MANIFEST_NAMES)
        status: Status = "Succeeded"
        if failed:
            partial = done and not job.options.rollback_on_error
            status = "SucceededPartial" if partial else "Failed"
        now = self._org.now()
        return replace(
            job,
            status=status,
            content=b"",
            messages=tuple(messages),
            started_at=now,
            changed_at=now,
            completed_at=now,
        )

    def _gathered(self, job: Retrieval) -> Retrieval:
        found: list[Component] = []
        missing = []
        for kind, name in job.members:
            known = self._components.of(kind, job.user_id)
            chosen = [each for each in known if name in {"*", each.full_name}]
            if not chosen and name != "*":
                missing.append(f"Entity of type '{kind}' named '{name}' cannot be found")
            found += [each for each in chosen if each.source is not None]
        return replace(
            job,
            status="Succeeded",
            found=tuple(found),
            missing=tuple(missing),
            content=_zipped(found, job.version),
        )


def _zipped(found: Sequence[Component], version: str) -> bytes:
    """Return the files of parts with a `package.xml` that names them."""
    ordered = sorted(found, key=lambda each: (each.type, each.full_name))
    types = "".join(
        "    <types>\n"
        + "".join(f"        <members>{escape(each.full_name)}</members>\n" for each in group)
        + f"        <name>{escape(kind)}</name>\n    </types>\n"
        for kind, group in groupby(ordered, key=lambda each: each.type)
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Package xmlns="{NAMESPACE}">\n{types}'
        f"    <version>{escape(version)}</version>\n</Package>\n"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in {each.file_name: each.source for each in ordered}.items():
            archive.writestr(f"unpackaged/{name}", source or b"")
        archive.writestr("unpackaged/package.xml", manifest)
    return buffer.getvalue()
