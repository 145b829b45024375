"""The pair of tokens of a connection: one refresher at a time, stored before it is used.

A rotating refresh token is good for one use: the answer holds the next one. Two refreshers, or a
crash between answer and store, would lose the connection until a person consents again
(developer guide, "OAuth2 refresh tokens"). So the row is locked for the refresh, and the new pair
is committed before anybody gets it.
"""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

import psycopg
import requests

from bridge.connections.secrets import read_secret, write_secret
from bridge.connections.store import note_scopes, pause, resume
from bridge.connections.wire import open_session
from bridge.constant_contact.answers import SYSTEM, read_answer, unavailable
from bridge.constant_contact.application import proof
from bridge.db.queries import load_queries
from bridge.errors import QuotaSpent, RecordRefused, Retryable, Throttled, Unauthorized

if TYPE_CHECKING:
    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database

logger = logging.getLogger(__name__)

AUTH_URL = "https://authz.constantcontact.com/oauth2/default/v1"

_SQL = load_queries("bridge.constant_contact")
_EARLY_S = 3600.0  # of the 24 h that an access token lives
_LIFETIME_S = 86_400.0
_AFTER_FAILURE_S = 5.0
_KEPT_S = 5.0
"""How long an access token is given again without a look: a subject takes several calls."""
_STORE_AGAIN_AFTER_S = (0.1, 0.2, 0.4, 0.8, 1.6)


class Pair(NamedTuple):
    """An access token, the refresh token that brings the next one, and what it may do if told."""

    access_token: str
    refresh_token: str
    lives_s: float | None = None
    scopes: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"Pair(lives_s={self.lives_s})"


class AccessTokens(Protocol):
    """Gives the token that a call goes out with; `Tokens` of a connection, usually."""

    def access_token(self) -> str:
        """Return an access token."""

    def renew(self, stale: str, /) -> str:
        """Return another one than this, which was refused."""


