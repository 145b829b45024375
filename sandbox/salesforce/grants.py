"""The grants of the token endpoint: who gets a session, by which proof."""

from __future__ import annotations

import base64
import hashlib
import hmac
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.salesforce.assertions import AUDIENCES, public_key, subject_of
from sandbox.salesforce.login import (
    Application,
    LoginRefused,
    check_client,
    client_of,
    drawn,
    password_holds,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.salesforce.org import Org

CODE_LIVES = timedelta(minutes=15)
Flow = Literal["client_credentials", "jwt_bearer"]
FLOWS: tuple[Flow, ...] = ("client_credentials", "jwt_bearer")
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CHARACTERS = string.ascii_letters + string.digits
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_LASTING = frozenset({"refresh_token", "offline_access", "full"})


class AppSettings(BaseModel):
    """What an administrator sets of the External Client App, and of logins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: str | None = Field(
        default=None, description="PEM of the certificate, or public key, that assertions fit"
    )
    redirect_uris: tuple[str, ...] = Field(
        default=(), description="callback addresses; none: any on this machine"
    )
    preauthorized: bool = Field(
        default=True, description="administrators have approved the users of assertions"
    )
    audience: str | None = Field(
        default=None, description="whom assertions have to be made out to; none: either log-in host"
    )
    run_as: bool = Field(
        default=True, description="the client credentials flow has a user to run as"
    )
    user_is_active: bool = Field(
        default=True, description="the user that it runs as, or that an assertion names, is active"
    )
    scopes: tuple[str, ...] = Field(
        default=("api",), description="what a token without a person's consent is for"
    )
    flows: tuple[Flow, ...] = Field(
        default=FLOWS, description="flows without a person that the app has enabled"
    )
    ip_restricted: bool = Field(
        default=False, description="its policies let nobody in from the address that asks"
    )
    soap_login: bool = Field(
        default=True, description="the org allows SOAP login(), which new orgs have off"
    )

    @field_validator("certificate")
    @classmethod
    def _is_a_key(cls, value: str | None) -> str | None:
        if value is not None:
            public_key(value)
        return value


@dataclass(frozen=True, kw_only=True)
class Granted:
    """Who gets a session.

    Attributes:
        refresh_token: Opens further sessions; only where it was asked for.
        nonce: What the id token says back.
    """

    user_id: str
    scope: str = "api"
    refresh_token: str | None = None
    nonce: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Code:
    user_id: str
    redirect_uri: str
    scope: str
    challenge: str | None
    nonce: str | None
    ends_at: datetime


class Grants:
    """The grants of one org's application.

    Attributes:
        settings: What an administrator has set.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self.begin_again()

    def begin_again(self) -> None:
        """Forget every code and refresh token, and what was set."""
        self.settings = AppSettings()
        self._draws = self._org.world.generator("salesforce-grants")
        self._codes: dict[str, _Code] = {}
        self._lasting: dict[str, Granted] = {}

    def allows(self, redirect_uri: str) -> bool:
        """Tell whether somebody may be sent to an address after a login."""
        if self.settings.redirect_uris:
            return redirect_uri in self.settings.redirect_uris
        try:
            return urlsplit(redirect_uri).hostname in _LOOPBACK
        except ValueError:
            return False

    def code(
        self,
        user_id: str,
        *,
        redirect_uri: str,
        scope: str,
        challenge: str | None,
        nonce: str | None = None,
    ) -> str:
        """Return an authorization code of somebody who has agreed."""
        code = "aPrx" + drawn(self._draws, 60, _CHARACTERS)
        self._codes[code] = _Code(
            user_id=user_id,
            redirect_uri=redirect_uri,
            scope=scope,
            challenge=challenge,
            nonce=nonce,
            ends_at=self._org.now() + CODE_LIVES,
        )
        return code

    def grant(
        self, application: Application, form: Mapping[str, str], authorization: str | None
    ) -> Granted:
        """Return who gets a session.

        Raises:
            LoginRefused: If the request is not one that gets a token.
        """
        match form.get("grant_type", ""):
            case "client_credentials" if "client_credentials" in self.settings.flows:
                check_client(application, form, authorization)
                if not self.settings.run_as:
                    raise LoginRefused("invalid_grant", "no client credentials user enabled")
                return self._as_itself(application.user_id)
            case "password":
                check_client(application, form, authorization)
                if not password_holds(
                    application, form.get("username", ""), form.get("password", "")
                ):
                    raise LoginRefused("invalid_grant", "authentication failure")
                return Granted(user_id=application.user_id)
            case "authorization_code":
                return self._redeem(application, form, authorization)
            case "refresh_token":
                return self._again(application, form, authorization)
            case grant if grant == _JWT and "jwt_bearer" in self.settings.flows:
                return self._asserted(application, form)
            case _:
                raise LoginRefused("unsupported_grant_type", "grant type not supported")

    def revoke(self, token: str) -> bool:
        """End a refresh token; returns whether there was one."""
        return self._lasting.pop(token, None) is not None

    def _asserted(self, application: Application, form: Mapping[str, str]) -> Granted:
        certificate = self.settings.certificate
        username = subject_of(
            form.get("assertion", ""),
            None if certificate is None else public_key(certificate),
            consumer_key=application.consumer_key,
            audiences={self.settings.audience} if self.settings.audience else AUDIENCES,
            now=self._org.world.now(),
        )
        user_id = self._user(username)
        if user_id is None or not self.settings.preauthorized:
            raise LoginRefused("invalid_grant", "user hasn't approved this consumer")
        return self._as_itself(user_id)

    def _as_itself(self, user_id: str) -> Granted:
        """Return what an application gets that acts without a person, if its user still may."""
        if not self.settings.user_is_active:
            raise LoginRefused("inactive_user", "user is inactive")
        if self.settings.ip_restricted:
            raise LoginRefused("invalid_grant", "ip restricted")
        return Granted(user_id=user_id, scope=" ".join(self.settings.scopes))

    def _redeem(
        self, application: Application, form: Mapping[str, str], authorization: str | None
    ) -> Granted:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None:
            raise LoginRefused("invalid_grant", "invalid authorization code")
        if code.challenge is None or client_of(form, authorization)[1]:
            check_client(application, form, authorization)
        elif client_of(form, authorization)[0] != application.consumer_key:
            raise LoginRefused("invalid_client_id", "client identifier invalid")
        if code.ends_at <= self._org.now():
            raise LoginRefused("invalid_grant", "expired authorization code")
        if form.get("redirect_uri") != code.redirect_uri:
            message = "redirect_uri must match configuration"
            raise LoginRefused("redirect_uri_mismatch", message)
        if code.challenge is not None and not _fits(code.challenge, form.get("code_verifier", "")):
            raise LoginRefused("invalid_grant", "invalid code verifier")
        refresh_token = None
        if _LASTING & set(code.scope.split()):
            refresh_token = "5Aep" + drawn(self._draws, 80, _CHARACTERS)
        granted = Granted(
            user_id=code.user_id, scope=code.scope, refresh_token=refresh_token, nonce=code.nonce
        )
        if refresh_token is not None:
            self._lasting[refresh_token] = granted
        return granted

    def _again(
        self, application: Application, form: Mapping[str, str], authorization: str | None
    ) -> Granted:
        key, secret = client_of(form, authorization)
        if secret:
            check_client(application, form, authorization)
        elif key != application.consumer_key:
            raise LoginRefused("invalid_client_id", "client identifier invalid")
        granted = self._lasting.get(form.get("refresh_token", ""))
        if granted is None:
            raise LoginRefused("invalid_grant", "expired access/refresh token")
        return Granted(user_id=granted.user_id, scope=granted.scope)

    def _user(self, username: str) -> str | None:
        for row in self._org.tables["User"]:
            if str(row["Username"]).lower() == username.lower():
                return str(row["Id"])
        return None


def _fits(challenge: str, verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(made, challenge.rstrip("=").encode("utf-8", "replace"))
