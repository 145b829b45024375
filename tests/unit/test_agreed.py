"""A step is the one that was agreed to as long as it does what its plan showed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.delivery.model import Step
from bridge.plans.model import StoredStep
from reconciler.agreed import facts_of, is_agreed

UPDATE = Step(
    kind="update_contact",
    contact_id="c1",
    body={"last_name": "Hill", "first_name": "Ada"},
    reason="the record or its memberships changed",
    change={"last_name": ("Moran", "Hill")},
)
CREATE = Step(
    kind="create_contact",
    body={"last_name": "Hill", "list_memberships": ["l1"]},
    reason="on a list in Practifi and not there yet",
    change={"list_memberships": ([], ["l1"])},
)
RENAME = Step(kind="rename_list", contact_id="l1", body={"name": "Letter"}, reason="")


@pytest.mark.parametrize(
    ("step", "other"),
    [
        pytest.param(UPDATE, {"reason": "other words"}, id="the reason"),
        pytest.param(
            UPDATE, {"body": {"last_name": "Hill", "first_name": "Eda"}}, id="what is kept there"
        ),
        pytest.param(UPDATE, {"fingerprint": b"1"}, id="the fingerprint"),
        pytest.param(
            RENAME, {"body": {"name": "Letter", "favorite": True}}, id="a list's other values"
        ),
        pytest.param(UPDATE, {"change": {"last_name": ["Moran", "Hill"]}}, id="read from JSON"),
    ],
)
def test_what_a_plan_does_not_show_makes_no_other_step(step: Step, other: dict[str, Any]) -> None:
    assert facts_of(replace(step, **other)) == facts_of(step)


@pytest.mark.parametrize(
    ("step", "other"),
    [
        pytest.param(UPDATE, {"kind": "unsubscribe"}, id="another kind"),
        pytest.param(UPDATE, {"contact_id": "c2"}, id="another contact"),
        pytest.param(UPDATE, {"change": {"last_name": ("Mohan", "Hill")}}, id="another old value"),
        pytest.param(UPDATE, {"change": {"last_name": ("Moran", "Hull")}}, id="another new value"),
        pytest.param(
            CREATE,
            {"body": {"last_name": "Hull", "list_memberships": ["l1"]}},
            id="another new contact",
        ),
        pytest.param(RENAME, {"body": {"name": "Yearly letter"}}, id="another name"),
        pytest.param(RENAME, {"contact_id": "l2"}, id="another list"),
    ],
)
def test_what_a_plan_shows_makes_another_step(step: Step, other: dict[str, Any]) -> None:
    assert facts_of(replace(step, **other)) != facts_of(step)


def stored(step: Step) -> StoredStep:
    """Return a step as a plan keeps it."""
    return StoredStep(
        connection_id=1,
        plan_id=1,
        ordinal=0,
        key=f"address:a@example.org:{step.kind}",
        kind=step.kind,
        subject_kind="address",
        subject_key="a@example.org",
        body=step.body,
        cc_id=step.contact_id,
        change=step.change,
        calls=2,
        facts=facts_of(step),
        mapping_version_id=1,
        reason=step.reason,
        state="planned",
        outcome=None,
    )


def lists_change(old: list[str], new: list[str], **others: tuple[Any, Any]) -> Step:
    return replace(UPDATE, change={"list_memberships": (old, new), **others})


@pytest.mark.parametrize(
    ("step", "planned", "agreed"),
    [
        pytest.param(UPDATE, UPDATE, True, id="the same"),
        pytest.param(
            UPDATE, lists_change(["a"], ["b"], last_name=("Moran", "Hill")), True, id="a part of it"
        ),
        pytest.param(UPDATE, lists_change(["a"], ["b"]), False, id="another field"),
        pytest.param(
            lists_change(["a", "z"], ["b", "z"]), lists_change(["a"], ["b"]), True, id="as foreseen"
        ),
        pytest.param(
            lists_change([], ["b"]), lists_change(["a"], ["b"]), True, id="a part is done already"
        ),
        pytest.param(
            lists_change(["a"], ["b", "c"]), lists_change(["a"], ["b"]), False, id="one list more"
        ),
        pytest.param(
            lists_change(["a", "z"], ["b"]), lists_change(["a"], ["b"]), False, id="off one more"
        ),
        pytest.param(replace(UPDATE, kind="unsubscribe"), CREATE, True, id="an opt-out"),
        pytest.param(CREATE, UPDATE, False, id="another kind"),
    ],
)
def test_a_step_that_does_no_more_than_planned_is_agreed(
    step: Step, planned: Step, *, agreed: bool
) -> None:
    assert is_agreed(step, [stored(planned)]) is agreed


A_FIELD = {"custom_field_id": "f1", "value": "The Hills"}


@pytest.mark.parametrize(
    ("planned", "now", "agreed"),
    [
        pytest.param([], [A_FIELD], True, id="the account lacked the field"),
        pytest.param([A_FIELD], [A_FIELD], True, id="it had it"),
        pytest.param([A_FIELD], [A_FIELD | {"value": "The Moors"}], False, id="another value"),
        pytest.param([A_FIELD], [], False, id="no value any more"),
    ],
)
def test_a_new_contact_may_fill_a_custom_field_that_was_made_for_it(
    planned: list[dict[str, str]], now: list[dict[str, str]], *, agreed: bool
) -> None:
    step = replace(CREATE, body={**CREATE.body, "custom_fields": now})
    before = stored(replace(CREATE, body={**CREATE.body, "custom_fields": planned}))
    assert is_agreed(step, [before]) is agreed


def test_a_change_may_fill_a_custom_field_but_not_write_over_one() -> None:
    for old, agreed in ((None, True), ("The Moors", False)):
        change = {**UPDATE.change, "custom_fields.household": (old, "The Hills")}
        assert is_agreed(replace(UPDATE, change=change), [stored(UPDATE)]) is agreed
