"""The text of `.env`: what is missing is added at its end, what stands there stays. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")
_IN_QUOTES = re.compile(r"""(['"])((?:\\.|(?!\1)[^\\])*)\1""")
_ESCAPED = re.compile(r"""\\(['"\\])""")
_COMMENT = re.compile(r"\s+#.*$")
_BARE = re.compile(r"[A-Za-z0-9_.,:/@%+=?&-]*")


class Entry(NamedTuple):
    """A variable that an installation should have, and what it means."""

    name: str
    value: str
    comment: str

    def __repr__(self) -> str:
        return f"Entry({self.name})"


def values_of(text: str) -> dict[str, str]:
    r"""Return the variables of a text; where one stands twice, the later one.

    >>> values_of("# mine\nexport A='b c' # why\nB=1 # one\n")
    {'A': 'b c', 'B': '1'}
    """
    found = {}
    for line in text.splitlines():
        if match := _LINE.match(line):
            name, value = match.groups()
            found[name.upper()] = _unquoted(value)
    return found


def merged(text: str, wanted: Sequence[Entry]) -> str:
    """Return the text with the variables that it lacks, each below its comment.

    >>> print(merged("A=1", [Entry("A", "2", "first"), Entry("B", "x y", "second")]))
    A=1
    <BLANKLINE>
    # second
    B='x y'
    <BLANKLINE>
    """
    known = values_of(text)
    missing = [entry for entry in wanted if entry.name not in known]
    if not missing:
        return text
    blocks = [f"# {entry.comment}\n{entry.name}={_quoted(entry.value)}\n" for entry in missing]
    start = f"{text.rstrip()}\n\n" if text.strip() else ""
    return start + "\n".join(blocks)


def _unquoted(value: str) -> str:
    if match := _IN_QUOTES.match(value):
        return _ESCAPED.sub(r"\1", match[2])
    return _COMMENT.sub("", value)


def _quoted(value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
