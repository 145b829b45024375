"""The views for reports: documented as they are, read without an address, each with its rows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from bridge.db.database import Database

PAGE = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
TABLE = PAGE.partition("<!-- views")[2].partition("<!-- end of views -->")[0]
VIEWS = {
    view: re.findall(r"`(\w+)`", columns)
    for view, columns in re.findall(r"^\| `(report\.\w+)` \| (.*) \|$", TABLE, re.MULTILINE)
}
QUERIES = re.findall(r"^```sql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
A_FIRM = """
WITH firm AS (
  INSERT INTO connection (name, state) VALUES ('firm', 'active') RETURNING id),
a_run AS (
  INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, started_at, state,
    finished_at, counters)
  SELECT id, 'contacts', 'apply', 'schedule', 'schedule', app_now(), app_now(), 'done', app_now(),
    '{"read": 9, "unchanged": 3, "planned": 1, "skipped": {"no e-mail address": 3},
      "rejected": {"too long": 2}}'
  FROM firm
  RETURNING connection_id, id),
a_plan AS (
  INSERT INTO plan (connection_id, origin, run_id, state, made_at, finished_at)
  SELECT connection_id, 'reconcile', id, 'done', app_now(), app_now() FROM a_run
  RETURNING connection_id, id),
ada AS (
  INSERT INTO practifi_record (connection_id, kind, sf_id, email_key, fields, source, seen_at)
  SELECT id, 'contact', '0035g00000Ada00AAA', 'ada@example.org', '{}', 'message', app_now()
  FROM firm),
a_letter AS (
  INSERT INTO notification (connection_id, notification_id, origin, received_at,
    first_received_at, record_id, state, reason, finished_at)
  SELECT id, '04l1', 'poll', app_now(), app_now(), '0035g00000Ada00AAA', 'dead', 'refused',
    app_now()
  FROM firm),
a_score AS (
  INSERT INTO integrity_score (connection_id, run_id, job, taken_at, linked, agreeing, causes)
  SELECT connection_id, id, 'contacts', app_now(), 4, 3, '{"unexplained": 1}' FROM a_run)
INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key, lane,
  detail, facts, reason, state, outcome, finished_at)
SELECT connection_id, id, 0, 'k', 'update_contact', 'address', 'ada@example.org', 3,
  '{"change": {"last_name": ["a", "b"], "first_name": ["c", "d"]}}', '', 'it differs', 'refused',
  'somebody changed it meanwhile', app_now()
FROM a_plan
"""


@pytest.fixture(autouse=True)
def a_firm(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute(A_FIRM)


def rows(database: Database, statement: str) -> list[dict[str, Any]]:
    with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement).fetchall()


def test_every_view_is_documented_with_its_columns_in_their_order(database: Database) -> None:
    found: dict[str, list[str]] = {}
    for row in rows(
        database,
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'report' ORDER BY table_name, ordinal_position",
    ):
        found.setdefault(f"report.{row['table_name']}", []).append(row["column_name"])
    assert found == VIEWS


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_has_rows_and_shows_no_address(database: Database, view: str) -> None:
    found = rows(database, f"SELECT * FROM {view}")  # noqa: S608
    assert {row["connection"] for row in found} == {"firm"}
    assert "@" not in str(found)


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_of_the_page_finds_something(database: Database, query: str) -> None:
    assert rows(database, query)


def test_a_run_adds_up(database: Database) -> None:
    (run,) = rows(database, "SELECT * FROM report.runs_v1")
    assert run["read"] == 9 == run["unchanged"] + run["planned"] + run["skipped"] + run["rejected"]


def test_a_step_names_records_and_fields(database: Database) -> None:
    (step,) = rows(database, "SELECT * FROM report.steps_v1")
    assert step["records"] == ["0035g00000Ada00AAA"]
    assert step["fields"] == ["first_name", "last_name"]


def test_rejections_are_those_of_steps_notifications_and_runs(database: Database) -> None:
    found = rows(database, "SELECT what, reason, count FROM report.rejections_v1 ORDER BY what")
    assert [tuple(row.values()) for row in found] == [
        ("notification", "refused", 1),
        ("run", "too long", 2),
        ("step", "somebody changed it meanwhile", 1),
    ]


def test_a_role_with_the_views_alone_can_read_them(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute("CREATE ROLE analyst_of_reports")
        try:
            tx.execute("GRANT USAGE ON SCHEMA report TO analyst_of_reports")
            tx.execute("GRANT SELECT ON ALL TABLES IN SCHEMA report TO analyst_of_reports")
            tx.execute("SET LOCAL ROLE analyst_of_reports")
            for view in VIEWS:
                assert tx.execute(f"SELECT * FROM {view}").fetchall()  # noqa: S608
        finally:
            tx.execute("RESET ROLE")
            tx.execute("DROP OWNED BY analyst_of_reports")
            tx.execute("DROP ROLE analyst_of_reports")
