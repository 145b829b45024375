"""What is open of a plan, a subject at a time, read a page at a time however long the plan is."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from bridge.plans.steps import open_steps
from reconciler.runs.plans import opt_out_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database
    from bridge.plans.model import StoredStep

_PAGE = 500


def open_subjects(
    database: Database, connection_id: int, plan_id: int, *, only_opt_outs: bool = False
) -> Iterator[list[StoredStep]]:
    """Yield the open steps of a plan in order, those of a subject together.

    No transaction is open between two of them, so steps may end meanwhile.

    Args:
        database: Where the plan is.
        connection_id: Whose plan it is.
        plan_id: The plan.
        only_opt_outs: Leave out every subject that the plan does not unsubscribe.
    """
    read = opt_out_steps if only_opt_outs else open_steps
    begin = 0
    while True:
        with database.transaction() as tx:
            page = read(tx, connection_id, plan_id, from_ordinal=begin, count=_PAGE)
        subjects = [list(steps) for _, steps in groupby(page, key=_subject_of)]
        if len(page) < _PAGE:
            yield from subjects
            return
        begin = page[-1].ordinal + 1
        if len(subjects) > 1:
            begin = subjects.pop()[0].ordinal  # the rest of its steps may be on the next page
        yield from subjects


def _subject_of(step: StoredStep) -> tuple[str, str]:
    return step.subject_kind, step.subject_key
