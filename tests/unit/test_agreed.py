"""A step is the one that was agreed to as long as it does what its plan showed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.delivery.model import Step
from reconciler.agreed import facts_of

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
