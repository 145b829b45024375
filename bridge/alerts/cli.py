"""`bridge alerts`: what was told, whether an outlet takes it, and a test of each outlet."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from bridge.alerts.model import Message
from bridge.alerts.named import outlet_names
from bridge.alerts.outlets import NotTaken, open_outlets
from bridge.alerts.store import newest
from bridge.clock import now
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.errors import ConfigurationError
from bridge.json_values import as_text
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bridge.alerts.outlets import Outlet

_LIMIT = 20
_UNAVAILABLE = 5


def main(argv: list[str]) -> int:
    """Run `bridge alerts` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge alerts",
        description="What stands against the installation and who was told: once when it comes, "
        "once when it clears.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="alerts, those that stand first")
    listing.add_argument(
        "--limit", type=int, default=_LIMIT, metavar="N", help=f"at most N; default: {_LIMIT}"
    )
    listing.set_defaults(run=_list)
    test = commands.add_parser("test", help="send a test by each outlet that is set")
    test.set_defaults(run=_test)
    for command in (listing, test):
        command.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    return run(arguments)


def _list(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    wait_for_schema(settings, 0)
    with connect(settings) as connection:
        alerts = newest(connection, arguments.limit)
    if arguments.json:
        print(json.dumps(alerts, indent=2, default=as_text))
        return 0
    for alert in alerts:
        for line in _lines(alert):
            print(line)
    if not alerts:
        print("nobody had to be told of anything")
    if not outlet_names(settings):
        print("nobody is told: set BRIDGE_ALERT_WEBHOOK or BRIDGE_ALERT_MAIL")
    return 0


def _lines(alert: dict[str, Any]) -> list[str]:
    ended_at = alert["ended_at"]
    until = f"to {ended_at:%Y-%m-%d %H:%M}" if ended_at else "stands"
    whose = f"{alert['connection']}: " if alert["connection"] else ""
    told = [f"{one} taken" for one in alert["taken"]] + [f"{one} waits" for one in alert["waiting"]]
    return [
        f"{alert['came_at']:%Y-%m-%d %H:%M} {until:20} {alert['cause']}",
        f"{'':17}{whose}{alert['says']}",
        f"{'':17}-> {alert['what_to_do']}",
        f"{'':17}{', '.join(told) or 'no outlet was set'}",
    ]


def _test(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    outlets = open_outlets(settings)
    if not outlets:
        raise ConfigurationError("no outlet is set: BRIDGE_ALERT_WEBHOOK or BRIDGE_ALERT_MAIL")
    wait_for_schema(settings, 0)
    with connect(settings) as connection:
        at = now(connection)
    results = {outlet.name: _try(outlet, at) for outlet in outlets}
    if arguments.json:
        print(json.dumps({name: {"taken": not why, "why": why} for name, why in results.items()}))
    else:
        for name, why in results.items():
            print(f"{name:9}{why or 'taken'}")
    return _UNAVAILABLE if any(results.values()) else 0


def _try(outlet: Outlet, at: datetime) -> str | None:
    """Send a test, and return why it was not taken."""
    message = Message(
        alert_id=0,
        outlet=outlet.name,
        news="test",
        cause="test",
        connection="",
        about="",
        says="somebody has run `bridge alerts test`",
        what_to_do="nothing: alerts come this way",
        came_at=at,
    )
    try:
        outlet.send(message)
    except NotTaken as error:
        return str(error)
    return None
