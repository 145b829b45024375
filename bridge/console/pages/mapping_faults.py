"""Faults of mapping files as pages show them: the place, the line itself, and what to do. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_FAULT = re.compile(r"(?P<file>[^:]+):(?P<line>\d+):(?P<column>\d+): (?P<cause>.*)", re.DOTALL)
_KEY = re.compile(r"\s*(?:- +)?[{ ]*(?P<key>[\w.$-]+)\s*:")
_LONGEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        file: Empty where it concerns no file alone.
        line: Counted from 1, as `column`.
        field: The key that stands in the line; empty where none does.
        quoted: The line as it was typed.
        cause: What is wrong, and where one can tell what to write instead.
    """

    file: str
    line: int
    column: int
    field: str
    quoted: str
    cause: str

    @property
    def next_step(self) -> str:
        """What to do where the cause does not say it."""
        if any(sign in self.cause for sign in ("did you mean", "write ", "put ", ": ", "(there ")):
            return ""
        return "Change this line, or take the key out; docs/mapping.md explains every key."


def faults_of(files: Mapping[str, str], faults: Iterable[str]) -> list[Fault]:
    """Return faults as `MappingError` lists them, each with the line that it is about."""
    return [_fault(files, text) for text in faults]


def _fault(files: Mapping[str, str], text: str) -> Fault:
    match = _FAULT.fullmatch(text)
    if match is None:
        return Fault(file="", line=1, column=1, field="", quoted="", cause=text)
    lines = re.split(r"\r\n|\r|\n", files.get(match["file"], ""))
    line = int(match["line"])
    quoted = lines[line - 1] if line <= len(lines) else ""
    key = _KEY.match(quoted)
    return Fault(
        file=match["file"],
        line=line,
        column=int(match["column"]),
        field=key["key"] if key else "",
        quoted=quoted if len(quoted) <= _LONGEST else f"{quoted[:_LONGEST]}…",
        cause=match["cause"],
    )
