"""Nightly runs: once a night, with any number of schedulers, whatever the clocks do."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from dramatiq.brokers.stub import StubBroker
from pydantic import SecretStr

from bridge.bootstrap import Installation
from bridge.clock import advance, now
from bridge.db.database import open_database
from bridge.errors import ConfigurationError, Unavailable
from bridge.wakeups.wake import Waker
from reconciler.nightly import DEFAULT_CRONS, ask_due_runs
from reconciler.runs import store
from reconciler.runs.execute import execute
from reconciler.schedule import run_scheduler
from tests.outlets import web_server
from tests.postgres.run_builders import a_job, ask, claim, load, raising

if TYPE_CHECKING:
    from bridge.runs.model import RunRecord
    from tests.fix_bridge import RunningBridge

SCHEDULERS = 3


def move_to(bridge: RunningBridge, moment: datetime) -> None:
    with bridge.database.transaction() as tx:
        advance(tx, (moment - now(tx)).total_seconds())


def local(zone: str, *moment: int) -> datetime:
    return datetime(*moment, tzinfo=ZoneInfo(zone))  # type: ignore[misc,arg-type]


def in_zone(installation: Installation, zone: str, **values: object) -> Installation:
    """Another scheduler's process, as far as it shares nothing."""
    settings = installation.settings.model_copy(update={"zone": zone, **values})
    database = open_database(settings, size=2)
    broker = StubBroker()
    return Installation(
        settings=settings,
        database=database,
        keyring=installation.keyring,
        broker=broker,
        waker=Waker(database, broker),
    )


def fires(bridge: RunningBridge, zone: str) -> Counter[tuple[str, Any]]:
    rows = bridge.rows("SELECT job, due_at FROM schedule_fire")
    return Counter((row["job"], row["due_at"].astimezone(ZoneInfo(zone)).date()) for row in rows)


def end_runs(bridge: RunningBridge) -> None:
    bridge.rows(
        """
        UPDATE run SET state = 'done', finished_at = app_now() WHERE finished_at IS NULL
        RETURNING id
        """
    )


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        pytest.param("America/New_York", (2027, 3, 14), id="a gap in New York"),
        pytest.param("America/New_York", (2027, 11, 7), id="an overlap in New York"),
        pytest.param("Europe/Berlin", (2027, 3, 28), id="a gap in Berlin"),
        pytest.param("Europe/Berlin", (2027, 10, 31), id="an overlap in Berlin"),
    ],
)
def test_three_schedulers_fire_once_a_night(
    bridge: RunningBridge, zone: str, day: tuple[int, int, int]
) -> None:
    change = local(zone, *day)
    begin = change - timedelta(hours=12)
    move_to(bridge, begin)
    schedulers = [in_zone(bridge.installation, zone) for _ in range(SCHEDULERS)]
    ask_due_runs(schedulers[0])
    steps = 4 * 66
    asked: list[int] = []
    together = threading.Barrier(SCHEDULERS + 1, timeout=60)

    def look_each_step(installation: Installation) -> None:
        for _ in range(steps):
            together.wait()
            asked.extend(ask_due_runs(installation))
            together.wait()

    threads = [threading.Thread(target=look_each_step, args=(one,)) for one in schedulers]
    for thread in threads:
        thread.start()
    for _ in range(steps):
        together.wait()
        together.wait()
        end_runs(bridge)
        with bridge.database.transaction() as tx:
            advance(tx, 15 * 60)
    for thread in threads:
        thread.join(60)
    for one in schedulers:
        one.database.close()
        one.broker.close()
    nights = [(change + timedelta(days=number)).date() for number in range(3)]
    assert fires(bridge, zone) == {(job, night): 1 for job in DEFAULT_CRONS for night in nights}
    runs = [row["id"] for row in bridge.rows("SELECT id FROM run")]
    assert sorted(asked) == sorted(runs)
    assert len(runs) == len(DEFAULT_CRONS) * len(nights)


def test_one_run_catches_up_after_nights_without_schedulers(bridge: RunningBridge) -> None:
    assert ask_due_runs(bridge.installation) == []
    with bridge.database.transaction() as tx:
        start = now(tx)
        advance(tx, 5 * 86_400)
    assert len(ask_due_runs(bridge.installation)) == len(DEFAULT_CRONS)
    assert ask_due_runs(bridge.installation) == []
    for row in bridge.rows("SELECT due_at FROM schedule_fire"):
        assert row["due_at"] > start + timedelta(days=4)


