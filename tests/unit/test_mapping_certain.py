"""What can never be of use is told when the file is checked, not with the first record."""

from __future__ import annotations

import pytest

from bridge.errors import MappingError
from tests.unit.mapping_builders import a_mapping

LONG = "x" * 51
HEAD = f"lookups: {{t: {{table: {{A: Core, B: {LONG}}}}}, u: {{table: {{A: '1', B: n/a}}}}}}\n"

FAULTS = [
    (f"first_name: {{value: {LONG}}}", "7:23: 51 characters, and 50 are allowed here"),
    (f"first_name: {{from: A__c, default: {LONG}}}", "7:37: 51 characters, and 50 are allowed"),
    (f"first_name: {{cases: [{{value: {LONG}}}]}}", "7:32: 51 characters, and 50 are allowed"),
    (
        f"first_name: {{template: '{LONG}{{A__c}}'}}",
        "7:26: 51 characters beside its fields, and 50 are allowed here",
    ),
    (
        "first_name: {from: A__c, transform: [{lookup: t}]}",
        "4:35: 51 characters, and 50 are allowed here",
    ),
    (
        f"first_name: {{from: A__c, transform: [{{bands: [{{text: {LONG}}}]}}]}}",
        "7:56: 51 characters, and 50 are allowed here",
    ),
    (
        "first_name: {from: A__c, max: 2, transform: [yes_no]}",
        "7:48: 3 characters, and 2 are allowed here",
    ),
    ("anniversary: {from: A__c, default: soon}", "7:38: 'soon' is for anniversary: not a date"),
    (
        "birthday: {from: A__c, default: '2026-02-30'}",
        "7:35: '2026-02-30' is for birthday: not a date such as 2026-11-02",
    ),
    (
        "birthday: {from: A__c, transform: [{date: D MMMM}]}",
        "7:45: '23 November' is for birthday: not a date such as 2026-11-02",
    ),
    (
        "birthday_month: {from: A__c, default: '13'}\nbirthday_day: B__c",
        "7:41: '13' is for birthday_month: not a whole number from 1 to 12",
    ),
    (
        "birthday_month: {from: A__c, transform: [month_name]}\nbirthday_day: B__c",
        "7:44: 'November' is for birthday_month: not a number",
    ),
    (
        "custom_fields: {a: {label: A, type: number, from: A__c, default: many}}",
        "7:68: 'many' is for custom_fields.a: not a number",
    ),
    (
        "custom_fields: {a: {label: A, type: number, from: A__c, transform: [{lookup: u}]}}",
        "4:113: 'n/a' is for custom_fields.a: not a number",
    ),
    (
        "custom_fields: {a: {label: A, type: number, from: A__c, transform: [{has: Golf}]}}",
        "7:77: 'true' is for custom_fields.a: not a number",
    ),
    (
        "custom_fields: {a: {label: A, type: date, from: A__c, transform: [{date: D MMM}]}}",
        "7:76: '23 Nov' is for custom_fields.a: not a date such as 2026-11-23 or 11/23/2026",
    ),
    (
        "first_name: {from: A__c, transform: [{bands: [{text: Core}]}, {lookup: u}]}",
        "7:74: 'Core' comes here, and table u lacks it",
    ),
    (
        "first_name: {from: A__c, transform: [yes_no, number]}",
        "7:48: 'Yes' comes here: not a number",
    ),
    ("first_name: {value: Core, transform: [year]}", "7:41: 'Core' comes here: not a date"),
    ("first_name: {value: Core, transform: [digits]}", "7:41: 'Core' comes here, and nothing is"),
]


@pytest.mark.parametrize(("fields", "fault"), FAULTS)
def test_a_text_of_the_file_that_never_fits_is_a_fault(fields: str, fault: str) -> None:
    with pytest.raises(MappingError) as caught:
        a_mapping(fields, HEAD)
    (told,) = caught.value.faults
    assert told.startswith(f"contact.yaml:{fault}")


@pytest.mark.parametrize(
    "rule",
    [
        "from: A__c, transform: [{lookup: t}], too_long: cut",
        "from: A__c, transform: [{bands: [{text: A}, {text: B}]}, {lookup: u}]".replace(
            "{text: A}", "{below: 1, text: Z}"
        ),
        "from: A__c, transform: [{date: MM/DD/YYYY}], type: date",
        "from: A__c, transform: [{lookup: t}, {cut: 50}]",
        "from: A__c, transform: [month], type: number",
        "cases: [{when: {field: A__c, present: true}, from: A__c}, {value: '7'}], type: number",
        f"template: '{LONG}{{A__c}}', too_long: cut",
    ],
)
def test_what_may_be_of_use_is_none(rule: str) -> None:
    mapping = a_mapping(f"custom_fields: {{a: {{label: A, {rule}}}}}", HEAD)
    assert mapping.contact.targets == (("email_address",), ("custom_fields", "a"))
