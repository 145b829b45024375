"""The mapping files that ship: what a new installation starts with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.mapping.compiled import digest_of, load_mapping
from bridge.mapping.json_schema import json_schema
from bridge.mapping.model import CustomField
from bridge.mapping.profiles import PROFILES
from bridge.mapping.steps import step_names
from tests.unit.mapping_builders import files_with

ADA = {
    "Email": " Ada@Example.org",
    "FirstName": "Ada",
    "LastName": "Lovelace",
    "Title": "Analyst",
    "Account.Name": "The Lovelace Household",
    "Account.Type": "Client",
    "Birthdate": "1985-12-10",
    "HomePhone": None,
    "Phone": "+44 113 200 0000",
    "MobilePhone": "07700 900123",
    "MailingStreet": "1 Main Street\r\nFloor 2",
    "MailingCity": "Leeds",
    "MailingState": None,
    "MailingPostalCode": "LS1 1AA",
    "MailingCountry": "United Kingdom",
}


@pytest.mark.parametrize("profile", PROFILES)
def test_a_person_becomes_a_contact_with_all_that_staff_expect(profile: str) -> None:
    contact = load_mapping(files_with(), profile=profile, overrides={}).contact
    assert set(contact.paths) == set(ADA)
    assert contact.leaves_out(ADA) is None
    assert contact.project(ADA) == {
        "email_address": {"address": "Ada@Example.org"},
        "first_name": "Ada",
        "last_name": "Lovelace",
        "job_title": "Analyst",
        "company_name": "The Lovelace Household",
        "birthday_month": 12,
        "birthday_day": 10,
        "phone_numbers": {"home": None, "work": "+441132000000", "mobile": "07700900123"},
        "street_addresses": {
            "home": {
                "street": "1 Main Street, Floor 2",
                "city": "Leeds",
                "state": None,
                "postal_code": "LS1 1AA",
                "country": "United Kingdom",
            }
        },
        "custom_fields": {"household": "The Lovelace Household", "client_type": "Client"},
    }
    assert contact.custom_fields == (
        CustomField(name="household", label="Household", type="string"),
        CustomField(name="client_type", label="Client type", type="string"),
    )


def test_a_list_keeps_its_name_and_people_are_found_by_three_ways() -> None:
    mapping = load_mapping(files_with(), profile="practifi", overrides={})
    assert mapping.list.project({"Name": " Market  Letter "}) == {"name": "Market Letter"}
    assert mapping.client.ways == ("account", "person_account", "relation")
    assert mapping.client.paths == ("Name",)


def test_the_digest_is_that_of_the_text_whatever_the_order() -> None:
    files = files_with()
    backwards = dict(reversed(files.items()))
    assert load_mapping(files, profile="plain", overrides={}).digest == digest_of(backwards)
    assert digest_of(files) != digest_of(files | {"contact.yaml": files["contact.yaml"] + "\n"})


REFERENCE = Path(__file__).parents[2] / "docs" / "mapping.md"


def test_the_reference_explains_every_transform_and_operator() -> None:
    reference = REFERENCE.read_text(encoding="utf-8")
    schema = json.loads(json_schema())["$defs"]
    names = [
        *step_names(),
        *schema["Condition"]["properties"],
        *schema["Rule"]["properties"],
    ]
    assert [name for name in names if f"`{name}`" not in reference] == []
