"""The pure parts of setting up: causes of refusals, addresses, steps, the text of `.env`."""

from __future__ import annotations

import io
import re
import string
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import (
    BridgeError,
    Forbidden,
    QuotaSpent,
    RecordRefused,
    SetupRefused,
    SetupUnavailable,
    Unauthorized,
    Unavailable,
)
from bridge.setup.addresses import audience_of, organization_url
from bridge.setup.causes import CAUSES, refusal
from bridge.setup.clicks import App, app_steps, application_steps
from bridge.setup.diagnose import of_constant_contact, of_salesforce
from bridge.setup.env_file import Entry, merged, values_of
from bridge.setup.model import AccountWish

if TYPE_CHECKING:
    from collections.abc import Sequence

names = st.text(string.ascii_uppercase, min_size=1, max_size=4)
values = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
entries = st.lists(st.builds(Entry, names, values, st.just("why")), unique_by=lambda e: e.name)
lines = st.lists(st.builds("{}={}".format, names, st.text(string.ascii_letters, max_size=4)))


def refused_login(words: str, key: str = "invalid_grant") -> Unauthorized:
    return Unauthorized(
        f"Salesforce refuses the login ({words}): see", system="salesforce", key=key
    )


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        pytest.param(refused_login("x", "invalid_client_id"), "sf_key", id="sf_key"),
        pytest.param(refused_login("x", "invalid_client"), "sf_secret", id="sf_secret"),
        pytest.param(refused_login("x", "inactive_user"), "sf_inactive", id="sf_inactive"),
        pytest.param(
            refused_login("request not supported on this domain"),
            "sf_login_host",
            id="sf_login_host",
        ),
        pytest.param(
            refused_login("grant type not supported", "unsupported_grant_type"),
            "sf_flow",
            id="sf_flow",
        ),
        pytest.param(refused_login("authentication failure"), "sf_refused", id="sf_refused"),
        pytest.param(
            refused_login("This session is not valid for use with the REST API"),
            "sf_scope",
            id="sf_scope",
        ),
        pytest.param(Forbidden("x", system="salesforce"), "sf_api", id="sf_api"),
        pytest.param(QuotaSpent("x", system="salesforce"), "busy", id="busy"),
        pytest.param(
            Unavailable("no token: login rate exceeded", system="salesforce"), "busy", id="rate"
        ),
        pytest.param(Unavailable("HTTP 200", system="salesforce"), "stranger", id="stranger"),
    ],
)
def test_an_error_of_salesforce_has_one_cause(error: BridgeError, cause: str) -> None:
    assert of_salesforce(error, host="firm.my.salesforce.com").cause == cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        pytest.param(RecordRefused("x", key="invalid_grant"), "cc_code", id="cc_code"),
        pytest.param(RecordRefused("x", key="access_denied"), "cc_denied", id="cc_denied"),
        pytest.param(RecordRefused("x", key="invalid_scope"), "cc_scope", id="cc_scope"),
        pytest.param(RecordRefused("x", key="expired_token"), "cc_device", id="cc_device"),
        pytest.param(RecordRefused("x", key="unauthorized_client"), "cc_flow", id="cc_flow"),
        pytest.param(RecordRefused("x", key="server_error"), "cc_refused", id="cc_refused"),
        pytest.param(
            Unauthorized("x", system="constant_contact", key="invalid_client"),
            "cc_secret",
            id="cc_secret",
        ),
        pytest.param(Forbidden("x", system="constant_contact"), "cc_privilege", id="cc_privilege"),
        pytest.param(QuotaSpent("x", system="constant_contact"), "busy", id="busy"),
        pytest.param(Unavailable("x", system="constant_contact"), "stranger", id="stranger"),
    ],
)
def test_an_error_of_constant_contact_has_one_cause(error: BridgeError, cause: str) -> None:
    assert of_constant_contact(error, host="authz.constantcontact.com").cause == cause


class Anything(dict[str, str]):
    """Fills in whatever a text asks for."""

    def __missing__(self, name: str) -> str:
        return name


