"""Take subjects into a round: lease many, decide each on what was just read, and place them.

What nothing has to be done about ends at once, without a call. What a bulk activity has words for
joins one; everything else is left to go singly, as if there were no round.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.delivery.bulk.apart import together
from bridge.delivery.bulk.batches import place
from bridge.delivery.bulk.express import express
from bridge.delivery.bulk.store import (
    SQL,
    add_batch,
    custom_field_names,
    first_otherwise,
    leave_single,
    list_sizes,
    open_batches,
    renew_round,
)
from bridge.delivery.decide import decide
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.endings import finish_ends
from bridge.delivery.flapping import set_backs_of
from bridge.delivery.gather import Gatherer, gone_to
from bridge.delivery.leases import leases_of
from bridge.delivery.outcome import End, record_look
from bridge.errors import LeaseLost
from bridge.mirror.remember import custom_field_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import psycopg

    from bridge.db.database import Database
    from bridge.delivery.bulk.model import BulkChange, Round
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState, Decision, Step
    from bridge.delivery.read_back import Reader
    from bridge.delivery.work import Origin
    from bridge.mapping.versions import ActiveMapping
    from bridge.settings import Settings

A_CLAIM = 200
"""Subjects that are leased together: as many as one query reads back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What became of leased subjects: how many joined an activity, ended, or go singly."""

    joined: int = 0
    ended: int = 0
    left: int = 0


@dataclass(frozen=True, kw_only=True)
class Filler:
    """Takes subjects of one connection into its round, for one thread.

    Attributes:
        origin: What the plans of the activities say; None: what made their first subject dirty.
        agreed: Whether a step may be sent; a run sends only what its plan showed.
        ends: Whether subjects that nothing has to be done about end here. Those of a run do not:
            the run itself says what became of its steps.
        decide: What decides on an address; `decide` but where a plan is taken back.
        takes_back: The plan that is taken back, where that is done.
        by_plan: Whether a plan is carried out; see `read_terms`.
    """

    database: Database
    settings: Settings
    reader: Reader
    current: ActiveMapping
    origin: Origin | None = None
    agreed: Callable[[str, Step], bool] = lambda _key, _step: True
    ends: bool = True
    decide: Callable[[AddressState], Decision] = decide
    takes_back: int | None = None
    by_plan: bool = False
    _read: list[tuple[dict[str, int], dict[str, str]]] = field(default_factory=list)

    def claim(self, now: Round, count: int = A_CLAIM) -> list[Lease]:
        """Lease the next subjects of the backlog."""
        token = uuid.uuid4()
        with self.database.transaction() as tx:
            rows = tx.execute(
                SQL["claim_backlog"],
                {
                    "connection_id": now.connection_id,
                    "token": token,
                    "lease_s": now.lease_s,
                    "count": count,
                },
            ).fetchall()
        return leases_of(rows, now.connection_id, "address", token, now.lease_s)

    def take(self, now: Round, leases: Sequence[Lease]) -> Taken:
        """Decide on leased subjects and place them.

        Raises:
            RemoteError: If Salesforce does not answer where records have to be read back.
            LeaseLost: If somebody else has the round.
        """
        keys = [lease.key for lease in leases]
        self.reader.read_unknown(keys, held=keys)
        parts = together(leases, partial(self._take, now), self._leave)
        return Taken(
            joined=sum(part.joined for part in parts),
            ended=sum(part.ended for part in parts),
            left=sum(part.left for part in parts),
        )

    def _leave(self, leases: Sequence[Lease]) -> Taken:
        with self.database.transaction() as tx:
            leave_single(tx, leases)
        return Taken(left=len(leases))

    def _take(self, now: Round, leases: Sequence[Lease]) -> Taken:
        with self.database.transaction() as tx:
            taken = self._take_in(tx, now, leases)
            renew_round(tx, now)
        return taken

    def _take_in(self, tx: psycopg.Connection[Any], now: Round, leases: Sequence[Lease]) -> Taken:
        changes: list[tuple[Lease, AddressState, Decision, BulkChange]] = []
        left: list[Lease] = []
        ends: list[End] = []
        rank, names = self._words(tx, now.connection_id)
        states = self._states(tx, now.connection_id, [lease.key for lease in leases])
        for lease in leases:
            state = states.get(lease.key)
            if state is None:
                left.append(lease)
                continue
            decision = self.decide(state)
            change = express(state, decision, rank=rank, field_names=names)
            if not decision.steps and not decision.lost and self.ends:
                ends.append(End(lease, state, decision))
            elif change is None or not self.agreed(lease.key, decision.steps[0]):
                left.append(lease)
            else:
                changes.append((lease, state, decision, change))
        finish_ends(tx, now.connection_id, ends, ["nothing to do"] * len(ends))
        self._join(tx, now, changes)
        leave_single(tx, left)
        return Taken(joined=len(changes), ended=len(ends), left=len(left))

    def _states(
        self, tx: psycopg.Connection[Any], connection_id: int, keys: Sequence[str]
    ) -> dict[str, AddressState]:
        """Return the state of each address, but where something else has to come first."""
        first = first_otherwise(tx, connection_id, keys)
        states = self._gather(tx, connection_id, [key for key in keys if key not in first])
        out = [key for key, state in states.items() if is_unsubscribed(state.there)]
        for key in out:
            record_look(tx, connection_id, states[key])
        states |= self._gather(tx, connection_id, out)
        return {
            key: state
            for key, state in states.items()
            if state.people or not gone_to(tx, connection_id, key)
        }

    def _gather(
        self, tx: psycopg.Connection[Any], connection_id: int, keys: Sequence[str]
    ) -> dict[str, AddressState]:
        gatherer = Gatherer(
            mapping=self.current.mapping,
            installation_owner=self.settings.owner,
            by_plan=self.by_plan,
        )
        return gatherer.seen(tx, connection_id, keys)

    def _words(
        self, tx: psycopg.Connection[Any], connection_id: int
    ) -> tuple[dict[str, int], dict[str, str]]:
        """Return the lists by their members, and what the mapping's custom fields are called there.

        They are read once: as long as a round is filled they say who shares an activity, no more.
        """
        if not self._read:
            by_id = custom_field_names(tx, connection_id)
            ids = custom_field_ids(tx, connection_id, self.current.mapping.contact.custom_fields)
            names = {name: by_id[field_id] for name, field_id in ids.items() if field_id in by_id}
            self._read.append((list_sizes(tx, connection_id), names))
        return self._read[0]

    def _join(
        self,
        tx: psycopg.Connection[Any],
        now: Round,
        changes: Sequence[tuple[Lease, AddressState, Decision, BulkChange]],
    ) -> None:
        """Store the steps of what goes in bulk, and who belongs to which activity."""
        if not changes:
            return
        batches, plans = open_batches(tx, now.connection_id)
        counts = {batch.id: batch.rows for batch in batches}
        placed, places = place([change for *_, change in changes], batches)
        ids: list[int] = []
        for number, batch in enumerate(placed):
            batch_id = batch.id
            if batch_id is None:
                origin = self.origin or changes[places.index(number)][0].origin
                batch_id, plan_id = add_batch(tx, now.connection_id, batch, origin=origin)
                plans[batch_id] = plan_id
            ids.append(batch_id)
        steps = []
        for (lease, state, decision, change), number in zip(changes, places, strict=True):
            batch_id = ids[number]
            ordinal = counts.get(batch_id, 0)
            counts[batch_id] = ordinal + 1
            steps.append(
                _stored(lease, state, decision, change)
                | {"plan_id": plans[batch_id], "ordinal": ordinal, "activity": batch_id}
            )
            if self.takes_back is not None:
                steps[-1]["detail"]["takes_back"] = self.takes_back
        tx.execute(
            SQL["add_steps"],
            {
                "connection_id": now.connection_id,
                "mapping_version_id": self.current.version_id,
                "steps": json.dumps(steps),
            },
        )
        for batch, batch_id in zip(placed, ids, strict=True):
            tx.execute(
                SQL["grow_activity"],
                {
                    "connection_id": now.connection_id,
                    "id": batch_id,
                    "rows": batch.rows,
                    "size_bytes": batch.size_bytes,
                },
            )
        joined = tx.execute(
            SQL["join_activity"],
            {
                "connection_id": now.connection_id,
                "keys": [lease.key for lease, *_ in changes],
                "activities": [ids[number] for number in places],
                "token": changes[0][0].token,
            },
        ).fetchall()
        if len(joined) != len(changes):
            raise LeaseLost("the lease of a subject ran out before it joined an activity")


def _stored(
    lease: Lease, state: AddressState, decision: Decision, change: BulkChange
) -> dict[str, Any]:
    step = decision.steps[0]
    detail: dict[str, Any] = {
        "row": change.row,
        "contact_id": step.contact_id,
        "fields": sorted(change.fields),
        "adds": sorted(change.adds),
        "drops": sorted(change.drops),
        "fingerprint": step.fingerprint.hex() if step.fingerprint is not None else None,
    }
    if set_back := set_backs_of(state, decision, step):
        detail["set_back"] = set_back
    return {
        "key": lease.key,
        "kind": step.kind,
        "lane": lease.lane,
        "generation": lease.generation,
        "detail": detail,
        "before": {name: old for name, (old, _) in step.change.items()},
        "facts": hashlib.sha256(repr(state).encode()).hexdigest(),
        "reason": step.reason,
        "mapping_version_id": state.version_of(decision.owner_id),
    }
