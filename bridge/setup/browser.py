"""Consent in a browser on this machine: away to Constant Contact and back to the local callback."""

from __future__ import annotations

import os
import re
import secrets
import sys
import webbrowser
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from bridge.connections.wire import open_session, vendor_words
from bridge.constant_contact.authorize import consent_url, exchange_code
from bridge.errors import BridgeError, RecordRefused
from bridge.setup.ask import tell
from bridge.setup.callback import listening
from bridge.setup.causes import refusal
from bridge.setup.diagnose import of_constant_contact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.connections.model import Connection
    from bridge.constant_contact.tokens import Pair
    from bridge.setup.model import AccountWish

_SECRET_BYTES = 32
_DISPLAYS = {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"}
_NAMES_REDIRECT = re.compile(r"redirect_uri(?!=)")


def pair_by_browser(
    connection: Connection, client: Mapping[str, str], wish: AccountWish, timeout_s: float
) -> Pair:
    """Return the tokens of an account whose user allows it in a browser.

    Raises:
        SetupRefused: If nobody allows it, or the application is not what the portal knows.
        SetupUnavailable: If the authorization server does not answer as it should.
    """
    state, verifier = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(2))
    host = urlsplit(consent_url(connection, "", back="", state="", verifier="")).netloc
    with listening(wish.port, state) as callback:
        back = callback.address
        url = consent_url(
            connection, client["client_id"], back=back, state=state, verifier=verifier
        )
        _refuse_error_page(url, back, timeout_s)
        tell(f"Allow access at this address, in a browser on this machine:\n\n  {url}\n")
        if wish.opens_browser and _has_browser():
            webbrowser.open(url)
        else:
            tell("No browser is opened. Where none reaches this machine: --device.")
        answer = callback.wait(wish.wait_s)
    if key := answer.get("error"):
        words = vendor_words(answer.get("error_description") or key)
        refused = RecordRefused(f"Constant Contact says no ({words})", key=key)
        raise of_constant_contact(refused, host=host)
    try:
        return exchange_code(
            connection,
            client,
            answer.get("code", ""),
            back=back,
            verifier=verifier,
            timeout_s=timeout_s,
        )
    except BridgeError as error:
        raise of_constant_contact(error, host=host) from None


def _refuse_error_page(url: str, back: str, timeout_s: float) -> None:
    """Look at the page first: from an error page there, nobody ever comes back here.

    Whatever else the page answers is for the browser to see.
    """
    try:
        with open_session(timeout_s, url) as session:
            page = session.get(url, allow_redirects=False)
    except requests.RequestException:
        return
    if page.status_code != HTTPStatus.BAD_REQUEST:
        return
    if _NAMES_REDIRECT.search(page.text):
        raise refusal("cc_redirect", back=back)
    if "client_id" in page.text:
        raise refusal("cc_key")
    raise refusal("cc_refused", words=f"HTTP {page.status_code}")


def _has_browser() -> bool:
    """Tell whether a window can open: a browser in the terminal would take it from us."""
    return sys.platform == "darwin" or bool(_DISPLAYS & {*os.environ})
