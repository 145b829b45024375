"""A server that only receives does not carry the console, nor does the command line."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["bridge.serve", "reconciler.cli"])
def test_the_console_is_loaded_only_when_somebody_opens_it(module: str) -> None:
    program = f"import {module}, sys; print(*sorted(sys.modules))"
    loaded = subprocess.run(  # noqa: S603 -- our own words
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert module in loaded
    assert {"jinja2", "bridge.console.site", "bridge.console.page"} & set(loaded) == set()
