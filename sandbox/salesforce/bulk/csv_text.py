"""CSV as Bulk API 2.0 takes and gives it: its delimiters and line endings."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DELIMITERS = {
    "BACKQUOTE": "`",
    "CARET": "^",
    "COMMA": ",",
    "PIPE": "|",
    "SEMICOLON": ";",
    "TAB": "\t",
}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}

# A record that is too long is refused by itself; Python's own limit would end the whole file.
csv.field_size_limit(1 << 30)


def read(text: str, *, delimiter: str) -> Iterator[list[str]]:
    r"""Yield the rows of a file, blank lines left out; quotes are doubled, nothing is trimmed.

    Raises:
        csv.Error: Where the text is no CSV any more.

    >>> list(read('Name,Note\n" Ada","a ""b"" c"\n\n', delimiter="COMMA"))
    [['Name', 'Note'], [' Ada', 'a "b" c']]
    """
    lines = io.StringIO(text, newline="")
    return (row for row in csv.reader(lines, delimiter=DELIMITERS[delimiter]) if row)


def written(rows: Iterable[Iterable[str]], *, delimiter: str, line_ending: str) -> str:
    r"""Return rows as results show them: every cell in quotes.

    >>> written([["Id", "Name"]], delimiter="PIPE", line_ending="LF")
    '"Id"|"Name"\n'
    """
    lines = io.StringIO(newline="")
    csv.writer(
        lines,
        delimiter=DELIMITERS[delimiter],
        lineterminator=LINE_ENDINGS[line_ending],
        quoting=csv.QUOTE_ALL,
    ).writerows(rows)
    return lines.getvalue()


def ending_of(text: str) -> str | None:
    r"""Return how the first line of a file ends, or None where there is but one line.

    >>> ending_of("Name\r\nAda"), ending_of("Name\nAda"), ending_of("Name")
    ('CRLF', 'LF', None)
    """
    end = text.find("\n")
    if end < 0:
        return None
    return "CRLF" if text[max(end - 1, 0)] == "\r" else "LF"
