"""`bridge console`: a link that logs an administrator in."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from bridge.consent.who import user_name
from bridge.console.access.people import LINK_S, make_link
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.settings import read_settings

if TYPE_CHECKING:
    from bridge.settings import Settings

_EVERYWHERE = frozenset({"0.0.0.0", "[::]", ""})  # noqa: S104 -- nothing listens here


def main(argv: list[str]) -> int:
    """Run `bridge console` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge console", description="The pages that people work in."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    link = commands.add_parser("link", help="print a link that logs an administrator in, once")
    link.add_argument("--by", metavar="NAME", help="who logs in by it; default: the user")
    link.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    url = link_for(settings, by=user_name(arguments.by))
    if arguments.json:
        print(json.dumps({"url": url, "lives_s": int(LINK_S)}))
    else:
        print(url)
    return 0


def link_for(settings: Settings, *, by: str) -> str:
    """Return the address of a new log-in link."""
    with connect(settings) as connection, connection.transaction():
        token = make_link(connection, by=by)
    return f"{_address(settings)}/login/{token}"


def _address(settings: Settings) -> str:
    if settings.public_url is not None:
        return settings.public_url.rstrip("/")
    host, _, port = settings.listen.rpartition(":")
    return f"http://{'127.0.0.1' if host in _EVERYWHERE else host}:{port}"
