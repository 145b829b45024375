"""The cookies of the console: what they are called, and where they may be set.

The prefix `__Host-` has a browser send a cookie to this very host alone, and over TLS. A browser
refuses it over plain http, which is allowed on this machine only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.connections.wire import is_loopback
from bridge.console.faults import Refused

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SESSION = "bridge-session"
CONSENT = "bridge-consent"
LOGIN = "bridge-login"
ACCOUNT = "bridge-account"


def read_cookie(request: Request, name: str) -> str:
    """Return the value of one of our cookies; empty where the browser has none."""
    return request.cookies.get(_full(request, name), "")


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, lives_s: float
) -> None:
    """Have the browser keep a value, out of reach of scripts and of other sites.

    Raises:
        Refused: If the value would travel in the clear to another machine.
    """
    if not _is_safe(request):
        raise Refused(
            "Passwords and sessions do not travel in the clear: open the console over https, "
            "or on the machine that it runs on."
        )
    response.set_cookie(
        _full(request, name),
        value,
        max_age=int(lives_s),
        path="/",
        secure=_is_tls(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Have the browser forget a value."""
    response.delete_cookie(
        _full(request, name), path="/", secure=_is_tls(request), httponly=True, samesite="lax"
    )


def _full(request: Request, name: str) -> str:
    return f"__Host-{name}" if _is_tls(request) else name


def _is_tls(request: Request) -> bool:
    return request.url.scheme == "https"


def _is_safe(request: Request) -> bool:
    return _is_tls(request) or is_loopback(request.url.hostname or "")
