"""What is staged: each record once, by the terms that hold; what is unchanged is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from bridge.mirror.remember import remember_custom_fields
from reconciler.candidates.select import select_candidates
from reconciler.snapshot.stage import stage_practifi, stage_there
from reconciler.snapshot.staged import complete, together
from reconciler.snapshot.terms import begin_staging, still_hold
from tests.postgres.nights import Night, begin_night, settled
from tests.postgres.random_firm import FIELD_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fix_bridge import RunningBridge


@pytest.fixture
def night(bridge: RunningBridge) -> Iterator[Night]:
    """A firm that both sides know."""
    night = begin_night(bridge)
    settled(night, 5)
    yield night
    night.context.close()


def test_what_both_sides_hold_unchanged_is_not_written_again(night: Night) -> None:
    seen = """
        SELECT sf_id AS id, seen_at FROM practifi_record
        UNION ALL SELECT contact_id::text, seen_at FROM cc_contact
    """
    before = {row["id"]: row["seen_at"] for row in night.bridge.rows(seen)}
    person = next(iter(night.firm.people))
    night.firm.people[person]["LastName"] = "Bydgoszcz"
    night.firm.save(person)
    night.read()
    after = {row["id"]: row["seen_at"] for row in night.bridge.rows(seen)}
    assert {key for key in after if after[key] != before.get(key)} == {person}


def stage_again(night: Night, source: str, stage: Callable[..., None], *page: Any) -> None:
    with night.bridge.database.transaction() as tx:
        count = night.context.checkpoint(tx, source).row_count
        stage(tx, night.context, *page)
        night.context.save_checkpoint(tx, source, cursor=None, row_count=count + 1, complete=True)
    complete(night.context, source)


def test_a_record_that_two_pages_showed_counts_as_it_was_read_last(night: Night) -> None:
    night.read()
    later = night.firm.records("contact")[0] | {"FirstName": "Later"}
    stage_again(night, "practifi:contact", stage_practifi, "contact", [later])
    rows = night.bridge.rows(
        "SELECT compared FROM compared_contact WHERE sf_id = %(id)s", id=later["Id"]
    )
    assert [row["compared"].split("\x1f")[0] for row in rows] == ["Later"]


def test_so_does_a_contact_there_with_its_lists(night: Night) -> None:
    night.read()
    contact = next(iter(night.firm.there.values()))
    later = contact | {"first_name": "Later", "list_memberships": [str(FIELD_ID)]}
    stage_again(night, "cc:contact", stage_there, "contact", "contact_id", [later])
    rows = night.bridge.rows(
        "SELECT compared, lists FROM compared_contact_there WHERE contact_id = %(id)s",
        id=contact["contact_id"],
    )
    found = [(row["compared"].split("\x1f")[0], row["lists"]) for row in rows]
    assert found == [("Later", [FIELD_ID])]


def test_a_snapshot_that_a_crash_has_emptied_is_not_compared(night: Night) -> None:
    night.read()
    night.bridge.rows("DELETE FROM staged_practifi_record RETURNING sf_id")
    with pytest.raises(psycopg.OperationalError, match="was restarted"):
        select_candidates(night.context)


def test_where_processes_have_no_memory_to_share_one_of_them_reads(night: Night) -> None:
    def workers(tx: psycopg.Connection[Any]) -> str:
        ((count,),) = tx.execute("SHOW max_parallel_workers_per_gather").fetchall()
        if count != "0":
            raise psycopg.errors.DiskFull("could not resize shared memory segment")
        return str(count)

    assert together(night.bridge.database, workers) == "0"


def test_what_was_staged_by_other_terms_is_read_again(night: Night) -> None:
    night.read()
    with night.bridge.database.transaction() as tx:
        assert still_hold(tx, night.context)
        field = {"custom_field_id": str(FIELD_ID), "name": "client_type", "label": "Client type"}
        remember_custom_fields(tx, night.bridge.connection_id, [{**field, "type": "string"}])
        assert not still_hold(tx, night.context)
    begin_staging(night.context)
    with night.bridge.database.transaction() as tx:
        assert still_hold(tx, night.context)
        assert not night.context.checkpoint(tx, "practifi:contact").complete
    assert night.bridge.rows("SELECT FROM compared_contact") == []
