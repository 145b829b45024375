"""Keep which fields are set back there, and which are paused for it; let one go again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.delivery.flapping import DAYS, TIMES
from bridge.delivery.model import Flapping
from bridge.delivery.work import INTERACTIVE, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

    from bridge.delivery.model import AddressState, Decision

_SQL = load_queries("bridge.delivery", "flapping.sql")


def read_flapping(
    tx: psycopg.Connection[Any], connection_id: int, keys: Sequence[str]
) -> dict[str, tuple[Flapping, ...]]:
    """Return the fields of addresses that are paused, or are when they are set back once more."""
    found: dict[str, tuple[Flapping, ...]] = {}
    values = {"connection_id": connection_id, "keys": list(keys), "days": DAYS, "times": TIMES - 1}
    rows = tx.execute(_SQL["flapping_at"], values).fetchall()
    for key, field, ours, is_paused in rows:
        one = Flapping(field=field, ours=ours, is_paused=is_paused)
        found[key] = (*found.get(key, ()), one)
    return found


def note_set_backs(
    tx: psycopg.Connection[Any],
    connection_id: int,
    written: Iterable[tuple[str, Mapping[str, tuple[Any, Any]]]],
) -> None:
    """Keep what writes had to set right: addresses with fields, what was there and what is."""
    rows = [
        (key, field, theirs, ours)
        for key, set_back in written
        for field, (theirs, ours) in set_back.items()
    ]
    if rows:
        values = {
            "connection_id": connection_id,
            "days": DAYS,
            "keys": [key for key, *_ in rows],
            "fields": [field for _, field, *_ in rows],
            "theirs": [Jsonb(theirs) for *_, theirs, _ in rows],
            "ours": [Jsonb(ours) for *_, ours in rows],
        }
        tx.execute(_SQL["note_set_backs"], values)


def keep_paused(
    tx: psycopg.Connection[Any],
    connection_id: int,
    ends: Iterable[tuple[str, AddressState, Decision]],
) -> None:
    """Keep which fields of addresses with nothing left to do are paused, and which are no more."""
    paused: list[tuple[str, str, Any]] = []
    agreed: list[tuple[str, str]] = []
    for key, state, decision in ends:
        if not state.flapping or decision.paused is None:
            continue
        paused += [(key, one.field, one.theirs) for one in decision.paused]
        still = {one.field for one in decision.paused}
        agreed += [
            (key, one.field) for one in state.flapping if one.is_paused and one.field not in still
        ]
    about = {"connection_id": connection_id}
    if paused:
        values = about | {
            "keys": [key for key, *_ in paused],
            "fields": [field for _, field, _ in paused],
            "theirs": [Jsonb(theirs) for *_, theirs in paused],
        }
        tx.execute(_SQL["pause_fields"], values)
    if agreed:
        values = about | {
            "keys": [key for key, _ in agreed],
            "fields": [field for _, field in agreed],
        }
        tx.execute(_SQL["forget_paused"], values)


def let_go_of_field(tx: psycopg.Connection[Any], connection_id: int, key: str, field: str) -> bool:
    """Have a paused field written again, and return whether it was paused.

    Its address is dirty in the interactive lane when this commits. Where somebody there goes on
    setting the field back, it is paused again after as many times as before.
    """
    values = {"connection_id": connection_id, "key": key, "field": field}
    if tx.execute(_SQL["let_go_of_field"], values).fetchone() is None:
        return False
    mark(tx, connection_id, {("address", key): False}, lane=INTERACTIVE, origin="console")
    return True
