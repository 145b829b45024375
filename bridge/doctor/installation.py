"""Checks of the installation itself: database, key ring, broker, alerts, worker, backup."""

from __future__ import annotations

import socket
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg

from bridge.alerts.named import public_address
from bridge.alerts.outlets import open_outlets
from bridge.connections.keyring import open_keyring
from bridge.connections.secrets import refuse_foreign_ring
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.db.queries import load_queries
from bridge.doctor import machine
from bridge.doctor.backup import judge_backup, last_backup_at
from bridge.doctor.findings import INSTALLATION, fault, finding, ok
from bridge.doctor.public import judge_public, look_at_public
from bridge.errors import ConfigurationError
from bridge.status.alarms import alarms
from bridge.status.gather import read_watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.doctor.findings import Finding, Outcome
    from bridge.settings import Settings

_SQL = load_queries("bridge.doctor")
_OLDEST_POSTGRESQL = 150_000
_BROKERS = {"redis": ("redis", 6379), "rediss": ("redis", 6379), "amqp": ("pika", 5672)}
_BROKERS["amqps"] = ("pika", 5671)
_CONNECT_S = 5.0
_MAY_GO_ON = frozenset({"broker", "alerts", "disk", "public address"})

CHECKS = ("database", "key ring", "broker", "alerts", "disk", "worker", "backup", "public address")
"""What is looked at, in the order in which it is told; without the first two it ends there."""


def check_installation(settings: Settings) -> Iterator[Finding]:
    """Yield what holds of this installation; without a database nothing else can be looked at."""
    database = _found("database", _database(settings))
    yield database
    if not stops(database):
        yield _found("key ring", _keyring(settings))
    yield _found("broker", _broker(settings.broker_url))
    yield _found("alerts", _alerts(settings))
    yield _found("disk", machine.judge_disk(machine.room_of(settings.data_dir)))


def check_surroundings(settings: Settings) -> Iterator[Finding]:
    """Yield what holds around an installation whose database can be used."""
    with connect(settings) as tx:
        screen = read_watched(tx, settings)
        backup_at = last_backup_at(tx)
    silent = next((one for one in alarms(screen) if one.cause == "no_worker"), None)
    yield _found("worker", "runs" if silent is None else fault("worker_silent", silent.says))
    yield _found("backup", judge_backup(backup_at, screen.at))
    yield _found("public address", judge_public(look_at_public(settings), screen.at))


def stops(found: Finding) -> bool:
    """Tell whether nothing more can be looked at because of a finding."""
    return found.state == "failed" and found.check not in _MAY_GO_ON


def _found(check: str, outcome: Outcome) -> Finding:
    if isinstance(outcome, str):
        return ok(INSTALLATION, check, outcome)
    return finding(INSTALLATION, outcome)


def _database(settings: Settings) -> Outcome:
    where = "DATABASE_URL" if settings.database_url else f"the embedded one in {settings.data_dir}"
    try:
        with connect(settings) as connection:
            row = connection.execute(_SQL["server_version"]).fetchone()
        number, words = row or (0, "unknown")
        wait_for_schema(settings, 0)
    except ConfigurationError as error:
        return fault("database_unusable", str(error))
    except psycopg.OperationalError as error:
        says = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return fault("database_down", says, where=where)
    if number < _OLDEST_POSTGRESQL:
        return fault("database_old", f"PostgreSQL {words}")
    return f"PostgreSQL {words}, {where}"


def _keyring(settings: Settings) -> Outcome:
    try:
        keyring = open_keyring(settings)
        with connect(settings) as connection:
            refuse_foreign_ring(connection, keyring)
    except ConfigurationError as error:
        return fault("key_ring_missing", str(error))
    except psycopg.Error:
        return fault("key_ring_missing", "the stored secrets cannot be looked at: see the database")
    return f"{len(keyring.key_ids)} key(s), opens all stored secrets"


def _broker(url: str | None) -> Outcome:
    """Look whether the broker's port answers; what it carries is only wake-ups."""
    if url is None:
        return "PostgreSQL carries the wake-ups"
    parts = urlsplit(url)
    if parts.scheme not in _BROKERS or parts.hostname is None:
        return fault("broker_not_understood", "BROKER_URL is not understood")
    package, port = _BROKERS[parts.scheme]
    if find_spec(package) is None:
        says = f"the Python package {package} is missing"
        return fault("broker_package", says, package=package)
    where = f"{parts.hostname}:{parts.port or port}"
    try:
        socket.create_connection((parts.hostname, parts.port or port), _CONNECT_S).close()
    except OSError as error:
        says = f"{where} does not answer: {error.strerror or type(error).__name__}"
        return fault("broker_down", says)
    return f"{where} answers"


def _alerts(settings: Settings) -> Outcome:
    try:
        public_address(settings)
        names = [outlet.name for outlet in open_outlets(settings)]
    except ConfigurationError as error:
        return fault("alerts_unusable", str(error))
    if names:
        return f"told by {' and '.join(names)}"
    return fault("alerts_nobody", "nobody is told of an alarm")
