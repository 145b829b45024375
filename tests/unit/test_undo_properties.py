"""Taking back, in general: it touches only lists of the plan, and puts back nobody who is out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from bridge.delivery.decide_consent import decide_consent, is_unsubscribed
from bridge.plans.model import list_changes
from reconciler.plans.back import decider
from reconciler.plans.undo import Undo, decide_undo, undo_of, why_not
from tests.unit.test_decide_properties import LISTS, states
from tests.unit.test_plan_text import a_step

if TYPE_CHECKING:
    from bridge.delivery.model import AddressState


@st.composite
def undos(draw: st.DrawFn) -> Undo:
    each = draw(st.lists(st.sampled_from(["gives", "takes", "neither"]), min_size=4, max_size=4))
    named = dict(zip(LISTS, each, strict=True))
    return Undo(
        plan_id=1,
        gives=frozenset(one for one, what in named.items() if what == "gives"),
        takes=frozenset(one for one, what in named.items() if what == "takes"),
    )


@given(state=states(), undo=undos())
def test_only_lists_of_the_plan_change_and_nothing_else(state: AddressState, undo: Undo) -> None:
    steps = decide_undo(state, undo).steps
    assert [step.kind for step in steps] in ([], ["update_contact"])
    for step in steps:
        added, removed = list_changes(step.change)
        assert set(step.change) == {"list_memberships"}
        assert added <= undo.gives
        assert removed <= undo.takes
        assert "email_address" not in step.body, "no permission can change"


@given(state=states(), undo=undos())
def test_nobody_who_is_out_or_unknown_or_has_left_is_put_back(
    state: AddressState, undo: Undo
) -> None:
    added = {one for step in decide_undo(state, undo).steps for one in list_changes(step.change)[0]}
    left = {base.cc_list_id for base in state.bases if base.lost_by_person}
    assert not added & left
    if any(person.do_not_email is not False for person in state.people) or not state.people:
        assert not added
    if is_unsubscribed(state.there) or decide_consent(replace(state, asked=())).blocked:
        assert not added


@given(state=states(), undo=undos())
def test_what_was_taken_back_is_not_taken_back_again(state: AddressState, undo: Undo) -> None:
    for step in decide_undo(state, undo).steps:
        there = {**(state.there or {}), "list_memberships": step.body["list_memberships"]}
        assert decide_undo(replace(state, there=there), undo).steps == ()


@given(state=states(), undo=undos())
def test_whoever_is_not_put_back_is_told_why(state: AddressState, undo: Undo) -> None:
    on = set((state.there or {}).get("list_memberships") or ())
    for step in decide_undo(state, undo).steps:
        on = set(step.body["list_memberships"])
    assert (why_not(state, undo) is None) == (undo.gives <= on)


@given(state=states())
def test_an_address_of_which_nothing_is_taken_back_is_left_alone(state: AddressState) -> None:
    assert decider({})(state).steps == ()


def test_only_what_was_confirmed_and_was_no_consent_is_taken_back() -> None:
    def step(kind: str, state: str, old: list[str], new: list[str]) -> object:
        return a_step(
            subject_key=f"{kind}-{state}@example.org",
            kind=kind,
            state=state,
            change={"list_memberships": (old, new)},
        )

    steps = [
        step("update_contact", "confirmed", ["a", "b"], ["b", "c"]),
        step("update_contact", "refused", ["a"], []),
        step("create_contact", "confirmed", [], ["a"]),
        step("resubscribe", "confirmed", [], ["a"]),
    ]
    assert undo_of(7, steps) == {  # type: ignore[arg-type]
        "create_contact-confirmed@example.org": Undo(
            plan_id=7, gives=frozenset(), takes=frozenset({"a"})
        ),
        "update_contact-confirmed@example.org": Undo(
            plan_id=7, gives=frozenset({"a"}), takes=frozenset({"c"})
        ),
    }
