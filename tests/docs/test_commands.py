"""Every command of the bridge that a page shows is one, and so is each of its options."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout, suppress
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

from tests.docs.test_readme import ENTRY_POINTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

_WEIGHED = ROOT / "docs" / "decisions.md"
"""It tells of commands that were weighed, too."""

PAGES = sorted({ROOT / "README.md", *ROOT.glob("docs/*.md")} - {_WEIGHED})


@cache
def helped(name: str, *words: str) -> str:
    """Return what `--help` of a command prints."""
    printed = io.StringIO()
    (command,) = entry_points(group="bridge.commands", name=name)
    with redirect_stdout(printed), suppress(SystemExit):
        command.load()([*words, "--help"])
    return printed.getvalue()


def shown(page: Path) -> set[str]:
    """Return the command lines of a page: in blocks of code, and in inline code."""
    text = page.read_text(encoding="utf-8")
    fence = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    blocks = [block for kind, block in fence.findall(text) if kind in {"sh", "console"}]
    lines = [line.split(" #")[0] for block in blocks for line in block.splitlines()]
    inline = re.findall(r"`([^`\n]+)`", fence.sub("", text))
    found = {line.strip().removeprefix("$ ") for line in [*lines, *inline]}
    return {line for line in found if re.match(r"bridge [a-z]", line)}


def faults_of(line: str) -> list[str]:
    """Return what of a command line its program does not know."""
    words = re.split(r"[|;&<>(]", line)[0].split()[1:]
    name = words[0].strip("…,.:")
    if name not in ENTRY_POINTS:
        return [f"there is no `bridge {name}`"]
    command = [name]
    has_more = re.search(r"^  (?:COMMAND|SIDE)$", helped(name), re.MULTILINE)
    subcommands = re.findall(r"^ {4}([a-z-]+)\b", helped(name), re.MULTILINE) if has_more else []
    if subcommands and len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1]):
        if words[1] not in subcommands and not words[1].startswith("-"):
            return [f"`bridge {name}` has no {words[1]}"]
        if words[1] in subcommands:
            command.append(words[1])
    known = set(re.findall(r"--[a-z-]+", helped(*command))) | {"--help"}
    return [
        f"`bridge {' '.join(command)}` has no {option}"
        for option in re.findall(r"(?<=\s)\[?(--[a-z-]+)", line)
        if option not in known
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_is_one(page: Path) -> None:
    assert [fault for line in sorted(shown(page)) for fault in faults_of(line)] == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("bridge nonsense", "there is no `bridge nonsense`"),
        ("bridge plan shew 4", "`bridge plan` has no shew"),
        ("bridge plan show 4 --nope", "`bridge plan show` has no --nope"),
        ("bridge plan show 4 --json", None),
    ],
)
def test_a_command_that_is_none_is_found(line: str, fault: str | None) -> None:
    assert faults_of(line) == ([] if fault is None else [fault])
