"""By which name a shared address is greeted."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.delivery.greeting import as_household, greet_household
from bridge.delivery.model import Person

MORAN = "The Moran family"


def person(first_name: str, household: str | None = MORAN, **more: Any) -> Person:
    values: dict[str, Any] = {
        "wanted": {"first_name": first_name, "last_name": "Moran"},
        "do_not_email": False,
    }
    return Person(contact_id=first_name, household=household, **{**values, **more})


def names(*people: Person) -> list[object]:
    return [one.wanted and one.wanted["first_name"] for one in greet_household(people)]


@pytest.mark.parametrize(
    ("people", "greeted"),
    [
        pytest.param([person("Ann")], ["Ann"], id="one person alone"),
        pytest.param([person("Ann"), person("Bo")], [MORAN, MORAN], id="a household"),
        pytest.param(
            [person("Ann"), person("Bo", "Okafor & Sons")], ["Ann", "Bo"], id="two households"
        ),
        pytest.param([person("Ann", None), person("Bo", None)], ["Ann", "Bo"], id="no name"),
        pytest.param(
            [person("Ann"), person("Bo", wanted=None)], ["Ann", None], id="one takes no part"
        ),
    ],
)
def test_several_people_of_one_household_are_greeted_by_its_name(
    people: list[Person], greeted: list[object]
) -> None:
    assert names(*people) == greeted


def test_a_name_that_is_not_mapped_is_not_touched() -> None:
    assert as_household({"job_title": "Dr"}, MORAN) == {"job_title": "Dr"}


def test_a_long_name_is_cut_as_constant_contact_takes_it() -> None:
    assert as_household({"first_name": "Ann"}, "x" * 60) == {"first_name": "x" * 50}
