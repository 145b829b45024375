"""Settle one leased address: gather, decide, send what is decided, until nothing is left to do.

No transaction is open while a call is on its way. A call whose answer is lost leaves its step
`sending`; whoever takes the address over looks the contact up there before deciding anew, so each
effect happens once however often it is tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bridge.consent.standing import asked_back, outstanding_evidence
from bridge.delivery.bury import bury_people
from bridge.delivery.decide import decide
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.decide_return import policy_in_force, was_mailed
from bridge.delivery.gather import came_from, gather, gone_to, unread_records, with_there
from bridge.delivery.leases import claim_beside, finish, release_beside, renew
from bridge.delivery.outcome import record_end, record_look, record_lost
from bridge.delivery.outcome_consent import (
    record_person_asked,
    record_requests,
    record_resubscribed,
    record_unsubscribed,
)
from bridge.delivery.steps import close_in_flight, steps_in_flight
from bridge.delivery.turns import must_wait
from bridge.delivery.work import SQL
from bridge.errors import NotFoundRemotely, NotSettled, RemoteError
from bridge.mirror.remember import forget_cc_contact

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState, Decision, Step
    from bridge.delivery.read_back import Reader
    from bridge.delivery.send import Sender
    from bridge.mapping.versions import ActiveMapping
    from bridge.salesforce.values import Record
    from bridge.settings import Settings

_ROUNDS = 6


@dataclass(frozen=True, kw_only=True)
class AddressCourier:
    """Settles addresses of one connection, for one thread.

    Attributes:
        approve: Asked before a step is sent; raises where it was not agreed to.
        told: Record id -> values that go before those of the mirror, where a message is replayed.
        decide: What decides on an address; `decide` but where a plan is taken back.
    """

    database: Database
    settings: Settings
    there: ConstantContact
    reader: Reader
    current: ActiveMapping
    sender: Sender
    approve: Callable[[Step], None] | None = None
    told: Mapping[str, Record] = field(default_factory=dict)
    decide: Callable[[AddressState], Decision] = decide

    def settle(self, lease: Lease) -> str:
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
            try:
                self.reader.read_unknown([lease.key], held=[lease.key], lane=max(lease.lane, 1))
            except RemoteError:
                self._opt_out_first(lease)
                raise
            try:
                gathered = self._gather(lease)
            except NotSettled:
                if lease.is_consent:
                    self._opt_out_first(lease)
                raise
            if gathered is None:
                continue
            state, in_flight = gathered
            decision = self.decide(state)
            if must_look or in_flight or decision.needs_look:
                was_moving = state.moving_from is not None
                state = self._look(lease, state)
                if was_moving and state.moving_from is None:
                    with self.database.transaction() as tx:
                        self._wait_for_others(tx, lease)
                state = self._confirm_in_flight(lease, state, in_flight)
                decision = self.decide(state)
            if not decision.steps:
                words = ", ".join(done) or "nothing to do"
                with self.database.transaction() as tx:
                    record_lost(tx, lease, decision.lost)
                    record_end(tx, lease, state, decision)
                    bury_people(tx, lease, state.people)
                    finish(tx, lease, reason=words)
                return words
            if decision.lost or decision.ends or decision.given:
                with self.database.transaction() as tx:
                    record_lost(tx, lease, decision.lost)
                    record_requests(tx, lease, state, decision)
            must_look = not self._send(lease, state, decision, done)
        message = "the contact does not come to rest: somebody keeps changing it here or there"
        raise NotSettled(message)

    def _opt_out_first(self, lease: Lease) -> None:
        """Unsubscribe where a box is known to be ticked: that waits for no read and nobody else."""
        with self.database.transaction() as tx:
            in_flight = steps_in_flight(tx, lease)
            state = self._state(tx, lease)
        if not any(one.do_not_email for one in state.people) or is_unsubscribed(state.there):
            return
        state = self._confirm_in_flight(lease, self._look(lease, state), in_flight)
        decision = decide(state)
        steps = tuple(step for step in decision.steps if step.kind == "unsubscribe")
        if steps:
            self._send(lease, state, replace(decision, steps=steps), [])

    def _gather(self, lease: Lease) -> tuple[AddressState, dict[str, bool]] | None:
        """Return the present state and the steps in flight; None if a record is in doubt."""
        with self.database.transaction() as tx:
            renew(tx, lease)
            self._wait_for_others(tx, lease)
            if unread_records(tx, lease.connection_id, [lease.key]):
                return None
            in_flight = steps_in_flight(tx, lease)
            state = self._state(tx, lease)
        return state, in_flight

    def _wait_for_others(self, tx: psycopg.Connection, lease: Lease) -> None:
        """A contact that changes its address belongs to two subjects: one of them goes first."""
        waits_s: dict[str, float] = {}

        def ahead_of(key: str) -> list[str]:
            pending = self._ahead(tx, lease, key)
            if key == lease.key:
                waits_s.update(pending)
            return list(pending)

        if must_wait(lease.key, ahead_of):
            message = "waits for the person's other address"
            after_s = min(waits_s.values(), default=None)
            raise NotSettled(message, behind=tuple(sorted(waits_s)), after_s=after_s)

    def _ahead(self, tx: psycopg.Connection, lease: Lease, key: str) -> dict[str, float]:
        """Return the addresses that have to be settled before one -> seconds until they may be."""
        ahead = gone_to(tx, lease.connection_id, key)
        if not ahead:
            former = came_from(tx, lease.connection_id, key)
            if former:
                state = self._state(tx, lease, key)
                ahead = former if state.moving_from is None else []
        if not ahead:
            return {}
        rows = tx.execute(SQL["pending_work"], lease.row() | {"kind": "address", "keys": ahead})
        return dict(rows.fetchall())

    def _look(self, lease: Lease, state: AddressState) -> AddressState:
        """Read the contact there, by its id where it is known, else by its address."""
        there: dict[str, Any] | None = None
        if state.there is not None:
            contact_id = str(state.there["contact_id"])
            try:
                there = self.there.get_contact(contact_id)
            except NotFoundRemotely:
                with self.database.transaction() as tx:
                    forget_cc_contact(tx, lease.connection_id, contact_id)
            if there is not None and not _has_address(there, state.key):
                with self.database.transaction() as tx:
                    record_look(tx, lease.connection_id, with_there(state, there))
                there = None
        if there is None:
            there = self.there.find_contact(_written(state))
        looked = with_there(state, there)
        if looked.moving_from is not None:
            fresh = self.there.get_contact(str(looked.moving_from["contact_id"]))
            looked = replace(looked, moving_from=fresh)
        left = tuple(self.there.get_contact(str(one["contact_id"])) for one in state.left_behind)
        looked = replace(looked, left_behind=left)
        with self.database.transaction() as tx:
            record_look(tx, lease.connection_id, looked)
            renew(tx, lease)  # after the ledger, as triage does
            refreshed = self._state(tx, lease)
        return replace(
            refreshed,
            there=looked.there,
            moving_from=looked.moving_from,
            is_there_known=True,
        )

    def _confirm_in_flight(
        self, lease: Lease, state: AddressState, in_flight: dict[str, bool]
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
            state = replace(state, bases=self._state(tx, lease).bases)
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

    def _state(self, tx: psycopg.Connection, lease: Lease, key: str | None = None) -> AddressState:
        """Return the state of the leased address, or of another one."""
        return gather(
            tx,
            lease.connection_id,
            key or lease.key,
            self.current.mapping,
            owner_policy=self.settings.owner,
            told=self.told,
        )

    def _send(self, lease: Lease, state: AddressState, decision: Decision, done: list[str]) -> bool:
        """Send the steps in order; return False where the contact there must be read again."""
        if self.approve is not None:
            for step in decision.steps:
                self.approve(step)
        moved_key = _moved_key(state, decision)
        if moved_key is not None:
            with self.database.transaction() as tx:
                if not claim_beside(tx, lease, moved_key):
                    message = "waits for the person's former address"
                    raise NotSettled(message)
        try:
            return self.sender.send(lease, state, decision, done)
        finally:
            if moved_key is not None:
                with self.database.transaction() as tx:
                    release_beside(tx, lease, moved_key)


def _has_address(there: dict[str, Any], key: str) -> bool:
    address = (there.get("email_address") or {}).get("address") or ""
    return str(address).strip().lower() == key


def _written(state: AddressState) -> str:
    """Return the address as somebody wrote it; the vendor compares without case."""
    for person in state.people:
        if person.wanted is not None and "email_address" in person.wanted:
            return str(person.wanted["email_address"]["address"])
    return state.key


def _moved_key(state: AddressState, decision: Decision) -> str | None:
    if state.moving_from is None or not any(s.kind == "move_address" for s in decision.steps):
        return None
    return str(state.moving_from["email_address"]["address"]).strip().lower()
