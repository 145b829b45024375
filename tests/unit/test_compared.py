"""The texts by which both sides are compared are equal exactly where there is no change to make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.delivery.merge import changes
from bridge.delivery.write_rules import written
from bridge.mapping.compiled import load_mapping, read_files
from reconciler.copying import block
from reconciler.snapshot.compared import Comparison
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from bridge.mapping.compiled import Mapping
    from bridge.mapping.rules import WriteRule

TEXTS = st.none() | st.text(
    st.sampled_from(["a", " ", "\x1e", "\x1f", "0", "1", "%", "_", "\\"]), max_size=3
)
KINDS = ("home", "work")
PARTS = ("street", "city")
IDS = {"household": "f1", "tier": "f2"}
CORE = ("first_name", "last_name")
TARGETS = [
    *((name,) for name in CORE),
    ("birthday",),
    *(("phone_numbers", kind) for kind in KINDS),
    *(("street_addresses", kind, part) for kind in KINDS for part in PARTS),
    *(("custom_fields", name) for name in (*IDS, "not there yet")),
]
COMPARISON = Comparison(TARGETS, IDS)

ALL_WANTED = {
    **dict.fromkeys(CORE, TEXTS),
    "birthday_month": st.none() | st.integers(1, 2),
    "birthday_day": st.none() | st.integers(1, 2),
    "phone_numbers": st.fixed_dictionaries(dict.fromkeys(KINDS, TEXTS)),
    "street_addresses": st.fixed_dictionaries(
        dict.fromkeys(KINDS, st.fixed_dictionaries(dict.fromkeys(PARTS, TEXTS)))
    ),
    "custom_fields": st.fixed_dictionaries(dict.fromkeys((*IDS, "not there yet"), TEXTS)),
}
SOME_WANTED = st.fixed_dictionaries(
    {},
    optional={
        **ALL_WANTED,
        "phone_numbers": st.dictionaries(st.sampled_from(KINDS), TEXTS),
        "street_addresses": st.dictionaries(
            st.sampled_from(KINDS), st.dictionaries(st.sampled_from(PARTS), TEXTS)
        ),
        "custom_fields": st.dictionaries(st.sampled_from([*IDS, "not there yet"]), TEXTS),
    },
)
ROWS = st.fixed_dictionaries(
    {"kind": st.sampled_from([*KINDS, "other", None])},
    optional={"phone_number": TEXTS, **dict.fromkeys(PARTS, TEXTS)},
)
THERE = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys((*CORE, "job_title"), TEXTS),
        "birthday_month": st.integers(1, 2),
        "birthday_day": st.integers(1, 2),
        "phone_numbers": st.none() | st.lists(ROWS, max_size=3),
        "street_addresses": st.none() | st.lists(ROWS, max_size=3),
        "custom_fields": st.none()
        | st.lists(
            st.fixed_dictionaries({"custom_field_id": st.sampled_from(["f1", "f2", "f3"])},
                                  optional={"value": TEXTS}),
            max_size=3,
        ),
    },
)  # fmt: skip


@given(wanted=st.fixed_dictionaries(ALL_WANTED), there=THERE)
def test_texts_are_equal_exactly_where_nothing_changes(wanted: Any, there: Any) -> None:
    is_same = COMPARISON.of_wanted(wanted) == COMPARISON.of_there(there)
    assert is_same == (changes(there, wanted, IDS) == {})


@given(wanted=SOME_WANTED, there=THERE)
def test_a_part_that_is_not_given_never_hides_a_change(wanted: Any, there: Any) -> None:
    if COMPARISON.of_wanted(wanted) == COMPARISON.of_there(there):
        assert changes(there, wanted, IDS) == {}


def shipped() -> Mapping:
    return load_mapping(read_files(MAPPINGS), profile="practifi", overrides={})


@given(there=THERE, name=TEXTS, household=TEXTS)
def test_the_shipped_mapping_is_compared_whole(there: Any, name: Any, household: Any) -> None:
    contact = shipped_contact
    ids = {field.name: f"f{number}" for number, field in enumerate(contact.custom_fields)}
    record = dict.fromkeys(contact.paths) | {"Email": "a@example.org", "LastName": name}
    wanted = contact.project(record | {"Account.Name": household})
    comparison = Comparison(contact.targets, ids)
    is_same = comparison.of_wanted(wanted) == comparison.of_there(there)
    assert is_same == (changes(there, wanted, ids) == {})


shipped_contact = shipped().contact

FIELDS = [
    *CORE,
    *(f"phone_numbers.{kind}" for kind in KINDS),
    *(f"street_addresses.{kind}.{part}" for kind in KINDS for part in PARTS),
    *(f"custom_fields.{name}" for name in IDS),
]
RULES = st.dictionaries(
    st.sampled_from(FIELDS), st.sampled_from(["if_empty_there", "never_clear", "create_only"])
)


def fits(there: str, pattern: str) -> bool:
    """Tell what SQL's LIKE does of a pattern."""
    parts = re.findall(r"\\?.", pattern, re.DOTALL)
    said = {"%": ".*", "_": "."}
    whole = "".join(said.get(one, re.escape(one[-1])) for one in parts)
    return re.fullmatch(whole, there, re.DOTALL) is not None


