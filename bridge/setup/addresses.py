"""What people give as the address of their organization, made the address of its API. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bridge.connections.wire import is_loopback
from bridge.salesforce.assertion import PRODUCTION, SANDBOX
from bridge.setup.causes import refusal

_LOGIN_HOSTS = {"login.salesforce.com", "test.salesforce.com"}
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_PAGES = (".lightning.force.com", ".my.salesforce-setup.com", ".file.force.com")
_API = ".my.salesforce.com"


def organization_url(text: str) -> str:
    """Return the address of an organization's API.

    A page's address serves as well, and so does the bare name of the domain.

    Raises:
        SetupRefused: If it is no organization's.

    >>> organization_url("https://firm--dev.sandbox.lightning.force.com/lightning/page/home")
    'https://firm--dev.sandbox.my.salesforce.com'
    >>> organization_url("firm")
    'https://firm.my.salesforce.com'
    """
    given = text.strip().lower()
    parts = urlsplit(given if "://" in given else f"https://{given}")
    host = parts.hostname or ""
    if is_loopback(host):
        return f"{parts.scheme}://{parts.netloc}"
    if host in _LOGIN_HOSTS:
        raise refusal("sf_login_host", host=host)
    for page in _PAGES:
        host = host.replace(page, _API)
    if _NAME.fullmatch(host):
        host += _API
    if not host.endswith((".salesforce.com", ".salesforce.mil")):
        raise refusal("sf_address", text=repr(text[:80]))
    return f"https://{host}"


def audience_of(url: str, *, is_sandbox: bool) -> str:
    """Return who an assertion for an organization is made out to.

    >>> audience_of("https://firm--dev.sandbox.my.salesforce.com", is_sandbox=False)
    'https://test.salesforce.com'
    """
    host = urlsplit(url).hostname or ""
    return SANDBOX if is_sandbox or ".sandbox." in host else PRODUCTION
