"""The case of people's names that were typed all in capitals or all small. Pure.

Which small words stand before a family name is told by the style guides of their languages
(Wikipedia has them under *Nobiliary particle* and *Tussenvoegsel*). `Mac` is left alone: Macdonald
and MacDonald are two families.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Left out are those that are given names or initials as often: Ben, Te, Y, E.
_SMALL = """
    van der den ter ten de von zu zur zum vom du des di da del della dello degli dei
    las los do dos das bin bint ibn al el
"""
_BEHIND = """
    II III IV VII VIII PhD MD DDS DMD DVM JD MBA CPA CFA CFP OBE MBE CBE OAM AO RN LLB LLM BSc MSc
"""
_PARTICLES = frozenset(_SMALL.split())
_AFTER_DE = frozenset({"la", "le", "l"})
_SUFFIXES = {spelling.lower(): spelling for spelling in _BEHIND.split()}
_NOT_A_FAMILY = 2  # words that stand before a suffix: a given and a family name
_WORD = re.compile(r"[^\W\d_]+(?:[.'\N{RIGHT SINGLE QUOTATION MARK}-][^\W\d_]+)*\.?")
_PART = re.compile(r"[^\W\d_]+")
_MC = re.compile(r"mc[^\W\d_]{2,}")
_ONE_LETTER_AND_J = re.compile(r"[a-z]j")  # AJ, JJ, TJ: no name of two letters ends so
_ELIDED = re.compile(r"(?:[dlo]|dell|dall|nell)['\N{RIGHT SINGLE QUOTATION MARK}]")


def name(text: str) -> str:
    """Return a person's name with the capitals that names have.

    Only where no word has both capitals and small letters after its first: what a person typed
    with care stays.

    >>> name("ludwig VAN beethoven"), name("SEAN O'HARA-MCDONALD III"), name("LaToya van Buren")
    ('Ludwig van Beethoven', "Sean O'Hara-McDonald III", 'LaToya van Buren')
    """
    words = list(_WORD.finditer(text))
    if any(len(w[0]) > 1 and not (w[0].isupper() or w[0].islower()) for w in words):
        return text
    small = [word[0].lower() for word in words]
    written, done = [], 0
    for place, word in enumerate(words):
        written += [text[done : word.start()], _cased(small, place)]
        done = word.end()
    return "".join(written) + text[done:]


def _cased(words: Sequence[str], place: int) -> str:
    """Return one of the words, which are in small letters; `place` counts from 0."""
    word = words[place]
    suffix = _SUFFIXES.get(word.replace(".", "")) if place >= _NOT_A_FAMILY else None
    if suffix:
        return suffix
    is_inside = 0 < place < len(words) - 1
    if is_inside and (word in _PARTICLES or (word in _AFTER_DE and words[place - 1] == "de")):
        return word
    if _ONE_LETTER_AND_J.fullmatch(word):
        return word.upper()
    return _PART.sub(lambda part: _capital(part, word), word)


def _capital(part: re.Match[str], word: str) -> str:
    """Return a part of a word: of `o'hara-smith` one of three."""
    text, before = part[0], word[: part.start()]
    if before.endswith(("'", "\N{RIGHT SINGLE QUOTATION MARK}")):
        is_name = _ELIDED.search(before) and len(text) > 1
        return text[0].title() + text[1:] if is_name else text
    if _MC.fullmatch(text):
        return "Mc" + text[2].upper() + text[3:]
    return text[0].title() + text[1:]
