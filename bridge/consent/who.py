"""Who gives a command that is put on record."""

from __future__ import annotations

import getpass

from bridge.errors import ConfigurationError


def user_name(said: str | None) -> str:
    """Return the name that was said, else the user's of the operating system.

    Raises:
        ConfigurationError: If there is neither: an answer of nobody proves nothing.
    """
    try:
        name = (said or getpass.getuser()).strip()
    except (KeyError, OSError):
        name = ""
    if not name:
        raise ConfigurationError("say who you are: --by NAME")
    return name
