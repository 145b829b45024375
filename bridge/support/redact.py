"""Take out of texts what tells who somebody is, or opens something. Pure.

Three nets, one behind the other: secrets that are known, wherever they stand; names that are known,
as whole words; and whatever looks like an address, a telephone number or a token.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OWN_WORDS = frozenset(
    (
        *("applied_at", "at", "cause", "check", "event", "extent", "failure", "job", "kind"),
        *("lane", "level", "logger", "mode", "name", "object", "origin", "process", "sign"),
        *("state", "table", "topic", "version"),
    )
)
"""Keys whose values are words of this program where they look like one."""

_OWN_WORD = re.compile(r"[a-z][a-z_.-]*|[0-9.]+")
_MOMENT = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?"
_ADDRESS = r"[^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+"
_OPENER = r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{24,}(?![\w-])"
_NUMBER = r"(?<![\w.,])\+?\(?\d[\d ()./-]{5,}\d(?![\w,])"
_PATTERN = re.compile(
    f"(?P<moment>{_MOMENT})|(?P<address>{_ADDRESS})|(?P<token>{_OPENER})|(?P<number>{_NUMBER})"
)
_WORD = re.compile(r"[^\W_](?:[\w'\u2019&.-]*[\w])?")
_LONGEST_NAME_WORDS = 6


class Redactor:
    """Replaces what must not leave the installation.

    Args:
        secrets: Texts that open something.
        names: Names of people, firms, lists and machines -> what stands in their place.
    """

    def __init__(self, secrets: Iterable[str], names: Mapping[str, str]) -> None:
        self._secrets = sorted({one for one in secrets if one}, key=len, reverse=True)
        self._names = dict(names)
        longest = sorted((re.escape(name) for name in names if name), key=len, reverse=True)
        self._known = re.compile(rf"(?<!\w)(?:{'|'.join(longest)})(?!\w)") if longest else None

    def text(self, text: str) -> str:
        """Return a text without them.

        >>> redactor = Redactor(["s3cret"], {"Moran": "(name)"})
        >>> redactor.text("Moran <ada@example.org> called +1 (555) 010-0199 at 2026-11-29 03:15")
        '(name) <(address)> called (number) at 2026-11-29 03:15'
        """
        for secret in self._secrets:
            text = text.replace(secret, "(secret)")
        if self._known is not None:
            text = self._known.sub(lambda found: self._names[found[0]], text)
        return _PATTERN.sub(_stand_in, text)

    def tree(self, value: Any, key: str = "") -> Any:
        """Return a JSON value of which every text went through `text`."""
        if isinstance(value, dict):
            return {self.text(name): self.tree(part, name) for name, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.tree(part, key) for part in value]
        if not isinstance(value, str):
            return value
        if key in OWN_WORDS and _OWN_WORD.fullmatch(value):
            return self._names.get(value, value)
        return self.text(value)


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


def phrases(texts: Iterable[str]) -> set[str]:
    """Return what might be a name in some texts: up to six words with a capital letter or digit.

    >>> sorted(phrases(["refused: Ada Moran again"]))
    ['Ada', 'Ada Moran', 'Ada Moran again', 'Moran', 'Moran again']
    """
    found = set()
    for text in texts:
        words = list(_WORD.finditer(text))
        for first, begin in enumerate(words):
            if begin[0] == begin[0].lower() and not begin[0][0].isdigit():
                continue
            for end in words[first : first + _LONGEST_NAME_WORDS]:
                found.add(text[begin.start() : end.end()])
    return found


def _stand_in(found: re.Match[str]) -> str:
    kind = found.lastgroup
    return found[0] if kind == "moment" else f"({kind})"
