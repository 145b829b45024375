"""What holds for every mapping that people may write, and every record that may come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from bridge.errors import MappingError, MissingKey, RecordError
from bridge.mapping.compiled import load_mapping
from tests.unit.generated_mappings import FILES, RECORDS, uncovered
from tests.unit.mapping_builders import files_with
from tests.unit.test_mapping_properties import leaves

if TYPE_CHECKING:
    from bridge.mapping.model import ContactMapping

LISTS = files_with(list="source: list\ntarget: list\nmatch: name\nfields: {name: $name}\n")


def contact_of(text: str) -> ContactMapping:
    """Return the mapping of a contact.yaml, if it is sound."""
    files = LISTS | {"contact.yaml": text}
    try:
        return load_mapping(files, profile="practifi", overrides={}).contact
    except MappingError as error:
        if not all("comes here" in fault or " is for " in fault for fault in error.faults):
            raise
        reject()


def becomes(mapping: ContactMapping, record: dict[str, str | None]) -> dict[str, Any] | str:
    """Return what a record becomes: a projection, or a word for what else."""
    try:
        reason = mapping.leaves_out(record)
        return mapping.project(record) if reason is None else reason
    except MissingKey:
        return "no key"
    except RecordError:
        return "an error"


def test_every_source_operator_and_transform_is_in_the_files_that_are_made() -> None:
    assert uncovered() == set(), "give each an example in generated_mappings.py"


@settings(max_examples=60)
@given(FILES, RECORDS)
def test_every_record_becomes_something_and_the_same_again(
    text: str, records: list[dict[str, str | None]]
) -> None:
    mapping = contact_of(text)
    for record in records:
        before = dict(record)
        first = becomes(mapping, record)
        assert becomes(mapping, record) == first
        assert record == before
        parts = leaves(first) if isinstance(first, dict) else {}
        assert all(value is None or isinstance(value, str | int) for value in parts.values())
        assert parts.get(("custom_fields", "one")) != ""


@settings(max_examples=60)
@given(FILES, RECORDS, st.data())
def test_to_know_less_never_changes_what_is_known_of_any_mapping(
    text: str, records: list[dict[str, str | None]], data: st.DataObject
) -> None:
    mapping = contact_of(text)
    for record in records:
        forgotten = data.draw(st.sets(st.sampled_from(sorted({*record, "A__c"} - {"Email"}))))
        less = {key: value for key, value in record.items() if key not in forgotten}
        whole, part = becomes(mapping, record), becomes(mapping, less)
        if isinstance(whole, dict):
            assert part == "an error" or leaves(part).items() <= leaves(whole).items()  # type: ignore[arg-type]
        elif whole == "left":
            assert part in {"left", "an error"}
