"""A plan is carried out in the same memory however long it is, and what is urgent goes first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from reconciler import in_bulk
from tests.journey.dying import ended_well
from tests.journey.loading import FEW, address, calls, go_in_bulk_early, load
from tests.journey.reconciling import planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

SHORT, LONG = 300, 3_000
MORE_KB = 6_000  # the steps that one plan has more than the other are about 20 MB in Python
ROOT = Path(__file__).parents[2]
RUN = """
WITH made AS (
  INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state)
  VALUES (%(connection_id)s, 'lists', 'apply', 'cli', 'test', app_now(), 'queued')
  RETURNING id),
planned AS (
  INSERT INTO plan (connection_id, origin, run_id, state, made_at)
  SELECT %(connection_id)s, 'reconcile', id, 'applying', app_now() FROM made
  RETURNING id),
steps AS (
  INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, lane,
    detail, facts, reason, state)
  SELECT %(connection_id)s, planned.id, n, 'key ' || n, 'update_contact', 'address',
    'nobody' || n || '@example.org', 3,
    jsonb_build_object('calls', 2, 'body', jsonb_build_object('note', repeat('long ', 200) || n),
      'change', jsonb_build_object('note', jsonb_build_array('', repeat('long ', 200) || n))),
    ''::bytea, 'so that there is one', 'planned'
  FROM planned, generate_series(0, %(count)s - 1) AS n)
SELECT id FROM made
"""


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of the bridge under test, for a process of its own; ask for it before the bridge."""
    made = Fernet.generate_key()
    monkeypatch.setattr(Fernet, "generate_key", lambda: made)
    return made.decode()


def most_memory_kb(firm: Firm, count: int, key: str, folder: Path) -> int:
    """Return the memory that a process needs for a plan about people who are nowhere any more."""
    settings = firm.bridge.installation.settings
    (row,) = firm.bridge.rows(RUN, count=count)
    program = [sys.executable, "-m", "tests.journey.long_plan"]
    done = subprocess.run(  # noqa: S603 -- our own module
        [*program, str(firm.bridge.connection_id), str(row["id"])],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": settings.database_url or "",
            "BRIDGE_KEYS": key,
            "BRIDGE_CLOCK": settings.clock,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ended_well(firm, row["id"])
    return int(done.stdout)


def test_a_plan_ten_times_as_long_needs_no_more_memory(
    key: str, firm: Firm, tmp_path: Path
) -> None:
    short = most_memory_kb(firm, SHORT, key, tmp_path)
    assert most_memory_kb(firm, LONG, key, tmp_path) < short + MORE_KB


def test_an_opt_out_leaves_before_the_bulk_of_a_plan(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_in_bulk_early(monkeypatch)
    monkeypatch.setattr(in_bulk, "BEGIN_IN_A_RUN", FEW)
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": None})
    people = load(firm, firm.new_list(), FEW + 1)
    reconcile(firm)
    for person in people[1:]:
        firm.change(person, Title="Member")
    firm.tick(people[0])
    before = len(calls(firm))
    run(firm, "contacts")
    made = [path.rpartition("/")[2] for method, path in calls(firm)[before:] if method != "GET"]
    contact_id = firm.there(address(0))["contact_id"]
    assert made == [contact_id, "contacts_json_import"]
    assert firm.permission(address(0)) == "unsubscribed"


def test_addresses_that_wait_for_each_other_are_carried_out_together(firm: Firm) -> None:
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": None})
    people = load(firm, firm.new_list(), 6)
    reconcile(firm)
    for number, person in enumerate(people):  # each gets the address that the next one leaves
        firm.change(person, Email=f"{number}@elsewhere.example.org")
    for number, person in enumerate(people):
        firm.change(person, Email=address((number + 1) % len(people)))
    run(firm, "contacts")
    for number in range(len(people)):
        assert firm.there(address((number + 1) % len(people)))["first_name"] == f"Name {number}"
    assert planned(firm, "contacts") == []
