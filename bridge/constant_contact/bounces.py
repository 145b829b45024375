"""What the vendor's bounce codes mean to people. Pure.

The letters are those of the bounces report (Constant Contact developer guide, "Email Campaign
Reporting"). An automatic reply is reported among them, although the mail arrived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_AUTOMATIC_REPLY = "V"


class _Meaning(NamedTuple):
    result: str
    words: str


# The worst first: of several bounces of one mailing, the subject names this one.
_MEANINGS: Mapping[str, _Meaning] = {
    "B": _Meaning("Bounced", "Bounced: the address does not exist"),
    "X": _Meaning("Bounced", "Bounced: for another reason"),
    "Z": _Meaning("Bounced", "Bounced: blocked by the receiving server"),
    "D": _Meaning("Undeliverable", "Undeliverable: the receiving server could not be reached"),
    "S": _Meaning(
        "Suspended", "Not sent: suspended by the vendor because the address bounced elsewhere"
    ),
    "F": _Meaning("Mailbox full", "Not delivered for now: the mailbox is full (temporary)"),
}
_DELIVERED = "Delivered: an automatic reply came back"


def bounce_result(codes: Iterable[str]) -> str | None:
    """Return the result that bounces come to, or None where the mail arrived.

    >>> bounce_result(["F", "B"]), bounce_result(["V"]), bounce_result([])
    ('Bounced', None, None)
    """
    given = {code for code in codes if code != _AUTOMATIC_REPLY}
    known = next((_MEANINGS[code].result for code in _MEANINGS if code in given), None)
    return known or ("Bounced" if given else None)


def bounce_words(code: str) -> str:
    """Return what one bounce means, in a sentence.

    >>> bounce_words("Z"), bounce_words("Q")
    ('Bounced: blocked by the receiving server', 'Bounced: code Q')
    """
    if code == _AUTOMATIC_REPLY:
        return _DELIVERED
    return _MEANINGS[code].words if code in _MEANINGS else f"Bounced: code {code or 'not told'}"
