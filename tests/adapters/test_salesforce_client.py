"""The Salesforce adapter against the sandbox, over HTTP."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bridge.connections.secrets import read_secret
from bridge.errors import ConfigurationError, Forbidden, NotFoundRemotely, Unauthorized, Unavailable
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.model import SaveResult, Update

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.salesforce.client import Salesforce
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox


@pytest.fixture
def salesforce(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Iterator[Salesforce]:
    client = open_salesforce(connection, database, keyring, settings)
    yield client
    client.close()


def some_contacts(salesforce: Salesforce, count: int) -> list[str]:
    rows = salesforce.query(f"SELECT Id FROM Contact ORDER BY Id LIMIT {count}")  # noqa: S608
    return [row["Id"] or "" for row in rows]


def create(sandbox: RunningSandbox, object_name: str, **fields: Any) -> str:
    """Create a record as an ordinary user and return its id."""
    path = f"/services/data/v66.0/sobjects/{object_name}"
    answer = sandbox.salesforce("POST", path, fields)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_reads_back_fields_and_parents_in_the_spelling_of_messages(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    account = create(sandbox, "Account", Name="O'Hara & Sons")
    contact = create(sandbox, "Contact", LastName="O'Hara", AccountId=account)
    paths = ["LastName", "FirstName", "HasOptedOutOfEmail", "SystemModstamp", "Account.Name"]
    [record] = salesforce.read_back("Contact", [contact], paths).values()
    assert record["LastName"] == "O'Hara"
    assert record["FirstName"] is None
    assert record["HasOptedOutOfEmail"] == "false"
    assert record["Account.Name"] == "O'Hara & Sons"
    assert (record["SystemModstamp"] or "").endswith("Z")


def test_paths_keep_the_case_they_were_asked_in(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    contact = create(sandbox, "Contact", LastName="Alone")
    found = salesforce.read_back("Contact", [contact], ["lastname", "LastName", "account.name"])
    assert found == {
        contact: {"Id": contact, "lastname": "Alone", "LastName": "Alone", "account.name": None}
    }


def test_deleted_record_is_missing_from_what_is_read_back(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    kept = create(sandbox, "Contact", LastName="Kept")
    gone = create(sandbox, "Contact", LastName="Gone")
    sandbox.salesforce("DELETE", f"/services/data/v66.0/sobjects/Contact/{gone}")
    assert set(salesforce.read_back("Contact", [kept, gone[:15], kept], ["Id"])) == {kept}


def test_more_ids_than_a_query_holds_are_all_read(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    records = [
        {"attributes": {"type": "Contact"}, "LastName": f"Member {number}"} for number in range(201)
    ]
    made: list[str] = []
    for start in (0, 200):
        answer = sandbox.salesforce(
            "POST",
            "/services/data/v66.0/composite/sobjects",
            {"allOrNone": True, "records": records[start : start + 200]},
        )
        made += [result["id"] for result in answer.json()]
    assert set(salesforce.read_back("Contact", made, ["LastName"])) == set(made)


def test_collection_of_updates_says_what_became_of_each_in_order(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    first, second = (create(sandbox, "Contact", LastName=name) for name in ("One", "Two"))
    account = create(sandbox, "Account", Name="Firm")
    results = salesforce.collections.update(
        [
            Update(object="Contact", record_id=first, fields={"LastName": "Changed"}),
            Update(object="Account", record_id=account, fields={"Name": "Renamed"}),
            Update(object="Contact", record_id=second, fields={"LastName": None}),
        ]
    )
    assert [result.ok for result in results] == [True, True, False]
    assert results[0] == SaveResult(ok=True, record_id=first)
    assert results[2].error_code == "REQUIRED_FIELD_MISSING"
    assert not results[2].may_succeed_later
    assert salesforce.read_back("Contact", [first], ["LastName"])[first]["LastName"] == "Changed"


def test_deletions_are_listed_with_the_time_they_cover(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    gone = create(sandbox, "Contact", LastName="Gone")
    sandbox.salesforce("DELETE", f"/services/data/v66.0/sobjects/Contact/{gone}")
    sandbox.advance(60)
    now = datetime.fromisoformat(_modstamp(sandbox))
    deleted = salesforce.deleted("Contact", now - timedelta(minutes=10), now + timedelta(minutes=1))
    assert gone in {record_id for record_id, _ in deleted.rows}
    assert all(at.tzinfo is UTC for _, at in deleted.rows)
    assert deleted.latest_date_covered.tzinfo is UTC


def _modstamp(sandbox: RunningSandbox) -> str:
    """Return the organization's own time, by saving something."""
    contact = create(sandbox, "Contact", LastName="Clock")
    path = f"/services/data/v66.0/sobjects/Contact/{contact}"
    return str(sandbox.salesforce("GET", path).json()["SystemModstamp"])


