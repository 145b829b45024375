"""What puts a contact back: fields by groups, lists as far as consent lets anybody be added."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.consent.standing import OptOut
from bridge.delivery.model import AddressState, Person
from reconciler.kept.restore import decide_restore, restore_of, why_not

KEY = "ada@example.org"
TAKEN_AT = datetime(2026, 11, 29, 9, tzinfo=UTC)
LATER = (TAKEN_AT + timedelta(hours=1)).isoformat()
LISTS = ("a", "b", "c")


def contact(*lists: str, permission: str = "implicit", **fields: Any) -> dict[str, Any]:
    return {
        "contact_id": "7be10deb-9d74-4125-8313-181fac3d2ce4",
        "email_address": {"address": KEY, "permission_to_send": permission},
        "update_source": "Account",
        "updated_at": LATER,
        "list_memberships": list(lists),
        **fields,
    }


def state(there: dict[str, Any], *people: Person, known: bool = True) -> AddressState:
    return AddressState(key=KEY, people=people, there=there, is_there_known=known)


def somebody(*, ticked: bool | None) -> Person:
    return Person(contact_id="0035g00000AnnAAAAZ", do_not_email=ticked, wanted=None)


def back(kept: dict[str, Any], now: AddressState) -> list[dict[str, Any]]:
    """Return the change of each step that puts a contact back, with its body."""
    restore = restore_of(kept, taken_at=TAKEN_AT, lists=LISTS, custom_fields={"f"})
    return [{**step.body, "change": step.change} for step in decide_restore(now, restore).steps]


def test_fields_come_back_and_what_was_not_there_is_emptied() -> None:
    kept = contact("a", first_name="Ada", phone_numbers=[{"kind": "work", "phone_number": "1"}])
    now = contact("a", first_name="Eda", job_title="Baker",
                  street_addresses=[{"kind": "home", "city": "Bern"}])  # fmt: skip
    (step,) = back(kept, state(now))
    assert step["change"] == {
        "first_name": ("Eda", "Ada"),
        "job_title": ("Baker", None),
        "phone_numbers.work": (None, "1"),
        "street_addresses.home.city": ("Bern", None),
    }
    assert "job_title" not in step
    assert step["street_addresses"] == []
    assert "email_address" not in step, "no write may undo an opt-out that comes in between"


def test_a_custom_field_that_is_gone_is_left_out() -> None:
    rows = [{"custom_field_id": "f", "value": "1"}, {"custom_field_id": "gone", "value": "2"}]
    (step,) = back(contact(custom_fields=rows), state(contact()))
    assert step["custom_fields"] == rows[:1]


def test_lists_are_those_of_the_snapshot_that_are_still_there() -> None:
    (step,) = back(contact("a", "b", "deleted"), state(contact("b", "c")))
    assert step["list_memberships"] == ["a", "b"]


@pytest.mark.parametrize(
    ("there", "people", "opt_outs"),
    [
        pytest.param(contact(permission="unsubscribed"), (), (), id="unsubscribed there"),
        pytest.param(contact(), (somebody(ticked=True),), (), id="ticked in Practifi"),
        pytest.param(contact(), (somebody(ticked=None),), (), id="the box is not known"),
        pytest.param(
            contact(),
            (),
            (OptOut(kind="address", key=KEY, acted_by="person", since=TAKEN_AT),),
            id="on record, and nobody in Practifi",
        ),
        pytest.param(contact(update_source="Contact"), (), (), id="left by their own act since"),
        pytest.param(
            contact(permission="unsubscribed", deleted_at=LATER), (), (), id="out and deleted"
        ),
    ],
)
def test_whoever_does_not_want_to_is_put_on_no_list(
    there: dict[str, Any], people: tuple[Person, ...], opt_outs: tuple[OptOut, ...]
) -> None:
    now = replace(state(there, *people), opt_outs=opt_outs)
    restore = restore_of(contact("a"), taken_at=TAKEN_AT, lists=LISTS, custom_fields=())
    assert decide_restore(now, restore).steps == ()
    assert why_not(now, restore) is not None


def test_a_removal_needs_nobodys_consent() -> None:
    (step,) = back(contact("a"), state(contact("a", "b"), somebody(ticked=True)))
    assert step["list_memberships"] == ["a"]


def test_a_contact_that_was_deleted_comes_back_by_its_lists() -> None:
    now = state(contact(deleted_at=LATER))
    (step,) = back(contact("a", first_name="Ada"), now)
    assert (step["list_memberships"], step["first_name"]) == (["a"], "Ada")
    assert back(contact(first_name="Ada"), now) == [], "one on no list stays deleted"


def test_another_contact_at_the_address_is_left_alone() -> None:
    assert back(contact("a"), state(contact() | {"contact_id": "another"})) == []


lists_of = st.lists(st.sampled_from(LISTS), unique=True)
names = st.sampled_from([None, "Ada", "Eda", ""])


@given(kept=lists_of, now=lists_of, then_name=names, now_name=names, known=st.booleans())
def test_what_was_put_back_needs_nothing_more(
    kept: list[str], now: list[str], then_name: str | None, now_name: str | None, *, known: bool
) -> None:
    before = state(contact(*now, first_name=now_name), known=known)
    restore = restore_of(
        contact(*kept, first_name=then_name), taken_at=TAKEN_AT, lists=LISTS, custom_fields=()
    )
    decision = decide_restore(before, restore)
    if decision.needs_look:
        decision = decide_restore(replace(before, is_there_known=True), restore)
        assert decision.steps, "nobody looks in vain"
    after = before.there or {}
    for step in decision.steps:
        after = {**after, "first_name": None, **step.body}
    assert sorted(after["list_memberships"]) == sorted(kept)
    assert decide_restore(state(dict(after)), restore).steps == ()
