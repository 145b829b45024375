"""Pauses: what a person has stopped waits, whatever comes; opt-outs go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.delivery.bulk.choose import BEGIN_AT
from bridge.delivery.bulk.store import open_rounds
from bridge.delivery.work import CONSENT, RECONCILE, WEBHOOK, mark, peek
from bridge.pauses.store import (
    ALL_LANES,
    DELIVERY_LANES,
    pause_lanes,
    read_pauses,
    resume_lanes,
)
from reconciler.runs.execute import execute
from tests.leasing import claim
from tests.postgres.run_builders import a_job, apply_all, later, load, ran
from tests.postgres.run_builders import claim as claim_run

if TYPE_CHECKING:
    from collections.abc import Collection

    from bridge.db.database import Database
    from reconciler.runs.context import RunContext
    from tests.fix_bridge import RunningBridge

ADA, BERT = ("address", "ada@example.org"), ("address", "bert@example.org")
LATER_S = 16.0


@pytest.fixture
def firm(database: Database) -> int:
    """A connection where Ada's details changed, and Bert's consent."""
    with database.transaction() as tx:
        row = tx.execute(
            "INSERT INTO connection (name, state) VALUES ('firm', 'active') RETURNING id"
        ).fetchone()
        assert row is not None
        mark(tx, row[0], {ADA: False, BERT: True})  # type: ignore[dict-item]
    return int(row[0])


def pause(database: Database, firm: int, lanes: Collection[int], by: str = "olga") -> None:
    with database.transaction() as tx:
        pause_lanes(tx, [firm], lanes, by=by, reason="a restore")


def due(database: Database) -> list[str]:
    with database.transaction() as tx:
        return [item.key for item in peek(tx, range(5), 10)]


def test_opt_outs_go_on_while_all_else_is_paused(database: Database, firm: int) -> None:
    pause(database, firm, DELIVERY_LANES)
    assert due(database) == [BERT[1]]


def test_opt_outs_stop_where_every_lane_is_paused(database: Database, firm: int) -> None:
    pause(database, firm, ALL_LANES)
    assert due(database) == []


def test_only_the_lane_that_is_paused_stops(database: Database, firm: int) -> None:
    pause(database, firm, {RECONCILE})
    assert due(database) == [BERT[1], ADA[1]]


def test_a_change_of_consent_brings_paused_work_into_the_lane_that_goes_on(
    database: Database, firm: int
) -> None:
    pause(database, firm, DELIVERY_LANES)
    with database.transaction() as tx:
        mark(tx, firm, {ADA: True})  # type: ignore[dict-item]
    assert due(database) == [BERT[1], ADA[1]]


def test_what_was_seen_before_the_pause_is_not_claimed_after_it(
    database: Database, firm: int
) -> None:
    with database.transaction() as tx:
        seen = peek(tx, [WEBHOOK], 10)
    pause(database, firm, {WEBHOOK})
    with database.transaction() as tx:
        assert [claim(tx, item, 60.0) for item in seen] == [None]


def test_a_resumed_lane_goes_on_as_it_stands(database: Database, firm: int) -> None:
    pause(database, firm, ALL_LANES)
    with database.transaction() as tx:
        assert resume_lanes(tx, [firm], ALL_LANES) == len(ALL_LANES)
        assert resume_lanes(tx, [firm], ALL_LANES) == 0
    assert due(database) == [BERT[1], ADA[1]]


def test_a_long_backlog_of_a_paused_lane_does_not_go_in_bulk(bridge: RunningBridge) -> None:
    backlog = {("address", f"person{number}@example.org"): False for number in range(BEGIN_AT)}
    with bridge.database.transaction() as tx:
        mark(tx, bridge.connection_id, backlog)  # type: ignore[arg-type]
        pause_lanes(tx, [bridge.connection_id], {WEBHOOK}, by="olga", reason="a restore")
        assert open_rounds(tx) == []
        resume_lanes(tx, [bridge.connection_id], {WEBHOOK})
        assert open_rounds(tx) == [bridge.connection_id]


def test_who_paused_first_stays_on_record(database: Database, firm: int) -> None:
    pause(database, firm, {WEBHOOK}, by="olga")
    pause(database, firm, {WEBHOOK, CONSENT}, by="piet")
    with database.transaction() as tx:
        told = {each.lane: (each.paused_by, each.reason) for each in read_pauses(tx)}
    assert told == {WEBHOOK: ("olga", "a restore"), CONSENT: ("piet", "a restore")}


def test_another_connection_goes_on(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name, state) VALUES ('other', 'active')")
        tx.execute(
            "INSERT INTO work (connection_id, kind, key, lane, due_at) "
            "SELECT id, 'address', 'eve@example.org', 2, app_now() FROM connection "
            "WHERE name = 'other'"
        )
    pause(database, firm, ALL_LANES)
    assert due(database) == ["eve@example.org"]


def test_a_run_that_would_apply_waits_until_its_lane_is_resumed(bridge: RunningBridge) -> None:
    pause(bridge.database, bridge.connection_id, {RECONCILE})
    record = ran(bridge, a_job(), may_wait=True)
    assert record.is_open
    assert record.reason is not None
    assert "by olga: a restore; the run goes on after `bridge resume`" in record.reason
    assert claim_run(bridge, record.id) is None
    with bridge.database.transaction() as tx:
        resume_lanes(tx, [bridge.connection_id], {RECONCILE})
    later(bridge, LATER_S)
    assert claim_run(bridge, record.id) is not None


def test_a_run_that_a_person_waits_for_says_that_its_lane_is_paused(bridge: RunningBridge) -> None:
    pause(bridge.database, bridge.connection_id, {RECONCILE})
    record = ran(bridge, a_job())
    assert (record.state, record.progress["failure"]) == ("failed", "paused")
    assert record.reason is not None
    assert record.reason.endswith("`bridge resume`, then run it again")


def test_a_plan_is_made_although_the_lane_is_paused(bridge: RunningBridge) -> None:
    pause(bridge.database, bridge.connection_id, DELIVERY_LANES)
    assert ran(bridge, a_job(), mode="plan").state == "done"


def test_a_run_that_is_paused_half_way_keeps_its_plan(bridge: RunningBridge) -> None:
    def paused_meanwhile(context: RunContext, _plan_id: int) -> None:
        pause(bridge.database, bridge.connection_id, {RECONCILE})
        context.refuse_paused()

    record = ran(bridge, a_job(apply_plan=paused_meanwhile), may_wait=True)
    assert (record.state, record.plan_state) == ("applying", "applying")
    with bridge.database.transaction() as tx:
        resume_lanes(tx, [bridge.connection_id], {RECONCILE})
    later(bridge, LATER_S)
    lease = claim_run(bridge, record.id)
    assert lease is not None
    execute(bridge.installation, lease, job=a_job(apply_plan=apply_all))
    assert load(bridge, record.id).state == "done"
