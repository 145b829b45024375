"""A person who types into the page Mappings, in a browser without scripts."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.console.browsing import Browser, Seen
    from tests.fix_console import Desk

_AREA = re.compile(r"<textarea[^>]*>\n?(.*?)</textarea>", re.DOTALL)


def shown(page: Seen) -> str:
    """Return what stands in the text area of a page, as a browser has it."""
    found = _AREA.search(page.response.content.decode())
    assert found is not None
    return re.sub(r"\r\n|\r", "\n", html.unescape(found[1]))


def sent(text: str) -> str:
    """Return what a browser sends of a text area that holds a text."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


def check(browser: Browser, file: str, text: str, *, live: bool = False, **fields: str) -> Seen:
    """Have a text checked, by the button or as a page does by itself while one types."""
    page = browser.get(f"/mappings/{file}")
    form = {"csrf": page.form_with("Log out").fields["csrf"], "text": sent(text), **fields}
    if live:
        form["text"] = text  # a script sends what the text area shows
        return browser.post(f"/mappings/{file}/live", form, **{"HX-Request": "true"})
    return browser.post(f"/mappings/{file}/check", form)


def keep(browser: Browser, file: str, text: str, *, framed: bool = False, **fields: str) -> Seen:
    """Press *Keep and review* with a text in the text area; in a frame, scripts send it."""
    page = browser.get(f"/mappings/{file}")
    if framed:
        form = page.form_with("Keep and review").fields | {"text": text, **fields}
        return browser.post(f"/mappings/{file}", form, **{"HX-Request": "true"})
    return browser.press(page, "Keep and review", text=sent(text), **fields)


def in_force(desk: Desk, connection_id: int | None = None) -> dict[str, str]:
    """Return the files of the version in force, as they are stored."""
    (row,) = desk.rows(
        "SELECT files FROM mapping_version WHERE is_active AND connection_id = %(at)s",
        at=desk.firm if connection_id is None else connection_id,
    )
    files: dict[str, str] = row["files"]
    return files
