"""What each API application may do, has done today and has before it; and setting its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.constant_contact.allowance import Limits, calls_left, check_limits
from bridge.constant_contact.forecast import Forecast, forecast
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import psycopg

_SQL = load_queries("bridge.constant_contact", "spending.sql")

LANES = ("consent", "interactive", "webhook", "reconcile", "engagement")
_WEBHOOK = LANES.index("webhook")


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """A connection, as one of those that use an API application.

    Attributes:
        weight: Of its share, among those of the active connections.
        used: Lane -> calls of the UTC day so far.
    """

    id: int
    name: str
    weight: int
    state: str
    used: Mapping[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spending:
    """One API application at a moment.

    Attributes:
        moment: When this was so (UTC).
        used: Calls of the UTC day so far.
        paused_until: Until when the vendor refuses every call of the day (UTC), or None.
        users: The connections that use it, by name.
        backlog: Lane -> addresses and lists that wait.
    """

    application_id: int
    limits: Limits
    moment: datetime
    used: int
    paused_until: datetime | None
    users: tuple[User, ...]
    backlog: Mapping[int, int]

    def calls_left(self, user: User, lane: int = _WEBHOOK) -> int:
        """Return how many calls a connection may make now, one after the other."""
        if self.paused_until is not None:
            return 0
        taking_part = [one for one in self.users if one.state == "active" or one is user]
        return calls_left(
            self.limits,
            lane,
            user.id,
            weights={one.id: one.weight for one in taking_part},
            used={one.id: sum(one.used.values()) for one in self.users},
            hour=self.moment.hour,
        )

    def forecast(self) -> Forecast:
        """Return when everything is done that waits now."""
        return forecast(
            self.backlog,
            limits=self.limits,
            used=self.used,
            moment=self.moment,
            begins_at=self.paused_until,
        )


def read_spending(tx: psycopg.Connection[Any], connection: str | None = None) -> list[Spending]:
    """Return the API application of one connection, or all that connections use."""
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["applications"], {"connection": connection}).fetchall()
    return [_spending(tx, row) for row in rows]


def set_limits(tx: psycopg.Connection[Any], application_id: int, limits: Limits) -> None:
    """Set what an application may do; the next grant goes by it.

    Raises:
        ConfigurationError: If somebody could never call.
    """
    check_limits(limits)
    tx.execute(
        _SQL["set_limits"],
        {
            "application_id": application_id,
            "per_second": limits.per_second,
            "gap_ms": limits.gap_ms,
            "per_day": limits.per_day,
            "consent_reserve": limits.consent_reserve,
            "interactive_reserve": limits.interactive_reserve,
            "webhook_reserve": limits.webhook_reserve,
        },
    )


def set_share(tx: psycopg.Connection[Any], connection: str, share: int) -> None:
    """Set the weight of a connection among those that use its application.

    Raises:
        ConfigurationError: If it is below 1.
    """
    if share < 1:
        raise ConfigurationError("a share is a weight of at least 1")
    tx.execute(_SQL["set_share"], {"connection": connection, "share": share})


def _spending(tx: psycopg.Connection[Any], row: Mapping[str, Any]) -> Spending:
    application = {"application_id": row["id"]}
    return Spending(
        application_id=row["id"],
        limits=Limits(
            per_second=row["per_second"],
            per_day=row["day_limit"],
            consent_reserve=row["consent_reserve"],
            interactive_reserve=row["interactive_reserve"],
            webhook_reserve=row["webhook_reserve"],
        ),
        moment=row["moment"],
        used=row["used"],
        paused_until=row["paused_until"],
        users=tuple(
            User(
                id=connection_id,
                name=name,
                weight=weight,
                state=state,
                used={int(lane): count for lane, count in used.items()},
            )
            for connection_id, name, weight, state, used in tx.execute(_SQL["users"], application)
        ),
        backlog=dict(tx.execute(_SQL["backlog"], application).fetchall()),
    )
