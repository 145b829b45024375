"""The round of a connection in the database: begun, leased, moved from phase to phase, closed."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.delivery.bulk.choose import BEGIN_AT
from bridge.delivery.bulk.model import Batch, Round
from bridge.delivery.gather import unread_keys
from bridge.errors import LeaseLost

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.delivery.leases import Lease

SQL = load_queries("bridge.delivery.bulk")


def open_rounds(tx: psycopg.Connection) -> list[int]:
    """Begin a round wherever a long backlog waits; return these connections.

    From here on the backlog of these connections is left to their rounds.
    """
    rows = tx.execute(SQL["open_rounds"], {"begin_at": BEGIN_AT})
    return [connection_id for (connection_id,) in rows]


def due_rounds(tx: psycopg.Connection) -> list[int]:
    """Return the connections whose round has something to do now."""
    return [connection_id for (connection_id,) in tx.execute(SQL["due_rounds"])]


def begin_round(tx: psycopg.Connection, connection_id: int) -> None:
    """Begin a round that takes no backlog, for a run; one that exists already stays as it is."""
    tx.execute(SQL["begin_round"], {"connection_id": connection_id})


def claim_round(
    tx: psycopg.Connection, connection_id: int, lease_s: float, *, early: bool = False
) -> Round | None:
    """Lease a round, or return None where somebody else has it, or it has nothing to do yet."""
    token = uuid.uuid4()
    row = tx.execute(
        SQL["claim_round"],
        {"connection_id": connection_id, "token": token, "lease_s": lease_s, "early": early},
    ).fetchone()
    if row is None:
        return None
    phase, takes_backlog, turns, look = row
    return Round(
        connection_id=connection_id,
        token=token,
        lease_s=lease_s,
        phase=phase,
        takes_backlog=takes_backlog,
        turns=turns,
        look=look,
    )


def move(
    tx: psycopg.Connection, now: Round, *, after_s: float = 0.0, ends_backlog: bool = False
) -> None:
    """Keep where the round stands, and when it goes on.

    Args:
        tx: The caller's transaction.
        now: The round as it is from here on.
        after_s: Seconds until it is due again.
        ends_backlog: It takes in no more of the backlog.

    Raises:
        LeaseLost: If somebody else has the round; nothing may be committed then.
    """
    values = now.row() | {
        "phase": now.phase,
        "ends_backlog": ends_backlog,
        "turns": now.turns,
        "look": None if now.look is None else Jsonb(dict(now.look)),
        "after_s": after_s,
    }
    if tx.execute(SQL["move_round"], values).fetchone() is None:
        raise LeaseLost("the lease of a bulk round ran out")


def renew_round(tx: psycopg.Connection, now: Round) -> None:
    """Keep the lease, in the transaction that writes what the round did.

    Raises:
        LeaseLost: If it ran out.
    """
    if tx.execute(SQL["renew_round"], now.row()).fetchone() is None:
        raise LeaseLost("the lease of a bulk round ran out")


def release_round(tx: psycopg.Connection, now: Round) -> None:
    """Let others go on with the round when it is due."""
    tx.execute(SQL["release_round"], now.row())


def postpone(tx: psycopg.Connection, connection_id: int, after_s: float) -> None:
    """Let the round wait, wherever it stands."""
    tx.execute(SQL["postpone_round"], {"connection_id": connection_id, "after_s": after_s})


def rest(tx: psycopg.Connection, connection_id: int, after_s: float) -> None:
    """Leave the backlog to go singly for a while, where the round has only begun to look."""
    tx.execute(SQL["rest_round"], {"connection_id": connection_id, "after_s": after_s})


def close_round(tx: psycopg.Connection, now: Round) -> bool:
    """End the round, unless more of the backlog was given to it; tell whether it is over."""
    return tx.execute(SQL["close_round"], now.row()).fetchone() is not None


def count_backlog(tx: psycopg.Connection, connection_id: int) -> int:
    """Return how many subjects a round could take in now."""
    row = tx.execute(SQL["count_backlog"], {"connection_id": connection_id}).fetchone()
    return int(row[0]) if row else 0


def count_open(tx: psycopg.Connection, connection_id: int) -> int:
    """Return how many activities are prepared and not taken in by the vendor yet."""
    return len(tx.execute(SQL["open_activities"], {"connection_id": connection_id}).fetchall())


def is_arriving(tx: psycopg.Connection, connection_id: int) -> bool:
    """Tell whether messages wait to be read that may add to the backlog."""
    row = tx.execute(SQL["is_arriving"], {"connection_id": connection_id}).fetchone()
    return bool(row and row[0])


def open_batches(tx: psycopg.Connection, connection_id: int) -> tuple[list[Batch], dict[int, int]]:
    """Return the activities that are being filled, and the plan of each by its id."""
    rows = tx.execute(SQL["open_activities"], {"connection_id": connection_id}).fetchall()
    batches = [
        Batch(kind=kind, list_ids=tuple(lists), id=row_id, rows=count, size_bytes=size)
        for row_id, _, kind, lists, count, size, sent_at in rows
        if sent_at is None
    ]
    return batches, {row_id: plan_id for row_id, plan_id, *_ in rows}


def add_batch(
    tx: psycopg.Connection, connection_id: int, batch: Batch, *, origin: str
) -> tuple[int, int]:
    """Store an activity that is to be filled, with its plan, and return the ids of both."""
    row = tx.execute(
        SQL["add_activity"],
        {
            "connection_id": connection_id,
            "kind": batch.kind,
            "list_ids": list(batch.list_ids),
            "origin": origin,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 -- the statement returns its row
    return int(row[0]), int(row[1])


def first_otherwise(tx: psycopg.Connection, connection_id: int, keys: Sequence[str]) -> set[str]:
    """Return those addresses that have to be looked after otherwise before they go in bulk.

    A record of theirs must be read back first, or a step of theirs was never answered.
    """
    values = {"connection_id": connection_id, "keys": list(keys)}
    in_flight = {key for (key,) in tx.execute(SQL["in_flight"], values)}
    return in_flight | unread_keys(tx, connection_id, keys)


def leave_single(tx: psycopg.Connection, leases: Sequence[Lease]) -> None:
    """Let subjects, leased together, go one by one, as if there were no round."""
    if leases:
        values = {"keys": [lease.key for lease in leases], "token": leases[0].token}
        tx.execute(SQL["leave_single"], values | {"connection_id": leases[0].connection_id})


def list_sizes(tx: psycopg.Connection, connection_id: int) -> dict[str, int]:
    """Return the members of each list there, as the mirror has them."""
    return dict(tx.execute(SQL["list_sizes"], {"connection_id": connection_id}).fetchall())


def custom_field_names(tx: psycopg.Connection, connection_id: int) -> dict[str, str]:
    """Return the names of the custom fields that hold text, by their ids."""
    rows = tx.execute(SQL["custom_field_names"], {"connection_id": connection_id})
    return dict(rows.fetchall())


def watermark(tx: psycopg.Connection, connection_id: int, source: str) -> datetime | None:
    """Return up to when changes of the account are known; None: nobody has read it whole."""
    values = {"connection_id": connection_id, "source": source}
    row = tx.execute(SQL["watermark"], values).fetchone()
    return row[0] if row else None


def move_watermark(tx: psycopg.Connection, connection_id: int, source: str, at: datetime) -> None:
    """Note that changes of the account up to a moment (UTC) are known."""
    values = {"connection_id": connection_id, "source": source, "at": at}
    tx.execute(SQL["move_watermark"], values)
