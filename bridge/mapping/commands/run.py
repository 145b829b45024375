"""`bridge mapping run`: show what one record becomes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import ConfigurationError
from bridge.mapping.commands.arguments import DONE, FAILED, add_json, add_profile
from bridge.mapping.compiled import load_mapping, read_files
from bridge.mapping.trial import KINDS, try_record
from bridge.salesforce.values import Record, flatten

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bridge.mapping.commands.arguments import Commands


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    run = commands.add_parser("run", help="show what one record becomes")
    run.add_argument("file", type=Path, help="contact.yaml, list.yaml or membership.yaml")
    run.add_argument(
        "--record", required=True, help="JSON of one record, as REST or SOQL gives it; - for input"
    )
    add_profile(run)
    add_json(run)
    run.set_defaults(run=_run)


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
    return FAILED if answer["error"] else DONE


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
