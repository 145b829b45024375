"""Secrets that a browser holds: made by chance, stored only as a digest, compared in constant time.

The token that protects changes is derived from the session's: nothing more is stored, it ends with
the session, and a page of another site can neither read nor guess it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

_BYTES = 32
_CSRF = b"changes made by this session"


def new_token() -> str:
    """Return a secret of 256 bits that can stand in an address."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(token: str) -> bytes:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def csrf_of(session_token: str) -> str:
    """Return the token that every change in a session must bring along."""
    key = session_token.encode("utf-8", "surrogatepass")
    return hmac.new(key, _CSRF, hashlib.sha256).hexdigest()


def is_same(one: str, other: str) -> bool:
    """Compare two secrets in a time that tells nothing of them."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


def is_own_origin(origin: str | None, fetch_site: str | None, own: frozenset[str]) -> bool:
    """Tell whether a change was sent by one of our own pages.

    Args:
        origin: The header `Origin`; browsers send it with every change.
        fetch_site: The header `Sec-Fetch-Site`, which a page cannot set.
        own: Origins at which the console is reached.

    >>> is_own_origin("https://evil.example", "cross-site", frozenset({"https://a.example"}))
    False
    """
    if fetch_site not in {None, "same-origin", "none"}:
        return False
    return origin in own if origin is not None else fetch_site == "same-origin"


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address as browsers write an origin.

    >>> origin_of("https://Bridge.example:443/runs")
    'https://bridge.example'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (
        f":{parts.port}" if parts.port not in {None, usual} else ""
    )


def local_path(path: str | None) -> str:
    """Return where to go after a log-in: a path of this console, else its first page.

    >>> local_path("/runs?x=1"), local_path("//evil.example"), local_path("https://evil.example")
    ('/runs?x=1', '/', '/')
    """
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    return path if path.isprintable() and "\\" not in path else "/"
