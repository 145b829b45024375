"""`bridge salesforce`: write the package of a connection, deploy it, take it out again."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.connections.command import database_of
from bridge.connections.keyring import open_keyring
from bridge.errors import ConfigurationError, RemoteError
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.deploy.carry_out import Deployed, Deployer
from bridge.salesforce.deploy.folder import folder_files, write_file, write_folder
from bridge.salesforce.deploy.outcome import problem_lines
from bridge.salesforce.deploy.prepare import Asked, gather, look
from bridge.salesforce.package.change_list import change_list
from bridge.salesforce.package.forms import metadata_files, zipped
from bridge.salesforce.package.generate import generate
from bridge.salesforce.package.model import Known
from bridge.settings import read_settings

if TYPE_CHECKING:
    from bridge.salesforce.deploy.outcome import Outcome
    from bridge.salesforce.deploy.prepare import Ground
    from bridge.salesforce.package.model import Options, Package

_DONE, _FAILED = 0, 1
_SILENT = (
    "flows are switched off, nothing is deleted. Remove again once that is mended, or deploy to "
    "switch them on"
)


def main(argv: list[str]) -> int:
    """Run `bridge salesforce` and return the exit code."""
    arguments = _parser().parse_args(argv)
    return _package(arguments) if arguments.command == "package" else _deploy(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge salesforce",
        description="What an organization needs to work with the bridge: fields, outbound "
        "messages, flows, permission sets, buttons, tabs, list views.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    package = commands.add_parser(
        "package",
        help="write the package to a folder, or say what it changes",
        description="Writes the package in source form and as zips, with the way back and a page "
        "for the change board. The files name the secret of the endpoint.",
    )
    form = package.add_mutually_exclusive_group()
    form.add_argument("--to", type=Path, metavar="DIR", help="default: salesforce-package")
    form.add_argument("--zip", type=Path, metavar="FILE", help="write one zip, nothing else")
    form.add_argument("--change-list", action="store_true", help="print the page, write nothing")
    deploy = commands.add_parser(
        "deploy",
        help="deploy the package, or take it out",
        description="Deploys all of the package or nothing. Exit code 1 if Salesforce refuses it.",
    )
    either = deploy.add_mutually_exclusive_group()
    either.add_argument("--check-only", action="store_true", help="change nothing, only tell")
    either.add_argument("--remove", action="store_true", help="take out all that was deployed")
    deploy.add_argument(
        "--with-records", action="store_true", help="with --remove: lists and memberships too"
    )
    for command in (package, deploy):
        command.add_argument("--connection", default="default", metavar="NAME")
        command.add_argument("--public-url", metavar="URL", help="default: BRIDGE_PUBLIC_URL")
        command.add_argument("--send-as", metavar="USERNAME", help="default: the bridge's own user")
        command.add_argument("--api-version", metavar="N.0", help="default: the connection's")
        command.add_argument("--canvas-app", metavar="NAME", help="shows pages inside Salesforce")
        command.add_argument("--draft", action="store_true", help="flows arrive as drafts")
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _asked(arguments: argparse.Namespace) -> Asked:
    return Asked(
        connection=arguments.connection,
        public_url=arguments.public_url,
        send_as=arguments.send_as,
        api_version=arguments.api_version,
        canvas_app=arguments.canvas_app,
        flow_status="Draft" if arguments.draft else "Active",
    )


def _package(arguments: argparse.Namespace) -> int:
    settings, asked = read_settings(), _asked(arguments)
    with database_of(settings) as database:
        keyring = open_keyring(settings)
        ground = gather(database, keyring, settings, asked)
        try:
            with closing(
                open_salesforce(ground.connection, database, keyring, settings)
            ) as salesforce:
                known = look(salesforce, ground.mapping)
                username = salesforce.identity().username
        except RemoteError as error:
            if asked.send_as is None:
                raise ConfigurationError(
                    f"{error}\nWithout it, give the user to send messages as: --send-as USERNAME"
                ) from None
            print(f"Salesforce was not asked: {error}", file=sys.stderr)
            known, username = Known(), ""
    options = ground.options(asked, username, known)
    package = generate(ground.mapping, options)
    if arguments.change_list:
        text = change_list(package, options)
        print(json.dumps({"changes": text}) if arguments.json else text, end="")
        return _DONE
    _write(arguments, package, options)
    return _DONE


def _write(arguments: argparse.Namespace, package: Package, options: Options) -> None:
    if arguments.zip is not None:
        place: Path = arguments.zip
        write_file(place, zipped(metadata_files(package)))
    else:
        place = arguments.to or Path("salesforce-package")
        write_folder(place, folder_files(package, options))
    if arguments.json:
        print(json.dumps({"path": str(place), "parts": len(package.parts)}))
        return
    print(f"{place}: {len(package.parts)} parts, profile {package.profile}")
    print("then `bridge salesforce deploy`, or have an administrator deploy it")


def _deploy(arguments: argparse.Namespace) -> int:
    settings, asked = read_settings(), _asked(arguments)
    with database_of(settings) as database:
        keyring = open_keyring(settings)
        ground = gather(database, keyring, settings, asked)
        with closing(open_salesforce(ground.connection, database, keyring, settings)) as salesforce:
            username = salesforce.identity().username
            options = ground.options(asked, username, look(salesforce, ground.mapping))
            package = generate(ground.mapping, options, whole=arguments.remove)
            deployer = Deployer(
                database=database,
                salesforce=salesforce,
                connection_id=ground.connection.id,
                is_own_user=options.send_as.lower() == username.lower(),
                tell=_tell,
            )
            if arguments.remove:
                deployed = deployer.remove(package, with_records=arguments.with_records)
            elif arguments.check_only:
                deployed = deployer.check(package)
            else:
                deployed = deployer.deploy(package)
    if arguments.json:
        print(json.dumps(_as_json(deployed), indent=2))
    else:
        print("\n".join(_lines(arguments, ground, deployed)))
    return _DONE if deployed.outcome.succeeded else _FAILED


def _tell(step: str, outcome: Outcome) -> None:
    print(f"{step}: {outcome.progress}", file=sys.stderr, flush=True)


def _as_json(deployed: Deployed) -> dict[str, Any]:
    outcome = deployed.outcome
    return {
        "ok": outcome.succeeded,
        "deployment": outcome.job_id,
        "status": outcome.status,
        "parts": outcome.parts,
        "changed": outcome.changed,
        "problems": [vars(problem) for problem in outcome.problems],
        "field_lists_changed": deployed.changed_lists,
        "messages_missing": list(deployed.missing),
        "fields_hidden": list(deployed.hidden),
        "flows_inactive": list(deployed.inactive),
    }


def _lines(arguments: argparse.Namespace, ground: Ground, deployed: Deployed) -> list[str]:
    outcome = deployed.outcome
    if not outcome.succeeded:
        what = _SILENT if deployed.is_silent else "nothing was changed"
        head = f"{len(outcome.problems)} of {outcome.parts} parts are refused: {what}"
        return [head, *problem_lines(outcome.problems)]
    name = ground.connection.name
    if arguments.remove:
        return [f"{name}: {outcome.changed} parts are gone"]
    if arguments.check_only:
        return [f"{name}: {outcome.parts} parts would be accepted; nothing was changed"]
    lines = [f"{name}: {outcome.parts} parts are there, {outcome.changed} of them changed"]
    if deployed.changed_lists:
        lines.append(f"{deployed.changed_lists} field lists of outbound messages recorded")
    lines += [f"{one} was not found afterwards: deploy again" for one in deployed.missing]
    if deployed.hidden:
        lines.append(
            f"hidden from the user that messages are sent as: {', '.join(deployed.hidden)}"
        )
        lines.append("-> assign the permission set Constant Contact Bridge, then deploy again")
    if not deployed.is_checked:
        lines.append(f"what {arguments.send_as} may read is not known: empty fields are read back")
    if deployed.inactive:
        lines.append(f"not in force as deployed: {', '.join(deployed.inactive)}")
        lines.append("-> activate their latest versions in Setup, Flows")
    return lines
