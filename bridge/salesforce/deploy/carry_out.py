"""Deploy a package or take it out, and let the known field lists follow.

A deployment is a job of Salesforce's: it is begun, asked after, and told about by part. Everything
comes in or nothing does.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.errors import Forbidden, NotFoundRemotely, Retryable, RunRefused, Unavailable
from bridge.salesforce import tombstone
from bridge.salesforce.deploy.definitions import Sent, forget, narrow, widen
from bridge.salesforce.deploy.flows_there import flow_versions, inactive_flows
from bridge.salesforce.deploy.outcome import read_outcome
from bridge.salesforce.deploy.prepare import describe
from bridge.salesforce.login import SYSTEM
from bridge.salesforce.package import removal
from bridge.salesforce.package.fields import is_ours
from bridge.salesforce.package.forms import metadata_files, zipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bridge.db.database import Database
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.deploy.outcome import Outcome
    from bridge.salesforce.package.model import Package

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 2.0
_PATIENCE_S = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts to ask after a deployment."""

LONGEST_S = 30 * 60.0
"""Seconds after which nobody asks any more; Salesforce itself goes on."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a command has to tell.

    Attributes:
        changed_lists: Field lists that have changed with the deployment.
        missing: Messages that were not found when they were read back.
        hidden: Fields that the user whom messages are sent as may not read.
        inactive: Flows that are there and not in force as they were deployed.
        is_silent: Flows were switched off, and what should follow did not.
        is_checked: What that user may read is known.
    """

    outcome: Outcome
    changed_lists: int = 0
    missing: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    inactive: tuple[str, ...] = ()
    is_silent: bool = False
    is_checked: bool = True


@dataclass(frozen=True, kw_only=True)
class Deployer:
    """Deploys packages of one connection, for one thread.

    Attributes:
        is_own_user: Messages are sent as the bridge's own user, so what it may read is what they
            hold.
        tell: Called with each new state of a deployment, and with the step that it is.
    """

    database: Database
    salesforce: Salesforce
    connection_id: int
    is_own_user: bool
    tell: Callable[[str, Outcome], None]

    def check(self, package: Package) -> Deployed:
        """Ask what would become of a package; nothing is changed on either side.

        Raises:
            RemoteError: If Salesforce does not do its part.
        """
        return Deployed(outcome=self._carry_out("check", metadata_files(package), check_only=True))

    def deploy(self, package: Package) -> Deployed:
        """Deploy a package, and record which fields its messages carry from now on.

        Raises:
            RemoteError: If Salesforce does not do its part.
        """
        known = self._messages()
        before = Sent(messages=package.messages, action_ids=known, readable=None)
        with self.database.transaction() as tx:
            narrow(tx, self.connection_id, before)
        outcome = self._carry_out("deploy", metadata_files(package))
        if not outcome.succeeded:
            return Deployed(outcome=outcome)
        sent = Sent(
            messages=package.messages,
            action_ids=self._messages(),
            readable=self._readable(package) if self.is_own_user else None,
        )
        with self.database.transaction() as tx:
            changed = widen(tx, self.connection_id, sent)
        names = [one.full_name for one in package.messages]
        return Deployed(
            outcome=outcome,
            changed_lists=changed,
            missing=tuple(name for name in names if name not in sent.action_ids),
            hidden=tuple(
                f"{one.object}.{name}"
                for one in package.messages
                for name in sorted({*one.fields} - sent.fields_of(one))
            ),
            inactive=self._inactive(package),
            is_checked=self.is_own_user,
        )

    def remove(self, package: Package, *, with_records: bool) -> Deployed:
        """Take everything out that a package holds, and nothing else.

        Args:
            package: What may have been deployed, whole.
            with_records: Lists and memberships that the firm keeps in our objects go as well.

        Raises:
            RunRefused: If there are such records, and nobody said so.
            RemoteError: If Salesforce does not do its part.
        """
        if not with_records:
            self._refuse_records(package)
        known = self._messages()
        with _permitted():
            versions = flow_versions(self.salesforce, _flows(package))
        active = sorted(name for name, one in versions.items() if one.is_active)
        if active:
            outcome = self._carry_out("switch the flows off", removal.switched_off(package, active))
            if not outcome.succeeded:
                return Deployed(outcome=outcome)
        numbers = {name: one.numbers for name, one in versions.items()}
        outcome = self._carry_out("remove", removal.taken_out(package, numbers))
        if outcome.succeeded:
            gone = [known[one.full_name] for one in package.messages if one.full_name in known]
            with self.database.transaction() as tx:
                forget(tx, self.connection_id, gone)
        return Deployed(outcome=outcome, is_silent=not outcome.succeeded)

    def _refuse_records(self, package: Package) -> None:
        names = [part.full_name for part in package.of("CustomObject")]
        kept = [name for name in names if is_ours(name) and name != tombstone.OBJECT]
        for name in kept:
            try:
                count = self.salesforce.count_all(name)
            except NotFoundRemotely:
                continue
            if count:
                raise RunRefused(
                    f"{name} holds {count} records, which would go with it: export them, then "
                    "give --with-records"
                )

    def _inactive(self, package: Package) -> tuple[str, ...]:
        try:
            return inactive_flows(self.salesforce, _flows(package))
        except Forbidden:  # whoever deploys need not see them: nothing is known then
            return ()

    def _readable(self, package: Package) -> frozenset[str]:
        described = describe(self.salesforce, {one.object for one in package.messages})
        return frozenset(
            f"{name}.{field['name']}" for name, fields in described.items() for field in fields
        )

    def _carry_out(
        self, step: str, files: Mapping[str, bytes], *, check_only: bool = False
    ) -> Outcome:
        with _permitted():
            job_id = self.salesforce.metadata.deploy(zipped(files), check_only=check_only)
        until, wait_s = time.monotonic() + LONGEST_S, _FIRST_WAIT_S
        said: str | None = None
        while True:
            outcome = self._ask(job_id)
            if outcome.progress != said and not outcome.is_over:
                said = outcome.progress
                self.tell(step, outcome)
            if outcome.is_over:
                return outcome
            if time.monotonic() > until:
                raise Unavailable(
                    f"Salesforce: the deployment {job_id} has not ended after half an hour: see "
                    "Setup, Deployment Status, then give the command again",
                    system=SYSTEM,
                )
            time.sleep(wait_s)
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _ask(self, job_id: str) -> Outcome:
        """Ask how far a deployment is; one that goes on is not given up for an answer or two."""
        for wait_s in _PATIENCE_S:
            try:
                return read_outcome(self.salesforce.metadata.deployment(job_id))
            except Retryable:
                time.sleep(wait_s)
        return read_outcome(self.salesforce.metadata.deployment(job_id))

    def _messages(self) -> dict[str, str]:
        with _permitted():
            return self.salesforce.metadata.outbound_messages()


def _flows(package: Package) -> list[str]:
    return [part.full_name for part in package.of("Flow")]


@contextmanager
def _permitted() -> Iterator[None]:
    """Say who could do it where the bridge's user may not."""
    try:
        yield
    except Forbidden as error:
        raise Forbidden(
            f"{error}. The bridge's user needs Modify Metadata Through Metadata API Functions to "
            "deploy; without it, have an administrator deploy what `bridge salesforce package` "
            "writes",
            system=SYSTEM,
            status=error.status,
            key=error.key,
        ) from None
