"""The account's queue of bulk activities: taken in, worked off with the clock, forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.constant_contact.bulk.model import BulkActivity, Scene
from sandbox.constant_contact.refusals import Refusal, not_found

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.constant_contact.bulk.model import State, Work
    from sandbox.constant_contact.model import Account
    from sandbox.constant_contact.policy import Policy

MOST_QUEUED = 1000
LIFE = timedelta(days=10)
STEPS_AT_ONCE = 4000
"""Steps that are carried out in one go: a large import holds the server for moments only."""


def check_room(account: Account) -> None:
    """Refuse another activity while a thousand wait or work.

    Raises:
        Refusal: 429, as a list of errors.
    """
    if sum(1 for one in account.activities.values() if one.is_open) >= MOST_QUEUED:
        message = "You exceeded 1,000 queued activities for this user account."
        error = {"error_key": "contacts.api.too_many_requests", "error_message": message}
        raise Refusal(429, [error])


def begin(
    account: Account,
    work: Work,
    now: datetime,
    *,
    counts: dict[str, int] | None = None,
    source_file_name: str | None = None,
    is_bulk: bool = True,
) -> BulkActivity:
    """Take an activity in.

    Args:
        account: Where it works.
        work: What it does.
        now: Sandbox time.
        counts: The counters of its `status`, or None where it shows none.
        source_file_name: Name of the file that was sent.
        is_bulk: Whether it is no deletion of a single record: `bulk_outcome` is about those.

    Raises:
        Refusal: 429 when the queue is full.
    """
    check_room(account)
    activity = BulkActivity(
        number=account.new_number(),
        activity_id=account.new_id(),
        work=work,
        total=work.total,
        created_at=now,
        counts=counts,
        source_file_name=source_file_name,
        is_bulk=is_bulk,
    )
    account.activities[activity.activity_id] = activity
    return activity


def find(account: Account, activity_id: str) -> BulkActivity:
    """Return an activity that is not older than ten days.

    Raises:
        Refusal: 404.
    """
    activity = account.activities.get(activity_id)
    if activity is None:
        raise not_found(f"activity_id {activity_id}")
    return activity


def settle(account: Account, policy: Policy, now: datetime) -> bool:
    """Carry out what is due, the oldest activity first, and forget what is ten days old.

    Returns:
        Whether more may be due than was carried out.
    """
    scene = Scene(account=account, policy=policy, now=now)
    left = STEPS_AT_ONCE
    for activity in list(account.activities.values()):
        if activity.work is not None:
            left -= _advance(activity, activity.work, scene, left)
        elif now - activity.created_at > LIFE:
            _forget(account, activity)
    return left == 0


def _advance(activity: BulkActivity, work: Work, scene: Scene, most: int) -> int:
    """Bring an activity as far as the clock says, and return how many steps that took."""
    policy, now = scene.policy, scene.now
    worked_s = (now - activity.created_at).total_seconds() - policy.bulk_wait_s
    if worked_s < 0:
        return 0
    if activity.started_at is None:
        activity.state = "processing"
        activity.started_at = activity.updated_at = now
    outcome = policy.bulk_outcome if activity.is_bulk else "completed"
    reachable = activity.total if outcome == "completed" else activity.total // 2
    is_due = worked_s >= policy.bulk_s
    target = reachable if is_due else int(reachable * worked_s / policy.bulk_s)
    begun_at = activity.done
    for index in range(begun_at, min(target, begun_at + most)):
        work.step(index, scene, activity)
        activity.done = index + 1
    if activity.done > begun_at:
        activity.updated_at = now
    if is_due and activity.done >= reachable:
        _end(activity, work, scene, outcome)
    return activity.done - begun_at


def _end(activity: BulkActivity, work: Work, scene: Scene, outcome: State) -> None:
    if outcome == "completed":
        work.finish(scene, activity)
    else:
        activity.blame(f"The activity ended as {outcome}.")
    activity.state = outcome
    activity.completed_at = activity.updated_at = scene.now
    activity.work = None


def _forget(account: Account, activity: BulkActivity) -> None:
    del account.activities[activity.activity_id]
    if activity.export_id is not None:
        account.exports.pop(activity.export_id, None)
