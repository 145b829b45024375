"""`bridge reconcile` with a job whose pace the test sets: plan, apply, attach, stop, take over."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError
from reconciler.reconcile_cli import main
from reconciler.runs_cli import main as runs
from tests.journey.desk import DEADLINE_S

if TYPE_CHECKING:
    from tests.journey.desk import Desk


def test_a_plan_is_printed_and_nothing_is_done(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lists", "--plan"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Lists",
        "  ~ change   Letter 0  the name differs",
        "      name: Old 0 -> Letter 0",
        "  + add      Letter 1  the name differs",
        "      name: Old 1 -> Letter 1",
        "  ~ change   Letter 2  the name differs",
        "      name: Old 2 -> Letter 2",
        "",
        "Plan: 1 to add, 2 to change, 0 to remove, 0 opt-outs; about 3 calls.",
        "lists 0 -> 1.",
        "Read 5: 1 unchanged, 3 planned, 1 skipped (inactive 1), 0 rejected.",
    ]
    assert {row["state"] for row in desk.rows("SELECT state FROM step")} == {"planned"}


@pytest.mark.parametrize(
    ("steps", "options", "code"),
    [
        pytest.param(3, ["--plan", "--exit-code"], 3, id="differences"),
        pytest.param(3, ["--plan"], 0, id="differences that nobody asked about"),
        pytest.param(0, ["--plan", "--exit-code"], 0, id="no differences"),
        pytest.param(3, [], 0, id="applied"),
    ],
)
def test_exit_codes_tell_differences_apart(
    desk: Desk, steps: int, options: list[str], code: int
) -> None:
    desk.order(steps=steps)
    assert main(["lists", *options]) == code


def test_an_empty_plan_says_so(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.order(steps=0)
    assert main(["lists"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "No differences."


@pytest.mark.parametrize(
    ("end", "code", "line"),
    [
        pytest.param("confirmed", 0, "Done: 3 confirmed, 0 refused, 0 failed.", id="done"),
        pytest.param("refused", 6, "Done: 0 confirmed, 3 refused, 0 failed.", id="stale"),
        pytest.param("failed", 1, "Done: 0 confirmed, 0 refused, 3 failed.", id="failed"),
    ],
)
def test_applying_ends_with_a_result(
    desk: Desk, capsys: pytest.CaptureFixture[str], end: str, code: int, line: str
) -> None:
    desk.order(end=end)
    assert main(["lists"]) == code
    assert line in capsys.readouterr().out.splitlines()


def test_json_is_one_value(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lists", "--plan", "--exit-code", "--json"]) == 3
    printed = json.loads(capsys.readouterr().out)
    assert (printed["run"]["state"], printed["exit_code"]) == ("done", 3)
    assert printed["plan"]["totals"]["by_sign"] == {"add": 1, "change": 2}
    assert printed["plan"]["steps"][1]["name"] == "Letter 1"
    assert desk.rows("SELECT connection_id FROM plan WHERE state = 'waiting'")


def test_detached_it_only_queues_the_run(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lists", "--detach"]) == 0
    assert main(["lists", "--detach", "--json"]) == 0
    first, _, second = capsys.readouterr().out.partition("\n")
    assert json.loads(second) == {"run": int(first), "mode": "apply", "is_new": False}
    assert [row["state"] for row in desk.rows("SELECT state FROM run")] == ["queued"]
    assert main(["lists"]) == 0, "and nobody waits for a worker"


def test_who_accepts_fewer_gets_a_run_that_does_after_the_one_that_waits(desk: Desk) -> None:
    assert main(["lists", "--detach"]) == 0
    assert main(["lists", "--accept-fewer"]) == 0
    runs_made = desk.rows("SELECT accepts_fewer, extent, state FROM run ORDER BY id")
    assert [row["accepts_fewer"] for row in runs_made] == [False, True]
    assert {(row["extent"], row["state"]) for row in runs_made} == {("full", "done")}


def test_a_worker_carries_a_detached_run_out_and_leaves_it_when_it_stops(desk: Desk) -> None:
    desk.order(until=1)
    assert main(["lists", "--detach"]) == 0
    first = desk.start("runs", command="process")
    desk.wait_for("SELECT ordinal FROM step WHERE state = 'confirmed'")
    first.send_signal(signal.SIGTERM)
    assert first.wait(DEADLINE_S) == 0
    assert desk.rows("SELECT state, lease_token FROM run") == [
        {"state": "applying", "lease_token": None}
    ]
    desk.order()
    assert main(["lists"]) == 0


def test_a_second_process_shows_the_run_that_is_under_way(desk: Desk) -> None:
    desk.order(until=1)
    first = desk.start("lists")
    desk.wait_for("SELECT id FROM run WHERE state = 'applying' AND progress ? 'done'")
    second = desk.start("lists")
    assert second.stderr is not None
    assert "run 1 of lists (apply, asked for by" in second.stderr.readline()
    desk.order()
    for process in (first, second):
        out, _ = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0
        assert "Done: 3 confirmed, 0 refused, 0 failed." in out
    assert len(desk.rows("SELECT id FROM run")) == 1


def test_who_wants_a_plan_gets_one_after_the_run_under_way(desk: Desk) -> None:
    desk.order(until=1)
    first = desk.start("lists")
    desk.wait_for("SELECT id FROM run WHERE state = 'applying'")
    second = desk.start("lists", "--plan", "--exit-code")
    assert second.stderr is not None
    second.stderr.readline()
    desk.order()
    assert second.wait(DEADLINE_S) == 3
    assert first.wait(DEADLINE_S) == 0
    assert [row["mode"] for row in desk.rows("SELECT mode FROM run ORDER BY id")] == [
        "apply",
        "plan",
    ]


def test_a_killed_run_is_taken_over_and_finished(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.order(until=1)
    first = desk.start("lists")
    desk.wait_for("SELECT ordinal FROM step WHERE state = 'confirmed'")
    first.kill()
    first.wait(DEADLINE_S)
    desk.order()
    assert main(["lists"]) == 0
    captured = capsys.readouterr()
    assert "the process of run 1 has gone: it is taken over" in captured.err
    assert "Done: 3 confirmed, 0 refused, 0 failed." in captured.out
    assert len(desk.rows("SELECT id FROM plan")) == 1


@pytest.mark.parametrize(
    ("number", "code", "state"),
    [
        pytest.param(signal.SIGINT, 130, "cancelled", id="Ctrl-C cancels"),
        pytest.param(signal.SIGTERM, 143, "applying", id="SIGTERM leaves it to the next"),
    ],
)
def test_a_process_that_is_told_to_stop_gives_the_run_back(
    desk: Desk, number: int, code: int, state: str
) -> None:
    desk.order(until=1)
    process = desk.start("lists")
    desk.wait_for("SELECT ordinal FROM step WHERE state = 'confirmed'")
    process.send_signal(number)
    _, err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, "Traceback" in err) == (code, False)
    (row,) = desk.rows("SELECT state, lease_token FROM run")
    assert (row["state"], row["lease_token"]) == (state, None)
    desk.order()
    assert main(["lists"]) == 0


def test_a_paused_connection_is_a_fault_of_configuration(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.rows("UPDATE connection SET state = 'paused', state_reason = 'log in' RETURNING id")
    assert main(["lists"]) == 2
    assert "the connection 'firm' is paused: log in" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["lists", "--exit-code"], id="exit code without plan"),
        pytest.param(["lists", "--connection", "nobody"], id="no such connection"),
        pytest.param(["lists", "--incremental"], id="lists are read whole"),
        pytest.param(["activities", "--accept-fewer"], id="activities are never read whole"),
    ],
)
def test_wrong_use_is_refused_before_anything_runs(desk: Desk, arguments: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        main(arguments)
    assert desk.rows("SELECT id FROM run") == []


@pytest.mark.parametrize("no_color", ["", "1"], ids=["in colours", "without"])
def test_a_terminal_shows_progress_and_colours(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, no_color: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", no_color)
    desk.order(steps=2)
    mine, its = pty.openpty()
    process = desk.start("lists", "--plan", terminal=its)
    os.close(its)
    screen = b""
    with contextlib.suppress(OSError):  # the other end is closed: all has been read
        while part := os.read(mine, 4096):
            screen += part
    os.close(mine)
    assert process.wait(DEADLINE_S) == 0
    assert b"\r\x1b[Kreading lists: 2 of 2\r\x1b[K" in screen
    assert (b"\x1b[33m~ change \x1b[0m" in screen) == (not no_color)
    assert b"Plan: 1 to add, 1 to change" in screen


@pytest.mark.usefixtures("desk")
def test_runs_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert runs(["list"]) == 0
    assert capsys.readouterr().out == "nothing ran\n"
    main(["lists", "--plan"])
    plan = capsys.readouterr().out
    main(["lists"])
    capsys.readouterr()
    assert runs(["list"]) == 0
    heads, second, first = capsys.readouterr().out.splitlines()
    assert heads.split()[:5] == ["run", "connection", "job", "mode", "extent"]
    assert second.split()[2:5] == ["lists", "apply", "full"]
    assert second.endswith("3 steps, plan done")
    assert first.endswith("3 steps, plan discarded")
    assert runs(["show", "1"]) == 0
    assert capsys.readouterr().out == f"lists of firm, plan, full: done\n{plan}"
    assert runs(["show", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["plan"]["results"] == {"confirmed": 3}
    with pytest.raises(ConfigurationError):
        runs(["show", "3"])


def test_a_run_elsewhere_is_asked_to_stop(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.order(until=1)
    process = desk.start("lists")
    desk.wait_for("SELECT ordinal FROM step WHERE state = 'confirmed'")
    assert runs(["cancel", "1"]) == 0
    assert "stops after the call" in capsys.readouterr().out
    assert process.wait(DEADLINE_S) == 1
    assert [row["state"] for row in desk.rows("SELECT state FROM run")] == ["cancelled"]
    assert runs(["cancel", "1"]) == 0
    assert "has ended already" in capsys.readouterr().out
