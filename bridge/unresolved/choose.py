"""What a person settles: whose fields are sent where several people have one address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.delivery.work import INTERACTIVE, mark
from bridge.errors import ConfigurationError
from bridge.identity import salesforce_id
from bridge.unresolved.keep import SQL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.delivery.work import Origin
    from bridge.unresolved.keep import Kind

SAYS: Mapping[Kind, tuple[str, str]] = {
    "shared_address": (
        "several people have this address, and no rule says whose fields are sent",
        "`bridge unresolved choose {id} CONTACT`, or give them addresses of their own",
    ),
    "duplicate": (
        "several records have this address and one name",
        "merge them in Practifi, or `bridge unresolved choose {id} CONTACT`",
    ),
    "list_name": (
        "several lists want this name, and one has it",
        "rename or delete the others in Practifi",
    ),
    "other_account": (
        "the record holds the id of a contact that this account does not have",
        "empty the field in Practifi: the contact is matched by its address then",
    ),
}
"""Kind -> what is unresolved, and what to do about it."""

CHOOSABLE: frozenset[Kind] = frozenset({"shared_address", "duplicate"})
"""Kinds of which a person can choose one contact."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Something that waits for a person.

    Attributes:
        about: An e-mail key, a list's name, or a record's id.
        candidates: The records that are meant.
        found_at: When a run found it first (UTC).
    """

    id: int
    connection: str
    kind: Kind
    about: str
    candidates: Sequence[Mapping[str, str]]
    found_at: datetime

    @property
    def says(self) -> str:
        """What is unresolved."""
        return SAYS[self.kind][0]

    @property
    def what_to_do(self) -> str:
        """What a person does about it."""
        return SAYS[self.kind][1].format(id=self.id)


def read_open(tx: psycopg.Connection[Any], connection: str | None = None) -> list[Row]:
    """Return what waits for a person, of all connections or of the one of this name."""
    with tx.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(SQL["open_rows"], {"connection": connection}).fetchall()


def choose(
    tx: psycopg.Connection[Any],
    row_id: int,
    contact: str,
    *,
    by: str,
    connection: str | None = None,
    origin: Origin = "cli",
) -> None:
    """Say whose fields are sent to an address; it holds until that person loses the address.

    The address is looked at at once.

    Raises:
        ConfigurationError: If there is no such row, or nothing or somebody else to choose.
    """
    connection_id, kind, key, candidates, _, finished_at = _locked(tx, row_id, connection)
    if kind not in CHOOSABLE:
        raise ConfigurationError(f"{row_id} is nothing to choose: {SAYS[kind][1]}")
    if finished_at is not None:
        raise ConfigurationError(f"{row_id} is settled: `bridge unresolved list` shows what is not")
    people = [str(one["contact"]) for one in candidates]
    try:
        chosen = salesforce_id(contact)
    except ValueError:
        chosen = contact
    if chosen not in people:
        raise ConfigurationError(f"{contact} is none of the records of {row_id}: {people}")
    values = {"connection_id": connection_id, "key": key, "id": row_id}
    tx.execute(SQL["forget_choices"], values)
    tx.execute(SQL["choose"], values | {"contact": chosen, "by": by})
    mark(tx, connection_id, {("address", key): False}, lane=INTERACTIVE, origin=origin)


def undo(
    tx: psycopg.Connection[Any],
    row_id: int,
    *,
    by: str,
    connection: str | None = None,
    origin: Origin = "cli",
) -> None:
    """Take a choice back: whose fields are sent goes on until somebody is chosen, or by the rule.

    Raises:
        ConfigurationError: If there is no such row, or nobody was chosen.
    """
    connection_id, _, key, _, choice, _ = _locked(tx, row_id, connection)
    if choice is None:
        raise ConfigurationError(f"nobody was chosen for {row_id}")
    tx.execute(SQL["unchoose"], {"connection_id": connection_id, "id": row_id, "by": by})
    mark(tx, connection_id, {("address", key): False}, lane=INTERACTIVE, origin=origin)


def _locked(tx: psycopg.Connection[Any], row_id: int, connection: str | None) -> tuple[Any, ...]:
    values = {"id": row_id, "connection": connection}
    row: tuple[Any, ...] | None = tx.execute(SQL["lock_row"], values).fetchone()
    if row is None:
        raise ConfigurationError(f"nothing is known as {row_id}: see `bridge unresolved list`")
    return row
