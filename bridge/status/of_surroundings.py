"""What a person had better look at around the bridge: what falls silent, what ends. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.status.model import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.status.model import Screen
    from bridge.status.watched import Certificate

TOKEN_NOTICE = timedelta(days=14)
"""How long before its end a refresh token that nobody uses is told of."""

LOGIN_NOTICE = timedelta(days=30)
"""How long before its end the certificate of a login is told of: somebody uploads the next."""

CERTIFICATE_NOTICE = timedelta(days=10)
"""How long before its end a certificate is told of: by then any renewal of its own has failed."""

UNTAKEN = timedelta(minutes=5)
"""How long an outlet may refuse alerts."""


def of_surroundings(screen: Screen) -> Iterator[Alarm]:
    """Yield what stands against the ways in and out."""
    for silence in screen.silences:
        which = ", ".join(silence.definitions) or "none has ever been received"
        yield Alarm(
            cause="salesforce_silent",
            connection=screen.name_of(silence.connection_id),
            about=silence.object,
            says=f"Salesforce has stopped sending: {_records(silence.changed)} of "
            f"{silence.object} changed since {silence.since:%Y-%m-%d %H:%M} UTC without a "
            f"notification (outbound message {which})",
            what_to_do="in Salesforce's Setup: is the flow active, is its outbound message's "
            "address right, what does Outbound Message Delivery Status say; what was missed is "
            "found by the nightly run, or by `bridge reconcile contacts`",
        )
    for token in screen.token_ends:
        if token.ends_at - screen.at < TOKEN_NOTICE:
            name = screen.name_of(token.connection_id)
            yield Alarm(
                cause="token_ends",
                connection=name,
                says="nobody has used the refresh token of Constant Contact for months: it ends at "
                f"{token.ends_at:%Y-%m-%d %H:%M} UTC",
                what_to_do=f"`bridge connect constant-contact {name}` brings another one, or "
                "let the bridge work for this connection",
            )
    for login in screen.login_ends:
        if login.ends_at - screen.at < LOGIN_NOTICE:
            name = screen.name_of(login.connection_id)
            yield Alarm(
                cause="login_ends",
                connection=name,
                says="the certificate by which Salesforce knows the bridge's key ends at "
                f"{login.ends_at:%Y-%m-%d %H:%M} UTC",
                what_to_do=f"`bridge connect salesforce {name} --new-key`; the one before works "
                "until the new one is uploaded",
            )
    for certificate in screen.certificates:
        yield from _of_certificate(screen, certificate)
    for outlet in screen.outlets:
        if outlet.failed_since is not None and screen.at - outlet.failed_since > UNTAKEN:
            yield Alarm(
                cause="alerts_untaken",
                connection=None,
                about=outlet.name,
                says=f"alerts by {outlet.name} have not been taken since "
                f"{outlet.failed_since:%Y-%m-%d %H:%M} UTC: {outlet.error}",
                what_to_do="`bridge alerts test` tries it now",
            )


def _of_certificate(screen: Screen, certificate: Certificate) -> Iterator[Alarm]:
    says = None
    if certificate.refused is not None:
        says = f"the certificate of {certificate.address} is not trusted: {certificate.refused}"
    elif certificate.ends_at is not None and certificate.ends_at - screen.at < CERTIFICATE_NOTICE:
        ends_at = f"{certificate.ends_at:%Y-%m-%d %H:%M} UTC"
        says = f"the certificate of {certificate.address} ends at {ends_at}"
    if says is not None:
        yield Alarm(
            cause="certificate_ends",
            connection=None,
            about=certificate.address,
            says=says,
            what_to_do="renew it and see that its chain is whole: Salesforce posts to no other",
        )


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"
