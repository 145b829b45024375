"""The group commit: what waits together is stored together, and one message never harms another."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from bridge.db.database import connect_async
from bridge.inbox import commit
from bridge.inbox.commit import Arrival, GroupCommit, NotStored
from bridge.inbox.soap import read_fields, read_message
from tests.outbound import message, notification, with_data

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    import psycopg

    from bridge.db.database import Database
    from bridge.settings import Settings

Result = None | NotStored
WAITING_FOR_A_LOCK = """
SELECT l.pid
FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND NOT l.granted
"""

WAITING_FOR_US = """
SELECT pid
FROM pg_locks
WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
"""


def arrival(*notifications: str, address: str | None = None, consent: bool = False) -> Arrival:
    """Return a message on its way to the inbox of connection 1."""
    read = read_message(message(*notifications).encode())
    return Arrival(1, read, address, consent)


async def outcomes(waiting: list[Coroutine[Any, Any, None]]) -> list[Result]:
    """Return None for what was stored, and the error for what was not."""
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(result is None or isinstance(result, NotStored) for result in results)
    return results  # type: ignore[return-value]


async def storing(inbox: GroupCommit, arrivals: list[Arrival]) -> list[Result]:
    """Let messages wait until all are there, then store them."""
    posted = asyncio.gather(*(outcomes([inbox.store(one)]) for one in arrivals))
    await asyncio.sleep(0)
    serving = asyncio.create_task(inbox.serve())
    results = [result for (result,) in await posted]
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    return results


@pytest.fixture
def connect(settings: Settings) -> Callable[[], Awaitable[psycopg.AsyncConnection]]:
    """Open a connection of the receiver."""
    return partial(connect_async, settings)


@pytest.fixture
def rung() -> list[str]:
    """The topics that were rung for, in order."""
    return []


@pytest.fixture
def inbox(
    connect: Callable[[], Awaitable[psycopg.AsyncConnection]], rung: list[str]
) -> GroupCommit:
    """A group commit that nobody serves yet."""
    return GroupCommit(connect, rung.append)


def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement."""
    with database.transaction() as tx:
        return tx.execute(statement.encode()).fetchall()


def test_messages_that_wait_share_a_transaction(inbox: GroupCommit, database: Database) -> None:
    results = asyncio.run(storing(inbox, [arrival(notification(f"04l{n}")) for n in range(30)]))
    assert results == [None] * 30
    assert len(rows(database, "SELECT id FROM message")) == 30
    assert len(rows(database, "SELECT DISTINCT xmin::text FROM message")) == 1


def test_each_notification_points_at_its_own_message(
    inbox: GroupCommit, database: Database
) -> None:
    arrivals = [
        arrival(*(notification(f"04l{n}-{m}", {"A": f"{n}-{m}"}) for m in range(n + 1)))
        for n in range(5)
    ]
    asyncio.run(storing(inbox, arrivals))
    found = rows(
        database,
        "SELECT n.notification_id, n.ordinal, m.body FROM notification n JOIN message m "
        "ON m.id = n.message_id AND m.received_at = n.received_at",
    )
    assert len(found) == 15
    for notification_id, ordinal, body in found:
        assert read_fields(body, "utf-8")[ordinal].fields["A"] == notification_id[3:]


@pytest.mark.parametrize(
    ("values", "kept", "times"),
    [
        pytest.param(["a", "a", "a"], "a", 3, id="the same thrice"),
        pytest.param(["a", "b"], "b", 2, id="the later counts"),
        pytest.param(["a", "b", "a"], "a", 3, id="there and back"),
    ],
)
def test_one_notification_in_several_messages_of_a_transaction_is_stored_once(
    inbox: GroupCommit, database: Database, values: list[str], kept: str, times: int
) -> None:
    asyncio.run(storing(inbox, [arrival(notification("04lA", {"A": value})) for value in values]))
    ((count, body),) = rows(
        database,
        "SELECT n.times_received, m.body FROM notification n JOIN message m ON m.id = n.message_id",
    )
    assert (count, read_fields(body, "utf-8")[0].fields["A"]) == (times, kept)


