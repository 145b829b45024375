"""A mapping that comes into force: whom it changes, who is asked, and what goes on meanwhile."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from bridge.connections.store import load_connection
from bridge.edits.put_to_work import AtWork, put_to_work
from bridge.mapping.compiled import read_files
from bridge.runs.model import Scope
from reconciler.runs.execute import run_now
from tests.fix_bridge import MAPPINGS
from tests.journey.planning import approve, plan_of
from tests.journey.reconciling import reconcile, run

if TYPE_CHECKING:
    from bridge.mapping.versions import AppliesTo
    from bridge.runs.model import RunRecord
    from tests.journey.firm import Firm

MANY = 22
LAST = "last_name: {from: LastName, transform: [squeeze]"
TIMES = 20


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def put(firm: Firm, step: str, applies_to: AppliesTo = "all") -> AtWork:
    """Put the shipped mapping to work with one more step for last names."""
    files = read_files(MAPPINGS)
    more = f", {step}" if step else ""
    text = files["contact.yaml"].replace(LAST, LAST.replace("]", f"{more}]"))
    with firm.bridge.database.transaction() as tx:
        return put_to_work(
            tx,
            load_connection(tx, firm.bridge.connection.name),
            {**files, "contact.yaml": text},
            by="ada",
            origin="files",
            applies_to=applies_to,
        )


def night(firm: Firm) -> RunRecord:
    bridge = firm.bridge
    return run_now(
        bridge.installation, bridge.connection_id, "contacts", scope=Scope(extent="full")
    )


def test_a_plan_by_another_mapping_waits_every_night_until_somebody_approves_it(
    deaf: Firm,
) -> None:
    letter = deaf.new_list()
    people = [f"person{number:02}@example.org" for number in range(MANY)]
    for address in people:
        deaf.member(address, letter)
    reconcile(deaf)
    done = put(deaf, "upper")
    assert done.run_id is not None
    first, found = night(deaf), night(deaf)
    for one in (first, found):
        assert plan_of(deaf, one).totals["held"] == ["mapping"]
    assert found.state == "waiting"
    assert (found.reason or "").startswith("22 of ")
    assert deaf.there(people[0])["last_name"] == "Moran"
    assert approve(deaf, plan_of(deaf, found)).state == "done"
    assert {deaf.there(address)["last_name"] for address in people} == {"MORAN"}
    assert plan_of(deaf, run(deaf, "contacts", extent="full")).totals["steps"] == 0


def test_new_changes_only_outlives_the_nights(deaf: Firm) -> None:
    letter = deaf.new_list()
    ada, ben = (deaf.member(f"{name}@example.org", letter) for name in ("ada", "ben"))
    reconcile(deaf)
    deaf.sandbox.advance(5.0)
    assert put(deaf, "upper", "new").run_id is None
    reconcile(deaf)
    assert deaf.there("ada@example.org")["last_name"] == "Moran"
    deaf.sandbox.advance(5.0)
    deaf.change(ben, FirstName="Ben")
    reconcile(deaf)
    assert deaf.there("ben@example.org")["last_name"] == "MORAN"
    deaf.change(ada, Title="Dr")
    reconcile(deaf)
    assert deaf.there("ada@example.org")["last_name"] == "MORAN"


def test_every_message_is_decided_by_one_version_while_versions_change(firm: Firm) -> None:
    letter = firm.new_list()
    firm.bridge.settle()
    steps = ["", "upper", "lower"]
    activating = threading.Thread(
        target=lambda: [put(firm, steps[number % 3], "new") for number in range(TIMES)]
    )
    activating.start()
    people = []
    for number in range(8):
        people.append(f"person{number}@example.org")
        firm.member(people[-1], letter, LastName="Lovelace", Title="Dr")
        firm.bridge.settle()
    activating.join()
    firm.bridge.settle()
    by_version = {0: "Lovelace", 1: "LOVELACE", 2: "lovelace"}
    for address in people:
        there = firm.there(address)
        assert (there["last_name"], there["job_title"]) in {
            (name, "Dr") for name in by_version.values()
        }
    rows = firm.bridge.rows(
        "SELECT detail->'body'->>'last_name' AS name, mapping_version_id AS version FROM step"
        " WHERE kind = 'create_contact'"
    )
    assert len(rows) == len(people)
    assert not firm.bridge.rows("SELECT FROM notification WHERE state IN ('dead', 'received')")
    assert all(row["name"] == by_version[row["version"] - 1] for row in rows), rows
