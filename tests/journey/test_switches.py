"""Where the vendors' documents leave something open, the bridge is right with either answer.

Each switch of the sandbox is turned, alone, away from its default; then people do random things on
both sides for two days, part of which the bridge hears, and its tokens run out meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args, get_origin

import pytest

from sandbox.constant_contact.policy import Policy as ConstantContact
from sandbox.salesforce.policy import Policy as Salesforce
from tests.journey.both_sides import BothSides, draw
from tests.journey.reconciling import kinds, planned, reconcile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from tests.journey.firm import Firm

SEED = 5
OPERATIONS = 40
TOKENS_LIVE_S = 25 * 3600
SOME_TIME_S = 30.0
SIDES: dict[str, type[BaseModel]] = {
    "constant-contact": ConstantContact,
    "salesforce": Salesforce,
}
NAMED: dict[str, object] = {
    "hidden_fields": ("Contact.Department",),
    "outbound_hidden_fields": ("Contact.HasOptedOutOfEmail", "Contact.Email"),
    "deleted_kept_h": 2,
    "most_replicated_ids": 2,
}
"""What a switch is set to of which a longer time or the other answer is not the question."""


OF_SETTING_UP = {
    *("api_enabled", "setup_visible", "metadata_api", "missing_privileges"),
    "report_runs_an_hour",
}
"""What is set up wrong in a side, and not left open by its vendor: `bridge doctor` names it."""


def other_values(name: str, field: FieldInfo) -> list[object]:
    """Return what a switch can be besides its default; of a time, one that is long."""
    if name in NAMED:
        return [NAMED[name]]
    if get_origin(field.annotation) is Literal:
        return [value for value in get_args(field.annotation) if value != field.default]
    if isinstance(field.default, bool):
        return [not field.default]
    assert isinstance(field.default, (int, float)), f"say what else {field!r} can be"
    return [field.default + SOME_TIME_S]


def switches() -> Iterator[object]:
    for side, model in SIDES.items():
        for name, field in model.model_fields.items():
            if name in OF_SETTING_UP:
                continue
            for value in other_values(name, field):
                yield pytest.param(side, {name: value}, id=f"{name}={value}")


@pytest.mark.parametrize(("side", "policy"), list(switches()))
def test_whatever_the_vendor_answers_both_sides_end_equal_and_nobody_is_wrongly_mailable(
    firm: Firm, side: str, policy: dict[str, object]
) -> None:
    firm.sandbox.control("PUT", f"/{side}/policy", policy)
    both = BothSides(firm)
    both.begin()
    for day in range(2):
        both.play(draw(SEED + 3 * day, OPERATIONS))
        firm.sandbox.advance(TOKENS_LIVE_S)
    firm.sandbox.advance(SOME_TIME_S)
    reconcile(firm)
    firm.sandbox.advance(2 * SOME_TIME_S)
    assert kinds(planned(firm, "lists")) == []
    assert kinds(planned(firm, "contacts")) == []
    assert both.wrongly_mailable() == []
