"""People on both sides as the mirror has them, and what Salesforce lets somebody see of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import NAMESPACE_DNS, uuid5

from bridge.identity import email_key, salesforce_id
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from tests.fix_console import Desk

LIST = salesforce_id("a015g00000Lst01")


def mapped(desk: Desk) -> None:
    """Put the mapping that ships to work for the firm."""
    with desk.database.transaction() as tx:
        tx.execute("UPDATE connection SET profile = 'practifi' WHERE id = %s", (desk.firm,))
        activate(tx, desk.firm, read_files(MAPPINGS), by="test")


def a_list(desk: Desk, name: str = "Letter", *, sf_id: str = LIST) -> str:
    """Return the id of a list of the firm, linked to one of this name."""
    there = uuid5(NAMESPACE_DNS, sf_id)
    desk.rows(
        """
        INSERT INTO practifi_record (connection_id, kind, sf_id, name, fields, source, seen_at)
        VALUES (%(firm)s, 'list', %(id)s, %(name)s, %(fields)s, 'read', app_now())
        """,
        id=sf_id,
        name=name,
        fields=json.dumps({"Name": name}),
    )
    desk.rows(
        "INSERT INTO cc_list (connection_id, list_id, name, seen_at)"
        " VALUES (%(firm)s, %(there)s, %(name)s, app_now())",
        there=there,
        name=name,
    )
    desk.rows(
        "INSERT INTO link VALUES (%(firm)s, 'list', %(id)s, %(there)s, true, app_now(), %(name)s)",
        id=sf_id,
        there=there,
        name=name,
    )
    return sf_id


def a_contact(
    desk: Desk, number: int, email: str | None = "home@example.org", *, on: str | None = None,
    at: int | None = None, **fields: str | None,
) -> str:  # fmt: skip
    """Return the id of a contact of the firm.

    Args:
        desk: Whose console it is.
        number: Makes the id.
        email: Their address.
        on: A list that they are on.
        at: Another connection.
        fields: Fields as the mirror has them.
    """
    sf_id = salesforce_id(f"003{number:012d}")
    values = {"FirstName": "Ann", "LastName": "Moran", "Email": email, "HomePhone": None} | fields
    desk.rows(
        """
        INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, created_at, email_key,
          do_not_email, fields, source, seen_at)
        VALUES (%(at)s, 'contact', %(id)s, app_now(),
          app_now() - make_interval(days => %(days)s), %(email)s, false, %(fields)s, 'read',
          app_now())
        """,
        at=desk.firm if at is None else at,
        id=sf_id,
        days=1000 - number,
        email=email_key(email),
        fields=json.dumps(values),
    )
    if on is not None:
        desk.rows(
            """
            INSERT INTO practifi_record (connection_id, kind, sf_id, contact_id, list_id, fields,
              source, seen_at)
            VALUES (%(firm)s, 'membership', %(id)s, %(contact)s, %(list)s, '{}', 'read', app_now())
            """,
            id=salesforce_id(f"a02{number:012d}"),
            contact=sf_id,
            list=on,
        )
    return sf_id


def there(desk: Desk, owner: str, *others: str, on: str | None = None, **resource: object) -> str:
    """Return the id of the contact there that some contacts are, the first as its owner."""
    (row,) = desk.rows("SELECT email_key FROM practifi_record WHERE sf_id = %(id)s", id=owner)
    contact_id = str(uuid5(NAMESPACE_DNS, owner))
    address = {"address": row["email_key"], "permission_to_send": "implicit"}
    lists = [str(uuid5(NAMESPACE_DNS, on))] if on else []
    values = {
        "contact_id": contact_id,
        "email_address": address,
        "list_memberships": lists,
        **resource,
    }
    desk.rows(
        """
        INSERT INTO cc_contact (connection_id, contact_id, email_key, permission, resource, seen_at)
        VALUES (%(firm)s, %(there)s, %(email)s, 'implicit', %(resource)s, app_now())
        """,
        there=contact_id,
        email=row["email_key"],
        resource=json.dumps(values),
    )
    for one in (owner, *others):
        desk.rows(
            "INSERT INTO link VALUES (%(firm)s, 'contact', %(id)s, %(there)s, %(owns)s, app_now())",
            id=one,
            there=contact_id,
            owns=one == owner,
        )
    return contact_id


def lets_see(desk: Desk, *ids: str, edit: bool = True) -> None:
    """Have Salesforce said that everybody may read these records, and perhaps edit them."""
    desk.rows(
        """
        INSERT INTO console_record_access
        SELECT %(firm)s, p.sf_user_id, one, true, %(edit)s, app_now()
        FROM console_person p, unnest(%(ids)s::text[]) AS one
        WHERE p.sf_user_id IS NOT NULL
        ON CONFLICT (connection_id, sf_user_id, sf_id) DO UPDATE
          SET can_read = true, can_edit = EXCLUDED.can_edit
        """,
        ids=list(ids),
        edit=edit,
    )


def hides(desk: Desk, *ids: str) -> None:
    """Have Salesforce said that nobody may read these records."""
    lets_see(desk, *ids, edit=False)
    desk.rows(
        "UPDATE console_record_access SET can_read = false WHERE sf_id = ANY(%(ids)s)",
        ids=list(ids),
    )


def unresolved(desk: Desk, kind: str, about: str, *ids: str, at: int | None = None) -> int:
    """Return the number of something that waits for a person."""
    part = "list" if kind == "list_name" else "contact"
    (row,) = desk.rows(
        """
        INSERT INTO unresolved (connection_id, kind, key, candidates, found_at)
        VALUES (%(at)s, %(kind)s, %(about)s, %(candidates)s, app_now())
        RETURNING id
        """,
        at=desk.firm if at is None else at,
        kind=kind,
        about=about,
        candidates=json.dumps([{part: one} for one in ids]),
    )
    return int(row["id"])
