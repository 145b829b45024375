"""A plan and its steps as people decide on them: values, and what a step is to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bridge.runs.model import Job

PlanState: TypeAlias = Literal["waiting", "approved", "applying", "done", "discarded"]
Sign: TypeAlias = Literal["add", "change", "remove", "opt-out"]
SIGNS: tuple[Sign, ...] = ("add", "change", "remove", "opt-out")


def sign_of(kind: str, change: Mapping[str, tuple[Any, Any]] | None = None) -> Sign:
    """Return what a step is to people, by its kind and by what it changes.

    >>> [sign_of(kind) for kind in ("create_list", "move_address", "delete_list", "unsubscribe")]
    ['add', 'change', 'remove', 'opt-out']
    >>> sign_of("update_contact", {"list_memberships": (["a", "b"], ["a"])})
    'remove'
    """
    if kind == "unsubscribe":
        return "opt-out"
    if kind == "update_contact" and set(change or ()) == {"list_memberships"}:
        old, new = (change or {})["list_memberships"]
        return "remove" if set(new or ()) < set(old or ()) else "change"
    verb = kind.partition("_")[0]
    if verb in {"create", "add", "adopt"}:
        return "add"
    return "remove" if verb in {"delete", "remove"} else "change"


def list_changes(change: Mapping[str, tuple[Any, Any]]) -> tuple[set[str], set[str]]:
    """Return the lists that a change puts a contact on, and those that it takes it off.

    >>> list_changes({"list_memberships": (["a", "b"], ["b", "c"])})
    ({'c'}, {'a'})
    """
    old, new = change.get("list_memberships", ((), ()))
    before, after = set(old or ()), set(new or ())
    return after - before, before - after


class Effect(Protocol):
    """The part of a step that says what it does."""

    @property
    def kind(self) -> str:
        """As in `step.kind`."""

    @property
    def cc_id(self) -> str | None:
        """What it is done to there."""

    @property
    def change(self) -> Mapping[str, tuple[Any, Any]]:
        """Field -> (old, new)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRecord:
    """A plan of a run as its row stands.

    Attributes:
        run_id: The run that made it.
        applied_by: The run that was asked to carry it out, where that is another one.
        run_state: How the run that made it stands.
        wait_reason: Why it waits, where a limit holds it.
        undoes: The plan that it takes back, if it does that.
        restores: The snapshot that it puts back, if it does that.
        totals: What its steps come to, before and after, and `held`: what there is too much of.
    """

    connection_id: int
    connection: str
    id: int
    run_id: int
    applied_by: int | None
    run_state: str
    job: Job
    asked_by: str
    state: PlanState
    wait_reason: str | None
    undoes: int | None
    restores: str | None
    totals: Mapping[str, Any]
    made_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredStep:
    """A step as its row stands.

    Attributes:
        ordinal: Its place in the plan, from 0.
        state: As the table says: planned, sending, sent, confirmed, skipped, refused, failed.
        outcome: What became of it, in words.
        facts: Digest of what the decision rested on.
        now: Of a step that was refused as stale: what would be done instead:
            kind, reason and change of each step.
    """

    connection_id: int
    plan_id: int
    ordinal: int
    key: str
    kind: str
    subject_kind: str
    subject_key: str
    body: Mapping[str, Any]
    cc_id: str | None
    change: Mapping[str, tuple[Any, Any]]
    calls: int
    facts: bytes
    mapping_version_id: int | None
    reason: str
    state: str
    outcome: str | None
    now: Sequence[Mapping[str, Any]] | None = None

    @property
    def sign(self) -> Sign:
        """What the step is to people."""
        return sign_of(self.kind, self.change)
