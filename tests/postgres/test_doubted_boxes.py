"""A box in doubt: an untick that is read at last is its person's, whoever saved since."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.mapping.names import ContactNames
from bridge.mirror.advance import advance
from bridge.mirror.model import PractifiRow

if TYPE_CHECKING:
    from bridge.db.database import Database

AT = datetime(2026, 3, 1, 9, 0, 1, tzinfo=UTC)
LATER = AT + timedelta(seconds=4)
CLERK, BRIDGE = "005000000000001AAA", "005000000000009AAA"
BOX, BY = "HasOptedOutOfEmail", "Unticked_By__c"
NAMES = ContactNames(object="Contact", email="Email", do_not_email=BOX, resubscribe_by=BY)


@pytest.fixture
def firm(database: Database) -> int:
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
    assert row is not None
    return int(row[0])


def heard(database: Database, *states: PractifiRow) -> list[tuple[bool, bool]]:
    """Hear of states one by one; return each recorded change of the box and whether it is ours."""
    for state in states:
        with database.transaction() as tx:
            advance(
                tx,
                [state],
                client_paths=(),
                names=NAMES,
                own_user_id=BRIDGE,
                cause_kind="read",
                causes=["n1"],
            )
    with database.transaction() as tx:
        rows = tx.execute("SELECT ticked, is_own_user FROM box_change ORDER BY changed_at")
        return rows.fetchall()


def state(connection_id: int, *, ticked: bool, **others: object) -> PractifiRow:
    fields: dict[str, str | None] = {
        "Email": "ada@example.org",
        BOX: str(ticked).lower(),
        BY: CLERK,
    }
    row = PractifiRow(
        connection_id=connection_id,
        kind="contact",
        sf_id="003000000000001AAA",
        source="read",
        modstamp=AT,
        modified_by=CLERK,
        email_key="ada@example.org",
        do_not_email=ticked,
        resubscribe_at=AT,
        fields=fields,
    )
    return replace(row, **others)  # type: ignore[arg-type]


def test_an_untick_of_the_second_of_a_late_tick_is_its_person_s_whoever_saved_since(
    database: Database, firm: int
) -> None:
    late = state(firm, ticked=True, source="message", resubscribe_at=None)
    renamed = state(firm, ticked=False, source="message", modstamp=LATER)
    written = state(firm, ticked=False, modstamp=LATER, modified_by=BRIDGE)
    found = heard(database, state(firm, ticked=False), late, renamed, written)
    assert found == [(True, False), (False, False)]


def test_a_box_that_the_bridge_s_own_user_cleared_long_after_a_stamp_is_ours(
    database: Database, firm: int
) -> None:
    ticked = state(firm, ticked=True, modstamp=LATER)
    cleared = state(firm, ticked=False, modstamp=LATER + timedelta(hours=1), modified_by=BRIDGE)
    assert heard(database, ticked, cleared) == [(True, False), (False, True)]
