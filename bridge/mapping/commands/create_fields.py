"""`bridge mapping create-fields`: create the custom fields that the account lacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.connections.keyring import open_keyring
from bridge.connections.store import DEFAULT, load_connection
from bridge.constant_contact.tokens import Tokens
from bridge.db.database import open_database
from bridge.delivery.custom_fields import create_custom_fields, lacking
from bridge.delivery.work import INTERACTIVE
from bridge.doctor.judge_custom_fields import MOST_IN_ACCOUNT
from bridge.doctor.read_account import open_account
from bridge.errors import ConfigurationError
from bridge.mapping.commands.arguments import DONE, add_folder, add_json, folder_of
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import compiled_as
from bridge.pauses.store import find_pause
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bridge.db.database import Database
    from bridge.mapping.commands.arguments import Commands
    from bridge.mapping.model import CustomField
    from bridge.settings import Settings


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    create = commands.add_parser(
        "create-fields", help="create the custom fields that the account lacks"
    )
    add_folder(create)
    create.add_argument("--connection", default=DEFAULT, metavar="NAME", help=f"default: {DEFAULT}")
    create.add_argument("--dry-run", action="store_true", help="list them, and create none")
    add_json(create)
    create.set_defaults(run=_create)


def _create(arguments: argparse.Namespace) -> int:
    """Create what is missing; a second time there is nothing to do."""
    settings = read_settings()
    files = read_files(folder_of(arguments))
    database = open_database(settings)
    try:
        missing = _made(database, settings, arguments.connection, files, is_dry=arguments.dry_run)
    finally:
        database.close()
    done = "created" if not arguments.dry_run else "would be created"
    if arguments.json:
        told = [{"label": one.label, "type": one.type} for one in missing]
        print(json.dumps({done.replace(" ", "_"): told}, ensure_ascii=False))
    elif not missing:
        print("the account has every custom field that the mapping fills")
    for one in () if arguments.json else missing:
        print(f"{done}: {one.label} ({one.type})")
    return DONE


def _made(
    database: Database, settings: Settings, name: str, files: dict[str, str], *, is_dry: bool
) -> Sequence[CustomField]:
    """Return the custom fields that were missing, and are there now unless it is dry.

    Raises:
        ConfigurationError: If the connection is paused, or the account cannot have so many.
        RemoteError: If Constant Contact does not do its part.
        NoSlotNow: If the budget grants no call.
    """
    with database.transaction() as tx:
        connection = load_connection(tx, name)
        wanted = compiled_as(tx, connection.id, files).contact.custom_fields
        pause = find_pause(tx, connection.id, INTERACTIVE)
    if connection.state != "active":
        raise ConfigurationError(
            f"the connection {name!r} is {connection.state}: see `bridge doctor`"
        )
    tokens = Tokens(connection, database, open_keyring(settings), settings.http_timeout_s)
    there = open_account(connection, database, tokens, settings.http_timeout_s)
    try:
        rows: list[dict[str, Any]] = list(there.custom_fields())
        missing = lacking(wanted, rows)
        if is_dry or not missing:
            return missing
        if pause is not None:
            raise ConfigurationError(f"nothing is created: {pause.words()}; `bridge resume` first")
        if len(rows) + len(missing) > MOST_IN_ACCOUNT:
            raise ConfigurationError(
                f"nothing is created: the account has {len(rows)} custom fields, can have "
                f"{MOST_IN_ACCOUNT}, and lacks {len(missing)} of the mapping"
            )
        create_custom_fields(database, there, connection.id, wanted, rows)
    finally:
        there.close()
    return missing
