"""Addresses of pages that other pages lead to. Pure."""

from __future__ import annotations

from urllib.parse import urlencode


def explain_path(what: str, connection: str = "", campaign: str = "") -> str:
    """Return the address that explains something.

    >>> explain_path("run:7", "firm")
    '/explain?q=run%3A7&connection=firm'
    """
    values = {"q": what, "connection": connection, "campaign": campaign}
    return f"/explain?{urlencode({name: value for name, value in values.items() if value})}"
