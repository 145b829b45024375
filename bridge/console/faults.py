"""What a handler raises to end a request in another page than its own."""

from __future__ import annotations


class NotThere(Exception):
    """What was asked for is not there, or is not this person's to see: both look the same."""


class Refused(Exception):
    """The request is not answered; the text says why, and what to do next."""


class NotNow(Exception):
    """The page needs an answer that nobody gives at present; the text says whose."""


class NotConnected(Exception):
    """There is no connection yet that the page could be about."""
