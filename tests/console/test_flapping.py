"""Fields that flap: shown with both who write them, to whoever may see people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.past import flaps

if TYPE_CHECKING:
    from tests.fix_console import Desk

ANN = "ann@example.org"


def test_a_field_that_flaps_is_shown_with_both_writers(desk: Desk) -> None:
    plan = flaps(desk)
    seen = desk.log_in("operator").get("/problems")
    assert f"{ANN} firm job title Chef plan {plan}," in seen.text
    assert "saved in Practifi by 005Olive Cook" in seen.text
    assert "2 times" in seen.text
    assert "last name" not in seen.text


def test_what_flaps_is_shown_to_nobody_who_may_not_see_people_or_is_of_another_organization(
    desk: Desk,
) -> None:
    flaps(desk)
    assert ANN not in desk.log_in("viewer").get("/problems").text
    assert ANN not in desk.log_in("admin", at=desk.other).get("/problems").text
