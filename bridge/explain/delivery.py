"""Checks of the delivery: what waits and why, lost answers, the status in Practifi. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.work import CONSENT, LANES
from bridge.explain.model import Finding
from bridge.pauses.store import DOCTOR

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.explain.model import Snapshot, Work


def waits(s: Snapshot) -> Finding:  # noqa: PLR0911 -- one return a cause
    """Whether something still waits to be delivered, and for what."""
    work = s.work
    if work is None or not work.is_dirty:
        return Finding(facts={"waiting": False})
    facts: dict[str, Any] = {"lane": LANES[work.lane], "attempts": work.attempts}
    if work.blocked_reason is not None:
        return Finding(facts=facts | {"reason": work.blocked_reason}, cause="refused")
    if work.waits_because:
        facts["reason"] = work.waits_because
    if work.bulk_activity_id is not None and work.lane != CONSENT:
        return Finding(facts=facts | {"activity": work.bulk_activity_id}, cause="held_by_bulk")
    if work.lease_until is not None and work.lease_until > s.at:
        return Finding(facts=facts, cause="in_hand", at=work.lease_until)
    pause = next((each for each in s.pauses if each.lane == work.lane), None)
    if pause is not None:
        facts["paused"] = pause.words()
        cause = "lane_held" if pause.paused_by == DOCTOR else "lane_paused"
        return Finding(facts=facts, cause=cause, at=pause.paused_at)
    spent_until = _spent_until(s, work)
    if spent_until is not None:
        until = f"{spent_until:%Y-%m-%d %H:%M} UTC"
        return Finding(facts=facts | {"until": until}, cause="day_spent")
    return Finding(facts=facts, cause=_when(s, work), at=work.due_at)


def _spent_until(s: Snapshot, work: Work) -> datetime | None:
    if s.budget is None:
        return None
    return s.budget.reserve_spent_until if work.lane == CONSENT else s.budget.spent_until


def _when(s: Snapshot, work: Work) -> str:
    if work.attempts:
        return "retrying"
    return "waiting" if work.due_at <= s.at else "waits_its_turn"


def answered(s: Snapshot) -> Finding | None:
    """Whether the last steps were answered, and what became of them."""
    if not s.steps:
        return None
    facts: dict[str, Any] = {"plan": s.steps[0].plan_id}
    facts |= {step.kind: step.outcome or step.state for step in s.steps}
    lost = next((step for step in s.steps if step.state in {"sending", "sent"}), None)
    if lost is not None:
        return Finding(facts=facts, cause="answer_lost", at=lost.sent_at)
    return Finding(facts=facts, at=s.steps[-1].finished_at)


def written_back(s: Snapshot) -> Finding | None:
    """Whether Practifi shows how the record stands."""
    written = s.written
    if written is None:
        return None
    facts: dict[str, Any] = {"status": written.status}
    if written.reason:
        facts["reason"] = written.reason
    if written.write_error is not None:
        return Finding(facts=facts | {"error": written.write_error}, cause="write_back_refused")
    if written.write_due_at is not None:
        return Finding(facts=facts, cause="write_back_waits", at=written.write_due_at)
    return Finding(facts=facts, at=written.written_at)
