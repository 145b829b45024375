"""Parallel changes of one address end right, whichever comes first at every point.

A round is one household that shares an address. Its changes are saved from threads of their own,
while a worker for each lane triages, delivers and writes back as they come. Chance decides who
pauses before each save, each slice and each call to Constant Contact; its seed is in the name of
the failing test and in its message.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from bridge.bootstrap import Installation
from bridge.delivery.deliver import deliver_slice
from bridge.delivery.write_back import write_back
from bridge.inbox.triage import triage_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from bridge.connections.model import Connection
    from bridge.constant_contact.client import ConstantContact
    from tests.fix_bridge import RunningBridge
    from tests.journey.firm import Firm

ROUNDS = 25  # of each block; a thousand in all at a scale of 10
OPT_OUT_ROUNDS = 25  # twice: of the firm's and of the person's own; a thousand at a scale of 20
SLICE_S = 0.5
LONGEST_PAUSE_S = 0.012
DEADLINE_S = 30.0
BLOCKS = range(4)


@dataclass(frozen=True, kw_only=True)
class HesitantInstallation(Installation):
    """An installation whose calls to Constant Contact wait a moment, as chance has it."""

    chance: random.Random

    def constant_contact(
        self, connection: Connection, take_slot: Callable[[], AbstractContextManager[None]]
    ) -> ConstantContact:
        """Return a client that hesitates before each call."""

        @contextmanager
        def take_and_hesitate() -> Iterator[None]:
            with take_slot():
                pause(self.chance)
                yield

        return super().constant_contact(connection, take_and_hesitate)


@dataclass(frozen=True)
class Household:
    """Two people with one address; the first is on the letter's list, as is the second."""

    address: str
    first: str
    second: str


def pause(chance: random.Random) -> None:
    time.sleep(chance.uniform(0, LONGEST_PAUSE_S))


@contextmanager
def working(bridge: RunningBridge, seed: int) -> Iterator[list[BaseException]]:
    """Let a worker for each lane work; yield what went wrong in them."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run(number: int, work: Callable[[Installation], object]) -> None:
        chance = random.Random(f"{seed}/worker {number}")  # noqa: S311 -- repeatable, no secret
        own = HesitantInstallation(**vars(bridge.installation), chance=chance)
        try:
            while not stop.is_set():
                work(own)
                pause(chance)
        except BaseException as failure:  # noqa: BLE001 -- told to the test's own thread
            failures.append(failure)

    def deliver(lanes: range) -> Callable[[Installation], object]:
        return lambda own: deliver_slice(own, lanes, until=time.monotonic() + SLICE_S)

    work: list[Callable[[Installation], object]] = [
        lambda own: triage_batch(own.database, consent=True),
        lambda own: triage_batch(own.database, consent=False),
        deliver(range(1)),
        deliver(range(1, 5)),
        deliver(range(1, 5)),
        write_back,
    ]
    threads = [threading.Thread(target=run, args=each) for each in enumerate(work)]
    for thread in threads:
        thread.start()
    try:
        yield failures
    finally:
        stop.set()
        for thread in threads:
            thread.join(DEADLINE_S)


def play(acts: list[Callable[[], object]], chance: random.Random) -> None:
    """Do things in parallel, each after a moment of its own."""
    failures: list[BaseException] = []

    def run(act: Callable[[], object], after_s: float) -> None:
        time.sleep(after_s)
        try:
            act()
        except BaseException as failure:  # noqa: BLE001 -- told to the test's own thread
            failures.append(failure)

    threads = [
        threading.Thread(target=run, args=(act, chance.uniform(0, 6 * LONGEST_PAUSE_S)))
        for act in acts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    assert not failures


def rest(bridge: RunningBridge, failures: list[BaseException]) -> None:
    """Return once nothing waits; what is due later is made due."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        assert not failures, failures
        assert time.monotonic() < deadline, bridge.waiting()
        bridge.receive()
        wait_s = bridge.wait_s()
        if wait_s is None:
            return
        if wait_s > 0.02 and not is_held(bridge):
            bridge.sandbox.advance(wait_s)
        else:
            time.sleep(0.003)


def is_held(bridge: RunningBridge) -> bool:
    """Tell whether a worker holds anything: time must not run out for it."""
    [row] = bridge.rows(
        "SELECT EXISTS (SELECT FROM work WHERE lease_until > app_now()) OR "
        "EXISTS (SELECT FROM record_status WHERE lease_until > app_now()) AS held"
    )
    return bool(row["held"])


def enter(firm: Firm, rounds: int, letter: str) -> list[Household]:
    households = []
    for number in range(rounds):
        address = f"family{number}@example.org"
        first = firm.member(address, letter, FirstName="Edith", MobilePhone="+1 415 555 0100")
        second = firm.member(address, letter, FirstName="Walter")
        households.append(Household(address, first, second))
    firm.settle()
    return households


