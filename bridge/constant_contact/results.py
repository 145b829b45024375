"""What somebody's acts in a mailing come to, in the words of Interactions and of pages. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.constant_contact.bounces import bounce_result

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

SUBJECT_CHARACTERS = 255

NOT_TICKED = "Unsubscribed there; Do Not Email in Practifi is not ticked"
"""What is said of somebody who opted out by a mailing; the box is the firm's."""

_PREFIX = "Constant Contact: "
_SENT = "Sent"
_STRONGEST = (
    ("optout", "Unsubscribed"),
    ("click", "Clicked"),
    ("forward", "Forwarded"),
    ("open", "Opened"),
)


def result_of(kinds: Collection[str], bounce_codes: Iterable[str]) -> str:
    """Return the strongest thing that happened, in a word or two.

    >>> result_of({"send", "open", "click"}, []), result_of({"bounce"}, ["F"]), result_of((), ())
    ('Clicked', 'Mailbox full', 'Sent')
    """
    for kind, word in _STRONGEST:
        if kind in kinds:
            return word
    return bounce_result(bounce_codes) or _SENT


def subject_of(campaign: str, result: str, most: int = SUBJECT_CHARACTERS) -> str:
    """Return the subject; of a long one the campaign's name is cut, never the result.

    >>> subject_of("Market letter", "Opened")
    'Constant Contact: Market letter - Opened'
    >>> subject_of("A name that is too long", "Opened", most=40)
    'Constant Contact: A name that… - Opened'
    """
    tail = f" - {result}"
    room = most - len(_PREFIX) - len(tail)
    name = " ".join(campaign.split())
    if len(name) > room:
        name = name[: room - 1].rstrip() + "…"
    return f"{_PREFIX}{name}{tail}"


def name_of(campaign: str, *, is_resend: bool) -> str:
    """Return how people call a mailing.

    >>> name_of("Market letter", is_resend=True)
    'Market letter (resend)'
    """
    return f"{campaign} (resend)" if is_resend else campaign