@given(wanted=SOME_WANTED | st.fixed_dictionaries(ALL_WANTED), there=THERE, rules=RULES)
def test_a_pattern_fits_exactly_where_the_rules_leave_nothing_to_write(
    wanted: Any, there: Any, rules: Any
) -> None:
    comparison = Comparison(TARGETS, IDS, rules)
    is_same = changes(there, written(there, wanted, IDS, rules), IDS) == {}
    if comparison.is_by_pattern:
        assert fits(comparison.of_there(there), comparison.of_wanted(wanted)) == is_same
    elif comparison.of_wanted(wanted) == comparison.of_there(there):
        assert is_same


@pytest.mark.parametrize("there", ["%", "_", "a_", "ab", "\\", "\\%", "\\a"])
@pytest.mark.parametrize("wanted", ["%", "_", "a_", "\\", "\\%"])
def test_a_value_with_the_signs_of_patterns_fits_itself_alone(wanted: str, there: str) -> None:
    comparison = Comparison([("first_name",), ("last_name",)], {}, {"last_name": "never_clear"})
    pattern = comparison.of_wanted({"first_name": wanted, "last_name": None})
    text = comparison.of_there({"first_name": there, "last_name": "%"})
    assert fits(text, pattern) == (wanted == there)


@pytest.mark.parametrize("rule", ["if_empty_there", "never_clear", "create_only"])
def test_a_birthday_that_rules_leave_alone_is_no_difference(rule: WriteRule) -> None:
    rules = dict.fromkeys(("birthday_month", "birthday_day"), rule)
    comparison = Comparison([("birthday",)], {}, rules)
    there = {"birthday_month": 5, "birthday_day": 19}
    wanted = dict.fromkeys(there, None if rule == "never_clear" else 7)
    pattern = comparison.of_wanted(wanted)
    assert fits(comparison.of_there(there), pattern)
    assert fits(comparison.of_there({}), pattern) == (rule != "if_empty_there")


CELLS = st.none() | st.text(st.sampled_from(["a", "\t", "\n", "\r", "\\", "N", "\x01"]), max_size=4)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=4))
def test_a_block_says_what_its_rows_say(rows: list[tuple[str | None, ...]]) -> None:
    said = {r"\\": "\\", r"\t": "\t", r"\n": "\n", r"\r": "\r"}

    def read(cell: str) -> str | None:
        if cell == r"\N":
            return None
        text, at = "", 0
        while at < len(cell):
            pair = cell[at : at + 2]
            text += said.get(pair, cell[at])
            at += 2 if pair in said else 1
        return text

    lines = block(rows).split("\n")[:-1]
    assert [tuple(read(cell) for cell in line.split("\t")) for line in lines] == rows
