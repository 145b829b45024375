"""`bridge audit`: check the ledger of consent, export it, tell how long changes took."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bridge.connections.command import meant, the_one_meant
from bridge.consent.audit import export, gaps, lags, read_anchors, verify
from bridge.consent.erase import erase, hold, release
from bridge.consent.export_text import COLUMNS, json_parts
from bridge.consent.who import user_name
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

    from bridge.connections.model import Connection
    from bridge.consent.audit import Gap, Lag
    from bridge.consent.chain import Verdict
    from bridge.settings import Settings

DONE, FAILED = 0, 1
_DAYS = 30


def main(argv: list[str]) -> int:
    """Run `bridge audit` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    run: Callable[[Settings, argparse.Namespace], int] = arguments.run
    return run(settings, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge audit", description="The ledger of consent: who opted out and in, and why."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    check = commands.add_parser("verify", help="check that no entry was changed or removed")
    check.add_argument(
        "--against", type=Path, metavar="FILE", help="an export: what it holds must still be there"
    )
    check.set_defaults(run=_verify)
    give = commands.add_parser("export", help="print entries, oldest first")
    whom = give.add_mutually_exclusive_group(required=True)
    whom.add_argument("--contact", metavar="WHO", help="a contact's Salesforce id, or an address")
    whom.add_argument("--all", action="store_true", help="the whole ledger, an anchor for `verify`")
    give.add_argument("--format", choices=("json", "csv"), default="json", help="default: json")
    give.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    give.set_defaults(run=_export)
    erase_ = commands.add_parser("erase", help="erase a person; the chain and a suppression stay")
    erase_.set_defaults(run=_erase)
    keep = commands.add_parser("hold", help="let nobody erase a person's records")
    keep.set_defaults(run=_hold)
    free = commands.add_parser("release", help="end a hold")
    free.set_defaults(run=_hold)
    for command in (keep, free):
        command.add_argument("--reason", required=True, metavar="TEXT", help="why")
    for command in (erase_, keep, free):
        command.add_argument(
            "--contact",
            required=True,
            metavar="WHO",
            help="a contact's Salesforce id, or an address",
        )
        command.add_argument("--by", metavar="NAME", help="who says so; default: the user")
    free.set_defaults(ends=True)
    keep.set_defaults(ends=False)
    lag = commands.add_parser("lag", help="how long changes took from seen to confirmed")
    lag.add_argument("--days", type=_count, default=_DAYS, metavar="N", help=f"default: {_DAYS}")
    lag.set_defaults(run=_lag)
    for command in (check, give, lag, erase_, keep, free):
        command.add_argument("--connection", metavar="NAME", help="only of this connection")
    for command in (check, lag, erase_):
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("a whole number from 1 is wanted")
    return int(text)


def _verify(settings: Settings, arguments: argparse.Namespace) -> int:
    anchors = None if arguments.against is None else read_anchors(arguments.against)
    with _snapshot(settings) as tx:
        lost = gaps(tx)
        found = [
            (connection, verify(tx, connection.id, anchors))
            for connection in (
                meant(tx, arguments.connection)
                if anchors is None
                else [the_one_meant(tx, arguments.connection)]
            )
        ]
    if arguments.json:
        told = [_verdict_as_json(*each) | {"gaps": list(map(_gap_as_json, lost))} for each in found]
        print(json.dumps(told, indent=2))
    else:
        for connection, verdict in found:
            _print_verdict(connection, verdict)
            for gap in lost:
                print(f"  {gap.words()}")
    return FAILED if any(verdict.faults for _, verdict in found) else DONE


def _export(settings: Settings, arguments: argparse.Namespace) -> int:
    with _snapshot(settings) as tx:
        connection = the_one_meant(tx, arguments.connection)
        rows = export(tx, connection.id, arguments.contact)
        if arguments.output is None:
            _write(sys.stdout, arguments.format, rows)
        else:
            with arguments.output.open("w", encoding="utf-8", newline="") as file:
                _write(file, arguments.format, rows)
    return DONE


def _erase(settings: Settings, arguments: argparse.Namespace) -> int:
    with connect(settings) as session, session.transaction():
        connection = the_one_meant(session, arguments.connection)
        erased = erase(session, connection.id, arguments.contact, by=user_name(arguments.by))
    if arguments.json:
        print(json.dumps({"connection": connection.name} | asdict(erased), indent=2))
        return DONE
    people = ", ".join(erased.people) or "nobody in Practifi"
    print(f"{connection.name}  erased: {people}; {erased.addresses} addresses; nobody mails them")
    if erased.kept_addresses:
        print(f"  {erased.kept_addresses} addresses stay: somebody else has them")
    for where, ids in (("Practifi", erased.in_practifi), ("Constant Contact", erased.there)):
        if ids:
            print(f"  {where} still has {', '.join(ids)}: delete it there, or it is read again")
    return DONE


def _hold(settings: Settings, arguments: argparse.Namespace) -> int:
    change = release if arguments.ends else hold
    by = user_name(arguments.by)
    with connect(settings) as session, session.transaction():
        connection = the_one_meant(session, arguments.connection)
        count = change(session, connection.id, arguments.contact, arguments.reason, by=by)
    print(f"{connection.name}  {count} records {'released' if arguments.ends else 'under hold'}")
    return DONE


def _lag(settings: Settings, arguments: argparse.Namespace) -> int:
    with _snapshot(settings) as tx:
        found = [
            (connection, lags(tx, connection.id, days=arguments.days))
            for connection in meant(tx, arguments.connection)
        ]
    if arguments.json:
        listed = [{"connection": each.name} | asdict(lag) for each, all_ in found for lag in all_]
        print(json.dumps(listed, indent=2))
        return DONE
    for connection, of_connection in found:
        for lag in of_connection:
            print(f"{connection.name}  {_lag_line(lag)}")
        if not of_connection:
            print(f"{connection.name}  nobody was ticked or unticked")
    return DONE


@contextmanager
def _snapshot(settings: Settings) -> Iterator[psycopg.Connection]:
    """Give a transaction that sees one moment: entries are appended while we read."""
    with connect(settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            yield connection


def _write(file: TextIO, kind: str, rows: Iterator[dict[str, Any]]) -> None:
    if kind == "csv":
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        return
    file.writelines(json_parts(rows))


def _verdict_as_json(connection: Connection, verdict: Verdict) -> dict[str, Any]:
    return {"connection": connection.name, "holds": not verdict.faults} | asdict(verdict)


def _gap_as_json(gap: Gap) -> dict[str, str]:
    return {name: at.isoformat() for name, at in asdict(gap).items()}


def _print_verdict(connection: Connection, verdict: Verdict) -> None:
    anchored = f", {verdict.anchored} of them as exported" if verdict.anchored else ""
    end = "BROKEN" if verdict.faults else "holds"
    print(f"{connection.name}  {verdict.entries:,} entries{anchored}: {end}")
    for fault in verdict.faults:
        print(f"  entry {fault.seq} {fault.text}")


def _lag_line(lag: Lag) -> str:
    late = f"  {lag.late} LATE: beyond one business day" if lag.late else ""
    if lag.median_s is None or lag.worst_s is None:
        return f"{lag.change}: none confirmed, {lag.sent_only} sent{late}"
    return (
        f"{lag.change}: {lag.confirmed} confirmed, median {lag.median_s:.1f} s, "
        f"worst {lag.worst_s:.1f} s; {lag.sent_only} sent and not confirmed{late}"
    )
