"""`bridge connection`: the connections of this installation. No command takes a secret in argv."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bridge.connections.keyring import open_keyring
from bridge.connections.rotate import begin_rotation, end_rotation
from bridge.connections.secrets import refuse_foreign_ring
from bridge.connections.store import list_connections, load_connection, read_endpoints
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.connections.model import Connection, Endpoint

_ADD = "bridge.connections.add"  # knows both adapters: loaded only to add, listing stays quick


def main(argv: list[str]) -> int:
    """Run `bridge connection` and return the exit code."""
    arguments = _parser().parse_args(argv)
    if arguments.command == "add":
        _add(arguments)
    elif arguments.command == "rotate":
        _rotate(arguments)
    else:
        _show(arguments)
    return 0


def _add(arguments: argparse.Namespace) -> None:
    added = import_module(_ADD).add(arguments)
    if added.note is not None:
        print(added.note, file=sys.stderr)
    endpoints = {added.connection.id: added.endpoint}
    _print([added.connection], endpoints, as_json=arguments.json, one=True)


def _rotate(arguments: argparse.Namespace) -> None:
    settings = read_settings()
    wait_for_schema(settings, 0)
    keyring = open_keyring(settings)
    with connect(settings) as tx, tx.transaction():
        refuse_foreign_ring(tx, keyring)
        connection = load_connection(tx, arguments.name)
        if arguments.end_old:
            end_rotation(tx, connection.id, at_once=arguments.at_once)
        else:
            begin_rotation(tx, keyring, connection.id)
        endpoints = {one.connection_id: one for one in read_endpoints(tx, keyring)}
    _print([connection], endpoints, as_json=arguments.json, one=True)


def _show(arguments: argparse.Namespace) -> None:
    settings = read_settings()
    wait_for_schema(settings, 0)
    with connect(settings) as tx:
        if arguments.command == "show":
            connections = [load_connection(tx, arguments.name)]
        else:
            connections = list_connections(tx)
        endpoints = {one.connection_id: one for one in read_endpoints(tx, open_keyring(settings))}
    _print(connections, endpoints, as_json=arguments.json, one=arguments.command == "show")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge connection",
        description="A connection is one Salesforce organization and one Constant Contact account.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    add = commands.add_parser(
        "add",
        help="add a connection, or give an existing one credentials",
        description="Without credentials a connection receives, and sends once they are given.",
    )
    add.add_argument("name", metavar="NAME", help="stands in the address that Salesforce posts to")
    add.add_argument("--organization-id", metavar="ID", help="00D…, 15 or 18 characters")
    add.add_argument("--salesforce-url", metavar="URL", help="https://FIRM.my.salesforce.com")
    add.add_argument("--salesforce-login-url", metavar="URL", help="if it differs from that")
    add.add_argument("--constant-contact-url", metavar="URL", help="if it is not the service's own")
    add.add_argument(
        "--credentials",
        metavar="FILE",
        help="the JSON object of both logins, as `bridge sandbox` prints it; -: standard input",
    )
    add.add_argument(
        "--profile",
        choices=["practifi", "bridge", "plain"],
        help="what objects the organization has; default: asked of it, else practifi",
    )
    add.add_argument("--by", metavar="NAME", help="who authorises it; default: the user")
    listing = commands.add_parser("list", help="list the connections")
    show = commands.add_parser("show", help="show a connection, with the path that messages go to")
    show.add_argument("name", metavar="NAME")
    rotate = commands.add_parser(
        "rotate",
        help="make another secret for the path that messages go to; the old one stays valid",
        description="Give the new path to the outbound messages in Salesforce, then end the old "
        "secret: messages that were made before go to the old path for up to 24 hours.",
    )
    rotate.add_argument("name", metavar="NAME")
    rotate.add_argument("--end-old", action="store_true", help="only the new secret is valid")
    rotate.add_argument("--at-once", action="store_true", help="with --end-old: do not wait a day")
    for command in (add, listing, show, rotate):
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _print(
    connections: Sequence[Connection],
    endpoints: dict[int, Endpoint],
    *,
    as_json: bool,
    one: bool,
) -> None:
    rows = [_as_row(connection, endpoints[connection.id]) for connection in connections]
    if as_json:
        print(json.dumps(rows[0] if one else rows, indent=2))
    elif one:
        width = max(map(len, rows[0]))
        for name, value in rows[0].items():
            shown = {None: "-", True: "yes", False: "no"}.get(value, value)
            print(f"{name.replace('_', ' '):{width}}  {shown}")
    else:
        for row in rows:
            reason = f": {row['state_reason']}" if row["state_reason"] else ""
            print(f"{row['name']:20}  {row['organization_id']}  {row['state']}{reason}")


def _as_row(connection: Connection, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": connection.name,
        "organization_id": connection.organization_id,
        "endpoint_path": endpoint.path,
        "old_path_is_valid": len(endpoint.secrets) > 1,
        "state": connection.state,
        "state_reason": connection.state_reason,
        "profile": connection.profile,
        "salesforce_url": connection.sf_url,
        "salesforce_user_id": connection.sf_user_id,
        "constant_contact_url": connection.cc_url,
    }
