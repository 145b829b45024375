"""A part is written when its rule says so, on every road; the rest stays as it is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from bridge.delivery.bulk.express import express
from bridge.delivery.decide import decide
from bridge.delivery.model import AddressState, Flapping, Membership, Person
from bridge.edits.effect import Comparison
from reconciler.plans.undo import Undo, decide_undo
from tests.unit.mapping_builders import a_mapping
from tests.unit.test_decide_properties import (
    CC,
    CORE,
    FIELD_IDS,
    KEY,
    PARTS,
    Vendor,
    states,
    wanted_parts,
    write_rules,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

WANTED = ("new", "-", "unknown")
TABLE = """
always
  nobody   new  -    -
  -        new  -    -
  new      new  -    new
  old      new  -    old
if_empty_there
  nobody   new  -    -
  -        new  -    -
  new      new  new  new
  old      old  old  old
never_clear
  nobody   new  -    -
  -        new  -    -
  new      new  new  new
  old      new  old  old
create_only
  nobody   new  -    -
  -        -    -    -
  new      new  new  new
  old      old  old  old
"""
"""Rule; what is there, and what stands there afterwards for each of `WANTED`; `-` is nothing."""

PLACES = (
    "job_title",
    "phone_numbers.work",
    "street_addresses.home.city",
    "custom_fields.household",
)
BIRTHDAY = ("birthday_month", "birthday_day")


def cases() -> list[tuple[str, str, str, str]]:
    found, rule = [], ""
    for line in TABLE.splitlines()[1:]:
        there, *after = line.split()
        rule = rule if after else there
        found += [(rule, there, wanted, one) for wanted, one in zip(WANTED, after, strict=False)]
    return found


def placed(name: str, value: str | None) -> dict[str, Any]:
    """Return what a mapping makes of a record that has a value in one place."""
    parts: Any = value
    for part in reversed(name.split(".")):
        parts = {part: parts}
    found: dict[str, Any] = parts
    return found


def a_contact(name: str, value: str | None) -> dict[str, Any]:
    """Return a contact there that has a value in one place."""
    head, *rest = name.split(".")
    part: Any = value
    match head, rest:
        case "phone_numbers", [kind]:
            part = [{"kind": kind, "phone_number": value}]
        case "street_addresses", [kind, key]:
            part = [{"kind": kind, key: value, "street": "1 Road"}]
        case "custom_fields", [field]:
            part = [{"custom_field_id": FIELD_IDS[field], "value": value}]
        case _:
            pass
    return {
        "contact_id": CC,
        "email_address": {"address": KEY, "permission_to_send": "implicit"},
        "list_memberships": ["l1"],
        "update_source": "Account",
        **({} if value is None else {head: part}),
    }


def leaves(contact: Mapping[str, Any] | None) -> dict[str, str]:
    """Return every value of a contact that a rule may be about, under the name of its field."""
    names = {field_id: name for name, field_id in FIELD_IDS.items()}
    there = contact or {}
    found = {name: there.get(name) for name in CORE}
    for row in there.get("phone_numbers") or ():
        found[f"phone_numbers.{row['kind']}"] = row["phone_number"]
    for row in there.get("street_addresses") or ():
        found |= {f"street_addresses.{row['kind']}.{part}": row.get(part) for part in PARTS}
    for row in there.get("custom_fields") or ():
        found[f"custom_fields.{names.get(row['custom_field_id'])}"] = row["value"]
    return {name: str(value).strip() for name, value in found.items() if value is not None}


def flat(wanted: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in wanted.items():
        inner = flat(value, f"{above}{name}.") if isinstance(value, dict) else {above + name: value}
        found |= inner
    return found


def a_state(
    wanted: Mapping[str, Any], there: dict[str, Any] | None, rules: Mapping[str, Any], **more: Any
) -> AddressState:
    person = Person(
        contact_id="c0",
        do_not_email=False,
        wanted={"email_address": {"address": KEY}, **wanted},
        memberships=(Membership(sf_id="m1", list_id="a1", cc_list_id="l1"),),
        linked_to=None if there is None else CC,
        is_owner=True,
    )
    return AddressState(
        key=KEY,
        people=(person,),
        there=there,
        is_there_known=True,
        custom_field_ids=FIELD_IDS,
        write_rules={name: rule for name, rule in rules.items() if rule != "always"},
        **more,
    )


def carried_out(state: AddressState) -> dict[str, Any] | None:
    """Return the contact there once all that was decided is done; nothing is left to do then."""
    vendor = Vendor(None if state.there is None else dict(state.there))
    steps = decide(state).steps
    for step in steps:
        vendor.apply(step)
    sent = next((one.fingerprint for one in steps if one.fingerprint), state.sent_fingerprint)
    after = replace(state, there=vendor.contact, answered=vendor.contact, sent_fingerprint=sent)
    assert decide(after).steps == ()
    return vendor.contact


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("rule", "there", "wanted", "after"), cases())
def test_what_stands_there_afterwards(
    place: str, rule: str, there: str, wanted: str, after: str
) -> None:
    contact = None if there == "nobody" else a_contact(place, None if there == "-" else there)
    parts = {} if wanted == "unknown" else placed(place, None if wanted == "-" else wanted)
    found = leaves(carried_out(a_state(parts, contact, {place: rule})))
    assert found.get(place, "-") == after


def see_kept(state: AddressState, after: Mapping[str, str], owner: Person | None) -> None:
    """See that each part which its rule keeps is as it was."""
    before = leaves(state.there or state.moving_from)
    wanted = flat((owner.wanted if owner else None) or {})
    for name, rule in state.write_rules.items():
        is_kept = {
            "create_only": True,
            "if_empty_there": name in before,
            "never_clear": str(wanted.get(name) or "").strip() == "",
        }
        if is_kept[rule]:
            assert after.get(name) == before.get(name), name


@given(states())
def test_no_step_writes_what_a_rule_forbids(state: AddressState) -> None:
    decision = decide(state)
    if state.there is None:
        return
    vendor = Vendor(dict(state.there))
    for step in decision.steps:
        vendor.apply(step)
    owner = next((one for one in state.people if one.contact_id == decision.owner_id), None)
    see_kept(state, leaves(vendor.contact), owner)


@given(wanted_parts, write_rules, states())
def test_no_move_to_another_address_writes_what_a_rule_forbids(
    wanted: Any, rules: Any, other: AddressState
) -> None:
    if other.there is None:
        return
    former = {name: value for name, value in other.there.items() if name != "deleted_at"}
    state = a_state(wanted, None, rules, moving_from=former)
    (step,) = decide(state).steps
    assert step.kind == "move_address"
    vendor = Vendor(dict(former))
    vendor.apply(step)
    see_kept(state, leaves(vendor.contact), state.people[0])


@given(states())
def test_no_import_writes_what_a_rule_forbids(state: AddressState) -> None:
    change = express(state, decide(state), rank={}, field_names={name: name for name in FIELD_IDS})
    if change is None or state.there is None or isinstance(change.row, str):
        return
    before = leaves(state.there)
    for column, value in change.row.items():
        place = field_of(column)
        rule = state.write_rules.get(place)
        if rule == "create_only" or (rule == "if_empty_there" and place in before):
            assert before[place] == str(value).strip()


def field_of(column: str) -> str:
    """Return the field that a column of an import is about."""
    kind, _, part = column.replace(" ", "_").partition("_")
    if column.startswith("cf:"):
        return f"custom_fields.{column[3:]}"
    if part == "phone":
        return f"phone_numbers.{kind}"
    if kind in {"home", "work", "other"}:
        return f"street_addresses.{kind}.{'postal_code' if part == 'zip' else part}"
    return column


def test_a_part_of_an_address_that_a_rule_keeps_goes_along_in_an_import_as_it_is_there() -> None:
    there = a_contact("street_addresses.home.city", "Bath")
    wanted = {"street_addresses": {"home": {"city": "Leeds", "country": "UK"}}}
    state = a_state(wanted, there, {"street_addresses.home.city": "create_only"})
    change = express(state, decide(state), rank={}, field_names={})
    assert change is not None
    assert change.row == {
        "email": KEY,
        "home_street": "1 Road",
        "home_city": "Bath",
        "home country": "UK",
    }


@pytest.mark.parametrize("rule", ["if_empty_there", "create_only", "never_clear"])
def test_month_and_day_are_kept_together(rule: str) -> None:
    rules = dict.fromkeys(BIRTHDAY, rule)
    there = a_contact("birthday_month", "5") | {"birthday_day": 19}
    wanted = dict.fromkeys(BIRTHDAY, None if rule == "never_clear" else 7)
    assert decide(a_state(wanted, there, rules)).steps == ()
    assert decide(a_state(wanted, a_contact("birthday_month", "5"), rules)).steps == ()


@pytest.mark.parametrize("mirrored", [None, {}, {"job_title": "new"}], ids=str)
def test_nothing_is_filled_before_the_contact_there_was_read(mirrored: Any) -> None:
    there = None if mirrored is None else a_contact("job_title", None) | mirrored
    state = a_state({"job_title": "new"}, there, {"job_title": "if_empty_there"})
    decision = decide(replace(state, is_there_known=False))
    assert decision.steps == ()
    assert decision.needs_look == (mirrored != {"job_title": "new"})


def test_another_rule_sends_what_the_former_one_kept() -> None:
    there = a_contact("job_title", "old")
    wanted = {"job_title": "new", "last_name": "Hill"}
    kept = a_state(wanted, there, {"job_title": "create_only"})
    (step,) = decide(kept).steps
    after = there | {"last_name": "Hill"}
    sent = replace(kept, there=after, answered=after, sent_fingerprint=step.fingerprint)
    assert decide(sent).steps == ()
    (another,) = decide(replace(sent, write_rules={})).steps
    assert another.change == {"job_title": ("old", "new")}


def test_a_value_that_the_vendor_spells_otherwise_is_sent_once_beside_a_rule() -> None:
    rules = {"job_title": "if_empty_there"}
    wanted = {"job_title": "Judge", "company_name": "Quay &amp; Co"}
    (step,) = decide(a_state(wanted, a_contact("job_title", None), rules)).steps
    spelled = a_contact("job_title", "Judge") | {"company_name": "Quay & Co"}
    after = a_state(wanted, spelled, rules, answered=spelled, sent_fingerprint=step.fingerprint)
    assert decide(after).steps == ()
    emptied = {name: value for name, value in spelled.items() if name != "job_title"}
    (again,) = decide(replace(after, there=emptied)).steps
    assert again.change["job_title"] == (None, "Judge")


def test_a_contact_that_comes_back_is_not_a_new_contact() -> None:
    there = a_contact("job_title", "old") | {"deleted_at": "2026-10-01", "list_memberships": []}
    state = a_state({"job_title": "new", "first_name": "Bo"}, there, {"job_title": "create_only"})
    (step,) = decide(state).steps
    assert step.kind == "revive_contact"
    assert (step.body["job_title"], step.body["first_name"]) == ("old", "Bo")


def test_a_new_owner_of_the_address_is_not_a_new_contact() -> None:
    there = a_contact("job_title", "old") | {"first_name": "Ann"}
    rules = {"job_title": "create_only"}
    state = a_state({"job_title": "new", "first_name": "Bo"}, there, rules)
    person = replace(state.people[0], is_owner=False, linked_to=None)
    (step,) = decide(replace(state, people=(person,))).steps
    assert step.change == {"first_name": ("Ann", "Bo")}
    assert step.body["job_title"] == "old"


def test_a_field_that_somebody_keeps_emptying_is_paused_until_they_fill_it() -> None:
    flapping = (Flapping(field="job_title", ours="new", is_paused=True),)
    rules = {"job_title": "if_empty_there"}
    emptied = a_state({"job_title": "new"}, a_contact("job_title", None), rules, flapping=flapping)
    assert [one.field for one in decide(emptied).paused or ()] == ["job_title"]
    filled = decide(replace(emptied, there=a_contact("job_title", "old")))
    assert (filled.paused, filled.steps) == ((), ())


def test_an_undo_fills_no_field() -> None:
    there = a_contact("job_title", None) | {"list_memberships": []}
    state = a_state({"job_title": "new"}, there, {"job_title": "if_empty_there"})
    (step,) = decide_undo(state, Undo(plan_id=1, gives=frozenset({"l1"}), takes=frozenset())).steps
    assert "job_title" not in step.body
    assert step.body["list_memberships"] == ["l1"]


@pytest.mark.parametrize(
    ("rule", "there", "fields"),
    [
        ("create_only", {"job_title": "Judge"}, {}),
        ("create_only", None, {"job_title": (None, "Dr")}),
        ("if_empty_there", {"job_title": "Judge"}, {}),
        ("if_empty_there", {}, {"job_title": (None, "Dr")}),
        ("never_clear", {"job_title": "Judge"}, {"job_title": ("Judge", "Dr")}),
    ],
)
def test_what_an_edit_would_change_is_what_its_rules_let_it(
    rule: str, there: dict[str, Any] | None, fields: dict[str, Any]
) -> None:
    new = a_mapping(f"job_title: {{from: Title, write: {rule}}}")
    record: dict[str, str | None] = {"Email": KEY, "Title": "Dr"}
    assert Comparison(a_mapping(), new, {}).of(record, there).fields == fields
