"""`bridge policy`: what a firm has decided about lists, people and plans; who changed it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from bridge.connections.command import database_of, meant, the_one_meant
from bridge.consent.who import user_name
from bridge.policies.policy import MEANINGS, NUMBERS, meaning_of
from bridge.policies.store import policies_of, read_changes, set_policies
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from bridge.policies.policy import Policies

_PERCENT = "_percent"


def main(argv: list[str]) -> int:
    """Run `bridge policy` and return the exit code."""
    arguments = _parser().parse_args(argv)
    run: Callable[[psycopg.Connection, argparse.Namespace], None] = arguments.run
    with database_of(read_settings()) as database, database.transaction() as tx:
        run(tx, arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge policy", description="What the firm has decided about lists, people and plans."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    show = commands.add_parser("show", help="show each policy and what it means")
    show.set_defaults(run=_show)
    change = commands.add_parser(
        "set",
        help="change policies; the next decision goes by them",
        epilog=_choices(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    change.add_argument("assignments", nargs="+", metavar="NAME=VALUE", help="as `show` names them")
    change.add_argument("--by", metavar="NAME", help="who says so; default: the user")
    change.set_defaults(run=_set)
    history = commands.add_parser("history", help="show who changed which, the newest first")
    history.set_defaults(run=_history)
    for command in (show, change, history):
        command.add_argument("--connection", metavar="NAME", help="only of this connection")
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _choices() -> str:
    """Return what there is to set, a policy a line, its default first."""
    width = max(map(len, [*MEANINGS, *NUMBERS]))
    lines = [f"  {name:{width}}  {', '.join(values)}" for name, values in MEANINGS.items()]
    lines += [f"  {name:{width}}  a whole number" for name in NUMBERS]
    return "\n".join(
        ["policies, the default first; `bridge policy show` says what each means:", *lines]
    )


def _show(tx: psycopg.Connection, arguments: argparse.Namespace) -> None:
    found = {one.name: policies_of(tx, one.id) for one in meant(tx, arguments.connection)}
    _print(found, is_json=arguments.json)


def _set(tx: psycopg.Connection, arguments: argparse.Namespace) -> None:
    one = the_one_meant(tx, arguments.connection)
    policies = set_policies(tx, one.id, arguments.assignments, by=user_name(arguments.by))
    _print({one.name: policies}, is_json=arguments.json)


def _history(tx: psycopg.Connection, arguments: argparse.Namespace) -> None:
    found = [
        (one.name, change)
        for one in meant(tx, arguments.connection)
        for change in read_changes(tx, one.id)
    ]
    if arguments.json:
        listed = [
            {"connection": name}
            | asdict(change)
            | {"changed_at": change.changed_at.isoformat(timespec="seconds")}
            for name, change in found
        ]
        print(json.dumps(listed, indent=2))
        return
    for name, change in found:
        at = f"{change.changed_at:%Y-%m-%d %H:%M} UTC"
        print(f"{name}  {at}  {change.name}: {change.old} -> {change.new}  by {change.changed_by}")
    if not found:
        print("no policy was changed: the defaults hold")


def _print(found: dict[str, Policies], *, is_json: bool) -> None:
    if is_json:
        listed = [{"connection": name} | one.as_json() for name, one in found.items()]
        print(json.dumps(listed, indent=2))
        return
    names = [*MEANINGS, *NUMBERS]
    width = max(map(len, names))
    for name, policies in found.items():
        print(name)
        values = policies.as_json()
        for policy in names:
            value = f"{values[policy]} %" if policy.endswith(_PERCENT) else str(values[policy])
            meaning = meaning_of(policy, values[policy])
            print(f"  {policy:{width}}  {value:14}  {meaning}")
