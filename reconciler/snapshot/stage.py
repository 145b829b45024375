"""Put a page that was read into the staging tables of its run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.mirror.model import Kind
    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext

SQL = load_queries("reconciler.snapshot")


def stage_practifi(
    tx: psycopg.Connection[Any], context: RunContext, kind: Kind, records: Sequence[Record]
) -> None:
    """Stage records of Salesforce; one that is staged again counts as it was read last."""
    values = {"kind": kind, "records": json.dumps(records)}
    tx.execute(SQL["stage_practifi"], context.lease.row() | values)


def stage_there(
    tx: psycopg.Connection[Any],
    context: RunContext,
    kind: Literal["list", "contact"],
    id_name: str,
    resources: Sequence[Mapping[str, Any]],
) -> None:
    """Stage lists or contacts of the account; one that is staged again counts as read last."""
    values = {"kind": kind, "id_name": id_name, "resources": json.dumps(resources)}
    tx.execute(SQL["stage_cc"], context.lease.row() | values)
