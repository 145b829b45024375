"""The Constant Contact adapter against the sandbox, over HTTP."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from bridge.connections.secrets import read_secret, write_secret
from bridge.connections.store import load_connection
from bridge.constant_contact.budget import ask, note_limit
from bridge.constant_contact.client import ConstantContact
from bridge.constant_contact.tokens import Tokens
from bridge.errors import (
    Conflict,
    NotFoundRemotely,
    QuotaSpent,
    RecordRefused,
    Throttled,
    Unauthorized,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from tests.fix_sandbox import RunningSandbox

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def tokens(connection: Connection, database: Database, keyring: KeyRing) -> Tokens:
    return Tokens(connection, database, keyring, 5)


@pytest.fixture
def client(
    sandbox: RunningSandbox, connection: Connection, tokens: Tokens
) -> Iterator[ConstantContact]:
    sandbox.lift_limits()
    client = ConstantContact(connection, tokens, nullcontext, 5)
    yield client
    client.close()


def a_contact(address: str, **parts: Any) -> dict[str, Any]:
    return {
        "email_address": {"address": address, "permission_to_send": "implicit"},
        "create_source": "Account",
        **parts,
    }


def test_created_contact_is_found_by_address_and_id(client: ConstantContact) -> None:
    made = client.create_contact(a_contact("Ada.New@example.org", last_name="O'Hara"))
    assert client.find_contact("ada.new@EXAMPLE.org") == client.get_contact(made["contact_id"])


def test_nobody_is_found_as_none(client: ConstantContact) -> None:
    assert client.find_contact("nobody+at.all@example.org") is None


def test_taken_address_is_a_conflict(client: ConstantContact) -> None:
    client.create_contact(a_contact("ada.new@example.org"))
    with pytest.raises(Conflict):
        client.create_contact(a_contact("ADA.new@example.org"))


def test_replacing_a_contact_answers_with_the_whole_of_it(client: ConstantContact) -> None:
    made = client.create_contact(a_contact("ada.new@example.org", first_name="Ada"))
    body = {**made, "first_name": "Augusta", "update_source": "Account"}
    answer = client.put_contact(made["contact_id"], body)
    assert answer["first_name"] == "Augusta"
    assert client.get_contact(made["contact_id"])["first_name"] == "Augusta"


def test_refused_content_has_the_vendors_words(client: ConstantContact) -> None:
    with pytest.raises(RecordRefused, match="Constant Contact refuses it"):
        client.create_contact(a_contact("ada.new@example.org", first_name="x" * 51))


def test_unknown_contact_is_not_found(client: ConstantContact) -> None:
    with pytest.raises(NotFoundRemotely):
        client.get_contact(UNKNOWN)


def test_all_lists_are_walked_and_one_is_renamed(client: ConstantContact) -> None:
    made = client.create_list({"name": "Quarterly letter"})
    assert made["list_id"] in {one["list_id"] for one in client.lists()}
    client.put_list(made["list_id"], {"name": "Monthly letter"})
    assert client.get_list(made["list_id"])["name"] == "Monthly letter"
    with pytest.raises(Conflict):
        client.create_list({"name": "Monthly letter"})


def test_custom_field_is_created_and_listed(client: ConstantContact) -> None:
    made = client.create_custom_field("Segment", "string")
    assert made["custom_field_id"] in {one["custom_field_id"] for one in client.custom_fields()}


def test_account_says_who_it_is(client: ConstantContact) -> None:
    assert client.account()["organization_name"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("throttled", Throttled),
        ("quota", QuotaSpent),
        ("error_500", Unavailable),
        ("drop_before", Unavailable),
        ("drop_after", Unavailable),
        ("half_body", Unavailable),
        ("html", Unavailable),
        ("wrong_type", Unavailable),
    ],
)
def test_fault_becomes_the_error_that_says_what_next(
    client: ConstantContact, sandbox: RunningSandbox, kind: str, expected: type[Exception]
) -> None:
    sandbox.faults({"side": "constant_contact", "path": "/v3/.*", "kind": kind})
    with pytest.raises(expected):
        client.account()


def test_token_near_its_end_is_renewed_before_it_is_used(
    client: ConstantContact,
    connection: Connection,
    database: Database,
    keyring: KeyRing,
    sandbox: RunningSandbox,
) -> None:
    with database.transaction() as tx:
        secret = read_secret(tx, keyring, connection.id, "cc_token")
        assert secret is not None
        write_secret(tx, keyring, connection.id, "cc_token", secret.text, lives_s=3000)
    client.account()
    with database.transaction() as tx:
        renewed = read_secret(tx, keyring, connection.id, "cc_token", margin_s=80_000)
    assert renewed is not None
    assert renewed.is_fresh
    assert json.loads(renewed.text) != json.loads(secret.text)
    assert not any(call["status"] == 401 for call in sandbox.calls("constant_contact"))


def test_ended_token_is_renewed_after_the_refusal(
    client: ConstantContact, sandbox: RunningSandbox
) -> None:
    client.account()
    sandbox.advance(25 * 3600)
    assert client.account()["organization_name"]


def test_workers_that_are_refused_at_once_refresh_once(
    connection: Connection, database: Database, keyring: KeyRing, sandbox: RunningSandbox
) -> None:
    stale = sandbox.line["constant_contact"]["access_token"]

    def renew(_: int) -> str:
        return Tokens(connection, database, keyring, 5).renew(stale)

    with ThreadPoolExecutor(6) as pool:
        renewed = set(pool.map(renew, range(6)))
    assert len(renewed) == 1
    asked = [one for one in sandbox.calls("constant_contact") if one["path"].endswith("/token")]
    assert len(asked) == 1


def test_refused_refresh_token_pauses_the_connection(
    tokens: Tokens, connection: Connection, database: Database, keyring: KeyRing
) -> None:
    pair = {"access_token": "stale", "refresh_token": "used up"}
    with database.transaction() as tx:
        write_secret(tx, keyring, connection.id, "cc_token", json.dumps(pair))
    with pytest.raises(Unauthorized):
        tokens.renew("stale")
    with database.transaction() as tx:
        paused = load_connection(tx, connection.id)
    assert paused.state == "paused"
    assert "authorise the connection again" in (paused.state_reason or "")


@pytest.mark.parametrize("kind", ["error_500", "throttled", "quota", "drop_before"])
def test_failing_token_end_point_is_left_alone_by_all_for_a_while(
    connection: Connection,
    database: Database,
    keyring: KeyRing,
    sandbox: RunningSandbox,
    kind: str,
) -> None:
    stale = sandbox.line["constant_contact"]["access_token"]
    sandbox.faults({"side": "constant_contact", "path": ".*token", "kind": kind})

    def fail(_: int) -> str:
        with pytest.raises(Unavailable) as caught:
            Tokens(connection, database, keyring, 5).renew(stale)
        note_limit(database, connection, caught.value)
        return str(caught.value)

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(fail, range(12)))
    asked = [one for one in sandbox.calls("constant_contact") if one["path"].endswith("/token")]
    assert len(asked) == 1
    assert said.count("Constant Contact: the token end point failed a moment ago") == 11
    with database.transaction() as tx:  # the API has limits of its own
        assert ask(tx, connection.api_application_id or 0, connection.id, 2).granted


def test_asking_during_the_break_does_not_make_it_longer(
    tokens: Tokens, database: Database, sandbox: RunningSandbox
) -> None:
    stale = sandbox.line["constant_contact"]["access_token"]
    sandbox.faults({"side": "constant_contact", "path": ".*token", "kind": "error_500", "times": 1})
    breaks = set()
    for _ in range(3):
        with pytest.raises(Unavailable):
            tokens.renew(stale)
        with database.transaction() as tx:
            breaks |= set(tx.execute("SELECT token_next_at FROM api_application").fetchall())
    assert len(breaks) == 1


def test_token_is_given_again_until_the_vendor_refuses_it(
    tokens: Tokens, connection: Connection, database: Database, keyring: KeyRing
) -> None:
    first = tokens.access_token()
    pair = {"access_token": "replaced", "refresh_token": "by somebody"}
    with database.transaction() as tx:
        write_secret(tx, keyring, connection.id, "cc_token", json.dumps(pair), lives_s=86_400)
    assert tokens.access_token() == first
    assert tokens.renew(first) == "replaced"
    assert tokens.access_token() == "replaced"


def test_connection_without_tokens_says_what_to_do(
    tokens: Tokens, connection: Connection, database: Database
) -> None:
    with database.transaction() as tx:
        tx.execute("DELETE FROM credential WHERE kind = 'cc_token'")
    with pytest.raises(Unauthorized, match=f"bridge connect constant-contact {connection.name}"):
        tokens.access_token()


def test_no_token_or_address_is_logged(
    client: ConstantContact, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.find_contact("ada.new@example.org")
    assert "constant_contact_call" in caplog.text
    records = [str(record.__dict__) for record in caplog.records]
    secrets = [*sandbox.line["constant_contact"].values(), "ada.new"]
    assert not any(secret in record for secret in secrets for record in records)


class CommitLostOnce:
    """A database whose server goes away at the end of the first transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_lost = False

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        with self._database.transaction() as tx:
            yield tx
            if not self._is_lost:
                self._is_lost = True
                message = "server closed the connection"
                raise psycopg.OperationalError(message)


def test_new_pair_survives_a_lost_commit(
    connection: Connection, database: Database, keyring: KeyRing, sandbox: RunningSandbox
) -> None:
    lossy = CommitLostOnce(database)
    stale = sandbox.line["constant_contact"]["access_token"]
    token = Tokens(connection, lossy, keyring, 5).renew(stale)  # type: ignore[arg-type]
    with database.transaction() as tx:
        stored = read_secret(tx, keyring, connection.id, "cc_token")
    assert stored is not None
    assert json.loads(stored.text)["access_token"] == token != stale