@pytest.mark.parametrize("cause", CAUSES)
def test_a_cause_is_one_sentence_and_one_action(cause: str) -> None:
    texts = CAUSES[cause]
    for text in (texts.says, texts.do):
        said = text.format_map(Anything())
        assert re.fullmatch(r"\S.*\.", said)
        assert not re.search(r"[.!?] [A-Z]", said), "that is more than one sentence"


def test_the_class_of_a_refusal_says_whether_it_may_pass() -> None:
    assert isinstance(refusal("busy", words="x"), SetupUnavailable)
    assert isinstance(refusal("sf_key"), SetupRefused)


@pytest.mark.parametrize(
    ("given_text", "url"),
    [
        ("https://firm.my.salesforce.com/", "https://firm.my.salesforce.com"),
        ("Firm.My.Salesforce.com", "https://firm.my.salesforce.com"),
        ("https://firm.lightning.force.com/lightning/o/Account", "https://firm.my.salesforce.com"),
        (
            "https://firm--dev.sandbox.my.salesforce-setup.com/x",
            "https://firm--dev.sandbox.my.salesforce.com",
        ),
        ("firm-dev", "https://firm-dev.my.salesforce.com"),
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
    ],
)
def test_an_address_of_a_page_becomes_that_of_the_api(given_text: str, url: str) -> None:
    assert organization_url(given_text) == url


@pytest.mark.parametrize("text", ["", "firm example", "https://salesforce.com.example.org", "a.b"])
def test_what_is_no_address_of_an_organization_is_refused(text: str) -> None:
    with pytest.raises(SetupRefused) as caught:
        organization_url(text)
    assert caught.value.cause == "sf_address"


@pytest.mark.parametrize("host", ["login", "test"])
def test_the_log_in_page_of_everybody_is_no_organization(host: str) -> None:
    with pytest.raises(SetupRefused) as caught:
        organization_url(f"{host}.salesforce.com")
    assert caught.value.cause == "sf_login_host"


def test_an_assertion_is_for_the_kind_of_organization() -> None:
    production, sandbox = "https://login.salesforce.com", "https://test.salesforce.com"
    assert audience_of("https://firm.my.salesforce.com", is_sandbox=False) == production
    assert audience_of("https://firm.my.salesforce.com", is_sandbox=True) == sandbox
    dev = "https://firm--dev.sandbox.my.salesforce.com"
    assert audience_of(dev, is_sandbox=False) == sandbox


@pytest.mark.parametrize("certificate", [None, "data/firm.crt"])
@pytest.mark.parametrize("host", ["firm", "firm--dev.sandbox"])
def test_the_steps_are_those_of_the_flow_and_the_organization(
    certificate: str | None, host: str
) -> None:
    url = f"https://{host}.my.salesforce.com"
    steps = "\n".join(app_steps(App(url=url, is_sandbox="--" in host, certificate=certificate)))
    assert f"https://{host}.my.salesforce-setup.com/" in steps
    assert ("sandbox, firm" in steps) == ("--" in host)
    assert ("Upload data/firm.crt" in steps) == (certificate is not None)
    assert ("Run As" in steps) == (certificate is None)


@pytest.mark.parametrize("is_device", [False, True])
def test_a_device_needs_no_address_to_come_back_to(*, is_device: bool) -> None:
    wish = AccountWish(name="firm", is_device=is_device, port=8400)
    steps = "\n".join(application_steps(wish))
    assert ("http://localhost:8400/callback" in steps) != is_device


@given(lines, entries)
def test_what_stands_in_env_stays_and_what_is_missing_is_added(
    there: list[str], wanted: Sequence[Entry]
) -> None:
    text = "\n".join(there)
    after = merged(text, wanted)
    assert after.startswith(text.rstrip())
    expected = {entry.name: entry.value for entry in wanted} | values_of(text)
    assert values_of(after) == expected
    read = dotenv_values(stream=io.StringIO(after), interpolate=False)
    assert {name.upper(): value for name, value in read.items()} == expected


@given(lines, entries)
def test_a_second_time_adds_nothing(there: list[str], wanted: Sequence[Entry]) -> None:
    once = merged("\n".join(there), wanted)
    assert merged(once, wanted) == once
