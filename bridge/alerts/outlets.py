"""Where alerts go: a chat tool's webhook, a mail server. One message a call, or an error."""

from __future__ import annotations

import logging
import smtplib
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

import requests

from bridge.alerts.compose import headers, mail, text
from bridge.connections.wire import is_loopback, open_session
from bridge.errors import BridgeError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from bridge.alerts.model import Message, OutletName
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_SMTP_PORTS = {"smtp": 587, "smtps": 465}


class NotTaken(BridgeError):
    """An outlet did not take a message; the message of the error holds no address and no secret."""


class Outlet(Protocol):
    """One way to tell people."""

    @property
    def name(self) -> OutletName:
        """Which one it is."""

    def send(self, message: Message) -> None:
        """Hand a message over.

        Raises:
            NotTaken: If the other side did not say that it has it.
        """


@dataclass(frozen=True)
class Webhook:
    """Posts JSON with a `text`, which Slack, Mattermost, Google Chat and their like show."""

    url: str
    timeout_s: float
    name: OutletName = "webhook"

    def send(self, message: Message) -> None:
        """Post a message.

        Raises:
            NotTaken: If there was no answer, or one that is not 2xx.
        """
        try:
            with open_session(self.timeout_s, self.url) as session:
                response = session.post(
                    self.url, json={"text": text(message)}, headers=headers(message)
                )
        except requests.TooManyRedirects:
            raise NotTaken("answered with a redirect: give the address that it leads to") from None
        except requests.RequestException as error:
            raise NotTaken(f"no answer: {type(error).__name__}") from None
        if not response.ok:
            raise NotTaken(f"answered {response.status_code}")


@dataclass(frozen=True)
class Mail:
    """Hands mails to a server; never without TLS, but on this machine."""

    host: str
    port: int
    sender: str
    recipients: Sequence[str]
    timeout_s: float
    is_tls_from_start: bool = False
    user: str | None = None
    password: str | None = None
    name: OutletName = "mail"

    def send(self, message: Message) -> None:
        """Hand a mail to the server.

        Raises:
            NotTaken: If the server cannot be reached or trusted, or refuses it.
        """
        try:
            with closing(self._connection()) as server:
                self._introduce(server)
                refused = server.send_message(mail(message, self.sender, self.recipients))
                with suppress(smtplib.SMTPException, OSError):  # it has the mail
                    server.quit()
        except smtplib.SMTPResponseException as error:
            raise NotTaken(f"{type(error).__name__}: answered {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise NotTaken(f"no mail was taken: {type(error).__name__}") from None
        if refused:  # the others have it, and would get it again
            log.warning("alert_recipients_refused", extra={"count": len(refused)})

    def _connection(self) -> smtplib.SMTP:
        if self.is_tls_from_start:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)

    def _introduce(self, server: smtplib.SMTP) -> None:
        if not self.is_tls_from_start and not is_loopback(self.host):
            server.starttls(context=ssl.create_default_context())
        if self.user is not None and self.password is not None:
            server.login(self.user, self.password)


def open_outlets(settings: Settings) -> list[Outlet]:
    """Return the outlets of these settings; nothing is contacted yet.

    Raises:
        ConfigurationError: If an address cannot be used; the message names each setting.
    """
    outlets: list[Outlet] = []
    faults: list[str] = []
    if settings.alert_webhook is not None:
        url = settings.alert_webhook.get_secret_value()
        # The address is all that a chat tool asks for: on its way it is a secret like a password.
        plain = _parts(url, {"http"})
        if _parts(url, {"https"}) or (plain and is_loopback(plain.hostname or "")):
            outlets.append(Webhook(url, settings.http_timeout_s))
        else:
            faults.append("BRIDGE_ALERT_WEBHOOK: an address that begins with https:// is wanted")
    if settings.alert_mail is not None:
        parts = _parts(settings.alert_mail.get_secret_value(), _SMTP_PORTS)
        recipients = [one for part in (settings.alert_to or "").split(",") if (one := part.strip())]
        if parts is None:
            faults.append("BRIDGE_ALERT_MAIL: smtp://user:password@host:587 or smtps://… is wanted")
        if not recipients or not settings.alert_from:
            faults.append("BRIDGE_ALERT_FROM, BRIDGE_ALERT_TO: who sends mail, and who gets it")
        elif parts is not None:
            outlets.append(_mail(parts, settings.alert_from, recipients, settings.http_timeout_s))
    if faults:
        raise ConfigurationError("\n".join(faults))
    return outlets


def _parts(url: str, schemes: Container[str]) -> SplitResult | None:
    """Return the parts of an address with a host and one of these schemes, or None."""
    try:
        parts = urlsplit(url)
        has_port = parts.port != 0
    except ValueError:
        return None
    return parts if has_port and parts.scheme in schemes and parts.hostname else None


def _mail(parts: SplitResult, sender: str, recipients: Sequence[str], timeout_s: float) -> Mail:
    return Mail(
        host=parts.hostname or "",
        port=parts.port or _SMTP_PORTS[parts.scheme],
        sender=sender,
        recipients=recipients,
        timeout_s=timeout_s,
        is_tls_from_start=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
