"""Write very many Interactions by Bulk API 2.0, file by file.

What a job did not look at, or found locked, stays open, and goes in collections afterwards. A
process that takes the run over sends what is open again: records are upserted by their key.
"""

from __future__ import annotations

import logging
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from bridge.salesforce.bulk_ingest import CsvFile
from reconciler.activities.fields import key_field, record_names
from reconciler.activities.sent import begin, bodies, record

if TYPE_CHECKING:
    from bridge.salesforce.bulk_ingest import BulkIngest, IngestJob
    from reconciler.activities.sent import Sent
    from reconciler.runs.context import RunContext

log = logging.getLogger(__name__)

_RECORDS_A_JOB = 100_000
_BYTES_A_JOB = 80_000_000  # of JSON, which is longer than the lines of the file
_RESULTS_AT_ONCE = 5000
_WAITS_S = (1.0, 2.0, 5.0, 10.0)


def load(context: RunContext, plan_id: int, total: int) -> None:
    """Send the open steps of a plan; what stays open after that has not been looked at.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here; its job is aborted.
        RunPaused: If somebody has paused its lane.
        RemoteError: If Salesforce does not do its part; the steps stay open.
    """
    database, connection_id = context.installation.database, context.connection.id
    ingest = context.salesforce().bulk_ingest
    done = start = 0
    while True:
        context.progress("interactions", done, total)
        context.refuse_paused()
        with database.transaction() as tx:
            sent = begin(
                tx,
                connection_id,
                plan_id,
                start=start,
                count=_RECORDS_A_JOB,
                size=_BYTES_A_JOB,
            )
            if sent is None:
                return
            context.renew(tx)
        job = _send(context, ingest, sent)
        if job is not None:
            context.patiently(partial(_record, context, ingest, job.job_id, sent))
        done += sent.count
        start = sent.last + 1


def _send(context: RunContext, ingest: BulkIngest, sent: Sent) -> IngestJob | None:
    """Send records and wait until the job has ended; None where there was nothing to send."""
    mapping = context.current.mapping
    names = mapping.names.interaction
    constants = mapping.interaction.constants
    key = key_field(names)
    with CsvFile(key, record_names(names, constants)) as file:
        with context.installation.database.transaction() as tx:
            for external_id, fields in bodies(tx, sent):
                file.write(external_id, {**constants, **fields})
        if not file.count:
            return None
        job = context.patiently(lambda: ingest.send(names.object, key, file))
    log.info("load_sent", extra={"run": context.run.id, "job": job.job_id, "records": file.count})
    return _awaited(context, ingest, job)


def _awaited(context: RunContext, ingest: BulkIngest, job: IngestJob) -> IngestJob:
    job_id = job.job_id
    try:
        waits = iter(_WAITS_S)
        while not job.has_ended:
            context.halt.wait(next(waits, _WAITS_S[-1]))
            job = context.patiently(lambda: ingest.look(job_id))
    except BaseException:
        ingest.abort(job_id)  # nothing of it may arrive after what comes next
        raise
    log.info(
        "load_ended",
        extra={"run": context.run.id, "job": job_id, "state": job.state, "failed": job.failed},
    )
    return job


def _record(context: RunContext, ingest: BulkIngest, job_id: str, sent: Sent) -> None:
    """Keep what became of records; doing it again changes nothing."""
    key = key_field(context.current.mapping.names.interaction)
    results = ingest.results(job_id, key)
    while part := dict(islice(results, _RESULTS_AT_ONCE)):
        saved = {
            external_id: each
            for external_id, each in part.items()
            if external_id in sent.places and not each.is_locked
        }
        with context.installation.database.transaction() as tx:
            record(tx, sent, saved)
            context.renew(tx, may_stop=False)
