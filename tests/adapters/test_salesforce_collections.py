"""Records saved in collections, against the sandbox: results in order, refusals one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError, Forbidden, NotFoundRemotely
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.collections import RECORDS_A_CALL
from bridge.salesforce.model import Update

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.salesforce.collections import Collections
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

OBJECT, KEY = "practifi__Interaction__c", "CC_Bridge_Key__c"
SUBJECT, METHOD = "practifi__Subject__c", "practifi__Method_Picklist__c"


@pytest.fixture
def collections(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Iterator[Collections]:
    client = open_salesforce(connection, database, keyring, settings)
    yield client.collections
    client.close()


def subject_of(sandbox: RunningSandbox, record_id: str | None) -> str | None:
    path = f"/services/data/v66.0/sobjects/{OBJECT}/{record_id}"
    subject: str | None = sandbox.salesforce("GET", path).json()[SUBJECT]
    return subject


def calls(sandbox: RunningSandbox) -> int:
    return len([call for call in sandbox.calls("salesforce") if "sobjects" in call["path"]])


def test_an_upsert_creates_then_updates(collections: Collections, sandbox: RunningSandbox) -> None:
    first = collections.upsert(OBJECT, KEY, {"a": {SUBJECT: "One"}, "b": {SUBJECT: "Two"}})
    assert [one.created for one in first.values()] == [True, True]
    second = collections.upsert(OBJECT, KEY, {"b": {SUBJECT: "Three"}})
    assert (second["b"].created, second["b"].record_id) == (False, first["b"].record_id)
    assert subject_of(sandbox, first["a"].record_id) == "One"
    assert subject_of(sandbox, first["b"].record_id) == "Three"


def test_a_refusal_is_that_records_alone(collections: Collections) -> None:
    given = {
        f"key {number}": {METHOD: "Pigeon" if number % 2 else "Email"}
        for number in range(RECORDS_A_CALL)
    }
    saved = collections.upsert(OBJECT, KEY, given)
    assert list(saved) == list(given)
    for number, one in enumerate(saved.values()):
        assert one.ok == (number % 2 == 0)
    refused = saved["key 1"]
    assert refused.error_code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert "Pigeon" in (refused.message or "")
    assert refused.fields == (METHOD,)
    assert (refused.record_id, refused.is_locked, refused.is_gone) == (None, False, False)


def test_records_are_created_and_found_by_their_keys(
    collections: Collections, sandbox: RunningSandbox
) -> None:
    keys = [f"it's {number}" for number in range(RECORDS_A_CALL)]
    made = collections.create("Task", [{KEY: key, "Subject": "It"} for key in keys])
    found = collections.find("Task", KEY, ["nobody's", *keys])
    assert found == {key: one.record_id for key, one in zip(keys, made, strict=True)}
    assert collections.find("Task", KEY, ["IT'S 7"]) == {"IT'S 7": made[7].record_id}
    assert calls(sandbox) == 1


def test_an_update_answers_in_order(collections: Collections, sandbox: RunningSandbox) -> None:
    (made,) = collections.create(OBJECT, [{SUBJECT: "One"}])
    missing = "a035g00000ZZZZZAA1"
    assert made.record_id is not None
    gone, saved = collections.update(
        [
            Update(object=OBJECT, record_id=record_id, fields={SUBJECT: "Two"})
            for record_id in (missing, made.record_id)
        ]
    )
    assert saved.ok
    assert gone.is_gone
    assert subject_of(sandbox, made.record_id) == "Two"


def test_a_deletion_answers_in_order_and_tells_what_is_gone(collections: Collections) -> None:
    made = collections.create(OBJECT, [{SUBJECT: "One"}, {SUBJECT: "Two"}])
    ids = [one.record_id or "" for one in made]
    (first,) = collections.delete(ids[:1])
    assert (first.ok, first.record_id) == (True, ids[0])
    again, second = collections.delete(ids)
    assert (again.ok, again.is_gone, second.ok) == (False, True, True)
    with pytest.raises(ValueError, match="201 records, and 200 are possible"):
        collections.delete([ids[0]] * (RECORDS_A_CALL + 1))


def test_a_locked_record_is_told_from_a_refused_one(
    collections: Collections, sandbox: RunningSandbox
) -> None:
    sandbox.faults({"side": "salesforce", "path": ".*composite.*", "kind": "locked"})
    saved = collections.upsert(OBJECT, KEY, {"a": {}, "b": {}})
    assert [one.is_locked for one in saved.values()] == [True, False]


def test_records_are_deleted_and_one_that_is_gone_is_told(
    collections: Collections, sandbox: RunningSandbox
) -> None:
    made = collections.create(OBJECT, [{SUBJECT: "One"}, {SUBJECT: "Two"}])
    ids = [one.record_id or "" for one in made]
    assert [one.ok for one in collections.delete(ids[:1])] == [True]
    gone, deleted = collections.delete(ids)
    assert (gone.ok, gone.is_gone, deleted.ok) == (False, True, True)
    path = f"/services/data/v66.0/sobjects/{OBJECT}/{ids[1]}"
    assert sandbox.salesforce("GET", path).status_code == 404
    assert collections.delete([]) == []
    with pytest.raises(ValueError, match="201 records, and 200 are possible"):
        collections.delete(ids[:1] * 201)


def test_nothing_to_save_costs_no_call(collections: Collections, sandbox: RunningSandbox) -> None:
    assert collections.create(OBJECT, []) == []
    assert collections.update([]) == []
    assert collections.upsert(OBJECT, KEY, {}) == {}
    assert collections.find(OBJECT, KEY, []) == {}
    assert calls(sandbox) == 0


def test_what_would_refuse_every_record_is_an_error(collections: Collections) -> None:
    with pytest.raises(Forbidden):
        collections.find(OBJECT, "No_Such_Field__c", ["a"])
    with pytest.raises(NotFoundRemotely):
        collections.upsert("Task", KEY, {"a": {"Subject": "It"}})
    with pytest.raises(ConfigurationError):
        collections.create("Task'--", [{}])
    with pytest.raises(ValueError, match="201 records, and 200 are possible"):
        collections.create(OBJECT, [{}] * (RECORDS_A_CALL + 1))
