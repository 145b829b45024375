"""Look at all contacts of a connection, or at some, by two mappings, in one transaction."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.edits.store import SQL
from bridge.edits.tally import Tally
from bridge.identity import email_key, is_salesforce_id, salesforce_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from bridge.edits.effect import Comparison, Effect
    from bridge.salesforce.values import Record

_ROWS = 2_000
"""Rows that the server gives at a time; progress is told as often."""


def effect_of(comparison: Comparison, record: Record, there: str | None) -> Effect:
    """Return what changes for a contact; what is there, as text, is read where that counts."""
    return comparison.of_lazy(record, partial(_parsed, there))


def weigh_all(
    tx: psycopg.Connection[Any],
    connection_id: int,
    comparison: Comparison,
    told: Callable[[int], None] = lambda _looked: None,
) -> Tally:
    """Return what becomes of all contacts whose fields are sent.

    Args:
        tx: A transaction.
        connection_id: Whose they are.
        comparison: Of the mapping in force with another one.
        told: Called now and then with how many were looked at.
    """
    tally, values = Tally(), {"connection_id": connection_id}
    with tx.cursor(binary=True) as cursor:
        for sf_id, record, there in cursor.stream(SQL["all_records"], values, size=_ROWS):
            tally.add(sf_id, effect_of(comparison, record, there))
            if tally.looked % _ROWS == 0:
                told(tally.looked)
    told(tally.looked)
    return tally


def weigh_some(
    tx: psycopg.Connection[Any], connection_id: int, comparison: Comparison, meant: Sequence[str]
) -> Tally:
    """Return what becomes of contacts that are named by id or address; unknown ones are none."""
    values = {
        "connection_id": connection_id,
        "ids": [salesforce_id(one) for one in meant if is_salesforce_id(one)],
        "keys": [email_key(one) for one in meant if "@" in one],
    }
    tally = Tally()
    for sf_id, record, there in tx.execute(SQL["records_of"], values):
        tally.add(sf_id, effect_of(comparison, record, there))
    return tally


def _parsed(there: str | None) -> Mapping[str, Any] | None:
    if there is None:
        return None
    resource: Mapping[str, Any] = json.loads(there)
    return resource
