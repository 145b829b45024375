"""Which cause an error of either side is, while connecting. Pure.

Error keys decide; where a vendor has one key for many faults, its words do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.errors import (
    Forbidden,
    NoSlotNow,
    QuotaSpent,
    RecordError,
    RemoteError,
    Retryable,
    Throttled,
    Unauthorized,
)
from bridge.setup.causes import CONSTANT_CONTACT, refusal

if TYPE_CHECKING:
    from bridge.errors import BridgeError, SetupRefused, SetupUnavailable

_OF_KEYS = {
    "invalid_client": "cc_secret",
    "invalid_grant": "cc_code",
    "access_denied": "cc_denied",
    "invalid_scope": "cc_scope",
    "expired_token": "cc_device",
    "unauthorized_client": "cc_flow",
    "unsupported_response_type": "cc_flow",
    "unsupported_grant_type": "cc_flow",
}
_OF_SALESFORCE = (
    ("invalid_client_id", "", "sf_key"),
    ("invalid_client", "", "sf_secret"),
    ("inactive_user", "", "sf_inactive"),
    ("inactive_org", "", "sf_inactive"),
    ("", "user hasn't approved", "sf_approval"),
    ("", "audience", "sf_audience"),
    ("", "invalid assertion", "sf_certificate"),
    ("", "no client credentials user", "sf_run_as"),
    ("", "not supported on this domain", "sf_login_host"),
    ("unsupported_grant_type", "", "sf_flow"),
)
_NO_SESSION = "not valid for use with the REST API"


def of_constant_contact(
    error: BridgeError, *, host: str, minutes: int = 10
) -> SetupRefused | SetupUnavailable:
    """Return what an error of Constant Contact means.

    Args:
        error: What was raised, or of what was written down as an OAuth error.
        host: That was asked.
        minutes: For how long the code of a device holds.

    >>> from bridge.errors import RecordRefused
    >>> of_constant_contact(RecordRefused("no", key="access_denied"), host="h").cause
    'cc_denied'
    """
    if isinstance(error, Throttled | QuotaSpent | NoSlotNow):
        return refusal("busy", of=CONSTANT_CONTACT, words=_words(error))
    if isinstance(error, Forbidden):
        return refusal("cc_privilege")
    if isinstance(error, Retryable):
        return refusal("stranger", of=CONSTANT_CONTACT, host=host, words=_words(error))
    key = error.key if isinstance(error, RemoteError | RecordError) else None
    cause = _OF_KEYS.get(key or "", "cc_refused")
    return refusal(cause, words=_words(error), minutes=minutes, scopes="a scope")


def of_salesforce(
    error: BridgeError, *, host: str, file: str = "", audience: str = "", flow: str = ""
) -> SetupRefused | SetupUnavailable:
    """Return what an error of Salesforce means.

    Args:
        error: What was raised.
        host: That was asked.
        file: Where the certificate is.
        audience: Which kind of organization an assertion was made for.
        flow: What the flow is called on the page of the External Client App.
    """
    words = _words(error)
    if isinstance(error, Unauthorized):
        if _NO_SESSION in words:
            return refusal("sf_scope")
        for key, part, cause in _OF_SALESFORCE:
            if key in {"", error.key} and part in words:
                return refusal(
                    cause, words=words, file=file, audience=audience, host=host, flow=flow
                )
        return refusal("sf_refused", words=words)
    if isinstance(error, QuotaSpent | Throttled) or "rate exceeded" in words:
        return refusal("busy", words=words)
    if isinstance(error, Forbidden):
        return refusal("sf_api")
    return refusal("stranger", host=host, words=words)


def _words(error: BridgeError) -> str:
    """Return a vendor's own words, which stand in brackets behind ours, or the whole message.

    >>> _words(Unauthorized("Salesforce refuses the login (no (such) thing): do", system="s"))
    'no (such) thing'
    """
    text = str(error)
    _, opened, rest = text.partition("(")
    inner, closed, _ = rest.rpartition(")")
    return inner if opened and closed else text
