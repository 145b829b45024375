"""What runs have read, for those that follow: what there was, and where to go on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bridge.clock import now
from bridge.connections.store import set_people_marks
from bridge.errors import Unavailable
from bridge.mapping.marks import Mark
from reconciler.runs.execute import execute
from reconciler.runs.extent import History
from reconciler.runs.reads import (
    OVERLAP,
    Read,
    believe_reads,
    keep_read,
    known_up_to,
    read_history,
    rows_before,
)
from tests.postgres.run_builders import a_job, apply_all, ask, claim, load, plan_of, raising

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.runs.model import Mode, RunRecord
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep
    from reconciler.runs.store import RunLease
    from tests.fix_bridge import RunningBridge

SOURCE = "practifi:contact"


def reading(rows: int = 40_001) -> Callable[[RunContext], list[PlannedStep]]:
    """Return a job's `make_plan` that has read contacts of both sides."""

    def make_plan(context: RunContext) -> list[PlannedStep]:
        with context.installation.database.transaction() as tx:
            for source in (SOURCE, "cc:contact"):
                keep_read(
                    tx,
                    context.lease,
                    Read(source=source, extent=context.run.extent or "full", row_count=rows),
                    answered_at=None,
                    mapping_version_id=context.current.version_id,
                )
            believe_reads(tx, context.lease)
        return plan_of(0)(context)

    return make_plan


def lease_of(bridge: RunningBridge, mode: Mode = "apply") -> RunLease:
    lease = claim(bridge, ask(bridge, "contacts", mode)[0])
    assert lease is not None
    return lease


def ran(bridge: RunningBridge, mode: Mode = "apply", **job: Any) -> RunRecord:
    lease = lease_of(bridge, mode)
    execute(bridge.installation, lease, job=a_job(**{"make_plan": reading(), **job}))
    return load(bridge, lease.run.id)


def history(bridge: RunningBridge) -> History:
    lease = lease_of(bridge)
    with bridge.database.transaction() as tx:
        found = read_history(tx, lease)
    bridge.rows("DELETE FROM run WHERE id = %(id)s RETURNING id", id=lease.run.id)
    return found


def mark(bridge: RunningBridge) -> Any:
    lease = lease_of(bridge)
    with bridge.database.transaction() as tx:
        found = known_up_to(tx, lease, SOURCE)
    bridge.rows("DELETE FROM run WHERE id = %(id)s RETURNING id", id=lease.run.id)
    return found


def test_a_plan_that_is_carried_out_moves_the_mark_to_before_its_run_began(
    bridge: RunningBridge,
) -> None:
    assert mark(bridge).year == 1970
    record = ran(bridge)
    assert record.started_at is not None
    assert mark(bridge) == record.started_at - OVERLAP


def test_a_plan_that_only_shows_moves_no_mark(bridge: RunningBridge) -> None:
    ran(bridge, mode="plan")
    assert mark(bridge).year == 1970
    assert history(bridge) == History()


def test_a_run_that_fails_before_its_plan_moves_no_mark(bridge: RunningBridge) -> None:
    def make_plan(context: RunContext) -> list[PlannedStep]:
        reading()(context)
        raise Unavailable("no answer", system="salesforce")

    assert ran(bridge, make_plan=make_plan).state == "failed"
    assert mark(bridge).year == 1970


def test_what_the_other_side_s_clock_says_counts_where_it_is_behind(
    bridge: RunningBridge,
) -> None:
    lease = lease_of(bridge)
    with bridge.database.transaction() as tx:
        read = Read(source=SOURCE, extent="full", row_count=1)
        behind = now(tx) - timedelta(minutes=5)
        keep_read(tx, lease, read, answered_at=behind, mapping_version_id=1)
        tx.execute("UPDATE source_read SET read_at = app_now(), planned_at = app_now()")
        found = known_up_to(tx, lease, SOURCE)
    early = lease.run.started_at - OVERLAP - timedelta(minutes=5)
    assert found == pytest.approx(early, abs=timedelta(seconds=2))


def test_history_tells_when_everything_was_read_and_what_it_took(bridge: RunningBridge) -> None:
    record = ran(bridge)
    found = history(bridge)
    assert record.extent == "full"
    assert found.full_at is not None
    assert (found.full_calls, found.is_unended) == (81, False)
    assert found.mapping_version_id == 1


def test_history_tells_when_other_fields_were_found_to_mark_people(bridge: RunningBridge) -> None:
    moments: list[Any] = []
    for path in ("Deceased__c", "Deceased__c", "Inactive__c"):
        with bridge.database.transaction() as tx:
            set_people_marks(tx, bridge.connection.id, [Mark(path=path, reason="marked")])
        moments.append(history(bridge).marked_at)
    assert moments[0] is not None
    assert moments[0] == moments[1] < moments[2]


@pytest.mark.parametrize(
    "job",
    [
        pytest.param({"make_plan": raising(Unavailable("away", system="salesforce"))}, id="read"),
        pytest.param({"apply_plan": raising(Unavailable("away", system="salesforce"))}, id="apply"),
    ],
)
def test_a_run_that_did_not_end_is_remembered_until_one_does(
    bridge: RunningBridge, job: dict[str, Any]
) -> None:
    ran(bridge)
    ran(bridge, **job)
    assert history(bridge).is_unended
    ran(bridge, apply_plan=apply_all)
    assert not history(bridge).is_unended


def test_the_last_complete_read_is_what_there_was_and_else_the_mirror(
    bridge: RunningBridge,
) -> None:
    def before() -> dict[str, int]:
        lease = lease_of(bridge)
        with bridge.database.transaction() as tx:
            found = rows_before(tx, lease, [SOURCE, "cc:list"])
        bridge.rows("DELETE FROM run WHERE id = %(id)s RETURNING id", id=lease.run.id)
        return found

    assert before() == {SOURCE: 0, "cc:list": 0}
    bridge.rows(
        "INSERT INTO cc_list (connection_id, list_id, name, deleted_at, seen_at) "
        "SELECT %(connection_id)s, gen_random_uuid(), n::text, "
        "  CASE n WHEN 3 THEN app_now() END, app_now() FROM generate_series(1, 3) n RETURNING name"
    )
    ran(bridge, make_plan=reading(7))
    assert before() == {SOURCE: 7, "cc:list": 2}
