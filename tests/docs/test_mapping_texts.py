"""What docs/mapping.md says of patterns and templates is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.mapping.patterns import compiled_pattern, matches
from tests.unit.mapping_builders import projected

PAGE = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")


def rows_below(head: str) -> list[list[str]]:
    """Return the cells of the table that has this head."""
    table = PAGE.partition(head)[2].partition("\n\n")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.strip().splitlines()[1:]]
    return [[cell.strip().replace(r"\|", "|") for cell in row] for row in rows]


def words(cell: str) -> list[str]:
    return re.findall("`([^`]*)`", cell)


PATTERNS = rows_below("| pattern | matches | does not match |")
TEMPLATES = rows_below("| `template` | `FirstName` | `LastName` | gives |")


@pytest.mark.parametrize("row", PATTERNS, ids=lambda row: str(row[0]))
def test_a_pattern_matches_what_the_page_says(row: list[str]) -> None:
    pattern = compiled_pattern(words(row[0])[0].strip("'"))
    held, not_held = words(row[1]), words(row[2])
    assert held
    assert not_held
    assert [text for text in held if not matches(text, pattern)] == []
    assert [text for text in not_held if matches(text, pattern)] == []


@pytest.mark.parametrize("row", TEMPLATES, ids=lambda row: str(row[0]))
def test_a_template_gives_what_the_page_says(row: list[str]) -> None:
    text, first, last, gives = row
    record = {"FirstName": first, "LastName": last}
    values = {name: None if value in {"", "(empty)"} else value for name, value in record.items()}
    expected = words(gives)[0] if words(gives) else None
    assert projected(f"template: {words(text)[0]}", **values) == expected
