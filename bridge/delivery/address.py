"""Settle one leased address: gather, decide, send what is decided, until nothing is left to do.

No transaction is open while a call is on its way. A call whose answer is lost leaves its step
`sending`; whoever takes the address over looks the contact up there before deciding anew, so each
effect happens once however often it is tried.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bridge.delivery.decide import decide, is_unsubscribed
from bridge.delivery.gather import came_from, gather, gone_to, with_there
from bridge.delivery.merge import CORE
from bridge.delivery.outcome import (
    close_in_flight,
    end_step,
    open_plan,
    record_end,
    record_look,
    record_resubscribed,
    record_sent,
    send_step,
)
from bridge.delivery.work import SQL, claim_beside, finish, release_beside, renew
from bridge.errors import (
    BridgeError,
    Conflict,
    NotFoundRemotely,
    QuotaSpent,
    RecordRefused,
    RemoteError,
    Throttled,
)
from bridge.mirror.remember import forget_cc_contact

if TYPE_CHECKING:
    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.model import AddressState, Decision, Step
    from bridge.delivery.read_back import Reader
    from bridge.delivery.work import Lease
    from bridge.mapping.versions import ActiveMapping
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_ROUNDS = 6


class NotSettled(BridgeError):
    """The address must wait for another one, or does not come to rest; it is tried again."""


@dataclass(frozen=True, kw_only=True)
class AddressCourier:
    """Settles addresses of one connection, for one thread."""

    database: Database
    settings: Settings
    there: ConstantContact
    reader: Reader
    current: ActiveMapping

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
            self.reader.read_unknown([lease.key], lane=max(lease.lane, 1))
            state, in_flight = self._gather(lease)
            decision = decide(state)
            if must_look or in_flight or decision.needs_look:
                was_moving = state.moving_from is not None
                state = self._look(lease, state)
                if was_moving and state.moving_from is None:
                    with self.database.transaction() as tx:
                        self._wait_for_others(tx, lease)
                self._confirm_in_flight(lease, state, in_flight)
                decision = decide(state)
            if not decision.steps:
                words = ", ".join(done) or "nothing to do"
                with self.database.transaction() as tx:
                    record_end(tx, lease, state, decision)
                    finish(tx, lease, reason=words)
                return words
            must_look = not self._send(lease, state, decision, done)
        message = "the contact there does not come to rest: somebody else keeps changing it"
        raise NotSettled(message)

    def _gather(self, lease: Lease) -> tuple[AddressState, set[str]]:
        with self.database.transaction() as tx:
            renew(tx, lease)
            self._wait_for_others(tx, lease)
            in_flight = close_in_flight(tx, lease)
            state = gather(
                tx,
                lease.connection_id,
                lease.key,
                self.current.mapping,
                owner_policy=self.settings.owner,
            )
        return state, in_flight

    def _wait_for_others(self, tx: Any, lease: Lease) -> None:
        """A contact that changes its address belongs to two subjects: one of them goes first."""
        ahead = gone_to(tx, lease.connection_id, lease.key)
        if not ahead:
            state = came_from(tx, lease.connection_id, lease.key)
            moving = gather(
                tx,
                lease.connection_id,
                lease.key,
                self.current.mapping,
                owner_policy=self.settings.owner,
            ).moving_from
            ahead = state if moving is None else []
        if ahead and self._pending(tx, lease, ahead):
            message = "waits for the person's other address"
            raise NotSettled(message)

    def _pending(self, tx: Any, lease: Lease, keys: list[str]) -> bool:
        rows = tx.execute(SQL["pending_work"], lease.row() | {"kind": "address", "keys": keys})
        return rows.fetchone() is not None

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
                    record_look(tx, lease, with_there(state, there))
                there = None
        if there is None:
            there = self.there.find_contact(_written(state))
        looked = with_there(state, there)
        if looked.moving_from is not None:
            fresh = self.there.get_contact(str(looked.moving_from["contact_id"]))
            looked = replace(looked, moving_from=fresh)
        with self.database.transaction() as tx:
            renew(tx, lease)
            record_look(tx, lease, looked)
            refreshed = gather(
                tx,
                lease.connection_id,
                lease.key,
                self.current.mapping,
                owner_policy=self.settings.owner,
            )
        return replace(
            refreshed,
            there=looked.there,
            moving_from=looked.moving_from,
            is_there_known=True,
            answered=state.answered,
        )

    def _confirm_in_flight(self, lease: Lease, state: AddressState, in_flight: set[str]) -> None:
        """A resubscription whose answer was lost has taken effect: record it as what it is."""
        if "resubscribe" not in in_flight or state.there is None or not state.asked:
            return
        if not is_unsubscribed(state.there):
            is_own = any(out.acted_by == "person" for out in state.opt_outs)
            with self.database.transaction() as tx:
                record_resubscribed(tx, lease, state, is_own=is_own)

    def _send(self, lease: Lease, state: AddressState, decision: Decision, done: list[str]) -> bool:
        """Send the steps in order; return False where the contact there must be read again."""
        moved_key = _moved_key(state, decision)
        if moved_key is not None:
            with self.database.transaction() as tx:
                if not claim_beside(tx, lease, moved_key):
                    message = "waits for the person's former address"
                    raise NotSettled(message)
        try:
            return self._send_steps(lease, state, decision, done)
        finally:
            if moved_key is not None:
                with self.database.transaction() as tx:
                    release_beside(tx, lease, moved_key)

    def _send_steps(
        self, lease: Lease, state: AddressState, decision: Decision, done: list[str]
    ) -> bool:
        facts = hashlib.sha256(repr(state).encode()).digest()
        with self.database.transaction() as tx:
            renew(tx, lease)
            plan_id = open_plan(
                tx,
                lease,
                decision.steps,
                facts=facts,
                mapping_version_id=self.current.version_id,
            )
        for ordinal, step in enumerate(decision.steps):
            answer = self._send_step(lease, plan_id, ordinal, step, state)
            if answer is None:
                return False
            with self.database.transaction() as tx:
                renew(tx, lease)
                record_sent(tx, lease, state, step, answer)
                if step.kind == "resubscribe":
                    record_resubscribed(tx, lease, state, is_own=decision.lifts_own)
                end_step(tx, lease, plan_id, ordinal, "confirmed", answer=answer)
            done.append(step.kind)
            log.info(
                "step_confirmed",
                extra={
                    "connection": lease.connection_id,
                    "kind": step.kind,
                    "contact": answer["contact_id"],
                    "lane": lease.lane,
                },
            )
        return True

    def _send_step(
        self, lease: Lease, plan_id: int, ordinal: int, step: Step, state: AddressState
    ) -> dict[str, Any] | None:
        """Make one call; None where what it rests on has changed meanwhile."""

        def end(state: str, outcome: str) -> None:
            with self.database.transaction() as tx:
                end_step(tx, lease, plan_id, ordinal, state, outcome=outcome)

        with self.database.transaction() as tx:
            renew(tx, lease)
            send_step(tx, lease, plan_id, ordinal)
        try:
            return self._call(step, state)
        except Conflict:
            end("failed", "another write came first")
            return None
        except NotFoundRemotely:
            with self.database.transaction() as tx:
                forget_cc_contact(tx, lease.connection_id, step.contact_id or "")
            end("failed", "the contact is not there any more")
            return None
        except RecordRefused as refused:
            end("refused", str(refused))
            raise
        except (Throttled, QuotaSpent) as error:
            end("failed", str(error))
            raise
        except RemoteError:
            raise  # the call may have been carried out: the step stays `sending`
        except BridgeError as error:
            end("skipped", str(error) or "the lease was given back before the call")
            raise

    def _call(self, step: Step, state: AddressState) -> dict[str, Any]:
        """Return the contact as the call leaves it; what an answer leaves out is as it was sent."""
        body = dict(step.body)
        if step.kind == "create_contact":
            return body | self.there.create_contact(body)
        former = dict(state.there or state.moving_from or {})
        if step.kind == "unsubscribe":
            return former | self._unsubscribe(step.contact_id or "", body)
        return former | body | self.there.put_contact(step.contact_id or "", body)

    def _unsubscribe(self, contact_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Unsubscribe even where the vendor refuses to take its own data back.

        It was seen to refuse names that it returns; an opt-out goes before such details, so what is
        refused is left out: sub-resources first (they stay as they are), then the rest.
        """
        permission = {key: body[key] for key in ("email_address", "update_source")}
        core = {key: body[key] for key in CORE if key in body}
        try:
            return self.there.put_contact(contact_id, body)
        except RecordRefused:
            log.warning("unsubscribe_refused_with_details", extra={"contact": contact_id})
        try:
            return self.there.put_contact(contact_id, core | permission)
        except RecordRefused:
            return self.there.put_contact(contact_id, permission)


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
