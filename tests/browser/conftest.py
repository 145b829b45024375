"""The system's Chromium, driven by Playwright; where either is missing the suite skips loudly."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.console.browsing import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_LACKING = "no page was seen in a real browser: {} is missing; `make browser` says what it needs"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for the tests of a file.

    While it is open its event loop counts as running, and nothing else can run one: it is closed
    before the tests of another file begin.
    """
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if find_spec("playwright") is None:
        pytest.skip(_LACKING.format("Playwright"))
    if program is None:
        pytest.skip(_LACKING.format("Chromium"))
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415 -- not everybody has it

    with sync_playwright() as playwright:
        try:
            # Nothing but our own server is opened; in a container root has no sandbox to go into.
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except Error as error:
            why = error.message.partition("\n")[0]
            pytest.skip(f"no page was seen in a real browser: {program} does not start: {why}")
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a window for somebody who is logged in; what goes wrong in it fails the test."""
    wrong: list[str] = []
    contexts: list[Any] = []

    def open_window(person: Browser, **options: Any) -> Any:
        context = chromium.new_context(base_url=person.url, **options)
        contexts.append(context)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": person.url}
                for name, value in person.session.cookies.items()
            ]
        )
        page = context.new_page()
        page.on("console", lambda said: _note(wrong, said))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: _note_request(wrong, asked, person.url))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert wrong == []


def _note(wrong: list[str], said: Any) -> None:
    if said.type in {"error", "warning"}:
        wrong.append(said.text)


def _note_request(wrong: list[str], asked: Any, url: str) -> None:
    if not asked.url.startswith((url, "data:")):
        wrong.append(f"asked for {asked.url}")
