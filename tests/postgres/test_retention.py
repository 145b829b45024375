"""What has been kept long enough is let go by the regular job, and nothing sooner."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet
from psycopg import sql

from bridge.clock import now
from bridge.connections.keyring import KeyRing
from bridge.connections.store import add_connection
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from bridge.retention.kept import KEPT, SQL
from bridge.retention.let_go import let_go
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from bridge.db.database import Database

MINUTE = timedelta(minutes=1)
PERSON = "(SELECT min(id) FROM console_person)"
ADDED = {
    "sessions": f"""
        INSERT INTO console_session (token_hash, person_id, begun_at, seen_at, ends_at)
        SELECT sha256(%(name)s::bytea), {PERSON}, %(at)s, %(at)s, %(at)s""",
    "record_access": """
        INSERT INTO console_record_access
        SELECT 1, %(name)s, '001000000000001AAA', true, true, %(at)s""",
    "permission_sets": """
        INSERT INTO console_permission_set SELECT 1, %(name)s, 'Marketing', true, %(at)s""",
    "clients": """
        INSERT INTO console_client (connection_id, account_id, ways, asked_at)
        SELECT 1, lpad(%(name)s, 18, '0'), '[]', %(at)s""",
    "mapping_counts": """
        INSERT INTO mapping_count (connection_id, version_id, digest, files, asked_at)
        SELECT 1, id, %(name)s, '{}', %(at)s FROM mapping_version""",
    "bulk_drafts": f"""
        INSERT INTO bulk_create (connection_id, person_id, asked_by, state, made_at, changed_at)
        SELECT 1, CASE %(name)s WHEN 'old' THEN {PERSON} ELSE {PERSON} + 1 END, 'Ann', 'draft',
          %(at)s, %(at)s""",
    "bulk_saves": f"""
        INSERT INTO bulk_create
          (connection_id, person_id, asked_by, state, made_at, changed_at, finished_at)
        SELECT 1, {PERSON}, 'Ann', 'saved', %(at)s, %(at)s, %(at)s""",
    "saves": f"""
        WITH save AS (
          INSERT INTO console_save (connection_id, key, page, account_id, person_id, made_at)
          SELECT 1, %(name)s, 'page', '001000000000001AAA', {PERSON}, %(at)s)
        INSERT INTO console_saved (connection_id, save_key, place, act, contact_id, list_id)
        SELECT 1, %(name)s, place, 'add', '003', 'a01' FROM generate_series(1, 2) AS place""",  # noqa: S608 -- a constant
    "planned_interactions": """
        WITH run AS (
          INSERT INTO run (connection_id, job, mode, extent, origin, asked_by, asked_at, state,
            finished_at)
          SELECT 1, 'activities', 'apply', 'full', 'console', 'Ann', %(at)s, 'done', %(at)s
          RETURNING id),
        part AS (
          INSERT INTO interaction_part (connection_id, run_id, first, last, state, finished_at)
          SELECT 1, run.id, of.first, of.first, of.state, %(at)s
          FROM run, (VALUES (0, 'confirmed'), (1, 'skipped')) AS of (first, state)),
        plan AS (
          INSERT INTO plan (connection_id, origin, run_id, state, made_at, finished_at)
          SELECT 1, 'reconcile', run.id, 'done', %(at)s, %(at)s FROM run)
        INSERT INTO planned_interaction (connection_id, run_id, ordinal, external_id,
          campaign_activity_id, contact_id, practifi_contact, has_client, fingerprint)
        SELECT 1, run.id, ordinal, 'cc_' || ordinal, gen_random_uuid(), gen_random_uuid(), '003',
          false, '' FROM run, generate_series(0, 1) AS ordinal""",
    "steps": """
        WITH plan AS (
          INSERT INTO plan (connection_id, origin, state, made_at, finished_at)
          SELECT 1, 'webhook', 'done', %(at)s, %(at)s FROM generate_series(1, 2)
          RETURNING id)
        INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key,
          lane, detail, facts, reason, state, finished_at)
        SELECT 1, id, 0, id::text, 'update_contact', 'address', %(name)s, 2, '{}', '', 'changed',
          'confirmed', %(at)s FROM plan""",
    "plans": """
        INSERT INTO plan (connection_id, origin, state, made_at, finished_at)
        SELECT 1, 'webhook', 'done', %(at)s, %(at)s""",
    "runs": """
        WITH run AS (
          INSERT INTO run (connection_id, job, mode, extent, origin, asked_by, asked_at, state,
            finished_at)
          SELECT 1, 'contacts', 'apply', 'full', 'console', 'Ann', %(at)s, 'done', %(at)s
          RETURNING id),
        plan AS (
          INSERT INTO plan (connection_id, origin, run_id, state, made_at, finished_at)
          SELECT 1, 'reconcile', id, 'done', %(at)s, %(at)s FROM run
          RETURNING id),
        applied AS (
          INSERT INTO run (connection_id, job, mode, extent, origin, asked_by, asked_at, state,
            finished_at, applies_plan_id)
          SELECT 1, 'contacts', 'apply', 'full', 'console', 'Ann', %(at)s, 'done', %(at)s, id
          FROM plan),
        point AS (
          INSERT INTO checkpoint (connection_id, run_id, source, row_count)
          SELECT 1, id, 'contacts', 7 FROM run)
        INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key,
          lane, detail, facts, reason, state, finished_at)
        SELECT 1, id, 0, id::text, 'update_contact', 'address', %(name)s, 3, '{}', '', 'changed',
          'confirmed', %(at)s FROM plan""",
    "events": """
        WITH mailing AS (
          INSERT INTO campaign_activity (connection_id, campaign_activity_id, campaign_id, role,
            campaign_name, first_sent_at)
          SELECT 1, gen_random_uuid(), gen_random_uuid(), 'primary_email', %(name)s, %(at)s
          RETURNING campaign_activity_id)
        INSERT INTO engagement_event (connection_id, campaign_activity_id, kind, contact_id,
          occurred_at)
        SELECT 1, campaign_activity_id, 'open', gen_random_uuid(), %(at)s
        FROM mailing, generate_series(1, 3)""",
    "differences": """
        WITH run AS (
          INSERT INTO run (connection_id, job, mode, extent, origin, asked_by, asked_at, state,
            finished_at)
          SELECT 1, 'lists', 'apply', 'full', 'console', 'Ann', %(at)s, 'done', %(at)s
          RETURNING id),
        score AS (
          INSERT INTO integrity_score (connection_id, run_id, job, taken_at, linked, agreeing)
          SELECT 1, id, 'lists', %(at)s, 9, 8 FROM run)
        INSERT INTO integrity_difference
        SELECT 1, id, 'list', %(name)s, 'new', '{}', '{}' FROM run""",
    "looks": """
        INSERT INTO doctor_look (connection_id, due_at, begun_at, finished_at, findings, changes,
          shape)
        SELECT 1, %(at)s::timestamptz - n * interval '1 minute', %(at)s, %(at)s, '[]', '[]',
          CASE WHEN n = 0 AND %(name)s = 'old' THEN '{}'::jsonb END
        FROM generate_series(0, 1) n""",
    "alerts": """
        INSERT INTO alert (cause, about, says, what_to_do, came_at, told_at, gone_at, ended_at)
        SELECT 'silence', %(name)s, 'It is silent', 'Look', %(at)s, %(at)s, %(at)s, %(at)s""",
}
LEFT = {
    "sessions": ("console_session", 1),
    "record_access": ("console_record_access", 1),
    "permission_sets": ("console_permission_set", 1),
    "clients": ("console_client", 1),
    "mapping_counts": ("mapping_count", 1),
    "bulk_drafts": ("bulk_create", 1),
    "bulk_saves": ("bulk_create", 1),
    "saves": ("console_saved", 2),
    "planned_interactions": ("planned_interaction", 3),
    "steps": ("step", 3),
    "plans": ("plan", 1),
    "runs": ("run", 2),
    "events": ("engagement_event", 3),
    "differences": ("integrity_difference", 1),
    "looks": ("doctor_look", 3),
    "alerts": ("alert", 1),
}
"""Statement -> a table and how many rows of it are left, where one of its things was too old."""


@pytest.fixture
def firm(database: Database) -> Database:
    """A connection with a mapping, and two people who use the console."""
    with database.transaction() as tx:
        keyring = KeyRing([Fernet.generate_key().decode()])
        assert add_connection(tx, keyring, "firm", "00D5g00000ABcdEEAT").id == 1
        activate(tx, 1, read_files(MAPPINGS), by="test")
        for name in ("Ann", "Bob"):
            tx.execute(
                "INSERT INTO console_person (name, first_seen_at, seen_at)"
                " VALUES (%s, app_now(), app_now())",
                (name,),
            )
    return database


def count_of(database: Database, table: str) -> int:
    with database.transaction() as tx:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        ((count,),) = tx.execute(query).fetchall()
    return int(count)


@pytest.mark.parametrize("name", ADDED)
def test_what_is_too_old_goes_and_the_rest_stays(firm: Database, name: str) -> None:
    (kept,) = (one for one in KEPT if one.statement == SQL[name])
    with firm.transaction() as tx:
        for called, age in (("old", kept.after + MINUTE), ("young", kept.after - MINUTE)):
            tx.execute(ADDED[name].encode(), {"name": called, "at": now(tx) - age})
    table, left = LEFT[name]
    assert not let_go(firm, until=time.monotonic() + 60)
    assert count_of(firm, table) == left


def test_without_time_something_may_be_left(firm: Database) -> None:
    assert let_go(firm, until=time.monotonic())
