"""Checks of the installation itself: database, key ring, broker, alerts."""

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
from bridge.doctor.findings import Finding
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.settings import Settings

_SQL = load_queries("bridge.doctor")
_OLDEST_POSTGRESQL = 150_000
_BROKERS = {"redis": ("redis", 6379), "rediss": ("redis", 6379), "amqp": ("pika", 5672)}
_BROKERS["amqps"] = ("pika", 5671)
_CONNECT_S = 5.0


def check_installation(settings: Settings) -> Iterator[Finding]:
    """Yield what holds of this installation; without a database nothing else can be looked at."""
    yield _database(settings)
    yield _keyring(settings)
    yield _broker(settings.broker_url)
    yield _alerts(settings)


def _database(settings: Settings) -> Finding:
    where = "DATABASE_URL" if settings.database_url else f"the embedded one in {settings.data_dir}"
    try:
        with connect(settings) as connection:
            row = connection.execute(_SQL["server_version"]).fetchone()
        number, words = row or (0, "unknown")
        wait_for_schema(settings, 0)
    except ConfigurationError as error:
        return _failed("database", str(error), "follow that sentence, or set DATABASE_URL")
    except psycopg.OperationalError as error:
        says = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return _failed("database", says, f"see that the server runs: {where}")
    if number < _OLDEST_POSTGRESQL:
        return _failed("database", f"PostgreSQL {words}", "use PostgreSQL 15 or later")
    return Finding(
        subject="installation", check="database", state="ok", says=f"PostgreSQL {words}, {where}"
    )


def _keyring(settings: Settings) -> Finding:
    try:
        keyring = open_keyring(settings)
        with connect(settings) as connection:
            refuse_foreign_ring(connection, keyring)
    except ConfigurationError as error:
        return _failed("key ring", str(error), "bring back the ring, or store the credentials anew")
    except psycopg.Error:
        return _failed("key ring", "the stored secrets cannot be looked at", "see the database")
    says = f"{len(keyring.key_ids)} key(s), opens all stored secrets"
    return Finding(subject="installation", check="key ring", state="ok", says=says)


def _broker(url: str | None) -> Finding:
    """Look whether the broker's port answers; what it carries is only wake-ups."""
    if url is None:
        says = "PostgreSQL carries the wake-ups"
        return Finding(subject="installation", check="broker", state="ok", says=says)
    parts = urlsplit(url)
    if parts.scheme not in _BROKERS or parts.hostname is None:
        return _failed("broker", "BROKER_URL is not understood", "use redis://… or amqp://…")
    package, port = _BROKERS[parts.scheme]
    if find_spec(package) is None:
        advice = f"install the package {package}, or unset BROKER_URL"
        return _failed("broker", f"the Python package {package} is missing", advice)
    where = f"{parts.hostname}:{parts.port or port}"
    try:
        socket.create_connection((parts.hostname, parts.port or port), _CONNECT_S).close()
    except OSError as error:
        says = f"{where} does not answer: {error.strerror or type(error).__name__}"
        return _failed("broker", says, "start it, or unset BROKER_URL: PostgreSQL does as well")
    return Finding(subject="installation", check="broker", state="ok", says=f"{where} answers")


def _alerts(settings: Settings) -> Finding:
    try:
        public_address(settings)
        names = [outlet.name for outlet in open_outlets(settings)]
    except ConfigurationError as error:
        return _failed("alerts", str(error), "correct it: the scheduler does not start like this")
    if names:
        says = f"told by {' and '.join(names)}"
        return Finding(subject="installation", check="alerts", state="ok", says=says)
    return Finding(
        subject="installation",
        check="alerts",
        state="warning",
        says="nobody is told of an alarm",
        advice="set BRIDGE_ALERT_WEBHOOK or BRIDGE_ALERT_MAIL, then `bridge alerts test`",
    )


def _failed(check: str, says: str, advice: str) -> Finding:
    return Finding(subject="installation", check=check, state="failed", says=says, advice=advice)
