"""Which of two ways a run reads: everything, or what changed since the run before it. Pure.

Reading what changed costs calls by the changes, reading everything by the size. But only reading
everything finds what no stamp tells of; so it is due now and then, and always where it is cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.runs.model import Extent, Job

CHEAP_CALLS = 100
"""Calls to Constant Contact that a full read may always cost: 1 % of the vendor's day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """What is known of a job's runs before one begins.

    Attributes:
        full_at: When a run that read everything last stored a plan to be carried out (UTC).
        full_calls: Pages there that this took.
        mapping_version_id: The mapping of the last run that stored such a plan.
        marked_at: When the fields that mark people were last found to be others (UTC).
        is_unended: The last such run, or a later one that read everything, did not end well.
    """

    full_at: datetime | None = None
    full_calls: int = 0
    mapping_version_id: int | None = None
    marked_at: datetime | None = None
    is_unended: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """How a run reads.

    Attributes:
        why: In words, where it reads otherwise than was asked.
    """

    extent: Extent
    why: str | None = None


def choose_extent(
    job: Job,
    asked: Extent | None,
    history: History,
    *,
    moment: datetime,
    mapping_version_id: int,
    full_every: timedelta,
) -> Choice:
    """Return how a run reads.

    Args:
        job: Its job; only contacts are ever read by their changes.
        asked: What a person asked for; None leaves it to cost and age.
        history: The runs of the job before it.
        moment: Now (UTC).
        mapping_version_id: The mapping in force.
        full_every: After how long everything is read again.
    """
    if job != "contacts" or asked == "full":
        return Choice(extent="full")
    if (why := _what_is_missing(history, mapping_version_id)) is not None:
        return _full(asked, why)
    assert history.full_at is not None  # noqa: S101 -- or that would have been missing
    if asked == "incremental":
        return Choice(extent="incremental")
    is_due = not timedelta() <= moment - history.full_at < full_every
    if is_due or history.is_unended or history.full_calls <= CHEAP_CALLS:
        return Choice(extent="full")
    return Choice(extent="incremental")


def _what_is_missing(history: History, mapping_version_id: int) -> str | None:
    """Return why the changes alone do not tell all, in words; None: they do."""
    if history.full_at is None:
        return "no run has read everything yet"
    if history.mapping_version_id != mapping_version_id:
        return "the mapping has changed since the last run"
    if history.marked_at is not None and history.marked_at >= history.full_at:
        return "other fields mark people than when all was read last"
    return None


def _full(asked: Extent | None, why: str) -> Choice:
    return Choice(extent="full", why=None if asked is None else f"everything is read: {why}")
