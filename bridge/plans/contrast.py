"""What a later decision does otherwise than a plan: by steps, by the members of lists, and whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.db.queries import load_queries
from bridge.plans.difference import compare
from bridge.plans.steps import list_names, step_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.plans.difference import Difference
    from bridge.plans.model import PlanRecord, StoredStep

_SQL = load_queries("bridge.plans", "contrast.sql")
_UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListContrast:
    """A list that has other members by the plan than by what was decided later.

    Attributes:
        planned: What the plan makes of its members, in words.
        now: What the later decision makes of them.
    """

    name: str
    planned: str
    now: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """What a later decision does otherwise.

    Attributes:
        added: Steps that the plan does not have.
        dropped: Steps of the plan that are left out.
        changed: Steps of both that do something else.
        lists: Lists that come to other members by it.
    """

    added: int = 0
    dropped: int = 0
    changed: int = 0
    lists: Sequence[ListContrast] = ()

    @property
    def is_any(self) -> bool:
        """Whether anything would be done otherwise."""
        return bool(self.added or self.dropped or self.changed or self.lists)

    @property
    def words(self) -> str:
        """What it comes to, in one sentence.

        >>> Contrast(dropped=2, changed=1).words
        'A plan made now differs: 0 steps added, 2 dropped, 1 changed.'
        """
        steps = "1 step" if self.added == 1 else f"{self.added:,} steps"
        return (
            f"A plan made now differs: {steps} added, {self.dropped:,} dropped, "
            f"{self.changed:,} changed."
        )

    def lines(self) -> list[str]:
        """Return it as people read it, the lists a line each; nothing where all is the same."""
        if not self.is_any:
            return []
        return [
            self.words,
            *(f"  {one.name}: planned {one.planned}, now {one.now}" for one in self.lists),
        ]


def newest_after(tx: psycopg.Connection[Any], plan: PlanRecord) -> int | None:
    """Return the newest plan of the same job that took one's place; None where none did."""
    if plan.state != "discarded" or plan.undoes is not None:
        return None
    values = {"connection_id": plan.connection_id, "plan_id": plan.id, "job": plan.job}
    row = tx.execute(_SQL["newest_after"], values).fetchone()
    return None if row is None else row[0]


def contrast_plans(tx: psycopg.Connection[Any], plan: PlanRecord, later: PlanRecord) -> Contrast:
    """Return what a later plan of the same job does otherwise."""
    values = {"connection_id": plan.connection_id, "plan_id": plan.id, "later_id": later.id}
    counts = dict(tx.execute(_SQL["steps_against"], values).fetchall())
    return Contrast(**counts, lists=tuple(lists_of(plan.totals, later.totals)))


def contrast_refused(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> Contrast:
    """Return what would be done now instead of steps of a plan that were refused as stale."""
    values = {"connection_id": connection_id, "plan_id": plan_id}
    counts = dict(tx.execute(_SQL["steps_refused"], values).fetchall())
    rows = tx.execute(_SQL["lists_refused"], values).fetchall()
    names = list_names(tx, connection_id) if rows else {}
    lists = [
        ListContrast(name=names.get(list_id, list_id), planned=_more(planned), now=_more(now))
        for list_id, planned, now in rows
    ]
    return Contrast(**counts, lists=tuple(sorted(lists, key=lambda one: one.name)))


def differences(
    tx: psycopg.Connection[Any], plan: PlanRecord, later: PlanRecord, *, count: int
) -> list[Difference]:
    """Return the first subjects with which a later plan does something else, at most so many."""
    values = {"connection_id": plan.connection_id, "plan_id": plan.id, "later_id": later.id}
    subjects = tx.execute(_SQL["subjects_against"], values | {"count": count}).fetchall()
    found = list(compare(_steps(tx, plan, subjects), _steps(tx, later, subjects)))
    order = {subject: place for place, subject in enumerate(subjects)}
    found.sort(key=lambda one: order[one.step.subject_kind, one.step.subject_key])
    return found


def lists_of(planned: Mapping[str, Any], now: Mapping[str, Any]) -> list[ListContrast]:
    """Return the lists that the totals of two plans make something else of, by name.

    >>> row = {"of": "list", "id": "l", "name": "Letter", "before": 7}
    >>> lists_of({"before_after": [row | {"after": 9}]}, {"before_after": [row | {"after": 8}]})
    [ListContrast(name='Letter', planned='7 -> 9', now='7 -> 8')]
    """
    before, after = _list_rows(planned), _list_rows(now)
    found = [
        ListContrast(
            name=(after.get(list_id) or before[list_id])["name"],
            planned=_numbers(before.get(list_id)),
            now=_numbers(after.get(list_id)),
        )
        for list_id in {**before, **after}
    ]
    return sorted((one for one in found if one.planned != one.now), key=lambda one: one.name)


def _list_rows(totals: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in totals.get("before_after", ()) if row["of"] == "list"}


def _more(members: int) -> str:
    return f"{members:+,}" if members else _UNCHANGED


def _numbers(row: Mapping[str, Any] | None) -> str:
    return _UNCHANGED if row is None else f"{row['before']:,} -> {row['after']:,}"


def _steps(
    tx: psycopg.Connection[Any], plan: PlanRecord, subjects: Sequence[tuple[str, str]]
) -> list[StoredStep]:
    values = {
        "connection_id": plan.connection_id,
        "plan_id": plan.id,
        "kinds": [kind for kind, _ in subjects],
        "keys": [key for _, key in subjects],
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["steps_of_subjects"], values).fetchall()
    return [step_of(row) for row in rows]
