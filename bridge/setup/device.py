"""Consent by a code that a person enters on another machine: the device flow (RFC 8628)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from bridge.connections.wire import open_session
from bridge.constant_contact.answers import read_answer, unavailable
from bridge.constant_contact.authorize import SCOPES, fetch_pair, server_url
from bridge.errors import BridgeError, RecordRefused, Unavailable
from bridge.setup.ask import tell
from bridge.setup.causes import refusal
from bridge.setup.diagnose import of_constant_contact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.connections.model import Connection
    from bridge.constant_contact.tokens import Pair

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_STATE_BYTES = 16
_LIVES_S = 600.0
_EVERY_S = 5.0
_SLOWER_S = 5.0
"""By how much `slow_down` lengthens the wait, for good (RFC 8628, 3.5)."""


def pair_by_device(
    connection: Connection,
    client: Mapping[str, str],
    *,
    timeout_s: float,
    sleep: Callable[[float], object],
) -> Pair:
    """Return the tokens of an account whose user enters the code that is shown.

    Args:
        connection: Whose authorization server is asked.
        client: `client_id` and `client_secret` of the application.
        timeout_s: Seconds to wait for each part of an answer.
        sleep: Waits some seconds between two questions.

    Raises:
        SetupRefused: If it is denied, or the code is not entered in time.
        SetupUnavailable: If the authorization server does not answer as it should.
    """
    server = server_url(connection)
    host = urlsplit(server).netloc
    try:
        asked = _begin(f"{server}/device/authorize", client["client_id"], timeout_s)
    except BridgeError as error:
        fault = of_constant_contact(error, host=host)
        # It is asked without a secret: the client id is what is not known.
        raise (refusal("cc_key") if fault.cause == "cc_secret" else fault) from None
    lives_s = _seconds(asked.get("expires_in"), _LIVES_S)
    every_s = _seconds(asked.get("interval"), _EVERY_S)
    minutes = round(lives_s / 60)
    tell(
        f"Open {asked['verification_uri']} in a browser anywhere, enter {asked['user_code']} "
        f"within {minutes} minutes, and allow access.\n"
    )
    form = {
        "grant_type": _GRANT,
        "client_id": client["client_id"],
        "device_code": str(asked["device_code"]),
    }
    waited_s = 0.0
    while waited_s < lives_s:
        sleep(every_s)
        waited_s += every_s
        try:
            return fetch_pair(connection, client, form, timeout_s)
        except Unavailable:
            continue  # a question that was lost: the person is at work all the same
        except RecordRefused as error:
            if error.key == "slow_down":
                every_s += _SLOWER_S
            elif error.key != "authorization_pending":
                raise of_constant_contact(error, host=host, minutes=minutes) from None
        except BridgeError as error:
            raise of_constant_contact(error, host=host) from None
    raise refusal("cc_device", minutes=minutes)


def _begin(url: str, client_id: str, timeout_s: float) -> dict[str, Any]:
    form = {
        "client_id": client_id,
        "response_type": "code",
        "scope": " ".join(SCOPES),
        "state": secrets.token_urlsafe(_STATE_BYTES),
    }
    try:
        with open_session(timeout_s, url) as session:
            answer = read_answer(session.post(url, data=form))
    except requests.RequestException as error:
        raise unavailable(type(error).__name__) from None
    names = ("device_code", "user_code", "verification_uri")
    if isinstance(answer, dict) and all(isinstance(answer.get(name), str) for name in names):
        return answer
    raise unavailable("an answer without a code for the device")


def _seconds(given: object, default: float) -> float:
    return float(given) if isinstance(given, int | float) and given > 0 else default
