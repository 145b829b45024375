"""The API budget between connections and lanes: each has its share, none starves, none is lost."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bridge.clock import set_clock
from bridge.connections.store import load_connection
from bridge.constant_contact.allowance import Limits, calls_left
from bridge.constant_contact.budget import ask
from bridge.delivery.slots import Slots
from bridge.delivery.work import mark, peek
from bridge.errors import QuotaSpent
from tests.leasing import claim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.db.database import Database
    from bridge.mirror.advance import Subject

CONSENT, INTERACTIVE, WEBHOOK, RECONCILE = 0, 1, 2, 3
AT_HOUR = """
UPDATE clock_offset
SET ahead = date_trunc('day', clock_timestamp() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
            + make_interval(days => 1, hours => %s, mins => 30) - clock_timestamp()
"""
STANDS_STILL = """
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT timestamptz ''2026-11-28 12:00Z'' + (SELECT ahead FROM clock_offset)'
"""


@pytest.fixture
def application(database: Database) -> int:
    """An API application whose calls take no time, in movable time."""
    with database.transaction() as tx:
        set_clock(tx, movable=True)
        made = tx.execute(
            "INSERT INTO api_application (client_id, gap_ms) VALUES ('c', 0) RETURNING id"
        )
        [application_id] = made.fetchone() or ()
    return int(application_id)


def connections(database: Database, application: int, weights: Sequence[int]) -> list[int]:
    with database.transaction() as tx:
        return [
            row[0]
            for number, weight in enumerate(weights)
            for row in tx.execute(
                "INSERT INTO connection (name, api_application_id, api_share, state)"
                " VALUES (%s, %s, %s, 'active') RETURNING id",
                [f"firm{number}", application, weight],
            )
        ]


def at_hour(database: Database, hour: int) -> None:
    with database.transaction() as tx:
        tx.execute(AT_HOUR, [hour])


def set_limits(database: Database, limits: Limits) -> None:
    with database.transaction() as tx:
        tx.execute(
            "UPDATE api_application SET day_limit = %s, consent_reserve = %s,"
            " interactive_reserve = %s, webhook_reserve = %s",
            [
                limits.per_day,
                limits.consent_reserve,
                limits.interactive_reserve,
                limits.webhook_reserve,
            ],
        )


def only_for_consent(reserve: int) -> Limits:
    """A hundred calls a day, of which some are kept for consent and none for others."""
    return Limits(per_day=100, consent_reserve=reserve, interactive_reserve=0, webhook_reserve=0)


def spend(database: Database, application: int, used: dict[int, int]) -> None:
    with database.transaction() as tx:
        tx.execute("DELETE FROM api_usage")
        for connection, count in used.items():
            tx.execute(
                "INSERT INTO api_usage"
                " VALUES (%s, (app_now() AT TIME ZONE 'UTC')::date, %s, 2, %s)",
                [application, connection, count],
            )
        tx.execute(
            "UPDATE api_application SET used = %s, day = (app_now() AT TIME ZONE 'UTC')::date,"
            " next_at = app_now()",
            [sum(used.values())],
        )


def calls_granted(database: Database, application: int, connection: int, lane: int) -> int:
    """Ask until the budget says no; return how many calls there were."""
    for count in range(1000):
        try:
            with database.transaction() as tx:
                assert ask(tx, application, connection, lane).granted
        except QuotaSpent:
            return count
    raise AssertionError("there is no end")


def test_the_statement_grants_as_many_calls_as_the_rule_says(
    database: Database, application: int, scaled: Callable[[int], int]
) -> None:
    draw = random.Random(20261128)  # noqa: S311
    weights = [1, 2, 5]
    ids = connections(database, application, weights)
    seen: Counter[bool] = Counter()
    for _ in range(scaled(40)):
        reserves = [draw.randrange(8) for _ in range(3)]
        limits = Limits(
            per_day=draw.randrange(25, 80),
            consent_reserve=reserves[0],
            interactive_reserve=reserves[1],
            webhook_reserve=reserves[2],
        )
        used = {each: draw.randrange(limits.per_day // 3) for each in ids}
        hour, lane, who = draw.randrange(24), draw.randrange(4), draw.choice(ids)
        set_limits(database, limits)
        at_hour(database, hour)
        spend(database, application, used)
        expected = calls_left(
            limits, lane, who, weights=dict(zip(ids, weights, strict=True)), used=used, hour=hour
        )
        assert calls_granted(database, application, who, lane) == expected
        seen[expected > 0] += 1
    assert len(seen) == 2


def test_a_backlog_leaves_the_others_their_share_of_the_day(
    database: Database, application: int
) -> None:
    busy, quiet = connections(database, application, [1, 1])
    set_limits(database, only_for_consent(10))
    at_hour(database, 0)
    assert calls_granted(database, application, busy, WEBHOOK) == 45
    assert calls_granted(database, application, quiet, WEBHOOK) == 45
    assert calls_granted(database, application, busy, CONSENT) == 10


def test_what_the_others_do_not_use_is_released_by_the_end_of_the_day(
    database: Database, application: int
) -> None:
    busy, quiet = connections(database, application, [1, 1])
    set_limits(database, only_for_consent(8))
    at_hour(database, 0)
    assert calls_granted(database, application, busy, WEBHOOK) == 46
    released = []
    for hour in (1, 12, 23):
        at_hour(database, hour)
        released.append(calls_granted(database, application, busy, WEBHOOK))
    assert released == [2, 22, 22]
    with pytest.raises(QuotaSpent), database.transaction() as tx:
        ask(tx, application, quiet, WEBHOOK)


def test_a_spent_share_says_when_more_is_released(database: Database, application: int) -> None:
    busy, _ = connections(database, application, [1, 1])
    at_hour(database, 5)
    spend(database, application, {busy: 9000})
    with (
        pytest.raises(QuotaSpent, match="share of the day's") as caught,
        database.transaction() as tx,
    ):
        ask(tx, application, busy, WEBHOOK)
    assert caught.value.until is not None
    assert (caught.value.until.hour, caught.value.until.minute) == (6, 0)


def test_a_paused_connection_keeps_nothing_from_the_others(
    database: Database, application: int
) -> None:
    busy, paused = connections(database, application, [1, 3])
    set_limits(database, only_for_consent(20))
    at_hour(database, 0)
    with database.transaction() as tx:
        tx.execute("UPDATE connection SET state = 'paused' WHERE id = %s", [paused])
    assert calls_granted(database, application, busy, WEBHOOK) == 80


@pytest.mark.parametrize(
    ("lane", "calls"),
    [
        pytest.param(RECONCILE, 40, id="runs leave the calls of webhook"),
        pytest.param(WEBHOOK, 70, id="webhook leaves those of people"),
        pytest.param(INTERACTIVE, 90, id="people leave those of consent"),
        pytest.param(CONSENT, 100, id="consent spends the day"),
    ],
)
def test_each_lane_leaves_what_is_kept_for_the_more_urgent(
    database: Database, application: int, lane: int, calls: int
) -> None:
    [firm] = connections(database, application, [1])
    limits = Limits(per_day=100, consent_reserve=10, interactive_reserve=20, webhook_reserve=30)
    set_limits(database, limits)
    assert calls_granted(database, application, firm, lane) == calls


@pytest.fixture
def paced(database: Database, application: int) -> int:
    """The application at 4 calls a second, with a clock that stands still until it is moved."""
    with database.transaction() as tx:
        tx.execute(STANDS_STILL)
        tx.execute("UPDATE api_application SET gap_ms = 260, next_at = app_now()")
    return application


def served(database: Database, application: int, wishes: Sequence[tuple[int, int]]) -> list[int]:
    """Let each of these (connection, lane) ask for every slot, in this order; count who got it."""
    got = [0] * len(wishes)
    for _ in range(24):
        with database.transaction() as tx:
            for number, (connection, lane) in enumerate(wishes):
                got[number] += ask(tx, application, connection, lane).granted
            tx.execute("UPDATE clock_offset SET ahead = ahead + interval '260 milliseconds'")
    return got


def test_connections_that_want_every_slot_get_it_in_turn(database: Database, paced: int) -> None:
    wishes = [(each, WEBHOOK) for each in connections(database, paced, [1, 1, 1])]
    assert served(database, paced, wishes) == [8, 8, 8]


def test_lanes_of_a_connection_take_turns_within_its_own(database: Database, paced: int) -> None:
    one, other = connections(database, paced, [1, 1])
    wishes = [(one, RECONCILE), (one, WEBHOOK), (other, WEBHOOK)]
    assert served(database, paced, wishes) == [6, 6, 12]


def test_a_slot_is_not_lost_where_whose_turn_it_is_stays_away(
    database: Database, paced: int
) -> None:
    here, gone = connections(database, paced, [1, 1])
    with database.transaction() as tx:
        assert ask(tx, paced, here, WEBHOOK).granted
        assert not ask(tx, paced, gone, WEBHOOK).granted
        tx.execute("UPDATE clock_offset SET ahead = ahead + interval '260 milliseconds'")
        left = ask(tx, paced, here, WEBHOOK)
        assert not left.granted
        assert left.wait_s == pytest.approx(0.025)
        tx.execute("UPDATE clock_offset SET ahead = ahead + interval '25 milliseconds'")
        late = ask(tx, paced, here, WEBHOOK)
        tx.execute("UPDATE clock_offset SET ahead = ahead + interval '235 milliseconds'")
        following = ask(tx, paced, gone, WEBHOOK)
    assert late.granted
    assert following.granted  # the 25 ms are made up for: the rate stays


def test_consent_waits_for_nobodys_turn(database: Database, paced: int) -> None:
    one, other = connections(database, paced, [1, 1])
    wishes = [(other, WEBHOOK), (one, CONSENT)]
    with database.transaction() as tx:
        for connection, lane in wishes:
            ask(tx, paced, connection, lane)
        tx.execute("UPDATE clock_offset SET ahead = ahead + interval '260 milliseconds'")
        assert ask(tx, paced, one, CONSENT).granted


def test_a_lease_that_has_become_consents_spends_what_is_kept_for_consent(
    database: Database, application: int
) -> None:
    """Somebody ticks the box between the look at what is due and the claim."""
    [firm] = connections(database, application, [1])
    set_limits(database, only_for_consent(10))
    spend(database, application, {firm: 95})
    with database.transaction() as tx:
        slots = Slots(database, load_connection(tx, firm), lane=WEBHOOK)
        subject: Subject = ("address", "ada@example.org")
        mark(tx, firm, {subject: False})
        [seen] = peek(tx, [WEBHOOK], 10)
        mark(tx, firm, {subject: True})
        lease = claim(tx, seen, 60)
    with pytest.raises(QuotaSpent):
        slots.hold(seen.lane)
    assert lease is not None
    slots.begin(lease)
    with slots.take():
        pass
    with database.transaction() as tx:
        row = tx.execute("SELECT used FROM api_usage WHERE lane = %s", [CONSENT]).fetchone()
    assert row == (1,)
