"""simple-salesforce, unmodified, against a running sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox


class ToSandbox(HTTPAdapter):
    """Sends what is meant for any https host to the sandbox, over http."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        assert request.url is not None
        parts = urlsplit(request.url)
        request.url = f"{self._base}{parts.path}{'?' + parts.query if parts.query else ''}"
        return super().send(request, *args, **more)


def observers_client(sandbox: RunningSandbox, session: requests.Session) -> Any:
    """Return a client of the observer; untyped, for its objects are made up by `__getattr__`."""
    session.mount("https://", ToSandbox(sandbox.line["salesforce_url"]))
    return Salesforce(
        session_id=sandbox.line["observer"]["salesforce_access_token"],
        instance_url="https://sandbox.example.com",
        session=session,
        version="66.0",
    )
