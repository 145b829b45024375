"""What the README says is so: its tables are those of the code, its commands and files exist."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.policies.policy import MEANINGS, NUMBERS, Policies
from bridge.retention.kept import KEPT
from bridge.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENTRY_POINTS = PROJECT["entry-points"]["bridge.commands"]


def between(start: str, end: str) -> str:
    """Return the table between two marks of the README."""
    _, _, rest = README.partition(f"<!-- {start}")
    _, _, rest = rest.partition("-->")
    return rest.partition(f"<!-- {end} -->")[0].strip()


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def settings_table() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        variable = field.validation_alias or f"BRIDGE_{name.upper()}"
        default = "none" if field.default is None else f"`{field.default}`"
        rows.append((f"`{variable}`", default, str(field.description)))
    return table(("variable", "default", "meaning"), rows)


def policies_table() -> str:
    defaults = Policies().as_json()
    rows = [
        (f"`{name}`" if value == defaults[name] else "", f"`{value}`", meaning)
        for name, values in MEANINGS.items()
        for value, meaning in values.items()
    ]
    rows += [(f"`{name}`", str(defaults[name]), meaning) for name, meaning in NUMBERS.items()]
    return table(("policy", "value", "meaning"), rows)


def kept_table() -> str:
    rows = [(one.what, one.says, one.since) for one in KEPT]
    return table(("what", "kept", "since"), rows)


def bridge_help(*command: str) -> str:
    program = "from bridge.cli import main; raise SystemExit(main())"
    return subprocess.run(  # noqa: S603
        [sys.executable, "-c", program, *command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout


def help_lines() -> list[tuple[str, str]]:
    """Return name and help of each command, as `bridge --help` prints them."""
    return re.findall(r"^ +([a-z-]+) {2,}(\S.*)$", bridge_help(), re.MULTILINE)


def commands_table() -> str:
    rows = [(f"`bridge {name}`", text) for name, text in help_lines()]
    return table(("command", "what it does"), rows)


def shell_lines() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def usages() -> list[str]:
    """Return the usage of each command, a line each, from the block after the commands table."""
    block = README.partition("<!-- end of commands -->")[2].partition("```sh\n")[2]
    return block.partition("\n```")[0].replace("\n    ", " ").splitlines()


def mentioned(program: str) -> set[str]:
    """Return the first words that follow a program's name in code blocks and inline code."""
    code = "\n".join([*shell_lines(), *re.findall(r"`([^`\n]+)`", README)])
    return set(re.findall(rf"^{program} ([a-z][a-z-]*)", code, re.MULTILINE))


def test_settings_table_is_that_of_the_settings_class() -> None:
    assert between("settings:", "end of settings") == settings_table(), settings_table()


def test_policies_table_is_that_of_the_policies() -> None:
    assert between("policies:", "end of policies") == policies_table(), policies_table()


def test_the_table_of_what_is_kept_is_that_of_the_code() -> None:
    assert between("kept", "end of kept") == kept_table()


def test_commands_table_is_that_of_bridge_help() -> None:
    assert between("commands:", "end of commands") == commands_table(), commands_table()


def test_every_command_that_is_installed_is_in_the_table() -> None:
    assert {name for name, _ in help_lines()} == set(ENTRY_POINTS)


def test_every_bridge_command_that_is_mentioned_exists() -> None:
    assert mentioned("bridge") <= set(ENTRY_POINTS)


@pytest.mark.parametrize("usage", usages(), ids=lambda usage: usage.partition(" [")[0])
def test_every_option_of_a_usage_is_known_to_its_command(usage: str) -> None:
    command = re.findall(r"[a-z]+(?:-[a-z]+)*", re.split(r" [\[A-Z-]", usage)[0])[1:]
    known = set(re.findall(r"--[a-z-]+", bridge_help(*command)))
    assert set(re.findall(r"--[a-z-]+", usage)) <= known


def test_every_make_target_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert mentioned("make") <= targets


def test_the_two_commands_are_the_first_code_block() -> None:
    assert [line.split("#")[0].strip() for line in shell_lines()[:2]] == ["make demo", "make test"]


def test_every_place_in_the_table_of_places_exists() -> None:
    places = re.findall(r"`([a-z_]+/[a-z_/]*)`", README.partition("## Where things are")[2])
    assert [place for place in places if not (ROOT / place).is_dir()] == []


def test_every_variable_of_the_bridge_that_is_mentioned_is_a_setting() -> None:
    known = {"BRIDGE_TEST_SCALE", *re.findall(r"`([A-Z_]+)`", settings_table())}
    assert set(re.findall(r"\bBRIDGE_[A-Z_]+\b", README)) <= known
