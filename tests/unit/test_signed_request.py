"""Who opened a page inside Salesforce: what a signed request has to prove, and what it says."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connections.model import Connection
from bridge.console.access.signed_request import is_signed, opened_by
from bridge.console.faults import Refused

SECRET = "not a secret"
AT = datetime(2026, 11, 3, 14, 2, tzinfo=UTC)
FIRM = Connection(
    id=1, name="firm", organization_id="00D5g00000ABcdEEAT", sf_url="https://firm.my.salesforce.com"
)
SAID: dict[str, Any] = {
    "algorithm": "HMACSHA256",
    "issuedAt": int(AT.timestamp()) - 3,
    "context": {
        "user": {
            "userId": "0055g00000UserAAAR",
            "fullName": "Olive Marsh",
            "timeZone": "America/New_York",
        },
        "organization": {"organizationId": "00D5g00000ABcdE"},
        "environment": {"record": {"Id": "0015g000000AbHs"}, "parameters": {}},
    },
}


def signed(said: object, secret: str = SECRET) -> str:
    payload = base64.b64encode(json.dumps(said).encode())
    digest = hmac.new(secret.encode(), payload, hashlib.sha256).digest()
    return f"{base64.b64encode(digest).decode()}.{payload.decode()}"


def with_(**changes: object) -> dict[str, Any]:
    """Return what Salesforce says, with some parts of it changed by their dotted paths."""
    said = deepcopy(SAID)
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = said
        for parent in parents:
            part = part[parent]
        part[last] = value
    return said


def test_a_request_says_who_opened_which_record_s_page() -> None:
    request = signed(SAID)
    opened = opened_by(request, FIRM, now=AT)
    assert is_signed(request, SECRET)
    assert (opened.user_id, opened.name) == ("0055g00000UserAAAR", "Olive Marsh")
    assert opened.zone == "America/New_York"
    assert opened.path == "/clients/0015g000000AbHsAAK/memberships"


@pytest.mark.parametrize(
    ("said", "path"),
    [
        (with_(context__environment={"record": {"Id": "0035g000000bL5UAAU"}}),
         "/contacts/0035g000000bL5UAAU/interactions"),
        (with_(context__environment={"parameters": {"page": "/runs"}}), "/runs"),
        (with_(context__environment={"record": {"Id": "a015g000000IodA"}}), "/"),
        (with_(context__environment=None), "/"),
    ],
)  # fmt: skip
def test_the_place_in_salesforce_decides_on_the_first_page(said: object, path: str) -> None:
    assert opened_by(signed(said), FIRM, now=AT).path == path


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (with_(algorithm="none"), "signs in a way that is not known"),
        (with_(context__organization={"organizationId": "00D5g00000ZZzzZ"}), "is not the one"),
        (with_(context__organization={}), "is not the one"),
        (with_(issuedAt=int(AT.timestamp()) - 301), "opened too long ago"),
        (with_(issuedAt=int(AT.timestamp()) + 301), "opened too long ago"),
        (with_(context__user={"userId": "<script>"}), "does not say who this is"),
        (with_(context="none"), "is not the one"),
        (["a list"], "cannot be read"),
    ],
)
def test_what_is_not_as_it_should_be_opens_nothing(said: object, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        opened_by(signed(said), FIRM, now=AT)


def test_a_request_without_the_internal_time_counts() -> None:
    said = with_()
    del said["issuedAt"]
    assert opened_by(signed(said), FIRM, now=AT).name == "Olive Marsh"


@given(st.text(), st.data())
def test_only_the_secret_s_own_signature_counts(text: str, data: st.DataObject) -> None:
    assert not is_signed(text, SECRET)
    request = signed(SAID)
    place = data.draw(st.integers(0, len(request) - 1))
    changed = data.draw(st.characters(codec="ascii").filter(lambda char: char != request[place]))
    assert not is_signed(request[:place] + changed + request[place + 1 :], SECRET)
    assert not is_signed(request, SECRET + "x")
