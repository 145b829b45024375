"""`make screenshots`: pictures of the console's main pages, of the firm that the demo makes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from sandbox.demo.processes import bridge_program

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path("docs/screenshots")
MOST_BYTES = 150_000
SIZE: Any = {"width": 1200, "height": 820}

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_CLIENT = 'a:has-text("Okafor Household")'
_PAGES = (
    ("home", "/", ""),
    ("memberships", "/clients?q=Okafor", _CLIENT),
    ("interactions", "/clients?q=Beaumont", 'a:has-text("Beaumont Household")'),
    ("bulk", "/memberships/bulk", ""),
    ("lists", "/lists", ""),
    ("runs", "/runs", ""),
    ("plan", "/runs?state=waiting", "tbody th a"),
    ("problems", "/problems", ""),
    ("inbox", "/inbox?state=dead", ""),
    ("mappings", "/mappings/contact.yaml?who=ngozi.okafor@example.org", ""),
    ("audit", "/audit?period=all", ""),
    ("resync", "/settings/resync", ""),
    ("allowance", "/settings/allowance", ""),
    ("policies", "/settings/policies", ""),
)
"""Name of a picture, its page, and what is opened from there."""


def main() -> int:
    """Make the pictures; 1 where one is too large, 2 where there is no browser."""
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None or find_spec("playwright") is None:
        sys.stderr.write("no pictures: Playwright and Chromium are needed, see `make browser`\n")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with _believable_firm() as link, _window(program) as window:
        window.goto(link)
        window.get_by_role("button", name="Log in").click()
        for name, path, opens in _PAGES:
            _take(window, link.partition("/login/")[0] + path, name, opens)
    too_large = [
        one.name for one in sorted(FOLDER.glob("*.png")) if one.stat().st_size > MOST_BYTES
    ]
    for name in too_large:
        sys.stderr.write(f"{name} is larger than {MOST_BYTES:,} bytes\n")
    return 1 if too_large else 0


def _take(window: Any, url: str, name: str, opens: str) -> None:
    window.goto(url)
    if opens:
        window.locator(opens).first.click()
        window.wait_for_load_state("networkidle")
    if name == "interactions":
        window.goto(window.url.replace("/memberships", "/interactions"))
    window.wait_for_load_state("networkidle")
    window.screenshot(path=FOLDER / f"{name}.png")
    sys.stdout.write(f"{FOLDER / name}.png\n")


@contextmanager
def _believable_firm() -> Iterator[str]:
    """Run the demo without its story, and yield the link that it prints at the end."""
    with tempfile.TemporaryDirectory(prefix="bridge-pictures-") as data_dir:
        Path(data_dir).chmod(0o755)  # an embedded server that root starts runs as somebody else
        demo = subprocess.Popen(  # noqa: S603 -- our own program
            [bridge_program(), "demo", "--firm", "--json"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"BRIDGE_DATA_DIR": data_dir, "BRIDGE_LISTEN": "127.0.0.1:0"},
        )
        try:
            line = cast("IO[str]", demo.stdout).readline()
            if not line:
                raise SystemExit("the demo ended before it had made its firm")
            yield str(json.loads(line)["console"])
        finally:
            demo.send_signal(signal.SIGINT)
            demo.communicate()


@contextmanager
def _window(program: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- not everybody has it

    with sync_playwright() as playwright:
        # Nothing but our own server is opened; in a container root has no sandbox to go into.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser.new_page(viewport=SIZE, color_scheme="light")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
