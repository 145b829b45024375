"""Every cell of the truth table of consent is what `decide` does."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.consent.standing import Asked, OptOut
from bridge.delivery.decide import decide
from bridge.delivery.model import AddressState, Membership, Person
from tests.unit import consent_truth as truth

if TYPE_CHECKING:
    from bridge.delivery.model import Decision
    from tests.unit.consent_truth import Cell

PAGE = Path(__file__).parents[2] / "docs" / "consent.md"
KEY = "ada@example.org"
LETTER = "letter"
OUT_AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOX = {"clear": False, "ticked": True, "not known": None}
PERMISSIONS = {
    "subscribed": "implicit",
    "pending confirmation": "pending_confirmation",
    "on hold": "temp_hold",
    "deleted": "implicit",
}


def person(contact_id: str, box: str, *lists: str) -> Person:
    return Person(
        contact_id=contact_id,
        do_not_email=BOX[box],
        wanted={"email_address": {"address": KEY}},
        memberships=tuple(
            Membership(sf_id=f"m-{each}", list_id=f"sf-{each}", cc_list_id=each) for each in lists
        ),
    )


def contact(there: str) -> dict[str, Any] | None:
    if there == "nobody":
        return None
    address = {"address": KEY, "permission_to_send": PERMISSIONS.get(there, "unsubscribed")}
    if "out" in there:
        address["opt_out_source"] = "Account" if "firm" in there else "Contact"
        address["opt_out_date"] = OUT_AT.isoformat()
    deleted = {"deleted_at": "2026-11-02"} if "deleted" in there else {}
    return {
        "contact_id": "cc",
        "email_address": address,
        "list_memberships": [],
        "update_source": "Account",
        **deleted,
    }


def state(cell: Cell) -> AddressState:
    people = [person("c1", cell.box, LETTER)]
    if cell.sharer != "none":
        people.append(person("c2", cell.sharer))
    asked_at = OUT_AT + (HOUR if cell.untick == "counts" else -HOUR)
    return AddressState(
        key=KEY,
        people=tuple(people),
        there=contact(cell.there),
        is_there_known=True,
        opt_outs=()
        if cell.ledger == "nothing"
        else (OptOut(kind="address", key=KEY, acted_by=cell.ledger, since=OUT_AT, seq=1),),
        asked=()
        if cell.untick == "none"
        else (Asked(id=1, contact_id="c1", asked_at=asked_at, asked_seq=2),),
    )


def outcome(decision: Decision) -> str:
    kinds = [step.kind for step in decision.steps]
    bodies = [step.body for step in decision.steps]
    is_added = any(LETTER in (body.get("list_memberships") or ()) for body in bodies)
    if "unsubscribe" in kinds:
        assert not is_added
        return truth.UNSUBSCRIBED
    if "resubscribe" in kinds:
        by_person = bodies[kinds.index("resubscribe")]["update_source"] == "Contact"
        return truth.BACK_BY_PERSON if by_person else truth.BACK_BY_FIRM
    if not is_added:
        assert kinds == []
        return truth.NOTHING
    assert kinds == ["create_contact"] or not any("email_address" in body for body in bodies)
    return truth.JOINS


@pytest.mark.parametrize(
    "cell", list(truth.cells()), ids=lambda cell: "-".join(vars(cell).values())
)
def test_each_cell(cell: Cell) -> None:
    assert outcome(decide(state(cell))) == truth.answer(cell).outcome


def test_every_row_of_the_table_answers_something() -> None:
    answered = Counter(truth.answer(cell) for cell in truth.cells())
    assert answered.keys() == set(truth.TABLE)


def test_the_page_shows_the_table() -> None:
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- truth table -->\n")
    shown, _, _ = rest.partition("\n<!-- end of truth table -->")
    assert shown == truth.as_markdown(), "python -m tests.unit.consent_truth prints it"
