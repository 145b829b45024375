"""What an editor says of mapping files by their JSON Schema: nothing, or the place of the fault."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from openapi_schema_validator import OAS31Validator

from bridge.mapping.compiled import FILES, read_files
from bridge.mapping.json_schema import json_schema
from bridge.mapping.steps import StepBody, plain_names, step_names
from bridge.mapping.yaml_tree import read_tree
from bridge.setup.packs import pack_names, read_pack
from tests.unit.mapping_builders import HEAD, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

FIELDS = "fields:\n  email_address: $email\n"
CONTACT = HEAD + FIELDS
CUSTOM = f"{CONTACT}  custom_fields:\n    it: {{label: It, from: It__c, "
LEAVE = f"{CONTACT}leave_out:\n  - "


@cache
def validator() -> OAS31Validator:
    return OAS31Validator(json.loads(json_schema()))


def places(text: str) -> list[str]:
    """Return where a file is wrong, as an editor underlines it."""
    faults: Iterable[ValidationError] = validator().iter_errors(read_tree(text).data)
    return sorted({".".join(map(str, _deepest(fault))) for fault in faults})


def _deepest(fault: ValidationError) -> list[str | int]:
    """Return the place in that branch of a choice which fits best: the one that fails latest."""
    inner = [_deepest(one) for one in fault.context or ()]
    return max([list(fault.absolute_path), *inner], key=len)


@pytest.mark.parametrize("pack", [None, *pack_names()])
def test_the_files_of_every_pack_are_sound(pack: str | None) -> None:
    files = {name: text for name, text in read_pack(pack).files.items() if name in FILES}
    assert {name: places(text) for name, text in files.items()} == {name: [] for name in FILES}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ""),
        ("sorce: contact\n", ""),
        ("source: contacts\n", "source"),
        ("source: contact\n", ""),
        (CONTACT.replace("match: email_address", "match: id"), "match"),
        (f"{CONTACT}  frist_name: FirstName\n", "fields"),
        (f"{CONTACT}  first_name: First Name\n", "fields.first_name"),
        (
            f"{CONTACT}  first_name: {{from: FirstName, too_long: chop}}\n",
            "fields.first_name.too_long",
        ),
        (f"{CONTACT}  first_name: {{from: FirstName, max: long}}\n", "fields.first_name.max"),
        (f"{CONTACT}  first_name: {{first_of: [FirstName]}}\n", "fields.first_name.first_of"),
        (f"{CONTACT}  phone_numbers: {{car: Phone}}\n", "fields.phone_numbers"),
        (f"{CONTACT}  custom_fields: {{a: {{from: A__c}}}}\n", "fields.custom_fields.a"),
        (f"{CUSTOM}transform: [trimm]}}\n", "fields.custom_fields.it.transform.0"),
        (f"{CUSTOM}transform: [{{cut: few}}]}}\n", "fields.custom_fields.it.transform.0.cut"),
        (f"{CUSTOM}transform: trim}}\n", "fields.custom_fields.it.transform"),
        (f"{CUSTOM}type: money}}\n", "fields.custom_fields.it.type"),
        (f"{LEAVE}when: {{field: A__c, iss: B}}\n    reason: no client\n", "leave_out.0.when"),
        (f"{LEAVE}when: {{field: A__c, in: B}}\n    reason: no client\n", "leave_out.0.when.in"),
        (f"{LEAVE}when: {{field: A__c, is: B}}\n", "leave_out.0"),
        (f"{CONTACT}lookups: {{a: {{table: {{}}}}}}\n", "lookups.a.table"),
        ("source: list\ntarget: list\nmatch: label\nfields: {name: $name}\n", "match"),
        ("source: client\nways: [household]\n", "ways.0"),
        ("source: interaction\nkinds: [opened]\n", "kinds.0"),
        ("source: interaction\ndetails_max: 10\n", "details_max"),
        ("profiles: {salesforce: {}}\n", "profiles.salesforce"),
    ],
)
def test_a_mistake_is_underlined_where_it_is(text: str, place: str) -> None:
    assert place in places(text)


def described(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every key that may stand in a file, and what editors show of it."""
    definitions = schema["$defs"]
    for name, definition in definitions.items():
        for key, told in definition.get("properties", {}).items():
            named = definitions.get(told.get("$ref", "").rpartition("/")[2], {})
            yield f"{name}.{key}", told.get("description") or named.get("description", "")


def test_editors_have_words_for_every_key() -> None:
    keys = dict(described(json.loads(json_schema())))
    assert [key for key, text in keys.items() if not text] == [], "write them in key_texts.py"


def test_editors_offer_every_transform_and_write_out_its_argument() -> None:
    schema = json.loads(json_schema())["$defs"]
    names, body = schema["Rule"]["properties"]["transform"]["items"]["anyOf"]
    assert len(names["enumDescriptions"]) == len(names["enum"])
    offered = {snippet["label"].partition(":")[0] for snippet in body["defaultSnippets"]}
    assert set(step_names()) - offered - {*plain_names()} == set()


def test_the_reference_shows_what_editors_offer() -> None:
    schema = json.loads(json_schema())["$defs"]
    names, body = schema["Rule"]["properties"]["transform"]["items"]["anyOf"]
    offered = dict(zip(names["enum"], names["enumDescriptions"], strict=True))
    offered |= {one["label"]: one["description"] for one in body["defaultSnippets"]}
    page = (SHIPPED.parent / "docs" / "mapping.md").read_text(encoding="utf-8")
    walk = page.partition("After `transform: [` they offer:\n\n```\n")[2].partition("\n```")[0]
    shown = [line.split("  ", 1) for line in walk.splitlines() if line != "…"]
    assert len(shown) == 6
    assert {name: text.strip() for name, text in shown}.items() <= offered.items()


def test_what_editors_write_out_is_sound() -> None:
    schema = json.loads(json_schema())["$defs"]
    _, body = schema["Rule"]["properties"]["transform"]["items"]["anyOf"]
    for snippet in body["defaultSnippets"]:
        StepBody.model_validate(snippet["body"])


def test_the_schema_beside_the_files_is_this_one() -> None:
    assert (SHIPPED / "schema.json").read_text(encoding="utf-8") == json_schema(), (
        "write it again: bridge mapping schema"
    )
    for name, text in read_files(SHIPPED).items():
        assert text.startswith("# yaml-language-server: $schema=schema.json\n"), name
