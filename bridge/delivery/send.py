"""Send the decided steps of one address: note each, make its call, keep what it left there.

A call whose answer is lost leaves its step `sending`; whoever takes the address over looks the
contact up there before deciding anew.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.delivery.confirm import PERMISSIONS, contradiction, must_be_read_back
from bridge.delivery.flows import ask
from bridge.delivery.leases import renew, renew_all
from bridge.delivery.merge import CORE
from bridge.delivery.outcome import Sent, record_sent, set_statuses
from bridge.delivery.outcome_consent import (
    record_confirmation_used,
    record_consent_confirmed,
    record_consent_sent,
    record_person_asked,
)
from bridge.delivery.status import statuses_while_sent
from bridge.delivery.steps import (
    Answered,
    Opening,
    answer_steps,
    end_step,
    open_plans,
    send_step,
)
from bridge.delivery.work import WEBHOOK, mark
from bridge.errors import (
    BridgeError,
    Conflict,
    NoSlotNow,
    NotConfirmed,
    NotFoundRemotely,
    QuotaSpent,
    RecordRefused,
    RemoteError,
    Throttled,
)
from bridge.mirror.remember import forget_cc_contact, forget_cc_list, remember_cc_contact

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.flows import Flow
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState, Decision, Step
    from bridge.mirror.advance import Subject

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Sends the steps of one connection, for one thread."""

    database: Database
    there: ConstantContact
    mapping_version_id: int

    def send(
        self, lease: Lease, state: AddressState, decision: Decision, done: list[str]
    ) -> Flow[bool]:
        """Send the decided steps in order and add the kind of each confirmed one to `done`.

        Returns False where the contact there has to be read again first, or a list is gone.

        Raises:
            LeaseWanted, LeaseLost, NoSlotNow: If the lease has to be given back.
            RecordRefused: If the vendor refuses the content.
            RemoteError: If the call failed, or its answer was lost.
            NotConfirmed: If what was answered was not found when it was read back.
        """
        facts = hashlib.sha256(repr(state).encode()).digest()
        version_id = state.version_of(decision.owner_id) or self.mapping_version_id
        opening = Opening(lease, decision.steps, facts, version_id)
        plan_id = yield from ask(_open, opening)
        for ordinal, step in enumerate(decision.steps):
            if ordinal > 0:
                with self.database.transaction() as tx:
                    renew(tx, lease)
                    send_step(tx, lease, plan_id, ordinal)
            answer = self._send_step(lease, plan_id, ordinal, step, state)
            if answer is None:
                return False
            is_settled = not must_be_read_back(step)
            sent = Sent(lease, state, decision, step, answer)
            yield from ask(_keep, (sent, Answered(lease, plan_id, ordinal, answer, is_settled)))
            if not is_settled:
                self._read_back(sent, plan_id, ordinal)
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

    def _read_back(self, sent: Sent, plan_id: int, ordinal: int) -> None:
        """Read what a step has left there: only then is it confirmed."""
        lease, state, decision, step, answer = sent
        found: dict[str, Any] | None
        try:
            found = self.there.get_contact(str(answer["contact_id"]))
        except NotFoundRemotely:
            found = None
        except (RemoteError, NoSlotNow):
            with self.database.transaction() as tx:  # the step stays `sent`: it is looked up later
                set_statuses(tx, lease.connection_id, statuses_while_sent(step, decision, now(tx)))
                renew(tx, lease)
            raise
        wrong = contradiction(step, answer, found)
        with self.database.transaction() as tx:
            if found is None:
                forget_cc_contact(tx, lease.connection_id, str(answer["contact_id"]))
            else:
                remember_cc_contact(tx, lease.connection_id, found)
            if wrong is None:
                seen = replace(state, there=found)
                record_consent_confirmed(tx, lease, seen, step, decision)
                if step.kind == "unsubscribe":  # whatever becomes of the steps behind it
                    set_statuses(tx, lease.connection_id, decision.statuses)
                end_step(tx, lease, plan_id, ordinal, "confirmed", answer=answer)
            else:
                waiting = statuses_while_sent(step, decision, now(tx), wrong)
                set_statuses(tx, lease.connection_id, waiting)
                end_step(tx, lease, plan_id, ordinal, "failed", outcome=f"read back: {wrong}")
                subject: Subject = ("address", lease.key)
                dirty = {subject: step.kind in PERMISSIONS}
                mark(tx, lease.connection_id, dirty, lane=WEBHOOK, origin=lease.origin)
            renew(tx, lease)
        if wrong is not None:
            log.warning(
                "not_confirmed",
                extra={"connection": lease.connection_id, "kind": step.kind, "why": wrong},
            )
            raise NotConfirmed(f"Constant Contact answered that it was done, and {wrong}")

    def _send_step(
        self, lease: Lease, plan_id: int, ordinal: int, step: Step, state: AddressState
    ) -> dict[str, Any] | None:
        """Make the call of a step on its way; None where what it rests on has changed meanwhile."""

        def end(state: str, outcome: str) -> None:
            with self.database.transaction() as tx:
                end_step(tx, lease, plan_id, ordinal, state, outcome=outcome)

        try:
            return self._call(step, state)
        except Conflict:
            if step.kind == "ask_person":
                with self.database.transaction() as tx:
                    record_confirmation_used(tx, lease, step.contact_id or "")
            end("failed", "another write came first")
            return None
        except NotFoundRemotely:
            with self.database.transaction() as tx:
                forget_cc_contact(tx, lease.connection_id, step.contact_id or "")
            end("failed", "the contact is not there any more")
            return None
        except RecordRefused as refused:
            end("refused", str(refused))
            if self._forget_lists(lease, step, state):
                return None
            raise
        except (Throttled, QuotaSpent) as error:
            end("failed", str(error))
            raise
        except RemoteError:
            raise  # the call may have been carried out: the step stays `sending`
        except BridgeError as error:
            end("skipped", str(error) or "the lease was given back before the call")
            raise

    def _forget_lists(self, lease: Lease, step: Step, state: AddressState) -> bool:
        """Forget lists that are not there any more; tell whether the step would have given one.

        Somebody deletes a list there and nobody tells: it must not cost its members their changes.
        """
        now_on = (state.there or state.moving_from or {}).get("list_memberships") or ()
        given = set(step.body.get("list_memberships") or ()) - set(now_on)
        given |= set(step.body.get("list_ids") or ())
        gone = [list_id for list_id in sorted(given) if not self._has_list(list_id)]
        with self.database.transaction() as tx:
            for list_id in gone:
                forget_cc_list(tx, lease.connection_id, list_id)
        return bool(gone)

    def _has_list(self, list_id: str) -> bool:
        try:
            return not self.there.get_list(list_id).get("deleted_at")
        except NotFoundRemotely:
            return False

    def _call(self, step: Step, state: AddressState) -> dict[str, Any]:
        """Return the contact as the call leaves it; what an answer leaves out is as it was sent."""
        body = dict(step.body)
        if step.kind == "create_contact":
            return body | self.there.create_contact(body)
        former = dict(state.there or state.moving_from or {})
        if step.kind == "ask_person":
            self.there.ask_to_confirm(step.contact_id or "", body)
            return former
        if step.kind == "delete_contact":
            self.there.delete_contact(step.contact_id or "")
            return former | {"list_memberships": []}
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


def _open(tx: psycopg.Connection, openings: Sequence[Opening]) -> Sequence[int]:
    """Store what is about to be sent: from here on the effect of each first step may exist."""
    plan_ids = open_plans(tx, openings)
    renew_all(tx, [opening.lease for opening in openings])
    return plan_ids


def _keep(tx: psycopg.Connection, sent: Sequence[tuple[Sent, Answered]]) -> Sequence[None]:
    """Keep what answered steps left there."""
    connection_id = sent[0][0].lease.connection_id
    record_sent(tx, connection_id, [one for one, _ in sent if one.step.kind != "ask_person"])
    for one, _ in sent:
        if one.step.kind == "ask_person":
            record_person_asked(tx, one.lease, one.state)
        record_consent_sent(tx, one.lease, one.state, one.step, one.decision)
    answer_steps(tx, [answered for _, answered in sent])
    renew_all(tx, [one.lease for one, _ in sent])  # last: triage, too, takes the ledger before
    return [None] * len(sent)
