"""The exit code of `bridge reconcile` says how the run ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.runs.model import RunRecord
from reconciler.terminal import exit_code

MOMENT = datetime(2026, 11, 23, tzinfo=UTC)


def a_run(**values: Any) -> RunRecord:
    return RunRecord(
        **{
            "connection_id": 1,
            "connection_name": "firm",
            "id": 1,
            "job": "lists",
            "mode": "apply",
            "origin": "cli",
            "asked_by": "ann",
            "asked_at": MOMENT,
            "state": "done",
            "reason": None,
            "counters": {},
            "progress": {},
            "is_held": False,
            "lease_until": None,
            "started_at": MOMENT,
            "finished_at": MOMENT,
            "plan_id": 1,
            "plan_state": "done",
            "totals": {"steps": 2},
            **values,
        }
    )


@pytest.mark.parametrize(
    ("run", "states", "code"),
    [
        pytest.param({}, {"confirmed": 2}, 0, id="done"),
        pytest.param({}, {"confirmed": 1, "skipped": 1}, 0, id="some skipped"),
        pytest.param({}, {"confirmed": 1, "refused": 1}, 6, id="some stale"),
        pytest.param({}, {"failed": 1, "refused": 1}, 1, id="some failed"),
        pytest.param({"mode": "plan"}, {"planned": 2}, 3, id="differences"),
        pytest.param({"mode": "plan", "totals": {"steps": 0}}, {}, 0, id="no differences"),
        pytest.param({"state": "waiting", "finished_at": None}, {}, 4, id="wants an approval"),
        pytest.param({"state": "applying", "finished_at": None}, {}, 5, id="waits for calls"),
        pytest.param({"state": "cancelled"}, {}, 1, id="cancelled elsewhere"),
        pytest.param({"state": "failed"}, {}, 1, id="failed without words"),
        *(
            pytest.param(
                {"state": "failed", "progress": {"failure": failure}}, {}, code, id=failure
            )
            for failure, code in {"unavailable": 5, "configuration": 2, "failed": 1}.items()
        ),
    ],
)
def test_every_end_has_its_code(run: dict[str, Any], states: dict[str, int], code: int) -> None:
    assert exit_code(a_run(**run), states, tell_differences=True) == code


def test_differences_that_nobody_asked_about_are_no_failure() -> None:
    assert exit_code(a_run(mode="plan"), {"planned": 2}, tell_differences=False) == 0
