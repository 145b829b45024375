"""Redis as the broker; imported only where `BROKER_URL` names one: its client is an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed

if TYPE_CHECKING:
    import dramatiq


class _RedisBroker(RedisBroker):
    """Says in Dramatiq's words that it cannot be reached; its parent says so in the client's."""

    def enqueue(
        self, message: dramatiq.Message[None], *, delay: int | None = None
    ) -> dramatiq.Message[None]:
        try:
            return super().enqueue(message, delay=delay)
        except redis.RedisError as error:
            raise ConnectionClosed(error) from error  # type: ignore[no-untyped-call]


def create_redis_broker(url: str, middleware: list[dramatiq.Middleware]) -> dramatiq.Broker:
    """Return a broker at `redis://…`; nothing is contacted yet."""
    return _RedisBroker(  # type: ignore[no-untyped-call]
        url=url, middleware=middleware, heartbeat_timeout=4_000, maintenance_chance=100_000
    )
