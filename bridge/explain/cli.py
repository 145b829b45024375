"""`bridge explain`: why a record, an address or a mailing is as it is, and what to do."""

from __future__ import annotations

import argparse
import json

from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.explain.ask import ask
from bridge.explain.text import as_json, lines
from bridge.json_values import as_text
from bridge.settings import read_settings

_WHAT = (
    "a Salesforce id (contact, list or membership), an e-mail address, a Constant Contact id "
    "(contact, list or bulk activity), a notification's id, run:N, plan:N or activity:N"
)


def main(argv: list[str]) -> int:
    """Run `bridge explain` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge explain",
        description="Go through the checks in their order; the first that fails is the cause.",
    )
    parser.add_argument("what", metavar="WHAT", help=_WHAT)
    parser.add_argument("--campaign", metavar="NAME", help="did this person get that campaign?")
    parser.add_argument("--connection", metavar="NAME", help="only of this connection")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    with connect(settings) as session:
        explanation = ask(
            session,
            arguments.what,
            owner_policy=settings.owner,
            connection=arguments.connection,
            campaign=arguments.campaign,
        )
    if arguments.json:
        print(json.dumps(as_json(explanation), indent=2, ensure_ascii=False, default=as_text))
    else:
        for line in lines(explanation):
            print(line)
    return 0
