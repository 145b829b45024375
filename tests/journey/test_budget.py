"""The day's calls run out and nothing fails: it waits, goes on by itself, and opt-outs still go."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bridge.constant_contact.allowance import Limits
from bridge.constant_contact.spending import read_spending, set_limits
from bridge.delivery.work import CONSENT, WEBHOOK
from bridge.delivery.write_back import write_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journey.firm import Firm

A_DAY = Limits(per_day=200, consent_reserve=30, interactive_reserve=10, webhook_reserve=10)
SUBJECTS_A_DAY = A_DAY.ceiling(WEBHOOK) // 2  # each is read and written
OTHER_READS = 8  # what two days may read beside: the custom fields, and once for each new day


def limit(firm: Firm, limits: Limits) -> None:
    """Let both sides count: the vendor by the day alone, the bridge without a pace."""
    body = {"per_second": 1_000_000, "per_day": limits.per_day}
    firm.sandbox.control("PUT", "/constant-contact/limits", body)
    with firm.bridge.database.transaction() as tx:
        [spending] = read_spending(tx)
        set_limits(tx, spending.application_id, limits)
        tx.execute("UPDATE api_application SET gap_ms = 0")


def to_midnight(firm: Firm) -> None:
    """Move to a little before the next UTC day."""
    [row] = firm.bridge.rows(
        "SELECT extract(epoch FROM (date_trunc('day', app_now() AT TIME ZONE 'UTC')"
        " + interval '1 day') AT TIME ZONE 'UTC' - app_now())::float AS left_s"
    )
    firm.sandbox.advance(row["left_s"] - 60)


def work(firm: Firm, *, patience_s: float = 0) -> None:
    """Let the bridge do what it can now, and what is due within so many seconds."""
    firm.bridge.receive()
    while (wait_s := firm.bridge.wait_s()) is not None and wait_s <= patience_s:
        if wait_s:
            firm.sandbox.advance(wait_s)
        firm.bridge.triage()
        firm.bridge.deliver()
        write_back(firm.bridge.installation)
        firm.bridge.receive()


def backlog(firm: Firm) -> int:
    with firm.bridge.database.transaction() as tx:
        [spending] = read_spending(tx)
    return sum(spending.backlog.values())


def refusals(firm: Firm) -> Counter[str]:
    return Counter(
        call["path"]
        for call in firm.sandbox.calls("constant_contact")
        if call["owner"] == "bridge" and call["status"] == 429
    )


def failures(firm: Firm) -> list[dict[str, object]]:
    """Return whatever counts as failed: attempts, dead letters, subjects given up."""
    return firm.bridge.rows(
        "SELECT key, attempts, blocked_reason FROM work"
        " WHERE attempts > 0 OR blocked_reason IS NOT NULL"
        " UNION ALL"
        " SELECT record_id, attempts, reason FROM notification WHERE attempts > 0 OR state = 'dead'"
    )


def people(firm: Firm, count: int) -> list[str]:
    firm.to_evening()
    letter = firm.new_list()
    found = [firm.member(f"person{number}@example.org", letter) for number in range(count)]
    firm.settle()
    return found


def test_too_many_calls_in_a_second_back_off_and_go_on(firm: Firm) -> None:
    [person] = people(firm, 1)
    firm.sandbox.faults({"side": "constant_contact", "kind": "throttled", "times": 4})
    firm.change(person, FirstName="Ada")
    work(firm)
    assert firm.there("person0@example.org").get("first_name") is None
    assert firm.bridge.rows("SELECT record_id FROM notification WHERE state = 'dead'") == []
    firm.settle()
    assert firm.there("person0@example.org")["first_name"] == "Ada"
    assert sum(refusals(firm).values()) == 4


@pytest.mark.parametrize("who", ["the vendor", "the bridge"])
def test_a_spent_day_fails_nothing_and_goes_on_at_midnight_by_itself(firm: Firm, who: str) -> None:
    staff = people(firm, 3)
    if who == "the vendor":
        firm.sandbox.faults({"side": "constant_contact", "kind": "quota", "times": 1})
    else:
        limit(firm, A_DAY)
        firm.bridge.rows("UPDATE api_application SET used = 160 RETURNING id")
    for person in staff:
        firm.change(person, FirstName="Ada")
    work(firm)
    to_midnight(firm)
    before = len(firm.sandbox.calls("constant_contact"))
    work(firm)
    assert len(firm.sandbox.calls("constant_contact")) == before
    assert backlog(firm) == 3
    assert failures(firm) == []
    firm.sandbox.advance(61)
    work(firm)
    assert backlog(firm) == 0
    assert all(firm.there(f"person{number}@example.org")["first_name"] for number in range(3))


def test_an_opt_out_goes_on_a_day_whose_other_calls_are_spent(firm: Firm) -> None:
    first, second = people(firm, 2)
    limit(firm, A_DAY)
    firm.bridge.rows("UPDATE api_application SET used = 170 RETURNING id")
    firm.change(first, FirstName="Ada")
    firm.tick(second)
    work(firm)
    assert firm.permission("person1@example.org") == "unsubscribed"
    assert firm.there("person0@example.org").get("first_name") is None


@pytest.fixture
def swapped(firm: Firm) -> tuple[str, str]:
    """Two people who have swapped their addresses on a day whose other calls are spent."""
    first, second = people(firm, 2)
    limit(firm, A_DAY)
    firm.bridge.rows("UPDATE api_application SET used = 160 RETURNING id")
    firm.change(first, Email="person1@example.org", FirstName="Ada")
    firm.change(second, Email="person0@example.org", FirstName="Bert")
    work(firm)
    return first, second


@pytest.mark.usefixtures("swapped")
def test_two_people_who_swapped_addresses_ask_nobody_until_the_day_is_over(firm: Firm) -> None:
    to_midnight(firm)
    wait_s = firm.bridge.wait_s()
    assert wait_s is not None
    assert wait_s > 50
    firm.sandbox.advance(61)
    firm.settle()
    assert firm.there("person1@example.org")["first_name"] == "Ada"
    assert firm.there("person0@example.org")["first_name"] == "Bert"


@pytest.mark.parametrize("who", [0, 1])
def test_an_opt_out_waits_for_nobody_who_swapped_addresses(
    firm: Firm, swapped: tuple[str, str], who: int
) -> None:
    firm.tick(swapped[who])
    work(firm)
    assert firm.permission(f"person{1 - who}@example.org") == "unsubscribed"
    to_midnight(firm)
    firm.sandbox.advance(61)
    firm.settle()
    assert firm.permission(f"person{1 - who}@example.org") == "unsubscribed"
    assert firm.permission(f"person{who}@example.org") == "implicit"


def test_whoever_waits_for_another_address_goes_on_as_soon_as_that_is_done(
    firm: Firm, swapped: tuple[str, str]
) -> None:
    firm.bridge.rows("UPDATE api_application SET used = 0, paused_until = NULL RETURNING id")
    firm.change(swapped[1], FirstName="Berta")  # whose new address goes first
    work(firm)
    assert backlog(firm) == 0
    assert firm.there("person1@example.org")["first_name"] == "Ada"


def test_each_call_counts_in_the_lane_of_what_it_is_for(firm: Firm) -> None:
    person, _ = people(firm, 2)
    firm.tick(person)
    firm.settle()
    with firm.bridge.database.transaction() as tx:
        [spending] = read_spending(tx)
    [user] = spending.users
    made = [call for call in firm.sandbox.calls("constant_contact") if call["owner"] == "bridge"]
    assert set(user.used) == {CONSENT, WEBHOOK}
    assert spending.used == sum(user.used.values()) == len(made)


def test_the_limit_of_salesforce_spends_no_day_of_constant_contact(firm: Firm) -> None:
    [person] = people(firm, 1)
    firm.tick(person)
    work(firm)
    firm.sandbox.faults({"side": "salesforce", "kind": "quota", "path": "/query"})
    firm.untick(person)
    work(firm)
    [waiting] = firm.bridge.waiting()
    assert "Salesforce: the organization's API calls" in waiting["reasons"][0]
    with firm.bridge.database.transaction() as tx:
        [spending] = read_spending(tx)
    assert spending.paused_until is None


def test_for_weeks_no_call_is_one_too_many_and_the_backlog_is_what_the_limit_makes_it(
    firm: Firm, scaled: Callable[[int], int]
) -> None:
    """On some days more changes than the day has calls for, on others fewer: it catches up."""
    letter = firm.new_list()
    firm.settle()
    to_midnight(firm)
    firm.sandbox.advance(61)
    limit(firm, A_DAY)
    staff: list[str] = []
    left = 0
    for day in range(scaled(2)):
        changes = (90, 60, 95, 50, 88, 40)[day % 6]
        for person in staff[:changes]:
            firm.change(person, FirstName=f"Day {day}")
        staff += [
            firm.member(f"person{number}@example.org", letter)
            for number in range(len(staff), changes)
        ]
        work(firm)
        left = max(0, left + changes - SUBJECTS_A_DAY)
        assert left <= backlog(firm) <= left + OTHER_READS
        address = f"leaver{day}@example.org"
        leaver = firm.person(address)
        firm.post("/contacts", email_address={"address": address}, create_source="Account")
        firm.tick(leaver)
        work(firm, patience_s=5)
        assert firm.permission(address) == "unsubscribed"
        to_midnight(firm)
        firm.sandbox.advance(61)
        work(firm)
    assert refusals(firm) == Counter()
    assert failures(firm) == []
