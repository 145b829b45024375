"""What is wrong with a mapping file is told: place, cause and the nearest right name."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.errors import MappingError
from bridge.mapping.compiled import load_mapping, read_files
from bridge.mapping.files import MAX_BYTES
from bridge.mapping.told import blocks, parted
from tests.unit.mapping_builders import SHIPPED, contact_yaml, files_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.mapping.told import FileFault


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


def test_each_of_two_hundred_mistakes_names_what_to_write_instead() -> None:
    mistakes = [fault for *_, fault in [*FIELD_FAULTS, *FILE_FAULTS]]
    assert len(mistakes) >= 200
    assert [fault for fault in mistakes if not parted(fault.partition(": ")[2])[1]] == []


def slipped(text: str, chance: random.Random) -> str:
    """Return a text with one slip of the keyboard."""
    lines = text.splitlines(keepends=True)
    at = chance.choice([n for n, line in enumerate(lines) if line.strip() and line[0] != "#"])
    line = lines[at]
    place = chance.randrange(len(line))
    lines[at] = chance.choice(
        [
            line[:place] + line[place + 1 :],
            line[:place] + chance.choice("\"':,{}[]-#&*!|>%@`\t\xa0") + line[place:],
            line.replace(": ", ":", 1),
            line.upper(),
            f" {line}",
            line.removeprefix("  "),
            line * 2,
            "",
        ]
    )
    return "".join(lines)


def details_of(files: dict[str, str]) -> list[FileFault]:
    try:
        load_mapping(files, profile="practifi", overrides={})
    except MappingError as error:
        return error.details
    return []


def test_any_slip_is_taken_or_told_at_a_place_of_its_file(scaled: Callable[[int], int]) -> None:
    chance, files = random.Random(8), files_with()  # noqa: S311 - the same slips each time
    told = 0
    for _ in range(scaled(150)):
        name = chance.choice([*files])
        text = slipped(files[name], chance)
        faults = details_of(files | {name: text})
        told += bool(faults)
        assert {fault.file for fault in faults} <= {name}
        assert all(fault.place and fault.place.line <= text.count("\n") + 1 for fault in faults)
        assert len(list(blocks(faults))) >= len(faults)
    assert told > scaled(150) // 2


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
    assert caught.value.faults == [
        "contact.yaml:6:14: profile plain has no field for $status: name one in names.yaml"
    ]


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


@pytest.mark.parametrize("name", ["contacts.yaml", "contact.yml", "Contact.yaml"])
def test_a_file_of_another_name_is_told_instead_of_the_missing_one(name: str) -> None:
    files = files_with()
    files[name] = files.pop("contact.yaml")
    with pytest.raises(MappingError) as caught:
        load_mapping(files, profile="practifi", overrides={})
    assert caught.value.faults == [
        f"{name}:1:1: no mapping file has this name: call it contact.yaml"
    ]


def test_a_missing_file_and_one_too_many_are_told() -> None:
    files = files_with()
    del files["client.yaml"]
    with pytest.raises(MappingError) as caught:
        load_mapping(files | {"contact.yml": ""}, profile="practifi", overrides={})
    assert caught.value.faults == [
        "client.yaml:1:1: this file is missing: write it, or copy the one that ships",
        "contact.yml:1:1: no mapping file has this name: take it out of the folder",
    ]


def test_a_missing_folder_and_a_file_that_is_not_utf8_are_told(tmp_path: Path) -> None:
    folder = tmp_path
    with pytest.raises(MappingError, match="no such folder"):
        read_files(folder / "nowhere")
    (folder / "contact.yaml").write_bytes("a: 1\nb: Zoë".encode("latin-1"))
    with pytest.raises(MappingError, match=r"contact\.yaml:2:6: not UTF-8"):
        read_files(folder)


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("source: contact".encode("utf-16"), "1:1: the file is UTF-16: save it as UTF-8 (in"),
        ("source: contact".encode("utf-32"), "1:1: the file is UTF-32: save it as UTF-8 (in"),
        (b"a: " + b"x" * MAX_BYTES, "1:1: larger than 1,000,000 bytes: keep other data elsewhere"),
    ],
)
def test_a_file_that_no_editor_should_have_saved_so_is_told(
    tmp_path: Path, content: bytes, cause: str
) -> None:
    (tmp_path / "contact.yaml").write_bytes(content)
    with pytest.raises(MappingError) as caught:
        read_files(tmp_path)
    assert caught.value.faults[0].startswith(f"contact.yaml:{cause}")


def test_the_shipped_files_are_read_whatever_line_ends_they_have() -> None:
    files = {name: text.replace("\n", "\r\n") for name, text in read_files(SHIPPED).items()}
    assert load_mapping(files, profile="practifi", overrides={}).contact.paths
