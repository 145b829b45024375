"""Salesforce values in one spelling: the text that an outbound message would carry.

REST answers and outbound messages spell the same value differently (`2026-11-02T09:15:00.000+0000`
and `….000Z`, `true` and `"true"`). Everything past the adapters knows one spelling, so that a value
read back equals the value received.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from bridge.salesforce.children import as_text, children_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Record: TypeAlias = dict[str, str | None]
"""Field path as written in SOQL -> text; None is null, an absent key is not known."""

_REST_DATETIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:\+00:?00|Z)")


def to_text(value: object) -> str | None:
    """Return a REST JSON value as an outbound message would spell it.

    >>> to_text(True), to_text(3), to_text(24.0), to_text("2026-11-02T09:15:00.000+0000")
    ('true', '3', '24.0', '2026-11-02T09:15:00.000Z')
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if isinstance(value, str) and (match := _REST_DATETIME.fullmatch(text)):
        return f"{match[1]}{match[2] or '.000'}Z"
    return text


def flatten(record: Mapping[str, object]) -> Record:
    """Return a REST record as one level: a parent's field gets a dotted path.

    A parent that is null yields its own name with None, so that every path below it reads as null.
    Child records are kept as text, under the name of their relationship and `.[]`.

    >>> flatten({"attributes": {}, "Id": "1", "Account": {"Name": "Lovelace"}, "Owner": None})
    {'Id': '1', 'Account.Name': 'Lovelace', 'Owner': None}
    """
    flat: Record = {}
    for name, value in record.items():
        if name == "attributes":
            continue
        if isinstance(value, Mapping) and isinstance(value.get("records"), list):
            children = [child for child in value["records"] if isinstance(child, Mapping)]
            flat[f"{name}.[]"] = json.dumps([flatten(child) for child in children])
        elif isinstance(value, Mapping):
            flat.update({f"{name}.{path}": text for path, text in flatten(value).items()})
        else:
            flat[name] = to_text(value)
    return flat


def as_asked(record: Record, wanted: Sequence[str]) -> Record:
    """Return a record under the paths as they were asked for: Salesforce answers in its own case.

    >>> as_asked({"Id": "1", "Account": None}, ["ID", "account.Name"])
    {'ID': '1', 'account.Name': None}
    """
    there = {path.lower(): value for path, value in record.items()}
    asked: Record = {}
    for name in wanted:
        path = name.lower()
        if path in there:
            asked[name] = there[path]
        elif (children := children_at(name)) and (text := there.get(f"{children[0].lower()}.[]")):
            asked[name] = as_text([as_asked(row, children.fields) for row in json.loads(text)])
        elif any(there.get(parent, "") is None for parent in _parents(path)):
            asked[name] = None
    return asked


def _parents(path: str) -> Iterator[str]:
    """Yield what stands above a path.

    >>> list(_parents("a.b.c"))
    ['a', 'a.b']
    """
    steps = path.split(".")
    return (".".join(steps[:depth]) for depth in range(1, len(steps)))
