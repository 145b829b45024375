"""Texts with fields in braces: `Dear {FirstName|friend}`. Pure; nothing in them is evaluated.

`{{` and `}}` are braces. Words after `|` stand where the field is empty.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.mapping.conditions import Value

MOST_FIELDS = 20

PATH = r"^(\$[a-z_]+|[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5})$"
"""How a field is written: in a text, and wherever else a rule or a condition names one."""

_is_path = re.compile(PATH).fullmatch
_SIGNS = re.compile(r"\{\{|\}\}|\{([^{}]*)(\}?)|\}")
_BEFORE_NO_BLANK = tuple(",.;:!?)")


@dataclass(frozen=True)
class Placeholder:
    """A field in a text.

    Attributes:
        source: The field, as written.
        fallback: What stands there where the field is empty; may be "".
        at: Where the field begins in the text, in characters from 0.
    """

    source: str
    fallback: str
    at: int


@dataclass(frozen=True)
class TextWithFields:
    """A text, read.

    Attributes:
        literals: What stands before, between and after the fields: one more than there are fields.
        fields: The fields, in order.
        faults: Where in the text something is wrong, in characters from 0, and what.
    """

    literals: tuple[str, ...]
    fields: tuple[Placeholder, ...]
    faults: tuple[tuple[int, str], ...]


def read_text(text: str) -> TextWithFields:
    """Read a text with fields; what is wrong with it is told, never raised.

    >>> [field.source for field in read_text("{FirstName} of {Account.Name|no household}").fields]
    ['FirstName', 'Account.Name']
    >>> read_text("Dear {First Name}").faults
    ((6, "'First Name' is no field: write {FirstName} or {FirstName|friend}"),)
    """
    literals, fields, faults = [""], [], []
    end = 0
    for sign in _SIGNS.finditer(text):
        literals[-1] += text[end : sign.start()]
        end = sign.end()
        if sign[0] in {"{{", "}}"}:
            literals[-1] += sign[0][0]
        elif sign[0] == "}":
            faults.append((sign.start(), "a } without its {: for the sign itself, write }}"))
        elif not sign[2]:
            faults.append((sign.start(), "a { without its }: for the sign itself, write {{"))
        else:
            field, fault = _placeholder(sign[1], sign.start() + 1)
            fields.append(field)
            literals.append("")
            faults += [(field.at, fault)] if fault else []
    literals[-1] += text[end:]
    if not fields and not faults:
        faults.append((0, "no field in braces: `value` gives the same text for every record"))
    if len(fields) > MOST_FIELDS:
        faults.append((fields[MOST_FIELDS].at, f"more than {MOST_FIELDS} fields"))
    return TextWithFields(tuple(literals), tuple(fields), tuple(faults))


def _placeholder(inside: str, at: int) -> tuple[Placeholder, str | None]:
    """Return what stands in braces, and what is wrong with it."""
    source, bar, fallback = inside.partition("|")
    fault = None
    if not _is_path(source):
        given = repr(source) if source else "nothing"
        fault = f"{given} is no field: write {{FirstName}} or {{FirstName|friend}}"
    elif bar and not fallback.strip():
        fault = "nothing after |: write what stands there where the field is empty, or leave | out"
    return Placeholder(source, fallback, at), fault


def composed(values: Sequence[Value], literals: Sequence[str], fallbacks: Sequence[str]) -> Value:
    """Return the text with the values in their places; not known where one of them is not.

    Where an empty field leaves two blanks, or a blank at an end or before a comma, one goes. A text
    all of whose fields are empty is empty.

    >>> composed(["Dr", None], ("Dear ", " ", ", hello"), ("", ""))
    'Dear Dr, hello'
    >>> composed([None], ("Dear ", ""), ("",)), composed([None], ("Dear ", ""), ("friend",))
    (None, 'Dear friend')
    """
    if any(value is False for value in values):
        return False
    text, is_empty = literals[0], True
    for value, fallback, literal in zip(values, fallbacks, literals[1:], strict=True):
        part = (value or "").strip() or fallback
        if part:
            text, is_empty = text + part + literal, False
        else:
            text = _closed(text, literal)
    return None if is_empty else text.strip()


def _closed(before: str, after: str) -> str:
    """Return the texts around an empty field without the blank that it leaves."""
    if after.startswith(_BEFORE_NO_BLANK):
        return before.rstrip(" ") + after
    if not before or before[-1].isspace():
        return before + after.lstrip(" ")
    return before + after
