"""Two texts side by side in one column: what goes, what comes, what stays around it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

from bridge.edits.typed import BYTE_ORDER_MARK, ends_of

if TYPE_CHECKING:
    from collections.abc import Iterator

Sign = Literal["same", "add", "remove", "gap"]

_AROUND = 3
_MANY = 1_000
_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class DiffLine:
    """One line.

    Attributes:
        old: Its number before; None where it is new.
        new: Its number afterwards; None where it goes.
    """

    sign: Sign
    old: int | None = None
    new: int | None = None
    text: str = ""


def diff_lines(before: str, after: str) -> list[DiffLine]:
    """Return the lines that differ, with three around them; blanks at a line's end are shown."""
    return list(_lines(_END.split(before), _END.split(after)))


def unseen_differences(before: str, after: str) -> str:
    r"""Say how two texts differ where no line of them shows it; empty where they do not.

    >>> unseen_differences("a\n", "a\r\n"), unseen_differences("a", "a")
    ('line ends: LF → CRLF', '')
    """
    told = []
    if before.startswith(BYTE_ORDER_MARK) != after.startswith(BYTE_ORDER_MARK):
        has_one = after.startswith(BYTE_ORDER_MARK)
        told.append(f"byte order mark: {'none → one' if has_one else 'one → none'}")
    if ends_of(before) != ends_of(after):
        told.append(f"line ends: {ends_of(before)} → {ends_of(after)}")
    elif not told and before != after and _END.split(before) == _END.split(after):
        told.append(f"which lines end in {ends_of(after)}")
    return ", ".join(told)


def _lines(old: list[str], new: list[str]) -> Iterator[DiffLine]:
    # Of very many lines those that come often say little, and cost the square of their number.
    matcher = SequenceMatcher(None, old, new, autojunk=len(new) > _MANY)
    is_first = True
    for group in matcher.get_grouped_opcodes(_AROUND):
        if not is_first:
            yield DiffLine(sign="gap")
        is_first = False
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                for step in range(old_to - old_from):
                    yield DiffLine(
                        sign="same",
                        old=old_from + step + 1,
                        new=new_from + step + 1,
                        text=old[old_from + step],
                    )
                continue
            for place in range(old_from, old_to):
                yield DiffLine(sign="remove", old=place + 1, text=_visible(old[place]))
            for place in range(new_from, new_to):
                yield DiffLine(sign="add", new=place + 1, text=_visible(new[place]))


def _visible(line: str) -> str:
    """Return a line with the blanks at its end as points, for nobody sees a blank.

    >>> _visible("a: b  ")
    'a: b··'
    """
    text = line.rstrip(" \t")
    return text + line[len(text) :].replace(" ", "·").replace("\t", "→")
