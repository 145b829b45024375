"""Plan to put Constant Contact back as a snapshot has it; nothing is done before an approval.

The account has just been read by a run, so the snapshot is compared with the mirror, some contacts
at a time. A plan waits like any other, and what it does is decided anew when it is carried out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.db.queries import load_queries
from bridge.delivery.gather import Gatherer
from bridge.errors import ConfigurationError
from bridge.identity import email_key
from bridge.policies.store import policies_of
from reconciler.kept.files import read_rows
from reconciler.kept.restore import decide_restore, restore_from, restore_of, why_not
from reconciler.kept.restored_lists import renaming_steps
from reconciler.plan_contacts import planned_step
from reconciler.plans.figures import read_figures
from reconciler.plans.guard import judge
from reconciler.runs.drafts import draft_within, move_drafted
from reconciler.runs.plan_store import add_plan, totals
from reconciler.runs.plans import steps_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import psycopg

    from bridge.connections.model import Connection
    from bridge.mapping.versions import ActiveMapping
    from bridge.policies.policy import OwnerPolicy
    from bridge.runs.model import Job
    from reconciler.kept.manifest import Manifest
    from reconciler.kept.restore import Restore
    from reconciler.runs.model import PlannedStep

_SQL = load_queries("reconciler.kept")

_AT_ONCE = 500
_CALLS = 3  # it is read, written, and read back where it is taken off a list

GONE = "not in Constant Contact any more: a contact that is gone for good is not made anew"
MOVED = "at another e-mail address since: left as they are"
NEW = "contacts that came since: they stay as they are"
LISTS_GONE = "lists that were deleted since: they cannot come back, nor can who was on them"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restores:
    """What puts contacts back, as the plan that restores has shown it."""

    connection_id: int
    plan_id: int
    taken_at: datetime

    def of(self, tx: psycopg.Connection[Any], keys: Sequence[str]) -> dict[str, Restore]:
        """Return address -> what puts its contact back; addresses without that are left out."""
        steps = steps_at(tx, self.connection_id, self.plan_id, keys)
        return {step.subject_key: restore_from(step, taken_at=self.taken_at) for step in steps}


class Planned(NamedTuple):
    """A plan that restores, and whether it is more than goes unasked."""

    id: int
    job: Job
    wait_reason: str | None


@dataclass(kw_only=True)
class Restoring:
    """Compares one snapshot with how things are now, and plans to put them back.

    Attributes:
        custom_fields: Ids of those that the account has now.
        left: What is not put back, and why -> how many.
    """

    connection: Connection
    current: ActiveMapping
    folder: Path
    manifest: Manifest
    owner: OwnerPolicy
    by: str
    custom_fields: frozenset[str]
    left: Counter[str] = field(default_factory=Counter)

    def plan_lists(self, tx: psycopg.Connection[Any]) -> Planned | None:
        """Store the plan that gives lists their names back; None where all have them."""
        now = self._lists_now(tx)
        by_practifi = policies_of(tx, self.connection.id).lists == "from_practifi"
        kept = [one for one in self._rows("lists") if not one.get("deleted_at")]
        self.left[LISTS_GONE] += sum(str(one["list_id"]) not in now for one in kept)
        return self._store(tx, "lists", renaming_steps(kept, now, by_practifi=by_practifi))

    def plan_contacts(
        self, tx: psycopg.Connection[Any], records: Iterable[PlannedStep] = ()
    ) -> Planned | None:
        """Store the plan that puts contacts and their lists back; None where all are as then.

        Args:
            tx: A transaction, right after a run has read the account.
            records: Steps about records of Practifi, which come first.
        """

        def steps() -> Iterator[PlannedStep]:
            yield from records
            yield from self._contact_steps(tx)

        return self._store(tx, "contacts", steps())

    def _contact_steps(self, tx: psycopg.Connection[Any]) -> Iterator[PlannedStep]:
        lists = frozenset(self._lists_now(tx))
        gatherer = Gatherer(mapping=self.current.mapping, installation_owner=self.owner)
        rows = self._rows("contacts")
        alive = 0
        while page := list(islice(rows, _AT_ONCE)):
            kept = {str(one["contact_id"]): one for one in page if not one.get("deleted_at")}
            restores: dict[str, Restore] = {}
            now = self._contacts_now(tx, list(kept))
            alive += sum(not there.get("deleted_at") for _, there in now.values())
            for contact_id, one in kept.items():
                if contact_id not in now:
                    self.left[GONE] += 1
                    continue
                key, _ = now[contact_id]
                if key is None or key != email_key((one.get("email_address") or {}).get("address")):
                    self.left[MOVED] += 1
                    continue
                restores[key] = restore_of(
                    one,
                    taken_at=self.manifest.taken_at,
                    lists=lists,
                    custom_fields=self.custom_fields,
                )
            yield from self._differing(tx, gatherer, restores)
        ((count,),) = tx.execute(_SQL["count_contacts"], self._values).fetchall()
        self.left[NEW] += max(0, count - alive)

    def _differing(
        self, tx: psycopg.Connection[Any], gatherer: Gatherer, restores: dict[str, Restore]
    ) -> Iterator[PlannedStep]:
        for key, state in gatherer.seen(tx, self.connection.id, sorted(restores)).items():
            restore = restores[key]
            if (reason := why_not(state, restore)) is not None:
                self.left[f"not put back on their lists: {reason}"] += 1
            for step in decide_restore(state, restore).steps:
                yield planned_step(key, step, calls=_CALLS)

    def _store(
        self, tx: psycopg.Connection[Any], job: Job, steps: Iterable[PlannedStep]
    ) -> Planned | None:
        asked = self._values | {"job": job, "by": self.by}
        ((run_id,),) = tx.execute(_SQL["add_planned_run"], asked).fetchall()
        effects = draft_within(tx, self.connection.id, run_id, job, steps)
        if not effects.steps:
            tx.execute(_SQL["forget_planned_run"], self._values | {"run_id": run_id})
            return None
        figures = read_figures(tx, self.connection.id, effects)
        verdict = judge(effects, figures, policies_of(tx, self.connection.id))
        plan_id = add_plan(
            tx,
            self.connection.id,
            run_id,
            asked_by=self.by,
            state="waiting",
            wait_reason=verdict.reason or None,
            totals=totals(effects, figures) | {"held": list(verdict.held)},
            restores=(self.folder.name, self.manifest.taken_at),
        )
        move_drafted(
            tx,
            self.connection.id,
            run_id,
            plan_id,
            effects.steps,
            mapping_version_id=self.current.version_id,
        )
        return Planned(plan_id, job, verdict.reason or None)

    @property
    def _values(self) -> dict[str, Any]:
        return {"connection_id": self.connection.id}

    def _rows(self, name: str) -> Iterator[dict[str, Any]]:
        return read_rows(self.folder / self.manifest.file_of("constant_contact", name))

    def _lists_now(self, tx: psycopg.Connection[Any]) -> dict[str, tuple[str, str | None, str]]:
        """Return list there -> its name, its record in Practifi, and the name of that."""
        rows = tx.execute(_SQL["lists_now"], self._values)
        return {list_id: (name, sf_id, name_here) for list_id, name, sf_id, name_here in rows}

    def _contacts_now(
        self, tx: psycopg.Connection[Any], ids: Sequence[str]
    ) -> dict[str, tuple[str | None, dict[str, Any]]]:
        rows = tx.execute(_SQL["contacts_now"], self._values | {"contact_ids": list(ids)})
        return {contact_id: (key, resource) for contact_id, key, resource in rows}


def refuse_other(connection: Connection, manifest: Manifest) -> None:
    """Refuse a snapshot of another organization or account.

    Raises:
        ConfigurationError: If it is of another one.
    """
    pairs = (
        ("organization", manifest.organization_id, connection.organization_id),
        ("account", manifest.account_id, connection.cc_account_id),
    )
    for what, kept, now in pairs:
        if kept is not None and now is not None and kept != now:
            message = f"the snapshot is of another {what} ({kept}) than {connection.name!r} ({now})"
            raise ConfigurationError(message)
