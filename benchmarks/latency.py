"""`make bench-latency`: how soon a save in Salesforce is in Constant Contact, idle and in a flood.

Both sides are the sandbox, with the vendor's limits of calls in force, and the bridge is what
`bridge up` starts. First people are changed one after the other and each change is read back with a
key of its own. Then, once a second, one of the firm's own opt-outs is unticked, while notifications
of people of a large firm arrive as fast as they are accepted; what these ask for competes for the
same calls, and one in a hundred is about the same addresses. An untick takes three of the four
calls that a second has, and its address may be held by somebody else just then.

A wait begins when the receiver opened the transaction that was committed before the Ack, by the
database's clock, and ends when the sandbox received the call: both a little to our disadvantage.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import logging
import sys
import threading
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.firm import LIST, MEMBERSHIP, running_firm, wait_until
from benchmarks.posting import a_message, post_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from benchmarks.firm import Firm

MOST_IDLE_S = 5.0
MOST_TO_FIRST_CALL_S = 1.0
MOST_TO_WRITE_S = 2.0
_EVERY_S = 1.0
_TICKED_TOO = 1.1
"""How many people a firm has for each whose box is clear: the others' first sight is a consent."""
_OK, _TOO_MANY = 200, 429
_LAST_ANSWERED_S = 60.0
_A_MESSAGE = 99
"""Notifications of a message about people; one about a membership of the same addresses follows."""

_ids = itertools.count(1)

_DEPLOY = """
INSERT INTO outbound_definition
  (connection_id, action_id, version, object, fields, in_force_from, lane)
SELECT id, %(action_id)s, 1, %(object)s, %(fields)s, app_now(), %(lane)s FROM connection
RETURNING action_id
"""
_UNTICKS_ACKNOWLEDGED = """
SELECT DISTINCT ON (record_id) record_id, extract(epoch FROM first_received_at)::float8
FROM notification
WHERE consent AND first_received_at > to_timestamp(%(since)s)
ORDER BY record_id, first_received_at
"""


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.latency", description=__doc__)
    parser.add_argument("--saves", type=int, default=40, help="changes with nothing else to do")
    parser.add_argument("--unticks", type=int, default=60, help="unticks, one each second")
    parser.add_argument("--notifications", type=int, default=100_000, help="others, and the firm")
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    with running_firm(str(int(given.notifications * _TICKED_TOO))) as firm:
        definitions = _deploy(firm)
        people = _opted_out(firm, max(given.unticks, 1))
        flood = list(_messages(firm, definitions, people, given.notifications))
        firm.put_limits_in_force()
        idle = [_save_and_read_back(firm, people, number) for number in range(given.saves)]
        waits = _untick_in_a_flood(firm, list(people)[: given.unticks], people, flood)
    held = [_told("save -> read back, idle", idle, 0.95, MOST_IDLE_S)]
    firsts, writes = zip(*waits, strict=True) if waits else ((), ())
    held.append(_told("untick: Ack -> first call", firsts, 0.99, MOST_TO_FIRST_CALL_S))
    held.append(_told("untick: Ack -> write", writes, 0.99, MOST_TO_WRITE_S))
    return 0 if all(held) else 1


def waits_of(
    acknowledged: Mapping[str, float], calls: Sequence[Mapping[str, Any]]
) -> list[tuple[float, float]]:
    """Return the seconds from each Ack to the first call about its contact and to the write.

    Args:
        acknowledged: Constant Contact id of the unticked -> Ack, in seconds since 1970.
        calls: The bridge's calls, oldest first.

    Raises:
        SystemExit: If an untick was never written.

    >>> get, put = ({"method": m, "path": "/v3/contacts/c1", "status": 200} for m in ("GET", "PUT"))
    >>> waits_of({"c1": 10.0}, [get | {"at": 9.0}, get | {"at": 10.5}, put | {"at": 11.0}])
    [(0.5, 1.0)]
    """
    waits: list[tuple[float, float]] = []
    for contact_id, at in acknowledged.items():
        since = [
            call
            for call in calls
            if call["at"] >= at and call["path"] == f"/v3/contacts/{contact_id}"
        ]
        writes = [each["at"] for each in since if each["method"] == "PUT" and each["status"] == _OK]
        if not writes:
            raise SystemExit(f"an untick was not carried out: contact {contact_id}")
        waits.append((since[0]["at"] - at, writes[0] - at))
    return waits


def _deploy(firm: Firm) -> dict[str, dict[str, Any]]:
    """Let the bridge know the org's outbound messages: one fires for consent alone."""
    known = {each["name"]: each for each in firm.control("GET", "/salesforce/definitions")}
    for each in known.values():
        firm.rows(
            _DEPLOY,
            action_id=each["action_id"],
            object=each["object"],
            fields=[] if each["name"].endswith("_Consent") else each["fields"],
            lane=0 if each["name"].endswith("_Consent") else 2,
        )
    time.sleep(1.0)  # the server reads them once a second
    return known


