"""`bridge plan` with a job whose pace the test sets: list, show, approve, discard, export."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import pytest
from openapi_schema_validator import OAS31Validator

from bridge.errors import ConfigurationError
from reconciler.plans.cli import main
from reconciler.reconcile_cli import main as reconcile
from reconciler.runs_cli import main as runs
from tests.journey.desk import DEADLINE_S

if TYPE_CHECKING:
    from tests.journey.desk import Desk


@pytest.fixture
def planned(desk: Desk, capsys: pytest.CaptureFixture[str]) -> Desk:
    """A desk where one plan waits, with three steps."""
    reconcile(["lists", "--plan"])
    assert "plan 1 waits: `bridge plan approve 1` carries it out" in capsys.readouterr().err
    return desk


def test_plans_are_listed(planned: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    reconcile(["lists"])
    capsys.readouterr()
    assert main(["list"]) == 0
    heads, newer, older = capsys.readouterr().out.splitlines()
    assert heads.split()[:3] == ["plan", "connection", "job"]
    assert newer.split()[-4:] == ["done", "+1", "~2", "-"]
    assert older.split()[-4:] == ["discarded", "+1", "~2", "-"]
    assert main(["list", "--state", "waiting"]) == 0
    assert capsys.readouterr().out == "nothing was planned\n"
    assert main(["list", "--json"]) == 0
    assert [plan["id"] for plan in json.loads(capsys.readouterr().out)] == [2, 1]
    assert planned.rows("SELECT id FROM run WHERE finished_at IS NULL") == []


@pytest.mark.usefixtures("planned")
def test_a_plan_is_shown_with_numbers_for_its_steps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "plan 1 of firm, lists: waiting"
    assert lines[3:6] == [
        "Lists",
        "  1  ~ change   Letter 0  the name differs",
        "      name: Old 0 -> Letter 0",
    ]
    assert lines[-2:] == [
        "Plan: 1 to add, 2 to change, 0 to remove, 0 opt-outs; about 3 calls.",
        "lists 0 -> 1.",
    ]


PARTS = {
    "--sign add": [2],
    "--step 1 --step 3": [1, 3],
    "--sign change --step 2": [],
    "--state confirmed": [],
}


@pytest.mark.usefixtures("planned")
def test_a_part_of_a_plan_is_shown_and_exported(capsys: pytest.CaptureFixture[str]) -> None:
    for options, numbers in PARTS.items():
        for command in (["show", "1", "--json"], ["export", "1"]):
            assert main([*command, *options.split()]) == 0
            document = json.loads(capsys.readouterr().out)
            assert [step["number"] for step in document["steps"]] == numbers, options
            assert document["plan"]["totals"]["steps"] == 3


@pytest.mark.usefixtures("planned")
def test_an_export_is_by_the_schema_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["export", "--schema"])
    schema = json.loads(capsys.readouterr().out)
    main(["approve", "1", "--step", "1"])
    capsys.readouterr()
    main(["export", "1"])
    document = json.loads(capsys.readouterr().out)
    assert document["plan"]["results"] == {"confirmed": 1, "skipped": 2}
    assert list(OAS31Validator(schema).iter_errors(document)) == []


def test_an_approved_plan_is_carried_out_here_without_being_made_anew(
    planned: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    planned.order(steps=9)
    assert main(["approve", "1", "--by", "ann"]) == 0
    told = capsys.readouterr()
    assert told.out == "Done: 3 confirmed, 0 refused, 0 failed.\n"
    assert "run 2 carries out 3 of 3 steps" in told.err
    assert planned.rows("SELECT state, approved_by FROM plan") == [
        {"state": "done", "approved_by": "ann"}
    ]
    with pytest.raises(ConfigurationError, match="plan 1 does not wait: it is done"):
        main(["approve", "1"])


def test_single_steps_are_approved_and_the_rest_is_skipped(
    planned: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["approve", "1", "--step", "2", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["plan"]["results"] == {"confirmed": 1, "skipped": 2}
    assert planned.rows("SELECT ordinal FROM step WHERE state = 'confirmed'") == [{"ordinal": 1}]


@pytest.mark.parametrize(
    ("end", "code"),
    [pytest.param("refused", 6, id="stale"), pytest.param("failed", 1, id="failed")],
)
def test_the_exit_code_of_an_approval_says_how_it_ended(
    planned: Desk, capsys: pytest.CaptureFixture[str], end: str, code: int
) -> None:
    planned.order(end=end)
    assert main(["approve", "1"]) == code
    out = capsys.readouterr().out
    assert f"  {end}" in out
    otherwise = "A plan made now differs: 0 steps added, 3 dropped, 0 changed.\n"
    assert out.endswith(otherwise) == (end == "refused")


def test_an_approval_is_left_to_a_worker(planned: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["approve", "1", "--detach"]) == 0
    assert capsys.readouterr().out == "3 of 3 steps of plan 1 go to run 2\n"
    assert planned.rows("SELECT state FROM plan") == [{"state": "approved"}]
    worker = planned.start("runs", command="process")
    planned.wait_for("SELECT id FROM plan WHERE state = 'done'")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(DEADLINE_S) == 0


def test_an_approval_that_dies_is_taken_over(
    planned: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    planned.order(until=1)
    first = planned.start("approve", "1", command="plan")
    planned.wait_for("SELECT ordinal FROM step WHERE state = 'confirmed'")
    first.kill()
    first.wait(DEADLINE_S)
    planned.order()
    assert reconcile(["lists"]) == 0
    told = capsys.readouterr()
    assert "the process of run 2 has gone: it is taken over" in told.err
    results = planned.rows("SELECT plan_id, state, count(*) FROM step GROUP BY 1, 2 ORDER BY 1")
    assert [(row["plan_id"], row["state"], row["count"]) for row in results] == [
        (1, "confirmed", 3),
        (2, "confirmed", 3),
    ], "what was approved, and then what was asked for"


def test_an_approval_stops_at_once_and_says_what_was_done(planned: Desk) -> None:
    planned.order(until=1)
    process = planned.start("approve", "1", command="plan")
    planned.wait_for("SELECT ordinal FROM step WHERE state = 'confirmed'")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert "Done: 1 confirmed, 0 refused, 0 failed, 2 skipped." in out


def test_an_approval_whose_calls_are_spent_goes_on_another_day(
    planned: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    planned.order(spent=True)
    assert main(["approve", "1"]) == 5
    assert "run 2 waits: its API calls are spent until" in capsys.readouterr().err
    assert planned.rows("SELECT state FROM plan") == [{"state": "applying"}]
    assert planned.rows("SELECT DISTINCT state FROM step") == [{"state": "planned"}]


def test_a_plan_that_nobody_wants_is_discarded(
    planned: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["discard", "1"]) == 0
    assert capsys.readouterr().out == "plan 1 is discarded\n"
    assert {row["state"] for row in planned.rows("SELECT state FROM step")} == {"skipped"}
    with pytest.raises(ConfigurationError, match="it is discarded"):
        main(["discard", "1"])


def test_a_run_that_waits_is_told_with_a_code_of_its_own_and_cancelled(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.order(kind="delete_list", steps=2)
    assert reconcile(["lists"]) == 4
    told = capsys.readouterr()
    assert "Done:" not in told.out
    assert (
        "run 1 waits: 2 lists would be deleted: `bridge plan approve 1`, or `bridge plan discard`"
    ) in told.err
    assert runs(["cancel", "1"]) == 0
    assert capsys.readouterr().out == "run 1 is cancelled, and plan 1 discarded\n"
    assert desk.rows("SELECT state FROM run") == [{"state": "cancelled"}]


@pytest.mark.usefixtures("planned")
def test_a_later_plan_is_compared_with_an_earlier_one(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.order(steps=2)
    reconcile(["lists", "--plan"])
    capsys.readouterr()
    assert main(["show", "2", "--against", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "plan 1 and, now, plan 2",
        "  Letter 2",
        "      name: planned Old 2 -> Letter 2",
        "            now     nothing",
        "A plan made now differs: 0 steps added, 1 dropped, 0 changed.",
    ]
    assert main(["show", "2", "--against", "1", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)] == ["Letter 2"]
    assert main(["show", "2", "--against", "2"]) == 0
    assert capsys.readouterr().out == "both plans say the same\n"


@pytest.mark.usefixtures("planned")
def test_whoever_approves_a_plan_too_late_is_led_to_the_difference(desk: Desk) -> None:
    desk.order(steps=2)
    reconcile(["lists", "--plan"])
    with pytest.raises(ConfigurationError, match="`bridge plan show 2 --against 1` shows what"):
        main(["approve", "1"])


WRONG_USE = (
    ["show", "9"],
    ["export"],
    ["approve", "1", "--only", "contact:003000000000001"],
    ["approve", "1", "--step", "9"],
    ["list", "--connection", "nobody"],
    ["undo", "1"],
)


@pytest.mark.usefixtures("planned")
def test_wrong_use_is_refused_and_leaves_the_plan_waiting(desk: Desk) -> None:
    for arguments in WRONG_USE:
        with pytest.raises(ConfigurationError):
            main(arguments)
    assert desk.rows("SELECT state FROM plan") == [{"state": "waiting"}]