def test_a_connection_that_does_not_work_has_no_nights(bridge: RunningBridge) -> None:
    ask_due_runs(bridge.installation)
    bridge.rows("UPDATE connection SET state = 'paused' RETURNING id")
    with bridge.database.transaction() as tx:
        advance(tx, 3 * 86_400)
    assert ask_due_runs(bridge.installation) == []
    bridge.rows("UPDATE connection SET state = 'active' RETURNING id")
    assert len(ask_due_runs(bridge.installation)) == len(DEFAULT_CRONS)


def night(bridge: RunningBridge, job: Any = None) -> dict[str, RunRecord]:
    """Let a day pass, carry out what is due, and return the runs by job."""
    with bridge.database.transaction() as tx:
        advance(tx, 86_400)
    ended = {}
    for run_id in ask_due_runs(bridge.installation):
        lease = claim(bridge, run_id)
        assert lease is not None
        execute(bridge.installation, lease, job=job or a_job())
        ended[lease.run.job] = load(bridge, run_id)
    return ended  # type: ignore[return-value]


def test_the_first_scheduled_runs_of_lists_and_contacts_only_plan(bridge: RunningBridge) -> None:
    ask_due_runs(bridge.installation)
    failing = night(bridge, a_job(raising(Unavailable("no answer", system="salesforce"))))
    first, second = night(bridge), night(bridge)
    assert {job: run.mode for job, run in failing.items()} == {
        "lists": "plan",
        "contacts": "plan",
        "activities": "apply",
    }
    assert {job: run.mode for job, run in first.items()} == {
        "lists": "plan",
        "contacts": "plan",
        "activities": "apply",
    }
    assert first["lists"].plan_state == "waiting"
    assert {run.mode for run in second.values()} == {"apply"}


def test_what_is_due_while_the_same_job_runs_is_that_run(bridge: RunningBridge) -> None:
    ask_due_runs(bridge.installation)
    by_hand, _ = ask(bridge, "activities")
    with bridge.database.transaction() as tx:
        advance(tx, 86_400)
    assert by_hand in ask_due_runs(bridge.installation)


def test_what_is_due_while_the_same_job_only_plans_waits_for_its_end(
    bridge: RunningBridge,
) -> None:
    ask_due_runs(bridge.installation)
    by_hand, _ = ask(bridge, "activities", "plan")
    with bridge.database.transaction() as tx:
        advance(tx, 86_400)
    jobs = [load(bridge, run_id).job for run_id in ask_due_runs(bridge.installation)]
    assert jobs == ["contacts", "lists"]
    lease = claim(bridge, by_hand)
    assert lease is not None
    with bridge.database.transaction() as tx:
        store.end(tx, lease, "done")
    (run_id,) = ask_due_runs(bridge.installation)
    assert load(bridge, run_id).mode == "apply"


def test_a_schedule_that_is_not_understood_leaves_the_others_alone(bridge: RunningBridge) -> None:
    ask_due_runs(bridge.installation)
    bridge.rows("UPDATE schedule SET cron = 'at night' WHERE job = 'lists' RETURNING job")
    with bridge.database.transaction() as tx:
        advance(tx, 86_400)
    assert len(ask_due_runs(bridge.installation)) == 2


def test_a_scheduler_tells_alarms_until_it_is_stopped(bridge: RunningBridge) -> None:
    bridge.rows(
        """
        INSERT INTO alert (cause, says, what_to_do, came_at, told_at)
        VALUES ('no_worker', 'no worker has been seen', 'start one', app_now(), app_now())
        RETURNING id
        """
    )
    stop = threading.Event()
    with web_server() as posts:
        webhook = SecretStr(posts.url)
        process = in_zone(bridge.installation, "UTC", alert_webhook=webhook)
        thread = threading.Thread(target=run_scheduler, args=(process, stop))
        thread.start()
        assert posts.arrived.wait(30)
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert [body["text"].splitlines()[0] for body in posts.bodies] == ["ALERT no worker"]


def test_a_scheduler_refuses_an_address_for_alerts_that_nobody_can_post_to(
    bridge: RunningBridge,
) -> None:
    process = in_zone(bridge.installation, "UTC", alert_webhook=SecretStr("the chat"))
    with pytest.raises(ConfigurationError, match="BRIDGE_ALERT_WEBHOOK"):
        run_scheduler(process, threading.Event())
    process.database.close()
    process.broker.close()
