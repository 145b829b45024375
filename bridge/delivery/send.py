"""Send the decided steps of one address: note each, make its call, keep what it left there.

A call whose answer is lost leaves its step `sending`; whoever takes the address over looks the
contact up there before deciding anew.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.delivery.merge import CORE
from bridge.delivery.outcome import record_resubscribed, record_sent
from bridge.delivery.steps import end_step, open_plan, send_step
from bridge.delivery.work import renew
from bridge.errors import (
    BridgeError,
    Conflict,
    NotFoundRemotely,
    QuotaSpent,
    RecordRefused,
    RemoteError,
    Throttled,
)
from bridge.mirror.remember import forget_cc_contact, forget_cc_list

if TYPE_CHECKING:
    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.model import AddressState, Decision, Step
    from bridge.delivery.work import Lease

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Sends the steps of one connection, for one thread."""

    database: Database
    there: ConstantContact
    mapping_version_id: int

    def send(self, lease: Lease, state: AddressState, decision: Decision, done: list[str]) -> bool:
        """Send the decided steps in order and add the kind of each confirmed one to `done`.

        Returns False where the contact there has to be read again first, or a list is gone.

        Raises:
            LeaseWanted, LeaseLost, NoSlotNow: If the lease has to be given back.
            RecordRefused: If the vendor refuses the content.
            RemoteError: If the call failed, or its answer was lost.
        """
        facts = hashlib.sha256(repr(state).encode()).digest()
        with self.database.transaction() as tx:
            renew(tx, lease)
            plan_id = open_plan(
                tx,
                lease,
                decision.steps,
                facts=facts,
                mapping_version_id=self.mapping_version_id,
            )
        for ordinal, step in enumerate(decision.steps):
            answer = self._send_step(lease, plan_id, ordinal, step, state)
            if answer is None:
                return False
            with self.database.transaction() as tx:
                record_sent(tx, lease, state, step, answer, wanted=decision.agreed)
                if step.kind == "resubscribe":
                    record_resubscribed(tx, lease, state, is_own=decision.lifts_own)
                end_step(tx, lease, plan_id, ordinal, "confirmed", answer=answer)
                renew(tx, lease)  # last: triage, too, takes the ledger before the subjects
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
