"""Checks of a run, a plan or a bulk activity. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.explain.model import Finding

if TYPE_CHECKING:
    from bridge.explain.model import JobRow, Snapshot


def ended(s: Snapshot) -> Finding | None:
    """Whether it is over, and how it ended."""
    job = s.job
    if job is None:
        return None
    facts: dict[str, Any] = {"state": job.state}
    if job.reason:
        facts["reason"] = job.reason
    cause = {"run": _run, "plan": _plan, "bulk_activity": _bulk}[s.about](job)
    return Finding(facts=facts, cause=cause, at=job.finished_at or job.at)


def rejected(s: Snapshot) -> Finding | None:
    """Whether records could not take part."""
    if s.job is None or not s.job.rejected:
        return None
    return Finding(facts=dict(s.job.rejected), cause="records_rejected")


def steps(s: Snapshot) -> Finding | None:
    """Whether every step went as planned."""
    if s.job is None or s.about == "bulk_activity":
        return None
    if not s.job.outcomes:
        return Finding(facts={"steps": "all as planned"})
    facts = {f"{state}: {outcome}": count for state, outcome, count in s.job.outcomes}
    return Finding(facts=facts, cause="steps_refused")


def _run(job: JobRow) -> str | None:
    match job.state:
        case "done":
            return None
        case "failed" | "cancelled":
            return f"run_{job.state}"
        case _ if job.reason:
            return "run_waits"
        case "queued":
            return "run_queued"
        case _:
            return "under_way" if job.is_held else "run_left"


def _plan(job: JobRow) -> str | None:
    return {"waiting": "plan_waits", "discarded": "plan_discarded", "done": None}.get(
        job.state, "under_way"
    )


def _bulk(job: JobRow) -> str | None:
    return {"completed": None, "failed": "bulk_failed", "lost": "bulk_lost"}.get(
        job.state, "under_way"
    )
