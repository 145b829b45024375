"""`bridge consent`: who waits to be mailed again, what people answer, and by which rules."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import date, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.connections.command import database_of, meant, the_one_meant
from bridge.consent.coming_back.answer import approve, give_evidence, refuse, set_rules
from bridge.consent.coming_back.listing import list_requests
from bridge.consent.standing import rules_of
from bridge.consent.statement import Statement
from bridge.consent.who import user_name
from bridge.errors import ConfigurationError
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg

    from bridge.consent.coming_back.listing import Request
    from bridge.db.database import Database
    from bridge.settings import Settings

_WAKE = "bridge.consent.coming_back.wake"  # knows the broker: loaded only where something goes on
_INTERNAL = frozenset({"connection_id"})
_HEADS = ("request", "connection", "contact", "address", "unticked", "by", "stands")


def main(argv: list[str]) -> int:
    """Run `bridge consent` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    run: Callable[[Settings, Database, argparse.Namespace], None] = arguments.run
    with database_of(settings) as database:
        run(settings, database, arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge consent",
        description="Requests to mail people again who had opted out themselves.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    held = commands.add_parser("held", help="list requests that wait for an approver")
    held.set_defaults(run=_list, which="held")
    waiting = commands.add_parser("waiting", help="list those that wait for evidence or a person")
    waiting.set_defaults(run=_list, which="waiting")
    yes = commands.add_parser("approve", help="let held requests go on")
    which = yes.add_mutually_exclusive_group(required=True)
    which.add_argument("ids", nargs="*", type=int, metavar="ID", default=[], help="their numbers")
    which.add_argument("--all", action="store_true", help="all that are held")
    yes.set_defaults(run=_approve)
    no = commands.add_parser("refuse", help="refuse held requests for good")
    no.add_argument("ids", nargs="+", type=int, metavar="ID", help="their numbers")
    no.set_defaults(run=_refuse)
    evidence = commands.add_parser("evidence", help="record who asked, when and how")
    evidence.add_argument("id", type=int, metavar="ID", help="the request's number")
    evidence.add_argument("--via", required=True, metavar="HOW", help="telephone, meeting, letter…")
    evidence.add_argument("--on", required=True, type=_day, metavar="DATE", help="YYYY-MM-DD")
    evidence.add_argument("--note", metavar="TEXT", help="whatever else proves it")
    evidence.set_defaults(run=_evidence)
    policy = commands.add_parser("policy", help="show or set the rules of coming back")
    policy.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="policy=practifi|confirm|evidence, country.XX=…, mass_limit=N, mass_minutes=N",
    )
    policy.set_defaults(run=_policy)
    for command in (held, waiting, yes, no, evidence, policy):
        command.add_argument("--connection", metavar="NAME", help="only of this connection")
    for command in (held, waiting, policy):
        command.add_argument("--json", action="store_true", help="print one JSON value")
    for command in (yes, no, evidence, policy):
        command.add_argument("--by", metavar="NAME", help="who says so; default: the user")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("a date like 2026-11-02 is wanted") from None


def _list(_settings: Settings, database: Database, arguments: argparse.Namespace) -> None:
    with database.transaction() as tx:
        found = list_requests(tx, arguments.which, connection_id=_connection_id(tx, arguments))
    if arguments.json:
        print(json.dumps([_as_json(request) for request in found], indent=2))
    elif found:
        _print_table([_HEADS, *map(_cells, found)])
    else:
        print(f"nothing is {arguments.which}")


def _approve(settings: Settings, database: Database, arguments: argparse.Namespace) -> None:
    ids = None if arguments.all else arguments.ids
    with database.transaction() as tx:
        done = approve(
            tx, ids, by=user_name(arguments.by), connection_id=_connection_id(tx, arguments)
        )
    _wake(settings, database)
    print(f"approved {_counted(done)}")


def _refuse(settings: Settings, database: Database, arguments: argparse.Namespace) -> None:
    with database.transaction() as tx:
        connection_id = _connection_id(tx, arguments)
        done = refuse(tx, arguments.ids, by=user_name(arguments.by), connection_id=connection_id)
    _wake(settings, database)
    print(f"refused {_counted(done)}")


def _evidence(settings: Settings, database: Database, arguments: argparse.Namespace) -> None:
    statement = Statement(
        via=arguments.via, on=arguments.on, note=arguments.note, by=user_name(arguments.by)
    )
    with database.transaction() as tx:
        if statement.on > now(tx).date():
            raise ConfigurationError(f"--on {statement.on}: nobody has asked on a day to come")
        connection_id = _connection_id(tx, arguments)
        give_evidence(tx, arguments.id, statement, connection_id=connection_id)
    _wake(settings, database)
    print(f"evidence is on record for request {arguments.id}")


def _policy(_settings: Settings, database: Database, arguments: argparse.Namespace) -> None:
    with database.transaction() as tx:
        name = arguments.connection
        connections = [the_one_meant(tx, name)] if arguments.set else meant(tx, name)
        found = {
            each.name: set_rules(tx, each.id, arguments.set, by=user_name(arguments.by)).as_json()
            if arguments.set
            else rules_of(tx, each.id).as_json()
            for each in connections
        }
    if arguments.json:
        print(json.dumps([{"connection": name} | rules for name, rules in found.items()], indent=2))
        return
    for name, rules in found.items():
        countries = [f"{code} {policy}" for code, policy in rules["by_country"].items()]
        print(
            f"{name}  {'; '.join([rules['policy'], *countries])}; more than {rules['mass_limit']} "
            f"within {rules['mass_minutes']} minutes are held"
        )


def _connection_id(tx: psycopg.Connection, arguments: argparse.Namespace) -> int | None:
    if arguments.connection is None:
        return None
    return the_one_meant(tx, arguments.connection).id


def _wake(settings: Settings, database: Database) -> None:
    wake: Callable[[Settings, Database], None] = import_module(_WAKE).wake_consent
    wake(settings, database)


def _counted(ids: Sequence[int]) -> str:
    if not ids:
        return "nothing: no request is held"
    return f"{len(ids)} request{'' if len(ids) == 1 else 's'}: {', '.join(map(str, ids))}"


def _as_json(request: Request) -> dict[str, Any]:
    values = {name: value for name, value in asdict(request).items() if name not in _INTERNAL}
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _cells(request: Request) -> tuple[str, ...]:
    return (
        str(request.id),
        request.connection,
        request.contact_id or "(erased)",
        request.address or "(erased)",
        f"{request.unticked_at:%Y-%m-%d %H:%M}",
        request.unticked_by or "-",
        request.in_words(),
    )


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
