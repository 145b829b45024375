"""The bridge's own session with Salesforce: fetched by us, kept encrypted, renewed after a 401.

OAuth client credentials of an External Client App at the organization's own address: the library's
own login always speaks https to salesforce.com (simple-salesforce 1.12), and SOAP `login()` ends.
"""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from bridge.connections.secrets import read_secret, write_secret
from bridge.connections.wire import open_session, vendor_words
from bridge.errors import Unauthorized, Unavailable

if TYPE_CHECKING:
    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database

logger = logging.getLogger(__name__)

SYSTEM = "salesforce"


class SalesforceTokens:
    """The access token of one connection; one process fetches, the others find it stored.

    May be shared by threads.
    """

    def __init__(
        self, connection: Connection, database: Database, keyring: KeyRing, timeout_s: float
    ) -> None:
        self._connection = connection
        self._database = database
        self._keyring = keyring
        self._timeout_s = timeout_s

    def access_token(self) -> str:
        """Return the stored token, or fetch the first one.

        Raises:
            Unauthorized: If no credentials are stored, or they are refused.
            Unavailable: If the token end point does not answer.
        """
        with self._database.transaction() as tx:
            token = read_secret(tx, self._keyring, self._connection.id, "sf_token")
        return token.text if token is not None else self.renew(None)

    def renew(self, refused: str | None) -> str:
        """Return another token than the refused one; where another process was first, its token.

        Raises:
            Unauthorized: If no credentials are stored, or they are refused.
            Unavailable: If the token end point does not answer.
        """
        with self._database.transaction() as tx:
            client = read_secret(tx, self._keyring, self._connection.id, "sf_client", lock=True)
            if client is None:
                raise Unauthorized(self._no_credentials(refused), system=SYSTEM)
            known = read_secret(tx, self._keyring, self._connection.id, "sf_token")
            if known is not None and known.text != refused:
                return known.text
            token = self._fetch(json.loads(client.text))
            write_secret(tx, self._keyring, self._connection.id, "sf_token", token)
        logger.info("salesforce_token_renewed", extra={"connection": self._connection.name})
        return token

    def _no_credentials(self, refused: str | None) -> str:
        what = "has no Salesforce credentials" if refused is None else "has a token that ended"
        return (
            f"the connection {self._connection.name!r} {what}: `bridge connection add "
            f"{self._connection.name} --credentials FILE` with consumer_key and consumer_secret"
        )

    def _fetch(self, client: dict[str, str]) -> str:
        url = token_url(self._connection.sf_login_url or self._connection.sf_url or "")
        try:
            with open_session(self._timeout_s, url) as session:
                response = session.post(
                    url,
                    data={"grant_type": "client_credentials"},
                    auth=(client["consumer_key"], client["consumer_secret"]),
                    headers={"Accept": "application/json"},
                )
            return _read_token(response.status_code, response.json())
        except requests.RequestException as error:
            raise _no_token(type(error).__name__) from None


def _read_token(status: int, answer: object) -> str:
    """Return the access token of an answer, or raise what a refusal means."""
    match answer:
        case {"access_token": str(token)} if status == HTTPStatus.OK and token:
            return token
        case {"error": str(key), **others} if (
            HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            words = vendor_words(others.get("error_description") or key)
            if status == HTTPStatus.TOO_MANY_REQUESTS or "rate exceeded" in words:
                raise _no_token(words)
            raise Unauthorized(
                f"Salesforce refuses the login ({words}): check the consumer key and secret, "
                "the client credentials flow of the External Client App, and its run-as user",
                system=SYSTEM,
                status=status,
                key=key,
            )
        case _:
            raise _no_token(f"HTTP {status}")


def _no_token(what: str) -> Unavailable:
    return Unavailable(f"Salesforce: no token: {what}", system=SYSTEM)


def token_url(login_url: str) -> str:
    """Return the token end point of a login address.

    >>> token_url("https://firm.my.salesforce.com")
    'https://firm.my.salesforce.com/services/oauth2/token'
    """
    if urlsplit(login_url).path.rstrip("/").endswith("/token"):
        return login_url
    return f"{login_url.rstrip('/')}/services/oauth2/token"
