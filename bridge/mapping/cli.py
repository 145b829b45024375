"""`bridge mapping`: check the mapping files, try them on a record, make them the active version."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from bridge.errors import MappingError
from bridge.mapping.commands import (
    activate,
    check,
    create_fields,
    docs,
    history,
    pending,
    preview,
    run,
    schema,
    test,
)
from bridge.mapping.commands.arguments import FAULTY
from bridge.mapping.told import blocks

if TYPE_CHECKING:
    from collections.abc import Callable


def main(argv: list[str]) -> int:
    """Run `bridge mapping` and return the exit code."""
    arguments = _parser().parse_args(argv)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge mapping", description="What records of Salesforce become in Constant Contact."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    check.add(commands)
    docs.add(commands)
    test.add(commands)
    run.add(commands)
    preview.add(commands)
    activate.add(commands)
    pending.add(commands)
    history.add(commands)
    create_fields.add(commands)
    schema.add(commands)
    return parser
