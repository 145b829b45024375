"""`bridge integrity`: how far both sides agree, night by night, and why what differs does."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.integrity.score import SQL
from bridge.integrity.text import lines
from bridge.json_values import as_text
from bridge.settings import read_settings

if TYPE_CHECKING:
    import psycopg

_NIGHTS = 7
_RECORDS = 20


def main(argv: list[str]) -> int:
    """Run `bridge integrity` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge integrity",
        description="The share of linked records that agreed when a run compared both sides, and "
        "why the others differed. A field that flaps was set to the same value twice before.",
    )
    parser.add_argument(
        "--nights", type=int, default=_NIGHTS, metavar="N", help=f"at most N; default: {_NIGHTS}"
    )
    parser.add_argument("--connection", metavar="NAME", help="only of this connection")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    with connect(settings) as connection, connection.transaction():
        if arguments.connection is not None:
            load_connection(connection, arguments.connection)
        scores = _scores(connection, arguments.connection, arguments.nights)
    if arguments.json:
        print(json.dumps(scores, indent=2, default=as_text))
    else:
        for line in lines(scores):
            print(line.rstrip())
    return 0


def _scores(
    tx: psycopg.Connection[Any], connection: str | None, nights: int
) -> list[dict[str, Any]]:
    """Return the newest scores, the newest of each job with the records that differed."""
    with tx.cursor(row_factory=dict_row) as cursor:
        values = {"connection": connection, "count": nights}
        scores = cursor.execute(SQL["scores"], values).fetchall()
        seen = set()
        for score in scores:
            whose = (score["connection"], score["job"])
            if whose not in seen:
                found = {"run_id": score["run_id"], "count": _RECORDS}
                score["records"] = cursor.execute(SQL["differences"], found).fetchall()
            seen.add(whose)
    return scores
