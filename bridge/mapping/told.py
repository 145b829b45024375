"""A fault of a mapping file as it is told: one line, apart for programs, or below its own line.

What is wrong and what to do stand in one sentence, `cause: fix` or `cause (did you mean …?)`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.mapping.yaml_tree import Place

_MEANT = re.compile(r"(?P<cause>.*) \(did you mean (?P<name>.+)\?\)", re.DOTALL)
_THERE = re.compile(r"(?P<cause>.*) \((?P<names>there are .+)\)", re.DOTALL)
_EXPECTED = re.compile(r"(?:[\w$.-]+: )?(?P<what>.+) is expected")
_OPAQUE = re.compile(r"`[^`]*`|'[^']*'|“[^”]*”")
_PART = re.compile(r"[\w$.-]+|names of this connection")
_BREAKS = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_WORD = re.compile(r"[\w$.-]+|\S")
_WIDEST = 100
_MOST_SAID = 600
_CUT = "…"
_RED, _BOLD, _BLUE, _PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[36m", "\x1b[0m"


@dataclass(frozen=True)
class FileFault:
    """One fault of one file.

    Attributes:
        place: None where the file as a whole is meant.
        says: What is wrong, and what to write instead.
        quoted: The line of the file.
    """

    file: str
    place: Place | None
    says: str
    quoted: str = ""

    def __str__(self) -> str:
        if self.place is None:
            return f"{self.file}: {self.says}"
        return f"{self.file}:{self.place.line}:{self.place.column}: {self.says}"

    @property
    def end(self) -> int:
        """The column after the word that is meant, at least the one after its beginning."""
        if self.place is None:
            return 1
        if self.place.end > self.place.column:
            return self.place.end
        word = _WORD.match(self.quoted, self.place.column - 1)
        return word.end() + 1 if word else self.place.column + 1

    @property
    def apart(self) -> tuple[str, str]:
        """What is wrong, and what to do; the second is empty where the first says it all."""
        return parted(self.says)


def on_one_line(says: str) -> str:
    """Return a sentence as one readable line, whatever texts of the file it quotes."""
    if len(says) > _MOST_SAID:
        says = f"{says[: _MOST_SAID - 100]} {_CUT} {says[-100:]}"
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in says
    )


def parted(says: str) -> tuple[str, str]:
    """Return the cause and the fix of a fault's sentence.

    >>> parted("unknown key `form` (did you mean from?)")
    ('unknown key `form`', 'write from')
    >>> parted("fields.first_name.default: a text is expected: put it in quotes")
    ('fields.first_name.default: a text is expected', 'put it in quotes')
    >>> parted("fields.first_name: longer than 9 characters")
    ('fields.first_name: longer than 9 characters', '')
    """
    if match := _MEANT.fullmatch(says):
        return match["cause"], f"write {match['name']}"
    if match := _THERE.fullmatch(says):
        return match["cause"], match["names"]
    if match := _EXPECTED.fullmatch(says):
        return says, f"write {match['what']}"
    open_text = _OPAQUE.sub(lambda quoted: "_" * len(quoted[0]), says)
    at = open_text.rfind(": ")
    if at < 0 or _PART.fullmatch(says[:at]):  # `fields.first_name: …` names the part
        return says, ""
    return says[:at], says[at + 2 :]


def lines_of(text: str) -> list[str]:
    """Return the lines of a file as YAML counts them."""
    return _BREAKS.split(text)


def as_json(fault: FileFault) -> dict[str, Any]:
    """Return a fault for programs; `text` is the one line that people are told."""
    cause, fix = fault.apart
    return {
        "file": fault.file,
        "line": fault.place.line if fault.place else None,
        "column": fault.place.column if fault.place else None,
        "end_column": fault.end if fault.place else None,
        "cause": cause,
        "fix": fix,
        "quoted": fault.quoted,
        "text": str(fault),
    }


def as_annotation(fault: FileFault, folder: str) -> str:
    """Return the line by which a workflow of GitHub marks a line of a pull request.

    >>> from bridge.mapping.yaml_tree import Place
    >>> as_annotation(FileFault("list.yaml", Place(2, 3, 7), "100 %"), "mappings")
    '::error file=mappings/list.yaml,line=2,col=3,endColumn=7::100 %25'
    """
    path = f"{folder}/{fault.file}" if folder not in {"", "."} else fault.file
    place = ""
    if fault.place is not None:
        place = f",line={fault.place.line},col={fault.place.column},endColumn={fault.end}"
    return f"::error file={_escaped(path, ':,')}{place}::{_escaped(fault.says)}"


def blocks(faults: Iterable[FileFault], *, colour: bool = False) -> Iterator[str]:
    r"""Yield the lines of faults for a terminal: each below the line of the file that it is about.

    >>> from bridge.mapping.yaml_tree import Place
    >>> fault = FileFault("list.yaml", Place(9, 3, 7), "unknown key `nmae`", "  nmae: Name")
    >>> print("\n".join(blocks([fault])))
    list.yaml:9:3: unknown key `nmae`
      9 |   nmae: Name
        |   ^^^^
    """
    red, bold, blue, plain = (_RED, _BOLD, _BLUE, _PLAIN) if colour else ("", "", "", "")
    for fault in faults:
        cause, fix = fault.apart
        where = str(fault).removesuffix(fault.says)
        yield f"{bold}{_printable(where)}{plain}{red}{_printable(cause)}{plain}"
        if fault.place is not None and fault.quoted.strip():
            number = f"{fault.place.line:>3}"
            line, marks = marked(fault.quoted, fault.place.column, fault.end)
            yield f"{number} {blue}|{plain} {line}"
            yield f"{'':{len(number)}} {blue}|{plain} {red}{marks}{plain}"
        if fix:
            yield f"    {bold}->{plain} {_printable(fix)}"


def marked(line: str, column: int, end: int) -> tuple[str, str]:
    """Return a line and what stands below it to mark a word, however wide its characters are.

    Args:
        line: A line of the file.
        column: The first character of the word, counted from 1.
        end: The column after its last.

    >>> marked("名: x", 4, 5)
    ('名: x', '    ^')
    """
    start = column - 1
    if start > _WIDEST * 3 // 4:
        cut = start - _WIDEST // 2
        line, start, end = _CUT + line[cut + 1 :], start - cut, end - cut
    if len(line) > _WIDEST:
        line = line[:_WIDEST] + _CUT
    word = line[start : end - 1]
    below = "".join("\t" if char == "\t" else " " * _width(char) for char in line[:start])
    return _printable(line), below + "^" * max(sum(map(_width, word)), 1)


def _width(char: str) -> int:
    """Return how many cells of a terminal a character takes."""
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1


def _printable(text: str) -> str:
    """Return a text without what would steer a terminal; a tab stays."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) == "Cc" and char != "\t" else char
        for char in text
    )


def _escaped(text: str, more: str = "") -> str:
    """Return a text as a command of a workflow takes it (GitHub's toolkit, `command.ts`)."""
    for char in f"%\r\n{more}":
        text = text.replace(char, f"%{ord(char):02X}")
    return text
