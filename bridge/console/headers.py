"""The headers of every answer: no code from elsewhere, no code inside a page, no foreign frame."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders

from bridge.connections.wire import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
)
_SET = {
    "x-content-type-options": "nosniff",
    # With less, browsers would not say with a form where it comes from.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_ONE_YEAR = "max-age=31536000"
_MY_DOMAIN = ".my.salesforce.com"


class SafeHeaders:
    """Puts the headers on every answer; what a page has set itself stays.

    Args:
        app: Answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", policy(None))
                headers.setdefault("cache-control", "no-store")
                for name, value in _SET.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", _ONE_YEAR)
            await send(message)

        await self._app(scope, receive, send_safely)


def policy(sf_url: str | None) -> str:
    """Return the content security policy of a page.

    Args:
        sf_url: Address of the organization whose pages may show it in a frame; None: nobody's.
    """
    return _POLICY.format(frames=" ".join(frame_hosts(sf_url)) or "'none'")


def frame_hosts(sf_url: str | None) -> tuple[str, ...]:
    """Return the hosts of an organization's own pages: Classic, Lightning, Visualforce.

    >>> frame_hosts("https://firm--dev.sandbox.my.salesforce.com")[1:]
    ('https://firm--dev.sandbox.lightning.force.com', 'https://firm--dev--c.sandbox.vf.force.com')
    >>> frame_hosts("http://127.0.0.1:8092"), frame_hosts("https://elsewhere.example")
    (('http://127.0.0.1:8092',), ())
    """
    parts = urlsplit(sf_url or "")
    host = parts.hostname or ""
    if is_loopback(host):  # the stand-in for Salesforce on this machine
        return (f"{parts.scheme}://{parts.netloc}",)
    if not host.endswith(_MY_DOMAIN):
        return ()
    domain = host.removesuffix(_MY_DOMAIN)
    first, dot, rest = domain.partition(".")
    return (
        f"https://{host}",
        f"https://{domain}.lightning.force.com",
        f"https://{first}--c{dot}{rest}.vf.force.com",
    )
