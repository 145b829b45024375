"""Many changes at once: they go in bulk, and end as each would have ended by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.journey.firm import Firm

MANY = 120


def address(number: int) -> str:
    return f"person{number}@example.org"


def load(firm: Firm, list_id: str, count: int = MANY) -> list[str]:
    """Load people who are on a list, and say nothing to the bridge yet."""
    return [
        firm.member(address(number), list_id, FirstName=f"Name {number}") for number in range(count)
    ]


def calls(firm: Firm) -> list[tuple[str, str]]:
    """Return the bridge's calls to Constant Contact."""
    return [
        (call["method"], call["path"])
        for call in firm.sandbox.calls("constant_contact")
        if call["owner"] == "bridge"
    ]


def test_a_data_load_of_new_people_arrives_by_import(firm: Firm) -> None:
    list_id = firm.new_list()
    firm.settle()
    people = load(firm, list_id)
    firm.settle()
    cc_list = firm.cc_list_id(list_id)
    for number in (0, 57, MANY - 1):
        there = firm.there(address(number))
        assert there["first_name"] == f"Name {number}"
        assert there["list_memberships"] == [cc_list]
        assert firm.cc_contact_id(people[number]) == there["contact_id"]
        assert firm.status(people[number]) == ("Subscribed", None)
    made = calls(firm)
    assert len(made) < 30
    assert {row["state"] for row in firm.notifications()} <= {"done", "superseded", "ignored"}
