"""The quick start, word for word: its blocks are typed into one bash, and a browser says Allow."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.installation import free_port

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "quickstart.md"
PORTS = ("8100", "8101", "8102", "8103")
BROWSER = Path(__file__).with_name("allowing.py")
WITHIN_S = 180


def typed() -> str:
    """Return what the page has typed, at ports of this test's own."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    script = "\n".join(["set -e -o pipefail", *blocks])
    for port in PORTS:
        script = script.replace(port, str(free_port()))
    return script


def shell() -> Mapping[str, str]:
    """Return what a stranger's shell has, and a browser in which somebody presses Allow."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ
    }
    return kept | {"BROWSER": f"{sys.executable} {BROWSER} %s"}


@pytest.mark.timeout(WITHIN_S + 30)
def test_a_new_user_gets_from_a_clone_to_the_first_contact(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("w", encoding="utf-8") as output:
        bash = subprocess.Popen(  # noqa: S603 -- the blocks of our own page
            ["bash", "-c", typed()],  # noqa: S607
            cwd=ROOT,
            env=shell(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = bash.wait(WITHIN_S)
        finally:
            with suppress(ProcessLookupError):  # what a block has begun, where a later one fails
                os.killpg(bash.pid, signal.SIGTERM)
    text = said.read_text(encoding="utf-8")
    assert code == 0, text[-3000:]
    assert "48 parts are there" in text
    assert "Practifi has 44 people and 0 lists" in text
    assert '"first_name":"Nora"' in text
    assert re.search(r"^cause +none$", text, re.MULTILINE)
    assert re.search(r"^no alarm", text, re.MULTILINE)
