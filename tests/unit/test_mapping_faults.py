"""What is wrong with a mapping file is told: place, cause and the nearest right name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.errors import MappingError
from bridge.mapping.compiled import load_mapping, read_files
from tests.unit.mapping_builders import SHIPPED, contact_yaml, files_with


def faults_of(**texts: str) -> list[str]:
    with pytest.raises(MappingError) as caught:
        load_mapping(files_with(**texts), profile="practifi", overrides={})
    return caught.value.faults


TABLE = Path(__file__).with_name("mapping_faults.txt").read_text(encoding="utf-8")
FIELD_FAULTS = re.findall(r"^## (.*)\n((?:.*\n)+?)=> (.*)$", TABLE, re.MULTILINE)


@pytest.mark.parametrize(
    ("fields", "fault"),
    [pytest.param(fields, fault, id=name) for name, fields, fault in FIELD_FAULTS],
)
def test_a_fault_is_told_once_with_its_place(fields: str, fault: str) -> None:
    assert faults_of(contact=contact_yaml(fields)) == [f"contact.yaml:{fault}"]


FILES_TABLE = Path(__file__).with_name("mapping_file_faults.txt").read_text(encoding="utf-8")
FILE_FAULTS = re.findall(r"^## (\w+)\.yaml: (.*)\n((?:.*\n)*?)=> (.*)$", FILES_TABLE, re.MULTILINE)
UNSEEN = {
    "<tab>": "\t",
    "<nbsp>": "\xa0",
    "<bom>": "\ufeff",
    "<bell>": "\a",
    "<nul>": "\0",
    "<cr>": "\r",
    "<none>": "",
}


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        pytest.param(file, text, fault, id=f"{file}, {name}")
        for file, name, text, fault in FILE_FAULTS
    ],
)
def test_a_fault_of_a_whole_file_is_told_once_with_its_place(
    file: str, text: str, fault: str
) -> None:
    for sign, char in UNSEEN.items():
        text = text.replace(sign, char)
    assert faults_of(**{file: text}) == [f"{file}.yaml:{fault}"]


def test_people_are_matched_by_the_address_that_names_yaml_names() -> None:
    text = contact_yaml().replace("$email", "Other_Email__c")
    (fault,) = faults_of(contact=text)
    assert fault.startswith("contact.yaml:5:18: people are matched by this: it comes from $email")


def test_a_write_rule_is_refused_where_there_is_nothing_to_decide() -> None:
    address = contact_yaml().replace("$email", "{from: $email, write: if_empty_there}")
    lists = files_with()["list.yaml"].replace("fields:", "fields:\n  description:", 1)
    lists = lists.replace("description:", "description: {value: Mail, write: never_clear}")
    assert faults_of(contact=address, list=lists) == [
        "list.yaml:13:37: the parts of a list are always written: leave `write` out",
        "contact.yaml:5:40: people are matched by this: it is always written, leave `write` out",
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


def test_a_fault_is_one_line_whatever_it_quotes() -> None:
    (fault,) = faults_of(contact=contact_yaml('"a\\nb\\u2028\\u202e\\0": x'))
    assert fault.startswith(r"contact.yaml:6:3: unknown key `a\nb\u2028\u202e\x00`")
    (fault,) = faults_of(contact=contact_yaml(f"first_name: '{'x ' * 5_000}'"))
    assert len(fault) < 700


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
    with pytest.raises(MappingError, match=r"contact\.yaml:2:6: not UTF-8"):
        read_files(folder)


def test_the_shipped_files_are_read_whatever_line_ends_they_have() -> None:
    files = {name: text.replace("\n", "\r\n") for name, text in read_files(SHIPPED).items()}
    assert load_mapping(files, profile="practifi", overrides={}).contact.paths
