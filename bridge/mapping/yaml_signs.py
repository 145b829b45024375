"""Signs and plain words that are not what they look like in YAML, and what to write. Pure."""

from __future__ import annotations

import re
import unicodedata

_SWITCH = re.compile(r"y|n|yes|no|on|off", re.IGNORECASE)
NUMBER = re.compile(r"[-+]?(?:0|[1-9]\d*)(\.\d+)?", re.ASCII)
"""What is read as a number."""

_MOST_DIGITS = 15  # what a number keeps exactly
# No two parts of a pattern may take the same signs in turn: a scalar can be very long.
_SURPRISES = (
    (re.compile(r"[-+]?0[\d_]+", re.ASCII), "an octal number"),
    (re.compile(r"[-+]?0o[0-7]+", re.ASCII | re.IGNORECASE), "an octal number"),
    (re.compile(r"[-+]?0b[01_]+", re.ASCII | re.IGNORECASE), "a binary number"),
    (re.compile(r"[-+]?0x[0-9a-f_]+", re.ASCII | re.IGNORECASE), "a hexadecimal number"),
    (re.compile(r"[-+]?\d+(?::[0-5]?\d)+(?:\.\d*)?", re.ASCII), "a number to the base of 60"),
    (
        re.compile(r"[-+]?\d(?=\d*_)[\d_]*(?:\.[\d_]*)?", re.ASCII),
        "a number with the underscores left out",
    ),
    (re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)e[-+]?\d+", re.ASCII | re.IGNORECASE), "a number"),
    (re.compile(r"[-+]?(?:\d+\.|\.\d+)", re.ASCII), "a number"),
    (re.compile(r"[-+]?\.inf|\.nan", re.ASCII | re.IGNORECASE), "a number without a value"),
)
_BLANKS = r"\xa0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff"
_INDENT = re.compile(rf"^ *+(?:- ++)*+(?:[\w$.-]++:|-)?+ *+(?P<odd>[{_BLANKS}])", re.MULTILINE)
_TABBED = re.compile(r"^ *+(?P<odd>\t)[ \t]*+[^\s#]", re.MULTILINE)
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)
_CURLY = re.compile(
    r"[\u201c\u201d\u201e\xab].*|.*[\u201c\u201d\xbb]|[\u2018\u2019\u201a].*[\u2018\u2019]",
    re.DOTALL,
)
_BREAKS = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")


def odd_sign(text: str) -> tuple[int, int, str] | None:
    r"""Return line, column and cause of the first sign that YAML readers stumble over, or None.

    >>> odd_sign("a:\n\tb: 1")
    (2, 1, 'a tab in the indentation: write blanks')
    """
    body = text.removeprefix("\ufeff")  # a byte order mark is none of the text
    if match := _CONTROL.search(body):
        cause = f"a sign that is not seen (U+{ord(match[0]):04X}): take it out"
        return (*_place(body, match.start()), cause)
    if match := _INDENT.search(body):
        name = unicodedata.name(match["odd"], "an unseen sign").lower()
        cause = f"a {name} where YAML wants a blank: write ordinary blanks"
        return (*_place(body, match.start("odd")), cause)
    if match := _TABBED.search(body):
        count = len(_TABBED.findall(body))
        several = f", in {count} lines" if count > 1 else ""
        cause = f"a tab in the indentation{several}: write blanks"
        return (*_place(body, match.start("odd")), cause)
    return None


def surprise_of(text: str) -> str | None:
    """Say why a plain word is refused, or None: YAML versions and readers must agree about it."""
    if _SWITCH.fullmatch(text):
        return (
            f"YAML 1.1 reads {text} as a switch: write true or false, "
            f"or '{text}' in quotes for the text"
        )
    if _CURLY.fullmatch(text):
        return "typographic quotes would be part of the text: write straight quotes, \" or '"
    for pattern, reading in _SURPRISES:
        if pattern.fullmatch(text):
            return (
                f"some YAML readers take {text} for {reading}: write '{text}' in quotes for the "
                f"text, or the number plainly"
            )
    if len(text) > _MOST_DIGITS and NUMBER.fullmatch(text):
        return f"more than {_MOST_DIGITS} digits: put it in quotes as a text"
    return None


def _place(text: str, at: int) -> tuple[int, int]:
    """Return line and column of a position, counted from 1."""
    before = _BREAKS.split(text[:at])
    return len(before), len(before[-1]) + 1
