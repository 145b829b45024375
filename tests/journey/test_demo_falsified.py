"""The demo can fail: a fault that falsifies one line's effect ends it, and it names the line.

A file of its own, so that it can run beside the other tests of the demo.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.journey.demo import run_demo

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE_S = "10"  # a proof takes one to three seconds; the one of a falsified line all of it


@pytest.mark.parametrize("number", range(1, 9))
def test_demo_fails_and_names_the_line_whose_effect_is_falsified(
    number: int, tmp_path: Path
) -> None:
    done = run_demo(tmp_path, "--falsify", str(number), "--patience", PATIENCE_S)
    assert done.returncode == 1, done.stderr
    lines = json.loads(done.stdout)["lines"]
    assert [line["line"] for line in lines if line["verified"]] == list(range(1, number))
    assert f"Line {number} was not verified" in done.stderr
