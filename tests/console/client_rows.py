"""A client as its rows stand, written without Salesforce: what its pages show, and who may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.consent.record import record_seen_there
from bridge.identity import salesforce_id
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate, active
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from tests.fix_console import Desk

CLIENT = salesforce_id("0015g00000Hhhhh")
ADA, CLEO, DAN, EVE = (
    salesforce_id(f"0035g00000{name}") for name in ("Adaaa", "Cleoo", "Dannn", "Eveee")
)
LISTS = {"a015g00000Newsl": "Newsletter", "a015g00000Quart": "Quarterly letter"}


def a_client(desk: Desk) -> list[str]:
    """Return the addresses of a client's pages: sharers, somebody who opted out or left a list."""
    with desk.database.transaction() as tx:
        if active(tx, desk.firm) is None:
            activate(tx, desk.firm, read_files(MAPPINGS), by="test")
    lists = {salesforce_id(one): name for one, name in LISTS.items()}
    first, second = lists
    people = {ADA: "ada@example.org", CLEO: "pair@example.org", DAN: "pair@example.org", EVE: None}
    records: list[tuple[Any, ...]] = [
        (sf_id, "list", None, None, None, name, {}) for sf_id, name in lists.items()
    ]
    records += [
        (sf_id, "contact", CLIENT, None, None, None, {"LastName": email or "Eve", "Email": email})
        for sf_id, email in people.items()
    ]
    records += [
        (salesforce_id(f"a025g00000Mem{number:02}"), "membership", None, sf_id, list_id, None, {})
        for number, (sf_id, list_id) in enumerate(
            [(ADA, first), (ADA, second), (CLEO, first), (DAN, first)]
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
        VALUES (%(firm)s, %(ada)s, %(list)s, app_now(), app_now(), 'person')
        """,
        ada=ADA,
        list=second,
    )
    with desk.database.transaction() as tx:
        record_seen_there(
            tx,
            desk.firm,
            "pair@example.org",
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
        f"{path}/put-back?contact={ADA}&list={second}",
    ]
