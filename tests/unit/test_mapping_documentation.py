"""`bridge mapping docs`: what is said of whole files, in three forms, and since when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError, MappingError
from bridge.mapping.cli import main
from bridge.mapping.documentation import Look, documented
from bridge.mapping.documentation_forms import as_html, as_json, as_markdown
from bridge.mapping.marks import PEOPLE, Mark
from bridge.mapping.profiles import PROFILES
from bridge.mapping.since import InForce, unchanged_since
from tests.unit.mapping_builders import SHIPPED, contact_yaml, files_with

if TYPE_CHECKING:
    from bridge.mapping.documentation import Documentation, Part

LOOK = Look(profile="practifi", about="Made for a test.")
HOSTILE = """custom_fields:
  bad: {label: "<script>a|b</script>", value: "</td><img src=x>"}"""


def told(fields: str = "", head: str = "", look: Look = LOOK) -> Documentation:
    return documented(files_with(contact=contact_yaml(fields, head)), look)


def part(documentation: Documentation, name: str) -> Part:
    (found,) = [one for one in documentation.sections[0].parts if one.name == name]
    return found


@pytest.mark.parametrize("profile", PROFILES)
def test_what_ships_is_told_for_every_profile(profile: str) -> None:
    whole = documented(files_with(), Look(profile=profile, about=""))
    assert [section.title for section in whole.sections] == [
        "Contacts",
        "Lists",
        "Memberships",
        "Clients",
        "Engagement",
    ]
    assert part(whole, "email_address").comes_from == "Email."
    assert part(whole, "custom_fields.client_type").title == "Client type"


def test_who_takes_no_part_is_told_with_the_reason() -> None:
    head = "leave_out: [{when: {field: Gone__c, is: true}, reason: the person has died}]\n"
    left_out = told(head=head).sections[0].left_out
    assert left_out[-1] == "Where Gone__c is ticked: the person has died."


def test_marks_that_the_organization_has_are_told_by_their_field() -> None:
    mark = Mark(path="Deceased__c", reason="the person has died", is_box=True)
    look = Look(profile="practifi", about="", overrides={PEOPLE: [mark.as_json()]})
    assert told(look=look).sections[0].left_out == (
        "Where Deceased__c is ticked: the person has died.",
    )
    assert "where it has a field for that" in told().sections[0].left_out[0]


def test_whose_permission_is_explicit_is_told() -> None:
    plain, with_field = told(), told(head="explicit_permission_when: {field: OK__c, is: true}\n")
    assert "New contacts are created with implicit permission." in plain.sections[0].sentences
    assert any(
        "explicit permission where OK__c is ticked" in one
        for one in with_field.sections[0].sentences
    )


def test_a_record_that_is_asked_for_is_the_example() -> None:
    record = {"Email": "nora@example.org", "FirstName": "Nora", "Birthdate": "1980-07-04"}
    look = Look(profile="practifi", about="", record=dict(record))
    whole = told("first_name: FirstName\nbirthday: Birthdate", look=look)
    assert part(whole, "first_name").example == "Nora"
    assert part(whole, "birthday").example == "7/4"
    assert part(whole, "email_address").example == "nora@example.org"
    assert part(told("first_name: FirstName"), "first_name").example is None


def test_nothing_of_a_file_becomes_markup() -> None:
    whole = told(HOSTILE)
    html, markdown = as_html(whole), as_markdown(whole)
    assert "<script>" not in html
    assert "<img" not in html
    assert "\\<script\\>a\\|b\\</script\\>" in markdown
    assert json.loads(as_json(whole))["sections"][0]["parts"][-1]["title"] == "<script>a|b</script>"


def test_each_table_of_markdown_has_as_many_cells_as_heads() -> None:
    contacts = as_markdown(told(HOSTILE)).partition("## Lists")[0]
    rows = [line for line in contacts.splitlines() if line.startswith("|")]
    assert {row.replace("\\|", "").count("|") for row in rows} == {6}


def history(*texts: str) -> list[InForce]:
    """Return versions as they came into force, the latest first."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        InForce(number + 1, first + timedelta(days=number), files_with(contact=text))
        for number, text in reversed([*enumerate(texts)])
    ]


def test_a_rule_is_as_old_as_the_last_change_of_it() -> None:
    since = unchanged_since(
        history(
            contact_yaml("first_name: FirstName\njob_title: Title"),
            contact_yaml("first_name: {from: FirstName}\njob_title: Department"),
            contact_yaml("first_name: FirstName\njob_title: Title"),
        )
    )
    assert since["contact.yaml", ("first_name",)].version_id == 1  # only the writing was another
    assert since["contact.yaml", ("job_title",)].version_id == 3  # it was another one in between
    assert since["list.yaml", ("name",)].version_id == 1


def test_another_table_is_another_rule() -> None:
    fields = "custom_fields: {a: {label: A, from: A__c, transform: [{lookup: t}]}}"
    since = unchanged_since(
        history(
            contact_yaml(fields, "lookups: {t: {table: {A: One}}}\n"),
            contact_yaml(fields, "lookups: {t: {table: {A: Two}}}\n"),
        )
    )
    assert since["contact.yaml", ("custom_fields", "a")].version_id == 2
    assert since["contact.yaml", ("email_address",)].version_id == 1


def test_the_command_prints_one_form_or_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", str(SHIPPED), "--profile", "plain"]) == 0
    assert "A Campaign in Salesforce becomes a list" in capsys.readouterr().out
    assert main(["docs", str(SHIPPED), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["about"].endswith("profile practifi.")


@pytest.mark.parametrize(
    "arguments", [["--sample", "003000000000001AAA"], [str(SHIPPED), "--connection", "firm"]]
)
def test_a_person_s_values_and_a_version_are_those_of_a_connection(arguments: list[str]) -> None:
    with pytest.raises(ConfigurationError, match="--connection"):
        main(["docs", *arguments])


def test_faulty_files_are_refused() -> None:
    with pytest.raises(MappingError):
        told("frist_name: FirstName")
