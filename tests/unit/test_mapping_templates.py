"""Texts with fields in braces: what they give, and what is wrong with others."""

from __future__ import annotations

import pytest

from bridge.errors import MappingError
from tests.unit.mapping_builders import a_mapping, projected

GIVES = [
    ("Dear {First__c} {Last__c}", {"First__c": "Ada", "Last__c": "Lovelace"}, "Dear Ada Lovelace"),
    ("Dear {First__c} {Last__c}", {"First__c": None, "Last__c": "Lovelace"}, "Dear Lovelace"),
    ("{First__c} {Last__c}", {"First__c": "Ada", "Last__c": None}, "Ada"),
    ("{First__c} {Last__c}", {"First__c": None, "Last__c": " "}, None),
    ("Dear {First__c}, hello", {"First__c": None}, None),
    ("Dear {First__c|friend}, hello", {"First__c": None}, "Dear friend, hello"),
    ("{First__c} {Last__c}, hello", {"First__c": "Ada", "Last__c": None}, "Ada, hello"),
    ("({First__c})  {Last__c}", {"First__c": "Ada", "Last__c": "L"}, "(Ada)  L"),
    ("{First__c} {Last__c}", {"First__c": "Ada"}, "left out"),
    ("{First__c|friend}", {}, "left out"),
    ("{Account.Name}: {First__c}", {"Account": None, "First__c": "Ada"}, ": Ada"),
    ("{{{First__c}}}", {"First__c": "Ada"}, "{Ada}"),
    ("{First__c}", {"First__c": "{Last__c} {0.__class__} %s"}, "{Last__c} {0.__class__} %s"),
    ("{$email}", {}, "ada@example.org"),
    (r"\N{BULLET} {First__c}".replace("{BULLET}", "{{0}}"), {"First__c": "x"}, r"\N{0} x"),
]


@pytest.mark.parametrize(("text", "record", "gives"), GIVES)
def test_a_text_with_fields(text: str, record: dict[str, str | None], gives: str | None) -> None:
    assert projected(f"template: '{text}'", **record) == gives


FAULTS = [
    ("'Dear friend'", "58: no field in braces: `value` gives the same text for every record"),
    ("'Dear {FristName}'", "64: Contact has no field FristName (did you mean FirstName?)"),
    ('"Dear {$emial}"', "64: names.yaml has no name emial for this object (did you mean email?)"),
    ("'Dear {}'", "64: nothing is no field: write {FirstName} or {FirstName|friend}"),
    ("'{First Name}'", "59: 'First Name' is no field: write {FirstName} or {FirstName|friend}"),
    ("'{0.__class__}'", "59: '0.__class__' is no field: write {FirstName} or {FirstName|friend}"),
    ("'{FirstName!r:>9}'", "59: 'FirstName!r:>9' is no field: write {FirstName} or {FirstName|f"),
    ("'a } b'", "60: a } without its {: for the sign itself, write }}"),
    ("'a { b'", "60: a { without its }: for the sign itself, write {{"),
    (
        "'{FirstName| }'",
        "59: nothing after |: write what stands there where the field is empty, or",
    ),
    ("'" + "{FirstName}" * 21 + "'", "279: more than 20 fields"),
    ('"\\x41 {FristName}"', "57: Contact has no field FristName (did you mean FirstName?)"),
]


@pytest.mark.parametrize(("text", "fault"), FAULTS)
def test_a_fault_points_into_the_text(text: str, fault: str) -> None:
    with pytest.raises(MappingError) as caught:
        a_mapping(f"custom_fields: {{greeting: {{label: Greeting, template: {text}}}}}")
    (told,) = caught.value.faults
    assert told.startswith(f"contact.yaml:6:{fault}")


def test_the_fields_of_a_text_are_read_like_any_other() -> None:
    fields = "custom_fields: {it: {label: It, template: '{Account.Owner.Name} {$email}'}}"
    assert {"Account.Owner.Name", "Email"} <= set(a_mapping(fields).contact.paths)
