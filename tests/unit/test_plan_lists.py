"""The plan of lists: what it counts adds up, and carried out, it leaves nothing to do."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bridge.policies.policy import Policies
from reconciler.plan_lists import ListHere, ListThere, plan_lists
from reconciler.runs.model import Counters, PlannedStep

DEFAULTS = Policies()
EVERYTHING = Policies(lists="both", list_deleted="delete", list_gone_there="make_again")
NAMES = st.sampled_from(["Letter", "letter ", "Invitations", "Markets", "Events"])
IDS = [f"list-{number}" for number in range(5)]
POLICIES = st.sampled_from(
    [DEFAULTS, EVERYTHING, Policies(lists="both"), Policies(list_deleted="delete")]
)


@st.composite
def both_sides(draw: st.DrawFn) -> tuple[list[ListHere], list[ListThere]]:
    """Lists of either side; no two records are linked to one list, and names there are unique."""
    ids = draw(st.lists(st.sampled_from(IDS), unique=True))
    names = draw(
        st.lists(
            NAMES, min_size=len(ids), max_size=len(ids), unique_by=lambda name: name.strip().lower()
        )
        if len(ids) <= 4
        else st.nothing()
    )
    names_there = dict(zip(ids, names, strict=True))
    here = []
    free = draw(st.permutations(IDS))
    for number in range(draw(st.integers(0, 5))):
        linked_to = free[number] if draw(st.booleans()) else None
        is_out = draw(st.booleans()) and draw(st.booleans())
        is_deleted = is_out and draw(st.booleans())
        name = draw(NAMES)
        here.append(
            ListHere(
                sf_id=f"record-{number}",
                wanted=None if is_out else {"name": name},
                left_out="no longer used" if is_out and draw(st.booleans()) else None,
                is_faulty=is_out and not is_deleted and draw(st.booleans()),
                is_deleted=is_deleted,
                agreed_name=draw(st.sampled_from([None, name, "Former"])),
                takes_name=draw(st.booleans()),
                record_name=name,
                held_id=draw(st.sampled_from([None, *IDS])),
                linked_to=linked_to,
                name_there=names_there.get(linked_to or ""),
            )
        )
    taken = {one.linked_to for one in here}
    there = [
        ListThere(list_id=list_id, name=name, is_taken=list_id in taken)
        for list_id, name in names_there.items()
    ]
    return here, there


def carried_out(
    here: list[ListHere], there: list[ListThere], steps: list[PlannedStep]
) -> tuple[list[ListHere], list[ListThere]]:
    """Return both sides as the steps leave them."""
    of_record = {step.subject_key: step for step in steps}
    lists = {one.list_id: one for one in there}
    after = []
    for one in here:
        step = of_record.pop(one.sf_id, None)
        if step is not None and step.kind == "delete_list":
            lists.pop(str(step.cc_id))
            one = replace(one, linked_to=None, name_there=None)  # noqa: PLW2901
        elif step is not None:
            list_id = step.cc_id or f"made-for-{one.sf_id}"
            one = called(one, list_id, str(step.body["name"]))  # noqa: PLW2901
            lists[list_id] = ListThere(list_id=list_id, name=one.name_there or "", is_taken=True)
        after.append(one)
    for step in of_record.values():
        adopted = ListHere(sf_id=f"record-of-{step.cc_id}", wanted={})
        after.append(called(adopted, str(step.cc_id), str(step.body["name"])))
        lists[str(step.cc_id)] = replace(lists[str(step.cc_id)], is_taken=True)
    taken = {one.linked_to: one for one in after if not one.is_deleted}
    left = [
        replace(one, linked_to=None) if one.is_deleted and one.linked_to in taken else one
        for one in after
    ]
    return left, list(lists.values())


def called(one: ListHere, list_id: str, name: str) -> ListHere:
    """Return a record whose list has this name on both sides."""
    return replace(
        one,
        wanted={"name": name},
        record_name=name,
        linked_to=list_id,
        name_there=name,
        agreed_name=name,
    )


@given(both_sides(), POLICIES)
def test_every_list_is_counted_once_and_each_planned_one_has_a_step(
    sides: tuple[list[ListHere], list[ListThere]], policies: Policies
) -> None:
    counters = Counters()
    here, there = sides
    steps = plan_lists(here, there, counters, policies)
    assert counters.adds_up()
    assert counters.planned == len({step.subject_key for step in steps}) == len(steps)
    names = [str(step.body["name"]).strip().lower() for step in steps if step.body]
    assert len(names) == len(set(names))
    free = {one.list_id for one in there if not one.is_taken}
    joined = [step for step in steps if step.kind == "link_list" and step.cc_id in free]
    assert counters.read == len(here) + len(free) - len(joined)


@given(both_sides(), POLICIES)
def test_carried_out_a_plan_leaves_nothing_to_do(
    sides: tuple[list[ListHere], list[ListThere]], policies: Policies
) -> None:
    steps = plan_lists(*sides, Counters(), policies)
    after = carried_out(*sides, steps)
    again = Counters()
    assert plan_lists(*after, again, policies) == []
    assert again.planned == 0
    assert again.adds_up()


@given(both_sides(), POLICIES)
def test_no_list_there_becomes_that_of_two_records(
    sides: tuple[list[ListHere], list[ListThere]], policies: Policies
) -> None:
    steps = plan_lists(*sides, Counters(), policies)
    after, _ = carried_out(*sides, steps)
    linked = [one.linked_to for one in after if one.linked_to is not None]
    assert len(set(linked)) == len(linked)


@given(both_sides(), POLICIES)
def test_a_record_that_takes_no_part_has_no_step(
    sides: tuple[list[ListHere], list[ListThere]], policies: Policies
) -> None:
    steps = plan_lists(*sides, Counters(), policies)
    out = {one.sf_id for one in sides[0] if one.wanted is None and not one.is_deleted}
    assert not out & {step.subject_key for step in steps}


def test_of_two_records_of_one_name_the_linked_one_has_it() -> None:
    counters = Counters()
    new = ListHere(sf_id="a", wanted={"name": "Letter"})
    linked = ListHere(sf_id="b", wanted={"name": "letter"}, linked_to="one", name_there="Old")
    steps = plan_lists(
        [new, linked], [ListThere(list_id="one", name="Old", is_taken=True)], counters, DEFAULTS
    )
    assert [(step.kind, step.subject_key) for step in steps] == [("rename_list", "b")]
    assert counters.rejected == {"another list of Practifi has this name: rename one of them": 1}


def test_a_list_that_was_deleted_there_keeps_no_name_from_a_new_record() -> None:
    gone = ListHere(sf_id="a", wanted={"name": "Letter"}, linked_to="one")
    new = ListHere(sf_id="b", wanted={"name": "Letter"})
    steps = plan_lists([gone, new], [], Counters(), DEFAULTS)
    assert [(step.kind, step.subject_key) for step in steps] == [("create_list", "b")]


def test_a_list_whose_name_a_record_without_part_has_gets_no_second_record() -> None:
    counters = Counters()
    left_out = ListHere(sf_id="a", wanted=None, left_out="no longer used", record_name="Letter ")
    steps = plan_lists(
        [left_out], [ListThere(list_id="one", name="letter", is_taken=False)], counters, EVERYTHING
    )
    assert (steps, sum(counters.rejected.values())) == ([], 1)


def test_a_list_is_deleted_by_policy_alone() -> None:
    gone = ListHere(sf_id="a", wanted=None, is_deleted=True, linked_to="one", name_there="Letter")
    there = [ListThere(list_id="one", name="Letter", is_taken=True)]
    assert plan_lists([gone], there, Counters(), DEFAULTS) == []
    (step,) = plan_lists([gone], there, Counters(), EVERYTHING)
    assert (step.kind, step.sign, step.cc_id) == ("delete_list", "remove", "one")
