"""Find the one record whose fault would hold up all that are worked on together with it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

import psycopg

from bridge.errors import BridgeError
from bridge.log import place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.delivery.leases import Lease

log = logging.getLogger(__name__)

T = TypeVar("T")


def together(
    leases: Sequence[Lease],
    act: Callable[[Sequence[Lease]], T],
    leave_out: Callable[[Sequence[Lease]], T],
) -> list[T]:
    """Return what came of leases: of all together, or of each half where one has a fault.

    Args:
        leases: What is acted on, in transactions of `act`'s own.
        act: Acts on some; all or none of it is kept.
        leave_out: Called with the one on which `act` fails even by itself.

    Raises:
        BridgeError: Whatever `act` says of the round, the services or the budget.
        psycopg.OperationalError: If the database does not do its part.
    """
    try:
        return [act(leases)]
    except (BridgeError, psycopg.OperationalError):
        raise
    except Exception as error:  # noqa: BLE001 -- one record's fault must not hold up others
        if len(leases) == 1:
            extra = {"error": type(error).__name__, "at": place(error)}
            log.error("fault_in_bulk", extra=extra)  # noqa: TRY400 -- its text may hold a value
            return [leave_out(leases)]
    middle = len(leases) // 2
    return [
        *together(leases[:middle], act, leave_out),
        *together(leases[middle:], act, leave_out),
    ]
