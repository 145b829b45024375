"""A run that reads only what changed finds what changed, and asks for no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.plans.steps import all_steps
from bridge.salesforce.changes import read_changed
from reconciler.runs import extent
from reconciler.runs.context import Watcher
from reconciler.snapshot import practifi_changes
from tests.journey.dying import ask, die_before_each_page_is_kept, make_pages_small, run_mortally
from tests.journey.firm import MEMBERSHIP
from tests.journey.loading import calls
from tests.journey.reconciling import kinds, reconcile, run

if TYPE_CHECKING:
    from bridge.plans.model import StoredStep
    from bridge.runs.model import RunRecord
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"
A_MINUTE_S = 60.0


@pytest.fixture
def agreed(firm: Firm) -> tuple[Firm, str, str]:
    """A firm an hour after a full run, whose bridge is deaf since; a list, and Ada on it."""
    client = firm.create("Account", Name="Moran Household")
    list_id = firm.new_list("Letter")
    ada = firm.member(ADA, list_id, FirstName="Ada", AccountId=client)
    firm.settle()
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    reconcile(firm)
    firm.sandbox.advance(60 * A_MINUTE_S)
    return firm, list_id, ada


def changes(firm: Firm) -> RunRecord:
    """Run contacts by what changed."""
    record = run(firm, "contacts", extent="incremental")
    assert (record.extent, record.notes) == ("incremental", [])
    return record


def steps(firm: Firm, record: RunRecord) -> list[StoredStep]:
    with firm.bridge.database.transaction() as tx:
        return all_steps(tx, firm.bridge.connection_id, record.plan_id or 0)


def test_where_nothing_changed_a_night_costs_three_calls(agreed: tuple[Firm, str, str]) -> None:
    firm, _, _ = agreed
    changes(firm)  # its own writes of the run before
    firm.sandbox.advance(60 * A_MINUTE_S)
    before = len(calls(firm))
    assert changes(firm).totals["steps"] == 0
    assert calls(firm)[before:] == [
        ("GET", "/v3/contact_lists"),
        ("GET", "/v3/contacts"),
        ("GET", "/v3/contacts"),
    ]


def test_a_change_in_practifi_is_found(agreed: tuple[Firm, str, str]) -> None:
    firm, list_id, ada = agreed
    firm.change(ada, FirstName="Augusta")
    firm.member(BEN, list_id)
    changes(firm)
    assert firm.there(ADA)["first_name"] == "Augusta"
    assert firm.lists_of(BEN) == {firm.cc_list_id(list_id)}


def test_a_change_of_the_client_is_a_change_of_its_people(agreed: tuple[Firm, str, str]) -> None:
    firm, _, ada = agreed
    client = firm.record("Contact", ada)["AccountId"]
    firm.save("Account", client, Name="Moran-Hill Household")
    (step,) = steps(firm, changes(firm))
    assert step.subject_key == ADA
    assert firm.there(ADA)["company_name"] == "Moran-Hill Household"


def test_a_deleted_person_and_a_deleted_membership_leave_the_list(
    agreed: tuple[Firm, str, str],
) -> None:
    firm, list_id, ada = agreed
    membership = firm.join(firm.person(BEN), list_id)
    firm.member("cleo@example.org", list_id)
    changes(firm)
    firm.delete(MEMBERSHIP, membership)
    firm.delete("Contact", ada)
    changes(firm)
    assert firm.lists_of(ADA) == firm.lists_of(BEN) == set()


def test_what_people_did_there_is_seen(agreed: tuple[Firm, str, str]) -> None:
    firm, list_id, _ = agreed
    firm.member(BEN, list_id)
    changes(firm)
    firm.sandbox.advance(60 * A_MINUTE_S)
    firm.put(firm.there(ADA), first_name="Typo")
    firm.unsubscribes(BEN)
    changes(firm)
    assert firm.there(ADA)["first_name"] == "Ada"
    assert [row["change"] for row in firm.ledger() if row["acted_by"] == "person"] == ["opted_out"]


def test_whom_no_page_showed_is_not_taken_for_gone(agreed: tuple[Firm, str, str]) -> None:
    firm, _, _ = agreed
    alive = (
        "SELECT kind, count(*) AS count FROM practifi_record WHERE deleted_at IS NULL GROUP BY 1"
    )
    there = "SELECT count(*) AS count FROM cc_contact"
    before = firm.bridge.rows(alive), firm.bridge.rows(there)
    changes(firm)
    assert (firm.bridge.rows(alive), firm.bridge.rows(there)) == before


def test_what_a_plan_only_showed_is_found_again(agreed: tuple[Firm, str, str]) -> None:
    firm, _, ada = agreed
    firm.change(ada, FirstName="Augusta")
    shown = run(firm, "contacts", "plan", extent="incremental")
    firm.sandbox.advance(60 * A_MINUTE_S)
    again = changes(firm)
    assert kinds(steps(firm, shown)) == kinds(steps(firm, again)) == [("update_contact", ADA)]


@pytest.mark.parametrize(
    ("late_by_s", "is_seen"),
    [
        pytest.param(9 * A_MINUTE_S, True, id="within the overlap"),
        pytest.param(11 * A_MINUTE_S, False, id="later than any transaction takes"),
    ],
)
def test_what_shows_late_with_an_earlier_stamp_is_read_by_the_next_run(
    agreed: tuple[Firm, str, str],
    monkeypatch: pytest.MonkeyPatch,
    late_by_s: float,
    is_seen: bool,  # noqa: FBT001 -- a case of a table
) -> None:
    firm, list_id, _ = agreed
    ben = firm.member(BEN, list_id)
    firm.sandbox.advance(late_by_s)

    def before_the_commit(*arguments: Any, **named: Any) -> Any:
        found = read_changed(*arguments, **named)
        return [record for record in found if ben not in record.values()]

    with monkeypatch.context() as patched:
        patched.setattr(practifi_changes, "read_changed", before_the_commit)
        assert changes(firm).totals["steps"] == 0
    changes(firm)
    assert bool(firm.all_there(BEN)) is is_seen
    run(firm, "contacts", extent="full")
    assert firm.lists_of(BEN) == {firm.cc_list_id(list_id)}


def test_many_changes_of_one_second_come_by_pages_and_survive_who_reads_them(
    agreed: tuple[Firm, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, list_id, _ = agreed
    emails = [f"person{number}@example.org" for number in range(11)]
    for email in emails:
        firm.member(email, list_id)
    make_pages_small(monkeypatch)
    monkeypatch.setattr(practifi_changes, "RECORDS_A_PAGE", 3)
    deaths = die_before_each_page_is_kept(monkeypatch)
    run_id = ask(firm, "contacts", "incremental")
    died = run_mortally(firm, "contacts", lambda: (firm.bridge.database, Watcher()), run_id=run_id)
    assert died == len(deaths) > 8
    assert all(firm.lists_of(email) == {firm.cc_list_id(list_id)} for email in emails)


def test_a_firm_that_costs_many_pages_is_read_by_its_changes_all_week(
    agreed: tuple[Firm, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, _, _ = agreed
    assert run(firm, "contacts").extent == "full", "it is cheap"
    monkeypatch.setattr(extent, "CHEAP_CALLS", 0)
    found = []
    for _ in range(8):
        firm.sandbox.advance(24 * 60 * A_MINUTE_S)
        found.append(run(firm, "contacts").extent)
    assert found == ["incremental"] * 6 + ["full", "incremental"]
    assert run(firm, "lists").extent == "full"


def test_without_a_full_run_everything_is_read_whatever_was_asked(firm: Firm) -> None:
    record = run(firm, "contacts", extent="incremental")
    assert record.extent == "full"
    assert record.notes == ["everything is read: no run has read everything yet"]
