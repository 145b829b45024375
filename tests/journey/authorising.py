"""A person who lets the bridge into the account once more, as after a lost refresh token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import requests

from bridge.connections.credentials import read_credentials, set_credentials

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox
    from tests.journey.firm import Firm

_CALLBACK = "http://localhost:8400/callback"
_SCOPES = "contact_data campaign_data account_read account_update offline_access"
_CALL_S = 20


def authorise_again(firm: Firm) -> None:
    """Store credentials with a new pair of tokens, as `bridge connection add` does."""
    line = dict(firm.sandbox.line)
    line["constant_contact"] = line["constant_contact"] | _new_pair(firm.sandbox)
    bridge = firm.bridge
    with bridge.database.transaction() as tx:
        set_credentials(
            tx,
            bridge.installation.keyring,
            bridge.connection_id,
            read_credentials(json.dumps(line)),
        )


def _new_pair(sandbox: RunningSandbox) -> dict[str, Any]:
    """Go to the vendor's page, press the button, and exchange the code."""
    login = sandbox.line["constant_contact"]
    server = f"{sandbox.line['constant_contact_auth_url']}/oauth2/default/v1"
    asked = {
        "response_type": "code",
        "client_id": login["client_id"],
        "redirect_uri": _CALLBACK,
        "scope": _SCOPES,
    }
    back = requests.post(
        f"{server}/authorize",
        params=asked,
        data={"answer": "allow"},
        timeout=_CALL_S,
        allow_redirects=False,
    )
    (code,) = parse_qs(urlsplit(back.headers["location"]).query)["code"]
    answer = requests.post(
        f"{server}/token",
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": _CALLBACK},
        auth=(login["client_id"], login["client_secret"]),
        timeout=_CALL_S,
    )
    answer.raise_for_status()
    pair = answer.json()
    return {name: pair[name] for name in ("access_token", "refresh_token")}
