"""A run holds no more in memory however many people there are, and however much it plans."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

FEW, MANY = 2_000, 8_000
MOST_MORE_MB = 6


def night(count: int) -> Any:
    """Run a night in which everybody has changed, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.diff_night", str(count), "1"]
    answer = subprocess.run(  # noqa: S603 -- our own module
        command, capture_output=True, text=True, check=True, timeout=240
    )
    return json.loads(answer.stdout.splitlines()[-1])


def test_the_peak_of_a_run_is_the_same_for_ten_times_as_many_people() -> None:
    few, many = night(FEW), night(MANY)
    assert (few["night"]["steps"], many["night"]["steps"]) == (FEW, MANY)
    assert many["peak_mb"] - few["peak_mb"] <= MOST_MORE_MB
