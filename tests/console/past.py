"""Runs and plans as their rows stand, written without a run: pages only read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fix_console import Desk

RECORD = "0035g00000AnnAAAAZ"
_FINISHED = {"done", "failed", "cancelled"}


def a_run(desk: Desk, *, at: int | None = None, **values: Any) -> int:
    """Return the number of a run of the firm."""
    row = {
        "connection_id": desk.firm if at is None else at,
        "job": "contacts",
        "mode": "apply",
        "extent": "full",
        "origin": "cli",
        "asked_by": "ann",
        "state": "done",
        "reason": None,
        "counters": {},
        "progress": {},
        "minutes_ago": 10,
        "took_s": 60,
        "held": False,
        **values,
    }
    row |= {name: json.dumps(row[name]) for name in ("counters", "progress")}
    row["finished"] = row["state"] in _FINISHED
    (made,) = desk.rows(
        """
        INSERT INTO run (connection_id, job, mode, extent, origin, asked_by, asked_at, started_at,
          state, reason, counters, progress, finished_at, lease_token, lease_until)
        VALUES (%(connection_id)s, %(job)s, %(mode)s, %(extent)s, %(origin)s, %(asked_by)s,
          app_now() - make_interval(mins => %(minutes_ago)s),
          CASE WHEN %(state)s <> 'queued' THEN
            app_now() - make_interval(mins => %(minutes_ago)s) END,
          %(state)s, %(reason)s, %(counters)s, %(progress)s,
          CASE WHEN %(finished)s THEN app_now() - make_interval(mins => %(minutes_ago)s,
            secs => -%(took_s)s) END,
          CASE WHEN %(held)s THEN gen_random_uuid() END,
          CASE WHEN %(held)s THEN app_now() + interval '1 minute' END)
        RETURNING id
        """,
        **row,
    )
    return int(made["id"])


def a_plan(
    desk: Desk,
    run_id: int,
    steps: list[dict[str, Any]] | None = None,
    *,
    state: str = "waiting",
    at: int | None = None,
    **totals: Any,
) -> int:
    """Return the number of a plan that a run of the firm has made."""
    connection_id = desk.firm if at is None else at
    steps = steps if steps is not None else [a_step("ann@example.org")]
    totals = {"steps": len(steps), "by_sign": {"change": len(steps)}, "calls": len(steps)} | totals
    (made,) = desk.rows(
        """
        INSERT INTO plan (connection_id, origin, run_id, asked_by, state, totals, made_at,
          finished_at)
        VALUES (%(connection_id)s, 'reconcile', %(run_id)s, 'ann', %(state)s, %(totals)s,
          app_now(), CASE WHEN %(state)s IN ('done', 'discarded') THEN app_now() END)
        RETURNING id
        """,
        connection_id=connection_id,
        run_id=run_id,
        state=state,
        totals=json.dumps(totals),
    )
    for ordinal, step in enumerate(steps):
        desk.rows(
            """
            INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key,
              lane, detail, facts, reason, state)
            VALUES (%(connection_id)s, %(plan_id)s, %(ordinal)s, %(key)s, %(kind)s,
              %(subject_kind)s, %(subject_key)s, 3, %(detail)s, '', %(reason)s, 'planned')
            """,
            connection_id=connection_id,
            plan_id=made["id"],
            ordinal=ordinal,
            **step,
        )
    return int(made["id"])


def a_step(
    who: str, *, kind: str = "update_contact", reason: str = "changed in Practifi", **change: Any
) -> dict[str, Any]:
    """Return a step about an address."""
    return {
        "key": f"{kind}:{who}",
        "kind": kind,
        "subject_kind": "address",
        "subject_key": who,
        "detail": json.dumps({"change": change or {"last_name": ["Old", "New"]}, "calls": 1}),
        "reason": reason,
    }


def arrived(desk: Desk, number: int = 1, *, at: int | None = None, **values: object) -> str:
    """Return the id of a notification that came by no message."""
    row = {
        "connection_id": desk.firm if at is None else at,
        "id": f"04l{number:012d}AAA",
        "record_id": RECORD,
        "state": "dead",
        "cause": "record-error:Email",
        "reason": "the e-mail address is not one",
        "people": ["ann@example.org"],
        **values,
    }
    desk.rows(
        """
        INSERT INTO notification (connection_id, notification_id, origin, received_at,
          first_received_at, object, record_id, state, cause, reason, finished_at)
        VALUES (%(connection_id)s, %(id)s, 'poll', app_now(), app_now(), 'Contact', %(record_id)s,
          %(state)s, CASE WHEN %(state)s = 'dead' THEN %(cause)s END, %(reason)s,
          CASE WHEN %(state)s IN ('done', 'dead') THEN app_now() END)
        """,
        **row,
    )
    for person in row["people"]:  # type: ignore[attr-defined]
        desk.rows(
            "INSERT INTO notification_subject VALUES"
            " (%(connection_id)s, %(id)s, 'address', %(key)s, 1)",
            key=person,
            **row,
        )
    return str(row["id"])


def flaps(desk: Desk, who: str = "ann@example.org") -> int:
    """Let the bridge have set a title twice, and a run find it changed again; return its plan."""
    plan = 0
    for _ in range(2):
        plan = a_plan(desk, a_run(desk), [a_step(who, job_title=["Cook", "Chef"])], state="done")
    desk.rows(
        """
        UPDATE step
        SET state = 'confirmed', finished_at = app_now()
        WHERE plan_id IN (SELECT id FROM plan WHERE state = 'done')
        """
    )
    desk.rows(
        """
        INSERT INTO practifi_record
          (connection_id, kind, sf_id, email_key, modified_by, fields, source, seen_at)
        VALUES (%(firm)s, 'contact', '0035g00000AnnAAAAZ', %(who)s, '005Olive', '{}', 'read',
          app_now())
        """,
        who=who,
    )
    desk.rows(
        """
        WITH score AS (
          INSERT INTO integrity_score (connection_id, run_id, job, taken_at, linked, agreeing)
          VALUES (%(firm)s, %(run)s, 'contacts', app_now(), 1, 0)
          RETURNING connection_id, run_id)
        INSERT INTO integrity_difference
        SELECT connection_id, run_id, 'contact', '0035g00000AnnAAAAZ', 'changed_there',
          '{job_title,last_name}', '{job_title}'
        FROM score
        """,
        run=a_run(desk),
    )
    return plan


def pauses(desk: Desk, who: str = "ann@example.org", *, at: int | None = None) -> None:
    """Let the title of somebody have been set back for the third time a day ago."""
    desk.rows(
        """
        INSERT INTO flapping_field
          (connection_id, key, field, ours, theirs, set_back_at, paused_at)
        VALUES (%(at)s, %(who)s, 'job_title', '"Chef"', '"Cook"',
          ARRAY[app_now() - interval '3 days', app_now() - interval '2 days'],
          app_now() - interval '1 day')
        """,
        who=who,
        at=desk.firm if at is None else at,
    )
