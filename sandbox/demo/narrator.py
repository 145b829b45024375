"""What the demo tells: progress while it plays, and the table at the end."""

from __future__ import annotations

import json
import shutil
import textwrap
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_REPEAT_S = 5.0
_NARROW, _WIDE = 80, 132


@dataclass(frozen=True, kw_only=True)
class Told:
    """One line of the story and what became of it.

    Attributes:
        happened: What the other system shows now, or why the line was not verified.
        read: What was read to know it.
        seconds: From the first save to the last proof; None for a line that was not played.
    """

    number: int
    title: str
    verified: bool = False
    happened: str = ""
    read: str = ""
    seconds: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return the line under the names that `--json` promises."""
        return {
            "line": self.number,
            "title": self.title,
            "verified": self.verified,
            "happened": self.happened,
            "verified_by": self.read,
            "seconds": None if self.seconds is None else round(self.seconds, 2),
        }


class Narrator:
    """Writes progress, a line at a time, each with the seconds since the start.

    Attributes:
        started_at: Reading of the monotonic clock when the narration began, in seconds.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.started_at = time.monotonic()
        self._waiting = ("", 0.0)

    def heading(self, text: str) -> None:
        """Begin a line of the story."""
        self._write(f"\n{text}")

    def say(self, text: str) -> None:
        """Tell one thing that happened."""
        self._waiting = ("", 0.0)
        elapsed_s = time.monotonic() - self.started_at
        for number, line in enumerate(text.splitlines()):
            self._write(f"{elapsed_s:7.1f} s  {line}" if number == 0 else f"{'':11}{line}")

    def quote(self, lines: Iterable[str]) -> None:
        """Show what a program printed, as it printed it."""
        for line in lines:
            self._write(f"{'':11}| {line}".rstrip())

    def waiting(self, text: str) -> None:
        """Tell what is waited for; the same again only every five seconds."""
        last, told_at = self._waiting
        now = time.monotonic()
        if text != last or now - told_at >= _REPEAT_S:
            self.say(text)
            self._waiting = (text, now)

    def _write(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def render_table(lines: Sequence[Told], *, width: int | None = None) -> str:
    """Return the aligned table of the story.

    Args:
        lines: The lines in the order of the story.
        width: Columns to fill; by default the terminal's, within sensible bounds.

    >>> print(render_table([Told(number=1, title="A list", verified=True,
    ...       happened="made there", read="GET /contact_lists", seconds=1.25)], width=64))
    line       verified  what happened  verified by reading  seconds
    ---------  --------  -------------  -------------------  -------
    1. A list  yes       made there     GET /contact_lists       1.2
    """
    width = width or min(max(shutil.get_terminal_size((110, 24)).columns, _NARROW), _WIDE)
    heads = ("line", "verified", "what happened", "verified by reading", "seconds")
    label, verified, read, seconds = 32, len(heads[1]), 30, len(heads[4])
    label = min(label, max((len(_label(line)) for line in lines), default=0))
    read = max(min(read, max((len(line.read) for line in lines), default=0)), len(heads[3]))
    happened = max(width - label - verified - read - seconds - 8, len(heads[2]))
    widths = (label, verified, happened, read, seconds)
    rows = [_row(heads, widths), _row(tuple("-" * size for size in widths), widths)]
    rows.extend(_row(_cells(line), widths) for line in lines)
    return "\n".join(rows)


def render_json(lines: Iterable[Told], *, urls: dict[str, str], seconds: float) -> str:
    """Return the result of the demo as one JSON value."""
    told = list(lines)
    return json.dumps(
        {
            "verified": all(line.verified for line in told),
            "lines": [line.as_json() for line in told],
            "seconds": round(seconds, 2),
            "urls": urls,
        },
        indent=2,
    )


def _label(line: Told) -> str:
    return f"{line.number}. {line.title}"


def _cells(line: Told) -> tuple[str, ...]:
    if line.seconds is None:
        return (_label(line), "-", "not played", "", "-".rjust(len("seconds")))
    seconds = f"{line.seconds:.1f}".rjust(len("seconds"))
    return (_label(line), "yes" if line.verified else "NO", line.happened, line.read, seconds)


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return one row, as many lines high as its longest cell needs."""
    columns = [
        [cell] if len(cell) <= size else textwrap.wrap(cell, size)
        for cell, size in zip(cells, widths, strict=True)
    ]
    height = max(map(len, columns))
    lines = (
        "  ".join(
            (column[at] if at < len(column) else "").ljust(size)
            for column, size in zip(columns, widths, strict=True)
        ).rstrip()
        for at in range(height)
    )
    return "\n".join(lines)
