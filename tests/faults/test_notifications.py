"""Notifications come at once, again and in any order: each is there once, and the end is right."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.faults.demand import compare
from tests.faults.reading import read_practifi, read_there
from tests.journey.telling import tell, told_by, working

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Iterator

    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

pytestmark = pytest.mark.timeout(3600)

AT_ONCE = 50
PEOPLE = 50
SAVES = 100  # of each person; with those of consent, 100,000 notifications at a scale of 17
FEW_SAVES = 40  # at a scale of 1
MOST_A_MESSAGE = 100
COLLECTIONS = "/services/data/v66.0/composite/sobjects"

NOTIFICATION = re.compile(rb"<Notification>.*?</Notification>", re.DOTALL)
ID = re.compile(rb"<Notification>\s*<Id>(\w+)</Id>")
ACKNOWLEDGED = b"<Ack>true</Ack>"
KNOWN = "SELECT notification_id, times_received FROM notification WHERE origin = 'message'"


def test_fifty_requests_at_once_with_one_notification_have_one_effect(
    firm: Firm, tally: Tally
) -> None:
    letter = firm.new_list()
    firm.settle()
    bodies = told_by(firm, lambda: _ignore(firm.member("ada@example.org", letter)))
    sent = bodies * AT_ONCE
    with ThreadPoolExecutor(AT_ONCE) as pool, requests.Session() as session:
        session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=AT_ONCE))
        answers = list(pool.map(lambda body: tell(firm, session, body).content, sent))
    accepted = firm.bridge.rows(KNOWN)
    firm.settle()
    there = firm.all_there("ada@example.org")
    tally(
        "one notification, 50 requests at once",
        tried=len(sent),
        survived=sum(ACKNOWLEDGED in answer for answer in answers),
        accepted=len(accepted),
        doubled=len(there) - 1,
    )
    assert all(ACKNOWLEDGED in answer for answer in answers)
    assert Counter(_ids(sent)) == _told(accepted)
    assert [one["list_memberships"] for one in there] == [[firm.cc_list_id(letter)]]
    assert len([path for _, path in firm.writes() if path.endswith("/contacts")]) == 1


def test_notifications_one_to_five_times_and_shuffled_are_all_there_once(
    firm: Firm,
    plan: random.Random,
    scaled: Callable[[int], int],
    tally: Tally,
    caplog: pytest.LogCaptureFixture,
) -> None:
    letter = firm.new_list()
    people = [firm.member(f"person{number}@example.org", letter) for number in range(PEOPLE)]
    firm.settle()
    saves = FEW_SAVES if scaled(2) == 2 else scaled(SAVES)
    bodies = told_by(firm, lambda: _save_all(firm, people, plan, saves))
    sent = list(_shuffled(bodies, plan))
    with working(firm, batch=1_000) as failures, requests.Session() as session:
        answers = [tell(firm, session, body).content for body in sent]
    firm.settle()
    refused = [vars(one)["error"] for one in caplog.records if one.name == "bridge.inbox.commit"]
    accepted = _told(firm.bridge.rows(KNOWN))
    acknowledged = Counter(
        _ids(body for body, answer in zip(sent, answers, strict=True) if ACKNOWLEDGED in answer)
    )
    found = compare(read_practifi(firm.sandbox), read_there(firm.sandbox))
    tally(
        "notifications, 1 to 5 times, shuffled",
        tried=len(acknowledged),
        survived=len(acknowledged.keys() & accepted.keys()),
        accepted=len(accepted),
        acts=len(sent),
        lost=len(acknowledged.keys() - accepted.keys()),
        doubled=len(found.doubled),
        wrong=len(found.wrong),
    )
    assert (failures, refused) == ([], [])
    assert accepted.keys() == set(_ids(bodies))
    assert acknowledged == accepted
    assert found.wrong == []


def _save_all(firm: Firm, people: list[str], plan: random.Random, times: int) -> None:
    """Save everybody again and again; each save changes something, now and then the box."""
    for turn in range(times):
        records = [
            {
                "attributes": {"type": "Contact"},
                "id": person,
                "FirstName": f"Name {turn}",
                "HasOptedOutOfEmail": plan.random() < 0.1,
            }
            for person in people
        ]
        answer = firm.sandbox.salesforce("PATCH", COLLECTIONS, {"records": records})
        assert all(each["success"] for each in answer.json()), answer.text


def _shuffled(bodies: list[bytes], plan: random.Random) -> Iterator[bytes]:
    """Put each notification one to five times into messages of any length, in any order."""
    by_head: defaultdict[tuple[bytes, bytes], list[bytes]] = defaultdict(list)
    for body in bodies:
        found = NOTIFICATION.findall(body)
        head, _, rest = body.partition(found[0])
        by_head[head, rest.rpartition(found[-1])[2] or rest].extend(found)
    messages = []
    for (head, tail), notifications in by_head.items():
        copies = [one for one in notifications for _ in range(plan.randint(1, 5))]
        plan.shuffle(copies)
        while copies:
            count = plan.randint(1, MOST_A_MESSAGE)
            messages.append(head + b"".join(copies[:count]) + tail)
            del copies[:count]
    plan.shuffle(messages)
    yield from messages


def _ids(bodies: Iterable[bytes]) -> list[str]:
    return [found.decode() for body in bodies for found in ID.findall(body)]


def _told(rows: list[dict[str, Any]]) -> Counter[str]:
    """Return how often each notification was told, as the inbox has it."""
    return Counter({str(row["notification_id"]): row["times_received"] for row in rows})


def _ignore(_: object) -> None:
    """Make a save out of an act that answers something."""
