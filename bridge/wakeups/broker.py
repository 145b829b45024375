"""The broker that carries wake-ups: PostgreSQL by default, Redis or RabbitMQ by URL.

A wake-up is never the truth: one that is lost, doubled or late changes nothing, because the sweep
finds what waits. So the broker may be any, and may be empty after a crash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dramatiq.middleware import Callbacks, Retries, ShutdownNotifications

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    import dramatiq

    from bridge.db.database import Database
    from bridge.settings import Settings

POOL_SIZE = 24
"""Connections at most: each queue holds two, and one listens (dramatiq-postgres)."""


def create_broker(settings: Settings, database: Database) -> dramatiq.Broker:
    """Return the broker of `BROKER_URL`; without one, PostgreSQL.

    Raises:
        ConfigurationError: If the URL's scheme is unknown or its client is not installed.
    """
    if settings.broker_url is None:
        return _postgres(database)
    scheme = urlsplit(settings.broker_url).scheme
    try:
        if scheme in {"redis", "rediss"}:
            from bridge.wakeups.redis import create_redis_broker  # noqa: PLC0415 -- an extra

            return create_redis_broker(settings.broker_url, _middleware())
        if scheme in {"amqp", "amqps"}:
            from dramatiq.brokers.rabbitmq import RabbitmqBroker  # noqa: PLC0415

            return RabbitmqBroker(url=settings.broker_url, middleware=_middleware())
    except ImportError as error:
        extra = "redis" if scheme.startswith("redis") else "rabbitmq"
        message = f"BROKER_URL: install the extra `{extra}` to use {scheme}://"
        raise ConfigurationError(message) from error
    message = f"BROKER_URL: unknown scheme {scheme!r}: use redis://, amqp:// or leave it empty"
    raise ConfigurationError(message)


def _middleware() -> list[dramatiq.Middleware]:
    # A wake-up that fails is dropped: the sweep asks again, with the time that has passed in mind.
    return [ShutdownNotifications(), Callbacks(), Retries(max_retries=0)]


def _postgres(database: Database) -> dramatiq.Broker:
    from dramatiq_postgres import PostgresBroker  # noqa: PLC0415 -- not with another broker
    from psycopg_pool import ConnectionPool  # noqa: PLC0415

    pool = ConnectionPool(
        database.conninfo,
        kwargs={"application_name": "bridge-wakeups"},
        min_size=0,
        max_size=POOL_SIZE,
        open=True,
        check=ConnectionPool.check_connection,
    )
    broker: dramatiq.Broker = PostgresBroker(
        pool=pool,
        results=False,
        middleware=_middleware(),
        heartbeat_interval=1.0,
        heartbeat_ttl=4.0,
        maintenance_interval=2.0,
        purge_maxage="1 day",
    )
    return broker
