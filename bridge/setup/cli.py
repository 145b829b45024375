"""`bridge connect`: both sides of a connection, asked for, tried, looked at and stored."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bridge.connections.command import database_of, meant
from bridge.connections.credentials import checked_url
from bridge.connections.keyring import open_keyring
from bridge.connections.store import DEFAULT
from bridge.errors import SetupRefused, SetupUnavailable
from bridge.settings import read_settings
from bridge.setup.check import check
from bridge.setup.constant_contact import connect_account
from bridge.setup.model import AccountWish, OrganizationWish, Place
from bridge.setup.salesforce import connect_organization

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.setup.model import Fault, Outcome

_REFUSED, _UNAVAILABLE = 2, 5
_PORT = 8400


def main(argv: list[str]) -> int:
    """Run `bridge connect` and return the exit code."""
    arguments = _parser().parse_args(argv)
    if arguments.side == "check":
        return _check(arguments)
    try:
        with _place() as place:
            if arguments.side == "salesforce":
                outcome = connect_organization(place, _organization(arguments))
            else:
                outcome = connect_account(place, _account(arguments))
    except (SetupRefused, SetupUnavailable) as fault:
        if not arguments.json:
            raise
        print(json.dumps({"connected": False, **_as_json(fault)}, indent=2))
        return _code(fault)
    _print(outcome, as_json=arguments.json)
    return 0


def _check(arguments: argparse.Namespace) -> int:
    code, rows = 0, []
    with _place() as place:
        with place.database.transaction() as tx:
            connections = meant(tx, arguments.name)
        for connection in connections:
            for found in check(place, connection):
                if found.fault is not None:
                    code = max(code, _code(found.fault))
                rows.append(
                    {
                        "connection": found.connection,
                        "side": found.side,
                        "ok": found.fault is None,
                        **({"says": found.says} if found.fault is None else _as_json(found.fault)),
                    }
                )
                if not arguments.json:
                    _print_row(rows[-1])
    if arguments.json:
        print(json.dumps(rows, indent=2))
    return code


def _print_row(row: dict[str, object]) -> None:
    state = "ok" if row["ok"] else "failed"
    print(f"{state:8}{row['connection']:14} {row['side']:19} {row['says']}", flush=True)
    if not row["ok"]:
        print(f"{'':8}{'':14} -> {row['do']}")


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        notes = [_as_json(note) for note in outcome.notes]
        told = {"connected": True, **outcome.facts, "notes": notes, "next": outcome.then}
        print(json.dumps(told, indent=2))
        return
    width = max(map(len, outcome.facts))
    for name, value in outcome.facts.items():
        if value is not None:
            print(f"{name.replace('_', ' '):{width}}  {value}")
    for note in outcome.notes:
        print(note, file=sys.stderr)
    print(f"Next: `{outcome.then}`")


def _as_json(fault: Fault) -> dict[str, str]:
    return {"cause": fault.cause, "says": fault.says, "do": fault.do}


def _code(fault: Fault) -> int:
    return _UNAVAILABLE if isinstance(fault, SetupUnavailable) else _REFUSED


@contextmanager
def _place() -> Iterator[Place]:
    # What is refused is said as its cause; the lines of a log beside it would only repeat that.
    logging.getLogger("bridge").addHandler(logging.NullHandler())
    settings = read_settings()
    keyring = open_keyring(settings)
    with database_of(settings) as database:
        yield Place(settings, database, keyring)


def _organization(arguments: argparse.Namespace) -> OrganizationWish:
    return OrganizationWish(
        name=arguments.name,
        url=arguments.url,
        login_url=arguments.login_url,
        is_sandbox=arguments.sandbox,
        consumer_key=arguments.consumer_key,
        username=arguments.username,
        is_jwt=arguments.jwt or arguments.new_key or arguments.with_secret,
        has_new_key=arguments.new_key,
        has_secret=arguments.with_secret,
        organization_id=arguments.organization_id,
        profile=arguments.profile,
        is_sure=arguments.yes,
    )


def _account(arguments: argparse.Namespace) -> AccountWish:
    return AccountWish(
        name=arguments.name,
        client_id=arguments.client_id,
        is_device=arguments.device,
        port=arguments.port,
        opens_browser=not arguments.no_browser,
        wait_s=arguments.wait,
        is_sure=arguments.yes,
        by=arguments.by,
        api_url=arguments.url,
        auth_url=arguments.auth_url,
    )


def _url(text: str) -> str:
    """Return an address that secrets may be sent to.

    Raises:
        argparse.ArgumentTypeError: If it is none.
    """
    try:
        return checked_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: give {error}") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge connect",
        description="Connects both sides: first the Salesforce organization, then the Constant "
        "Contact account. Secrets are asked for, or read from standard input. Nothing is stored "
        "before it was tried. docs/connect.md tells what each refusal means.",
    )
    sides = parser.add_subparsers(metavar="SIDE", dest="side", required=True)
    salesforce = sides.add_parser(
        "salesforce",
        help="log in to an organization, and store how",
        description="Prints what to click for the External Client App, then logs in by it: by "
        "client credentials, or with --jwt by assertions signed with a key that is made here.",
    )
    account = sides.add_parser(
        "constant-contact",
        help="have an account allow access, and store that",
        description="By the authorization code flow with PKCE in a browser on this machine, or "
        "with --device by a code that is entered anywhere.",
    )
    for command in (salesforce, account):
        command.add_argument("name", metavar="NAME", nargs="?", default=DEFAULT)
        command.add_argument("--yes", action="store_true", help="take what is found, unasked")
        command.add_argument("--json", action="store_true", help="print one JSON value")
    _add_organization_options(salesforce)
    _add_account_options(account)
    checking = sides.add_parser("check", help="try what is stored, of one connection or of all")
    checking.add_argument("name", metavar="NAME", nargs="?")
    checking.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _add_organization_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", metavar="URL", help="https://FIRM.my.salesforce.com")
    parser.add_argument(
        "--login-url", metavar="URL", type=_url, help="of the token end point, if it differs"
    )
    parser.add_argument(
        "--sandbox", action="store_true", help="it is a sandbox: assertions are for its log-in page"
    )
    parser.add_argument("--consumer-key", metavar="KEY", help="of the External Client App")
    parser.add_argument("--jwt", action="store_true", help="by assertions, without a secret")
    parser.add_argument("--username", metavar="NAME", help="of the bridge's user, with --jwt")
    parser.add_argument(
        "--new-key", action="store_true", help="make another key and certificate; implies --jwt"
    )
    parser.add_argument(
        "--with-secret",
        action="store_true",
        help="store the consumer secret beside the key, for people's log-in and Canvas",
    )
    parser.add_argument("--organization-id", metavar="ID", help="it has to be this: 00D…")
    parser.add_argument(
        "--profile",
        choices=["practifi", "bridge", "plain"],
        help="what objects it has; default: that of BRIDGE_PROFILE, else it is asked",
    )


def _add_account_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--client-id", metavar="ID", help="API key of the application")
    parser.add_argument("--device", action="store_true", help="no browser reaches this machine")
    parser.add_argument(
        "--port",
        type=int,
        default=_PORT,
        metavar="N",
        help="the browser comes back to http://localhost:N/callback (default: %(default)s)",
    )
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--wait",
        type=float,
        default=300,
        metavar="S",
        help="seconds to wait for the browser (default: %(default)s)",
    )
    parser.add_argument("--by", metavar="NAME", help="who connects it, if not the user here")
    parser.add_argument("--url", metavar="URL", type=_url, help="if it is not the service's own")
    parser.add_argument(
        "--auth-url", metavar="URL", type=_url, help="of the authorization server, likewise"
    )
