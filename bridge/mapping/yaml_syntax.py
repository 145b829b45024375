"""What a YAML parser complains about, in words that say what to do. Pure.

The parser tells where it gave up; what is wrong stands there or in the lines before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import yaml

Fault: TypeAlias = tuple[int, int, int, str]
"""Line, column, the column after the word or 0, and the cause."""

_BREAKS = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_NO_BLANK = re.compile(r"^ *(?:- +)?(?P<key>[A-Za-z_$][\w.]*):(?P<rest>[^\s:/].*)$")
_NO_BLANK_AFTER_DASH = re.compile(r"^ *(?P<dash>-)(?P<rest>[A-Za-z_$][\w.]*:? .*)$")
_BEGUN = ("unexpected end of stream", "',' or ']'", "',' or '}'", "could not find expected ':'")
_LINES_BEFORE = 3
_SYNTAX = (
    (
        "mapping values are not allowed",
        "a colon too many: put the value in quotes, or check the indentation",
    ),
    (
        "could not find expected ':'",
        "a key without a colon, or an indentation that does not fit: write `key: value`",
    ),
    (
        "did not find expected key",
        "the indentation fits none of the lines above: begin below the key that this stands beside",
    ),
    (
        "did not find expected '-' indicator",
        "this stands at the level of a list: begin it with -, or indent it",
    ),
    ("unexpected end of stream", "the quote that begins here is never closed: close it"),
    (
        "',' or ']'",
        "the list that begins here is never closed, or a comma is missing in it: write it",
    ),
    (
        "',' or '}'",
        "the mapping that begins here is never closed, or a comma is missing in it: write it",
    ),
    (
        "block sequence entries are not allowed",
        "a list cannot begin in the line of its key: write `- ` in a line of its own",
    ),
    (
        "expected node content",
        "a value is missing before this sign: write one, or take the sign out",
    ),
    ("found unexpected ':'", "a colon in a text: put the text in quotes"),
    (
        "expected alphabetic or numeric character",
        "& and * begin an alias, and there are none: put the text in quotes",
    ),
    (
        "expected <document start>",
        "this stands further left than the first key: begin both in the first column",
    ),
    (
        "expected comment or line break",
        "| and > begin a text of several lines: put this one in quotes",
    ),
    (
        "found unknown escape",
        "a backslash has a meaning in double quotes: write single quotes, or two of them",
    ),
)


def syntax_fault(text: str, error: yaml.YAMLError) -> Fault:
    """Return where a text stops being YAML, and what to write instead."""
    problem = str(getattr(error, "problem", "") or "no YAML")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return 1, 1, 0, f"{problem}: save the file as UTF-8 text"
    lines = _BREAKS.split(text.removeprefix("\ufeff"))
    line, column = min(mark.line, len(lines) - 1), mark.column
    met = (
        _text_after_quote(lines[line], line, column, problem)
        or _missing_comma(lines[line], line, column, problem)
        or _unclosed_above(lines, line, column, problem)
    )
    if met is not None:
        return met
    if any(words in problem for words in _BEGUN):
        mark = getattr(error, "context_mark", None) or mark
        line, column = mark.line, mark.column
    return (
        _missing_blank(lines, line)
        or _deeper(lines, line, column, problem)
        or (line + 1, column + 1, 0, _words(problem, lines[line][column : column + 1]))
    )


def _missing_blank(lines: list[str], line: int) -> Fault | None:
    """Return the fault of a colon or dash without a blank, in the line or in those before it."""
    for number in range(line, max(line - _LINES_BEFORE, -1), -1):
        if match := _NO_BLANK.match(lines[number]):
            says = f"write `{match['key']}: {match['rest'].strip()}`"
            column = match.end("key") + 1
            return number + 1, column, 0, f"a blank is missing after the colon: {says}"
        if match := _NO_BLANK_AFTER_DASH.match(lines[number]):
            says = f"write `- {match['rest'].strip()}`"
            column = match.start("dash") + 1
            return number + 1, column, column + 1, f"a blank is missing after the dash: {says}"
    return None


def _text_after_quote(text: str, line: int, column: int, problem: str) -> Fault | None:
    """Return the fault of a quote that ends before the text does."""
    before, after = text[:column].rstrip(), text[column:].strip()
    quote = before[-1:]
    if "did not find expected" not in problem or quote not in {'"', "'"} or not after:
        return None
    if before.count(quote) == 1:
        return None
    apostrophe = " (write '' for an apostrophe)" if quote == "'" else ""
    says = f"text after the closing quote: put all of it in quotes{apostrophe}"
    return line + 1, column + 1, 0, says


def _missing_comma(text: str, line: int, column: int, problem: str) -> Fault | None:
    """Return the fault of two keys in braces without a comma between them."""
    before = text[:column].rstrip()
    rest, _, key = before.rpartition(" ")
    is_pair = "',' or '}'" in problem and text[column : column + 1] == ":"
    if not is_pair or not key or rest.rstrip()[-1:] in {"", ",", "{", "[", ":"}:
        return None
    says = f"a comma is missing before `{key}`: write `, {key}: …`"
    return line + 1, len(rest) + 2, len(before) + 1, says


def _unclosed_above(lines: list[str], line: int, column: int, problem: str) -> Fault | None:
    """Return the fault of a quote that only the next one, lines below, has closed."""
    if "did not find expected" not in problem or '"' not in lines[line][:column]:
        return None
    if lines[line][:column].count('"') % 2 == 0:
        return None
    for number in range(line - 1, -1, -1):
        if lines[number].count('"') % 2:
            says = "the quote that begins here is never closed: close it"
            return number + 1, lines[number].rfind('"') + 1, 0, says
    return None


def _deeper(lines: list[str], line: int, column: int, problem: str) -> Fault | None:
    """Return the fault of a line that is indented below one that has its value already."""
    if "mapping values are not allowed" not in problem or ": " in lines[line][:column]:
        return None
    above = next((text for text in reversed(lines[:line]) if _is_text(text)), "")
    indent, level = _indent(lines[line]), _indent(above)
    if indent <= level or not re.search(r":\s+[^\s#|>]", above):
        return None
    blanks = f"{level} blanks" if level else "no blanks"
    says = f"indented deeper than the line above, which has its value: write {blanks} before it"
    word = re.match(r"[\w$.-]*", lines[line][indent:])
    return line + 1, indent + 1, indent + 1 + (word.end() if word else 0), says


def _is_text(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    """Return how many blanks and dashes stand before the text of a line."""
    return len(line) - len(line.lstrip(" -"))


def _words(problem: str, sign: str) -> str:
    """Return the parser's complaint in our words; `sign` is what it met."""
    if "cannot start any token" in problem:
        if sign == "\t":
            return "a tab: indent with blanks"
        return f"a plain word cannot begin with {sign}: put it in quotes"
    elsewhere = f"{problem}: put the text in quotes, or look at the line above"
    return next((words for known, words in _SYNTAX if known in problem), elsewhere)
