"""API names that may stand in a query or a path. Pure."""

from __future__ import annotations

import re

from bridge.errors import ConfigurationError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*")


def checked_name(name: str) -> str:
    """Return the API name of an object or of a field of its own.

    Raises:
        ConfigurationError: If it is none.
    """
    return _checked(_NAME, name)


def checked_path(path: str) -> str:
    """Return the API name of a field, through parents where dotted.

    Raises:
        ConfigurationError: If it is none.
    """
    return _checked(_PATH, path)


def _checked(pattern: re.Pattern[str], name: str) -> str:
    if not pattern.fullmatch(name):
        raise ConfigurationError(f"{name[:80]!r} is no API name of Salesforce")
    return name
