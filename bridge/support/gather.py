"""Read what somebody who helps wants to know: versions, settings, how all stands, what failed."""

from __future__ import annotations

import json
import platform
from collections import deque
from dataclasses import asdict
from importlib.metadata import distributions
from typing import TYPE_CHECKING, Any, Literal, get_origin

import psycopg
from psycopg.rows import dict_row

from bridge.connections.keyring import open_keyring, read_ring
from bridge.connections.sealed import Sealed
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.status.alarms import alarms
from bridge.status.gather import read_screen
from bridge.status.text import as_json
from bridge.support.redact import Redactor, phrases, texts_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bridge.doctor.findings import Finding
    from bridge.settings import Settings

_SQL = load_queries("bridge.support")

_LINES = 500
_LEVELS = frozenset({"WARNING", "ERROR", "CRITICAL"})
_LOG_KEYS = (
    *("time", "level", "logger", "event", "process", "pid", "connection", "run", "plan", "object"),
    *("topic", "lane", "error", "at", "cause", "status", "system", "state", "failure", "attempts"),
    *("count", "version"),
)
_COMMON_USERS = frozenset({"root", "bridge", "bridge up", "bridge restore", "nobody", "postgres"})
_PLAIN_TYPES = (int, float, bool)


def read_parts(
    tx: psycopg.Connection[Any], settings: Settings, findings: Iterable[Finding]
) -> dict[str, Any]:
    """Return the parts of a bundle by name, with every name still in them."""
    tx.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with tx.transaction():
        screen = read_screen(tx, settings)
        return {
            "versions": _versions(tx),
            "settings": settings_told(settings),
            "status": _plain(as_json(screen, alarms(screen))),
            "doctor": [asdict(finding) for finding in findings],
            "tables": _rows(tx, "sizes"),
            "runs": _rows(tx, "runs"),
            "plans": _rows(tx, "plans"),
            "schedules": _rows(tx, "schedules"),
            "backups": _rows(tx, "backups"),
        }


def redactor_for(
    tx: psycopg.Connection[Any], settings: Settings, parts: Mapping[str, Any]
) -> Redactor:
    """Return what takes out of these parts the secrets and names that this installation knows."""
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, kind in tx.execute(_SQL["names"]).fetchall():
        if name and name not in names and not (kind == "user" and name in _COMMON_USERS):
            counts[kind] = counts.get(kind, 0) + 1
            names[name] = f"({kind} {counts[kind]})"
    asked = {"phrases": sorted(phrases(texts_in(dict(parts))))}
    for (value,) in tx.execute(_SQL["values_of_people"], asked).fetchall():
        names.setdefault(value, "(name)")
    return Redactor(_secrets(tx, settings), names)


def settings_told(settings: Settings) -> dict[str, Any]:
    """Return each setting: its value where that is a number or a choice, else whether it is set.

    A text that anybody may choose can hold anything: an address with a password, a firm's name.
    """
    told: dict[str, Any] = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        is_choice = get_origin(field.annotation) is Literal
        if isinstance(value, _PLAIN_TYPES) or is_choice:
            told[name] = value
        else:
            told[name] = "not set" if value is None else _how_set(value == field.default)
    return told


def log_lines(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the latest warnings and errors of a log, with those keys that hold ids and words.

    Lines that are none of this program's are left out.
    """
    kept: deque[dict[str, Any]] = deque(maxlen=_LINES)
    for line in lines:
        try:
            values = json.loads(line[line.index("{") :])
        except ValueError:
            continue
        if isinstance(values, dict) and values.get("level") in _LEVELS:
            kept.append({key: values[key] for key in _LOG_KEYS if key in values})
    return list(kept)


def _how_set(is_default: bool) -> str:  # noqa: FBT001 -- one question
    return "default" if is_default else "set"


def _versions(tx: psycopg.Connection[Any]) -> dict[str, Any]:
    packages = {each.metadata["Name"]: each.version for each in distributions()}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "postgresql": _rows(tx, "server")[0],
        "migrations": _rows(tx, "migrations"),
        "packages": dict(sorted(packages.items(), key=lambda each: each[0].lower())),
    }


def _secrets(tx: psycopg.Connection[Any], settings: Settings) -> Iterator[str]:
    """Yield every secret, and the parts of those that are JSON."""
    try:
        keyring = open_keyring(settings)
        yield from read_ring(settings)
    except ConfigurationError:
        return
    for key_id, ciphertext in tx.execute(_SQL["secrets"]).fetchall():
        try:
            text = keyring.decrypt(Sealed(key_id, ciphertext))
        except ConfigurationError:
            continue
        yield text
        try:
            yield from (part for part in texts_in(json.loads(text)) if len(part) > 3)  # noqa: PLR2004
        except ValueError:
            continue


def _rows(tx: psycopg.Connection[Any], name: str) -> list[dict[str, Any]]:
    queries = {
        "server": _SQL["server"],
        "migrations": _SQL["migrations"],
        "sizes": _SQL["sizes"],
        "runs": _SQL["runs"],
        "plans": _SQL["plans"],
        "schedules": _SQL["schedules"],
        "backups": _SQL["backups"],
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        found: list[dict[str, Any]] = _plain(cursor.execute(queries[name]).fetchall())
    return found


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: moments as text."""
    return json.loads(json.dumps(value, default=str))
