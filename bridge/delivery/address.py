"""Settle one leased address: gather, decide, send what is decided, until nothing is left to do.

No transaction is open while a call is on its way. A call whose answer is lost leaves its step
`sending`; whoever takes the address over looks the contact up there before deciding anew, so each
effect happens once however often it is tried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bridge.consent.standing import asked_back, outstanding_evidence
from bridge.delivery.custom_fields import ensure_custom_fields
from bridge.delivery.decide import decide
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.decide_return import policy_in_force, was_mailed
from bridge.delivery.endings import finish_ends
from bridge.delivery.flows import ask
from bridge.delivery.gather import unread_keys
from bridge.delivery.leases import claim_beside, release_beside, renew
from bridge.delivery.outcome import End, record_lost
from bridge.delivery.outcome_consent import (
    record_person_asked,
    record_requests,
    record_resubscribed,
    record_unsubscribed,
)
from bridge.delivery.steps import close_in_flight, steps_in_flight
from bridge.delivery.waiting import may_wait, waits_for
from bridge.delivery.work import SQL
from bridge.errors import NotSettled, RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.flows import Flow
    from bridge.delivery.gather import Gatherer
    from bridge.delivery.leases import Lease
    from bridge.delivery.look import Looker
    from bridge.delivery.model import AddressState, Decision, Step
    from bridge.delivery.read_back import Reader
    from bridge.delivery.send import Sender
    from bridge.mapping.versions import ActiveMapping

_ROUNDS = 6


class Gathered(NamedTuple):
    """The present state of an address, and kind -> whether it was answered of steps in flight."""

    state: AddressState
    in_flight: Mapping[str, bool]


@dataclass(frozen=True, kw_only=True)
class AddressCourier:
    """Settles addresses of one connection, for one thread.

    Attributes:
        approve: Asked before a step is sent; raises where it was not agreed to.
        decide: What decides on an address; `decide` but where a plan is taken back.
    """

    database: Database
    there: ConstantContact
    reader: Reader
    current: ActiveMapping
    gatherer: Gatherer
    looker: Looker
    sender: Sender
    approve: Callable[[Step], None] | None = None
    decide: Callable[[AddressState], Decision] = decide

    def flow(self, lease: Lease) -> Flow[str]:
        """Bring one address to where the present state wants it, and say in words what was done.

        Raises:
            NotSettled: If another address has to come first.
            LeaseWanted, LeaseLost, NoSlotNow: If the lease has to be given back.
            RecordError: If the record cannot be delivered as it is.
            RemoteError: If a remote side does not do its part.
        """
        done: list[str] = []
        must_look = False
        for _ in range(_ROUNDS):
            gathered = yield from self._gather(lease)
            if gathered is None:
                continue
            state, in_flight = gathered
            if self._lacks_custom_fields(state):
                state = self._with_custom_fields(lease, state)
            decision = self.decide(state)
            if must_look or in_flight or decision.needs_look:
                state = yield from self._look(lease, state)
                state = self._confirm_in_flight(lease, state, in_flight)
                decision = self.decide(state)
            if not decision.steps:
                words = ", ".join(done) or "nothing to do"
                yield from ask(self._end, (End(lease, state, decision), words))
                return words
            if decision.lost or decision.ends or decision.given:
                with self.database.transaction() as tx:
                    record_lost(tx, lease, decision.lost)
                    record_requests(tx, lease, state, decision)
            must_look = not (yield from self._send(lease, state, decision, done))
        message = "the contact does not come to rest: somebody keeps changing it here or there"
        raise NotSettled(message)

    def _end(self, tx: psycopg.Connection, ends: Sequence[tuple[End, str]]) -> Sequence[None]:
        connection_id = ends[0][0].lease.connection_id
        finish_ends(tx, connection_id, [end for end, _ in ends], [words for _, words in ends])
        return [None] * len(ends)

    def _opt_out_first(self, lease: Lease) -> Flow[None]:
        """Unsubscribe where a box is known to be ticked: that waits for no read and nobody else."""
        with self.database.transaction() as tx:
            in_flight = steps_in_flight(tx, lease.connection_id, [lease.key])[lease.key]
            state = self.gatherer.one(tx, lease.connection_id, lease.key)
        if not any(one.do_not_email for one in state.people) or is_unsubscribed(state.there):
            return
        looked = yield from self.looker.look(lease, state)
        state = self._confirm_in_flight(lease, looked, in_flight)
        decision = decide(state)
        steps = tuple(step for step in decision.steps if step.kind == "unsubscribe")
        if steps:
            yield from self._send(lease, state, replace(decision, steps=steps), [])

    def _gather(self, lease: Lease) -> Flow[Gathered | None]:
        """Return the present state and the steps in flight; None if a record is in doubt."""
        try:
            found = yield from ask(self._gather_all, lease)
            if found is None:
                yield from self._read(lease)
                found = yield from ask(self._gather_all, lease)
        except NotSettled:
            if lease.is_consent:
                yield from self._opt_out_first(lease)
            raise
        return found

    def _read(self, lease: Lease) -> Flow[None]:
        """Read the records back that are in doubt."""
        try:
            self.reader.read_unknown([lease.key], held=[lease.key], lane=max(lease.lane, 1))
        except RemoteError:
            yield from self._opt_out_first(lease)
            raise

    def _gather_all(
        self, tx: psycopg.Connection, leases: Sequence[Lease]
    ) -> Sequence[Gathered | NotSettled | None]:
        """Return of each address what is known, an error where it waits, None if it is in doubt."""
        connection_id, keys = leases[0].connection_id, [lease.key for lease in leases]
        unread = unread_keys(tx, connection_id, keys)
        in_flight = steps_in_flight(tx, connection_id, keys)
        states = self.gatherer.all(tx, connection_id, keys)
        found: list[Gathered | NotSettled | None] = []
        for lease in leases:
            waits = None
            if lease.key in unread:
                found.append(None)
                continue
            if may_wait(states[lease.key]):
                waits = waits_for(tx, lease, partial(self.gatherer.one, tx, lease.connection_id))
            found.append(waits or Gathered(states[lease.key], in_flight[lease.key]))
        return found

    def _lacks_custom_fields(self, state: AddressState) -> bool:
        return len(state.custom_field_ids) < len(self.current.mapping.contact.custom_fields)

    def _with_custom_fields(self, lease: Lease, state: AddressState) -> AddressState:
        """Return the state once the account has the mapping's custom fields."""
        ids = ensure_custom_fields(self.database, self.there, lease.connection_id, self.current)
        return replace(state, custom_field_ids=ids)

    def _look(self, lease: Lease, state: AddressState) -> Flow[AddressState]:
        """Read the contact there; whoever comes to an address may have to wait after all."""
        looked = yield from self.looker.look(lease, state)
        if state.moving_from is not None and looked.moving_from is None:
            with self.database.transaction() as tx:
                waits = waits_for(tx, lease, partial(self.gatherer.one, tx, lease.connection_id))
            if waits is not None:
                raise waits
        return looked

    def _confirm_in_flight(
        self, lease: Lease, state: AddressState, in_flight: Mapping[str, bool]
    ) -> AddressState:
        """Record what steps whose answers were lost have left there; return the state after that.

        They are closed only now: until the contact was read, nobody knows whether they took effect.

        Args:
            lease: The address.
            state: As it was read.
            in_flight: Kind -> whether it was answered, of the steps that nobody has seen the
                effect of.
        """
        if not in_flight:
            return state
        with self.database.transaction() as tx:
            renew(tx, lease)
            if state.there is None:
                close_in_flight(tx, lease)
                return state
            contact = {"cc_contact_id": state.there["contact_id"]}
            tx.execute(SQL["own_lists_in_flight"], lease.row() | contact)
            close_in_flight(tx, lease)
            state = replace(
                state, bases=self.gatherer.one(tx, lease.connection_id, lease.key).bases
            )
            is_out = is_unsubscribed(state.there)
            if "unsubscribe" in in_flight and is_out:
                record_unsubscribed(tx, lease, state, was_sent=in_flight["unsubscribe"])
            if "ask_person" in in_flight and was_mailed(state.there) and state.asked:
                record_person_asked(tx, lease, state)
                asked = asked_back(tx, lease.connection_id, lease.key, state.rules)
                return replace(state, asked=asked)
            if "resubscribe" in in_flight and not is_out and state.asked:
                record_resubscribed(
                    tx,
                    lease,
                    state,
                    policy=policy_in_force(state),
                    was_sent=in_flight["resubscribe"],
                )
                complaints = tuple(out for out in state.opt_outs if out.acted_by == "complaint")
                evidence = outstanding_evidence(tx, lease.connection_id, lease.key)
                return replace(state, asked=(), opt_outs=complaints, evidence=evidence)
        return state

    def _send(
        self, lease: Lease, state: AddressState, decision: Decision, done: list[str]
    ) -> Flow[bool]:
        """Send the steps in order; return False where the contact there must be read again."""
        if self.approve is not None:
            for step in decision.steps:
                self.approve(step)
        moved_key = _moved_key(state, decision)
        if moved_key is None:
            return (yield from self.sender.send(lease, state, decision, done))
        with self.database.transaction() as tx:
            if not claim_beside(tx, lease, moved_key):
                message = "waits for the person's former address"
                raise NotSettled(message, beside=moved_key)
        try:
            is_sent = yield from self.sender.send(lease, state, decision, done)
        except Exception:
            self._release_beside(lease, moved_key)
            raise
        self._release_beside(lease, moved_key)
        return is_sent

    def _release_beside(self, lease: Lease, key: str) -> None:
        with self.database.transaction() as tx:
            release_beside(tx, lease, key)


def _moved_key(state: AddressState, decision: Decision) -> str | None:
    if state.moving_from is None or not any(s.kind == "move_address" for s in decision.steps):
        return None
    return str(state.moving_from["email_address"]["address"]).strip().lower()
