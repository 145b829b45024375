"""Write planned Interactions to Salesforce, each once however often tried.

In collections of 200, or, where there are very many, by Bulk API 2.0. An object of its own is
upserted by the bridge's key. Events and tasks are looked up by it right before each write, so a
call whose answer was lost finds what it did; they always go in collections.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.plans.steps import step_states
from bridge.salesforce.collections import RECORDS_A_CALL
from bridge.salesforce.model import Update
from reconciler.activities.fields import fields_of, key_field
from reconciler.activities.load import job_size, load
from reconciler.activities.sent import Size, begin, end, left_to_send, planned_by, record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.salesforce.model import SaveResult
    from reconciler.activities.sent import Part, Sending
    from reconciler.runs.context import RunContext

_SMALLER = (20, 4)  # records a call where somebody held one of those of a larger call
_OPEN = ("planned", "sending", "sent")


def write_interactions(context: RunContext, plan_id: int) -> None:
    """Carry out the Interactions of a stored plan that have not ended, a part at a time.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RunPaused: If somebody has paused its lane.
        RemoteError: If Salesforce does not do its part; what was not sent stays open.
    """
    database, connection_id = context.installation.database, context.connection.id
    with database.transaction() as tx:
        states = step_states(tx, connection_id, plan_id)
        made_by, may_be_stale = planned_by(tx, connection_id, plan_id, context.run.id)
    total = sum(states.get(state, 0) for state in _OPEN)
    mapping = context.current.mapping
    is_custom = mapping.names.interaction.profile == "custom"
    by_jobs = is_custom and total >= context.installation.settings.bulk_from
    size = job_size(mapping.interaction.constants) if by_jobs else Size(RECORDS_A_CALL)
    writer, done = Writer(context), 0
    while True:
        context.progress("interactions", done, total)
        context.refuse_paused()
        with database.transaction() as tx:
            part = begin(tx, connection_id, made_by, size, may_be_stale=may_be_stale)
            if part is None:
                return
            context.renew(tx)
        if not (by_jobs and load(context, part)):
            _write_left(context, writer, part)
        with database.transaction() as tx:
            end(tx, part)
            context.renew(tx, may_stop=False)
        done += part.count


def _write_left(context: RunContext, writer: Writer, part: Part) -> None:
    """Write what is open of a part, a collection at a time."""
    database, start = context.installation.database, part.first
    while start <= part.last:
        context.halt.check()
        with database.transaction() as tx:
            left = left_to_send(tx, part, start=start, count=RECORDS_A_CALL)
        if not left:
            return
        saved = writer.save(left)
        with database.transaction() as tx:
            record(tx, part, saved)
            context.renew(tx, may_stop=False)
        start = left[-1].ordinal + 1


class Writer:
    """Saves Interactions of one connection, as its profile wants it."""

    def __init__(self, context: RunContext) -> None:
        mapping = context.current.mapping
        self._context = context
        self._names = mapping.names.interaction
        self._key_field = key_field(mapping.names.interaction)
        self._constants = dict(mapping.interaction.constants)
        self._collections = context.salesforce().collections

    def save(self, sending: Sequence[Sending]) -> dict[str, SaveResult]:
        """Save up to 200 Interactions and return what became of each, by its key.

        Raises:
            RemoteError: If a call as a whole did not succeed.
        """
        records = {each.external_id: fields_of(self._names, each.record) for each in sending}
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
