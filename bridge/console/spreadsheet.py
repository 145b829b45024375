"""CSV that spreadsheets read as text: no cell of it is ever a formula. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MARK = "\ufeff"  # without it, Excel takes the text for another encoding
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_lines(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Yield a table line by line, the heads first."""
    yield _MARK + _line(heads)
    for row in rows:
        yield _line(row)


def safe_cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet computes.

    >>> safe_cell("=cmd()"), safe_cell("Ann"), safe_cell(None), safe_cell(" =1")
    ("'=cmd()", 'Ann', '', "' =1")
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _line(row: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([safe_cell(value) for value in row])
    return out.getvalue()
