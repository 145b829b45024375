r"""Patterns (regular expressions) that administrators write: bounded, whatever the pattern.

RE2 takes time in proportion to the text and keeps to the memory it is given. A pattern is about a
whole value in a condition, and about its parts in `replace`. It is checked with its file.
"""

from __future__ import annotations

import re
from typing import Any

import re2

MOST_CHARACTERS = 200
"""The longest pattern."""

MOST_READ = 10_000
"""The longest text, in characters, in which parts are replaced: each is looked for anew."""

_MEMORY_BYTES = 1 << 20
_MOST_RESULT = 200_000

_CAUSES = {
    "missing )": "missing )",
    "missing ]": "missing ]",
    "unexpected )": "a ) without its (",
    "trailing \\": r"nothing follows the last \ (write \\ for the sign itself)",
    "no argument for repetition operator": "nothing stands before {} that could be repeated",
    "bad repetition operator": "{}: repeat a thing once only",
    "invalid repetition size": "{}: at most 1000 times in all",
    "invalid character class range": "{} is no range or class of characters",
    "invalid named capture group": "{} is no name of a group",
    "invalid perl operator": "{} does not exist here",
    "invalid escape sequence": r"{} does not exist here (write \\ for the sign itself)",
    "pattern too large - compile failed": "too large once it is written out: repeat less",
}
_LOOKS = ("(?=", "(?!", "(?<=", "(?<!")
_REFERENCE = re.compile(r"\\[1-9]|\(\?P$")
_PARTS = re.compile(r"\\(.?)", re.DOTALL)


class NotAPattern(ValueError):
    """A text is no pattern; its message says why, in words for who wrote it."""


def compiled_pattern(text: str) -> Any:
    r"""Return a pattern, ready to be looked for.

    Capitals matter (unless it begins with `(?i)`), and `.` is any character, a new line too.

    Raises:
        NotAPattern: If it is none, or one that RE2 lacks.

    >>> compiled_pattern("(?i)vip.*").fullmatch("VIP client") is not None
    True
    >>> compiled_pattern("(a")
    Traceback (most recent call last):
    bridge.mapping.patterns.NotAPattern: not a pattern: missing )
    """
    if len(text) > MOST_CHARACTERS:
        raise NotAPattern(f"a pattern has at most {MOST_CHARACTERS} characters")
    # RE2's one construct that could cut a character in two.
    if any(escaped[1] == "C" for escaped in _PARTS.finditer(text)):
        raise NotAPattern(r"not a pattern: \C does not exist here")
    options = re2.Options()
    options.max_mem = _MEMORY_BYTES
    options.log_errors = False
    options.dot_nl = True
    try:
        return re2.compile(_whole(text), options)
    except re2.error as error:
        raise NotAPattern(f"not a pattern: {_cause(error.args[0].decode())}") from None


def matches(value: str, pattern: Any) -> bool:
    """Tell whether the whole of a value is as the pattern says.

    Raises:
        ValueError: If the value is no Unicode text.
    """
    return pattern.fullmatch(_whole(value)) is not None


def replacement(text: str, groups: int) -> tuple[str | int, ...]:
    r"""Return what is put in the place of a match: texts, and numbers of groups.

    Raises:
        NotAPattern: If it names a group that the pattern lacks, or another escape.

    >>> replacement(r"\2, \1", groups=2)
    (2, ', ', 1)
    """
    parts: list[str | int] = []
    end = 0
    for escaped in _PARTS.finditer(text):
        sign = escaped[1]
        parts.append(text[end : escaped.start()])
        end = escaped.end()
        if sign == "\\":
            parts.append(sign)
        elif not (sign.isascii() and sign.isdigit()) or sign == "0":
            known = r"\1 to \9 are the groups, \\ is the sign itself"
            raise NotAPattern(rf"\{sign} does not exist here: {known}")
        elif int(sign) > groups:
            raise NotAPattern(rf"\{sign}, and the pattern has {_groups(groups)}")
        else:
            parts.append(int(sign))
    return tuple(part for part in (*parts, text[end:]) if part != "")


def replace(value: str, pattern: Any, by: tuple[str | int, ...]) -> str:
    """Return the value with every part that the pattern finds replaced.

    Raises:
        ValueError: If the value is too long for this, or no Unicode text, or would get too long.

    >>> replace("Ada Lovelace", compiled_pattern("([A-Z])[a-z]+"), (1, "."))
    'A. L.'
    """
    if len(value) > MOST_READ:
        raise ValueError(f"{len(value)} characters: patterns replace in at most {MOST_READ:,}")
    pieces: list[str] = []
    end = 0
    for found in pattern.finditer(_whole(value)):
        pieces.append(value[end : found.start()])
        pieces += [part if isinstance(part, str) else found[part] or "" for part in by]
        end = found.end()
    return within_bounds("".join(pieces) + value[end:])


def replace_text(value: str, find: str, by: str) -> str:
    """Return the value with every occurrence of a text replaced.

    Raises:
        ValueError: If it would get too long.

    >>> replace_text("a-b", "-", " - ")
    'a - b'
    """
    if len(value) + value.count(find) * (len(by) - len(find)) > _MOST_RESULT:
        raise ValueError(_TOO_LONG)
    return value.replace(find, by)


_TOO_LONG = f"longer than {_MOST_RESULT:,} characters on its way"


def within_bounds(text: str) -> str:
    """Return a text that steps made longer, as long as it is within reason.

    Raises:
        ValueError: If it is not.
    """
    if len(text) > _MOST_RESULT:
        raise ValueError(_TOO_LONG)
    return text


def _whole(text: str) -> str:
    """Return the text, which has no half of a character: RE2 reads UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NotAPattern("half of a character stands in it") from None
    return text


def _groups(count: int) -> str:
    return {0: "no group: put a part in ( )", 1: "one group"}.get(count, f"{count} groups")


def _cause(told: str) -> str:
    """Return why RE2 refuses a pattern, in words for who wrote it."""
    kind, _, sign = told.partition(": ")
    words = _CAUSES.get(kind, kind)
    if _REFERENCE.match(sign):
        words = "{} refers to what was found before, which does not exist here"
    elif sign in _LOOKS:
        words = "{} looks ahead or behind, which does not exist here"
    return words.replace("{}", sign)
