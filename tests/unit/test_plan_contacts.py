"""The plan of contacts: every address is counted once, and opt-outs come before all else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.delivery.decide import decide
from reconciler.plan_contacts import Decided, plan_contacts
from reconciler.runs.model import Counters
from tests.unit.test_decide import LETTER, person, state, there
from tests.unit.test_decide_properties import Vendor, states

if TYPE_CHECKING:
    from bridge.delivery.model import AddressState

KEYS = [f"client{number}@example.org" for number in range(5)]


def decided(states_of: dict[str, AddressState]) -> dict[str, Decided]:
    return {key: Decided(state=state, decision=decide(state)) for key, state in states_of.items()}


@st.composite
def accounts(draw: st.DrawFn) -> dict[str, AddressState]:
    """Some addresses; now and then one takes along the contact of another."""
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4))
    found = {}
    for key in keys:
        state = replace(draw(states()), key=key)
        if state.there is None and draw(st.booleans()):
            former = draw(st.sampled_from(KEYS))
            contact: dict[str, Any] = {
                "contact_id": f"contact-{former}",
                "email_address": {"address": former.upper(), "permission_to_send": "implicit"},
            }
            state = replace(state, moving_from=contact)
        found[key] = state
    return found


@given(accounts())
def test_every_address_is_counted_once(account: dict[str, AddressState]) -> None:
    counters = Counters()
    steps = plan_contacts(decided(account), counters)
    assert counters.read == len(account)
    assert counters.adds_up()
    assert counters.planned == len({step.subject_key for step in steps})


@given(accounts())
def test_each_step_has_a_key_of_its_own(account: dict[str, AddressState]) -> None:
    steps = plan_contacts(decided(account), Counters())
    assert len({step.key for step in steps}) == len(steps)


@given(accounts())
def test_who_opts_out_goes_before_everybody_else_and_no_subject_is_torn_apart(
    account: dict[str, AddressState],
) -> None:
    steps = plan_contacts(decided(account), Counters())
    opting_out = {step.subject_key for step in steps if step.kind == "unsubscribe"}
    places = [step.subject_key in opting_out for step in steps]
    assert places == sorted(places, reverse=True)
    order = [step.subject_key for step in steps]
    runs = [key for place, key in enumerate(order) if place == 0 or order[place - 1] != key]
    assert len(set(runs)) == len(runs)


@given(states())
def test_carried_out_a_plan_leaves_nothing_to_do(state: AddressState) -> None:
    one = Decided(state=state, decision=decide(state))
    vendor = Vendor(None if state.there is None else dict(state.there))
    for step in one.decision.steps:
        vendor.apply(step)
    has_confirmed = any(end.state == "confirmed" for end in one.decision.ends)
    is_lifted = one.decision.lifts or one.decision.lifted or has_confirmed
    on_record = () if is_lifted else state.opt_outs
    bases = tuple(
        replace(base, lost_by_person=True)
        if (base.contact_id, base.list_id) in one.decision.lost
        else base
        for base in state.bases
    )
    after = replace(state, there=vendor.contact, opt_outs=on_record, asked=(), bases=bases)
    counters = Counters()
    assert plan_contacts(decided({state.key: after}), counters) == []
    assert counters.adds_up()


def test_who_is_on_fifty_lists_already_is_rejected_with_what_to_do() -> None:
    lists = [f"list-{number:02}" for number in range(50)]
    full = state(person("c1", LETTER), contact=there(*lists))
    counters = Counters()
    assert plan_contacts(decided({full.key: full}), counters) == []
    assert counters.adds_up()
    assert counters.rejected == {"already on 50 lists: take the person off one of them": 1}
