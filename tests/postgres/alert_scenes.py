"""What makes each cause of an alert come, and what makes it clear: statements for a firm `firm`."""

from __future__ import annotations

_RUN = """
    INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, started_at, state,
      finished_at, counters)
    SELECT id, 'contacts', 'apply', 'cli', 'olga', app_now(), app_now(), '{state}', app_now(),
      '{{"read": 100, "rejected": {{"too long": {rejected}}}}}'
    FROM connection
"""
_DONE = _RUN.format(state="done", rejected=0)

_SCORE = """
    WITH ended AS ({run} RETURNING connection_id, id)
    INSERT INTO integrity_score (connection_id, run_id, job, taken_at, linked, agreeing, causes)
    SELECT connection_id, id, 'contacts', app_now(), 1000, {agreeing}, '{{"unexplained": 9}}'
    FROM ended
"""

SCENES: dict[str, tuple[str, str]] = {
    "run_failed": (_RUN.format(state="failed", rejected=0), _DONE),
    "run_missing": (
        """
        INSERT INTO schedule (connection_id, job, cron, zone, since)
        SELECT id, 'contacts', '15 1 * * *', 'UTC', app_now() - interval '2 days'
        FROM connection
        """,
        _DONE,
    ),
    "guard_tripped": (
        """
        WITH held AS (
          INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state)
          SELECT id, 'contacts', 'apply', 'schedule', 'schedule', app_now(), 'waiting'
          FROM connection
          RETURNING connection_id, id)
        INSERT INTO plan (connection_id, origin, run_id, state, wait_reason, made_at)
        SELECT connection_id, 'reconcile', id, 'waiting', '31 removals', app_now()
        FROM held
        """,
        "UPDATE plan SET state = 'approved', wait_reason = NULL",
    ),
    "rejected_share": (
        _RUN.format(state="done", rejected=3),
        _RUN.format(state="done", rejected=2),
    ),
    "integrity_fell": (
        f"{_SCORE.format(run=_DONE, agreeing=1000)};{_SCORE.format(run=_DONE, agreeing=994)}",
        _SCORE.format(run=_DONE, agreeing=999),
    ),
    "consent_late": (
        """
        INSERT INTO work (connection_id, kind, key, lane, consent_wanted, due_at, blocked_reason)
        SELECT id, 'address', 'ada@example.org', 0, 1, app_now() - interval '16 minutes', 'refused'
        FROM connection
        """,
        "UPDATE work SET done = wanted",
    ),
    "token_ends": (
        "UPDATE credential SET stored_at = app_now() - interval '170 days'",
        "UPDATE credential SET stored_at = app_now()",
    ),
    "login_ends": (
        """
        INSERT INTO credential (connection_id, kind, key_id, ciphertext, expires_at)
        SELECT id, 'sf_key', 'k', '', app_now() + interval '29 days'
        FROM connection
        """,
        "UPDATE credential SET expires_at = app_now() + interval '730 days' WHERE kind = 'sf_key'",
    ),
    "certificate_ends": (
        """
        INSERT INTO certificate
        VALUES ('bridge.example.org:443', app_now(), app_now() + interval '9 days')
        """,
        "UPDATE certificate SET ends_at = app_now() + interval '90 days'",
    ),
    "salesforce_silent": (
        """
        INSERT INTO silence
        SELECT id, 'Contact', app_now(), app_now(), '04k', app_now() - interval '31 minutes', 2
        FROM connection
        """,
        "UPDATE silence SET since = NULL",
    ),
    "connection_paused": (
        "UPDATE connection SET state = 'paused'",
        "UPDATE connection SET state = 'active'",
    ),
}
"""Cause -> (what makes it come, what makes it clear)."""
