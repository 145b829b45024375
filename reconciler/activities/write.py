"""Write planned Interactions to Salesforce, in collections of 200, each once however often tried.

An object of its own is upserted by the bridge's key. Events and tasks are looked up by it right
before each write, so a call whose answer was lost finds what it did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from bridge.salesforce.collections import RECORDS_A_CALL
from bridge.salesforce.model import Update
from reconciler.activities.fields import fingerprint_of, key_field
from reconciler.activities.plan import SQL, facts_of
from reconciler.runs.plans import end_step, open_steps, send_step, step_states

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.salesforce.model import SaveResult
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import StoredStep

_STALE = "another plan has written it since"
_SMALLER = (20, 4)  # records a call where somebody held one of those of a larger call
_OPEN = ("planned", "sending", "sent")


def write_interactions(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that have not ended.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RunPaused: If somebody has paused its lane.
        RemoteError: If Salesforce does not do its part; the steps stay open.
    """
    database, connection_id = context.installation.database, context.connection.id
    writer = Writer(context)
    with database.transaction() as tx:
        states = step_states(tx, connection_id, plan_id)
    total, done = sum(states.get(state, 0) for state in _OPEN), 0
    while True:
        context.progress("interactions", done, total)
        context.refuse_paused()
        with database.transaction() as tx:
            steps = open_steps(tx, connection_id, plan_id, count=RECORDS_A_CALL)
            sent = _begin(tx, context, steps)
            context.renew(tx)
        if not steps:
            return
        saved = writer.save(sent)
        with database.transaction() as tx:
            _record(tx, context, sent, saved)
            context.renew(tx, may_stop=False)
        done += len(steps)


class Writer:
    """Saves Interactions of one connection, as its profile wants it."""

    def __init__(self, context: RunContext) -> None:
        mapping = context.current.mapping
        self._context = context
        self._names = mapping.names.interaction
        self._key_field = key_field(mapping.names.interaction)
        self._constants = dict(mapping.interaction.constants)
        self._collections = context.salesforce().collections

    def save(self, steps: Sequence[StoredStep]) -> dict[str, SaveResult]:
        """Save up to 200 Interactions and return what became of each, by its key.

        Raises:
            RemoteError: If a call as a whole did not succeed.
        """
        records = {step.subject_key: dict(step.body["fields"]) for step in steps}
        saved = self._save(records)
        for size in _SMALLER:
            locked = [key for key, each in saved.items() if each.is_locked]
            for start in range(0, len(locked), size):
                part = locked[start : start + size]
                saved |= self._save({key: records[key] for key in part})
        return saved

    def _save(self, records: Mapping[str, dict[str, Any]]) -> dict[str, SaveResult]:
        """Save records in one call, or two; a repeated call does nothing twice."""
        write = self._upsert if self._names.profile == "custom" else self._find_and_write
        return self._context.patiently(lambda: write(records)) if records else {}

    def _upsert(self, records: Mapping[str, dict[str, Any]]) -> dict[str, SaveResult]:
        given = {key: self._constants | fields for key, fields in records.items()}
        return self._collections.upsert(self._names.object, self._key_field, given)

    def _find_and_write(self, records: Mapping[str, dict[str, Any]]) -> dict[str, SaveResult]:
        there = self._collections.find(self._names.object, self._key_field, list(records))
        name = self._names.object
        known = [key for key in records if key in there]
        fresh = [key for key in records if key not in there]
        updated = self._collections.update(
            [Update(object=name, record_id=there[key], fields=records[key]) for key in known]
        )
        created = self._collections.create(
            name, [self._constants | records[key] | {self._key_field: key} for key in fresh]
        )
        return dict(zip([*known, *fresh], [*updated, *created], strict=True))


def _begin(
    tx: psycopg.Connection, context: RunContext, steps: Sequence[StoredStep]
) -> list[StoredStep]:
    """Note that steps are on their way, and refuse those that rest on what is not so any more."""
    values = {
        "connection_id": context.connection.id,
        "keys": [step.subject_key for step in steps],
    }
    prints: dict[str, bytes | None] = dict(tx.execute(SQL["fingerprints"], values).fetchall())
    sent = []
    for step in steps:
        place = (step.connection_id, step.plan_id, step.ordinal)
        if facts_of(prints.get(step.subject_key)) == step.facts:
            send_step(tx, *place)
            sent.append(step)
        else:
            end_step(tx, *place, "refused", outcome=_STALE)
    return sent


def _record(
    tx: psycopg.Connection,
    context: RunContext,
    steps: Sequence[StoredStep],
    saved: Mapping[str, SaveResult],
) -> None:
    """Keep what became of each record, and end its step."""
    names = context.current.mapping.names.interaction
    rows = []
    for step in steps:
        result = saved[step.subject_key]
        fingerprint = fingerprint_of(names, step.body["fields"])
        rows.append(
            {
                "external_id": step.subject_key,
                "campaign_activity_id": step.body["campaign_activity_id"],
                "contact_id": step.cc_id,
                "practifi_contact": step.body["practifi_contact"],
                "practifi_account": step.body["practifi_account"],
                "sf_id": result.record_id,
                "fingerprint": fingerprint.hex() if result.ok else None,
                "error": None if result.ok else result.message or result.error_code,
            }
        )
    values = {"connection_id": context.connection.id, "rows": Jsonb(rows)}
    tx.execute(SQL["keep_written"], values)
    for step in steps:
        result = saved[step.subject_key]
        end_step(
            tx,
            step.connection_id,
            step.plan_id,
            step.ordinal,
            "confirmed" if result.ok else "failed" if result.is_locked else "refused",
            outcome=None if result.ok else f"Salesforce: {result.error_code}: {result.message}",
            answer={"id": result.record_id} if result.ok else {"error": result.error_code},
        )
