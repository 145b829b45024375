"""`bridge mapping`: check the mapping files, try them on a record, make them the active version."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from bridge.errors import MappingError
from bridge.mapping.commands.arguments import FAULTY
from bridge.mapping.told import blocks

if TYPE_CHECKING:
    from collections.abc import Callable

_MODULES = {
    "check": "check",
    "docs": "docs",
    "test": "test",
    "run": "run",
    "preview": "preview",
    "activate": "activate",
    "pending": "pending",
    "approve": "pending",
    "reject": "pending",
    "history": "history",
    "diff": "history",
    "restore": "history",
    "create-fields": "create_fields",
    "schema": "schema",
}
"""Command -> its module in `bridge.mapping.commands`."""


def main(argv: list[str]) -> int:
    """Run `bridge mapping` and return the exit code."""
    arguments = _parser(argv).parse_args(argv)
    act: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return act(arguments)
    except MappingError as error:
        lines = blocks(error.details, colour=_has_colours())
        print("\n".join(lines) if error.details else error, file=sys.stderr)
        return FAULTY


def _has_colours() -> bool:
    """Tell whether standard error is a terminal that shows colours (no-color.org)."""
    is_dumb = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stderr.isatty() and not is_dumb


def _parser(argv: list[str]) -> argparse.ArgumentParser:
    """Return what reads the arguments; the command that they name is loaded alone, for speed."""
    parser = argparse.ArgumentParser(
        prog="bridge mapping", description="What records of Salesforce become in Constant Contact."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    wanted = _MODULES.get(argv[0]) if argv else None
    for name in dict.fromkeys(_MODULES.values()) if wanted is None else [wanted]:
        import_module(f"bridge.mapping.commands.{name}").add(commands)
    return parser
