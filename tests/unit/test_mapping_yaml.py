"""The strict reader of YAML."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bridge.mapping.yaml_tree import MAX_CHARACTERS, MAX_DEPTH, Place, read_tree


@pytest.mark.parametrize(
    "word",
    [
        *("no", "No", "yes", "on", "OFF", "y", "N"),
        *("010", "0777", "0o17", "0x1F", "0b11", "12:30:00", "1:30", "1_000", "1e3"),
        *("1.", ".5", ".inf", ".NaN", "-.INF"),
    ],
)
def test_a_word_that_readers_of_yaml_disagree_about_is_refused_plain_and_kept_in_quotes(
    word: str,
) -> None:
    plain = read_tree(f"a: {word}")
    assert [(fault.place, word in fault.cause) for fault in plain.faults] == [(Place(1, 4), True)]
    quoted = read_tree(f"a: '{word}'")
    assert (quoted.data, quoted.faults) == ({"a": word}, [])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("1.50", 1.5),
        ("~", None),
        ("", None),
        ("2026-01-31", "2026-01-31"),
        ("Ada's", "Ada's"),
        ("\u2019s-Gravenhage", "\u2019s-Gravenhage"),
        ("$email", "$email"),
        ("\u0661\u0662", "\u0661\u0662"),  # digits, but no number to YAML
        ("0." + "1" * 13, float("0." + "1" * 13)),
        ('"\\u00e9"', "é"),
    ],
)
def test_a_plain_word_is_what_it_looks_like(written: str, value: object) -> None:
    tree = read_tree(f"a: {written}")
    assert (tree.data, tree.faults) == ({"a": value}, [])


@pytest.mark.parametrize("start", ["9", "1_", "1:", "9.", "1e", "0x1", "-0"])
def test_a_word_of_a_hundred_thousand_signs_is_read_at_once(start: str) -> None:
    started = time.thread_time()
    tree = read_tree(f"a: {start}{'9' * 100_000}x")
    assert time.thread_time() - started < 1
    assert tree.faults == []


@pytest.mark.parametrize(
    ("text", "line", "column", "cause"),
    [
        ("a: 1\na: 2\n", 2, 1, "key `a` stands in line 1 already: keep one of them"),
        ("a: &x 1\n", 1, 4, "anchor &x: there are no aliases here, leave it out"),
        (f"a: {'9' * 16}\n", 1, 4, "more than 15 digits: put it in quotes as a text"),
        ("a: x\nb: y\ud800\n", 2, 5, "a sign that is not seen (U+D800): take it out"),
        ("a: 1\nb: *x\n", 2, 4, "alias *x: write the value out"),
        ("<<: {a: 1}\n", 1, 1, "merge key <<: write the keys out"),
        ("a: !!int '3'\n", 1, 4, "tag tag:yaml.org,2002:int: write the plain value"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document (`---`): write one document a file"),
        ("? [a]\n: 1\n", 1, 3, "a key must be a plain word: write `key: value`"),
        ("~: 1\n", 1, 1, "a key is missing before the colon: write one"),
        ("\ta: 1\n", 1, 1, "a tab in the indentation: write blanks"),
        ("a: @b\n", 1, 4, "a plain word cannot begin with @: put it in quotes"),
        ("a: b: c\n", 1, 5, "a colon too many: put the value in quotes, or check the indentation"),
        ("a: 'b\n", 1, 4, "the quote that begins here is never closed: close it"),
        (
            "a: [b,\nc: d\n",
            1,
            4,
            "the list that begins here is never closed, or a comma is missing in it: write it",
        ),
        ("a: \x07\n", 1, 4, "a sign that is not seen (U+0007): take it out"),
        ("", 1, 1, "the file is empty: copy the one that ships, or write `source: …`"),
    ],
)
def test_what_is_refused_is_told_with_its_place(
    text: str, line: int, column: int, cause: str
) -> None:
    (fault,) = read_tree(text).faults
    assert (fault.place, fault.cause) == (Place(line, column), cause)


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 10_000, "- " * 10_000 + "a"])
def test_deep_nesting_is_refused_without_exhausting_the_stack(text: str) -> None:
    (fault,) = read_tree(text).faults
    assert fault.cause == f"nested deeper than {MAX_DEPTH} levels: write it flatter"


def test_a_huge_file_is_refused_unread() -> None:
    (fault,) = read_tree("a" * (MAX_CHARACTERS + 1)).faults
    assert fault.cause == "longer than 200,000 characters: keep other data elsewhere"


@pytest.mark.parametrize(
    ("text", "end"),
    [("a: word", 8), ("a: 'x y'", 9), ("a: [b, c]", 10), ("a: {b: c}", 10), ("a: [b,\n c]", 5)],
)
def test_a_place_reaches_to_the_end_of_what_is_meant(text: str, end: int) -> None:
    assert read_tree(text).place(("a",)).end == end


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_moves_nothing(mark: str) -> None:
    tree = read_tree(f"{mark}a: no\r\nb: no\r\n")
    assert [fault.place for fault in tree.faults] == [Place(1, 4), Place(2, 4)]


def test_places_are_those_of_keys_and_values() -> None:
    tree = read_tree("a:\n  b: [x,\n    {c: y}]\n")
    assert tree.place(("a", "b"), key=True) == Place(2, 3)
    assert tree.place(("a", "b", 1, "c")) == Place(3, 9)
    assert tree.place(("a", "b", 7)) == Place(2, 6), "the nearest part around it"


_WORDS = st.text("abcxyz é'\"", min_size=1, max_size=8)
_DATA = st.recursive(
    _WORDS | st.integers(-999, 999) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(data=st.dictionaries(_WORDS, _DATA, max_size=4), flow=st.booleans())
def test_data_written_by_a_yaml_library_is_read_back(data: object, *, flow: bool) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True)
    tree = read_tree(text)
    if not tree.faults:  # PyYAML writes `y` and long repeated keys as it likes
        assert tree.data == data


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_raise(text: str) -> None:
    tree = read_tree(text)
    assert all(fault.place >= Place(1, 1) for fault in tree.faults)
