"""`bridge budget`: what the API application may do, has done today and has before it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from bridge.connections.store import load_connection
from bridge.constant_contact.forecast import in_words
from bridge.constant_contact.spending import LANES, read_spending, set_limits, set_share
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.errors import ConfigurationError
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from bridge.constant_contact.spending import Spending, User

_LIMITS = {
    "per_second": "calls in any second; the vendor's partners may have more than 4",
    "per_day": "calls from 0:00 to 0:00 UTC",
    "consent_reserve": "calls of the day that are kept for changes of consent",
    "interactive_reserve": "calls that are kept for people at a screen",
    "webhook_reserve": "calls that are kept for what people save: runs leave them",
}


def main(argv: list[str]) -> int:
    """Run `bridge budget` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    with connect(settings) as tx:
        if arguments.connection is not None:
            load_connection(tx, arguments.connection)
        if arguments.command == "set":
            with tx.transaction():
                _set(tx, arguments)
        found = read_spending(tx, arguments.connection)
    if arguments.json:
        print(json.dumps([_as_json(one) for one in found], indent=2))
    elif found:
        print("\n\n".join("\n".join(_screen(one)) for one in found))
    else:
        print("no connection has an API application: `bridge connect constant-contact NAME`")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge budget",
        description="The API calls of Constant Contact: limits, what is used, what waits, and "
        "when it will be done. Days and times are those of UTC, as the vendor counts.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    changing = commands.add_parser(
        "set", help="set the limits of an application, or the share of a connection"
    )
    for name, meaning in _LIMITS.items():
        changing.add_argument(
            f"--{name.replace('_', '-')}", type=_number, metavar="N", help=meaning
        )
    changing.add_argument(
        "--share",
        type=_number,
        metavar="N",
        help="weight of the connection among those of its application",
    )
    for command, default in ((parser, None), (changing, argparse.SUPPRESS)):
        command.add_argument(
            "--connection", metavar="NAME", default=default, help="the application of this one"
        )
        command.add_argument(
            "--json", action="store_true", default=default or False, help="print one JSON value"
        )
    return parser


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("a whole number is wanted")
    return int(text)


def _set(tx: psycopg.Connection[Any], arguments: argparse.Namespace) -> None:
    given = {name: getattr(arguments, name) for name in _LIMITS}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes and arguments.share is None:
        raise ConfigurationError("nothing to set: `bridge budget set --help` lists what can be")
    if changes:
        found = read_spending(tx, arguments.connection)
        if len(found) != 1:
            raise ConfigurationError(
                f"there are {len(found)} API applications: name a connection of the one that is "
                "meant with --connection"
            )
        set_limits(tx, found[0].application_id, replace(found[0].limits, **changes))
    if arguments.share is not None:
        if arguments.connection is None:
            raise ConfigurationError("--share is one connection's: name it with --connection")
        set_share(tx, arguments.connection, arguments.share)


def _as_json(one: Spending) -> dict[str, Any]:
    found = one.forecast()
    return {
        "connections": [
            {
                "name": user.name,
                "state": user.state,
                "share": user.weight,
                "used": _by_lane(user.used),
                "calls_left": {
                    lane: one.calls_left(user, number) for number, lane in enumerate(LANES)
                },
            }
            for user in one.users
        ],
        "moment": one.moment.isoformat(),
        "limits": asdict(one.limits) | {"gap_ms": one.limits.gap_ms},
        "used": one.used,
        "paused_until": one.paused_until and one.paused_until.isoformat(),
        "waiting": _by_lane(one.backlog),
        "forecast": {
            "subjects": found.subjects,
            "calls": found.calls,
            "ends_at": found.ends_at and found.ends_at.isoformat(),
            "words": in_words(found, one.moment),
        },
    }


def _by_lane(counts: Any) -> dict[str, int]:
    return {lane: counts.get(number, 0) for number, lane in enumerate(LANES)}


def _screen(one: Spending) -> Iterator[str]:
    limits = one.limits
    names = ", ".join(user.name for user in one.users)
    yield f"API application of {names} at {one.moment:%Y-%m-%d %H:%M} UTC"
    yield f"pace      {limits.per_second} calls a second, one each {limits.gap_ms} ms"
    yield f"day       {one.used:,} of {limits.per_day:,} calls are used"
    yield (
        f"kept      {limits.consent_reserve:,} for consent, {limits.interactive_reserve:,} for "
        f"people, {limits.webhook_reserve:,} for what they save"
    )
    if one.paused_until is not None:
        yield f"refused   by Constant Contact until {one.paused_until:%Y-%m-%d %H:%M}"
    yield ""
    yield from _table(_rows(one))
    yield ""
    yield f"forecast  {in_words(one.forecast(), one.moment)}"


def _rows(one: Spending) -> Iterator[Sequence[str]]:
    yield ("calls today", *LANES, "all", "share", "may still")
    weights = sum(user.weight for user in one.users if user.state == "active")
    for user in one.users:
        share = f"{user.weight / weights:.0%}" if user.state == "active" else user.state
        yield (user.name, *_used(user), share, f"{one.calls_left(user):,}")
    yield ("waiting", *(f"{one.backlog.get(lane, 0):,}" for lane in range(len(LANES))), "", "", "")


def _used(user: User) -> Iterator[str]:
    counts = [user.used.get(lane, 0) for lane in range(len(LANES))]
    yield from (f"{count:,}" for count in (*counts, sum(counts)))


def _table(rows: Iterator[Sequence[str]]) -> Iterator[str]:
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for first, *others in cells:
        numbers = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "  ".join((first.ljust(widths[0]), *numbers)).rstrip()