def test_what_the_database_cannot_take_keeps_out_only_its_own_message(
    inbox: GroupCommit, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    arrivals = [
        arrival(notification("04lA"), address="192.0.2.1"),
        arrival(notification("04lB"), notification("04lC"), address="no address"),
        arrival(notification("04lD"), address="2001:db8::1"),
    ]
    with caplog.at_level(logging.WARNING):
        first, second, third = asyncio.run(storing(inbox, arrivals))
    assert (first, third) == (None, None)
    assert isinstance(second, NotStored)
    ids = rows(database, "SELECT notification_id FROM notification ORDER BY 1")
    assert ids == [("04lA",), ("04lD",)]
    assert [record.message for record in caplog.records] == ["message_not_stored"]


def test_workers_are_rung_for_by_what_was_stored(inbox: GroupCommit, rung: list[str]) -> None:
    asyncio.run(storing(inbox, [arrival(notification("04lA"), consent=True)]))
    assert rung == ["triage-consent"]
    rung.clear()
    asyncio.run(storing(GroupCommit(inbox._connect, rung.append), [arrival(with_data("04lB", ""))]))
    assert rung == ["triage"]


def test_nobody_is_rung_for_when_nothing_was_stored(inbox: GroupCommit, rung: list[str]) -> None:
    asyncio.run(storing(inbox, [arrival(notification("04lA"), address="no address")]))
    assert rung == []


def test_large_backlog_is_stored_in_several_transactions(
    inbox: GroupCommit, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "_MOST_NOTIFICATIONS", 10)
    results = asyncio.run(storing(inbox, [arrival(notification(f"04l{n}")) for n in range(35)]))
    assert results == [None] * 35
    assert len(rows(database, "SELECT DISTINCT xmin::text FROM message")) == 4


def test_more_than_may_wait_is_refused_at_once(
    inbox: GroupCommit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commit, "_MOST_WAITING_BYTES", 1_000)
    results = asyncio.run(storing(inbox, [arrival(notification(f"04l{n}")) for n in range(5)]))
    assert results[:2] == [None, None]
    assert isinstance(results[-1], NotStored)


def test_what_waits_when_serving_ends_is_refused_and_so_is_what_comes_after(
    inbox: GroupCommit, database: Database
) -> None:
    async def end_while_one_waits() -> list[Result]:
        with database.transaction() as tx:
            tx.execute("LOCK TABLE notification IN ACCESS EXCLUSIVE MODE")
            serving = asyncio.create_task(inbox.serve())
            waiting = [asyncio.create_task(outcomes([inbox.store(arrival(notification()))]))]
            async with asyncio.timeout(10):
                while not tx.execute(WAITING_FOR_A_LOCK).fetchall():  # noqa: ASYNC110 -- a server
                    await asyncio.sleep(0.005)
            waiting.append(asyncio.create_task(outcomes([inbox.store(arrival(notification()))])))
            await asyncio.sleep(0)
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            waiting.append(asyncio.create_task(outcomes([inbox.store(arrival(notification()))])))
            return [result for (result,) in await asyncio.gather(*waiting)]

    results = asyncio.run(end_while_one_waits())
    assert [type(result) for result in results] == [NotStored] * 3


def test_what_deadlocks_with_a_worker_is_stored_all_the_same(
    inbox: GroupCommit, database: Database
) -> None:
    told = arrival(notification("04lA"), notification("04lB"))
    take = "UPDATE notification SET attempts = attempts WHERE notification_id = %s"
    asyncio.run(storing(inbox, [told]))

    async def tell_again_while_a_worker_holds_them() -> list[Result]:
        again = GroupCommit(inbox._connect, lambda _topic: None)
        with database.transaction() as tx:
            tx.execute(take, ["04lB"])
            serving = asyncio.create_task(again.serve())
            waiting = asyncio.create_task(outcomes([again.store(told)]))
            async with asyncio.timeout(10):
                while not tx.execute(WAITING_FOR_US).fetchall():  # noqa: ASYNC110 -- a server
                    await asyncio.sleep(0.005)
            await asyncio.to_thread(tx.execute, take, ["04lA"])
        results = await waiting
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return results

    assert asyncio.run(tell_again_while_a_worker_holds_them()) == [None]
    assert rows(database, "SELECT DISTINCT times_received FROM notification") == [(2,)]


def test_two_servers_that_store_the_same_do_not_lock_each_other_out(
    connect: Callable[[], Awaitable[psycopg.AsyncConnection]], database: Database
) -> None:
    ids = [f"04l{n:02}" for n in range(40)]

    async def both() -> list[list[Result]]:
        servers = [GroupCommit(connect, lambda _topic: None) for _ in range(2)]
        serving = [asyncio.create_task(server.serve()) for server in servers]
        results = await asyncio.gather(
            *(
                outcomes([server.store(arrival(*(notification(i, {"A": str(n)}) for i in order)))])
                for n in range(15)
                for server, order in zip(servers, (ids, ids[::-1]), strict=True)
            )
        )
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        return results

    assert asyncio.run(both()) == [[None]] * 30
    assert rows(database, "SELECT DISTINCT times_received FROM notification") == [(30,)]
