"""A firm's people and lists in the mirror, for pages that put many of them on a list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from tests.console.browsing import Browser
    from tests.fix_console import Desk

LIST = "a015g00000News1AAC"
OTHER_LIST = "a015g00000Note2AAC"
ACCOUNT = "0015g00000Hous1AAC"
CC_LIST = "7b8ac2e6-1f4e-4a8e-9c53-6f1a4d1f0001"


def contact_id(number: int) -> str:
    """Return the id of a contact by its number."""
    return f"0035g{number:010d}AAA"


def cc_id(number: int) -> str:
    """Return the id of a contact there by its number."""
    return f"00000000-0000-4000-8000-{number:012d}"


def marketing(desk: Desk, *roles: str, name: str = "Mia Marketing") -> Browser:
    """Return the browser of somebody who has the permission set, as Salesforce has just said."""
    browser = desk.log_in(*roles, name=name)
    desk.rows(
        """
        INSERT INTO console_permission_set
        SELECT connection_id, sf_user_id, 'Constant Contact Marketing', true, app_now()
        FROM console_person
        ON CONFLICT DO NOTHING
        """
    )
    return browser


def a_crowd(desk: Desk, count: int = 3) -> None:
    """Enter a mapping, two lists, and contacts in Leeds with an address of their own."""
    with desk.database.transaction() as tx:
        activate(tx, desk.firm, read_files(MAPPINGS), by="test")
    for list_id, name in ((LIST, "Newsletter"), (OTHER_LIST, "Market Notes")):
        a_record(desk, "list", list_id, name=name)
    a_record(desk, "account", ACCOUNT, name="The Moran Household")
    desk.rows(
        """
        INSERT INTO practifi_record (connection_id, kind, sf_id, account_id, email_key,
          do_not_email, fields, source, seen_at)
        SELECT %(firm)s, 'contact', '0035g' || lpad(n::text, 10, '0') || 'AAA', %(account)s,
          'p' || n || '@example.org', false,
          jsonb_build_object('FirstName', 'Ann', 'LastName', 'Moran ' || lpad(n::text, 5, '0'),
            'Email', 'P' || n || '@example.org', 'MailingCity', 'Leeds', 'Title', NULL),
          'read', app_now()
        FROM generate_series(1, %(count)s) AS n
        """,
        account=ACCOUNT,
        count=count,
    )


def a_record(desk: Desk, kind: str, sf_id: str, **values: Any) -> None:
    """Enter a record that is neither a contact nor complete."""
    row = {"name": None, "contact_id": None, "list_id": None} | values
    desk.rows(
        """
        INSERT INTO practifi_record
          (connection_id, kind, sf_id, name, contact_id, list_id, fields, source, seen_at)
        VALUES (%(firm)s, %(kind)s, %(sf_id)s, %(name)s, %(contact_id)s, %(list_id)s, '{}', 'read',
          app_now())
        """,
        kind=kind,
        sf_id=sf_id,
        **row,
    )


def a_member(desk: Desk, number: int, list_id: str = LIST) -> str:
    """Put a contact on a list, and return the id of the membership."""
    sf_id = f"a025g{number:09d}{list_id[11]}AAA"
    a_record(desk, "membership", sf_id, contact_id=contact_id(number), list_id=list_id)
    return sf_id


def change(desk: Desk, number: int, **columns: object) -> None:
    """Change what is known of a contact: columns, or `fields` to be merged into its own."""
    fields = json.dumps(columns.pop("fields", {}))
    desk.rows(
        "UPDATE practifi_record SET fields = fields || %(fields)s::jsonb WHERE sf_id = %(id)s",
        fields=fields,
        id=contact_id(number),
    )
    for name, value in columns.items():
        desk.rows(
            f"UPDATE practifi_record SET {name} = %(value)s WHERE sf_id = %(id)s",  # noqa: S608
            value=value,
            id=contact_id(number),
        )


def there(desk: Desk, number: int, permission: str = "implicit", **values: Any) -> None:
    """Enter the contact there of somebody."""
    row = {"opt_out_source": None, "opt_out_at": None, "lists": []} | values
    desk.rows(
        """
        INSERT INTO cc_contact (connection_id, contact_id, email_key, permission, opt_out_source,
          opt_out_at, resource, seen_at)
        VALUES (%(firm)s, %(cc_id)s, %(key)s, %(permission)s, %(opt_out_source)s, %(opt_out_at)s,
          jsonb_build_object('list_memberships', %(lists)s::jsonb), app_now())
        """,
        cc_id=cc_id(number),
        key=f"p{number}@example.org",
        permission=permission,
        **(row | {"lists": json.dumps(row["lists"])}),
    )


def a_draft(browser: Browser, *, city: str = "Leeds", chosen: bool = True) -> str:
    """Begin a draft for the newsletter, find people, choose all of them; return its address."""
    begun = browser.press(browser.get("/memberships/bulk"), "Continue to Step Two", list=LIST)
    assert begun.path.endswith("/contacts"), begun.text
    browser.press(begun, "Add filter", path="MailingCity", text=city)
    if chosen:
        browser.press(browser.get(begun.path), "Add to Selected List", all="1")
    return begun.path.removesuffix("/contacts")
