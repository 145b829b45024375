"""The demo can fail: a fault that falsifies one line's effect ends it, and it names the line.

A demo mostly waits, above all for what will never be seen, so some of them run at a time. A file of
its own, so that they can run beside the other tests of the demo.
"""

from __future__ import annotations

import json
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.journey.demo import run_demo

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping

    Demo = Future[subprocess.CompletedProcess[str]]

LINES = range(1, 9)
ALWAYS = frozenset(LINES[::2])  # each demo plays the lines before its own as well
AT_A_TIME = 2
PATIENCE_S = "20"  # a proof takes one to three seconds alone; the one of a falsified line all of it


@pytest.fixture(scope="module")
def demos(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    scaled: Callable[[int], int],
) -> Iterator[Mapping[int, Demo]]:
    """A demo with a falsified line for each test that is to come, the longest first."""
    wanted = {
        item.callspec.params["number"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.path == request.path
    }
    if scaled(2) == 2:
        wanted &= ALWAYS
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield {
            number: pool.submit(
                run_demo,
                tmp_path_factory.mktemp("demo"),
                *("--falsify", str(number), "--patience", PATIENCE_S),
            )
            for number in sorted(wanted, reverse=True)
        }


@pytest.mark.parametrize("number", LINES)
def test_demo_fails_and_names_the_line_whose_effect_is_falsified(
    number: int, demos: Mapping[int, Demo]
) -> None:
    if number not in demos:
        pytest.skip("only where BRIDGE_TEST_SCALE is more than 1")
    done = demos[number].result()
    assert done.returncode == 1, done.stderr
    lines = json.loads(done.stdout)["lines"]
    assert [line["line"] for line in lines if line["verified"]] == list(range(1, number))
    assert f"Line {number} was not verified" in done.stderr
