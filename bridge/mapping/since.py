"""Since which version each rule of a connection's mapping is as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import class_row

from bridge.db.queries import load_queries
from bridge.mapping.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.mapping.documentation import Since

_QUERIES = load_queries("bridge.mapping")
_MOST = 200
_FILES = ("contact.yaml", "list.yaml")

Rules = dict[tuple[str, tuple[str, ...]], object]
"""File and path of each part -> its rule as written, with the tables that it uses."""


class InForce(NamedTuple):
    """A version while it was in force."""

    version_id: int
    activated_at: datetime
    files: Mapping[str, str]


def rules_since(tx: psycopg.Connection[Any], connection_id: int) -> Since:
    """Return since when each rule of the version in force is as it is, in words."""
    with tx.cursor(row_factory=class_row(InForce)) as cursor:
        values = {"connection_id": connection_id, "count": _MOST}
        history = cursor.execute(_QUERIES["texts_in_force"], values).fetchall()
    return {key: in_words(first) for key, first in unchanged_since(history).items()}


def in_words(version: InForce) -> str:
    """Return a version and its day, as people are told."""
    return f"version {version.version_id}, {version.activated_at.date().isoformat()}"


def unchanged_since(
    history: Sequence[InForce],
) -> dict[tuple[str, tuple[str, ...]], InForce]:
    """Return for each rule the first version of those without a break that had it as it is now.

    Args:
        history: What was in force, the latest first; each is read once, and no further than needed.
    """
    found: dict[tuple[str, tuple[str, ...]], InForce] = {}
    now: Rules = {}
    open_keys: set[tuple[str, tuple[str, ...]]] = set()
    for place, version in enumerate(history):
        rules = {key: rule for name in _FILES for key, rule in _rules(name, version.files).items()}
        if place == 0:
            now, open_keys = rules, set(rules)
        open_keys = {key for key in open_keys if rules.get(key) == now[key]}
        found.update(dict.fromkeys(open_keys, version))
        if not open_keys:
            break
    return found


def _rules(name: str, files: Mapping[str, str]) -> Rules:
    """Return the rules of a file; how they are written down besides is no difference."""
    data = read_tree(files.get(name, "")).data
    if not isinstance(data, dict) or not isinstance(data.get("fields"), dict):
        return {}
    lookups = data.get("lookups")
    tables = lookups if isinstance(lookups, dict) else {}
    return {(name, path): rule for path, rule in _walk(data["fields"], (), tables)}


def _walk(part: Any, path: tuple[str, ...], tables: Mapping[str, object]) -> list[tuple[Any, Any]]:
    if isinstance(part, str):
        return [(path, ({"from": part}, []))]
    if not isinstance(part, dict):
        return []
    if path and path[-1] not in _GROUPS and not (path[0] == "street_addresses" and len(path) == 2):  # noqa: PLR2004
        steps = part.get("transform")
        used = [
            tables.get(step["lookup"])
            for step in (steps if isinstance(steps, list) else [])
            if isinstance(step, dict) and isinstance(step.get("lookup"), str)
        ]
        return [(path, (part, used))]
    return [row for key, inner in part.items() for row in _walk(inner, (*path, key), tables)]


_GROUPS = {"phone_numbers", "street_addresses", "custom_fields"}
