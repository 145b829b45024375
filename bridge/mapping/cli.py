"""`bridge mapping`: check the mapping files, try them on a record, make them the active version."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bridge.mapping.commands import activate, check, history, pending, preview, run, schema

if TYPE_CHECKING:
    from collections.abc import Callable


def main(argv: list[str]) -> int:
    """Run `bridge mapping` and return the exit code."""
    arguments = _parser().parse_args(argv)
    act: Callable[[argparse.Namespace], int] = arguments.run
    return act(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge mapping", description="What records of Salesforce become in Constant Contact."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    check.add(commands)
    run.add(commands)
    preview.add(commands)
    activate.add(commands)
    pending.add(commands)
    history.add(commands)
    schema.add(commands)
    return parser
