"""What an alert says, for a chat and for a mail. Pure."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from bridge.connections.wire import vendor_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.alerts.model import Message

_HEADS = {"came": "ALERT", "cleared": "CLEARED", "test": "TEST"}
_BRACKETS = str.maketrans("<>", "\u2039\u203a")
"""Chat tools take `<…>` for a mention or a link."""


def headline(message: Message) -> str:
    """Return the news in one line: what, and whose."""
    whose = f"{message.connection}: " if message.connection else ""
    cause = message.cause.replace("_", " ")
    about = f" ({message.about})" if message.about else ""
    return f"{_HEADS[message.news]} {whose}{cause}{about}"


def text(message: Message) -> str:
    """Return the news for people: what is so, since when, what to do. No line holds an address."""
    came_at = f"{message.came_at:%Y-%m-%d %H:%M} UTC"
    lines = [headline(message), vendor_words(message.says)]
    if message.news == "cleared" and message.ended_at is not None:
        lines.append(f"It stood from {came_at} to {message.ended_at:%Y-%m-%d %H:%M} UTC.")
    else:
        lines += [f"What to do: {vendor_words(message.what_to_do)}", f"Since {came_at}."]
    return "\n".join(lines).translate(_BRACKETS)


def headers(message: Message) -> dict[str, str]:
    """Return what programs read of the news, as headers of HTTP.

    Not in the body: Google Chat refuses a body with a field that it does not know.
    """
    return {
        "X-Bridge-Alert": str(message.alert_id),
        "X-Bridge-News": message.news,
        "X-Bridge-Cause": message.cause,
        "X-Bridge-Connection": message.connection,
        "X-Bridge-About": message.about,
    }


def mail(message: Message, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """Return the news as a mail; a mail server that gets it twice can tell by its id."""
    composed = EmailMessage()
    composed["From"] = sender
    composed["To"] = ", ".join(recipients)
    composed["Subject"] = f"Bridge: {headline(message)}"
    at = message.ended_at or message.came_at
    composed["Date"] = format_datetime(at)
    domain = sender.rpartition("@")[2].rstrip(">")
    name = f"bridge-{message.alert_id}-{message.news}-{int(message.came_at.timestamp())}"
    composed["Message-ID"] = f"<{name}@{domain}>"
    for header, value in headers(message).items():
        composed[header] = value
    composed.set_content(f"{text(message)}\n")
    return composed
