"""Mapping files for tests: the shipped ones, with one file written anew."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING

from bridge.mapping.compiled import load_mapping, read_files

if TYPE_CHECKING:
    from bridge.mapping.model import Mapping

SHIPPED = Path(__file__).parents[2] / "mappings"
HEAD = "source: contact\ntarget: contact\nmatch: email_address\n"


def files_with(**texts: str) -> dict[str, str]:
    """Return the shipped files, without their tests, and with some replaced: `contact="…"`."""
    shipped = {name: without_tests(text) for name, text in read_files(SHIPPED).items()}
    return shipped | {f"{name}.yaml": text for name, text in texts.items()}


def without_tests(text: str) -> str:
    """Return a mapping file without the tests in it, which another rule would break."""
    rules, begins, _ = text.partition("\ntests:\n")
    return f"{rules}\n" if begins else text


def contact_yaml(fields: str = "", head: str = "") -> str:
    """Return a contact.yaml; its fields begin in line 5 with `email_address`, where head is ''."""
    return f"{HEAD}{head}fields:\n  email_address: $email\n{indent(fields, '  ')}\n"


def a_mapping(fields: str = "", head: str = "", profile: str = "practifi") -> Mapping:
    """Return the mapping of a contact.yaml with these fields."""
    files = files_with(contact=contact_yaml(fields, head))
    return load_mapping(files, profile=profile, overrides={})


def projected(rule: str, **record: str | None) -> object:
    """Return what a custom field becomes by a rule: `{from: X__c, transform: [trim]}`."""
    fields = f"custom_fields: {{it: {{label: It, {rule}}}}}"
    mapped = a_mapping(fields).contact.project({"Email": "ada@example.org", **record})
    custom: dict[str, object] = mapped.get("custom_fields", {})
    return custom.get("it", "left out")
