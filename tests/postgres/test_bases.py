"""What both sides agreed on is forgotten only where the contact is seen off its list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.delivery.work import SQL
from tests.postgres.test_work import firm

if TYPE_CHECKING:
    from bridge.db.database import Database

__all__ = ["firm"]

ADA, LETTER = "0035g00000AdaAAAA1", "a015g00000LetAAAA1"
HERE, ELSEWHERE, THERE = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")


@pytest.fixture(autouse=True)
def _agreed(database: Database, firm: int) -> None:
    """Ada was on the letter at one contact there."""
    with database.transaction() as tx:
        tx.execute(
            "INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, "
            "cc_list_id, seen_at, agreed_at) VALUES (%s, %s, %s, %s, %s, now(), now())",
            [firm, ADA, LETTER, HERE, THERE],
        )


def forget(
    database: Database, firm: int, *, on_it: str | None, by: str, contacts_go: bool = False
) -> list[bool]:
    """Forget Ada's row from the delivery of a contact; return of each row left: still a member."""
    with database.transaction() as tx:
        if on_it is not None:
            tx.execute(
                "INSERT INTO cc_membership (connection_id, list_id, contact_id, seen_at) "
                "VALUES (%s, %s, %s, now())",
                [firm, THERE, on_it],
            )
        row = {"connection_id": firm, "contact_ids": [ADA], "list_ids": [LETTER]}
        tx.execute(SQL["forget_bases"], row | {"cc_contact_id": by, "contacts_go": contacts_go})
        rows = tx.execute("SELECT removed_at IS NULL FROM membership_base")
        return [is_member for (is_member,) in rows]


@pytest.mark.parametrize(
    ("on_it", "by", "left"),
    [
        (None, HERE, []),
        (ELSEWHERE, HERE, []),
        (HERE, HERE, [False]),
        (HERE, ELSEWHERE, [True]),
    ],
    ids=["off", "another on it", "kept on it by others", "moved on meanwhile"],
)
def test_a_row_stays_while_its_contact_is_on_its_list(
    database: Database, firm: int, on_it: str | None, by: str, left: list[bool]
) -> None:
    assert forget(database, firm, on_it=on_it, by=by) == left


@pytest.mark.parametrize(
    ("by", "is_there", "left"),
    [(HERE, True, []), (ELSEWHERE, True, [True]), (ELSEWHERE, False, [])],
)
def test_what_another_contact_goes_for_is_left_to_whoever_settles_that_one(
    database: Database, firm: int, by: str, left: list[bool], *, is_there: bool
) -> None:
    if is_there:
        with database.transaction() as tx:
            tx.execute(
                "INSERT INTO cc_contact (connection_id, contact_id, email_key, resource, seen_at) "
                "VALUES (%s, %s, 'ada@example.org', '{}', now())",
                [firm, HERE],
            )
    assert forget(database, firm, on_it=None, by=by, contacts_go=True) == left
