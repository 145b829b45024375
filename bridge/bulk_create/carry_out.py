"""Make the memberships of a save in Practifi, or take them back, a slice at a time.

A row is noted as on its way before its record is made, and a record that may have been made is
looked for first: a kill at any point makes none twice. Each record is read back at once, which
makes its address dirty; from there on it goes the road of every membership.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.bulk_create.drafts import SQL
from bridge.bulk_create.preview import lane_of
from bridge.bulk_create.records import Made, Records, Wanted
from bridge.connections.store import load_connection
from bridge.delivery.consequence import consequence_of
from bridge.delivery.work import mark
from bridge.errors import BridgeError, Conflict, LeaseLost
from bridge.mapping.versions import usable
from bridge.mirror.remember import mark_deleted
from bridge.mirror.subjects import subjects_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.bootstrap import Installation

log = logging.getLogger(__name__)

_AT_ONCE = 200  # records of one call to Salesforce
_PATIENCE = 10  # tries of a record that somebody else holds
_PAUSED_S = 60.0


class _Row(NamedTuple):
    contact_id: str
    state: str
    reason: str | None = None
    membership_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A save that this worker has claimed, in the state in which it was."""

    connection_id: int
    id: int
    token: uuid.UUID
    lease_s: float
    state: str
    attempts: int

    @property
    def values(self) -> dict[str, object]:
        """Where it stands and by what it is held, for statements."""
        return {
            "connection_id": self.connection_id,
            "bulk_id": self.id,
            "token": self.token,
            "lease_s": self.lease_s,
            "state": self.state,
            "count": _AT_ONCE,
        }


def create_slice(installation: Installation, *, until: float) -> bool:
    """Go on with every save that is due, and return whether any was.

    Args:
        installation: What a worker needs.
        until: `time.monotonic()` at which to stop.
    """
    with installation.database.transaction() as tx:
        due = tx.execute(SQL["due_bulks"]).fetchall()
    claimed = 0
    for connection_id, bulk_id in due:
        held = _claim(installation, connection_id, bulk_id)
        if held is not None:
            claimed += 1
            _serve(installation, held, until)
    return claimed > 0


def _claim(installation: Installation, connection_id: int, bulk_id: int) -> Held | None:
    token, lease_s = uuid.uuid4(), installation.settings.lease_s
    values = {"bulk_id": bulk_id, "token": token, "lease_s": lease_s}
    with installation.database.transaction() as tx:
        row = tx.execute(SQL["claim_bulk"], values).fetchone()
    if row is None:
        return None
    return Held(
        connection_id=connection_id,
        id=bulk_id,
        token=token,
        lease_s=lease_s,
        state=row[0],
        attempts=row[1],
    )


def _serve(installation: Installation, held: Held, until: float) -> None:
    """Go on with one save until it is done, the time is up or something is in the way."""
    database = installation.database
    with database.transaction() as tx:
        connection = load_connection(tx, held.connection_id)
        current = usable(tx, held.connection_id)
    if current is None or connection.state != "active":
        _postpone(installation, held, _PAUSED_S, connection.state_reason or "not connected")
        return
    salesforce = installation.salesforce(connection)
    records = Records(
        database=database, salesforce=salesforce, connection=connection, mapping=current.mapping
    )
    step = _make if held.state == "saving" else _take_back
    try:
        while step(installation, held, records):
            if time.monotonic() >= until:
                break
        with database.transaction() as tx:
            tx.execute(SQL["lock_bulk"], held.values)
            tx.execute(SQL["end_bulk"], held.values)
            tx.execute(SQL["release_bulk"], held.values)
    except LeaseLost:
        log.warning("bulk_create_lost", extra={"connection": connection.name, "bulk": held.id})
    except BridgeError as error:
        told = consequence_of(error, held.attempts, random.random())  # noqa: S311
        extra = {"connection": connection.name, "bulk": held.id, "error": type(error).__name__}
        log.warning("bulk_create_waits", extra=extra)
        _postpone(installation, held, max(1.0, told.after_s), told.reason or str(error))
    finally:
        salesforce.close()


def _postpone(installation: Installation, held: Held, after_s: float, reason: str) -> None:
    with installation.database.transaction() as tx:
        tx.execute(SQL["postpone_bulk"], held.values | {"after_s": after_s, "reason": reason})


