"""Subjects that are settled together: what befalls one of them stays with it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from bridge.bootstrap import Installation
from bridge.delivery import attempt, watch
from bridge.delivery.deliver import deliver_slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from bridge.connections.model import Connection
    from bridge.constant_contact.client import ConstantContact
    from tests.journey.firm import Firm

ADDRESSES = [f"person{number}@example.org" for number in range(4)]
LAST = ADDRESSES[-1]
OTHER_LANES = range(1, 5)
LEASE_S = 60


class Killed(BaseException):
    """The process is no more."""


@dataclass(frozen=True, kw_only=True)
class InterruptedInstallation(Installation):
    """An installation in which something happens before one of its calls to Constant Contact."""

    before: dict[int, Callable[[], object]]

    def constant_contact(
        self, connection: Connection, take_slot: Callable[[], AbstractContextManager[None]]
    ) -> ConstantContact:
        """Return a client that counts its calls."""
        calls = iter(range(1, 1000))

        @contextmanager
        def count_and_take() -> Iterator[None]:
            self.before.pop(next(calls), lambda: None)()
            with take_slot():
                yield

        return super().constant_contact(connection, count_and_take)


@pytest.fixture
def people(firm: Firm) -> list[str]:
    """Four people who are on a list and were saved again: each is read and written, all at once."""
    letter = firm.new_list()
    found = [firm.member(address, letter) for address in ADDRESSES]
    firm.settle()
    for person in found:
        firm.change(person, FirstName="Ada")
    firm.bridge.receive()
    firm.bridge.triage()
    return found


@pytest.fixture(autouse=True)
def _looks_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call looks for itself: what happens between two calls of a test takes no time."""
    monkeypatch.setattr(watch, "_SEEN_S", 0.0)


def deliver(firm: Firm, *, before: dict[int, Callable[[], object]]) -> list[str]:
    """Deliver once, with interruptions by the number of the call; return the addresses written."""
    seen = len(firm.writes())
    own = InterruptedInstallation(**vars(firm.bridge.installation), before=before)
    deliver_slice(own, OTHER_LANES, until=time.monotonic() + 10)
    assert own.before == {}
    return written(firm, seen)


def written(firm: Firm, seen: int) -> list[str]:
    """Return the addresses of the contacts that were written since so many writes."""
    by_id = {firm.there(address)["contact_id"]: address for address in ADDRESSES}
    return sorted(by_id[path.rpartition("/")[2]] for _, path in firm.writes()[seen:])


def named_ada(firm: Firm) -> list[str]:
    return [one for one in ADDRESSES if firm.there(one).get("first_name") == "Ada"]


def test_they_are_read_first_and_then_written(firm: Firm, people: list[str]) -> None:
    before = len(firm.sandbox.calls("constant_contact"))
    deliver_slice(firm.bridge.installation, OTHER_LANES, until=time.monotonic() + 10)
    calls = firm.sandbox.calls("constant_contact")[before:]
    assert [call["method"] for call in calls] == ["GET"] * len(people) + ["PUT"] * len(people)
    assert named_ada(firm) == ADDRESSES


def test_no_further_one_is_begun_with_once_the_time_is_over(
    firm: Firm, people: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "_AT_ONCE_S", 0.0)
    before = len(firm.sandbox.calls("constant_contact"))
    deliver_slice(firm.bridge.installation, OTHER_LANES, until=time.monotonic() + 10)
    calls = firm.sandbox.calls("constant_contact")[before:]
    assert [call["method"] for call in calls] == ["GET", "PUT"] * len(people)


def test_one_that_consent_wants_is_given_back_before_its_next_call(
    firm: Firm, people: list[str]
) -> None:
    def tick() -> None:
        firm.sandbox.advance(2)  # stamps are whole seconds: it shall be later than the save
        firm.tick(people[-1])
        firm.bridge.receive()
        firm.bridge.triage()

    assert deliver(firm, before={6: tick}) == ADDRESSES[:-1]
    firm.settle()
    assert firm.permission(LAST) == "unsubscribed"
    assert named_ada(firm) == ADDRESSES


@pytest.mark.usefixtures("people")
def test_a_lost_lease_loses_only_itself(firm: Firm) -> None:
    def lose() -> None:
        firm.bridge.rows(
            "UPDATE work SET lease_token = gen_random_uuid(), "
            "lease_until = app_now() + interval '1 minute' WHERE key = %(key)s RETURNING key",
            key=LAST,
        )

    assert deliver(firm, before={5: lose}) == ADDRESSES[:-1]
    firm.sandbox.advance(LEASE_S + 1)
    firm.settle()
    assert named_ada(firm) == ADDRESSES


@pytest.mark.usefixtures("people")
def test_a_call_that_fails_is_one_subjects_matter(firm: Firm) -> None:
    fault = {"side": "constant_contact", "method": "PUT", "kind": "error_500", "times": 1}
    firm.sandbox.faults(fault)
    deliver(firm, before={})
    assert len(named_ada(firm)) == len(ADDRESSES) - 1
    firm.settle()
    assert named_ada(firm) == ADDRESSES


@pytest.mark.parametrize("call", range(1, 9))
@pytest.mark.usefixtures("people")
def test_each_is_written_once_wherever_the_process_dies(firm: Firm, call: int) -> None:
    def die() -> None:
        raise Killed

    seen = len(firm.writes())
    with pytest.raises(Killed):
        deliver(firm, before={call: die})
    firm.sandbox.advance(LEASE_S + 1)
    firm.settle()
    assert named_ada(firm) == ADDRESSES
    assert written(firm, seen) == ADDRESSES


@pytest.mark.parametrize("new", ["a.moved@example.org", "z.moved@example.org"])
def test_a_contact_moves_though_both_its_addresses_are_taken_together(firm: Firm, new: str) -> None:
    person = firm.member("moving@example.org", firm.new_list())
    firm.settle()
    firm.change(person, Email=new)
    firm.bridge.receive()
    firm.bridge.triage()
    deliver_slice(firm.bridge.installation, OTHER_LANES, until=time.monotonic() + 10)
    assert firm.all_there("moving@example.org") == []
    assert len(firm.lists_of(new)) == 1
