"""The packs: what `bridge init` begins with is sound, tested in itself, told and deployable."""

from __future__ import annotations

from functools import cache

import pytest

from bridge.mapping.compiled import FILES, load_mapping
from bridge.mapping.documentation import Look, documented
from bridge.mapping.documentation_forms import as_markdown
from bridge.mapping.own_tests_run import run_examples
from bridge.mapping.profiles import PROFILES
from bridge.salesforce.package.generate import generate
from bridge.setup.packs import Pack, pack_names, read_pack
from tests.unit.test_salesforce_package import OPTIONS

NAMES = [None, *pack_names()]


@cache
def pack(name: str | None) -> tuple[dict[str, str], str]:
    """Return the mapping files of a pack, and its profile."""
    found: Pack = read_pack(name)
    files = {file: text for file, text in found.files.items() if file in FILES}
    return files, found.profile or PROFILES[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_passes_its_own_tests(name: str | None) -> None:
    files, profile = pack(name)
    outcomes = run_examples(load_mapping(files, profile=profile, overrides={}))
    assert [(one.example.name, one.differences) for one in outcomes if one.differences] == []
    assert {outcome.example.file for outcome in outcomes} == {
        "contact.yaml",
        "list.yaml",
        "membership.yaml",
    }


@pytest.mark.parametrize("name", NAMES)
def test_what_a_pack_does_is_told_with_an_example_of_every_part(name: str | None) -> None:
    files, profile = pack(name)
    whole = documented(files, Look(profile=profile, about=""))
    parts = [part for section in whole.sections for part in section.parts]
    assert [part.name for part in parts if not part.example] == []
    assert "| Ada Augusta |" in as_markdown(whole)


@pytest.mark.parametrize("name", NAMES)
def test_the_package_of_a_pack_is_generated(name: str | None) -> None:
    files, profile = pack(name)
    package = generate(load_mapping(files, profile=profile, overrides={}), OPTIONS)
    assert package.parts
    assert package.messages


def test_households_of_nonprofits_are_greeted_and_marks_are_heeded() -> None:
    files, profile = pack("nonprofit")
    contact = load_mapping(files, profile=profile, overrides={}).contact
    person = dict.fromkeys(contact.paths) | {
        "Email": "ada@example.org",
        "Account.RecordType.DeveloperName": "HH_Account",
        "Account.npo02__Formal_Greeting__c": "Mr. and Mrs. Lovelace",
    }
    assert contact.project(person)["custom_fields"]["formal_greeting"] == "Mr. and Mrs. Lovelace"
    assert contact.leaves_out(person | {"npsp__Deceased__c": "true"}) == "the person has died"


def test_a_pack_has_the_files_of_the_one_that_it_is_like() -> None:
    plain, nonprofit = pack("plain")[0], pack("nonprofit")[0]
    assert nonprofit["list.yaml"] == plain["list.yaml"] != pack(None)[0]["list.yaml"]
    assert nonprofit["client.yaml"] != plain["client.yaml"]
