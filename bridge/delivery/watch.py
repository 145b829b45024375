"""Watch leases that were taken together: whether each still holds, and whether consent wants it."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from bridge.delivery.leases import lost, renew
from bridge.delivery.work import SQL
from bridge.errors import LeaseLost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.db.database import Database
    from bridge.delivery.leases import Lease

_SEEN_S = 0.02
"""Seconds for which a look at several leases is good: no call is as short."""


class Watch:
    """Looks after the leases of one thread; not to be shared by threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together: Sequence[Lease] = ()
        self._seen: dict[Lease, bool] = {}
        self._seen_until = 0.0

    def begin(self, leases: Sequence[Lease]) -> None:
        """Name the leases that were taken together: they are looked after in one statement."""
        self._together = leases

    def is_wanted(self, lease: Lease) -> bool:
        """Tell whether a change of consent waits for a subject.

        Raises:
            LeaseLost: If its lease ran out: another worker may hold it.
        """
        if lease not in self._seen or time.monotonic() > self._seen_until:
            self._look(lease)
        is_wanted = self._seen.get(lease)
        if is_wanted is None:
            raise lost([lease])
        return is_wanted

    def _look(self, lease: Lease) -> None:
        """Look after a lease and those that were taken with it; renew what is half over."""
        others = [
            one
            for one in self._together
            if (one.kind, one.token) == (lease.kind, lease.token) and one is not lease
        ]
        leases = {one.key: one for one in (lease, *others)}
        # Joined text, because an array costs several times as much; no key has a line break.
        values = lease.row() | {"joined_keys": "\n".join(leases)}
        with self._database.session() as session:
            rows = session.execute(SQL["lease_states"], values).fetchall()
            for key in [key for key, _, is_half_over in rows if is_half_over]:
                with suppress(LeaseLost):  # it is told when it is the turn of that one
                    renew(session, leases[key])
        self._seen = {leases[key]: is_wanted for key, is_wanted, _ in rows}
        self._seen_until = time.monotonic() + (_SEEN_S if others else 0.0)