class Tokens:
    """The access token of one connection, refreshed early and in one place.

    May be shared by threads.
    """

    def __init__(
        self, connection: Connection, database: Database, keyring: KeyRing, timeout_s: float
    ) -> None:
        self._connection = connection
        self._database = database
        self._keyring = keyring
        self._timeout_s = timeout_s
        self._kept: tuple[str, float] | None = None

    def access_token(self) -> str:
        """Return an access token; one that is about to end is renewed first.

        One that was read a moment ago is given again: if somebody has replaced it meanwhile, the
        vendor refuses it, and `renew` finds the other one.

        Raises:
            Unauthorized: If no tokens are stored, or the refresh token is refused.
            Retryable: If there is no usable token and the token end point does not answer.
        """
        kept = self._kept
        if kept is not None and time.monotonic() < kept[1]:
            return kept[0]
        with self._database.transaction() as tx:
            pair, is_fresh = self._read(tx)
        if is_fresh:
            self._kept = (pair.access_token, time.monotonic() + _KEPT_S)
            return pair.access_token
        try:
            return self.renew(pair.access_token)
        except Retryable:
            if not pair.access_token:
                raise
            return pair.access_token  # renewed early: it may still be good, and a 401 will tell

    def renew(self, stale: str) -> str:
        """Return another access token than the one that was refused or is about to end.

        Where another process was first, its token is returned. A refused refresh token pauses the
        connection: only a person's consent brings a new one.

        Raises:
            Unauthorized: If the refresh token or the application is refused.
            Retryable: If the token end point does not answer, or did not a moment ago.
        """
        self._kept = None
        outcome: Pair | Unauthorized | Retryable | None = None
        try:
            with self._database.transaction() as tx:
                known, _ = self._read(tx, lock=True)
                if known.access_token != stale:
                    return known.access_token
                self._respect_break(tx)
                outcome = self._fetch(tx, known.refresh_token)
                self._record(tx, outcome)
        except psycopg.OperationalError:
            if not isinstance(outcome, Pair):
                raise
            self._record_after_outage(outcome)
        if isinstance(outcome, Pair):
            logger.info("constant_contact_token_renewed", extra=self._extra)
            return outcome.access_token
        assert outcome is not None  # noqa: S101 -- the transaction ended well
        if isinstance(outcome, Unauthorized):
            logger.error("constant_contact_refuses_refresh", extra=self._extra)
        raise outcome

    @property
    def _extra(self) -> dict[str, str]:
        return {"connection": self._connection.name}

    def _read(self, tx: psycopg.Connection, *, lock: bool = False) -> tuple[Pair, bool]:
        secret = read_secret(
            tx, self._keyring, self._connection.id, "cc_token", margin_s=_EARLY_S, lock=lock
        )
        if secret is None:
            raise Unauthorized(
                "no Constant Contact tokens are stored: "
                f"`bridge connect constant-contact {self._connection.name}`",
                system=SYSTEM,
            )
        stored = json.loads(secret.text)
        pair = Pair(stored["access_token"], stored["refresh_token"])
        return pair, secret.is_fresh and bool(pair.access_token)

    def _fetch(self, tx: psycopg.Connection, refresh_token: str) -> Pair | Unauthorized | Retryable:
        """Ask the authorization server for the next pair; an error is returned, to be recorded.

        Its limits are not those of the API: whatever it counts, the API may still be called.
        """
        client = read_secret(tx, self._keyring, self._connection.id, "cc_client")
        if client is None:
            return Unauthorized("no Constant Contact application is stored", system=SYSTEM)
        auth, named = proof(json.loads(client.text))
        try:
            url = token_url(self._connection.cc_auth_url or AUTH_URL)
            with open_session(self._timeout_s, url) as session:
                response = session.post(
                    url,
                    data={
                        "grant_type": "refresh_token",
                        "refresh_token": refresh_token,
                        **named,
                    },
                    auth=auth,
                    headers={"Accept": "application/json"},
                )
            return read_pair(read_answer(response), refresh_token)
        except requests.RequestException as error:
            return unavailable(f"no token: {type(error).__name__}")
        except Unauthorized as error:
            return error
        except (RecordRefused, Throttled, QuotaSpent) as error:
            return unavailable(f"no token: {error}")
        except Retryable as error:
            return error

    def _record(self, tx: psycopg.Connection, outcome: Pair | Unauthorized | Retryable) -> None:
        """Store what came, before the next in line gets the row: it meets the break or the pair."""
        if isinstance(outcome, Unauthorized):
            pause(tx, self._connection.id, str(outcome), system=SYSTEM)
            return
        if isinstance(outcome, Retryable):
            self._take_a_break(tx)
            return
        stored = {"access_token": outcome.access_token, "refresh_token": outcome.refresh_token}
        write_secret(
            tx,
            self._keyring,
            self._connection.id,
            "cc_token",
            json.dumps(stored),
            lives_s=outcome.lives_s,
        )
        if outcome.scopes is not None:
            note_scopes(tx, self._connection.id, outcome.scopes)

    def _record_after_outage(self, pair: Pair) -> None:
        """Store a pair whose commit failed: the database has forgotten it, the vendor has not.

        Another process may have tried the old refresh token meanwhile and paused the connection.
        """
        for wait_s in _STORE_AGAIN_AFTER_S:
            time.sleep(wait_s)
            try:
                with self._database.transaction() as tx:
                    self._record(tx, pair)
                    resume(tx, self._connection.id)
            except psycopg.OperationalError:
                if wait_s == _STORE_AGAIN_AFTER_S[-1]:
                    raise
            else:
                return

    def _respect_break(self, tx: psycopg.Connection) -> None:
        """Leave the token end point alone for some seconds after a failure, in all processes."""
        application = {"application_id": self._connection.api_application_id}
        row = tx.execute(_SQL["token_wait"], application).fetchone()
        if row is not None and row[0] > 0:
            error = unavailable("the token end point failed a moment ago")
            error.after_s = row[0]
            raise error

    def _take_a_break(self, tx: psycopg.Connection) -> None:
        application_id = self._connection.api_application_id
        tx.execute(
            _SQL["push_back_token"],
            {"application_id": application_id, "seconds": _AFTER_FAILURE_S},
        )


def token_url(auth_url: str) -> str:
    """Return the token end point of an authorization server, which may be named by its host alone.

    >>> token_url("https://authz.constantcontact.com/oauth2/default/v1")
    'https://authz.constantcontact.com/oauth2/default/v1/token'
    >>> token_url("http://127.0.0.1:9")
    'http://127.0.0.1:9/oauth2/default/v1/token'
    """
    path = urlsplit(auth_url).path.rstrip("/")
    if path.endswith("/token"):
        return auth_url
    return f"{auth_url.rstrip('/')}{'' if path else '/oauth2/default/v1'}/token"


def read_pair(answer: object, refresh_token: str = "") -> Pair:
    """Return the pair of a token answer; a long-lived refresh token need not be repeated.

    Raises:
        Unavailable: If the answer holds no access token.
    """
    match answer:
        case {"access_token": str(access_token), **others} if access_token:
            lives_s = others.get("expires_in")
            following = others.get("refresh_token")
            return Pair(
                access_token,
                following if isinstance(following, str) and following else refresh_token,
                float(lives_s) if isinstance(lives_s, int | float) else _LIFETIME_S,
                tuple(scope.split()) if isinstance(scope := others.get("scope"), str) else None,
            )
    raise unavailable("no token: an answer without access_token")
