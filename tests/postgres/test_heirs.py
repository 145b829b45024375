"""Whom an opt-out of a record's former address concerns: who it was merged into since then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.work import SQL
from tests.postgres.test_work import firm

if TYPE_CHECKING:
    from bridge.db.database import Database

__all__ = ["firm"]

LOSER, WINNER = "003000000000001AAA", "003000000000002AAA"
THERE = "11111111-0000-4000-8000-000000000000"
MERGED_AT = datetime(2026, 3, 1, 9, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after_s", "found"),
    [(-1, [WINNER]), (0, [WINNER]), (1, []), (60, [])],
    ids=["opted out before", "in its second", "in the next", "later"],
)
def test_who_opts_out_after_a_merge_does_so_alone(
    database: Database, firm: int, after_s: int, found: list[str]
) -> None:
    with database.transaction() as tx:
        tx.execute(
            "INSERT INTO practifi_record (connection_id, kind, sf_id, fields, source, seen_at, "
            "deleted_at, merged_into) VALUES (%s, 'contact', %s, '{}', 'read', now(), %s, %s)",
            [firm, LOSER, MERGED_AT, WINNER],
        )
        tx.execute(
            "INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at) "
            "VALUES (%s, 'contact', %s, %s, true, now())",
            [firm, LOSER, THERE],
        )
        since = MERGED_AT + timedelta(seconds=after_s)
        values = {"connection_id": firm, "cc_id": THERE, "since": since}
        assert [heir for heir, _ in tx.execute(SQL["heirs_of"], values)] == found


def test_an_opt_out_goes_along_a_chain_of_merges(database: Database, firm: int) -> None:
    chain = [LOSER, WINNER, "003000000000003AAA"]
    with database.transaction() as tx:
        for gone, heir in pairwise(chain):
            tx.execute(
                "INSERT INTO practifi_record (connection_id, kind, sf_id, fields, source, seen_at, "
                "deleted_at, merged_into) VALUES (%s, 'contact', %s, '{}', 'read', now(), %s, %s)",
                [firm, gone, MERGED_AT, heir],
            )
        tx.execute(
            "INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at) "
            "VALUES (%s, 'contact', %s, %s, true, now())",
            [firm, LOSER, THERE],
        )
        values = {"connection_id": firm, "cc_id": THERE, "since": MERGED_AT - timedelta(days=1)}
        found = [heir for heir, _ in tx.execute(SQL["heirs_of"], values)]
    assert sorted(found) == chain[1:]
