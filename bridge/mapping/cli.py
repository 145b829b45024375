"""`bridge mapping`: check the mapping files, try them on a record, make them the active version."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.errors import ConfigurationError, MappingError
from bridge.mapping.compiled import load_mapping, read_files
from bridge.mapping.json_schema import SCHEMA_FILE, json_schema
from bridge.mapping.profiles import PROFILES
from bridge.mapping.trial import KINDS, try_record
from bridge.mapping.versions import activate, active
from bridge.salesforce.deploy.definitions import to_deploy_again
from bridge.salesforce.values import Record, flatten
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.model import Mapping

_DONE, _FAILED, _FAULTY = 0, 1, 2


def main(argv: list[str]) -> int:
    """Run `bridge mapping` and return the exit code."""
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    return run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge mapping", description="What records of Salesforce become in Constant Contact."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    check = commands.add_parser("check", help="check all mapping files of a folder")
    _add_folder(check)
    _add_profile(check)
    check.add_argument(
        "--connection", metavar="NAME", help="by its names, and against what is deployed there"
    )
    check.add_argument("--json", action="store_true", help="print one JSON value")
    check.set_defaults(run=_check)

    run = commands.add_parser("run", help="show what one record becomes")
    run.add_argument("file", type=Path, help="contact.yaml, list.yaml or membership.yaml")
    run.add_argument(
        "--record", required=True, help="JSON of one record, as REST or SOQL gives it; - for input"
    )
    _add_profile(run)
    run.add_argument("--json", action="store_true", help="print one JSON value")
    run.set_defaults(run=_run)

    put = commands.add_parser("activate", help="make the files the active version")
    _add_folder(put)
    put.add_argument("--connection", default="default", metavar="NAME", help="default: `default`")
    put.add_argument("--json", action="store_true", help="print one JSON value")
    put.set_defaults(run=_activate)

    schema = commands.add_parser("schema", help="write the JSON Schema that editors read")
    _add_folder(schema)
    schema.set_defaults(run=_schema)
    return parser


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="default: BRIDGE_MAPPINGS, `mappings/`"
    )


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile", choices=PROFILES, default=PROFILES[0], help=f"default: {PROFILES[0]}"
    )


def _folder(arguments: argparse.Namespace) -> Path:
    folder: Path = arguments.folder or read_settings().mappings
    return folder


def _check(arguments: argparse.Namespace) -> int:
    folder = _folder(arguments)
    try:
        files = read_files(folder)
        if arguments.connection is None:
            profile = arguments.profile
            stale: list[str] = []
            mapping = load_mapping(files, profile=profile, overrides={})
        else:
            profile, mapping, stale = _against(arguments.connection, files)
    except MappingError as error:
        if arguments.json:
            print(json.dumps({"ok": False, "faults": error.faults}, ensure_ascii=False))
            return _FAULTY
        raise
    if arguments.json:
        told = {"ok": True, "faults": [], "digest": mapping.digest, "to_deploy": stale}
        print(json.dumps(told))
    else:
        print(f"{folder}: no faults, for profile {profile}")
        _print_stale(stale)
    return _DONE


def _against(name: str, files: MappingOf[str, str]) -> tuple[str, Mapping, list[str]]:
    """Return a connection's profile, the mapping by its names, and what it lacks there."""
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, name)
        profile = target.profile or PROFILES[0]
        mapping = load_mapping(files, profile=profile, overrides=target.object_names)
        return profile, mapping, to_deploy_again(connection, target.id, mapping)


def _print_stale(sentences: list[str]) -> None:
    for sentence in sentences:
        print(sentence)
    if sentences:
        print("-> `bridge salesforce deploy`: until then these fields are read one by one")


def _run(arguments: argparse.Namespace) -> int:
    kind = arguments.file.name.removesuffix(".yaml")
    if kind not in KINDS:
        known = ", ".join(f"{kind}.yaml" for kind in KINDS)
        raise ConfigurationError(f"{arguments.file}: a record goes through one of {known}")
    files = read_files(arguments.file.parent)
    mapping = load_mapping(files, profile=arguments.profile, overrides={})
    answer = try_record(mapping, kind, _read_record(arguments.record))
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print("\n".join(_lines(answer)))
    return _FAILED if answer["error"] else _DONE


def _read_record(source: str) -> Record:
    """Return the record of a file or of standard input, nested or flat.

    Raises:
        ConfigurationError: If it cannot be read, or is no JSON object.
    """
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8-sig")
        record = json.loads(text)
    except OSError as error:
        raise ConfigurationError(f"{source}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"{source}: not JSON: {error}") from None
    if not isinstance(record, dict):
        raise ConfigurationError(f"{source}: one record, a JSON object, is expected")
    return flatten(record)


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    """Yield the answer as people read it."""
    if answer["error"]:
        yield f"refused: {answer['error']}"
    elif answer["left_out"]:
        yield f"takes no part: {answer['left_out']}"
    elif answer["becomes"] is None:
        yield "takes part"
    else:
        rows = list(_rows(answer["becomes"], ""))
        width = max((len(name) for name, _ in rows), default=0)
        for name, value in rows:
            shown = "(cleared)" if value is None else str(value).replace("\n", "\\n")
            yield f"{name:{width}}  {shown}"
    if answer["not_known"]:
        yield f"not in this record, and so not touched: {', '.join(answer['not_known'])}"


def _rows(part: dict[str, Any], above: str) -> Iterator[tuple[str, object]]:
    for key, value in part.items():
        if isinstance(value, dict):
            yield from _rows(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _activate(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    files = read_files(_folder(arguments))
    with connect(settings) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        version = activate(connection, target.id, files, by=_user())
        in_force = active(connection, target.id)
        stale = to_deploy_again(connection, target.id, in_force.mapping) if in_force else []
    if arguments.json:
        told = {"connection": target.name, "version": version, "to_deploy": stale}
        print(json.dumps(told))
    else:
        print(f"{target.name}: version {version} is active")
        _print_stale(stale)
    return _DONE


def _user() -> str:
    """Return who gives this command, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in containers
        return "command line"


def _schema(arguments: argparse.Namespace) -> int:
    path = _folder(arguments) / SCHEMA_FILE
    path.write_text(json_schema(), encoding="utf-8")
    print(path)
    return _DONE
