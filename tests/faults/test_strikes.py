"""The surroundings fail under load: what was acknowledged is kept, and the end is right."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults import strikes
from tests.faults.disk import Disk, a_disk
from tests.faults.kills import Kills
from tests.faults.ordeal import Ordeal, another, load, ordeal
from tests.faults.trial import Trial, trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.fix_faults import Tally

log = logging.getLogger(__name__)

pytestmark = pytest.mark.timeout(3600)  # every wait below has a deadline of its own

REFUSED_S = 60.0
RESTARTS = 2
BROKERS = {
    "broker loses every wake-up": strikes.wakeups_lost,
    "broker flushed again and again": strikes.queues_flushed,
    "broker down: RabbitMQ refuses": strikes.rabbitmq_down,
    "broker down: Redis refuses": strikes.redis_down,
}
SLOW = {name for name in BROKERS if name != "broker loses every wake-up"}


@pytest.fixture(scope="module")
def disk() -> Iterator[Disk]:
    with a_disk() as disk:
        yield disk


@pytest.fixture(scope="module")
def under_test(disk: Disk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ordeal]:
    """One installation for all tests here: each begins where the one before has come to rest."""
    plan = random.Random(1)  # noqa: S311 - can be repeated
    with ordeal(plan, tmp_path_factory.mktemp("strikes") / "up.log", disk.folder) as under_test:
        yield under_test


@pytest.mark.parametrize("fault", BROKERS)
def test_everything_flows_whatever_becomes_of_the_wake_ups(
    fault: str, under_test: Ordeal, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    if fault in SLOW and scaled(2) == 2:
        pytest.skip("only where BRIDGE_TEST_SCALE is more than 1")
    strike = BROKERS[fault]
    with (
        trial(under_test, fault, tally, tried=scaled(1)) as one,
        strike(under_test.installation),
    ):
        with load(under_test, plan):
            for _ in range(scaled(1)):
                time.sleep(plan.uniform(1, 2))
                one.recover()
        one.settle()


def test_a_full_disk_acknowledges_nothing_and_is_recovered_from(
    disk: Disk, under_test: Ordeal, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    fault = "disk full" if disk.is_own else "disk full (an error: no right to mount)"
    with trial(under_test, fault, tally, tried=scaled(1)) as one:
        refuse(one, lambda: disk.full(under_test.installation), plan, scaled(1))


def test_connections_that_somebody_else_holds_delay_and_lose_nothing(
    under_test: Ordeal, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    with trial(under_test, "no connection left", tally, tried=scaled(1)) as one:
        strike = strikes.connections_taken
        refuse(one, lambda: strike(under_test.installation), plan, scaled(1))


def test_rolling_restarts_lose_nothing_and_answer_nothing_wrongly(
    under_test: Ordeal, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    kills = Kills(under_test.installation, another(plan))
    with trial(under_test, "SIGTERM, started again", tally, tried=scaled(RESTARTS)) as one:
        one.strike_under_load(kills.terminate, plan, scaled(RESTARTS))
    log.warning("restarts: %s", dict(kills.done))


def refuse(
    one: Trial, strike: Callable[[], AbstractContextManager[None]], plan: random.Random, times: int
) -> None:
    """Strike under load, each time until a message is refused."""
    messages = one.under_test.messages
    with load(one.under_test, plan):
        for _ in range(times):
            time.sleep(plan.uniform(0, 1))
            with strike():
                before = messages.answers["503"]
                deadline = time.monotonic() + REFUSED_S
                while messages.answers["503"] == before:
                    assert time.monotonic() < deadline, "no message is refused"
                    messages.post_long()
            one.recover()
    one.settle()
