"""Bulk activities through the adapter: against the sandbox, and against answers that are broken."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from bridge.constant_contact.activities import (
    Activity,
    add_to_lists,
    get_activity,
    import_contacts,
    newest_activities,
    remove_from_lists,
)
from bridge.constant_contact.client import ConstantContact
from bridge.constant_contact.tokens import Tokens
from bridge.errors import NotFoundRemotely, RecordRefused, Throttled, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from tests.fix_sandbox import RunningSandbox

UNKNOWN = "00000000-0000-4000-8000-000000000000"
ROWS = [{"email": "ada@example.org", "first_name": "Zoë"}, {"email": "bert@example.org"}]


@pytest.fixture
def there(
    sandbox: RunningSandbox, connection: Connection, database: Database, keyring: KeyRing
) -> Iterator[ConstantContact]:
    sandbox.lift_limits()
    client = ConstantContact(connection, Tokens(connection, database, keyring, 5), nullcontext, 5)
    yield client
    client.close()


@pytest.fixture
def list_id(there: ConstantContact) -> str:
    return str(there.create_list({"name": "Quarterly letter"})["list_id"])


def ended(sandbox: RunningSandbox, there: ConstantContact, begun: Activity) -> Activity:
    assert not begun.has_ended
    sandbox.advance(5)
    activity = get_activity(there, begun.activity_id)
    assert activity.is_complete
    return activity


def test_an_import_is_begun_worked_off_and_told_of(
    sandbox: RunningSandbox, there: ConstantContact, list_id: str
) -> None:
    begun = import_contacts(there, ROWS, [list_id])
    activity = ended(sandbox, there, begun)
    assert (activity.rows, activity.errors) == (2, ())
    assert activity.started_at is not None
    assert activity.completed_at is not None
    found = there.find_contact("ada@example.org")
    assert found is not None
    assert (found["first_name"], found["list_memberships"]) == ("Zoë", [list_id])


def test_lists_are_joined_and_left(
    sandbox: RunningSandbox, there: ConstantContact, list_id: str
) -> None:
    body = {
        "email_address": {"address": "ada@example.org", "permission_to_send": "implicit"},
        "create_source": "Account",
    }
    contact_id = there.create_contact(body)["contact_id"]
    ended(sandbox, there, add_to_lists(there, [contact_id], [list_id]))
    assert there.get_contact(contact_id)["list_memberships"] == [list_id]
    ended(sandbox, there, remove_from_lists(there, [contact_id], [list_id]))
    assert there.get_contact(contact_id)["list_memberships"] == []


def test_the_newest_activity_comes_first(
    sandbox: RunningSandbox, there: ConstantContact, list_id: str
) -> None:
    first = import_contacts(there, ROWS, [list_id])
    sandbox.advance(5)
    second = import_contacts(there, ROWS[:1], [list_id])
    listed = list(newest_activities(there))
    assert [one.activity_id for one in listed] == [second.activity_id, first.activity_id]
    assert [one.rows for one in listed] == [1, 2]


def test_an_import_without_a_list_is_refused(there: ConstantContact) -> None:
    with pytest.raises(RecordRefused, match="list_ids"):
        import_contacts(there, ROWS, [UNKNOWN])


def test_an_unknown_activity_is_not_there(there: ConstantContact) -> None:
    with pytest.raises(NotFoundRemotely):
        get_activity(there, UNKNOWN)


def test_a_full_queue_asks_for_a_minute(
    sandbox: RunningSandbox, there: ConstantContact, list_id: str
) -> None:
    sandbox.control("PUT", "/constant-contact/policy", {"bulk_wait_s": 600})
    for _ in range(1000):
        import_contacts(there, ROWS[:1], [list_id])
    with pytest.raises(Throttled) as caught:
        import_contacts(there, ROWS, [list_id])
    assert caught.value.after_s == 60


@pytest.mark.parametrize(
    ("answer", "errors"),
    [
        ({"activity_errors": ["Row 1: no"]}, ("Row 1: no",)),
        ({"activity_errors": [{"message": "no"}]}, ("no",)),
        ({"activity_errors": None, "status": "?"}, ()),
    ],
    ids=["texts", "objects", "nothing"],
)
def test_error_lines_are_read_in_both_shapes(
    monkeypatch: pytest.MonkeyPatch,
    there: ConstantContact,
    answer: dict[str, Any],
    errors: tuple[str, ...],
) -> None:
    whole = {"activity_id": UNKNOWN, "state": "TIMED_OUT", **answer}
    monkeypatch.setattr(there, "get", lambda _path: whole)
    activity = get_activity(there, UNKNOWN)
    assert activity.errors == errors
    assert (activity.has_ended, activity.is_complete) == (True, False)


def test_an_answer_that_is_no_activity_is_not_taken_for_one(
    monkeypatch: pytest.MonkeyPatch, there: ConstantContact
) -> None:
    monkeypatch.setattr(there, "get", lambda _path: {"state": "completed"})
    with pytest.raises(Unavailable):
        get_activity(there, UNKNOWN)