def test_describe_and_objects_tell_what_is_there(salesforce: Salesforce) -> None:
    assert "Contact" in salesforce.objects()
    fields = {field["name"] for field in salesforce.describe("Contact")["fields"]}
    assert {"Email", "LastName"} <= fields
    with pytest.raises(NotFoundRemotely):
        salesforce.describe("Nothing__c")


def test_identity_is_the_bridges_own_user_in_this_organization(
    salesforce: Salesforce, connection: Connection
) -> None:
    identity = salesforce.identity()
    assert identity.organization_id == connection.organization_id
    assert identity.user_id == salesforce.own_user_id()
    assert identity.user_id.startswith("005")


def test_query_walks_all_pages(salesforce: Salesforce) -> None:
    count = salesforce.count("SELECT COUNT() FROM Contact")
    assert len(list(salesforce.query("SELECT Id FROM Contact"))) == count > 0


def test_token_is_fetched_once_and_found_by_the_next_process(
    connection: Connection,
    database: Database,
    keyring: KeyRing,
    settings: Settings,
    sandbox: RunningSandbox,
) -> None:
    for _ in range(2):
        client = open_salesforce(connection, database, keyring, settings)
        client.objects()
        client.close()
    asked = [call for call in sandbox.calls("salesforce") if call["path"].endswith("/token")]
    assert len(asked) == 1


def test_ended_session_is_renewed_once(
    salesforce: Salesforce,
    connection: Connection,
    database: Database,
    keyring: KeyRing,
    sandbox: RunningSandbox,
) -> None:
    salesforce.objects()
    with database.transaction() as tx:
        before = read_secret(tx, keyring, connection.id, "sf_token")
    sandbox.advance(3 * 3600)
    assert "Contact" in salesforce.objects()
    with database.transaction() as tx:
        after = read_secret(tx, keyring, connection.id, "sf_token")
    assert before is not None
    assert after is not None
    assert before.text != after.text


def test_session_that_stays_refused_is_not_tried_for_ever(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    sandbox.faults({"side": "salesforce", "kind": "expired_session", "path": "/services/data/.*"})
    with pytest.raises(Unauthorized):
        salesforce.objects()
    assert len([one for one in sandbox.calls("salesforce") if "sobjects" in one["path"]]) == 2


@pytest.mark.parametrize("kind", ["error_500", "drop_before", "half_body", "html"])
def test_broken_answer_is_unavailable(
    salesforce: Salesforce, sandbox: RunningSandbox, kind: str
) -> None:
    salesforce.objects()
    sandbox.faults({"side": "salesforce", "kind": kind})
    with pytest.raises(Unavailable):
        salesforce.objects()


def test_unknown_field_stops_with_what_to_check(salesforce: Salesforce) -> None:
    [contact] = some_contacts(salesforce, 1)
    with pytest.raises(Forbidden, match="missing, or the bridge's user may not see it"):
        salesforce.read_back("Contact", [contact], ["Nothing__c"])


@pytest.mark.parametrize("path", ["Id FROM User --", "Name, (SELECT Id FROM Cases)", "", "a..b"])
def test_only_names_get_into_a_query(salesforce: Salesforce, path: str) -> None:
    with pytest.raises(ConfigurationError, match="no API name"):
        salesforce.read_back("Contact", ["003000000000001"], [path])


def test_no_token_or_address_is_logged(
    salesforce: Salesforce, sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        salesforce.objects()
    secrets = sandbox.line["salesforce"].values()
    assert not any(secret in caplog.text for secret in secrets)


def test_list_views_are_named_and_their_query_is_asked(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    contact = create(sandbox, "Contact", LastName="Moran")
    views = {label: view_id for view_id, label in salesforce.list_views("Contact")}
    query = salesforce.list_view_query("Contact", views["All Contacts"])
    assert contact in {row["Id"] for row in salesforce.query(query)}
    with pytest.raises(NotFoundRemotely):
        salesforce.list_view_query("Contact", "00B5g00000NothiAAA")
