"""`bridge mapping run`: show what one record becomes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.delivery.write_rules import kept
from bridge.errors import ConfigurationError
from bridge.mapping.commands.arguments import DONE, FAILED, add_json, add_profile
from bridge.mapping.compiled import load_mapping, read_files
from bridge.mapping.trial import KINDS, try_record
from bridge.salesforce.values import flatten

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from bridge.mapping.commands.arguments import Commands
    from bridge.mapping.model import Mapping
    from bridge.mapping.rules import WriteRule


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    run = commands.add_parser("run", help="show what one record becomes")
    run.add_argument("file", type=Path, help="contact.yaml, list.yaml or membership.yaml")
    run.add_argument(
        "--record", required=True, help="JSON of one record, as REST or SOQL gives it; - for input"
    )
    run.add_argument(
        "--there",
        metavar="CONTACT",
        help="JSON of the contact that is there: say what `write` keeps of it",
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
    answer = try_record(mapping, kind, flatten(_read_json(arguments.record)))
    if arguments.there is not None:
        answer |= {"kept": _kept(mapping, kind, answer["becomes"], _read_json(arguments.there))}
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print("\n".join(_lines(answer)))
    return FAILED if answer["error"] else DONE


def _kept(
    mapping: Mapping, kind: str, becomes: dict[str, Any] | None, there: dict[str, Any]
) -> dict[str, WriteRule]:
    """Return part -> the write rule that keeps it as it is there.

    Raises:
        ConfigurationError: If the record is no contact's.
    """
    if kind != "contact":
        raise ConfigurationError("--there: only parts of contact.yaml have write rules")
    ids = {field.name: field.name for field in mapping.contact.custom_fields}
    return kept(_as_resource(there), becomes or {}, ids, mapping.contact.write_rules)


def _as_resource(contact: dict[str, Any]) -> dict[str, Any]:
    """Return a contact that people wrote as the vendor would answer it.

    They may write it as a mapping makes it, custom fields by their keys.

    Raises:
        ConfigurationError: If it can be no contact's.

    >>> _as_resource({"phone_numbers": {"home": "1"}})
    {'phone_numbers': [{'kind': 'home', 'phone_number': '1'}]}
    """
    found = dict(contact)
    for group, key, value in (
        ("phone_numbers", "kind", "phone_number"),
        ("street_addresses", "kind", None),
        ("custom_fields", "custom_field_id", "value"),
    ):
        rows = found.get(group) or []
        if isinstance(rows, dict):
            rows = [
                {key: name} | (one if value is None else {value: one}) for name, one in rows.items()
            ]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ConfigurationError(f"--there: {group} is no part of a contact like this")
        found |= {group: rows} if rows else {}
    return found


def _read_json(source: str) -> dict[str, Any]:
    """Return the JSON object of a file or of standard input.

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
    return record


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
            rule = answer.get("kept", {}).get(name)
            yield f"{name:{width}}  {shown}" + (f"  (kept there: {rule})" if rule else "")
    if answer["not_known"]:
        yield f"not in this record, and so not touched: {', '.join(answer['not_known'])}"


def _rows(part: dict[str, Any], above: str) -> Iterator[tuple[str, object]]:
    for key, value in part.items():
        if isinstance(value, dict):
            yield from _rows(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value
