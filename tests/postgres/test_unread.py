"""What has to be read back before anything is decided about an address, by each way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.delivery.gather import unread_records
from bridge.delivery.work import SQL
from tests.postgres.test_work import firm

if TYPE_CHECKING:
    from bridge.db.database import Database

__all__ = ["firm"]

ADA, BERT = "ada@example.org", "bert@example.org"
WRITE = """
INSERT INTO practifi_record (connection_id, kind, sf_id, contact_id, email_key, deleted_at,
  unknown_fields, fields, source, seen_at)
VALUES (%(firm)s, %(kind)s, %(sf_id)s, %(contact_id)s, %(email)s, CASE WHEN %(gone)s THEN now() END,
  CASE WHEN %(unread)s THEN '{Title}'::text[] ELSE '{}' END, '{}', 'message', now())
"""


def id_of(name: str) -> str:
    return f"0035g{name:A>13}"


def write(
    database: Database,
    firm: int,
    kind: str,
    name: str,
    *,
    unread: bool = True,
    email: str | None = None,
    of: str | None = None,
    gone: bool = False,
) -> None:
    row = {"firm": firm, "kind": kind, "sf_id": id_of(name), "email": email, "gone": gone}
    with database.transaction() as tx:
        tx.execute(WRITE, row | {"unread": unread, "contact_id": of and id_of(of)})


def unread(database: Database, firm: int, *keys: str) -> dict[str, list[str]]:
    with database.transaction() as tx:
        found = unread_records(tx, firm, keys)
    return {kind: sorted(ids) for kind, ids in found.items()}


@pytest.mark.parametrize("gone", [False, True], ids=["here", "deleted"])
def test_memberships_of_an_address_are_read_even_where_its_person_is_gone(
    database: Database, firm: int, *, gone: bool
) -> None:
    write(database, firm, "contact", "ada", unread=False, email=ADA, gone=gone)
    write(database, firm, "membership", "hers", of="ada")
    write(database, firm, "membership", "known", of="ada", unread=False)
    write(database, firm, "membership", "ended", of="ada", gone=True)
    assert unread(database, firm, ADA) == {"membership": [id_of("hers")]}
    assert unread(database, firm, id_of("ada")) == {"membership": [id_of("hers")]}
    assert unread(database, firm, BERT) == {}


def test_records_are_read_by_address_and_by_id_unless_they_are_gone(
    database: Database, firm: int
) -> None:
    write(database, firm, "contact", "ada", email=ADA)
    write(database, firm, "contact", "bert", email=BERT, gone=True)
    write(database, firm, "list", "letter")
    assert unread(database, firm, ADA, BERT) == {"contact": [id_of("ada")]}
    keys = [id_of("ada"), id_of("bert"), id_of("letter")]
    assert unread(database, firm, *keys) == {"contact": [id_of("ada")], "list": [id_of("letter")]}


def test_no_look_for_what_is_unread_reads_the_whole_mirror(database: Database, firm: int) -> None:
    with database.transaction() as tx:
        tx.execute(
            "INSERT INTO practifi_record (connection_id, kind, sf_id, email_key, fields, source, "
            "seen_at) SELECT %s, 'contact', '0035g' || lpad(n::text, 13, '0'), 'p' || n || "
            "'@example.org', '{}', 'message', now() FROM generate_series(1, 20000) AS n",
            [firm],
        )
        tx.execute("ANALYZE practifi_record")
        rows = tx.execute(
            b"EXPLAIN " + SQL["unread"].encode(), {"connection_id": firm, "keys": [ADA, BERT]}
        )
        assert "Seq Scan" not in "\n".join(line for (line,) in rows)
