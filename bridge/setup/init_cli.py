"""`bridge init`: asks what an installation needs to know, and writes what is missing of it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import ValidationError

from bridge.errors import ConfigurationError
from bridge.settings import Settings
from bridge.setup.ask import ask, is_terminal
from bridge.setup.env_file import Entry, values_of
from bridge.setup.init import write_env, write_mappings
from bridge.setup.packs import pack_names, read_pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.setup.init import Written

_ENV = Path(".env")
_KEEPS = {"BRIDGE_KEYS", "BRIDGE_KEYS_FILE"}
_NEXT = "bridge up"
_LOCAL_TIME = Path("/etc/localtime")


def main(argv: list[str]) -> int:
    """Run `bridge init` and return the exit code."""
    arguments = _parser().parse_args(argv)
    asks = is_terminal() and not arguments.yes
    known = {**_variables(_ENV), **{name: os.environ[name] for name in _SETTABLE & {*os.environ}}}
    wanted, pack_name = _wanted(arguments, known, asks=asks)
    pack = read_pack(pack_name)
    if pack.profile is not None:
        wanted.append(_entry("profile", pack.profile))
    _refuse_faults(wanted)
    folder = Path(known.get("BRIDGE_MAPPINGS", "mappings"))
    files = [*write_env(_ENV, wanted), *write_mappings(folder, pack.files)]
    _print(files, as_json=arguments.json)
    return 0


def _wanted(
    arguments: argparse.Namespace, known: dict[str, str], *, asks: bool
) -> tuple[list[Entry], str | None]:
    """Return the variables that are given, asked for or taken by default, and the pack."""

    def answer(name: str, given: str | None, what: str, default: str) -> str:
        if given is not None:
            return given
        if _variable(name) in known:
            return "none"
        return default if not asks else ask(what, f"--{name.replace('_', '-')}", default)

    packs = ", ".join(pack_names())
    pack = arguments.pack or (
        ask(f"Pack ({packs}; none: the organization is asked)", "--pack", "none")
        if asks and "BRIDGE_PROFILE" not in known
        else "none"
    )
    database = _database_url(arguments.database_url)
    values = {
        "database_url": answer(
            "database_url", database, "PostgreSQL, postgresql://… (none: the embedded one)", "none"
        ),
        "listen": answer("listen", arguments.listen, "Address to listen at", "127.0.0.1:8080"),
        "public_url": answer(
            "public_url", arguments.public_url, "Address under which Salesforce reaches it", "none"
        ),
        "zone": answer("zone", arguments.zone, "Time zone of the nightly runs", _local_zone()),
        "mappings": "none" if "BRIDGE_MAPPINGS" in known else "mappings",
    }
    wanted = [_entry(name, value) for name, value in values.items() if value != "none"]
    has_server = values["database_url"] != "none" or "DATABASE_URL" in known
    if has_server and not _KEEPS & {*known}:
        wanted.append(_entry("keys", Fernet.generate_key().decode()))
    return wanted, None if pack == "none" else pack


def _database_url(given: str | None) -> str | None:
    """Return the address of the database; one with a password must not stand in argv.

    Raises:
        ConfigurationError: If it does.
    """
    if given == "-":
        return sys.stdin.readline().strip()
    try:
        has_password = given is not None and urlsplit(given).password is not None
    except ValueError:
        has_password = True
    if has_password:
        raise ConfigurationError(
            "the address of the database holds a password, and everybody on this machine can read "
            "command lines: give `--database-url -` and the address on standard input"
        )
    return given


def _local_zone() -> str:
    """Return the time zone of this machine, as far as it says; else UTC."""
    if name := os.environ.get("TZ"):
        return name.removeprefix(":")
    _, found, name = str(_LOCAL_TIME.resolve()).partition("/zoneinfo/")
    return name if found else "UTC"


def _variables(path: Path) -> dict[str, str]:
    """Return what stands in `.env`; nothing where there is none.

    Raises:
        ConfigurationError: If it cannot be read.
    """
    try:
        return values_of(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from None


def _variable(name: str) -> str:
    return str(Settings.model_fields[name].validation_alias or f"BRIDGE_{name.upper()}")


_SETTABLE = {_variable(name) for name in Settings.model_fields}


def _entry(name: str, value: str) -> Entry:
    return Entry(_variable(name), value, str(Settings.model_fields[name].description))


def _refuse_faults(wanted: Sequence[Entry]) -> None:
    """Check what is about to be written as every command will.

    Raises:
        ConfigurationError: If a value cannot be used.
    """
    fields = {_variable(name): name for name in Settings.model_fields}
    for entry in wanted:
        if "${" in entry.value:  # whoever reads the file puts another variable's value there
            raise ConfigurationError(
                f"{entry.name} cannot stand in .env, for it has ${{ in it: set it as a variable of "
                "the environment"
            )
    try:
        Settings.model_validate({fields[entry.name]: entry.value for entry in wanted})
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise ConfigurationError(
            "\n".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in faults)
        ) from None


def _print(files: Sequence[Written], *, as_json: bool) -> None:
    is_changed = any(one.outcome in {"written", "added to"} for one in files)
    if as_json:
        rows = [asdict(one) for one in files]
        print(json.dumps({"changed": is_changed, "files": rows, "next": _NEXT}, indent=2))
        return
    for one in files:
        if one.outcome != "same":
            print(f"{one.outcome:9} {one.file}{': ' if one.says else ''}{one.says}")
    if not is_changed:
        print("Nothing was changed.")
    print(f"Next: `{_NEXT}` in another terminal, then `bridge connect salesforce`")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge init",
        description="Writes .env and the mapping files of a new installation into this folder. "
        "What is there stays: only what is missing is added. Asks at a terminal; nowhere else.",
    )
    parser.add_argument("--pack", choices=pack_names(), help="what the mappings begin with")
    parser.add_argument(
        "--database-url",
        metavar="URL",
        help="PostgreSQL 15 or later; none: the embedded one; -: read from standard input",
    )
    parser.add_argument("--listen", metavar="HOST:PORT", help="where the server listens")
    parser.add_argument("--public-url", metavar="URL", help="where Salesforce reaches it")
    parser.add_argument("--zone", metavar="ZONE", help="time zone of the nightly runs")
    parser.add_argument("--yes", action="store_true", help="take the defaults, unasked")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    return parser
