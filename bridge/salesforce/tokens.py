"""The bridge's own session with Salesforce: kept encrypted, renewed after a 401."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from bridge.clock import now
from bridge.connections.secrets import read_secret, write_secret
from bridge.errors import Unauthorized
from bridge.salesforce.login import SYSTEM, fetch_token, read_login

if TYPE_CHECKING:
    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database

logger = logging.getLogger(__name__)


class AccessTokens(Protocol):
    """Gives the token that a call goes out with; `SalesforceTokens` of a connection, usually."""

    def access_token(self) -> str:
        """Return an access token."""

    def renew(self, refused: str | None, /) -> str:
        """Return another one than this, which was refused."""


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
            login = read_login(tx, self._keyring, self._connection.id, lock=True)
            if login is None:
                raise Unauthorized(self._no_credentials(refused), system=SYSTEM)
            known = read_secret(tx, self._keyring, self._connection.id, "sf_token")
            if known is not None and known.text != refused:
                return known.text
            token = fetch_token(
                self._connection.sf_login_url or self._connection.sf_url or "",
                login,
                at=now(tx),
                timeout_s=self._timeout_s,
            ).text
            write_secret(tx, self._keyring, self._connection.id, "sf_token", token)
        logger.info("salesforce_token_renewed", extra={"connection": self._connection.name})
        return token

    def _no_credentials(self, refused: str | None) -> str:
        what = "has no Salesforce credentials" if refused is None else "has a token that ended"
        return (
            f"the connection {self._connection.name!r} {what}: "
            f"`bridge connect salesforce {self._connection.name}`"
        )
