"""Carrying a package out: each part takes effect or tells why not; together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.metadata.components import Component
from sandbox.salesforce.metadata.effects import Effects
from sandbox.salesforce.metadata.messages import Message
from sandbox.salesforce.metadata.package import (
    AFTER,
    BEFORE,
    MANIFEST,
    PARTS,
    WILDCARD,
    Package,
    Part,
    unzipped,
)
from sandbox.salesforce.metadata.schema import check
from sandbox.salesforce.metadata.xml import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sandbox.salesforce.metadata.components import Components
    from sandbox.salesforce.metadata.messages import Options
    from sandbox.salesforce.metadata.package import Manifest
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.outbound.queue import Queue
    from sandbox.salesforce.policy import Policy

_ORDER = (
    "CustomObject",
    "CustomField",
    "WorkflowOutboundMessage",
    "WorkflowRule",
    "Flow",
    "PermissionSet",
)
"""What is needed by others comes first; everything else comes before outbound messages."""


class Deployer:
    """Carries packages out in one org, for one user at a time."""

    def __init__(
        self, org: Org, queue: Queue, components: Components, policy: Callable[[], Policy]
    ) -> None:
        self._org = org
        self._queue = queue
        self._components = components
        self._effects = Effects(org, queue, policy)

    def carry_out(self, content: bytes, options: Options, user_id: str) -> list[Message]:
        """Deploy a package and return what became of its parts.

        Nothing is changed where only a check was asked for, or where a part failed and the package
        is to be rolled back then.
        """
        try:
            package = unzipped(content, single=options.single_package)
            manifest = package.manifest()
        except Problem as problem:
            return [self._failure("", MANIFEST, MANIFEST, problem)]
        if manifest is None:
            return [self._failure("", MANIFEST, MANIFEST, Problem("No package.xml found"))]
        before = (
            tuple(self._org.schema),
            self._org.copy_tables(),
            self._queue.setup(),
            dict(self._components.deployed),
            dict(self._org.flows),
        )
        messages = [
            *self._destroyed(package, BEFORE),
            *self._added(package, manifest, options, user_id),
            *self._destroyed(package, AFTER),
        ]
        failed = any(not each.success for each in messages)
        if options.check_only or (failed and options.rollback_on_error):
            objects, tables, setup, deployed, flows = before
            self._org.schema.replace(objects)
            self._org.tables = tables
            self._queue.put_back_setup(setup)
            self._components.deployed = deployed
            self._org.flows = flows
        return messages

    def _added(
        self, package: Package, manifest: Manifest, options: Options, user_id: str
    ) -> Iterator[Message]:
        yield self._message("", MANIFEST, MANIFEST)
        found: list[Part] = []
        for each in package.parts():
            if isinstance(each, Part):
                found.append(each)
            else:
                path, problem = each
                name = path.rpartition("/")[2].rpartition(".")[0]
                yield self._failure("", name, path, problem)
        named = [part for part in found if manifest.names(part)]
        used = {part.file_name for part in named}
        for part in found:
            if part.file_name not in used:
                used.add(part.file_name)
                problem = Problem("Not in package.xml", is_warning=True)
                yield self._failure(part.type, part.full_name, part.file_name, problem)
        if not options.allow_missing_files:
            there = {(part.type, part.full_name) for part in found}
            for kind, name in manifest.members:
                if name != WILDCARD and (kind, name) not in there:
                    problem = Problem(
                        f"An object '{name}' of type {kind} was named in package.xml, but was not "
                        "found in zipped directory"
                    )
                    yield self._failure(kind, name, MANIFEST, problem)
        for part in sorted(named, key=_rank):
            yield self.put(part, user_id)

    def put(self, part: Part, user_id: str) -> Message:
        """Let one part take effect, or tell why it does not."""
        key = (part.type, part.full_name)
        existed = self._components.exists(*key)
        try:
            if part.content is not None:
                check(part.content, part.type, apart=PARTS.get(part.type, {}))
            component_id = self._effects.put(part, user_id)
        except Problem as problem:
            return self._failure(part.type, part.full_name, part.file_name, problem)
        known = self._components.deployed.get(key)
        component = Component(
            type=part.type,
            full_name=part.full_name,
            file_name=part.file_name,
            user_id=user_id,
            created_at=self._org.now() if known is None else known.created_at,
            changed_at=self._org.now(),
            component_id=component_id
            or (known.component_id if known else self._components.new_id(part.type)),
            source=part.source,
        )
        self._components.deployed[key] = component
        return self._message(
            part.type,
            part.full_name,
            part.file_name,
            component_id=component.component_id,
            created=not existed,
            changed=known is None or known.source != part.source,
        )

    def _destroyed(self, package: Package, lists: Sequence[str]) -> Iterator[Message]:
        for name in lists:
            try:
                manifest = package.manifest(name)
            except Problem as problem:
                yield self._failure("", name, name, problem)
                continue
            for kind, full_name in manifest.members if manifest else ():
                yield self.remove(kind, full_name, name)

    def remove(self, kind: str, full_name: str, file_name: str) -> Message:
        """Take one part out of the org, or tell why it stays; an absent one is a warning.

        Args:
            kind: Its type.
            full_name: Its name.
            file_name: The list that names it.
        """
        is_version = kind == "Flow" and self._effects.flow_versions.exists(full_name)
        if not is_version and not self._components.exists(kind, full_name):
            absent = Problem(f"No {kind} named: {full_name} found", is_warning=True)
            return self._failure(kind, full_name, file_name, absent)
        try:
            gone = self._effects.remove(kind, full_name)
        except Problem as problem:
            return self._failure(kind, full_name, file_name, problem)
        if gone is not None:
            self._components.deployed.pop((kind, gone), None)
        return self._message(kind, full_name, file_name, deleted=True, changed=True)

    def _message(self, kind: str, full_name: str, file_name: str, **more: object) -> Message:
        return Message(
            **{
                "type": kind,
                "full_name": full_name,
                "file_name": file_name,
                "at": self._org.now(),
                **more,
            }  # type: ignore[arg-type]
        )

    def _failure(self, kind: str, full_name: str, file_name: str, problem: Problem) -> Message:
        return self._message(
            kind,
            full_name,
            file_name,
            success=problem.is_warning,
            problem=str(problem),
            is_warning=problem.is_warning,
            line=problem.line,
            column=problem.column,
        )


def _rank(part: Part) -> int:
    if part.type not in _ORDER:
        return _ORDER.index("WorkflowOutboundMessage") * 2 - 1
    return _ORDER.index(part.type) * 2
