"""`bridge connect constant-contact`: in a browser, by a device; what each refusal says to do."""

from __future__ import annotations

import io
import json
import re
import socket
from typing import TYPE_CHECKING, Any

import pytest
import requests

from bridge.connections import cli as connection_cli
from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.store import add_connection
from bridge.errors import SetupRefused
from bridge.setup import cli
from bridge.setup.callback import listening
from bridge.setup.constant_contact import connect_account
from bridge.setup.model import AccountWish
from tests.adapters.connecting import enter_code, query_of
from tests.adapters.test_connect_salesforce import refused
from tests.fix_sandbox import start_sandbox, stop_sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.db.database import Database
    from tests.adapters.connecting import Desk, Person

pytestmark = pytest.mark.usefixtures("person")

ACCOUNT = "a07e1lsandbox"


@pytest.fixture
def firm(desk: Desk) -> Desk:
    """A desk at which the organization of `firm` is connected already."""
    line = {name: text for name, text in desk.sandbox.line.items() if "constant" not in name}
    with cli._place() as place, place.database.transaction() as tx:
        made = add_connection(tx, place.keyring, "firm", line["organization_id"])
        set_credentials(tx, place.keyring, made.id, read_credentials(json.dumps(line)))
    return desk


def test_an_account_is_connected_in_a_browser(firm: Desk, person: Person) -> None:
    told = firm.constant_contact("--yes")
    assert (told["code"], told["account_id"], told["state"]) == (0, ACCOUNT, "active")
    assert told["account_name"] == "Harbour Lane Wealth"
    assert told["scopes"] == "account_read campaign_data contact_data offline_access"
    person.end()
    assert "Thank you" in person.went[0].text
    found = firm.check()
    assert (found["exit"]["code"], found["Constant Contact"]["ok"]) == (0, True)


def test_what_is_asked_for_in_the_browser_proves_who_asked(firm: Desk) -> None:
    firm.constant_contact("--yes")
    (url,) = re.findall(r"^  (http\S+)$", firm.err, re.MULTILINE)
    asked = query_of(url)
    assert asked["code_challenge_method"] == "S256"
    assert re.fullmatch(r"http://localhost:\d+/callback", asked["redirect_uri"])
    assert firm.sandbox.line["constant_contact"]["client_secret"] not in firm.err


def test_an_application_without_a_secret_connects_and_stays_connected(
    firm: Desk, database: Database
) -> None:
    assert firm.constant_contact("--yes", stdin="\n")["connected"]
    with database.transaction() as tx:
        tx.execute("UPDATE credential SET expires_at = app_now() WHERE kind = 'cc_token'")
    assert firm.check()["Constant Contact"]["ok"]  # by a pair that was renewed


def test_the_same_account_is_taken_again_without_a_question(firm: Desk) -> None:
    firm.constant_contact("--yes")
    assert firm.connect("constant-contact", "firm", "--port", "0")["account_id"] == ACCOUNT


def test_the_address_alone_is_printed_where_no_browser_is_wanted(
    firm: Desk, person: Person
) -> None:
    told = firm.constant_contact("--no-browser", "--wait", "0.1")
    assert told["cause"] == "cc_silent"
    assert "/authorize?" in firm.err
    assert person.went == []


def by_device(
    firm: Desk, pace: float = 1, answer: str | None = None
) -> tuple[dict[str, str | None], list[float]]:
    """Connect by a code that somebody answers during the third wait; return the waits as well.

    The sandbox's clock moves by `pace` of each wait.
    """
    firm.monkeypatch.setattr("sys.stdin", io.StringIO("\n"))  # such an application has no secret
    line = firm.sandbox.line
    waits: list[float] = []
    shown: list[str] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        shown.append(firm.capsys.readouterr().err)
        if len(waits) == 3 and answer is not None:
            (code,) = re.findall(r"\b[A-Z]{4}-[A-Z]{4}\b", "".join(shown))
            enter_code(firm.sandbox, code, answer)
        firm.sandbox.advance(seconds * pace)

    wish = AccountWish(
        name="firm",
        client_id=line["constant_contact"]["client_id"],
        is_device=True,
        is_sure=True,
        api_url=line["constant_contact_url"],
        auth_url=line["constant_contact_auth_url"],
    )
    with cli._place() as place:
        return connect_account(place, wish, sleep=sleep).facts, waits


def test_an_account_is_connected_by_a_code_that_is_entered_elsewhere(firm: Desk) -> None:
    facts, waits = by_device(firm, answer="allow")
    assert (facts["account_id"], facts["state"]) == (ACCOUNT, "active")
    assert waits == [5, 5, 5]
    assert firm.check()["Constant Contact"]["ok"]


