"""Give records of Practifi back what the bridge had written there: ids and statuses.

An id or a status that the snapshot has, and that is empty or another one now, is put back. One that
was written since where nothing stood stays, and so does the status of a record that the bridge has
given another one since: Practifi must not say of anybody what is not so any more.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from bridge.delivery.written import written_paths
from bridge.plans.steps import open_steps
from bridge.salesforce.model import Update
from reconciler.agreed import facts_of_record
from reconciler.kept.files import read_rows
from reconciler.runs.model import PlannedStep
from reconciler.runs.plans import StepEnding, end_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from bridge.db.database import Database
    from bridge.mapping.names import Kind, Names
    from bridge.plans.model import StoredStep
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.model import SaveResult
    from bridge.salesforce.values import Record
    from reconciler.kept.manifest import Manifest
    from reconciler.runs.context import RunContext

_SQL = load_queries("reconciler.kept")

KINDS: tuple[Kind, ...] = ("list", "contact", "membership")
KIND = "restore_record"
REASON = "the snapshot has it so"

_A_PAGE = 1_000
_AT_ONCE = 200
_STALE = "changed since it was planned: the record shows something else"


def record_steps(
    database: Database,
    salesforce: Salesforce,
    *,
    folder: Path,
    manifest: Manifest,
    names: Names,
    connection_id: int,
) -> Iterator[PlannedStep]:
    """Yield what gives records their ids and statuses back; each record is read from Salesforce."""
    for kind in KINDS:
        paths = written_paths(kind, names)
        rows = read_rows(folder / manifest.file_of("practifi", kind))
        while paths and (page := {row["Id"]: row for row in islice(rows, _A_PAGE)}):
            now = salesforce.read_back(names.object_of(kind), list(page), paths)
            values = {"connection_id": connection_id, "kind": kind, "ids": list(now)}
            with database.transaction() as tx:
                since = dict(tx.execute(_SQL["statuses_since"], values).fetchall())
            ids = id_paths(kind, names)
            for sf_id, record in now.items():
                is_news = sf_id in since and since[sf_id] > manifest.taken_at
                change = lost_values(page[sf_id], record, ids if is_news else paths)
                if change:
                    yield _step(kind, names.object_of(kind), sf_id, change)


def id_paths(kind: Kind, names: Names) -> tuple[str, ...]:
    """Return the fields of a kind that hold an id of Constant Contact."""
    path = {"contact": names.contact.cc_id, "list": names.list.cc_id}.get(kind)
    return () if path is None else (path,)


def lost_values(
    kept: Record, now: Record, paths: tuple[str, ...]
) -> dict[str, tuple[str | None, str]]:
    """Return field -> (now, then) of what the snapshot has and the record does not. Pure.

    >>> lost_values({"Id__c": "7", "S__c": None}, {"Id__c": None, "S__c": "x"}, ("Id__c", "S__c"))
    {'Id__c': (None, '7')}
    """
    return {
        path: (now.get(path), then)
        for path in paths
        if (then := kept.get(path)) is not None and now.get(path) != then
    }


def restore_records(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that are about records of Practifi.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RunPaused: If somebody has paused its lane.
        RemoteError: If Salesforce does not answer; the steps stay open.
    """
    done, begin = 0, 0
    while True:
        with context.installation.database.transaction() as tx:
            page = open_steps(
                tx, context.run.connection_id, plan_id, from_ordinal=begin, count=_AT_ONCE
            )
        steps = [step for step in page if step.kind == KIND]
        if steps:
            context.progress("records in Practifi", done)
            context.refuse_paused()
            _write(context, plan_id, steps)
            done += len(steps)
        if len(page) < _AT_ONCE:
            return
        begin = page[-1].ordinal + 1


def _write(context: RunContext, plan_id: int, steps: list[StoredStep]) -> None:
    stale = _stale(context, steps)
    fresh = [step for step in steps if step.subject_key not in stale]
    numbers = {context.current.mapping.names.list.members_confirmed}
    updates = [_update(step, numbers) for step in fresh]
    collections = context.salesforce().collections
    results = context.patiently(lambda: collections.update(updates)) if updates else []
    endings = [StepEnding(one.ordinal, "refused", _STALE) for one in steps if one not in fresh]
    endings += [_ending(step, result) for step, result in zip(fresh, results, strict=True)]
    with context.installation.database.transaction() as tx:
        end_steps(tx, context.run.connection_id, plan_id, endings)
        context.renew(tx, may_stop=False)


def _stale(context: RunContext, steps: list[StoredStep]) -> set[str]:
    """Return the records that show neither what the plan has shown nor what it brings."""
    found: set[str] = set()
    by_object: dict[str, list[StoredStep]] = {}
    for step in steps:
        by_object.setdefault(str(step.body["object"]), []).append(step)
    for name, group in by_object.items():
        paths = sorted({path for step in group for path in step.change})
        ids = [step.subject_key for step in group]
        now = context.patiently(lambda: context.salesforce().read_back(name, ids, paths))  # noqa: B023 -- called at once
        for step in group:
            record = now.get(step.subject_key)
            if record is None or any(
                record.get(path) not in pair for path, pair in step.change.items()
            ):
                found.add(step.subject_key)
    return found


def _update(step: StoredStep, numbers: AbstractSet[str | None]) -> Update:
    fields: Mapping[str, str] = step.body["fields"]
    return Update(
        object=str(step.body["object"]),
        record_id=step.subject_key,
        fields={path: float(value) if path in numbers else value for path, value in fields.items()},
    )


def _ending(step: StoredStep, result: SaveResult) -> StepEnding:
    if result.ok:
        return StepEnding(step.ordinal, "confirmed")
    outcome = f"Salesforce: {result.error_code}: {result.message}"
    return StepEnding(step.ordinal, "failed" if result.is_locked else "refused", outcome)


def _step(
    kind: Kind, object_name: str, sf_id: str, change: Mapping[str, tuple[str | None, str]]
) -> PlannedStep:
    body: dict[str, Any] = {
        "object": object_name,
        "fields": {path: then for path, (_, then) in change.items()},
    }
    return PlannedStep(
        key=f"status:{kind}:{sf_id}",
        kind=KIND,
        subject_kind="status",
        subject_key=sf_id,
        reason=REASON,
        facts=facts_of_record(body),
        body=body,
        change=change,
        calls=0,
    )
