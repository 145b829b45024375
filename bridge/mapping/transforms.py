"""What the transforms of text and choices do: text in, text out; empty text is no value.

All are total but for `ValueError`, whose message says what was expected and never holds the value.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from bridge.mapping.patterns import within_bounds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?:script|style)\b.*?(?:</(?:script|style)\s*>|\Z)|<[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_BLOCK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_APOSTROPHES = "'\N{RIGHT SINGLE QUOTATION MARK}"
_WORD = re.compile(r"[^\W\d_]+")
_NOT_DIGITS = re.compile(r"\D+")
EXTENSION = re.compile(r"\s*(?:extension|ext\.?|x|#)\s*(\d{1,6})\s*$", re.IGNORECASE)


def squeeze(text: str) -> str:
    r"""Return the text with one blank for every run of white space.

    >>> squeeze("  Ada \n  Lovelace ")
    'Ada Lovelace'
    """
    return " ".join(text.split())


def title(text: str) -> str:
    """Return the text with a capital at the beginning of each word, the rest small.

    A letter after an apostrophe is a beginning only after one letter: O'Hara, but Ada's.

    >>> title("SEAN O'HARA-SMITH"), title("ada's")
    ("Sean O'Hara-Smith", "Ada's")
    """

    def word(match: re.Match[str]) -> str:
        start = match.start()
        after_apostrophe = start > 1 and text[start - 1] in _APOSTROPHES
        if after_apostrophe and (start > 2 and text[start - 3].isalpha()):  # noqa: PLR2004
            return match[0].lower()
        return match[0][0].upper() + match[0][1:].lower()

    return _WORD.sub(word, text)


def first_word(text: str) -> str:
    """Return what stands before the first blank.

    >>> first_word(" Ada Augusta")
    'Ada'
    """
    return next(iter(text.split()), "")


def first_line(text: str) -> str:
    r"""Return the first line that has text, trimmed.

    >>> first_line("\n 1 Main Street \nFloor 2")
    '1 Main Street'
    """
    return next((line for raw in text.splitlines() if (line := raw.strip())), "")


def one_line(text: str) -> str:
    r"""Return the lines that have text, joined by a comma.

    >>> one_line("1 Main Street\r\nFloor 2\n")
    '1 Main Street, Floor 2'
    """
    return ", ".join(line for raw in text.splitlines() if (line := raw.strip().rstrip(",")))


def strip_html(text: str) -> str:
    r"""Return the text of an HTML field: without tags, references resolved, breaks kept as lines.

    >>> strip_html("<p>Profit &amp; loss</p><p>2026</p>")
    'Profit & loss\n2026'
    """
    plain = html.unescape(_TAG.sub("", _BLOCK.sub("\n", text)))
    return "\n".join(line for raw in plain.splitlines() if (line := squeeze(raw)))


def digits(text: str) -> str:
    """Return the digits 0 to 9 of a text.

    >>> digits("AB-12 34")
    '1234'
    """
    return "".join(re.findall("[0-9]", text))


def prefix(text: str, before: str) -> str:
    """Return the text with another before it; nothing stays nothing.

    >>> prefix("42", "No. "), prefix("", "No. ")
    ('No. 42', '')
    """
    return before + text if text else ""


def suffix(text: str, after: str) -> str:
    """Return the text with another after it; nothing stays nothing.

    >>> suffix("12", " years")
    '12 years'
    """
    return text + after if text else ""


def phone(text: str) -> str:
    """Return a telephone number as digits, with a leading + and an extension where it has one.

    >>> phone("(555) 010-9999 ext. 12"), phone("+44 (0)20 7946 0018"), phone("see below")
    ('5550109999 x12', '+442079460018', '')
    """
    extension = ""
    if match := EXTENSION.search(text):
        extension = f" x{match[1]}"
        text = text[: match.start()]
    text = text.strip()
    has_code = text.startswith("+")
    number = digits(text.replace("(0)", "") if has_code else text)
    if not has_code and number.startswith("00"):
        has_code, number = True, number[2:]
    return f"{'+' if has_code else ''}{number}{extension}" if number else ""


def truncate(text: str, to: int, end: str, at: str) -> str:
    """Return a text that is no longer than `to`, cut at a `word` or `character`; `end` tells it.

    >>> truncate("Profit and loss", 12, "…", "word")
    'Profit and…'
    """
    text = text.strip()
    if len(text) <= to:
        return text
    room = to - len(end)
    kept = text[:room]
    is_inside = not (text[room].isspace() or kept[-1:].isspace())
    if at == "word" and is_inside and len(kept.split()) > 1:
        kept = kept.rsplit(None, 1)[0]
    return kept.rstrip(" \t\n,;:-") + end


def split(text: str, at: str, take: int) -> str:
    """Return one of the parts that a text stands between: 1 is the first, -1 the last.

    >>> split("Golf; Wine", ";", 2), split("Golf; Wine", ";", -1), split("Golf", ";", 2)
    ('Wine', 'Wine', '')
    """
    parts = text.split(at)
    place = take - 1 if take > 0 else take
    return parts[place].strip() if -len(parts) <= place < len(parts) else ""


def yes_no(text: str, if_true: str, if_false: str) -> str:
    """Return the word for a tick box.

    >>> yes_no("true", "Yes", "No")
    'Yes'

    Raises:
        ValueError: If the text is neither true nor false.
    """
    word = text.strip().lower()
    if word not in {"true", "false"}:
        raise ValueError("neither true nor false")
    return if_true if word == "true" else if_false


def chosen(text: str) -> list[str]:
    """Return the values of a multi-select field, which Salesforce joins by semicolons.

    >>> chosen("Golf; Wine;")
    ['Golf', 'Wine']
    """
    return [item for raw in text.split(";") if (item := raw.strip())]


def join(text: str, separator: str) -> str:
    """Return the values of a multi-select field in one text.

    >>> join("Golf;Wine", ", ")
    'Golf, Wine'

    Raises:
        ValueError: If it would get too long.
    """
    return within_bounds(separator.join(chosen(text)))


def has(text: str, value: str) -> str:
    """Return `true` or `false`: whether a multi-select field has this value chosen.

    >>> has("Golf;Wine", "Wine")
    'true'
    """
    return "true" if value in chosen(text) else "false"


def only(text: str, wanted: Collection[str]) -> str:
    """Return those values of a multi-select field that are wanted, as Salesforce joins them.

    >>> only("Golf;Wine;Opera", ("Wine", "Golf"))
    'Golf;Wine'
    """
    return ";".join(value for value in chosen(text) if value in wanted)


def sort(text: str) -> str:
    """Return the values of a multi-select field in the order of the alphabet.

    >>> sort("Wine;golf")
    'golf;Wine'
    """
    return ";".join(sorted(chosen(text), key=lambda value: (value.casefold(), value)))


def lookup(text: str, table: Mapping[str, str], otherwise: str) -> str:
    """Return what the table has for the text; else the text, nothing, or an error.

    >>> lookup("A", {"A": "Private client"}, "empty")
    'Private client'

    Raises:
        ValueError: If the table lacks the text and `otherwise` is `error`.
    """
    found = table.get(text)
    if found is not None:
        return found
    if otherwise == "error":
        raise ValueError("a value that the lookup table does not have")
    return text if otherwise == "keep" else ""
