"""What is wrong with a mapping file is told with its place, its cause and the nearest right name."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import MappingError
from bridge.mapping.compiled import load_mapping, read_files
from tests.unit.mapping_builders import SHIPPED, contact_yaml, files_with


def faults_of(**texts: str) -> list[str]:
    with pytest.raises(MappingError) as caught:
        load_mapping(files_with(**texts), profile="practifi", overrides={})
    return caught.value.faults


FIELD_FAULTS = {
    "misspelt target": ("frist_name: FirstName", "6:3: unknown key `frist_name` (did you mean first_name?)"),
    "misspelt source": ("first_name: FristName", "6:15: Contact has no field FristName (did you mean FirstName?)"),
    "source in the wrong case": ("first_name: firstname", "6:15: Contact has no field firstname (did you mean FirstName?)"),
    "misspelt parent": ("company_name: Acount.Name", "6:17: Contact has no field Acount.Name (did you mean Account.Name?)"),
    "misspelt parent field": ("company_name: Account.Nam", "6:17: Contact has no field Account.Nam (did you mean Account.Name?)"),
    "misspelt key": ("first_name: {form: FirstName}", "6:16: unknown key `form` (did you mean from?)"),
    "no key like it": ("phone_numbers: {fax: Fax}", "6:19: unknown key `fax` (there are home, work, mobile, other)"),
    "misspelt transform": ("first_name: {from: FirstName, transform: [trimm]}", "6:45: unknown key `trimm` (did you mean trim?)"),
    "transform without its argument": ("first_name: {from: FirstName, transform: [cut]}", "6:45: fields.first_name.transform.0: cut takes an argument: write `cut: …`"),
    "transform with an argument too many": ("first_name: {from: FirstName, transform: [{trim: 3}]}", "6:52: fields.first_name.transform.0.trim: takes no argument: write its name alone"),
    "misspelt argument": ("first_name: {from: FirstName, transform: [{number: {decimal: 2}}]}", "6:55: unknown key `decimal` (did you mean decimals?)"),
    "two transforms in one item": ("first_name: {from: FirstName, transform: [{cut: 3, lower: true}]}", "6:45: fields.first_name.transform.0: one transform an item: begin each with `-`"),
    "argument of the wrong type": ("first_name: {from: FirstName, transform: [{cut: five}]}", "6:51: fields.first_name.transform.0.cut: a whole number is expected"),
    "unknown table": ("first_name: {from: FirstName, transform: [{lookup: segmnt}]}", "6:54: no table segmnt under `lookups`"),
    "unknown zone": ("first_name: {from: FirstName, transform: [{in_zone: Australia/Sidney}]}", "6:55: no time zone Australia/Sidney (did you mean Australia/Sydney?)"),
    "bands that fall": ("first_name: {from: X__c, transform: [{bands: [{below: 2, text: a}, {below: 1, text: b}]}]}", "6:48: the limits must rise from range to range"),
    "else range before the last": ("first_name: {from: X__c, transform: [{bands: [{text: a}, {below: 1, text: b}]}]}", "6:48: only the last range may stand without `below`"),
    "above the vendor's limit": ("first_name: {from: FirstName, max: 60}", "6:38: Constant Contact takes at most 50 characters here"),
    "default above the limit": ("first_name: {from: FirstName, max: 3, default: Friend}", "6:50: 6 characters, and 3 are allowed here"),
    "length of what is no text": ("birthday: {from: Birthdate, max: 10}", "6:36: birthday is no text: it has no length"),
    "number where text is wanted": ("first_name: {from: FirstName, default: 5}", "6:42: fields.first_name.default: a text is expected: put it in quotes"),
    "required and default": ("first_name: {from: FirstName, default: x, required: true}", "6:15: fields.first_name: `default` fills what `required` asks for: keep one of them"),
    "two sources": ("first_name: {from: FirstName, value: Friend}", "6:15: fields.first_name: one of `from`, `first_of`, `join`, `value`, `cases` is needed; there are from, value"),
    "no source": ("first_name: {default: Friend}", "6:15: fields.first_name: one of `from`, `first_of`, `join`, `value`, `cases` is needed"),
    "one of one": ("first_name: {first_of: [FirstName]}", "6:26: fields.first_name.first_of: 1 items, and at least 2 are needed"),
    "no field path": ("first_name: First Name", "6:15: fields.first_name: 'First Name' is not a field: letters, digits and _, dots after relationships, or $ and a name"),
    "unknown logical name": ("first_name: $emial", "6:15: names.yaml has no name emial for this object (did you mean email?)"),
    "no value": ("first_name:", "6:3: `first_name` has no value: write one, or leave it out"),
    "misspelt operator": ("first_name: {from: FirstName, when: {field: X__c, equal: 1}}", "6:53: unknown key `equal` (did you mean equals?)"),
    "no operator": ("first_name: {from: FirstName, when: {field: X__c}}", "6:39: fields.first_name.when: an operator is missing, such as `equals` or `empty`"),
    "no field asked about": ("first_name: {from: FirstName, when: {equals: 1}}", "6:39: fields.first_name.when: `field` is missing: which field is asked about?"),
    "two operators": ("first_name: {from: FirstName, when: {field: X__c, equals: 1, above: 0}}", "6:39: fields.first_name.when: one operator a condition: join several with `all` or `any`"),
    "group beside an operator": ("first_name: {from: FirstName, when: {field: X__c, any: [{field: X__c, empty: true}]}}", "6:39: fields.first_name.when: `all`, `any` and `not` stand alone: put the others inside"),
    "limit that is no date": ("first_name: {from: FirstName, when: {field: X__c, above: soon}}", "6:60: neither a number nor a date such as '2026-01-31'"),
    "value that cannot be compared": ("first_name: {from: FirstName, when: {field: X__c, equals: [1]}}", "6:61: fields.first_name.when.equals: a number or a text or true or false is expected"),
    "else case before the last": ("first_name: {cases: [{value: a}, {when: {field: X__c, empty: true}, value: b}]}", "6:24: only the last case may stand without `when`"),
    "case with two answers": ("first_name: {cases: [{value: a, from: X__c}]}", "6:24: fields.first_name.cases.0: a case has `value` or `from`, one of the two"),
    "four telephone numbers": ("phone_numbers: {home: Phone, work: Phone, mobile: Phone, other: Phone}", "6:18: 4 kinds, and Constant Contact keeps 3 numbers a contact"),
    "a cut telephone number": ("phone_numbers: {home: {from: Phone, too_long: cut}}", "6:49: a part of it would be another value: leave `too_long` out"),
    "month without day": ("birthday_month: X__c", "6:19: Constant Contact takes month and day, both or neither"),
    "birthday twice": ("birthday: Birthdate\nbirthday_month: X__c\nbirthday_day: Y__c", "6:13: `birthday` gives month and day already: keep one of the two"),
    "one label twice": ("custom_fields: {a: {label: My A, from: X__c}, b: {label: my a, from: Y__c}}", "6:60: `a` has this label already"),
    "custom field without label": ("custom_fields: {a: {from: X__c}}", "6:22: `label` is missing in fields.custom_fields.a"),
    "key that is no key": ("custom_fields: {My A: {label: x, from: X__c}}", "6:25: fields.custom_fields.My A: 'My A' is not a key of a custom field: small letters, digits and _"),
    "unknown type": ("custom_fields: {a: {label: x, from: X__c, type: strin}}", "6:51: fields.custom_fields.a.type: 'strin' is none of them (did you mean string?)"),
    "mapping where a list is wanted": ("first_name: {from: FirstName, transform: {trim: true}}", "6:44: fields.first_name.transform: a list (`- item` lines, or [a, b]) is expected"),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "fault"), FIELD_FAULTS.values(), ids=FIELD_FAULTS)
def test_a_fault_is_told_once_with_its_place(fields: str, fault: str) -> None:
    assert faults_of(contact=contact_yaml(fields)) == [f"contact.yaml:{fault}"]


def test_people_are_matched_by_the_address_that_names_yaml_names() -> None:
    text = contact_yaml().replace("$email", "Other_Email__c")
    assert faults_of(contact=text) == [
        "contact.yaml:5:18: people are matched by this: it comes from $email, "
        "the field that names.yaml names"
    ]


def test_a_name_that_the_profile_lacks_is_told() -> None:
    files = files_with(contact=contact_yaml("job_title: $status"))
    with pytest.raises(MappingError) as caught:
        load_mapping(files, profile="plain", overrides={"contact": {"status": None}})
    assert caught.value.faults == ["contact.yaml:6:14: profile plain has no field for $status"]


def test_all_faults_of_all_files_are_told_in_the_order_of_the_files() -> None:
    found = faults_of(
        contact=contact_yaml("frist_name: FirstName\njob_title: Titel"), list="source: list\n"
    )
    assert [fault.partition(": ")[0] for fault in found] == [
        "list.yaml:1:1",
        "list.yaml:1:1",
        "list.yaml:1:1",
        "contact.yaml:6:3",
    ]


def test_a_surprise_of_yaml_is_told_instead_of_what_follows_from_it() -> None:
    (fault,) = faults_of(contact=contact_yaml("first_name: {from: FirstName, required: yes}"))
    assert fault.startswith("contact.yaml:6:43: YAML 1.1 reads yes as a switch")


def test_a_missing_file_and_a_file_of_another_name_are_told() -> None:
    files = files_with()
    files["contacts.yaml"] = files.pop("contact.yaml")
    with pytest.raises(MappingError) as caught:
        load_mapping(files, profile="practifi", overrides={})
    assert caught.value.faults == [
        "contact.yaml:1:1: this file is missing",
        "contacts.yaml:1:1: no mapping file has this name (did you mean contact.yaml?)",
    ]


def test_a_missing_folder_and_a_file_that_is_not_utf8_are_told(tmp_path: Path) -> None:
    folder = tmp_path
    with pytest.raises(MappingError, match="no such folder"):
        read_files(folder / "nowhere")
    (folder / "contact.yaml").write_bytes("a: 1\nb: Zoë".encode("latin-1"))
    with pytest.raises(MappingError, match="contact.yaml:2:1: not UTF-8"):
        read_files(folder)


def test_the_shipped_files_are_read_whatever_line_ends_they_have() -> None:
    files = {name: text.replace("\n", "\r\n") for name, text in read_files(SHIPPED).items()}
    assert load_mapping(files, profile="practifi", overrides={}).contact.paths
