"""A field that is not mapped yet is read from Salesforce for the one record it is tried on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg.types.json import Jsonb
from starlette.requests import Request

from bridge.console.access.people import Person
from bridge.console.page import Console, Visit
from bridge.console.pages import mapping_unread
from bridge.console.pages.mapping_live import look
from bridge.console.rendering import Form
from tests.journey.firm import Firm
from tests.unit.mapping_builders import contact_yaml, files_with

if TYPE_CHECKING:
    from bridge.console.pages.mapping_result import Result
    from tests.fix_bridge import RunningBridge

HOME = "home@example.org"


@pytest.fixture
def firm(bridge: RunningBridge) -> Firm:
    mapping_unread._answers.clear()
    return Firm(bridge, bridge.sandbox)


def result_of(firm: Firm, field: str) -> Result:
    """Return what a text that maps a field makes of whoever has the address."""
    kit = firm.bridge.installation
    console = Console(
        settings=kit.settings, database=kit.database, keyring=kit.keyring, wake=lambda _: None
    )
    request = Request({"type": "http", "query_string": b"", "headers": []})
    person = Person(id=1, name="Root", roles=["admin"])
    form = Form({"who": [HOME]})
    visit = Visit(console=console, request=request, person=person, form=form)
    files = files_with(contact=contact_yaml(f"job_title: {field}"))
    live = look(visit, firm.bridge.connection, "contact.yaml", files, is_edited=True)
    assert live.result is not None, live
    return live.result


def a_member(firm: Firm) -> None:
    firm.member(HOME, firm.new_list("Letter"), FirstName="Ann", LastName="Moran", Department="Ops")
    firm.settle()


def test_its_value_is_shown_before_it_is_mapped(firm: Firm) -> None:
    a_member(firm)
    before = len(firm.bridge.sandbox.calls("salesforce"))
    first, again = result_of(firm, "Department"), result_of(firm, "Department")
    assert [(part.now, part.then) for part in first.parts if part.name == "job title"] == [
        ("(emptied)", "Ops")
    ]
    assert (first.unread, first.trouble) == ([], "")
    assert again.parts == first.parts
    queries = firm.bridge.sandbox.calls("salesforce")[before:]
    assert sum("/query" in call["path"] for call in queries) == 1
    mapped = firm.bridge.rows("SELECT fields FROM practifi_record WHERE kind = 'contact'")
    assert all("Department" not in row["fields"] for row in mapped)


def test_a_part_that_a_write_rule_keeps_is_marked(firm: Firm) -> None:
    a_member(firm)
    firm.bridge.rows(
        "UPDATE cc_contact SET resource = resource || %(there)s RETURNING 1",
        there=Jsonb({"job_title": "Judge"}),
    )
    kept, written = (
        result_of(firm, f"{{from: Department, write: {rule}}}")
        for rule in ("create_only", "never_clear")
    )
    (part,) = [one for one in kept.parts if one.name == "job title"]
    assert (part.then, part.kept) == ("Ops", "create_only")
    assert [one.kept for one in written.parts if one.name == "job title"] == [""]


def test_a_field_that_is_not_there_is_named(firm: Firm) -> None:
    a_member(firm)
    result = result_of(firm, "Nickname__c")
    assert "Salesforce has no such field on Contact, or hides it" in result.trouble
    assert result.unread == ["Nickname__c"]
