"""Patterns: what they match, what they put in its place, and that none of them takes long."""

from __future__ import annotations

import time

import pytest

from bridge.mapping.patterns import NotAPattern, compiled_pattern, matches, replace, replacement
from tests.unit.mapping_builders import projected

WHOLE = [
    ("[0-9]{5}", "90210", True),
    ("[0-9]{5}", "90210-1234", False),
    ("VIP.*", "VIP client", True),
    ("VIP.*", "vip client", False),
    ("(?i)VIP.*", "vip client", True),
    (".*Road.*", "1 Long Road\nLeeds", True),
    (".*", "", False),
    (r"\pL+", "Zoë", True),
    ("Zo.", "Zoë", True),
    ("a\0b", "a\0b", True),
]


@pytest.mark.parametrize(("pattern", "value", "holds"), WHOLE)
def test_a_pattern_is_about_the_whole_value(pattern: str, value: str, *, holds: bool) -> None:
    rule = f"from: A__c, when: {{field: A__c, matches: '{pattern}'}}"
    if "\0" in pattern:
        assert matches(value, compiled_pattern(pattern)) == holds
    else:
        assert projected(rule, A__c=value) == (value if holds else None)


REFUSED = [
    ("(a", "missing )"),
    ("a)", "a ) without its ("),
    ("[a", "missing ]"),
    ("a\\", r"nothing follows the last \ (write \\ for the sign itself)"),
    ("*a", "nothing stands before * that could be repeated"),
    ("a**", "**: repeat a thing once only"),
    ("a{1001}", "{1001}: at most 1000 times in all"),
    ("[z-a]", "z-a is no range or class of characters"),
    (r"\p{Foo}", r"\p{Foo} is no range or class of characters"),
    (r"(a)\1", r"\1 refers to what was found before, which does not exist here"),
    ("(?P<n>a)(?P=n)", "(?P refers to what was found before, which does not exist here"),
    ("(?=a)", "(?= looks ahead or behind, which does not exist here"),
    ("(?<!a)b", "(?<! looks ahead or behind, which does not exist here"),
    ("(?>a)", "(?> does not exist here"),
    (r"a\Z", r"\Z does not exist here (write \\ for the sign itself)"),
    (r"\C", r"\C does not exist here"),
    (r"\pL{200}", "too large once it is written out: repeat less"),
    ("a\ud800", "half of a character stands in it"),
]


@pytest.mark.parametrize(("pattern", "cause"), REFUSED)
def test_a_text_that_is_no_pattern_is_refused_with_a_plain_cause(pattern: str, cause: str) -> None:
    with pytest.raises(NotAPattern) as caught:
        compiled_pattern(pattern)
    assert str(caught.value).removeprefix("not a pattern: ") == cause


REPLACED = [
    ("[ -]+", " ", "a - b-c", "a b c"),
    (r"(\w+), (\w+)", r"\2 \1", "Lovelace, Ada", "Ada Lovelace"),
    ("(a)|b", r"<\1>", "ab", "<a><>"),
    ("x*", "-", "é", "-é-"),
    (r"\.", r"\\", "a.b", r"a\b"),
    ("a", "$1", "a", "$1"),
    ("(?i)ltd$", "Limited", "Ada LTD", "Ada Limited"),
]


@pytest.mark.parametrize(("pattern", "by", "value", "gives"), REPLACED)
def test_every_match_is_replaced(pattern: str, by: str, value: str, gives: str) -> None:
    found = compiled_pattern(pattern)
    assert replace(value, found, replacement(by, found.groups)) == gives


@pytest.mark.parametrize(
    ("by", "cause"),
    [
        (r"\1", r"\1, and the pattern has no group: put a part in ( )"),
        (r"\n", r"\n does not exist here: \1 to \9 are the groups, \\ is the sign itself"),
        ("a\\", r"\ does not exist here: \1 to \9 are the groups, \\ is the sign itself"),
        (r"\0", r"\0 does not exist here: \1 to \9 are the groups, \\ is the sign itself"),
    ],
)
def test_what_takes_the_place_of_a_match_is_checked(by: str, cause: str) -> None:
    with pytest.raises(NotAPattern) as caught:
        replacement(by, groups=0)
    assert str(caught.value) == cause


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(a*)*b", "(.*)(.*)(.*)(.*)x", "a.*b|a"])
def test_no_pattern_takes_long(pattern: str) -> None:
    """Python's `re` needs longer than the age of the universe for the first of them."""
    found = compiled_pattern(pattern)
    started = time.thread_time()
    matches("a" * 100_000 + "!", found)
    replace("a" * 9_999 + "!", found, ("b",))
    assert time.thread_time() - started < 2


def test_what_is_too_long_for_a_pattern_is_an_error_of_the_record() -> None:
    found = compiled_pattern("a")
    with pytest.raises(ValueError, match="patterns replace in at most 10,000"):
        replace("a" * 10_001, found, ())
    with pytest.raises(ValueError, match="longer than 200,000 characters on its way"):
        replace("a" * 10_000, found, ("b" * 200,))
