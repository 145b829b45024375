"""docs/console-texts.md and the console agree: each text is one of its own, each test exists."""

from __future__ import annotations

import html
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "console-texts.md"
HEAD = "| what it says | when | test |"
SOURCES = ("*.html", "*.py", "*.js")
TEST = re.compile(r"`(tests/[a-z_/]+\.py)::(test_[a-z_]+)`")
HOLDER = re.compile(r"\{[^}]+\}")
HELD = r".{1,160}?"
"""What a placeholder stands for: a value, or the code that a template or a sentence has there."""

CONTINUED = re.compile(r"[\"']\s*\n\s*f?[\"']")
"""Where a sentence goes on in the next line of a module."""


class Row(NamedTuple):
    place: str
    texts: list[str]
    tests: list[str]


@cache
def rows() -> list[Row]:
    """Return every row of the tables with the line that it stands on."""
    found = []
    for number, line in enumerate(PAGE.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("|") and line != HEAD and set(line) - set("| -"):
            says, when, tests = (cell.strip() for cell in line.strip("|").split("|"))
            assert when, f"line {number} does not say when"
            found.append(Row(f"line {number}", says.split("<br>"), tests.split("<br>")))
    return found


@cache
def words_of(path: Path) -> str:
    """Return a file with its sentences whole, as somebody reads them."""
    text = CONTINUED.sub("", path.read_text(encoding="utf-8"))
    return " ".join(html.unescape(text).split())


@cache
def console() -> str:
    """Return the words of all modules, templates and scripts of the console."""
    folder = ROOT / "bridge" / "console"
    return "\n".join(words_of(path) for kind in SOURCES for path in sorted(folder.rglob(kind)))


def pattern(text: str) -> re.Pattern[str]:
    """Return what finds a text, whatever stands where it has placeholders.

    A placeholder at either end may be anything: it is not looked for.
    """
    literals = [literal.strip() for literal in HOLDER.split(text)]
    assert re.search(r"[A-Za-z]{2}", "".join(literals)), f"{text!r} is all placeholders"
    while not literals[0]:
        literals.pop(0)
    while not literals[-1]:
        literals.pop()
    return re.compile(HELD.join(map(re.escape, literals)) + r"(?![A-Za-z])")


def exists(test: str) -> bool:
    """Tell whether a test of the tables is there."""
    named = TEST.fullmatch(test)
    if named is None or not (ROOT / named[1]).is_file():
        return False
    return f"\ndef {named[2]}(" in (ROOT / named[1]).read_text(encoding="utf-8")


def test_there_are_texts_of_every_page() -> None:
    text = PAGE.read_text(encoding="utf-8")
    pages = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert pages == sorted(pages)
    assert len(pages) > 1
    assert all(HEAD in part for part in text.split("\n## ")[1:])


def test_every_test_that_is_named_exists() -> None:
    assert [
        f"{row.place}: {test}" for row in rows() for test in row.tests if not exists(test)
    ] == []


def test_every_text_is_one_of_the_console_or_of_its_test() -> None:
    missing = []
    for row in rows():
        files = {ROOT / named[1] for test in row.tests if (named := TEST.fullmatch(test))}
        for text in row.texts:
            if text.startswith("*"):
                continue  # it has no words of its own
            wanted = pattern(text)
            if not any(wanted.search(words) for words in (*map(words_of, files), console())):
                missing.append(f"{row.place}: {text}")
    assert missing == []
