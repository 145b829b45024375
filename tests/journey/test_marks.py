"""Fields by which the organization marks people: they count, and the loss of one stops nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bridge.mapping.marks import Mark
from bridge.mapping.versions import active

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"
BEN = "ben@example.org"


def mark(firm: Firm, one: Mark) -> None:
    firm.bridge.rows(
        "UPDATE connection SET people_marks = %(marks)s::jsonb RETURNING id",
        marks=json.dumps([one.as_json()]),
    )


def test_whom_the_organization_marks_is_not_created_and_comes_with_the_mark_gone(
    firm: Firm,
) -> None:
    mark(firm, Mark(path="Title", reason="a former client", values=("Former",)))
    person = firm.member(ADA, firm.new_list(), Title="Former")
    firm.settle()
    assert firm.all_there(ADA) == []
    assert firm.status(person) == ("Not sent", "a former client")
    firm.change(person, Title="Dr")
    firm.settle()
    assert len(firm.lists_of(ADA)) == 1


def test_nothing_is_sent_any_more_of_whoever_is_marked_later(firm: Firm) -> None:
    mark(firm, Mark(path="Title", reason="a former client", values=("Former",)))
    person = firm.member(ADA, firm.new_list(), Title="Dr")
    firm.settle()
    firm.change(person, Title="Former", FirstName="Adele")
    firm.settle()
    assert firm.there(ADA)["job_title"] == "Dr"


def test_a_mark_that_is_lost_keeps_nobody_back(firm: Firm) -> None:
    mark(firm, Mark(path="Deceased__c", reason="the person has died", is_box=True))
    firm.member(BEN, firm.new_list())
    firm.settle()
    assert len(firm.lists_of(BEN)) == 1
    connection = firm.bridge.connection
    assert (connection.state, connection.people_marks) == ("active", [])
    with firm.bridge.database.transaction() as tx:
        current = active(tx, connection.id)
    assert current is not None
    assert current.mapping.contact.marks == ()
