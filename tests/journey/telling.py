"""Outbound messages of real saves, kept to be told in another way, and workers who take them up."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bridge.delivery.deliver import deliver_slice
from bridge.inbox.packing import unpack
from bridge.inbox.triage import triage_batch
from tests.fix_inbox import XML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

    from tests.journey.firm import Firm

WORKERS = 3
DEADLINE_S = 60.0


def told_by(firm: Firm, save: Callable[[], None]) -> list[bytes]:
    """Return the messages that saves brought, and have the bridge forget that it got them."""
    forget = "DELETE FROM {} RETURNING 1"
    firm.bridge.rows(forget.format("notification"))
    firm.bridge.rows(forget.format("message"))
    save()
    firm.bridge.receive()
    bodies = [unpack(row["body"]) for row in firm.bridge.rows("SELECT body FROM message")]
    firm.bridge.rows(forget.format("notification"))
    firm.bridge.rows(forget.format("message"))
    return bodies


def tell(firm: Firm, session: requests.Session, body: bytes) -> requests.Response:
    """Send the bridge a message and return its answer."""
    return session.post(
        firm.bridge.url,
        data=body,
        headers={"Content-Type": XML, "SOAPAction": '""'},
        timeout=DEADLINE_S,
    )


@contextmanager
def working(firm: Firm, *, batch: int = 1) -> Iterator[list[BaseException]]:
    """Let workers take up what has come until the end of the block; give what made them fail.

    Args:
        firm: Whose bridge they work for.
        batch: Notifications that the first of them triages at a time; each other takes one more.
    """
    stop = threading.Event()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            while not stop.is_set():
                triage_batch(firm.bridge.database, consent=False, count=batch + number)
                deliver_slice(firm.bridge.installation, range(5), until=time.monotonic() + 1.0)
                time.sleep(0.002)
        except BaseException as failure:  # noqa: BLE001 -- told to the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        stop.set()
        for thread in threads:
            thread.join(DEADLINE_S)
