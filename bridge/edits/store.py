"""What people have written and not yet put to work: one edit a person, all files as typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.mapping.compiled import FILES
from bridge.mapping.yaml_tree import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import psycopg

SQL = load_queries("bridge.edits")


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """What somebody has written so far.

    Attributes:
        files: Name -> text as typed, of all files.
        base_version_id: The version that was in force when they began.
    """

    files: Mapping[str, str]
    base_version_id: int | None
    saved_at: datetime


def edit_of(tx: psycopg.Connection[Any], connection_id: int, person_id: int) -> Edit | None:
    """Return what somebody has written, or None where they have begun nothing."""
    values = {"connection_id": connection_id, "person_id": person_id}
    with tx.cursor(row_factory=class_row(Edit)) as cursor:
        return cursor.execute(SQL["edit_of"], values).fetchone()


def keep_edit(
    tx: psycopg.Connection[Any],
    connection_id: int,
    person_id: int,
    files: Mapping[str, str],
    *,
    base: int | None,
) -> None:
    """Keep what somebody has written, faults and all, instead of what they had before.

    Raises:
        ConfigurationError: If a file holds what cannot be stored.
    """
    for name, text in files.items():
        if len(text) > MAX_CHARACTERS:
            raise ConfigurationError(f"{name}: longer than {MAX_CHARACTERS:,} characters")
        if "\0" in text:
            line = text[: text.index("\0")].count("\n") + 1
            raise ConfigurationError(
                f"{name}, line {line}: a NUL character cannot be stored, and YAML has none: "
                "take it out"
            )
    values = {"connection_id": connection_id, "person_id": person_id}
    tx.execute(SQL["keep_edit"], values | {"files": Jsonb(dict(files)), "base": base})


def discard_edit(tx: psycopg.Connection[Any], connection_id: int, person_id: int) -> None:
    """Forget what somebody has written."""
    values = {"connection_id": connection_id, "person_id": person_id}
    tx.execute(SQL["discard_edit"], values)


def changed_files(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return the names of files whose text differs, in the order of the mapping.

    >>> changed_files({"list.yaml": "a", "x.yaml": ""}, {"list.yaml": "a ", "names.yaml": "b"})
    ['names.yaml', 'list.yaml', 'x.yaml']
    """
    names = [*FILES, *sorted({*old, *new} - set(FILES))]
    return [name for name in names if old.get(name) != new.get(name)]
