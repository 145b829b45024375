"""The pages on mappings: each block of YAML is sound, and does what its own tests say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bridge.mapping.compiled import load_mapping
from bridge.mapping.own_tests_run import run_examples
from tests.docs.test_readme import ROOT
from tests.unit.mapping_builders import HEAD, files_with

if TYPE_CHECKING:
    from bridge.mapping.model import Mapping
    from bridge.mapping.own_tests_run import Difference

BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> list[str]:
    return BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8"))


def mapping_of(block: str) -> Mapping:
    """Return the mapping of a block, with the least that contact.yaml needs besides."""
    if "fields:\n" not in block:
        block += "fields:\n"
    if "email_address:" not in block:
        block = re.sub(
            r"^fields:\n", "fields:\n  email_address: $email\n", block, flags=re.MULTILINE
        )
    return load_mapping(files_with(contact=HEAD + block), profile="practifi", overrides={})


def failing(mapping: Mapping) -> list[tuple[str, tuple[Difference, ...]]]:
    """Return the tests that fail, each with what came out otherwise."""
    outcomes = run_examples(mapping)
    return [(one.example.name, one.differences) for one in outcomes if one.differences]


PAGE = (ROOT / "docs" / "mapping-recipes.md").read_text(encoding="utf-8")
RECIPES = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}


@pytest.mark.parametrize("block", blocks("mapping.md"))
def test_an_example_of_the_reference_is_sound(block: str) -> None:
    mapping = mapping_of(block)
    assert mapping.contact.paths
    assert failing(mapping) == []


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_does_what_its_tests_say(name: str) -> None:
    (block,) = BLOCK.findall(RECIPES[name])
    mapping = mapping_of(block)
    assert mapping.examples
    assert failing(mapping) == []


def test_there_are_as_many_recipes_as_the_page_promises() -> None:
    assert "Twelve things" in PAGE
    assert len(RECIPES) == 12
