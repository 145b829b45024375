"""What goes in bulk, how it is cut, and what the vendor's lines are about."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.constant_contact.bodies import encoded
from bridge.delivery.bulk import batches
from bridge.delivery.bulk.batches import MOST_ROWS, place, size_of
from bridge.delivery.bulk.blame import blamed
from bridge.delivery.bulk.choose import BEGIN_AT, bulk_calls, pays, single_calls
from bridge.delivery.bulk.express import LONGEST_ADDRESS, express
from bridge.delivery.bulk.model import BulkChange, Member
from bridge.delivery.bulk.verdict import verdict
from bridge.delivery.decide import decide
from bridge.delivery.model import AddressState, Decision, Membership, Person, Step
from tests.unit.test_decide_properties import FIELD_IDS, states

if TYPE_CHECKING:
    from random import Random

KEY = "ada@example.org"
CC = "11111111-1111-4111-8111-111111111111"
NAMES = {"household": "household", "client_type": "client_type"}
VENDOR_BYTES = 4 * 1024 * 1024

changes = st.builds(
    BulkChange,
    kind=st.sampled_from(["import", "add_to_lists", "remove_from_lists"]),
    list_ids=st.sampled_from([("l1",), ("l2",), ("l1", "l2")]),
    row=st.fixed_dictionaries({"email": st.text(max_size=30), "job_title": st.text(max_size=50)}),
)


def a_person(**wanted: Any) -> Person:
    return Person(
        contact_id="003000000000001AAA",
        do_not_email=False,
        wanted={"email_address": {"address": KEY}, **wanted},
        memberships=(Membership(sf_id="m1", list_id="a1", cc_list_id="l1"),),
        linked_to=CC,
    )


def a_state(person: Person, **there: Any) -> AddressState:
    contact = {
        "contact_id": CC,
        "email_address": {"address": KEY, "permission_to_send": "implicit"},
        "list_memberships": ["l1"],
        **there,
    }
    return AddressState(
        key=KEY,
        people=(person,),
        there=contact,
        is_there_known=True,
        custom_field_ids=FIELD_IDS,
    )


def expressed(state: AddressState) -> BulkChange | None:
    return express(state, decide(state), rank={"l1": 3, "l2": 9}, field_names=NAMES)


def test_an_import_names_what_changes_and_nothing_else() -> None:
    person = a_person(first_name="Ada", last_name="Moran", phone_numbers={"work": "1"})
    change = expressed(a_state(person, first_name="Ada", last_name="M."))
    assert change is not None
    assert change.row == {"email": KEY, "last_name": "Moran", "work_phone": "1"}
    assert change.list_ids == ("l1",)


def test_an_address_is_sent_whole_with_the_parts_that_nobody_maps() -> None:
    person = a_person(street_addresses={"home": {"city": "Leeds", "country": "UK"}})
    change = expressed(a_state(person, street_addresses=[{"kind": "home", "street": "1 Road"}]))
    assert change is not None
    assert change.row == {
        "email": KEY,
        "home_street": "1 Road",
        "home_city": "Leeds",
        "home country": "UK",
    }


def test_a_new_person_is_sent_with_their_lists() -> None:
    person = replace(a_person(custom_fields={"household": "Moran"}), linked_to=None)
    change = expressed(replace(a_state(person), there=None))
    assert change is not None
    assert change.row == {"email": KEY, "cf:household": "Moran"}
    assert change.list_ids == ("l1",)


@pytest.mark.parametrize(
    ("person", "there"),
    [
        pytest.param(a_person(first_name=None), {"first_name": "Ada"}, id="clears a field"),
        pytest.param(
            a_person(first_name="Ada"),
            {"email_address": {"address": "x" * LONGEST_ADDRESS + "@b.c"}},
            id="a long address",
        ),
        pytest.param(
            a_person(phone_numbers={"work": "9"}),
            {"phone_numbers": [{"kind": "work", "phone_number": n} for n in "12"]},
            id="two of a kind",
        ),
        pytest.param(
            a_person(phone_numbers={"work": "9"}),
            {
                "phone_numbers": [
                    {"kind": k, "phone_number": "1"} for k in ("home", "mobile", "other")
                ]
            },
            id="a fourth number",
        ),
        pytest.param(
            replace(a_person(first_name="Ada"), linked_to="another"), {}, id="comes from elsewhere"
        ),
        pytest.param(replace(a_person(), do_not_email=True), {}, id="opts out"),
        pytest.param(a_person(custom_fields={"unknown": "x"}), {}, id="nothing to do"),
    ],
)
def test_what_an_import_cannot_say_goes_singly(person: Person, there: dict[str, Any]) -> None:
    assert expressed(a_state(person, **there)) is None


def test_a_list_is_left_by_an_activity_of_its_own() -> None:
    person = replace(a_person(), memberships=())
    state = a_state(person)
    step = Step(
        kind="update_contact",
        contact_id=CC,
        body={"list_memberships": []},
        reason="",
        change={"list_memberships": (["l1"], [])},
    )
    change = express(
        state, Decision(steps=(step,), owner_id=person.contact_id), rank={}, field_names={}
    )
    assert change is not None
    assert (change.kind, change.row, change.list_ids) == ("remove_from_lists", CC, ("l1",))


@given(states())
def test_nothing_that_concerns_consent_goes_in_bulk(state: AddressState) -> None:
    decision = decide(replace(state, is_there_known=True))
    change = express(state, decision, rank={}, field_names=NAMES)
    if change is not None:
        assert {step.kind for step in decision.steps} <= {"create_contact", "update_contact"}
        assert not any(person.do_not_email for person in state.people if change.adds)
        assert "permission" not in json.dumps(change.row)
        assert change.list_ids


@given(st.lists(changes, max_size=40), st.integers(200, 2_000))
def test_every_change_is_in_one_batch_and_no_batch_is_over_its_limits(
    given_changes: list[BulkChange], most_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "MOST_BYTES", most_bytes)
        patched.setitem(MOST_ROWS, "import", 7)
        placed, places = place(given_changes, [])
    assert len(places) == len(given_changes)
    assert Counter(places) == {number: batch.rows for number, batch in enumerate(placed)}
    for number, batch in enumerate(placed):
        rows = [one for one, at in zip(given_changes, places, strict=True) if at == number]
        assert {(one.kind, one.list_ids) for one in rows} == {(batch.kind, batch.list_ids)}
        assert batch.size_bytes == sum(map(size_of, rows))
        assert batch.size_bytes <= max(most_bytes, size_of(rows[0]))
        assert batch.rows <= (7 if batch.kind == "import" else 500)


@given(st.lists(changes, max_size=30), st.randoms())
def test_the_order_of_changes_does_not_matter_for_who_shares_a_batch(
    given_changes: list[BulkChange], chance: Random
) -> None:
    shuffled = list(given_changes)
    chance.shuffle(shuffled)
    one, _ = place(given_changes, [])
    other, _ = place(shuffled, [])
    assert {(b.kind, b.list_ids, b.rows) for b in one} == {
        (b.kind, b.list_ids, b.rows) for b in other
    }


def test_a_full_import_stays_below_the_bytes_at_which_the_vendor_cuts() -> None:
    row = {"email": f"{'é' * 40}@b.c", "job_title": "ü" * 50}
    change = BulkChange(kind="import", list_ids=("l" * 36,) * 50, row=row)
    placed, _ = place([change] * 45_000, [])
    assert sum(batch.rows for batch in placed) == 45_000
    for batch in placed:
        body = {"import_data": [row] * batch.rows, "list_ids": list(batch.list_ids)}
        assert len(encoded(body)) < 4_000_000 < VENDOR_BYTES


def test_few_changes_go_singly_and_many_in_bulk() -> None:
    assert BEGIN_AT > 10
    assert pays(BEGIN_AT, pages_before=0)
    assert not pays(BEGIN_AT, pages_before=BEGIN_AT * 2)
    assert bulk_calls(200_000, activities=30, pages_before=2) < single_calls(200_000) / 800


def test_error_lines_are_about_the_rows_that_they_name() -> None:
    rows = {1: "a@b.c", 2: "d@e.f", 3: CC}
    lines = [
        "Row 2: birthday_day does not have a valid value",
        "a@b.c is on a deny list",
        f"contact_id {CC}: the contact has unsubscribed",
        "row 99: unknown",
        "something went wrong",
    ]
    assert blamed(lines, rows) == {
        2: "birthday_day does not have a valid value",
        1: "(address) is on a deny list",
        3: f"contact_id {CC}: the contact has unsubscribed",
    }


def a_verdict(step: Step | None, **told: Any) -> str:
    member = Member(
        key=KEY, plan_id=1, ordinal=0, generation=1, number=1, fields=frozenset({"first_name"})
    )
    decision = Decision(steps=() if step is None else (step,))
    known: dict[str, Any] = {"is_newer": False, "is_complete": True, "words": None, **told}
    return verdict(decision, member, **known).fate


def a_step(kind: Any = "update_contact", **change: Any) -> Step:
    return Step(kind=kind, body={}, reason="", contact_id=CC, change=change)


@pytest.mark.parametrize(
    ("step", "told", "fate"),
    [
        pytest.param(None, {}, "finished", id="nothing is left"),
        pytest.param(a_step("unsubscribe"), {"words": "no"}, "consent", id="consent first"),
        pytest.param(a_step(last_name=(1, 2)), {}, "again", id="something else is left"),
        pytest.param(a_step(first_name=(1, 2)), {}, "singly", id="not done"),
        pytest.param(a_step(first_name=(1, 2)), {"words": "no"}, "buried", id="refused"),
        pytest.param(a_step(first_name=(1, 2)), {"is_newer": True}, "again", id="changed since"),
        pytest.param(a_step(first_name=(1, 2)), {"is_complete": False}, "later", id="cut short"),
        pytest.param(
            a_step(first_name=(1, 2)),
            {"is_complete": False, "words": "no"},
            "singly",
            id="all refused",
        ),
        pytest.param(a_step("create_contact"), {}, "singly", id="still not there"),
    ],
)
def test_what_becomes_of_a_member(step: Step | None, told: dict[str, Any], fate: str) -> None:
    assert a_verdict(step, **told) == fate
