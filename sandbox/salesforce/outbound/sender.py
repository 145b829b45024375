"""Sends the queue: one message of each definition at a time, as the org's background job does."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import requests
import urllib3

from sandbox.salesforce.outbound.envelope import message, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.outbound.definitions import Definition
    from sandbox.salesforce.outbound.queue import Delivery, Queue
    from sandbox.salesforce.policy import Policy

_LOOK_EVERY_S = 0.1
"""How often the queue is looked at without a save: the clock may have been moved."""

_OVERTAKEN_WAITS_S = 1.0
"""How long a single notification waits for a younger one, where a fault asks for it."""

_LONGEST_ANSWER_BYTES = 100_000
_TIMED_OUT = "java.net.SocketTimeoutException: Read timed out"
_HEADERS = {
    "Content-Type": "text/xml; charset=UTF-8",
    "SOAPAction": '""',
    "User-Agent": "Jakarta Commons-HttpClient/3.1",
}

log = logging.getLogger(__name__)


class Sender:
    """Takes due notifications from the queue and posts them to the endpoint.

    Each definition has its own place in line: a slow message of one does not hold up the others.
    """

    def __init__(
        self,
        org: Org,
        queue: Queue,
        *,
        organization_id: str,
        instance: str,
        endpoint: Callable[[], str | None],
        policy: Callable[[], Policy],
    ) -> None:
        self._org = org
        self._queue = queue
        self._organization_id = organization_id
        self._instance = instance
        self._endpoint = endpoint
        self._policy = policy

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()
        work = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(work.set)

        self._queue.on_work = wake
        under_way: dict[str, asyncio.Task[None]] = {}
        try:
            generation = self._queue.generation
            while True:
                work.clear()
                if self._queue.generation != generation:
                    generation = self._queue.generation
                    _cancel(under_way)
                for definition in self._queue.definitions:
                    running = under_way.get(definition.full_name)
                    if running is None or running.done():
                        batch = self._take(definition)
                        if batch:
                            task = asyncio.create_task(self._send(definition, batch))
                            task.add_done_callback(lambda _: work.set())
                            under_way[definition.full_name] = task
                await _wait(work, _LOOK_EVERY_S)
        finally:
            self._queue.on_work = lambda: None
            _cancel(under_way)

    def _take(self, definition: Definition) -> list[Delivery]:
        """Return the next batch of a definition; without an endpoint everything waits."""
        if self._address(definition) is None:
            return []
        with self._org.lock:
            return self._queue.take(definition)

    def _address(self, definition: Definition) -> str | None:
        return definition.endpoint_url or self._endpoint()

    async def _send(self, definition: Definition, batch: list[Delivery]) -> None:
        faults = self._org.world.faults.take("outbound", method="POST", path=definition.object)
        kinds = {fault.kind for fault in faults}
        if "drop" in kinds:
            with self._org.lock:
                self._queue.lose(batch)
            return
        if "reorder" in kinds:
            if len(batch) == 1 and not batch[0].let_overtake:
                wait_s = sum(fault.latency_s for fault in faults) or _OVERTAKEN_WAITS_S
                with self._org.lock:
                    self._queue.let_overtake(batch, wait_s)
                return
            batch.reverse()
        try:
            # The wait of a reordering is over once it was put back.
            await asyncio.sleep(sum(each.latency_s for each in faults if each.kind != "reorder"))
            reason = await self._post(definition, batch)
            if reason is None and "repeat" in kinds:
                # As if the acknowledgement had been lost on its way: the message comes once more.
                await self._post(definition, batch)
        except asyncio.CancelledError:
            with self._org.lock:
                self._queue.put_back(batch)
            raise
        with self._org.lock:
            if reason is None:
                self._queue.delivered(batch)
                return
            self._queue.failed(batch, reason)
        log.info("outbound_message_failed", extra={"definition": definition.name, "reason": reason})

    async def _post(self, definition: Definition, batch: Sequence[Delivery]) -> str | None:
        """Send one message with the records as they are now; return why it failed, or None."""
        url, policy = self._address(definition), self._policy()
        if url is None:
            return "no endpoint"
        with self._org.lock:
            table = self._org.tables[definition.object]
            body = message(
                definition,
                [(each.notification_id, table.live(each.record_id)) for each in batch],
                organization_id=self._organization_id,
                instance=self._instance,
                gone=policy.outbound_deleted,
                hidden=policy.outbound_hidden(definition.object),
            )
        return await _in_background(lambda: _post(url, body, policy.outbound_timeout_s))


def _post(url: str, body: bytes, timeout_s: float) -> str | None:
    """Post one message; return why it was not acknowledged, or None."""
    until = time.monotonic() + timeout_s
    try:
        with requests.post(
            url, data=body, headers=_HEADERS, timeout=timeout_s, allow_redirects=False, stream=True
        ) as response:
            answer = _read(response.raw, until)
            return _TIMED_OUT if answer is None else refusal(response.status_code, answer)
    except requests.Timeout:
        return _TIMED_OUT
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        return f"java.net.ConnectException: {type(error).__name__}"


def _read(raw: urllib3.BaseHTTPResponse, until: float) -> bytes | None:
    """Read an answer; None if it is not there in time, however often a few bytes come."""
    read = b""
    while len(read) < _LONGEST_ANSWER_BYTES:
        if time.monotonic() > until:
            return None
        piece = raw.read1(_LONGEST_ANSWER_BYTES, decode_content=True)
        if not piece:
            break
        read += piece
    return read


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _cancel(under_way: dict[str, asyncio.Task[None]]) -> None:
    for task in under_way.values():
        task.cancel()
    under_way.clear()


async def _in_background(work: Callable[[], str | None]) -> str | None:
    """Run blocking work in a thread that does not hold up the end of the process.

    An executor's threads are waited for at exit, and an endpoint may take a minute to answer.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str | None] = loop.create_future()

    def report(outcome: str | None) -> None:
        if not done.done():
            done.set_result(outcome)

    def run() -> None:
        outcome = work()
        with suppress(RuntimeError):  # the sandbox has stopped meanwhile
            loop.call_soon_threadsafe(report, outcome)

    threading.Thread(target=run, name="outbound-message", daemon=True).start()
    return await done
