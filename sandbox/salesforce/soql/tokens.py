"""SOQL text to tokens, each with its place, so that an error can point at it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["name", "string", "number", "datetime", "date", "symbol", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
      | (?P<date>\d{4}-\d\d-\d\d(?![\dT]))
      | (?P<number>[+-]?\d+(?:\.\d+)?)
      | (?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)
      | (?P<string>'(?:[^'\\]|\\.)*')
      | (?P<symbol><>|!=|<=|>=|[=<>(),:])
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "b": "\b",
    "f": "\f",
    '"': '"',
    "'": "'",
    "\\": "\\",
    "_": "\\_",
    "%": "\\%",
}


@dataclass(frozen=True, slots=True)
class Token:
    r"""One word of a query.

    Attributes:
        text: As written; of a string, what it means (`\_` and `\%` are left for LIKE).
        at: Place of its first character, from 0.
    """

    kind: Kind
    text: str
    at: int

    def says(self, *words: str) -> bool:
        """Tell whether it is one of these symbols, or keywords in any case."""
        return self.kind in {"name", "symbol"} and self.text.upper() in words


def malformed(query: str, at: int, cause: str, *, code: str = "MALFORMED_QUERY") -> ApiError:
    """Return the vendor's error for a place in a query: an extract, a mark, a sentence."""
    row = query.count("\n", 0, at) + 1
    line_start = query.rfind("\n", 0, at) + 1
    line_end = query.find("\n", at)
    line = query[line_start : None if line_end < 0 else line_end]
    column = at - line_start
    shown_from = max(0, column - 40)
    extract = line[shown_from : column + 40]
    return ApiError(
        code,
        f"\n{extract}\n{' ' * (column - shown_from)}^\n"
        f"ERROR at Row:{row}:Column:{column + 1}\n{cause}",
    )


def tokens(query: str) -> Iterator[Token]:
    r"""Yield the tokens of a query; the last one is of kind `end`.

    >>> [token.text for token in tokens("SELECT Id FROM Contact WHERE Name = 'O\\'Hara'")]
    ['SELECT', 'Id', 'FROM', 'Contact', 'WHERE', 'Name', '=', "O'Hara", '']

    Raises:
        ApiError: MALFORMED_QUERY, at a character that begins no token.
    """
    at = 0
    length = len(query.rstrip())
    while at < length:
        match = _TOKEN.match(query, at)
        if match is None:
            start = at + len(query[at:]) - len(query[at:].lstrip())
            raise malformed(query, start, _unknown(query[start]))
        kind = match.lastgroup
        text = match[kind] if kind else ""
        start = match.start(kind) if kind else at
        if kind == "string":
            yield Token("string", _unescape(query, text[1:-1], start), start)
        elif kind is not None:
            yield Token(cast("Kind", kind), text, start)
        at = match.end()
    yield Token("end", "", length)


def _unknown(char: str) -> str:
    if char == "'":
        return "Bind variables only allowed in Apex code: unterminated string"
    return f"line 1:0 no viable alternative at character '{char}'"


def _unescape(query: str, text: str, at: int) -> str:
    def meant(match: re.Match[str]) -> str:
        escape = match[1]
        if len(escape) > 1:
            return chr(int(escape[1:], 16))
        found = _ESCAPES.get(escape.lower() if escape.isalpha() else escape)
        if found is None:
            raise malformed(query, at, f"Illegal character sequence '\\{escape}' in string literal")
        return found

    return _ESCAPED.sub(meant, text)
