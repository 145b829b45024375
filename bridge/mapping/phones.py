"""Telephone numbers by the numbering plan of a country; what needs no country is in `transforms`.

It loads the plans, which takes 20 ms: only mappings that name a country or a form need it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher

from bridge.mapping.countries import country_code
from bridge.mapping.transforms import EXTENSION, phone

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMATS = {
    "e164": PhoneNumberFormat.E164,
    "international": PhoneNumberFormat.INTERNATIONAL,
    "national": PhoneNumberFormat.NATIONAL,
}
_MOST_CHARACTERS = 25  # of a telephone number in Constant Contact
_LONGEST_TEXT = 200  # characters in which numbers are looked for
_LONGEST_EXTENSION = 6


def phone_of(
    text: str, country: str | None, country_named: str | None, form: str, invalid: str
) -> str:
    """Return a telephone number in full, with ` x` and its extension where it has one.

    What is no valid number becomes what `invalid` says: `keep` leaves a number of a possible length
    as it is, in full, and of everything else the digits.

    Args:
        text: As people wrote it.
        country: The two-letter code of the country of numbers without a calling code.
        country_named: A country as people write it, which goes before `country` if it is known.
        form: `e164`, `international` or `national`; the last two only within 25 characters.
        invalid: `keep`, `empty` or `error`.

    >>> phone_of("(02) 5550 1234 ext. 12", "AU", None, "e164", "keep")
    '+61255501234 x12'
    >>> phone_of("020 7946 0018", "AU", "England", "international", "keep")
    '+44 20 7946 0018'

    Raises:
        ValueError: If it is no valid number and `invalid` is `error`.
    """
    text, extension = without_extension(text[:_LONGEST_TEXT])
    region = country_code(country_named or "")
    if region not in phonenumbers.SUPPORTED_REGIONS:
        region = country or ""
    valid = _valid_number(text, region)
    if valid:
        return _written(valid, form, extension)
    if not text.strip() or invalid == "empty":
        return ""
    if invalid == "error":
        raise ValueError(f"not a valid telephone number{f' of {region}' if region else ''}")
    only_digits = phone(text)
    for number in _parsed(only_digits, region):
        written = _written(number, form, "")
        # Who reads it again must find the same, not part of it that is valid.
        is_steady = _parsed(written, region) == [number] and not _valid_number(written, region)
        if phonenumbers.is_possible_number(number) and is_steady:
            return _written(number, form, extension)
    return phone(f"{only_digits} x{extension}" if extension else only_digits)


def without_extension(text: str) -> tuple[str, str]:
    """Return a number and its extension apart; "" where it has none.

    >>> without_extension("5550 1234 ext. 12")
    ('5550 1234', '12')
    """
    match = EXTENSION.search(text)
    return (text[: match.start()], match[1]) if match else (text, "")


def _valid_number(text: str, region: str) -> PhoneNumber | None:
    return next(filter(phonenumbers.is_valid_number, _numbers(text, region)), None)


def _numbers(text: str, region: str) -> Iterator[PhoneNumber]:
    """Yield what a text may mean: itself, the numbers in it, and its digits."""
    yield from _parsed(text, region)
    yield from (found.number for found in PhoneNumberMatcher(text, region))
    yield from _parsed(phone(text), region)


def _parsed(text: str, region: str) -> list[PhoneNumber]:
    try:
        return [phonenumbers.parse(text, region)]
    except NumberParseException:
        return []


def _written(number: PhoneNumber, form: str, extension: str) -> str:
    """Return a number in a form, or in a shorter one where that is too long."""
    extension = extension or (number.extension or "")[:_LONGEST_EXTENSION]
    number.extension = None
    tail = f" x{extension}" if extension else ""
    shortest = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    whole = re.sub(r"\s+", " ", phonenumbers.format_number(number, _FORMATS[form]))
    told = (whole + tail, shortest + tail, whole, shortest)  # better without its extension than cut
    return next(text for text in told if len(text) <= _MOST_CHARACTERS)
