"""The guide to mappings, word for word: who follows it adds a field, and it arrives."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from bridge.mapping.cli import main
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.journey.firm import Firm

PAGE = Path(__file__).parents[2] / "docs" / "mapping-guide.md"
FILE = Path("mappings/contact.yaml")
_NUMBER = re.compile(r"\d+")
OF_A_CONNECTION = {"activate", "preview", "pending"}
STEP = re.compile(
    r"Change `(?P<old>[^`]+)` to `(?P<new>[^`]+)`"
    r"|Below the line `(?P<line>[^`]+)` write this[^\n]*\n+```yaml-lines\n(?P<added>.*?)^```$"
    r"|`(?P<file>[\w.]+)`:\n+```json\n(?P<content>.*?)^```$"
    r"|^```console\n(?P<typed>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Typed(NamedTuple):
    command: str
    shows: list[str]


def commands(block: str) -> Iterator[Typed]:
    """Yield what is typed, each with the lines that the page shows below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shows = part.splitlines()
        yield Typed(command, shows)


def followed(capsys: pytest.CaptureFixture[str]) -> None:
    """Do what the page says, and hold what comes of it to what the page shows."""
    for step in STEP.finditer(PAGE.read_text(encoding="utf-8")):
        text = FILE.read_text(encoding="utf-8")
        if step["old"]:
            assert text.count(step["old"]) == 1
            FILE.write_text(text.replace(step["old"], step["new"]), encoding="utf-8")
        elif step["line"]:
            lines = text.splitlines(keepends=True)
            (at,) = [n for n, line in enumerate(lines) if line.strip() == step["line"]]
            FILE.write_text("".join([*lines[: at + 1], step["added"], *lines[at + 1 :]]))
        elif step["file"]:
            Path(step["file"]).write_text(step["content"], encoding="utf-8")
        else:
            for typed in commands(step["typed"]):
                assert fits(shown(typed.command, capsys), typed.shows), typed.command


def shown(command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what a command prints; the connection of the page is the firm here."""
    program, group, *words = shlex.split(command)
    assert (program, group) == ("bridge", "mapping")
    main([*words, *(["--connection", "firm"] if words[0] in OF_A_CONNECTION else [])])
    printed = capsys.readouterr()
    return (printed.out + printed.err).replace("firm: ", "default: ").splitlines()


def fits(lines: list[str], page: list[str]) -> bool:
    """Tell whether lines are those of the page, where `…` stands for any number of them.

    Numbers are not compared: those of lines and tests change with the files that ship.
    """
    wanted = [re.escape(_NUMBER.sub("0", line)) for line in page]
    pattern = "".join(r"(?:.*\n)*" if line == "…" else f"{line}\n" for line in wanted)
    return (
        re.fullmatch(pattern, "".join(f"{_NUMBER.sub('0', line)}\n" for line in lines)) is not None
    )


def test_who_follows_the_guide_sees_the_field_arrive(
    firm: Firm,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    shutil.copytree(MAPPINGS, tmp_path / "mappings")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", firm.bridge.installation.settings.database_url or "")
    followed(capsys)
    person = firm.member("nora@example.org", firm.new_list())
    firm.change(person, LeadSource="Seminar")
    firm.settle()
    fields = firm.sandbox.constant_contact("GET", "/contact_custom_fields").json()["custom_fields"]
    (field,) = [one for one in fields if one["label"] == "Introduced by"]
    values = firm.there("nora@example.org")["custom_fields"]
    assert {
        "custom_field_id": field["custom_field_id"],
        "value": "one of our seminars",
    } in [{key: one[key] for key in ("custom_field_id", "value")} for one in values]


@pytest.mark.parametrize(
    ("lines", "page", "is_so"),
    [
        (["a", "b", "c"], ["a", "…"], True),
        (["a"], ["a", "…"], True),
        (["a", "b"], ["a"], False),
        (["b", "a"], ["a", "…"], False),
        (["a.yaml:62: b"], ["a.yaml:7: b"], True),
    ],
)
def test_what_the_page_shows_is_compared_line_by_line(
    lines: list[str], page: list[str], *, is_so: bool
) -> None:
    assert fits(lines, page) is is_so
