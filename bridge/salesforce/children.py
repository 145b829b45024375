"""Child records beside a record: how they are asked for, and how they are kept. Pure.

Fields of child records have one path for all of them, `AccountContactRelations.[IsActive,Roles]`.
Its value is the text of a JSON list of records, in an order that depends on nothing but them; null
where there are none.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from bridge.salesforce.names import checked_name, checked_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Row: TypeAlias = dict[str, str | None]

_is_children = re.compile(r"(\w+)\.\[([\w.,]+)\]").fullmatch


class Children(NamedTuple):
    """Fields of the child records of a relationship."""

    relation: str
    fields: tuple[str, ...]

    @property
    def path(self) -> str:
        """The path under which a record has them.

        >>> Children("Contacts", ("Title", "Name")).path
        'Contacts.[Name,Title]'
        """
        return f"{self.relation}.[{','.join(sorted(set(self.fields)))}]"


def children_at(path: str) -> Children | None:
    """Return what a path asks of child records, or None where it is that of a field.

    >>> children_at("Contacts.[Name,Title]"), children_at("Account.Name")
    (Children(relation='Contacts', fields=('Name', 'Title')), None)
    """
    match = _is_children(path)
    return Children(match[1], tuple(match[2].split(","))) if match else None


def columns(paths: Iterable[str]) -> str:
    """Return what to select for paths, each once: children by a sub-query for each relationship.

    >>> columns(["Id", "Contacts.[Name]", "id", "Contacts.[Title,Name]"])
    'Id, (SELECT Name, Title FROM Contacts)'

    Raises:
        ConfigurationError: If a name is no API name.
    """
    own: dict[str, str] = {}
    below: dict[str, dict[str, str]] = {}
    for path in paths:
        children = children_at(path)
        if children is None:
            own.setdefault(path.lower(), checked_path(path))
            continue
        asked = below.setdefault(checked_name(children.relation), {})
        for field in children.fields:
            asked.setdefault(field.lower(), checked_path(field))
    selects = [
        f"(SELECT {', '.join(asked.values())} FROM {relation})"  # noqa: S608 -- checked
        for relation, asked in below.items()
    ]
    return ", ".join([*own.values(), *selects])


def as_text(rows: Sequence[Row]) -> str | None:
    """Return records as a path's value.

    >>> as_text([{"b": "2", "a": None}, {"a": "1"}])
    '[{"a": "1"}, {"a": null, "b": "2"}]'
    """
    texts = sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows)
    return f"[{', '.join(texts)}]" if texts else None


def rows_of(text: str) -> list[Row]:
    """Return the records of a path's value.

    Raises:
        ValueError: If it is none.
    """
    rows = json.loads(text)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("not a list of child records")
    return rows
