"""Messages in any order, repeated, taken up by several workers: the end is that of the saves."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.delivery.deliver import deliver_slice
from bridge.inbox.packing import unpack
from bridge.inbox.triage import triage_batch
from tests.fix_inbox import XML

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.journey.firm import Firm

EXAMPLES = 8
PEOPLE = 3
WORKERS = 3
DEADLINE_S = 60.0

Act: TypeAlias = Literal["rename", "join", "tick", "untick", "wait"]
Saves: TypeAlias = list[tuple[int, Act]]

SAVES = st.lists(
    st.tuples(
        st.integers(0, PEOPLE - 1),
        st.sampled_from(["rename", "join", "tick", "untick", "wait"]),
    ),
    min_size=2,
    max_size=12,
)


def test_any_order_and_repetition_ends_as_the_saves_do(
    firm: Firm, scaled: Callable[[int], int]
) -> None:
    letter, other = firm.new_list("Letter"), firm.new_list("Invitations")
    firm.settle()
    households: list[int] = []

    @settings(
        max_examples=scaled(EXAMPLES),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(saves=SAVES, seed=st.integers(0, 2**32))
    def holds(saves: Saves, seed: int) -> None:
        households.append(seed)
        addresses = [f"p{len(households)}-{number}@example.org" for number in range(PEOPLE)]
        people = [firm.member(address, letter) for address in addresses]
        firm.settle()
        bodies = _told_by(firm, lambda: _save(firm, people, other, saves))
        before = len(firm.writes())
        _deliver_shuffled(firm, bodies, random.Random(seed))  # noqa: S311 -- repeatable
        firm.settle()
        written = Counter(path.rpartition("/")[2] for _, path in firm.writes()[before:])
        for number, (address, person) in enumerate(zip(addresses, people, strict=True)):
            there = firm.there(address)
            wanted_states = sum(who == number and act != "wait" for who, act in saves)
            assert written[there["contact_id"]] <= wanted_states
            _judge(firm, address, person)
            joined = any(act == "join" for who, act in saves if who == number)
            lists = {firm.cc_list_id(letter)} | ({firm.cc_list_id(other)} if joined else set())
            if not firm.record("Contact", person)["HasOptedOutOfEmail"]:
                assert set(there["list_memberships"]) == lists

    holds()


def _save(firm: Firm, people: list[str], other: str, saves: Saves) -> None:
    joined: set[int] = set()
    for turn, (who, act) in enumerate(saves):
        if act == "rename":
            firm.change(people[who], FirstName=f"Name {turn}")
        elif act == "tick":
            firm.tick(people[who])
        elif act == "untick":
            firm.untick(people[who])
        elif act == "wait":
            firm.sandbox.advance(1)
        elif who not in joined:
            joined.add(who)
            firm.join(people[who], other)


def _told_by(firm: Firm, save: Callable[[], None]) -> list[bytes]:
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


def _deliver_shuffled(firm: Firm, bodies: list[bytes], chance: random.Random) -> None:
    """Send each message one to five times, in any order, while workers take up what has come."""
    sent = [body for body in bodies for _ in range(chance.randint(1, 5))]
    chance.shuffle(sent)
    with _workers(firm) as failures, requests.Session() as session:
        for body in sent:
            answer = session.post(
                firm.bridge.url,
                data=body,
                headers={"Content-Type": XML, "SOAPAction": '""'},
                timeout=DEADLINE_S,
            )
            assert answer.ok, answer.text
    assert failures == []


@contextmanager
def _workers(firm: Firm) -> Iterator[list[BaseException]]:
    stop = threading.Event()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            while not stop.is_set():
                triage_batch(firm.bridge.database, consent=False, count=1 + number)
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


def _judge(firm: Firm, address: str, person: str) -> None:
    """Compare what is there with the record as it is saved now."""
    record, there = firm.record("Contact", person), firm.there(address)
    assert there.get("first_name") == record["FirstName"]
    is_out = there["email_address"]["permission_to_send"] == "unsubscribed"
    assert is_out == record["HasOptedOutOfEmail"]
