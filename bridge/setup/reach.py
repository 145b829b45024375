"""Whether a service can be reached at all, before anything secret is sent there; and its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from bridge.connections.wire import date_of, open_session
from bridge.setup.causes import refusal

if TYPE_CHECKING:
    from datetime import datetime

_WORDS = {
    "ConnectTimeout": "no answer in time",
    "ReadTimeout": "no answer in time",
    "ProxyError": "the proxy refuses it",
    "ConnectionError": "no connection",
}


def reach(url: str, *, of: str, timeout_s: float) -> datetime | None:
    """Return when a service answered, by its own clock (UTC); None where it does not say.

    Raises:
        SetupUnavailable: If it does not answer, or its certificate is not trusted.
    """
    host = urlsplit(url).netloc
    try:
        with open_session(timeout_s, url) as session:
            return date_of(session.get(url, allow_redirects=False))
    except requests.exceptions.SSLError:
        raise refusal("tls", of=of, host=host) from None
    except requests.RequestException as error:
        name = type(error).__name__
        reason = _WORDS.get(name, name)
        raise refusal("unreachable", of=of, host=host, reason=reason) from None


def refuse_clock(there: datetime | None, here: datetime, *, of: str, within_s: float) -> None:
    """Check that both clocks agree.

    Raises:
        SetupRefused: If they are more than `within_s` seconds apart.
    """
    ahead_s = 0.0 if there is None else (here - there).total_seconds()
    if abs(ahead_s) > within_s:
        way = "ahead of" if ahead_s > 0 else "behind"
        raise refusal("clock", of=of, seconds=f"{abs(ahead_s):.0f}", way=way)
