"""Who sent a request: its peer, or whom a trusted proxy says that it passed the request on for."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, cast

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class Senders:
    """Tells who sent a request.

    Only what a proxy has passed on goes through uvicorn's middleware, which costs a message in
    thirty.

    Args:
        trusted_proxies: Addresses or networks whose `X-Forwarded-For` is believed, by comma.
    """

    def __init__(self, trusted_proxies: str) -> None:
        self._middleware = ProxyHeadersMiddleware(cast("Any", _nothing), trusted_proxies)

    def sender_of(self, scope: Scope) -> str | None:
        """Return an IP address; None where it is none, or not known."""
        for name, _ in scope["headers"]:
            if name == b"x-forwarded-for":
                self._believe_proxy(scope)
                break
        client = scope.get("client")
        return _address(client[0]) if client else None

    def _believe_proxy(self, scope: Scope) -> None:
        """Have the middleware change the scope: around nothing, it never waits."""
        passing = self._middleware(cast("Any", scope), cast("Any", None), cast("Any", None))
        try:
            passing.send(None)
        except StopIteration:
            return
        raise AssertionError("the middleware waits for something")  # pragma: no cover


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    return


@lru_cache(maxsize=256)
def _address(host: str) -> str | None:
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None
