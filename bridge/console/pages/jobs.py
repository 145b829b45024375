"""The three jobs as people know them, and how a run of one stands in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.console.times import Times
    from bridge.runs.model import Job, RunRecord

TITLES: Mapping[Job, str] = {
    "lists": "Constant Contact Lists",
    "contacts": "Constant Contact Contacts",
    "activities": "Constant Contact Activities",
}
SENTENCES: Mapping[Job, str] = {
    "lists": "Makes the lists there those of Practifi: new ones, names, and what was deleted.",
    "contacts": "Makes contacts, their lists and their permission there those of Practifi, "
    "matched by e-mail address.",
    "activities": "Writes what people did with mailings into their Interactions in Practifi.",
}

_ROWS_A_PAGE = 500
_COMMANDS = ": `bridge "  # what follows is for a terminal: a page has buttons
_LONG = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a job stands.

    Attributes:
        words: As its row says it.
        look: `good`, `wait`, `bad` or none: never the only sign.
        can_stop: A run is under way that a person may stop.
        slow: Why it takes longer than it should, in a sentence; empty while it does not.
    """

    words: str
    look: str = ""
    can_stop: bool = False
    slow: str = ""


READY = Standing(words="Ready")


def standing(
    run: RunRecord,
    *,
    now: datetime,
    times: Times,
    behind: Job | None = None,
    usual_s: float | None = None,
) -> Standing:
    """Return how a run stands.

    Args:
        run: The run.
        now: The installation's time (UTC).
        times: Writes times for whoever reads it.
        behind: The job that another run of the connection is at just now.
        usual_s: Seconds that such runs take; None where none has ended well yet.
    """
    if not run.is_open:
        return _ended(run)
    slow = _slow(run, now, usual_s, times)
    match run.state:
        case "queued":
            words = f"Queued behind {TITLES[behind]}" if behind else "Queued"
            return Standing(words=words, look="wait", can_stop=True, slow=slow)
        case "waiting":
            return Standing(words=_waits(run), look="wait")
        case _ if run.reason is not None:
            return Standing(words=_paused(run, times), look="wait", can_stop=True)
        case "reading":
            page = int(run.progress.get("done") or 0) // _ROWS_A_PAGE + 1
            words = f"Reading (page {page:,})"
        case "applying":
            words = _applying(run, times)
        case _:
            words = "Comparing"
    return Standing(words=words, look="wait", can_stop=True, slow=slow)


def _ended(run: RunRecord) -> Standing:
    if run.state == "failed":
        reason = (run.reason or "no reason is kept").rstrip(".")
        return Standing(
            words=f"Failed: {reason}. Run it again: it goes on where it was.", look="bad"
        )
    if run.state == "cancelled":
        return Standing(words="Stopped" + (f": {run.reason}" if run.reason else ""))
    if run.plan_state == "waiting":
        return Standing(words=_waits(run), look="wait")
    return Standing(words="Done", look="good")


def _waits(run: RunRecord) -> str:
    if run.state == "waiting" and run.reason:
        return f"Stopped by guard: {run.reason.partition(_COMMANDS)[0]}"
    removals = run.totals.get("by_sign", {}).get("remove", 0)
    return f"Waiting for approval: {removals:,} removal{'' if removals == 1 else 's'}"


def _paused(run: RunRecord, times: Times) -> str:
    if "goes on after `bridge " in (run.reason or ""):
        return f"Paused: {run.reason}"
    continues = f", continues {times.clock(run.lease_until)}" if run.lease_until else ""
    return f"Paused: allowance{continues}"


def _applying(run: RunRecord, times: Times) -> str:
    done, total = run.progress.get("done"), run.progress.get("total")
    if done is None or total is None:
        return "Applying"
    ends_at = run.progress.get("ends_at")
    ends = f", ends {times.clock(datetime.fromisoformat(ends_at))}" if ends_at else ""
    return f"Applying {done:,} of {total:,}{ends}"


def _slow(run: RunRecord, now: datetime, usual_s: float | None, times: Times) -> str:
    begun = run.started_at or run.asked_at
    passed_s = (now - begun).total_seconds()
    if usual_s is None or passed_s < max(60.0, _LONG * usual_s):
        return ""
    what = run.progress.get("what")
    why = f"it is at {what}" if run.is_held and what else "no worker has it in hand"
    return (
        f"This takes longer than usual ({_minutes(usual_s)}): {why}, "
        f"since {times.clock(begun)} when it began."
    )


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
