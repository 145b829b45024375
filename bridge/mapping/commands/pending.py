"""`bridge mapping pending`, `approve` and `reject`: files that came by themselves and wait."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.edits.pending import Pending, pending_of, reject
from bridge.errors import ConfigurationError
from bridge.mapping.commands.activate import add_new_only, put_in_force
from bridge.mapping.commands.arguments import DONE, add_json, add_target, user
from bridge.mapping.commands.history import diff_of
from bridge.mapping.versions import files_of, version_in_force
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    import psycopg

    from bridge.mapping.commands.arguments import Commands


def add(commands: Commands) -> None:
    """Add the commands to those of `bridge mapping`."""
    pending = commands.add_parser("pending", help="show files that wait for a word, and why")
    approve = commands.add_parser("approve", help="put the files that wait to work")
    turned_down = commands.add_parser("reject", help="turn the files that wait down")
    for parser, run in ((pending, _pending), (approve, _approve), (turned_down, _reject)):
        add_target(parser)
        parser.set_defaults(run=run)
    add_new_only(approve)
    add_json(pending)
    add_json(approve)


def _pending(arguments: argparse.Namespace) -> int:
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        found = pending_of(connection, target.id)
        before = _in_force(connection, target.id)
    if arguments.json:
        print(json.dumps(_as_json(found), ensure_ascii=False))
    elif found is None:
        print(f"{target.name}: nothing waits")
    else:
        print(f"{target.name}: {found.reason}")
        print(f"came {found.arrived_at:%Y-%m-%d %H:%M} UTC by {found.arrived_by}")
        for sentence in found.loosens:
            print(f"loosens consent: {sentence}")
        print("".join(diff_of(before, found.files)), end="")
        print("-> `bridge mapping approve`, or `bridge mapping reject`")
    return DONE


def _approve(arguments: argparse.Namespace) -> int:
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        found = _waiting(pending_of(connection, target.id), target.name)
    return put_in_force(found.files, arguments)


def _reject(arguments: argparse.Namespace) -> int:
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        _waiting(pending_of(connection, target.id), target.name)
        reject(connection, target.id, by=user())
    print(f"{target.name}: turned down; the same text is not asked about again")
    return DONE


def _waiting(found: Pending | None, name: str) -> Pending:
    if found is None:
        raise ConfigurationError(f"{name}: no mapping files wait: see `bridge mapping history`")
    return found


def _in_force(tx: psycopg.Connection[Any], connection_id: int) -> Mapping[str, str]:
    version_id = version_in_force(tx, connection_id)
    return {} if version_id is None else files_of(tx, connection_id, version_id) or {}


def _as_json(found: Pending | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "reason": found.reason,
        "loosens": list(found.loosens),
        "arrived_at": found.arrived_at.isoformat(),
        "arrived_by": found.arrived_by,
        "beside_version": found.version_id,
        "digest": found.digest,
    }
