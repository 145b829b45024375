"""Links: which record of Practifi is which contact or list there, and whose fields are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bridge.delivery.work import SQL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg


def link(
    tx: psycopg.Connection,
    connection_id: int,
    kind: Literal["contact", "list"],
    there: Mapping[str, str],
) -> None:
    """Say what each record is there, by its id there; several people may be one contact."""
    if there:
        tx.execute(SQL["link_people"], _values(connection_id, kind, there))


def disown(tx: psycopg.Connection, connection_id: int, owners: Mapping[str, str]) -> None:
    """Let contacts there go, for the moment between two owners; keep those of their new owners."""
    if owners:
        tx.execute(SQL["disown"], _values(connection_id, "contact", owners))


def own(
    tx: psycopg.Connection,
    connection_id: int,
    kind: Literal["contact", "list"],
    there: Mapping[str, str],
) -> None:
    """Say that the fields of these records are what is sent; they are linked, and nobody owns it.

    Raises:
        psycopg.errors.UniqueViolation: If another record's fields are.
    """
    if there:
        tx.execute(SQL["own"], _values(connection_id, kind, there))


def _values(connection_id: int, kind: str, there: Mapping[str, str]) -> dict[str, object]:
    return {
        "connection_id": connection_id,
        "kind": kind,
        "sf_ids": list(there),
        "cc_ids": list(there.values()),
    }
