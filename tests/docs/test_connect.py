"""docs/connect.md and the program agree on every refusal of connecting, and on its test."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from bridge.setup.causes import CAUSES
from bridge.setup.packs import pack_names, read_pack
from tests.docs.test_readme import bridge_help

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "connect.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[a-z_/]+\.py)::(test_[a-z_]+)`")


class Row(NamedTuple):
    says: str
    do: str
    tests: list[str]


@cache
def rows() -> dict[str, Row]:
    """Return the rows of the tables of refusals by their cause."""
    found = {}
    for line in TEXT.partition("## What can go wrong")[2].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            cause, says, do, tests = cells
            assert cause not in found
            found[cause.strip("`")] = Row(says, do, tests.split("<br>"))
    return found


@cache
def functions(path: str) -> dict[str, str]:
    """Return the tests of a file, each with its decorators, by name."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return {
        node.name: "\n".join(
            ast.get_source_segment(text, part) or "" for part in (*node.decorator_list, node)
        )
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef)
    }


def test_the_tables_have_every_refusal_to_the_letter() -> None:
    told = {cause: (row.says, row.do) for cause, row in rows().items()}
    assert told == {cause: (texts.says, texts.do) for cause, texts in CAUSES.items()}


def test_every_refusal_has_a_test_that_names_it() -> None:
    missing = []
    for cause, row in rows().items():
        for test in row.tests:
            named = TEST.fullmatch(test)
            source = functions(named[1]).get(named[2], "") if named else ""
            if f'"{cause}"' not in source:
                missing.append(f"{cause}: {test}")
    assert missing == []


def test_every_pack_is_told() -> None:
    listed = dict(
        re.findall(
            r"^\| `([a-z]+)` \| (.+) \|$", TEXT.partition("## bridge connect")[0], re.MULTILINE
        )
    )
    assert listed == {name: read_pack(name).title for name in pack_names()}


@pytest.mark.parametrize(
    "command", ["init", "connect salesforce", "connect constant-contact", "connect check"]
)
def test_every_option_that_is_shown_is_known(command: str) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    lines = [line for line in "\n".join(blocks).splitlines() if f"bridge {command}" in line]
    assert lines
    known = set(re.findall(r"--[a-z-]+", bridge_help(*command.split())))
    assert set(re.findall(r"--[a-z-]+", "\n".join(lines))) <= known
