"""`bridge doctor`: looks at everything the bridge needs and says what to do about each failure."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from bridge.connections.keyring import open_keyring
from bridge.connections.store import list_connections
from bridge.db.database import open_database
from bridge.doctor.connections import check_connection
from bridge.doctor.findings import Finding
from bridge.doctor.installation import check_installation
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.settings import Settings


def main(argv: list[str]) -> int:
    """Run `bridge doctor` and return the exit code: 0 unless a check failed."""
    parser = argparse.ArgumentParser(
        prog="bridge doctor",
        description="Looks at database, key ring, broker, and at both sides of each connection. "
        "Exit code 1 if a check failed; warnings do not count.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    findings = []
    for finding in examine(read_settings()):
        findings.append(finding)
        if not arguments.json:
            _print(finding)
    is_well = all(finding.state != "failed" for finding in findings)
    if arguments.json:
        checks = [asdict(finding) for finding in findings]
        print(json.dumps({"ok": is_well, "checks": checks}, indent=2))
    return 0 if is_well else 1


def examine(settings: Settings) -> Iterator[Finding]:
    """Yield what holds of the installation, then of each connection.

    Where the installation itself fails, its connections cannot be looked at.
    """
    has_failed = False
    for finding in check_installation(settings):
        has_failed |= finding.state == "failed" and finding.check not in {"broker", "alerts"}
        yield finding
    if has_failed:
        return
    keyring = open_keyring(settings)
    database = open_database(settings)
    try:
        with database.transaction() as tx:
            connections = list_connections(tx)
        if not connections:
            yield Finding(
                subject="installation",
                check="connections",
                state="warning",
                says="there is none",
                advice="`bridge connection add NAME --credentials FILE`, or set "
                "BRIDGE_ORGANIZATION_ID",
            )
        for connection in connections:
            yield from check_connection(connection, database, keyring, settings)
    finally:
        database.close()


def _print(finding: Finding) -> None:
    print(f"{finding.state:8}{finding.subject:14} {finding.check:19} {finding.says}", flush=True)
    if finding.advice is not None:
        print(f"{'':8}{'':14} -> {finding.advice}")
