"""The bulk jobs of the org: what each is, in which state, and how long it is kept. No HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sandbox.salesforce.errors import ApiError, not_found
from sandbox.salesforce.values import to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox.salesforce.org import Org

Kind: TypeAlias = Literal["ingest", "query"]
State: TypeAlias = Literal[
    "Open", "UploadComplete", "InProgress", "JobComplete", "Failed", "Aborted"
]

ENDED: frozenset[State] = frozenset({"JobComplete", "Failed", "Aborted"})
KEPT_AFTER_END = timedelta(days=7)
JOBS_A_PAGE = 1_000
QUERY_JOBS_A_DAY = 10_000
QUERY_RESULTS_A_DAY_MB = 976_562
BATCHES_A_DAY = 15_000
BATCH_COUNT = 10_000
"""Records of an ingest job that count as one batch."""

_DAY = timedelta(hours=24)


@dataclass
class Results:
    """What a job has given so far; only the worker writes to it.

    Attributes:
        header: The first line of a result of a query.
        lines: A query's records, each as one line of CSV.
        successful: Pieces of CSV: the rows that were saved.
        failed: Pieces of CSV: the rows that were refused.
    """

    header: str = ""
    lines: list[str] = field(default_factory=list)
    successful: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job, as it is at a moment.

    Attributes:
        kind: Which resource it belongs to.
        object: API name of the object whose records are loaded or asked for.
        version: API version that it was made with, such as `66.0`.
        content: The file that was uploaded, or None.
        closed_at: When the client said that the upload is complete; a query is closed at once.
        took_ms: Time spent on it.
        processed: Records that were looked at, refused ones too.
        error_message: Why the job failed as a whole.
    """

    job_id: str
    kind: Kind
    operation: str
    object: str
    user_id: str
    version: str
    created_at: datetime
    changed_at: datetime
    state: State
    column_delimiter: str = "COMMA"
    line_ending: str = "LF"
    external_id: str | None = None
    assignment_rule_id: str | None = None
    query: str = ""
    content: str | None = None
    closed_at: datetime | None = None
    ended_at: datetime | None = None
    took_ms: int = 0
    processed: int = 0
    failed: int = 0
    error_message: str | None = None
    results: Results = field(default_factory=Results)

    def shown(self) -> dict[str, Any]:
        """Return the job as the answers to its making and changing have it."""
        ingest: dict[str, Any] = {}
        if self.kind == "ingest" and self.state == "Open":
            ingest["contentUrl"] = (
                f"services/data/v{self.version}/jobs/ingest/{self.job_id}/batches"
            )
        if self.external_id is not None:
            ingest["externalIdFieldName"] = self.external_id
        if self.assignment_rule_id is not None:
            ingest["assignmentRuleId"] = self.assignment_rule_id
        return {
            "id": self.job_id,
            "operation": self.operation,
            "object": self.object,
            "createdById": self.user_id,
            "createdDate": to_json(self.created_at),
            "systemModstamp": to_json(self.changed_at),
            "state": self.state,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
            "lineEnding": self.line_ending,
            "columnDelimiter": self.column_delimiter,
            **ingest,
        }

    def info(self) -> dict[str, Any]:
        """Return the job as a look at it shows it: with its counts."""
        counts: dict[str, Any] = {
            "jobType": "V2Ingest" if self.kind == "ingest" else "V2Query",
            "numberRecordsProcessed": self.processed,
            "retries": 0,
            "totalProcessingTime": self.took_ms,
        }
        if self.kind == "ingest":
            counts |= {
                "numberRecordsFailed": self.failed,
                "apiActiveProcessingTime": self.took_ms,
                "apexProcessingTime": 0,
            }
        else:
            counts["isPkChunkingSupported"] = True
        if self.error_message is not None:
            counts["errorMessage"] = self.error_message
        return self.shown() | counts


class Jobs:
    """The jobs of the org, oldest first.

    Attributes:
        by_id: Each job as it is now; a job is replaced, never changed.
        on_work: Called when a job has become ready to be worked on.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self.by_id: dict[str, Job] = {}
        self.on_work: Callable[[], None] = lambda: None

    def add(self, **given: Any) -> Job:
        """Make a job of the fields that are given, with an id and times of its own."""
        now = self._org.now()
        job = Job(
            **{
                "job_id": self._org.serials.new("750"),
                "created_at": now,
                "changed_at": now,
                **given,
            }
        )
        self.by_id[job.job_id] = job
        if job.closed_at is not None:
            self.on_work()
        return job

    def change(self, job: Job, **given: Any) -> Job:
        """Put a changed job in the place of the one with its id and return it."""
        now = self._org.now()
        given["changed_at"] = now
        if given.get("state") in ENDED:
            given["ended_at"] = now
        changed = replace(job, **given)
        self.by_id[job.job_id] = changed
        if changed.state == "UploadComplete":
            self.on_work()
        return changed

    def get(self, kind: Kind, job_id: str) -> Job:
        """Return a job by its id of 15 or 18 characters.

        Raises:
            ApiError: 404, if there is none of this kind, or none any more.
        """
        self._forget()
        for full in (job_id, *(each for each in self.by_id if each[:15] == job_id)):
            job = self.by_id.get(full)
            if job is not None and job.kind == kind:
                return job
        raise not_found()

    def of(self, kind: Kind) -> list[Job]:
        """Return the jobs of one kind, oldest first."""
        self._forget()
        return [job for job in self.by_id.values() if job.kind == kind]

    def remove(self, job: Job) -> None:
        """Delete a job with its data.

        Raises:
            ApiError: If it is still open or being worked on.
        """
        if job.state in {"Open", "InProgress"}:
            raise ApiError("INVALIDJOBSTATE", f"Job can not be deleted in state {job.state}")
        del self.by_id[job.job_id]

    def refuse_beyond_day(self) -> None:
        """Refuse a further query job beyond the allowance of 24 hours.

        Raises:
            ApiError: EXCEEDEDQUOTA.
        """
        if self.query_jobs_left() <= 0:
            message = f"Max bulk v2 query jobs ({QUERY_JOBS_A_DAY}) per 24 hrs has been exceeded"
            raise ApiError("EXCEEDEDQUOTA", message)

    def query_jobs_left(self) -> int:
        """Return how many query jobs may still be made."""
        return QUERY_JOBS_A_DAY - len(self._of_day("query"))

    def limits(self) -> dict[str, dict[str, int]]:
        """Return the allowances of 24 hours as `/limits` shows them."""
        batches = sum(-(-job.processed // BATCH_COUNT) for job in self._of_day("ingest"))
        letters = sum(len(line) for job in self._of_day("query") for line in job.results.lines)
        return {
            name: {"Max": allowed, "Remaining": allowed - used}
            for name, allowed, used in (
                ("DailyBulkApiBatches", BATCHES_A_DAY, batches),
                ("DailyBulkV2QueryFileStorageMB", QUERY_RESULTS_A_DAY_MB, letters >> 20),
                ("DailyBulkV2QueryJobs", QUERY_JOBS_A_DAY, len(self._of_day("query"))),
            )
        }

    def _of_day(self, kind: Kind) -> list[Job]:
        since = self._org.now() - _DAY
        return [job for job in self.by_id.values() if job.kind == kind and job.created_at > since]

    def _forget(self) -> None:
        oldest = self._org.now() - KEPT_AFTER_END
        gone = [
            job.job_id
            for job in self.by_id.values()
            if job.ended_at is not None and job.ended_at <= oldest
        ]
        for job_id in gone:
            del self.by_id[job_id]
