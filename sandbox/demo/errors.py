"""What can end the demo, or a look at the other system, early."""

from __future__ import annotations


class DemoError(Exception):
    """The demo cannot go on; the message says why and, where it can, what to do."""


class NotVerified(DemoError):
    """The other system does not show what a line of the story promises."""


class NotYet(Exception):
    """A look did not show what is waited for; the message says what it showed instead."""
