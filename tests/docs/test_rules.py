"""docs/rules and the tests name the same rules of the vendors."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
CELLS = 3


@cache
def rows() -> list[tuple[str, list[str]]]:
    """Return every row of the tables of rules with the file and line that it stands on."""
    found = []
    for page in sorted((ROOT / "docs" / "rules").glob("*.md")):
        lines = page.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if not line.startswith("|") or cells[0] == "id" or set("".join(cells)) <= set("-: "):
                continue
            found.append((f"{page.relative_to(ROOT)}:{number}", cells))
    return found


def documented() -> list[str]:
    return [cells[0].strip("`") for _, cells in rows()]


@cache
def marked() -> dict[str, str]:
    """Return the rules that tests name, each with the place of one that does."""
    found: dict[str, str] = {}
    for module in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.rule":
                place = f"{module.relative_to(ROOT)}:{node.lineno}"
                found |= {ast.literal_eval(argument): place for argument in node.args}
    return found


def test_there_are_rules() -> None:
    assert documented()
    assert marked()


def test_every_row_has_an_id_a_rule_and_a_source() -> None:
    assert [
        f"{place}: {cells[0]}"
        for place, cells in rows()
        if len(cells) != CELLS or not all(cells) or not ID.fullmatch(cells[0].strip("`"))
    ] == []


def test_no_rule_is_documented_twice() -> None:
    assert [rule for rule, count in Counter(documented()).items() if count > 1] == []


def test_every_documented_rule_is_named_by_a_test() -> None:
    assert sorted(set(documented()) - marked().keys()) == [], "no test names these rules"


def test_every_rule_that_a_test_names_is_documented() -> None:
    assert {rule: place for rule, place in marked().items() if rule not in documented()} == {}, (
        "docs/rules does not have these rules"
    )
