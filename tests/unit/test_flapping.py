"""Which fields are left alone because somebody there keeps setting them back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.delivery.decide import decide
from bridge.delivery.flapping import set_backs_of
from bridge.delivery.model import AddressState, Flapping, Person

KEY = "ada@example.org"
FIELD_ID = "00000000-0000-0000-0000-0000000000f1"
WANTED: dict[str, Any] = {
    "email_address": {"address": KEY},
    "first_name": "Ada",
    "last_name": "Hill",
    "phone_numbers": {"home": "1", "work": "2"},
    "street_addresses": {"home": {"street": "Quay 1", "city": "Bath"}},
    "custom_fields": {"tier": "gold"},
}
AS_WANTED: dict[str, Any] = {
    "contact_id": "00000000-0000-0000-0000-0000000000a1",
    "email_address": {"address": KEY, "permission_to_send": "implicit"},
    "first_name": "Ada",
    "last_name": "Hill",
    "phone_numbers": [{"kind": "home", "phone_number": "1"}, {"kind": "work", "phone_number": "2"}],
    "street_addresses": [{"kind": "home", "street": "Quay 1", "city": "Bath"}],
    "custom_fields": [{"custom_field_id": FIELD_ID, "value": "gold"}],
    "list_memberships": [],
}
SET_BACK: dict[str, tuple[object, dict[str, Any]]] = {
    "last_name": ("Hill", {"last_name": "Typo"}),
    "phone_numbers.work": (
        "2",
        {
            "phone_numbers": [
                {"kind": "home", "phone_number": "1"},
                {"kind": "work", "phone_number": "9"},
            ]
        },
    ),
    "street_addresses.home.city": (
        "Bath",
        {"street_addresses": [{"kind": "home", "street": "Quay 1", "city": "Rome"}]},
    ),
    "custom_fields.tier": (
        "gold",
        {"custom_fields": [{"custom_field_id": FIELD_ID, "value": "tin"}]},
    ),
}


def state(there: dict[str, Any], *flapping: Flapping, **wanted: Any) -> AddressState:
    person = Person(
        contact_id="003000000000001AAA", do_not_email=False, wanted=WANTED | wanted, is_owner=True
    )
    return AddressState(
        key=KEY,
        people=(person,),
        there=AS_WANTED | there,
        is_there_known=True,
        custom_field_ids={"tier": FIELD_ID},
        answered=AS_WANTED,
        flapping=flapping,
    )


@pytest.mark.parametrize("field", SET_BACK)
@pytest.mark.parametrize("is_paused", [True, False])
def test_what_was_set_back_once_too_often_is_not_written(field: str, is_paused: bool) -> None:  # noqa: FBT001
    ours, there = SET_BACK[field]
    found = decide(state(there, Flapping(field=field, ours=ours, is_paused=is_paused)))
    assert found.steps == ()
    assert found.paused is not None
    assert [(one.field, one.ours) for one in found.paused] == [(field, ours)]


@pytest.mark.parametrize("field", SET_BACK)
def test_the_rest_is_written_and_what_is_paused_goes_along_as_it_is_there(field: str) -> None:
    ours, there = SET_BACK[field]
    paused = Flapping(field=field, ours=ours, is_paused=True)
    before = state(there | {"first_name": "Eve"}, paused)
    (step,) = decide(before).steps
    assert dict(step.change) == {"first_name": ("Eve", "Ada")}
    (name,) = there
    assert step.body[name] == there[name]
    assert set_backs_of(before, decide(before), step) == {"first_name": ("Eve", "Ada")}


def test_a_paused_field_stays_so_though_our_last_write_has_left_it_as_it_is_there() -> None:
    there = {"last_name": "Typo"}
    paused = Flapping(field="last_name", ours="Hill", is_paused=True)
    after = replace(state(there, paused), answered=AS_WANTED | there)
    assert decide(after).steps == ()


def test_another_value_in_practifi_is_written() -> None:
    paused = Flapping(field="last_name", ours="Hill", is_paused=True)
    found = decide(state({"last_name": "Typo"}, paused, last_name="Byron"))
    assert [dict(step.change) for step in found.steps] == [{"last_name": ("Typo", "Byron")}]
    assert found.paused == ()


def test_what_practifi_has_changed_is_no_setting_back() -> None:
    before = state({}, last_name="Byron")
    decision = decide(before)
    assert set_backs_of(before, decision, decision.steps[0]) == {}


def test_what_is_not_there_is_made_whole() -> None:
    paused = Flapping(field="last_name", ours="Hill", is_paused=True)
    found = decide(replace(state({}, paused), there=None))
    assert found.paused is None
