"""What both adapters need of HTTP: sessions with time-outs, vendors' words without addresses."""

from __future__ import annotations

import ipaddress
import logging
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

if TYPE_CHECKING:
    from datetime import datetime

    from requests import PreparedRequest, Response

# Its debug lines hold the addresses of calls, and those hold people's.
logging.getLogger("urllib3").setLevel(logging.INFO)

_CONNECT_TIMEOUT_S = 10.0
_ADDRESS = re.compile(r"[^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+")
_MESSAGE_LENGTH = 500


class TimeoutAdapter(HTTPAdapter):
    """Gives every request a time-out, for requests has none by default."""

    def __init__(self, read_timeout_s: float) -> None:
        self._timeout_s = (min(_CONNECT_TIMEOUT_S, read_timeout_s), read_timeout_s)
        super().__init__()

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send a request, with the adapter's time-out where the caller names none."""
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout_s
        return super().send(request, *args, **kwargs)


class Bearer(AuthBase):
    """Sends an access token; an `auth` of its own keeps requests from looking into `.netrc`."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the token on a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def open_session(timeout_s: float, url: str) -> requests.Session:
    """Return a session for `url` that waits at most `timeout_s` seconds for each part of an answer.

    It follows no redirect: neither vendor answers with one, and a token must not travel on. What
    runs on this machine is not asked through a proxy.
    """
    session = requests.Session()
    session.trust_env = not is_loopback(urlsplit(url).hostname or "")
    session.max_redirects = 0
    session.mount("https://", TimeoutAdapter(timeout_s))
    session.mount("http://", TimeoutAdapter(timeout_s))
    return session


def date_of(response: requests.Response) -> datetime | None:
    """Return when a service answered, by its own clock (UTC); None where it does not say."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine.

    >>> is_loopback("127.0.0.2"), is_loopback("localhost"), is_loopback("example.org")
    (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def vendor_words(text: object) -> str:
    r"""Return a vendor's message fit for a log and a page: short, on one line, without addresses.

    >>> vendor_words("ada@example.org is\n not unique")
    '(address) is not unique'
    """
    words = " ".join(_ADDRESS.sub("(address)", str(text)).split())
    return words if len(words) <= _MESSAGE_LENGTH else f"{words[:_MESSAGE_LENGTH]}…"
