"""What the settings say of alerts, read without opening anything."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.settings import Settings


def outlet_names(settings: Settings) -> list[str]:
    """Return the names of the outlets that are set."""
    given = {"mail": settings.alert_mail, "webhook": settings.alert_webhook}
    return [name for name, setting in given.items() if setting is not None]


def public_address(settings: Settings) -> tuple[str, int] | None:
    """Return host and port at which Salesforce reaches the server; None where nobody says.

    Raises:
        ConfigurationError: If `BRIDGE_PUBLIC_URL` is no address that Salesforce posts to.
    """
    if settings.public_url is None:
        return None
    try:
        parts = urlsplit(settings.public_url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if host is None or not settings.public_url.startswith("https://"):
        raise ConfigurationError("BRIDGE_PUBLIC_URL: an address like https://host is wanted")
    return host, port or 443


def certificate_addresses(settings: Settings) -> list[str]:
    """Return the addresses whose certificates are watched, as they are kept."""
    place = public_address(settings)
    return [] if place is None else [address_of(*place)]


def address_of(host: str, port: int) -> str:
    """Return an address as it is kept.

    >>> address_of("bridge.example.org", 443)
    'bridge.example.org:443'
    """
    return f"{host}:{port}"
