"""Find the record that somebody tries a mapping on in the mirror: by address, name or id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from psycopg.rows import class_row, dict_row

from bridge.edits.store import SQL
from bridge.identity import email_key, is_salesforce_id, salesforce_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import LiteralString

    import psycopg

    from bridge.salesforce.values import Record

Kind: TypeAlias = Literal["contact", "list"]

MOST = 20
"""Records that one search finds at most."""
_SHORTEST_NAME = 2
_PLAIN = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A record that a search has found."""

    sf_id: str
    name: str | None

    @property
    def called(self) -> str:
        """What people call it."""
        return self.name or self.sf_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A record to try a mapping on.

    Attributes:
        fields: As the mirror has them.
        there: The contact there, where the record is one's.
    """

    sf_id: str
    fields: Record
    there: Mapping[str, Any] | None


def find_records(
    tx: psycopg.Connection[Any], connection_id: int, kind: Kind, text: str
) -> list[Found]:
    """Return the records that a text may mean, `MOST` at most; none for a text of one letter.

    Args:
        tx: A transaction.
        connection_id: Whose records they are.
        kind: What is looked for.
        text: An id, a contact's e-mail address, or a part of a name.
    """
    values: dict[str, object] = {"connection_id": connection_id, "kind": kind, "count": MOST}
    if is_salesforce_id(text):
        by_id = _found(tx, SQL["found_by_id"], values | {"text": salesforce_id(text)})
        if by_id:
            return by_id
    if kind == "contact" and "@" in text:
        return _found(tx, SQL["found_by_address"], values | {"text": email_key(text)})
    if len(text) < _SHORTEST_NAME:
        return []
    values["pattern"] = f"%{'%'.join(text.translate(_PLAIN).split())}%"
    by_name = SQL["found_by_name"] if kind == "contact" else SQL["lists_by_name"]
    return _found(tx, by_name, values)


def record_of(
    tx: psycopg.Connection[Any], connection_id: int, kind: Kind, sf_id: str
) -> Tried | None:
    """Return a record, or None where there is none."""
    with tx.cursor(row_factory=class_row(Tried)) as cursor:
        values = {"connection_id": connection_id, "kind": kind, "sf_id": sf_id}
        return cursor.execute(SQL["one_record"], values).fetchone()


def memberships_of(
    tx: psycopg.Connection[Any], connection_id: int, sf_id: str
) -> list[dict[str, Any]]:
    """Return the memberships of a contact: id, fields, and the name of the list."""
    with tx.cursor(row_factory=dict_row) as cursor:
        values = {"connection_id": connection_id, "sf_id": sf_id}
        return cursor.execute(SQL["memberships_of"], values).fetchall()


def _found(
    tx: psycopg.Connection[Any], statement: LiteralString, values: Mapping[str, object]
) -> list[Found]:
    with tx.cursor(row_factory=class_row(Found)) as cursor:
        return cursor.execute(statement, values).fetchall()
