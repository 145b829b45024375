r"""Give a text back the line ends that a browser takes from it, so that it is kept as typed. Pure.

A text area shows every line end as one and sends each as CRLF (HTML, "normalize newlines"). So what
comes from a page says nothing of line ends: a line that was there before keeps the end that it had,
a new one gets that of the file. Everything else (marks at the beginning, blanks, comments) comes as
it was typed.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Literal, NamedTuple, TypeAlias, get_args

Ends: TypeAlias = Literal["keep", "lf", "crlf"]
ENDS: tuple[Ends, ...] = get_args(Ends)

_END = re.compile(r"\r\n|\r|\n")
_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}
_CHOSEN = {"lf": "\n", "crlf": "\r\n"}
BYTE_ORDER_MARK = "\ufeff"


class _Line(NamedTuple):
    text: str
    end: str


def as_typed(sent: str, base: str, ends: Ends = "keep") -> str:
    r"""Return what was typed, from what a page has sent.

    Args:
        sent: As it came. Only a text whose every line ends in CRLF can be a text area's; any other
            is taken as it is.
        base: What stood in the text area at first.
        ends: `keep`, or the end that a person has chosen for all lines.

    >>> as_typed("a\r\nb\r\nnew\r\n", base="a\nb\n")
    'a\nb\nnew\n'
    >>> as_typed("a\r\n", base="a\n", ends="crlf")
    'a\r\n'
    """
    if ends != "keep":
        return _END.sub(_CHOSEN[ends], sent)
    if set(_END.findall(sent)) - {"\r\n"}:
        return sent
    known = set(_END.findall(base))
    if len(known) <= 1:
        return _END.sub(next(iter(known), "\n"), sent)
    before, after = _lines(base), _lines(sent)
    usual = next(line.end for line in before if line.end)
    kept = [usual if line.end else "" for line in after]
    for old, new in _same(before, after):
        # Only the last line may have no end, and which one is last may have changed.
        if after[new].end and before[old].end:
            kept[new] = before[old].end
    for place in range(1, len(kept)):
        if kept[place - 1 : place + 1] == ["\r", "\n"] and not after[place].text:
            kept[place] = "\r"  # together they would be one end
    return "".join(line.text + end for line, end in zip(after, kept, strict=True))


def as_shown(text: str) -> str:
    r"""Return a text as a text area shows it: what somebody sees who looks for a difference.

    >>> as_shown("a\r\nb\r")
    'a\nb\n'
    """
    return _END.sub("\n", text)


def as_sent(text: str) -> str:
    r"""Return a text as a form sends it: with one kind of line end, whatever stood there.

    >>> as_sent("a\nb\r\n")
    'a\r\nb\r\n'
    """
    return _END.sub("\r\n", text)


def ends_of(text: str) -> str:
    r"""Return which line ends a text has, in words.

    >>> ends_of("a\n"), ends_of("a\r\nb\n"), ends_of("a")
    ('LF', 'CRLF and LF', 'none')
    """
    found = sorted({_NAMES[end] for end in _END.findall(text)})
    return " and ".join(found) or "none"


def _lines(text: str) -> list[_Line]:
    """Return the lines of a text, each with its end; the last one may have none."""
    parts = re.split(f"({_END.pattern})", text)
    lines = [_Line(text, end) for text, end in zip(parts[::2], [*parts[1::2], ""], strict=True)]
    return lines if lines[-1].text else lines[:-1]


def _same(before: list[_Line], after: list[_Line]) -> list[tuple[int, int]]:
    """Return the places of lines that are the same in both: where they stood, where they stand."""
    old, new = [line.text for line in before], [line.text for line in after]
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    same = [(place, place) for place in range(head)]
    same += [(len(old) - place, len(new) - place) for place in range(1, tail + 1)]
    matcher = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail])
    for begin, there, count in matcher.get_matching_blocks():
        same += [(head + begin + step, head + there + step) for step in range(count)]
    return same
