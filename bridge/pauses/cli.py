"""`bridge pause` and `bridge resume`: stop delivering for a while; opt-outs go on."""

from __future__ import annotations

import argparse
import getpass
import json
from typing import TYPE_CHECKING, Any

from bridge.backups.store import restored
from bridge.connections.store import list_connections, load_connection
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.delivery.work import CONSENT, LANES
from bridge.errors import ConfigurationError
from bridge.pauses.store import (
    ALL_LANES,
    DELIVERY_LANES,
    pause_lanes,
    read_pauses,
    resume_lanes,
)
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.backups.store import Restored
    from bridge.pauses.store import Pause

_EPILOG = (
    "What arrives is received and triaged meanwhile, and waits. Opt-outs go on unless --all: it "
    "stops them and what is written to Practifi, too. A run that applies a plan waits."
)


def pause(argv: list[str]) -> int:
    """Run `bridge pause` and return the exit code."""
    parser = _parser("pause", "Stop delivering until `bridge resume`.", LANES[CONSENT + 1 :])
    parser.add_argument("--reason", metavar="TEXT", help="shown to whoever asks why")
    arguments = parser.parse_args(argv)
    with _connected() as tx, tx.transaction():
        lanes = ALL_LANES if arguments.all else _lanes(arguments, DELIVERY_LANES)
        ids = _connection_ids(tx, arguments.connection)
        pause_lanes(tx, ids, lanes, by=_user(), reason=arguments.reason)
        paused = read_pauses(tx)
    _tell(paused, is_json=arguments.json)
    return 0


def resume(argv: list[str]) -> int:
    """Run `bridge resume` and return the exit code."""
    parser = _parser("resume", "Deliver again what `bridge pause` has stopped.", LANES)
    parser.add_argument(
        "--unseen",
        action="store_true",
        help="after `bridge restore`: without a new plan of what the backup does not know",
    )
    arguments = parser.parse_args(argv)
    with _connected() as tx, tx.transaction():
        ids = _connection_ids(tx, arguments.connection)
        if not arguments.unseen:
            _refuse_unseen(restored(tx, ids))
        resume_lanes(tx, ids, _lanes(arguments, ALL_LANES))
        paused = read_pauses(tx)
    _tell(paused, is_json=arguments.json)
    return 0


def _refuse_unseen(connections: Sequence[Restored]) -> None:
    """Refuse to deliver from a restored state of which nobody can have seen what it lacks.

    Raises:
        ConfigurationError: If a connection has no plan of its contacts since; says what to do.
    """
    for each in connections:
        if each.run_id is None:
            raise ConfigurationError(
                f"{each.connection} was restored from a backup at "
                f"{each.restored_at:%Y-%m-%d %H:%M} UTC: `bridge reconcile contacts --plan "
                f"--connection {each.connection}` shows what it does not know; look at that first"
            )


def _parser(name: str, description: str, lanes: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"bridge {name}", description=description, epilog=_EPILOG)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--lane", choices=lanes, metavar="LANE", help=", ".join(lanes))
    which.add_argument("--all", action="store_true", help="every lane, opt-outs too")
    parser.add_argument("--connection", metavar="NAME", help="only of this connection")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _connected() -> psycopg.Connection[Any]:
    settings = read_settings()
    wait_for_schema(settings, 0)
    return connect(settings)


def _lanes(arguments: argparse.Namespace, default: frozenset[int]) -> frozenset[int]:
    return default if arguments.lane is None else frozenset({LANES.index(arguments.lane)})


def _connection_ids(tx: psycopg.Connection[Any], name: str | None) -> list[int]:
    found = list_connections(tx) if name is None else [load_connection(tx, name)]
    return [connection.id for connection in found]


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _tell(paused: Sequence[Pause], *, is_json: bool) -> None:
    if is_json:
        print(json.dumps([as_json(each) for each in paused], indent=2))
        return
    for each in paused:
        print(f"{each.connection}  {each.words()}")
    if not paused:
        print("nothing is paused")


def as_json(paused: Pause) -> dict[str, Any]:
    """Return a pause for programs."""
    return {
        "connection": paused.connection,
        "lane": LANES[paused.lane],
        "paused_at": paused.paused_at.isoformat(),
        "paused_by": paused.paused_by,
        "reason": paused.reason,
    }
