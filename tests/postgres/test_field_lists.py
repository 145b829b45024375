"""The field lists of outbound messages: never does one name more than a message carries."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from bridge.salesforce.deploy.definitions import Sent, forget, narrow, widen
from bridge.salesforce.package.model import Message

if TYPE_CHECKING:
    from bridge.db.database import Database

ACTION = "04k5g000000TeSTAA0"
FIELDS = ("Email", "FirstName", "LastName", "Title")


@pytest.fixture
def firm(database: Database) -> int:
    """A connection."""
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
    assert row is not None
    return int(row[0])


def sent(*fields: str, readable: set[str] | None = None, known: bool = True) -> Sent:
    message = Message(
        name="CC_Bridge_Contact",
        object="Contact",
        label="Contact",
        fields=tuple(sorted(fields)),
        watched=(),
    )
    hidden = None if readable is None else frozenset(f"Contact.{name}" for name in readable)
    ids = {message.full_name: ACTION} if known else {}
    return Sent(messages=[message], action_ids=ids, readable=hidden)


def deploy(database: Database, firm: int, *fields: str, **more: Any) -> int:
    """Record a deployment as the command does, and return how many lists have changed."""
    with database.transaction() as tx:
        narrow(tx, firm, sent(*fields))
    readable = more.pop("readable", set(fields))
    with database.transaction() as tx:
        return widen(tx, firm, sent(*fields, readable=readable, **more))


def in_force(database: Database, after_s: float = 0) -> set[str]:
    """Return what is null where it is absent, in a message that arrives so much later."""
    with database.transaction() as tx:
        row = tx.execute(
            "SELECT fields FROM outbound_definition WHERE access_checked_at >= in_force_from "
            "AND in_force_from <= app_now() + make_interval(secs => %s) "
            "ORDER BY version DESC LIMIT 1",
            [after_s],
        ).fetchone()
    return set() if row is None else {*row[0]}


def test_a_first_list_is_in_force_at_once(database: Database, firm: int) -> None:
    assert deploy(database, firm, "Email", "Title") == 1
    assert in_force(database) == {"Email", "Title"}


def test_what_is_added_counts_once_older_messages_have_arrived(
    database: Database, firm: int
) -> None:
    deploy(database, firm, "Email")
    deploy(database, firm, "Email", "Title")
    assert in_force(database) == {"Email"}
    assert in_force(database, after_s=130) == {"Email", "Title"}


def test_what_is_taken_away_counts_no_more_before_the_deployment_begins(
    database: Database, firm: int
) -> None:
    deploy(database, firm, "Email", "Title")
    with database.transaction() as tx:
        narrow(tx, firm, sent("Email"))
    assert in_force(database) == {"Email"}


def test_a_hidden_field_is_on_no_list_until_it_can_be_read(database: Database, firm: int) -> None:
    deploy(database, firm, "Email", "Title", readable={"Email"})
    assert in_force(database, after_s=130) == {"Email"}
    deploy(database, firm, "Email", "Title")
    assert in_force(database, after_s=130) == {"Email", "Title"}


def test_nothing_is_null_while_nobody_could_look(database: Database, firm: int) -> None:
    assert deploy(database, firm, "Email", readable=None) == 1
    assert in_force(database, after_s=130) == set()
    assert deploy(database, firm, "Email") == 1
    assert in_force(database, after_s=130) == {"Email"}


def test_the_same_again_adds_no_list(database: Database, firm: int) -> None:
    deploy(database, firm, "Email")
    assert deploy(database, firm, "Email") == 0


def test_a_message_that_was_not_found_gets_no_list(database: Database, firm: int) -> None:
    assert deploy(database, firm, "Email", known=False) == 0


def test_a_list_goes_with_its_message_and_keeps_when_it_was_heard_until_then(
    database: Database, firm: int
) -> None:
    deploy(database, firm, "Email")
    with database.transaction() as tx:
        tx.execute("UPDATE outbound_definition SET last_received_at = app_now()")
    deploy(database, firm, "Email", "Title")
    with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute("SELECT last_received_at FROM outbound_definition").fetchall()
        assert all(row["last_received_at"] for row in rows)
        forget(tx, firm, [ACTION])
    assert in_force(database, after_s=130) == set()


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(versions=st.lists(st.frozensets(st.sampled_from(FIELDS), min_size=1), min_size=2))
def test_no_list_ever_names_what_the_message_of_the_moment_lacks(
    database: Database, firm: int, versions: list[frozenset[str]]
) -> None:
    with database.transaction() as tx:
        forget(tx, firm, [ACTION])
    deploy(database, firm, *versions[0])
    for before, after in pairwise(versions):
        with database.transaction() as tx:
            narrow(tx, firm, sent(*after))
        assert in_force(database) <= before & after
        with database.transaction() as tx:
            widen(tx, firm, sent(*after, readable={*after}))
        assert in_force(database) <= before & after
        assert in_force(database, after_s=130) == after
