"""What the benchmarks compare is alike: the bare loop makes the very calls of a delivery."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet
from dramatiq.brokers.stub import StubBroker

from benchmarks.at_once import answering_at_once, calls_of
from benchmarks.delivery import deliver, know_people, make_again
from bridge.bootstrap import Installation
from bridge.connections.keyring import KeyRing
from bridge.wakeups.wake import Waker

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.settings import Settings

PEOPLE = 6


def test_bare_loop_makes_the_calls_of_a_delivery(settings: Settings, database: Database) -> None:
    broker = StubBroker()
    installation = Installation(
        settings=settings,
        database=database,
        keyring=KeyRing([Fernet.generate_key().decode()]),
        broker=broker,
        waker=Waker(database, broker),
    )
    with answering_at_once() as url:
        know_people(installation, url, PEOPLE)
        deliver(installation, "First", threads=2)
        calls_of(url)
        deliver(installation, "Second", threads=2)
        delivered = calls_of(url)
        make_again(url, delivered, threads=2)
        made_again = calls_of(url)
    assert Counter(call.method for call in delivered) == {"GET": PEOPLE, "PUT": PEOPLE}
    assert sorted(made_again) == sorted(delivered)
