"""docs/doctor.md lists what the doctor can find, as the code has it."""

from __future__ import annotations

import re
from pathlib import Path

from bridge.doctor.causes import CAUSES, TWO_WRITERS, WRONG_PLACE, Cause
from bridge.doctor.checks import CHECKS
from bridge.doctor.installation import CHECKS as OF_INSTALLATION

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")


def advice_of(cause: Cause) -> str:
    return cause.advice.replace("{near}", "")  # there is not always one


def table() -> str:
    heads = ("check", "cause", "state", "what is wrong", "what to do")
    lines = [heads, tuple("---" for _ in heads)]
    before = ""
    for name, cause in CAUSES.items():
        check = "" if cause.check == before else cause.check
        lines.append((check, f"`{name}`", cause.state, cause.means, advice_of(cause)))
        before = cause.check
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def test_the_table_is_that_of_the_code() -> None:
    _, _, rest = PAGE.partition("<!-- causes")
    _, _, rest = rest.partition("-->")
    assert rest.partition("<!-- end of causes -->")[0].strip() == table(), table()


def test_every_cause_belongs_to_a_check_that_is_made() -> None:
    made = {check.name for check in CHECKS} | set(OF_INSTALLATION) | {"connections"}
    assert {cause.check for cause in CAUSES.values()} <= made


def test_what_is_held_is_told() -> None:
    held = PAGE.partition("## What it holds")[2].partition("## ")[0]
    named = set(re.findall(r"`(\w+)`", held.partition("The lanes")[0]))
    assert named == TWO_WRITERS | WRONG_PLACE