def acts_of(
    firm: Firm, household: Household, other: str, chance: random.Random
) -> list[Callable[[], object]]:
    """The phone of one sharer, a membership of the other, and something about consent."""
    phone = f"+1 415 555 0{chance.randrange(101, 199)}"
    ticked = chance.choice((household.first, household.second))

    def tick_and_untick() -> None:
        firm.tick(ticked)
        pause(chance)
        firm.untick(ticked)

    consent: list[Callable[[], object]] = [
        lambda: firm.tick(ticked),
        tick_and_untick,
        lambda: firm.unsubscribes(household.address),
    ]
    return [
        lambda: firm.change(household.first, MobilePhone=phone),
        lambda: firm.join(household.second, other),
        chance.choices(consent, weights=(4, 2, 1))[0],
    ]


def judge(firm: Firm, household: Household, letter: str, other: str) -> None:
    """Compare both systems with what the rules make of Practifi's records as they are now."""
    records = [firm.record("Contact", each) for each in (household.first, household.second)]
    found = firm.all_there(household.address)
    assert len(found) == 1
    there: dict[str, Any] = found[0]
    address, lists = there["email_address"], set(there["list_memberships"])
    statuses = [record["CC_Bridge_Status__c"] for record in records]
    # The first who was linked owns the contact: their telephone is the one there.
    assert [digits(each["phone_number"]) for each in there["phone_numbers"]] == [
        digits(records[0]["MobilePhone"])
    ]
    assert {record["practifi__Constant_Contact_ID__c"] for record in records} == {
        there["contact_id"]
    }
    if any(record["HasOptedOutOfEmail"] for record in records):
        assert address["permission_to_send"] == "unsubscribed"
        assert statuses == ["Unsubscribed", "Unsubscribed"]
        assert letter in lists
        assert lists <= {letter, other}
    elif address.get("opt_out_source") == "Contact":
        # Their own act: nobody's save lifted it. The bridge may not have looked since.
        assert address["permission_to_send"] == "unsubscribed"
        assert lists <= {letter, other}
    else:
        assert address["permission_to_send"] == "implicit"
        assert lists == {letter, other}
        assert statuses == ["Subscribed", "Subscribed"]


def told(firm: Firm, household: Household) -> list[str]:
    """Return what the bridge knows of a household, for whoever looks into a failure."""
    values = {"people": [household.first, household.second], "key": household.address}
    statements = (
        "SELECT * FROM notification WHERE record_id = ANY(%(people)s) ORDER BY seq",
        "SELECT * FROM practifi_record WHERE sf_id = ANY(%(people)s)",
        "SELECT * FROM box_change WHERE contact_id = ANY(%(people)s) ORDER BY changed_at",
        "SELECT * FROM work WHERE key = %(key)s",
        "SELECT * FROM step WHERE subject_key = %(key)s ORDER BY plan_id, ordinal",
    )
    rows = [row for each in statements for row in firm.bridge.rows(each, **values)]
    queued = firm.sandbox.control("GET", "/salesforce/deliveries")
    return [str({k: str(v) for k, v in row.items() if v is not None}) for row in [*rows, *queued]]


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))[-10:]


@pytest.mark.parametrize("block", BLOCKS)
def test_parallel_changes_of_one_address_end_right(
    firm: Firm, scaled: Callable[[int], int], block: int
) -> None:
    seed = 7_000 + block
    letter, other = firm.new_list("Letter"), firm.new_list("Invitations")
    households = enter(firm, scaled(ROUNDS), letter)
    there = firm.cc_list_id(letter), firm.cc_list_id(other)
    with working(firm.bridge, seed) as failures:
        for number, household in enumerate(households):
            chance = random.Random(f"{seed}/{number}")  # noqa: S311
            try:
                acts = acts_of(firm, household, other, chance)
                chance.shuffle(acts)
                play(acts, chance)
                rest(firm.bridge, failures)
                judge(firm, household, *there)
            except AssertionError as error:
                error.add_note(f"seed {seed}, round {number}: {household}")
                for line in told(firm, household):
                    error.add_note(line)
                raise


@pytest.mark.parametrize("who", ["the firm", "the person"])
def test_an_opt_out_wins_against_being_added_to_a_list(
    firm: Firm, scaled: Callable[[int], int], who: str
) -> None:
    """Each round they race; what is mailable is asked of Constant Contact alone."""
    letter, other = firm.new_list("Letter"), firm.new_list("Invitations")
    households = enter(firm, scaled(OPT_OUT_ROUNDS), letter)
    with working(firm.bridge, seed=8_000) as failures:
        for number, household in enumerate(households):
            chance = random.Random(f"{who}/{number}")  # noqa: S311
            opt_outs: dict[str, Callable[[], object]] = {
                "the firm": partial(firm.tick, household.second),
                "the person": partial(firm.unsubscribes, household.address),
            }
            join = partial(firm.join, chance.choice((household.first, household.second)), other)
            play([opt_outs[who], join], chance)
            rest(firm.bridge, failures)
            assert firm.permission(household.address) == "unsubscribed", f"round {number}"
    assert [firm.permission(one.address) for one in households] == ["unsubscribed"] * len(
        households
    )
