"""What a plan comes to, when it waits for a word, and what two plans say otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.plans.choose import Choice
from bridge.plans.difference import compare, outcome_lines
from bridge.plans.text import before_after_line
from bridge.policies.policy import Policies
from reconciler.plans.effects import Figures, before_and_after, effects_of
from reconciler.plans.guard import judge
from tests.unit.test_plan_text import a_step

FIGURES = Figures(
    names={"n": "Newsletter", "m": "Markets"},
    members={"n": 1_204, "m": 630},
    contacts=2_000,
    unsubscribed=88,
    interactions=7,
)
LISTS = st.frozensets(st.sampled_from("nmx"))


def moving(*pairs: tuple[list[str], list[str]], **values: Any) -> list[Any]:
    return [
        a_step(ordinal=number, change={"list_memberships": pair}, **values)
        for number, pair in enumerate(pairs)
    ]


def test_totals_are_told_before_and_after() -> None:
    steps = [
        *moving(*[([], ["n"])] * 8, kind="create_contact"),
        *moving(*[(["n", "m"], ["m"])] * 2),
        *[a_step(kind="unsubscribe")] * 3,
    ]
    found = before_and_after(effects_of(steps), FIGURES)
    assert before_after_line(found) == (
        "Newsletter 1,204 -> 1,210; contacts 2,000 -> 2,008; unsubscribed 88 -> 91"
    )


def test_a_list_of_nobody_is_told_like_any_other() -> None:
    found = before_and_after(effects_of(moving(([], ["x"]))), Figures(names={"x": "New"}))
    assert before_after_line(found) == "New 0 -> 1"


def test_a_line_names_a_dozen_lists_and_counts_the_rest() -> None:
    lists = [f"l{number:02}" for number in range(15)]
    line = before_after_line(before_and_after(effects_of(moving(([], lists))), Figures()))
    assert line.endswith("l11 0 -> 1; 3 more lists")


@given(pairs=st.lists(st.tuples(LISTS, LISTS)))
def test_before_and_after_differ_by_what_the_steps_do(pairs: Any) -> None:
    steps = moving(*[(sorted(old), sorted(new)) for old, new in pairs])
    rows = {row["id"]: row for row in before_and_after(effects_of(steps), FIGURES)}
    for list_id in "nmx":
        gain = sum((list_id in new) - (list_id in old) for old, new in pairs)
        row = rows.get(list_id, {"before": 0, "after": 0})
        assert row["after"] - row["before"] == gain


@pytest.mark.parametrize(
    ("steps", "held", "reason"),
    [
        pytest.param(moving(*[(["m"], [])] * 20), (), "", id="20 of 630"),
        pytest.param(
            moving(*[(["m"], [])] * 26),
            ("removals",),
            "26 of 630 would be taken off Markets",
            id="26 of 630",
        ),
        pytest.param(moving(*[(["n"], [])] * 24), (), "", id="24 of 1,204: 2 %"),
        pytest.param(
            moving(*[(["n"], [])] * 25),
            ("removals",),
            "25 of 1,204 would be taken off Newsletter",
            id="25 of 1,204",
        ),
        pytest.param(
            moving(*[(["n"], [])] * 20, *[(["m"], [])] * 20),
            ("removals",),
            "40 of 1,834 memberships would end",
            id="a little of each",
        ),
        pytest.param(
            [a_step(kind="unsubscribe")] * 39,
            ("opt_outs",),
            "39 of 1,912 would be unsubscribed",
            id="39 of 1,912",
        ),
        pytest.param([a_step(kind="unsubscribe")] * 38, (), "", id="38 of 1,912"),
        pytest.param(
            [a_step(kind="delete_list")] * 2,
            ("list_deletions",),
            "2 lists would be deleted",
            id="deleted lists",
        ),
        pytest.param(
            [a_step(kind="delete_contact", change={})] * 41,
            ("removals",),
            "41 of 2,000 contacts would be deleted",
            id="deleted contacts",
        ),
        pytest.param(moving(*[([], ["n"])] * 900), (), "", id="adds never wait"),
        pytest.param([a_step(kind="adopt_membership")] * 900, (), "", id="nor do adopted records"),
    ],
)
def test_a_plan_waits_where_it_takes_too_much_away(
    steps: list[Any], held: tuple[str, ...], reason: str
) -> None:
    verdict = judge(effects_of(steps), FIGURES, Policies())
    assert (verdict.held, verdict.reason) == (held, reason)


@pytest.mark.parametrize(
    ("above", "held"),
    [
        pytest.param(3, (), id="as many as may be"),
        pytest.param(2, ("storage",), id="one more"),
        pytest.param(None, (), id="no limit"),
    ],
)
def test_a_plan_waits_where_it_fills_too_much(above: int | None, held: tuple[str, ...]) -> None:
    steps = [a_step(kind="create_interaction")] * 3 + [a_step(kind="update_interaction")] * 9
    verdict = judge(effects_of(steps), FIGURES, Policies(), storage_above=above)
    assert verdict.held == held
    assert ("3 new records, about 0 MB" in verdict.reason) is bool(held)
    many = judge(effects_of(steps), FIGURES, Policies(), storage_above=above, shows_members=True)
    assert ("6 new records" in many.reason) is bool(held), "a campaign member follows each"


def test_a_removal_counts_whatever_else_its_step_changes() -> None:
    change = {"list_memberships": (["m"], []), "last_name": ("A", "B")}
    assert judge(effects_of([a_step(change=change)] * 21), FIGURES, Policies()).held == (
        "removals",
    )


def test_a_firm_may_have_its_own_limits_of_removals_and_of_opt_outs_apart() -> None:
    effects = effects_of(moving(*[(["m"], [])] * 6))
    assert judge(effects, FIGURES, Policies(removals_above=5, removals_percent=0)).held
    assert not judge(effects, FIGURES, Policies(opt_outs_above=5, opt_outs_percent=0)).held
    many = effects_of([a_step(kind="unsubscribe")] * 60)
    assert not judge(many, FIGURES, Policies(opt_outs_percent=5)).held


@given(counts=st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_what_is_carried_out_unasked_is_below_both_limits(counts: tuple[int, int]) -> None:
    steps = [*moving(*[(["m"], [])] * counts[0]), *[a_step(kind="unsubscribe")] * counts[1]]
    if not judge(effects_of(steps), FIGURES, Policies()).held:
        assert counts[0] <= max(20, 0.02 * 630)
        assert counts[1] <= max(20, 0.02 * 1_912)


def test_a_list_is_meant_by_its_own_steps_and_by_who_comes_or_goes() -> None:
    choice = Choice(lists=frozenset({"a0L", "n"}))
    of_list = {"subject_kind": "list", "subject_key": "a0L", "cc_id": "n"}
    comes, goes, stays = moving(([], ["n"]), (["n"], []), (["m", "n"], ["n"]))
    assert choice.fits(a_step(kind="rename_list", **of_list))
    assert choice.fits(comes)
    assert choice.fits(goes)
    assert not choice.fits(stays)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("practifi_contact", "003000000000001AAA", id="of an Interaction"),
        pytest.param(None, "11111111-1111-1111-1111-111111111111", id="by the id there"),
    ],
)
def test_a_contact_is_meant_by_any_of_its_names(field: str | None, value: str) -> None:
    step = a_step(body={field: value}) if field else a_step(cc_id=value)
    assert Choice(contacts=frozenset({value})).fits(step)
    assert not Choice(contacts=frozenset({"somebody else"})).fits(step)


def test_two_plans_are_compared_subject_by_subject() -> None:
    old = [
        a_step(change={"last_name": ("Typo", "Moran")}),
        a_step(subject_key="bo@example.com", change={"list_memberships": ([], ["n"])}),
        a_step(subject_key="cy@example.com", change={"job_title": ("", "Clerk")}),
    ]
    new = [
        a_step(change={"last_name": ("Typo", "Hill")}),
        a_step(subject_key="cy@example.com", change={"job_title": ("", "Clerk")}),
        a_step(subject_key="di@example.com", kind="unsubscribe",
               change={"permission_to_send": ("implicit", "unsubscribed")}),
    ]  # fmt: skip
    names = {"n": "Newsletter"}
    found = list(compare(old, new))
    assert [line for difference in found for line in difference.lines(names)] == [
        "  ann@example.com",
        "      last name: planned Typo -> Moran",
        "                 now     Typo -> Hill",
        "  bo@example.com",
        "      lists: planned (none) -> Newsletter",
        "             now     nothing",
        "  di@example.com",
        "      permission: planned nothing",
        "                  now     implicit -> unsubscribed",
    ]
    assert found[1].as_json(names) == {
        "subject_kind": "address",
        "subject_key": "bo@example.com",
        "name": "bo@example.com",
        "change": {"list_memberships": {"planned": {"old": [], "new": ["n"]}, "now": None}},
    }


def test_a_refused_step_tells_what_was_planned_and_what_it_would_be_now() -> None:
    now = [{"kind": "update_contact", "reason": "", "change": {"last_name": ["Typo", "Hill"]}}]
    step = a_step(
        state="refused", outcome="changed", change={"last_name": ("Typo", "Moran")}, now=now
    )
    assert list(outcome_lines([step], {})) == [
        "  refused  ann@example.com: changed",
        "      last name: planned Typo -> Moran",
        "                 now     Typo -> Hill",
    ]


@pytest.mark.parametrize(
    ("changed", "by_mapping", "held"),
    [
        pytest.param(21, 3, ("mapping",), id="too many"),
        pytest.param(20, 3, (), id="as many as may be"),
        pytest.param(21, None, (), id="a plan by that version was carried out"),
    ],
)
def test_the_first_plan_by_another_mapping_waits_where_it_changes_too_much(
    changed: int, by_mapping: int | None, held: tuple[str, ...]
) -> None:
    effects = effects_of([a_step(kind="update_contact")] * changed)
    verdict = judge(effects, Figures(contacts=1_000), Policies(), by_mapping=by_mapping)
    assert verdict.held == held
    assert ("would change, the first by version 3" in verdict.reason) is bool(held)