def _make(installation: Installation, held: Held, records: Records) -> bool:
    """Make the next memberships; return whether there were any."""
    database = installation.database
    with database.transaction() as tx:
        if _renew(tx, held) != held.state:
            return False
        taken = [Wanted(*row) for row in tx.execute(SQL["take_rows"], held.values)]
        lane = _lane(tx, held)
    if not taken:
        return False
    made = records.make(taken)
    records.read_back([one.membership_id for one in made if one.membership_id], lane=lane)
    rows = [_ended(one, held.attempts) for one in made]
    is_locked = any(row.state == "waiting" for row in rows)
    with database.transaction() as tx:
        _renew(tx, held, went_on=not is_locked)
        _end(tx, held, rows)
    if is_locked:
        message = "somebody else holds records in Salesforce: they are tried again"
        raise Conflict(message, system="salesforce")
    return True


def _ended(made: Made, attempts: int) -> _Row:
    if made.membership_id is not None:
        state = "made" if made.is_ours else "kept"
        return _Row(made.contact_id, state, membership_id=made.membership_id)
    if made.may_succeed_later and attempts < _PATIENCE:
        return _Row(made.contact_id, "waiting")
    return _Row(made.contact_id, "refused", made.refusal)


def _take_back(installation: Installation, held: Held, records: Records) -> bool:
    """Take the next memberships back; return whether there were any.

    Those that were on their way when somebody took the save back are looked for first.
    """
    database = installation.database
    with database.transaction() as tx:
        if _renew(tx, held) != held.state:
            return False
        lost = [Wanted(*row) for row in tx.execute(SQL["take_rows"], held.values)]
        rows = tx.execute(SQL["made_rows"], held.values).fetchall()
        lane = _lane(tx, held)
    if lost:
        found = records.find(lost)
        with database.transaction() as tx:
            _renew(tx, held)
            _end(tx, held, [_found_or_undone(one, found) for one in lost])
        return True
    if not rows:
        return False
    refusals = records.remove([membership_id for _, membership_id in rows])
    with database.transaction() as tx:
        _renew(tx, held, went_on=True)
        _forget(tx, held, [one for _, one in rows if one not in refusals], lane)
        _end(
            tx,
            held,
            [
                _Row(contact_id, "kept" if one in refusals else "undone", refusals.get(one))
                for contact_id, one in rows
            ],
        )
    return True


def _found_or_undone(lost: Wanted, found: Mapping[tuple[str, str], Made]) -> _Row:
    one = found.get((lost.contact_id, lost.list_id))
    return _Row(lost.contact_id, "undone") if one is None else _ended(one, 0)


def _forget(
    tx: psycopg.Connection[Any], held: Held, membership_ids: Sequence[str], lane: int
) -> None:
    """Note that memberships are gone, and have their addresses decided on."""
    records = [("membership", one) for one in membership_ids]
    touched = subjects_of(tx, held.connection_id, records)
    for one in sorted(membership_ids):
        mark_deleted(tx, held.connection_id, "membership", one, None)
    mark(tx, held.connection_id, dict.fromkeys(touched, False), lane=lane, origin="console")


def _renew(tx: psycopg.Connection[Any], held: Held, *, went_on: bool = False) -> str:
    """Go on holding a save, and return its state: somebody may have taken it back meanwhile.

    Args:
        tx: A transaction.
        held: The save.
        went_on: Whether something was done: tries count from there.

    Raises:
        LeaseLost: If somebody else has it.
    """
    row = tx.execute(SQL["renew_bulk"], held.values | {"went_on": went_on}).fetchone()
    if row is None:
        message = f"save {held.id} is somebody else's now"
        raise LeaseLost(message)
    return str(row[0])


def _lane(tx: psycopg.Connection[Any], held: Held) -> int:
    row = tx.execute(SQL["selected_count"], held.values).fetchone()
    return lane_of(row[0] if row else 0)


def _end(tx: psycopg.Connection[Any], held: Held, rows: Sequence[_Row]) -> None:
    values = held.values | {
        "contact_ids": [row.contact_id for row in rows],
        "states": [row.state for row in rows],
        "reasons": [row.reason for row in rows],
        "membership_ids": [row.membership_id for row in rows],
    }
    tx.execute(SQL["end_rows"], values)
