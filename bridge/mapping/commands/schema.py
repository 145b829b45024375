"""`bridge mapping schema`: write the JSON Schema that editors read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.mapping.commands.arguments import DONE, add_folder, folder_of
from bridge.mapping.json_schema import SCHEMA_FILE, json_schema

if TYPE_CHECKING:
    import argparse

    from bridge.mapping.commands.arguments import Commands


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    schema = commands.add_parser("schema", help="write the JSON Schema that editors read")
    add_folder(schema)
    schema.set_defaults(run=_schema)


def _schema(arguments: argparse.Namespace) -> int:
    path = folder_of(arguments) / SCHEMA_FILE
    path.write_text(json_schema(), encoding="utf-8")
    print(path)
    return DONE
