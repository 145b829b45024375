"""What is kept is what was typed, byte for byte, although browsers send every line end as CRLF."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.edits.typed import as_shown, as_typed

ENDS = st.sampled_from(["\n", "\r\n", "\r"])
LINES = st.text(st.sampled_from("ab:# \t\ufeff\u2028é'\"{}&<"), max_size=6)
"""Lines with what is easily lost: blanks at the end, comments, marks, other breaks of lines."""


@st.composite
def texts(draw: st.DrawFn, ends: st.SearchStrategy[str] = ENDS) -> str:
    lines = draw(st.lists(LINES, max_size=12))
    return "".join(line + draw(ends) for line in lines) + draw(LINES)


def sent(text: str) -> str:
    """Return what a browser sends of a text area that holds a text."""
    return re.sub(r"\r\n|\r|\n", "\r\n", text)


@given(texts())
def test_a_text_that_nobody_touched_is_kept_with_every_line_end(text: str) -> None:
    assert as_typed(sent(as_shown(text)), text) == text


@given(texts(), st.data())
def test_what_is_typed_into_a_file_gets_its_line_ends(text: str, data: st.DataObject) -> None:
    end = data.draw(ENDS)
    base = data.draw(texts(st.just(end)).filter(lambda one: end in one))
    typed = re.sub(r"\r\n|\r|\n", end, text)
    assert as_typed(sent(typed), base) == typed


@given(texts(), texts())
def test_nothing_but_line_ends_is_ever_touched(text: str, base: str) -> None:
    assert as_shown(as_typed(sent(text), base)) == as_shown(text)


@given(texts(), texts())
def test_lines_around_an_edit_keep_their_ends(before: str, after: str) -> None:
    before, after = f"{before}\n", f"after: 1\r\n{after}"
    base, typed = f"{before}old: 1\r\n{after}", f"{before}brand new: 2\n{after}"
    kept = as_typed(sent(typed), base)
    assert kept.startswith(before)
    assert kept.endswith(after)


@given(texts(), texts())
def test_what_no_text_area_has_sent_is_taken_as_it_is(text: str, base: str) -> None:
    if set(re.findall(r"\r\n|\r|\n", text)) - {"\r\n"}:
        assert as_typed(text, base) == text


@pytest.mark.parametrize(("ends", "kept"), [("lf", "a\nb\n"), ("crlf", "a\r\nb\r\n")])
def test_line_ends_that_a_person_chose_are_those_of_all_lines(ends: str, kept: str) -> None:
    assert as_typed("a\r\nb\r\n", "a\nb\r\n", ends) == kept  # type: ignore[arg-type]
