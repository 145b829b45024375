"""A source that gives far less than before ends the run before it writes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.runs.model import Scope
from reconciler.runs.execute import run_now
from tests.journey.firm import BASE, LIST
from tests.journey.reconciling import planned, run

if TYPE_CHECKING:
    from bridge.runs.model import Job, RunRecord
    from tests.journey.firm import Firm

TWO_NIGHTS: tuple[Job, ...] = ("lists", "contacts", "lists", "contacts")
STATE = """
SELECT (SELECT jsonb_agg(to_jsonb(m) ORDER BY kind, sf_id) FROM practifi_record m) AS here,
  (SELECT jsonb_agg(to_jsonb(c) ORDER BY contact_id) FROM cc_contact c) AS there,
  (SELECT jsonb_agg(to_jsonb(l) ORDER BY list_id) FROM cc_list l) AS lists,
  (SELECT jsonb_agg(to_jsonb(p) ORDER BY id) FROM plan p) AS plans,
  (SELECT jsonb_agg(to_jsonb(r) ORDER BY run_id, source)
   FROM source_read r WHERE read_at IS NOT NULL) AS reads
"""


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def attempt(firm: Firm, job: Job, *, accepts_fewer: bool = False) -> RunRecord:
    """Run a job, however it ends."""
    bridge = firm.bridge
    return run_now(
        bridge.installation, bridge.connection_id, job, scope=Scope(accepts_fewer=accepts_fewer)
    )


def refused(firm: Firm, job: Job) -> str:
    """Run a job that must end before it writes anything; return why it did."""
    before = firm.bridge.rows(STATE), firm.writes()
    record = attempt(firm, job)
    assert (record.state, record.plan_id) == ("failed", None)
    assert (firm.bridge.rows(STATE), firm.writes()) == before
    return record.reason or ""


def everybody(firm: Firm) -> list[str]:
    """Return the ids of all contact records."""
    answer = firm.sandbox.salesforce(
        "GET", BASE.removesuffix("sobjects") + "query", q="SELECT Id FROM Contact ORDER BY Id"
    )
    return [record["Id"] for record in answer.json()["records"]]


def test_a_source_that_gives_nothing_any_more_halts_the_run(deaf: Firm) -> None:
    lists = [deaf.new_list(f"Letter {number}") for number in range(3)]
    run(deaf, "lists")
    for list_id in lists:
        deaf.delete(LIST, list_id)
    reason = refused(deaf, "lists")
    assert "0 of 3 lists in Practifi" in reason
    assert "permission" in reason
    assert "bridge reconcile lists --accept-fewer" in reason


def test_a_source_that_gives_less_than_half_halts_the_run(deaf: Firm) -> None:
    for number in range(20):
        deaf.person(f"person{number}@example.org")
    run(deaf, "contacts")
    people = everybody(deaf)
    gone = max(20, len(people) // 2 + 1)
    for person in people[-gone:]:
        deaf.delete("Contact", person)
    reason = refused(deaf, "contacts")
    assert f"{len(people) - gone} of {len(people)} contacts in Practifi" in reason


def test_the_mirror_tells_what_there_was_before_the_first_run(firm: Firm) -> None:
    lists = [firm.new_list(f"Letter {number}") for number in range(2)]
    firm.settle()
    for list_id in lists:
        firm.delete(LIST, list_id)
    assert "0 of 2 lists in Practifi" in refused(firm, "lists")


def test_another_account_behind_the_connection_halts_the_run(deaf: Firm) -> None:
    run(deaf, "contacts")
    with deaf.bridge.database.transaction() as tx:
        tx.execute("UPDATE source_read SET row_count = 2 * row_count + 40 WHERE source ~ '^cc:'")
    reason = refused(deaf, "contacts")
    assert "contacts in Constant Contact" in reason
    assert "authorised for another account" in reason


def test_a_person_accepts_it_once_and_from_then_on_it_is_what_there_was(deaf: Firm) -> None:
    lists = [deaf.new_list(f"Letter {number}") for number in range(2)]
    run(deaf, "lists")
    for list_id in lists:
        deaf.delete(LIST, list_id)
    assert refused(deaf, "lists")
    assert attempt(deaf, "lists", accepts_fewer=True).state == "done"
    assert planned(deaf, "lists") == []


def test_a_person_may_delete_two_of_three_lists(deaf: Firm) -> None:
    lists = [deaf.new_list(f"Letter {number}") for number in range(3)]
    run(deaf, "lists")
    for list_id in lists[:2]:
        deaf.delete(LIST, list_id)
    run(deaf, "lists")


def test_a_new_firm_without_lists_and_memberships_is_no_alarm(deaf: Firm) -> None:
    for job in TWO_NIGHTS:
        run(deaf, job)


def test_a_list_that_nobody_is_on_is_no_alarm(deaf: Firm) -> None:
    list_id = deaf.new_list("Nobody yet")
    for job in TWO_NIGHTS:
        run(deaf, job)
    there = deaf.sandbox.constant_contact(
        "GET", f"/contact_lists/{deaf.cc_list_id(list_id)}", include_membership_count="all"
    )
    assert there.json()["membership_count"] == 0
