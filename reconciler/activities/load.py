"""Write very many Interactions by Bulk API 2.0, a file for each part of the plan.

What a job did not look at, or found locked, stays open, and goes in collections afterwards. A
process that takes the run over sends what is open again: records are upserted by their key.
"""

from __future__ import annotations

import logging
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from bridge.salesforce.bulk_ingest import CsvFile, line
from reconciler.activities.fields import key_field
from reconciler.activities.sent import Size, lines_to_send, record
from reconciler.ahead import Behind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.salesforce.bulk_ingest import BulkIngest, IngestJob
    from bridge.salesforce.model import SaveResult
    from reconciler.activities.sent import Part
    from reconciler.runs.context import RunContext

log = logging.getLogger(__name__)

_RECORDS_A_JOB = 100_000
_BYTES_A_JOB = 49_000_000  # the file is twice that at most: a quotation mark takes two
_BYTES_EACH = 200  # key, ids, time, and the marks between them
_RESULTS_AT_ONCE = 10_000
_KEPT_AT_ONCE = 2  # that many sessions insert them at once
_WAITS_S = (1.0, 2.0, 5.0, 10.0)


def job_size(constants: Mapping[str, Any]) -> Size:
    """Return how much goes by one job, where each record has these fields besides."""
    each = _BYTES_EACH + sum(len(line(value).encode()) + 1 for value in constants.values())
    return Size(records=_RECORDS_A_JOB, in_bytes=_BYTES_A_JOB, bytes_each=each)


def load(context: RunContext, part: Part) -> bool:
    """Send what is open of a part by a job, and tell whether it has looked at everything.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here; its job is aborted.
        RemoteError: If Salesforce does not do its part; the Interactions stay open.
    """
    ingest = context.salesforce().bulk_ingest
    job = _send(context, ingest, part)
    if job is None:
        return True
    looked_at = context.patiently(partial(_record, context, ingest, job.job_id, part))
    return looked_at == len(part.places)


def _send(context: RunContext, ingest: BulkIngest, part: Part) -> IngestJob | None:
    """Send records and wait until the job has ended; None where there was nothing to send."""
    mapping = context.current.mapping
    names = mapping.names.interaction
    columns = [
        name
        for name in (names.subject, names.details, names.when, names.contact, names.client)
        if name is not None
    ]
    constants = {
        name: value for name, value in mapping.interaction.constants.items() if name not in columns
    }
    key = key_field(names)
    with CsvFile(key, [*columns, *constants]) as file:
        tail = "".join([f",{line(value)}" for value in constants.values()])
        with context.installation.database.transaction() as tx:
            for count, lines in lines_to_send(tx, part, names, f"{tail}\n"):
                file.write_lines(count, lines)
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


def _record(context: RunContext, ingest: BulkIngest, job_id: str, part: Part) -> int:
    """Keep what became of records, and return of how many; doing it again changes nothing."""
    count = 0
    key = key_field(context.current.mapping.names.interaction)
    results = ingest.results(job_id, key)
    with Behind(_KEPT_AT_ONCE) as behind:
        while some := list(islice(results, _RESULTS_AT_ONCE)):
            saved = {
                external_id: each
                for external_id, each in some
                if external_id in part.places and not each.is_locked
            }
            behind.do(partial(_keep, context, part, saved))
            count += len(saved)
    return count


def _keep(context: RunContext, part: Part, saved: Mapping[str, SaveResult]) -> None:
    with context.installation.database.transaction() as tx:
        record(tx, part, saved)
        context.renew(tx, may_stop=False)
