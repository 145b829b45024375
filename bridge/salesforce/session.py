"""simple-salesforce with a session and a token of ours, and without its defects.

It has no time-out, always speaks https, and its errors carry whole bodies (1.12.10). Given a
session id it never logs in by itself; a session that ended is renewed here, once a call.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import requests
from simple_salesforce.api import Salesforce as Library
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

from bridge.connections.wire import Bearer, TimeoutAdapter, date_of, open_session
from bridge.errors import Unauthorized
from bridge.salesforce.answers import error_of, is_ended_session, unavailable
from bridge.salesforce.login import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bridge.connections.model import Connection
    from bridge.salesforce.tokens import AccessTokens

T = TypeVar("T")


class _PlainHttp(TimeoutAdapter):
    """Sends what the library addressed to https by http: a stand-in on this machine has no TLS."""

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        request.url = f"http{(request.url or '').removeprefix('https')}"
        return super().send(request, *args, **kwargs)


class Session:
    """Calls to one organization, each with a token that is renewed once where it is refused.

    Not to be shared by threads.

    Attributes:
        answered_at: When the organization answered last, by its own clock (UTC); None where it
            does not say.
    """

    def __init__(self, connection: Connection, tokens: AccessTokens, timeout_s: float) -> None:
        if connection.sf_url is None:
            raise Unauthorized(
                f"the connection {connection.name!r} has no address of its Salesforce: "
                f"`bridge connect salesforce {connection.name}`",
                system=SYSTEM,
            )
        self._url = connection.sf_url
        self._api_version = connection.sf_api_version
        self._tokens = tokens
        self._requests = open_session(timeout_s, self._url)
        parts = urlsplit(self._url)
        if parts.scheme == "http":
            self._requests.mount(f"https://{parts.netloc}/", _PlainHttp(timeout_s))
        self._token: str | None = None
        self.answered_at: datetime | None = None
        self._requests.hooks["response"].append(self._note_date)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._requests.close()

    def call(self, ask: Callable[[Library], T]) -> T:
        """Return what `ask` gets from the library.

        Raises:
            Unauthorized: If the credentials are refused.
            RemoteError: Whatever else `bridge.salesforce.answers` makes of the library's error.
            RecordRefused: If the content was refused.
        """
        token = self._token or self._tokens.access_token()
        try:
            answer = self._ask(ask, token)
        except SalesforceExpiredSession:
            self._token = None
            token = self._tokens.renew(token)
            try:
                answer = self._ask(ask, token)
            except SalesforceExpiredSession as error:
                raise error_of(error) from None
        self._token = token
        return answer

    def _note_date(self, response: requests.Response, **_: object) -> None:
        self.answered_at = date_of(response)

    def _ask(self, ask: Callable[[Library], T], token: str) -> T:
        self._requests.auth = Bearer(token)
        library = Library(
            session_id=token,
            instance_url=self._url,
            session=self._requests,
            version=self._api_version,
            parse_float=Decimal,  # digits stay as they were sent
            object_pairs_hook=dict,
        )
        try:
            return ask(library)
        except SalesforceExpiredSession:
            raise
        except SalesforceError as error:
            if is_ended_session(error):
                raise SalesforceExpiredSession(
                    error.url, error.status, error.resource_name, error.content
                ) from None
            raise error_of(error) from None
        except requests.RequestException as error:
            # Without the cause: its text has the address with the query.
            raise unavailable(f"no answer ({type(error).__name__})") from None
