"""How a fault of a mapping file is shown: below its line, with a caret that stands right."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.mapping.told import FileFault, as_annotation, blocks, lines_of, marked, parted
from bridge.mapping.yaml_tree import Place


@pytest.mark.parametrize(
    ("line", "word", "marks"),
    [
        ("a: word", "word", "   ^^^^"),
        ("a:\tword", "word", "  \t^^^^"),
        ("名前: word", "word", "      ^^^^"),
        ("a: 名前", "名前", "   ^^^^"),
        ("Zoe\u0308: word", "word", "     ^^^^"),
        ("\ufeffa: word", "word", "   ^^^^"),
        ("a: \u0308", "\u0308", "   ^"),
    ],
)
def test_the_caret_stands_below_the_word_however_wide_its_line(
    line: str, word: str, marks: str
) -> None:
    at = line.index(word)
    assert marked(line, at + 1, at + 1 + len(word)) == (line, marks)


def test_of_a_long_line_the_part_around_the_word_is_shown() -> None:
    line = "a" * 300 + " word " + "b" * 300
    shown, marks = marked(line, 302, 306)
    assert len(shown) <= 102
    assert shown[marks.index("^") : len(marks)] == "word"


def test_what_would_steer_a_terminal_is_not_printed() -> None:
    fault = FileFault("list.yaml", Place(1, 4), "a sign: take it out", "a: \x1b[31m")
    assert all("\x1b" not in line for line in blocks([fault]))
    assert any("\x1b[31m" in line for line in blocks([fault], colour=True))


def test_a_fault_of_no_line_is_one_line() -> None:
    assert list(blocks([FileFault("list.yaml", None, "cannot be read")])) == [
        "list.yaml: cannot be read"
    ]


@pytest.mark.parametrize(
    ("quoted", "column", "end"), [("  a.b: c", 3, 6), ("  [a, b]", 3, 4), ("", 1, 2), ("a", 9, 10)]
)
def test_a_place_without_an_end_is_that_of_a_word(quoted: str, column: int, end: int) -> None:
    assert FileFault("list.yaml", Place(1, column), "wrong", quoted).end == end


@pytest.mark.parametrize(
    ("says", "apart"),
    [
        ("no such name (there are home, work)", ("no such name", "there are home, work")),
        ("`a: b` is wrong: write 'c: d'", ("`a: b` is wrong", "write 'c: d'")),
        (
            "fields.x: a list is expected: write `[a]`",
            ("fields.x: a list is expected", "write `[a]`"),
        ),
        ("fields.x: a list is expected", ("fields.x: a list is expected", "write a list")),
        ("fields.x: wrong", ("fields.x: wrong", "")),
        ("one `a: b` and 'c: d", ("one `a: b` and 'c", "d")),
    ],
)
def test_cause_and_fix_are_told_apart(says: str, apart: tuple[str, str]) -> None:
    assert parted(says) == apart


def test_an_annotation_keeps_within_its_line() -> None:
    fault = FileFault("a,b.yaml", Place(1, 2, 3), "one\nline: 100 %\r")
    assert as_annotation(fault, ".") == (
        "::error file=a%2Cb.yaml,line=1,col=2,endColumn=3::one%0Aline: 100 %25%0D"
    )


@given(text=st.text(max_size=80), column=st.integers(1, 90), width=st.integers(0, 20))
def test_any_line_is_shown_as_one_line_with_marks_below_it(
    text: str, column: int, width: int
) -> None:
    line = lines_of(text)[0]
    shown, marks = marked(line, column, column + width)
    assert marks.endswith("^")
    assert not any(unicodedata.category(char) == "Cc" and char != "\t" for char in shown)