def _opted_out(firm: Firm, count: int) -> dict[str, str]:
    """Return contacts on a list whom the firm has opted out: record id -> Constant Contact id."""
    list_id = firm.save(LIST, Name="Unticked letter")
    people = []
    for number in range(count):
        name = f"Unticked {number}"
        person = firm.save("Contact", LastName=name, Email=f"unticked{number}@example.org")
        membership = {"practifi__Contact__c": person, "practifi__Constant_Contact_List__c": list_id}
        firm.save(MEMBERSHIP, **membership)
        people.append(person)
    firm.come_to_rest()
    for person in people:
        firm.save("Contact", person, HasOptedOutOfEmail=True)
    firm.come_to_rest()
    there = {person: firm.read("Contact", person) for person in people}
    found = {person: str(there[person]["practifi__Constant_Contact_ID__c"]) for person in people}
    if any(_permission(firm, contact_id) != "unsubscribed" for contact_id in found.values()):
        raise SystemExit("somebody was not opted out")
    return found


def _messages(
    firm: Firm, definitions: Mapping[str, Any], people: Iterable[str], count: int
) -> Iterator[bytes]:
    """Yield messages of so many notifications: people of the firm, and memberships in between."""
    contact, member = definitions["CC_Bridge_Contact"], definitions["CC_Bridge_Practifi_Membership"]
    (a_list,) = firm.records(f"SELECT Id FROM {LIST} WHERE Name = 'Unticked letter'")  # noqa: S608
    soql = (
        f"SELECT {','.join(contact['fields'])} FROM Contact"  # noqa: S608
        f" WHERE HasOptedOutOfEmail = false LIMIT {count}"
    )
    others = (each for each in firm.records(soql) if each["Id"] not in people)
    again = itertools.cycle(people)
    for number in range(count // (_A_MESSAGE + 1)):
        yield _message(firm, contact, list(itertools.islice(others, _A_MESSAGE)))
        membership = {
            "Id": f"a0K5gFLOOD{number:08d}",
            "SystemModstamp": "2026-11-03T10:00:01.000Z",
            "practifi__Contact__c": next(again),
            "practifi__Constant_Contact_List__c": a_list["Id"],
        }
        yield _message(firm, member, [membership])


def _message(
    firm: Firm, definition: Mapping[str, Any], records: Iterable[Mapping[str, object]]
) -> bytes:
    return a_message(
        firm.line["organization_id"],
        definition["action_id"],
        definition["object"],
        {
            f"04lFL{next(_ids):010d}AAA": {name: one.get(name) for name in definition["fields"]}
            for one in records
        },
    )


def _save_and_read_back(firm: Firm, people: Mapping[str, str], number: int) -> float:
    """Change one of the people; return the seconds until Constant Contact shows it."""
    person, contact_id = list(people.items())[number % len(people)]
    title = f"Title {number}"
    started = time.perf_counter()
    firm.save("Contact", person, Title=title)
    wait_until(
        lambda: firm.contact_there(contact_id).get("job_title") == title,
        "a change to be read back",
        every_s=0.02,
    )
    return time.perf_counter() - started


def _untick_in_a_flood(
    firm: Firm, unticked: Sequence[str], people: Mapping[str, str], flood: Sequence[bytes]
) -> list[tuple[float, float]]:
    """Untick one each second while the flood arrives; return what each waited for."""
    firm.come_to_rest()
    since = time.time()
    arriving = threading.Thread(target=lambda: asyncio.run(post_all(firm.endpoint, flood)))
    arriving.start()
    started = time.perf_counter()
    for number, person in enumerate(unticked):
        time.sleep(max(0.0, started + number * _EVERY_S - time.perf_counter()))
        firm.save("Contact", person, HasOptedOutOfEmail=False)
    arriving.join()
    took_s = time.perf_counter() - started
    wait_until(
        lambda: all(_permission(firm, people[one]) != "unsubscribed" for one in unticked),
        "everybody to be subscribed again",
        within_s=_LAST_ANSWERED_S,
    )
    (stored,) = firm.rows("SELECT count(*) FROM notification WHERE notification_id ~ '^04lFL'")
    calls = [call for call in firm.calls() if call["at"] >= since]
    print(
        f"{stored[0]:,} notifications of others stored, {took_s:.0f} s; {len(calls)} calls of the "
        f"bridge, {sum(call['status'] == _TOO_MANY for call in calls)} refused as too many",
        flush=True,
    )
    acknowledged = dict(firm.rows(_UNTICKS_ACKNOWLEDGED, since=since))
    missing = set(unticked) - acknowledged.keys()
    if missing:
        raise SystemExit(f"{len(missing)} unticks were not flagged at receipt")
    return waits_of({people[one]: acknowledged[one] for one in unticked}, calls)


def _permission(firm: Firm, contact_id: str) -> str:
    return str(firm.contact_there(contact_id)["email_address"]["permission_to_send"])


def _told(what: str, waits: Sequence[float], part: float, most_s: float) -> bool:
    if not waits:
        return True
    order = sorted(waits)
    reached_s = order[min(len(order) - 1, int(part * len(order)))]
    is_held = reached_s < most_s
    print(
        f"{what}: {len(order)}, p50 {median(order):.2f} s, p{part * 100:.0f} {reached_s:.2f} s, "
        f"most {order[-1]:.2f} s, p{part * 100:.0f} under {most_s:g} s: "
        f"{'held' if is_held else 'MISSED'}",
        flush=True,
    )
    return is_held


if __name__ == "__main__":
    sys.exit(main())