def test_who_is_told_to_ask_less_often_does(firm: Desk) -> None:
    _, waits = by_device(firm, pace=0.5, answer="allow")
    assert waits == [5, 5, 10]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        pytest.param("deny", "cc_denied", id="cc_denied"),
        pytest.param(None, "cc_device", id="cc_device"),
    ],
)
def test_a_device_that_nobody_lets_in_is_refused(
    firm: Desk, answer: str | None, cause: str
) -> None:
    with pytest.raises(SetupRefused) as caught:
        by_device(firm, answer=answer)
    assert caught.value.cause == cause


def test_a_question_that_is_lost_does_not_end_the_waiting(firm: Desk) -> None:
    lost = {"side": "constant_contact", "kind": "error_500", "path": "/token", "times": 2}
    firm.sandbox.faults(lost)
    assert by_device(firm, answer="allow")[0]["account_id"] == ACCOUNT


@pytest.mark.parametrize(
    ("arguments", "stdin", "cause", "code"),
    [
        pytest.param(["--client-id", "nobody's"], None, "cc_key", 2, id="cc_key"),
        pytest.param(
            ["--device", "--client-id", "nobody's"], None, "cc_key", 2, id="cc_key by device"
        ),
        pytest.param([], "wrong\n", "cc_secret", 2, id="cc_secret"),
        pytest.param(
            ["--auth-url", "http://127.0.0.1:9"], None, "unreachable", 5, id="unreachable"
        ),
        pytest.param([], None, "unconfirmed", 2, id="unconfirmed"),
    ],
)
def test_what_somebody_gives_wrong_is_refused(
    firm: Desk, arguments: list[str], stdin: str | None, cause: str, code: int
) -> None:
    refused(firm.constant_contact(*arguments, stdin=stdin), cause, code)
    assert firm.check()["Constant Contact"]["cause"] == "cc_unconnected"


@pytest.mark.parametrize(
    ("portal", "cause"),
    [
        pytest.param({"redirect_uris": ["http://localhost:1/"]}, "cc_redirect", id="cc_redirect"),
        pytest.param(
            {"scopes": ["account_read", "contact_data", "offline_access"]},
            "cc_scope",
            id="cc_scope",
        ),
        pytest.param(
            {"scopes": ["account_read", "contact_data", "campaign_data"]},
            "cc_offline",
            id="cc_offline",
        ),
        pytest.param({"flows": ["device"]}, "cc_flow", id="cc_flow"),
        pytest.param({"fails_with": "server_error"}, "cc_refused", id="cc_refused"),
    ],
)
def test_what_is_set_wrong_in_the_portal_is_refused(
    firm: Desk, portal: dict[str, Any], cause: str
) -> None:
    firm.sandbox.control("PUT", "/constant-contact/application", portal)
    refused(firm.constant_contact("--yes"), cause)


@pytest.mark.parametrize(
    ("fault", "cause", "code"),
    [
        pytest.param(
            {"kind": "disabled", "path": "account/summary"}, "cc_privilege", 2, id="cc_privilege"
        ),
        pytest.param({"kind": "html", "path": "/token"}, "stranger", 5, id="stranger"),
        pytest.param({"kind": "throttled", "path": "account/summary"}, "busy", 5, id="busy"),
    ],
)
def test_what_constant_contact_answers_wrong_is_refused(
    firm: Desk, fault: dict[str, Any], cause: str, code: int
) -> None:
    firm.sandbox.faults({"side": "constant_contact", **fault})
    refused(firm.constant_contact("--yes"), cause, code)


def test_an_application_of_another_flow_connects_no_device(firm: Desk) -> None:
    firm.sandbox.control("PUT", "/constant-contact/application", {"flows": ["code"]})
    with pytest.raises(SetupRefused) as caught:
        by_device(firm)
    assert caught.value.cause == "cc_flow"


def test_who_denies_access_connects_nothing(firm: Desk, person: Person) -> None:
    person.answer = "deny"
    refused(firm.constant_contact("--yes"), "cc_denied")


def test_who_comes_back_too_late_comes_with_a_code_that_is_over(firm: Desk, person: Person) -> None:
    def dawdle(back: str) -> str:
        firm.sandbox.advance(301)
        return back

    person.on_the_way = dawdle
    refused(firm.constant_contact("--yes"), "cc_code")


def test_an_answer_of_another_attempt_is_told_so_and_ends_nothing(
    firm: Desk, person: Person
) -> None:
    def forged_first(back: str) -> str:
        answer = requests.get(back.replace("state=", "state=x"), timeout=5)
        assert (answer.status_code, "another attempt" in answer.text) == (400, True)
        return back

    person.on_the_way = forged_first
    assert firm.constant_contact("--yes")["connected"]


