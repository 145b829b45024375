"""The command line: lists the commands, loads the one called, turns errors into exit codes.

Each command is an entry point of the group `bridge.commands`, a function that takes the arguments
after its name and returns the exit code. Importing this module must stay cheap: `bridge --help`
answers in under 0.2 s, so the modules of the commands, and psycopg with them, come in only with
the command that needs them.
"""

from __future__ import annotations

import difflib
import gc
import os
import sys
from importlib.metadata import entry_points, version
from typing import TYPE_CHECKING

from bridge.errors import BridgeError, ConfigurationError, RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.metadata import EntryPoint

COMMANDS = {
    "demo": "play the story on this machine, with stand-ins for both services",
    "up": "server, worker and scheduler together, for one small machine",
    "serve": "the server that receives outbound messages",
    "worker": "the worker that delivers them",
    "scheduler": "the clock of the regular jobs",
    "first-day": "compare both sides, keep them as they are, say what would be done",
    "snapshot": "both sides as they are, in files: take, verify, restore from it",
    "reconcile": "compare both sides, print what differs and set it right",
    "plan": "what runs have planned: show, approve, discard, export, undo it",
    "runs": "what the runs did, and what they are doing",
    "integrity": "how far both sides agree, night by night, and why what differs does",
    "init": "write the settings and the mapping files of a new installation",
    "connect": "connect Salesforce and Constant Contact, step by step; check what is stored",
    "connection": "add, list and show connections",
    "salesforce": "the package that an organization needs: write it, deploy it, take it out",
    "mapping": "check, try and activate the mapping files",
    "inbox": "what arrived, what became of it and why; replay it",
    "budget": "the API calls: limits, what is used and waits, when it will be done",
    "consent": "who waits to be mailed again: approve, refuse, give evidence; by which rules",
    "policy": "what the firm has decided about lists, people and plans; who changed it",
    "unresolved": "what no rule settles: shared addresses, names, duplicates; choose",
    "audit": "check and export the ledger of consent",
    "console": "a link that logs an administrator in to the pages",
    "status": "one screen: what waits, since when, what is left of the day, and alarms",
    "alerts": "who was told of what stands, and a test of the ways to tell",
    "explain": "why a record, an address or a mailing is as it is, and what to do",
    "pause": "stop delivering for a while; opt-outs go on",
    "resume": "deliver again what was paused",
    "doctor": "check the installation and say what to do about each failure",
    "backup": "write all that the bridge knows to one file, and read it again",
    "restore": "put a backup back; then nothing but opt-outs goes out until you have looked",
    "drill": "restore the last backup beside the database, compare, and tell how long it took",
    "support-bundle": "one file for whoever helps: how all stands, without names and secrets",
    "db": "migrate the database",
    "sandbox": "stand-ins for Salesforce and Constant Contact",
}
"""The commands in the order of the help text, with their help lines."""

DONE, FAILED, USAGE, UNAVAILABLE, INTERRUPTED = 0, 1, 2, 5, 130


def main() -> int:
    """Run the command that the arguments name and return the exit code."""
    arguments = sys.argv[1:]
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has left, as in `bridge inbox list | head`. What Python flushes at its end
        # would meet the closed pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code


def _run(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        print(_help_text())
        return DONE if arguments else USAGE
    if arguments[0] == "--version":
        print(version("practifi-constant-contact-bridge"))
        return DONE
    name, *rest = arguments
    found = {entry.name: entry for entry in entry_points(group="bridge.commands")}
    if name not in found:
        near = difflib.get_close_matches(name, found, n=1)
        advice = f"did you mean `bridge {near[0]}`?" if near else "`bridge --help` lists them"
        return _fail(f"bridge: no command {name!r}: {advice}", USAGE)
    return _call(found[name], rest)


def _load(command: EntryPoint) -> Callable[[list[str]], int]:
    """Import a command: what that makes stays, so no time goes into looking for garbage in it."""
    gc.disable()
    try:
        main: Callable[[list[str]], int] = command.load()
    finally:
        gc.freeze()
        gc.enable()
    return main


def _call(command: EntryPoint, arguments: list[str]) -> int:
    """Load a command, run it, and say its error in a sentence."""
    try:
        code: int = _load(command)(arguments)
    except BridgeError as error:
        return _fail(str(error), _exit_code(error))
    except _database_errors() as error:
        cause = str(error).strip().splitlines() or [type(error).__name__]
        return _fail(f"the database cannot be used: {cause[0]}", FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _exit_code(error: BridgeError) -> int:
    if isinstance(error, ConfigurationError):
        return USAGE
    return UNAVAILABLE if isinstance(error, RemoteError) else FAILED


def _database_errors() -> tuple[type[BaseException], ...]:
    """Return psycopg's error for a lost server, once a command has imported psycopg."""
    psycopg = sys.modules.get("psycopg")
    return (psycopg.OperationalError,) if psycopg else ()


def _help_text() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "usage: bridge COMMAND …",
            "",
            "Keeps Constant Contact in step with Practifi (Salesforce).",
            "",
            *lines,
            "",
            "`bridge COMMAND --help` explains a command.",
        ]
    )


def _fail(message: str, code: int) -> int:
    print(message, file=sys.stderr)
    return code
