"""Works on bulk jobs in the background, a short slice at a time, so that nobody waits for them."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from sandbox.calls import Call
from sandbox.salesforce.bulk.columns import BatchRefused
from sandbox.salesforce.bulk.extract import Extract
from sandbox.salesforce.bulk.load import Load
from sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.salesforce.bulk.jobs import Job, Jobs
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.policy import Policy

    Owner: TypeAlias = Literal["bridge", "observer"]

SLICE_S = 0.05
_LOOK_EVERY_S = 0.05
"""How often the jobs are looked at without a request: the clock may have been moved."""


class Worker:
    """Takes the jobs of the org in the order of their making and brings each to its end."""

    def __init__(
        self,
        org: Org,
        jobs: Jobs,
        *,
        policy: Callable[[], Policy],
        owner_of: Callable[[str], Owner],
    ) -> None:
        self._org = org
        self._jobs = jobs
        self._policy = policy
        self._owner_of = owner_of
        self._under_way: dict[str, Load | Extract] = {}
        self._is_done: set[str] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        loop = asyncio.get_running_loop()
        work = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(work.set)

        self._jobs.on_work = wake
        try:
            while True:
                work.clear()
                with self._org.lock:
                    is_busy = self.work()
                # Requests that came meanwhile are served between two slices.
                if is_busy:
                    await asyncio.sleep(0)
                    continue
                with suppress(TimeoutError):
                    await asyncio.wait_for(work.wait(), _LOOK_EVERY_S)
        finally:
            self._jobs.on_work = lambda: None

    def work(self) -> bool:
        """Work for one slice of time on the first job that has something to do.

        Returns:
            Whether there is more to do at once.
        """
        alive = {job.job_id for job in self._jobs.by_id.values() if job.state == "InProgress"}
        for job_id in [each for each in self._under_way if each not in alive]:
            del self._under_way[job_id]
        self._is_done &= alive
        for job in list(self._jobs.by_id.values()):
            if job.state == "UploadComplete" and self._is_due(job, self._policy().bulk_waits_s):
                self._begin(job)
                return True
            if job.state == "InProgress" and job.job_id not in self._is_done:
                self._advance(job)
                return True
            if job.state == "InProgress":
                policy = self._policy()
                if self._is_due(job, policy.bulk_waits_s + policy.bulk_takes_s):
                    self._jobs.change(job, state="JobComplete")
        return False

    def _is_due(self, job: Job, after_s: float) -> bool:
        if job.closed_at is None:
            return False
        return self._org.world.now() >= job.closed_at + timedelta(seconds=after_s)

    def _begin(self, job: Job) -> None:
        if self._org.schema.find(job.object) is None:
            message = f"InvalidJob : Unable to find object: {job.object}"
            self._jobs.change(job, state="Failed", error_message=message)
            return
        job = self._jobs.change(job, state="InProgress")
        try:
            self._under_way[job.job_id] = (
                Load(self._org, job) if job.kind == "ingest" else Extract(self._org, job)
            )
        except BatchRefused as refused:
            self._jobs.change(job, state="Failed", error_message=str(refused))
        except ApiError as refused:
            message = f"InvalidBatch : Failed to process query: {refused.code}: {refused.message}"
            self._jobs.change(job, state="Failed", error_message=message)

    def _advance(self, job: Job) -> None:
        if self._org.schema.find(job.object) is None:
            message = f"InvalidJob : Unable to find object: {job.object}"
            self._jobs.change(job, state="Failed", error_message=message)
            return
        work = self._under_way.get(job.job_id)
        if work is None:
            # The job was put back to an earlier state: it begins once more.
            self._begin(job)
            return
        started = time.perf_counter()
        self._org.take_effects()
        is_last, cause = False, None
        try:
            is_last = work.advance(SLICE_S)
        except BatchRefused as refused:
            cause = str(refused)
        took_ms = (time.perf_counter() - started) * 1000
        given = {
            "processed": work.processed,
            "failed": work.failed,
            "took_ms": job.took_ms + round(took_ms),
        }
        self._record(job, took_ms)
        if cause is not None:
            self._jobs.change(job, state="Failed", error_message=cause, **given)
            return
        changed = self._jobs.change(job, **given)
        if is_last:
            self._is_done.add(job.job_id)
            policy = self._policy()
            if self._is_due(changed, policy.bulk_waits_s + policy.bulk_takes_s):
                self._jobs.change(changed, state="JobComplete")

    def _record(self, job: Job, took_ms: float) -> None:
        """List what the slice wrote among the calls: no request of its own did."""
        effects = self._org.take_effects()
        if not effects:
            return
        self._org.world.calls.record(
            Call(
                side="salesforce",
                method="JOB",
                path=f"/services/data/v{job.version}/jobs/{job.kind}/{job.job_id}",
                query="",
                status=None,
                at=self._org.world.time(),
                took_ms=took_ms,
                owner=self._owner_of(job.user_id),
                effects=tuple(effects),
            )
        )
