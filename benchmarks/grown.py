"""Let an installation of some people grow a hundredfold in the database: a first sync takes long.

Person n + k x SYNCED of `ComparedFirm` gets the ids, the address and the lists that are theirs, and
for the rest what person n has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.db.database import Database

SYNCED = 10_000
"""People that were synced: a multiple of how many lists there are."""

_STATEMENTS = (
    """
    CREATE FUNCTION grown_id(sf_id text, more int) RETURNS text IMMUTABLE LANGUAGE sql RETURN
      left(sf_id, 5) || lpad((substr(sf_id, 6, 10)::int + more)::text, 10, '0') || right(sf_id, 3)
    """,
    """
    CREATE FUNCTION grown_address(address text, more int) RETURNS text IMMUTABLE LANGUAGE sql RETURN
      'person' || lpad((substr(address, 7, 7)::int + more)::text, 7, '0')
      || '@example' || (substr(address, 7, 7)::int + more) % 97 || '.org'
    """,
    """
    CREATE FUNCTION grown_uuid(id uuid, more int) RETURNS uuid IMMUTABLE LANGUAGE sql RETURN
      lpad(to_hex(('x' || right(id::text, 8))::bit(32)::int + more), 32, '0')::uuid
    """,
    """
    INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, modified_by, created_at,
      account_id, contact_id, list_id, name, email_key, do_not_email, fields, unknown_fields,
      source, seen_at)
    SELECT connection_id, kind, grown_id(sf_id, more), modstamp, modified_by, created_at,
      account_id, grown_id(contact_id, more), list_id, name, grown_address(email_key, more),
      do_not_email,
      CASE kind WHEN 'contact' THEN fields || jsonb_build_object(
        'Id', grown_id(sf_id, more), 'Email', grown_address(email_key, more)) ELSE fields END,
      unknown_fields, source, seen_at
    FROM practifi_record
    CROSS JOIN generate_series(%(synced)s::int, %(last)s::int, %(synced)s::int) AS more
    WHERE kind IN ('contact', 'membership')
    """,
    """
    INSERT INTO cc_membership (connection_id, list_id, contact_id, seen_at)
    SELECT connection_id, list_id, grown_uuid(contact_id, more), seen_at
    FROM cc_membership
    CROSS JOIN generate_series(%(synced)s::int, %(last)s::int, %(synced)s::int) AS more
    """,
    """
    INSERT INTO cc_contact (connection_id, contact_id, email_key, permission, update_source,
      updated_at, resource, seen_at)
    SELECT connection_id, grown_uuid(contact_id, more), grown_address(email_key, more), permission,
      update_source, updated_at,
      resource || jsonb_build_object(
        'contact_id', grown_uuid(contact_id, more),
        'email_address', resource->'email_address'
          || jsonb_build_object('address', grown_address(email_key, more))),
      seen_at
    FROM cc_contact
    CROSS JOIN generate_series(%(synced)s::int, %(last)s::int, %(synced)s::int) AS more
    """,
)


def grow(database: Database, count: int) -> None:
    """Let the mirrors of both sides, which hold SYNCED people, hold `count`, a multiple of it."""
    values = {"synced": SYNCED, "last": count - SYNCED}
    for statement in _STATEMENTS:
        with database.transaction() as tx:
            tx.execute(statement.encode(), values if "INSERT" in statement else None)
