"""Runs and plans as their rows stand, written without a run: pages only read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.consent.record import record_seen_there
from bridge.identity import salesforce_id
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS

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


CLIENT = salesforce_id("0015g00000Hhhhh")
ANN, CLEO, DAN, EVE = (
    salesforce_id(f"0035g00000{name}") for name in ("Annnn", "Cleoo", "Dannn", "Eveee")
)
LISTS = {"a015g00000Newsl": "Newsletter", "a015g00000Quart": "Quarterly letter"}


def a_client(desk: Desk) -> list[str]:
    """Return the addresses of a client's pages: sharers, somebody who opted out or left a list."""
    with desk.database.transaction() as tx:
        activate(tx, desk.firm, read_files(MAPPINGS), by="test")
    lists = {salesforce_id(one): name for one, name in LISTS.items()}
    first, second = lists
    people = {ANN: "ann@example.org", CLEO: "both@example.org", DAN: "both@example.org", EVE: None}
    records = [(sf_id, "list", None, None, None, name, {}) for sf_id, name in lists.items()]
    records += [
        (sf_id, "contact", CLIENT, None, None, None, {"LastName": email or "Eve", "Email": email})
        for sf_id, email in people.items()
    ]
    records += [
        (salesforce_id(f"a025g00000Mem{number:02}"), "membership", None, sf_id, list_id, None, {})
        for number, (sf_id, list_id) in enumerate(
            [(ANN, first), (ANN, second), (CLEO, first), (DAN, first)]
        )
    ]
    for sf_id, kind, account, contact, list_id, name, fields in records:
        desk.rows(
            """
            INSERT INTO practifi_record (connection_id, kind, sf_id, account_id, contact_id,
              list_id, name, email_key, do_not_email, fields, source, created_at, seen_at)
            VALUES (%(firm)s, %(kind)s, %(sf_id)s, %(account)s, %(contact)s, %(list)s, %(name)s,
              %(key)s, CASE WHEN %(kind)s = 'contact' THEN false END, %(fields)s, 'read',
              app_now(), app_now())
            """,
            kind=kind,
            sf_id=sf_id,
            account=account,
            contact=contact,
            list=list_id,
            name=name,
            key=fields.get("Email"),
            fields=json.dumps(fields),
        )
    desk.rows(
        """
        INSERT INTO membership_base (connection_id, contact_id, list_id, seen_at, lost_at, lost_by)
        VALUES (%(firm)s, %(ann)s, %(list)s, app_now(), app_now(), 'person')
        """,
        ann=ANN,
        list=second,
    )
    with desk.database.transaction() as tx:
        record_seen_there(
            tx,
            desk.firm,
            "both@example.org",
            [CLEO, DAN],
            by_person=True,
            since=now(tx),
            cause_id="there",
        )
    desk.rows(
        "INSERT INTO console_client VALUES"
        " (%(firm)s, %(client)s, 'Household 1042', '[null, [], []]', app_now())",
        client=CLIENT,
    )
    desk.rows(
        """
        INSERT INTO console_record_access
        SELECT %(firm)s, '005' || lpad(number::text, 12, '0') || 'AAA', sf_id, true, true, app_now()
        FROM generate_series(0, 9) AS number, unnest(%(ids)s::text[]) AS sf_id
        """,
        ids=[CLIENT, *people],
    )
    path = f"/clients/{CLIENT}/memberships"
    return [
        "/clients",
        path,
        f"{path}/reactivate?contact={CLEO}",
        f"{path}/put-back?contact={ANN}&list={second}",
    ]