def test_where_only_another_attempt_answers_that_is_said(firm: Desk, person: Person) -> None:
    person.on_the_way = lambda back: back.replace("state=", "state=x")
    refused(firm.constant_contact("--wait", "1"), "cc_state")


def test_where_nobody_comes_back_that_is_said(firm: Desk, person: Person) -> None:
    person.on_the_way = lambda _: None
    refused(firm.constant_contact("--wait", "0.2"), "cc_silent")


def test_a_port_that_is_taken_is_named(firm: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = firm.constant_contact("--port", port)
    refused(told, "cc_port")
    assert port in told["says"]


def test_an_organization_comes_first(desk: Desk) -> None:
    refused(desk.constant_contact(), "no_connection")


def test_a_certificate_of_nobody_s_is_not_trusted(firm: Desk) -> None:
    process, line = start_sandbox("--tls", "--size", "empty")
    try:
        told = firm.constant_contact("--auth-url", line["constant_contact_auth_url"])
    finally:
        stop_sandbox(process)
    refused(told, "tls", 5)


def test_another_account_changes_nothing(firm: Desk, database: Database) -> None:
    firm.constant_contact("--yes")
    with database.transaction() as tx:
        tx.execute("UPDATE connection SET cc_account_id = 'a07another'")
        before = tx.execute("SELECT version FROM credential WHERE kind = 'cc_token'").fetchall()
    refused(firm.connect("constant-contact", "firm", "--port", "0", "--yes"), "cc_account")
    with database.transaction() as tx:
        after = tx.execute("SELECT version FROM credential WHERE kind = 'cc_token'").fetchall()
        assert tx.execute("SELECT state FROM connection").fetchone() == ("active",)
    assert after == before


def test_stored_tokens_of_another_account_pause_the_connection(
    firm: Desk, database: Database
) -> None:
    firm.constant_contact("--yes")
    with database.transaction() as tx:
        tx.execute("UPDATE connection SET cc_account_id = 'a07another', cc_account_name = 'B'")
    assert firm.check()["Constant Contact"]["cause"] == "cc_account"
    with database.transaction() as tx:
        state, reason = tx.execute("SELECT state, state_reason FROM connection").fetchall()[0]
    assert (state, "another Constant Contact account" in reason) == ("paused", True)


def test_credentials_of_another_account_that_are_added_pause_the_connection(
    firm: Desk, database: Database, tmp_path: Path
) -> None:
    firm.constant_contact("--yes")
    with database.transaction() as tx:
        tx.execute("UPDATE connection SET cc_account_id = 'a07another', cc_account_name = 'B'")
    file = tmp_path / "line.json"
    file.write_text(json.dumps(firm.sandbox.line))
    connection_cli.main(["add", "firm", "--credentials", str(file)])
    assert "another Constant Contact account" in firm.capsys.readouterr().err
    with database.transaction() as tx:
        assert tx.execute("SELECT state FROM connection").fetchone() == ("paused",)


def test_a_permission_that_was_withdrawn_is_found_by_a_check(firm: Desk) -> None:
    firm.constant_contact("--yes")
    firm.sandbox.control("POST", "/constant-contact/disconnect")
    found = firm.check()
    assert found["Constant Contact"]["cause"] == "cc_revoked"
    assert "bridge connect constant-contact firm" in found["Constant Contact"]["do"]
    assert firm.connect("constant-contact", "firm", "--port", "0")["state"] == "active"


def test_a_secret_that_was_renewed_is_found_by_a_check(firm: Desk) -> None:
    firm.constant_contact("--yes")
    firm.sandbox.control("POST", "/constant-contact/application/secret")
    firm.sandbox.control("POST", "/constant-contact/disconnect")
    assert firm.check()["Constant Contact"]["cause"] == "cc_secret"


def test_the_callback_takes_one_answer_at_one_path_of_this_machine() -> None:
    with listening(0, "right") as callback:
        address = callback.address

        def status(url: str, **headers: str) -> int:
            return requests.get(url, headers=headers, timeout=5).status_code

        assert status(address.replace("/callback", "/")) == 404
        for host in ("evil.example.com", "[", ""):
            assert status(f"{address}?state=right", Host=host) == 404
        assert status(f"{address}?state=right&code=1") == 200
        assert status(f"{address}?state=right&code=2") == 410
        assert callback.wait(1) == {"state": "right", "code": "1"}
    with pytest.raises(requests.exceptions.ConnectionError):
        status(address)


def test_an_address_that_is_no_secure_one_is_a_usage_error(
    firm: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        firm.constant_contact("--auth-url", "http://authz.example.com")
    assert caught.value.code == 2
    assert "https://" in capsys.readouterr().err
