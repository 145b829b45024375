"""Keys that name one thing in all its spellings: Salesforce ids and e-mail addresses."""

from __future__ import annotations

import re
from string import ascii_letters, digits
from uuid import UUID

_CHECKSUM = {  # bit j says whether the j-th character of a group is a capital
    f"{bits:05b}"[::-1]: char for bits, char in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345")
}
_IS_CAPITAL = {ord(char): "01"[char.isupper()] for char in ascii_letters + digits}
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


def salesforce_id(text: str) -> str:
    """Return the 18-character form of a Salesforce id.

    The suffix is computed from the first 15 characters, three groups of five: bit j is set where
    the j-th character of a group is a capital (Salesforce Help, "15 and 18 character Ids"). A
    suffix that is given is not trusted: tools lower-case it.

    Raises:
        ValueError: If the text is no id.

    >>> salesforce_id("001D000000IRFma")
    '001D000000IRFmaIAH'
    """
    text = text.strip()
    if not _ID.fullmatch(text):
        message = f"not a Salesforce id: {text[:40]!r}"
        raise ValueError(message)
    core = text[:15]
    bits = core.translate(_IS_CAPITAL)
    return core + _CHECKSUM[bits[:5]] + _CHECKSUM[bits[5:10]] + _CHECKSUM[bits[10:]]


def is_salesforce_id(text: str | None) -> bool:
    """Tell whether the text has the form of a Salesforce id.

    >>> is_salesforce_id("0035g00000QrStU"), is_salesforce_id("ada@example.org")
    (True, False)
    """
    return text is not None and _ID.fullmatch(text.strip()) is not None


def same_organization(one: str | None, other: str | None) -> bool:
    """Compare two organization ids by their first 15 characters, case-sensitively, after trimming.

    >>> same_organization("00D5g00000ABcdEEAT", " 00D5g00000ABcdE ")
    True
    """
    if not one or not other:
        return False
    one, other = one.strip()[:15], other.strip()[:15]
    return len(one) == len(other) == 15 and one == other  # noqa: PLR2004


def email_key(address: str | None) -> str | None:
    """Return what an address is matched by: trimmed and lower-cased; None where it is no address.

    Constant Contact compares addresses without case, so both sides use this key; what is shown and
    sent keeps its case.

    >>> email_key(" Ada@Example.ORG ")
    'ada@example.org'
    """
    if address is None:
        return None
    key = address.strip().lower()
    return key if _ADDRESS.fullmatch(key) else None


def uuid_or_none(text: str | None) -> str | None:
    """Return the canonical spelling of a UUID, or None where a text is none.

    >>> uuid_or_none("0C6C1B1A-22B5-11EF-8F3E-FA163E123590")
    '0c6c1b1a-22b5-11ef-8f3e-fa163e123590'
    >>> uuid_or_none("none yet") is None
    True
    """
    try:
        return str(UUID(text or ""))
    except ValueError:
        return None
