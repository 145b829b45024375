"""`bridge connect salesforce`: what is stored, and what each refusal says to do."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.connections.store import load_connection
from bridge.errors import ConfigurationError, MappingError, SetupRefused
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.login import read_login
from bridge.setup import cli
from tests.adapters.connecting import Desk, Terminal
from tests.fix_sandbox import start_sandbox, stop_sandbox

if TYPE_CHECKING:
    from bridge.db.database import Database


KEY, NEW = Path("data/salesforce-firm.new.key"), Path("data/salesforce-firm.new.crt")
IN_USE = Path("data/salesforce-firm.crt")


def set_app(desk: Desk, **changed: object) -> None:
    """Change the External Client App as an administrator would."""
    settings = desk.sandbox.control("GET", "/salesforce/application")
    desk.sandbox.control("PUT", "/salesforce/application", settings | changed)


def by_key(desk: Desk, *arguments: str, upload: bool = True) -> dict[str, Any]:
    """Connect by assertions; the first run makes the certificate, which is then uploaded."""
    given = ("--jwt", "--username", desk.sandbox.line["salesforce"]["username"], *arguments)
    if upload and not NEW.exists():
        missing = desk.connect("salesforce", "firm", *given, *url(desk))
        assert (missing["cause"], missing["code"]) == ("unanswered", 2)
        assert str(NEW) in desk.err
    if upload:
        set_app(desk, certificate=NEW.read_text())
    return desk.salesforce(*given)


def url(desk: Desk) -> tuple[str, str]:
    return ("--url", desk.sandbox.line["salesforce_url"])


def test_an_organization_is_connected_by_client_credentials(desk: Desk) -> None:
    told = desk.salesforce("--yes")
    assert (told["code"], told["connected"], told["notes"]) == (0, True, [])
    assert told["organization_id"] == desk.sandbox.line["organization_id"]
    assert (told["profile"], told["flow"]) == ("practifi", "client credentials")
    assert told["user"] == desk.sandbox.line["salesforce"]["username"]
    assert told["endpoint_path"].startswith("/outbound-messages/firm/")
    assert (told["state"], told["next"]) == ("unconnected", "bridge connect constant-contact firm")
    assert desk.check()["Salesforce"]["ok"]


def test_what_to_click_is_said_to_the_letter(desk: Desk) -> None:
    desk.monkeypatch.setenv("BRIDGE_PUBLIC_URL", "https://bridge.example.com")
    assert desk.connect("salesforce", "firm", *url(desk))["cause"] == "unanswered"
    assert "tick Enable Client Credentials Flow" in desk.err
    assert "Callback URL: https://bridge.example.com/login/salesforce/back" in desk.err
    desk.salesforce("--yes")
    assert desk.err == ""  # the app is there already


def test_an_organization_is_connected_by_a_key_that_is_made_here(
    desk: Desk, database: Database
) -> None:
    told = by_key(desk, "--yes")
    assert (told["code"], told["flow"]) == (0, "assertion")
    assert told["certificate_ends"] > "2026"
    assert (KEY.exists(), NEW.exists(), IN_USE.exists()) == (False, False, True)
    assert desk.check()["Salesforce"]["ok"]
    with database.transaction() as tx:
        kinds = {row[0] for row in tx.execute("SELECT kind FROM credential")}
    assert {"sf_client", "sf_key"} <= kinds


def test_the_secret_that_people_log_in_by_may_stand_beside_the_key(desk: Desk) -> None:
    by_key(desk)
    told = by_key(desk, "--with-secret", "--yes", upload=False)
    assert told["flow"] == "assertion"
    with cli._place() as place, place.database.transaction() as tx:
        login = read_login(tx, place.keyring, load_connection(tx, "firm").id)
    assert login is not None
    assert login.client["consumer_secret"] == desk.sandbox.line["salesforce"]["consumer_secret"]


def test_a_key_that_waits_is_for_its_owner_alone_and_stays_the_same(desk: Desk) -> None:
    desk.connect("salesforce", "firm", "--jwt", *url(desk))
    assert stat.S_IMODE(KEY.stat().st_mode) == 0o600
    before = KEY.read_text()
    desk.connect("salesforce", "firm", "--jwt", *url(desk))
    assert KEY.read_text() == before


def test_a_new_key_replaces_the_one_before_once_it_logs_in(desk: Desk) -> None:
    by_key(desk, "--yes")
    before = IN_USE.read_text()
    told = by_key(desk, "--new-key", upload=False)
    assert (told["cause"], str(NEW) in told["do"]) == ("sf_certificate", True)
    assert desk.connect("salesforce", "firm")["connected"]  # the one before still holds
    assert IN_USE.read_text() == before
    assert by_key(desk, "--new-key")["connected"]
    assert IN_USE.read_text() != before
    assert desk.check()["Salesforce"]["ok"]


def test_what_is_stored_connects_again_without_a_question(desk: Desk) -> None:
    desk.salesforce("--yes")
    assert desk.connect("salesforce", "firm")["connected"]
    by_key(desk)
    assert desk.connect("salesforce", "firm")["flow"] == "assertion"


def test_a_session_that_ends_is_opened_anew_by_the_key(desk: Desk) -> None:
    by_key(desk, "--yes")
    with cli._place() as place:
        with place.database.transaction() as tx:
            connection = load_connection(tx, "firm")
        salesforce = open_salesforce(connection, place.database, place.keyring, place.settings)
        salesforce.own_user_id()
        desk.sandbox.faults({"side": "salesforce", "kind": "expired_session", "times": 1})
        assert salesforce.objects()
        salesforce.close()


def test_somebody_at_a_terminal_is_asked_and_may_say_no(desk: Desk) -> None:
    login = desk.sandbox.line["salesforce"]
    desk.monkeypatch.setattr("getpass.getpass", lambda _: login["consumer_secret"])
    answers = f"{desk.sandbox.line['salesforce_url']}\n{login['consumer_key']}\n"
    told = desk.connect("salesforce", "firm", stdin=f"{answers}n\n", terminal=True)
    assert told["cause"] == "unconfirmed"
    assert "Harbour Lane" in told["says"]
    assert desk.connect("salesforce", "firm", stdin=f"{answers}y\n", terminal=True)["connected"]


def test_who_leaves_the_terminal_is_not_asked_for_ever(desk: Desk) -> None:
    desk.monkeypatch.setattr("sys.stdin", Terminal(""))
    with pytest.raises(SetupRefused, match="is not known"):
        cli.main(["salesforce", "firm"])


def test_a_name_that_cannot_stand_in_an_address_makes_no_file(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a connection"):
        desk.connect("salesforce", "../firm", "--jwt", *url(desk))
    assert not Path("firm.key").exists()


def test_people_read_one_sentence_and_one_action(desk: Desk) -> None:
    desk.monkeypatch.setattr("sys.stdin", Terminal(""))
    with pytest.raises(SetupRefused) as caught:
        cli.main(["salesforce", "firm", "--url", "login.salesforce.com"])
    says, do = str(caught.value).split("\n-> ")
    assert says.startswith("login.salesforce.com is the log-in page of everybody")
    assert "My Domain" in do


def refused(told: dict[str, Any], cause: str, code: int = 2) -> None:
    """Check that a command ended by a cause, and stored nothing."""
    assert (told["cause"], told["code"], told["connected"]) == (cause, code, False), told
    assert told["says"].endswith(".")
    assert told["do"].endswith(".")


@pytest.mark.parametrize(
    ("arguments", "stdin", "cause", "code"),
    [
        pytest.param(["--url", "https://example.com"], None, "sf_address", 2, id="sf_address"),
        pytest.param(
            ["--url", "https://login.salesforce.com"], None, "sf_login_host", 2, id="sf_login_host"
        ),
        pytest.param(["--url", "http://127.0.0.1:9"], None, "unreachable", 5, id="unreachable"),
        pytest.param(["--consumer-key", "nobody's"], None, "sf_key", 2, id="sf_key"),
        pytest.param([], "wrong\n", "sf_secret", 2, id="sf_secret"),
        pytest.param([], "", "unanswered", 2, id="unanswered"),
        pytest.param(
            ["--organization-id", "00D5g00000ABcdE"],
            None,
            "sf_organization",
            2,
            id="sf_organization",
        ),
        pytest.param([], None, "unconfirmed", 2, id="unconfirmed"),
    ],
)
def test_what_somebody_gives_wrong_is_refused(
    desk: Desk, arguments: list[str], stdin: str | None, cause: str, code: int
) -> None:
    refused(desk.salesforce(*arguments, stdin=stdin), cause, code)


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        pytest.param({"run_as": False}, "sf_run_as", id="sf_run_as"),
        pytest.param({"user_is_active": False}, "sf_inactive", id="sf_inactive"),
        pytest.param({"scopes": ["openid"]}, "sf_scope", id="sf_scope"),
        pytest.param({"flows": ["jwt_bearer"]}, "sf_flow", id="sf_flow"),
        pytest.param({"ip_restricted": True}, "sf_refused", id="sf_refused"),
    ],
)
def test_what_is_set_wrong_in_the_app_is_refused(
    desk: Desk, changed: dict[str, Any], cause: str
) -> None:
    set_app(desk, **changed)
    refused(desk.salesforce("--yes"), cause)


@pytest.mark.parametrize(
    ("fault", "cause", "code"),
    [
        pytest.param({"kind": "disabled", "path": "/services/data"}, "sf_api", 2, id="sf_api"),
        pytest.param({"kind": "html", "path": "/token"}, "stranger", 5, id="stranger"),
        pytest.param({"kind": "quota", "path": "/services/data"}, "busy", 5, id="busy"),
    ],
)
def test_what_the_organization_answers_wrong_is_refused(
    desk: Desk, fault: dict[str, Any], cause: str, code: int
) -> None:
    desk.sandbox.faults({"side": "salesforce", **fault})
    refused(desk.salesforce("--yes"), cause, code)


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        pytest.param({"certificate": None}, "sf_certificate", id="sf_certificate"),
        pytest.param({"preauthorized": False}, "sf_approval", id="sf_approval"),
        pytest.param({"flows": ["client_credentials"]}, "sf_flow", id="sf_flow"),
        pytest.param({"audience": "https://test.salesforce.com"}, "sf_audience", id="sf_audience"),
    ],
)
def test_an_assertion_that_the_app_does_not_take_is_refused(
    desk: Desk, changed: dict[str, Any], cause: str
) -> None:
    by_key(desk)  # unconfirmed, with the certificate uploaded
    set_app(desk, **changed)
    refused(by_key(desk, "--yes", upload=False), cause)


def test_a_sandbox_is_logged_in_to_as_one(desk: Desk) -> None:
    by_key(desk)
    set_app(desk, audience="https://test.salesforce.com")
    assert by_key(desk, "--yes", "--sandbox", upload=False)["connected"]
    assert desk.connect("salesforce", "firm")["connected"]  # as one, though it is not said again


def test_a_user_name_that_is_nobody_s_is_refused(desk: Desk) -> None:
    by_key(desk)
    told = by_key(desk, "--yes", "--username", "nobody@example.com", upload=False)
    refused(told, "sf_approval")


@pytest.mark.parametrize("seconds", [600])
def test_a_clock_that_is_off_is_named_before_the_vendor_refuses(desk: Desk, seconds: int) -> None:
    by_key(desk)
    desk.sandbox.advance(seconds)
    told = by_key(desk, "--yes", upload=False)
    refused(told, "clock")
    assert "s behind that of Salesforce" in told["says"]


def test_fields_that_are_missing_or_hidden_are_a_note(desk: Desk, database: Database) -> None:
    desk.salesforce("--yes")
    with database.transaction() as tx:
        tx.execute("""UPDATE connection SET object_names = '{"contact.cc_id": "CC_ID__c"}'""")
    told = desk.connect("salesforce", "firm")
    (note,) = told["notes"]
    assert (told["connected"], note["cause"]) == (True, "sf_fields")
    assert "CC_ID__c" in note["says"]
    assert desk.check()["Salesforce"]["cause"] == "sf_fields"


def test_a_fault_of_the_mapping_files_is_told_as_what_it_is(desk: Desk) -> None:
    Path("ours").mkdir()
    desk.monkeypatch.setenv("BRIDGE_MAPPINGS", "ours")
    with pytest.raises(MappingError, match=r"names\.yaml"):
        desk.salesforce("--yes")


def test_a_certificate_of_nobody_s_is_not_trusted(desk: Desk) -> None:
    process, line = start_sandbox("--tls", "--size", "empty")
    try:
        told = desk.salesforce("--url", line["salesforce_url"])
    finally:
        stop_sandbox(process)
    refused(told, "tls", 5)


def test_credentials_that_change_there_are_found_by_a_check(desk: Desk, database: Database) -> None:
    by_key(desk, "--yes")
    set_app(desk, certificate=None)
    assert desk.check()["Salesforce"]["cause"] == "sf_certificate"
    desk.salesforce()
    with database.transaction() as tx:
        tx.execute("UPDATE connection SET organization_id = '00D5g00000ABcdEEAT'")
    found = desk.check()
    assert found["Salesforce"]["cause"] == "sf_organization"
    assert found["exit"]["code"] == 2
    assert json.dumps(found["Salesforce"]).count("00D5g00000ABcdEEAT") == 2
