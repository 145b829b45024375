"""The event loop looks round between messages, and nobody waits out of turn."""

from __future__ import annotations

import asyncio

from bridge.inbox.turns import Turns


async def _rounds(sizes: list[int], most_bytes: int) -> list[int]:
    """Return in which turn of the loop each message was read, counted from 0."""
    turns = Turns(most_bytes)
    loop = asyncio.get_running_loop()
    now = 0
    read_in = [-1] * len(sizes)

    def tick() -> None:
        nonlocal now
        now += 1
        loop.call_soon(tick)

    async def read(number: int) -> None:
        await turns.wait(sizes[number])
        read_in[number] = now

    loop.call_soon(tick)
    await asyncio.gather(*(read(number) for number in range(len(sizes))))
    return read_in


def test_messages_that_fit_into_one_turn_are_read_in_it() -> None:
    assert len(set(asyncio.run(_rounds([10, 10, 10], 100)))) == 1


def test_of_long_messages_one_is_read_a_turn() -> None:
    read_in = asyncio.run(_rounds([500, 500, 500], 100))
    assert len(set(read_in)) == 3


def test_messages_are_read_in_the_order_in_which_they_came() -> None:
    read_in = asyncio.run(_rounds([60, 60, 500, 10, 10, 90, 90], 100))
    assert read_in == sorted(read_in)


def test_one_whose_sender_went_away_holds_up_nobody() -> None:
    async def give_up_and_go_on() -> None:
        turns = Turns(100)
        await turns.wait(500)
        gone = asyncio.create_task(turns.wait(500))
        await asyncio.sleep(0)
        gone.cancel()
        async with asyncio.timeout(5):
            await turns.wait(500)

    asyncio.run(give_up_and_go_on())
