"""A process that reads or writes engagement dies at any moment, and the next one goes on."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from bridge.runs.store import ask_run, load_run
from reconciler.runs import store
from reconciler.runs.execute import execute
from tests.journey.mailings import DETAILS, OBJECTS, SUBJECT, Mailings, a_household, clicked, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from bridge.db.database import Database
    from tests.journey.firm import Firm

PEOPLE = [f"person{number}@example.org" for number in range(12)]
OPENS = 45  # by each: more than one page of the report
LEASE_S = 60
ATTEMPTS = 80


class Killed(BaseException):
    """The process is no more."""


class MortalDatabase:
    """A database under a process that dies in one of its transactions, or right after it."""

    def __init__(self, database: Database, chance: Random) -> None:
        self._database = database
        self._left = chance.randint(1, 30)
        self._is_committed = chance.random() < 0.5
        self.transactions = 0

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        self._left -= 1
        with self._database.transaction() as tx:
            yield tx
            if self._left == 0 and not self._is_committed:
                raise Killed
        if self._left == 0:
            raise Killed

    session = transaction


@pytest.fixture
def mailings(firm: Firm) -> Mailings:
    return a_household(firm)


def run_mortally(mailings: Mailings, chance: Random) -> int:
    """Run the job until a process lives to its end; return how many died."""
    bridge = mailings.firm.bridge
    with bridge.database.transaction() as tx:
        run_id, _ = ask_run(
            tx, bridge.connection_id, "activities", mode="apply", origin="cli", asked_by="test"
        )
    for died in range(ATTEMPTS):
        with bridge.database.transaction() as tx:
            lease = store.claim(tx, bridge.connection_id, run_id, LEASE_S)
            record = load_run(tx, bridge.connection_id, run_id)
        if record.state == "done":  # the last one died after all was committed
            return died
        assert lease is not None, record
        database = MortalDatabase(bridge.database, chance)
        installation = replace(bridge.installation, database=database)  # type: ignore[arg-type]
        try:
            execute(installation, lease)
        except Killed:
            bridge.sandbox.advance(LEASE_S + 1)
            continue
        with bridge.database.transaction() as tx:
            record = load_run(tx, bridge.connection_id, run_id)
        assert record.state == "done", record.reason
        return died
    raise AssertionError("the run does not come to its end")


def created(mailings: Mailings, name: str) -> Counter[str]:
    """Return how often each record of an object was created, as the sandbox counts."""
    return Counter(
        effect["id"]
        for call in mailings.firm.sandbox.calls("salesforce")
        for effect in call["effects"]
        if effect["object"] == name and effect["action"] == "create"
    )


@pytest.mark.parametrize("profile", ["custom", "event", "task"])
@pytest.mark.parametrize("seed", range(3))
def test_a_run_that_dies_again_and_again_has_each_effect_once(
    mailings: Mailings, profile: str, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 -- a failing seed is played again
    for email in PEOPLE:
        mailings.member(email)
    mailings.firm.settle()
    if profile != "custom":
        mailings.writes_to(profile)
    mailings.send(
        *(opened(email, after_s=second) for email in PEOPLE for second in range(OPENS)),
        clicked(PEOPLE[0]),
        {"email": PEOPLE[1], "kind": "optout"},
    )
    mailings.firm.sandbox.advance(OPENS)
    assert run_mortally(mailings, chance) > 0
    found = mailings.interactions(OBJECTS[profile])
    assert len(found) == len(PEOPLE)
    assert set(created(mailings, OBJECTS[profile]).values()) == {1}
    subject, details = (SUBJECT, DETAILS) if profile == "custom" else ("Subject", "Description")
    results = Counter(one[subject].rpartition(" - ")[2] for one in found)
    assert results == {"Opened": 10, "Clicked": 1, "Unsubscribed": 1}
    assert all(f"Opened {OPENS} times" in one[details] for one in found)
    out = [row for row in mailings.firm.ledger() if row["change"] == "opted_out"]
    assert len(out) == 1
    record = mailings.run()
    assert record.counters["unchanged"] == len(PEOPLE)
