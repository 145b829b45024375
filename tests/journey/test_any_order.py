"""Messages in any order, repeated, taken up by several workers: the end is that of the saves."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias

import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.journey.telling import tell, told_by, working

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journey.firm import Firm

EXAMPLES = 8
PEOPLE = 3

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
        bodies = told_by(firm, lambda: _save(firm, people, other, saves))
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


def _deliver_shuffled(firm: Firm, bodies: list[bytes], chance: random.Random) -> None:
    """Send each message one to five times, in any order, while workers take up what has come."""
    sent = [body for body in bodies for _ in range(chance.randint(1, 5))]
    chance.shuffle(sent)
    with working(firm) as failures, requests.Session() as session:
        for body in sent:
            assert tell(firm, session, body).ok
    assert failures == []


def _judge(firm: Firm, address: str, person: str) -> None:
    """Compare what is there with the record as it is saved now."""
    record, there = firm.record("Contact", person), firm.there(address)
    assert there.get("first_name") == record["FirstName"]
    is_out = there["email_address"]["permission_to_send"] == "unsubscribed"
    assert is_out == record["HasOptedOutOfEmail"]
