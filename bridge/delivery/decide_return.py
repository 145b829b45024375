"""Decide what becomes of requests to mail an address again that had opted out. Pure.

The firm's own opt-out is lifted by the firm, at once. A person's own is lifted by the policy of the
firm, the strictest of the connection's, the country's, and that under which the request waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from bridge.consent.policy import POLICIES, strictest
from bridge.delivery.model import Given, RequestEnd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from bridge.consent.policy import Policy
    from bridge.consent.requests import RequestState
    from bridge.consent.standing import Asked
    from bridge.consent.statement import Statement
    from bridge.delivery.model import AddressState, Person

IS_HELD = "many people who had opted out were unticked at once: waits for an approver"
AFTER_RESTORE = (
    "a backup was restored, and who opted out after it is not all known yet: waits for an approver"
)
WANTS_EVIDENCE = "waits for evidence of who asked, when and how"
WAS_ASKED = (
    "Constant Contact mails one confirmation a contact and has done so: waits for evidence instead"
)
CANNOT_BE_ASKED = (
    "Constant Contact can ask only a contact that is on a list: add a membership, or give evidence"
)
NOT_THERE = "nobody is there whom Constant Contact could ask: waits for evidence instead"
NOT_CONFIRMED = "not confirmed, stays unsubscribed"

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of the open requests of an address.

    Attributes:
        is_lifted: The opt-out does not stand any more.
        must_ask: Constant Contact shall ask the person.
        policy: By what the opt-out is, or would be, lifted.
        words: Where they stand, for people; None where nothing is to be said.
        given: Evidence that the record gives and that is not on record yet.
    """

    is_lifted: bool = False
    must_ask: bool = False
    policy: Literal["firm", Policy] = "firm"
    ends: tuple[RequestEnd, ...] = ()
    words: str | None = None
    given: tuple[Given, ...] = ()


def judge_requests(state: AddressState, *, is_own: bool, out_at: datetime | None) -> Verdict:
    """Return what becomes of the open requests of an address, of which there is at least one.

    Args:
        state: The address.
        is_own: The person had opted out themselves.
        out_at: When, or when the contact there was unsubscribed; None where that is not known.
    """
    policy = _policy(state) if is_own else "firm"
    judge = _Judge(state, policy=policy, out_at=out_at if is_own else None)
    reason = _refusal(state, is_own=is_own, out_at=out_at)
    if reason is not None:
        return judge.end("refused", reason)
    hold = _hold(state, policy)
    if hold is not None:
        return judge.end("held", hold)
    if policy == "firm":
        return Verdict(is_lifted=True)
    given = tuple(_given(state, out_at))
    if policy == "practifi" or given or any(request.has_evidence for request in state.asked):
        return Verdict(is_lifted=True, policy=policy, given=given)
    if policy == "evidence":
        return judge.end("waiting_evidence", WANTS_EVIDENCE)
    return judge.ask_person()


def _hold(state: AddressState, policy: Literal["firm", Policy]) -> str | None:
    """Return why the requests wait for an approver, or None."""
    if any(request.is_approved for request in state.asked):
        return None
    if any(request.is_after_restore for request in state.asked):
        return AFTER_RESTORE
    if policy != "firm" and any(one.is_mass or one.state == "held" for one in state.asked):
        return IS_HELD
    return None


def given_afterwards(state: AddressState) -> tuple[Given, ...]:
    """Return the evidence that records give for those who have come back without any."""
    by_contact = {person.contact_id: person.statement for person in state.people}
    found = []
    for one in state.evidence:
        statement = by_contact.get(one.contact_id)
        if statement is not None and _is_later(statement, one.opted_out_at or one.asked_at):
            found.append(Given(request_id=one.id, statement=statement))
    return tuple(found)


def took_effect(state: AddressState) -> bool:
    """Tell whether a resubscription is so now that was sent and not found so when it was read back.

    Whoever opted out since, or complained, is not meant by it.
    """
    sent = [request for request in state.asked if request.state == "sent"]
    if not sent or not _is_mailable(state.there):
        return False
    asked_at = max(request.asked_at for request in sent)
    was_own = any(request.policy != "firm" for request in sent)
    return all(
        out.acted_by == "firm" or (out.acted_by == "person" and was_own and out.since <= asked_at)
        for out in state.opt_outs
    )


def has_confirmed(state: AddressState) -> bool:
    """Tell whether a person who was asked has said yes: they are mailable by their own act."""
    address = (state.there or {}).get("email_address") or {}
    return (
        any(request.state == "waiting_person" for request in state.asked)
        and not any(out.acted_by == "complaint" for out in state.opt_outs)
        and _is_mailable(state.there)
        and (
            address.get("confirm_status") == "confirmed"
            or address.get("opt_in_source") == "Contact"
        )
    )


def policy_in_force(state: AddressState) -> Literal["firm", Policy]:
    """Return by what an opt-out was lifted whose record has not been written yet."""
    sent = {request.policy for request in state.asked if request.state == "sent"}
    if sent:
        return strictest(own) if (own := [one for one in POLICIES if one in sent]) else "firm"
    is_own = any(out.acted_by != "firm" for out in state.opt_outs)
    return _policy(state) if is_own else "firm"


def was_mailed(there: Mapping[str, Any] | None) -> bool:
    """Tell whether a confirmation that Constant Contact mailed waits for the person."""
    return ((there or {}).get("email_address") or {}).get("confirm_status") == "pending"


def _is_mailable(there: Mapping[str, Any] | None) -> bool:
    address = (there or {}).get("email_address") or {}
    return address.get("permission_to_send") in {"explicit", "implicit"}


class _Judge:
    """Says what the open requests of one address wait for."""

    def __init__(
        self,
        state: AddressState,
        *,
        policy: Literal["firm", Policy],
        out_at: datetime | None,
    ) -> None:
        self._state = state
        self._policy = policy
        self._out_at = out_at

    def end(self, state: RequestState, reason: str) -> Verdict:
        end = RequestEnd(
            ids=tuple(request.id for request in self._state.asked),
            state=state,
            reason=reason,
            policy=self._policy,
            opted_out_at=self._out_at,
        )
        return Verdict(ends=(end,), words=reason, policy=self._policy)

    def ask_person(self) -> Verdict:
        """Constant Contact asks, once in the life of a contact; a second try wants evidence."""
        waiting = [one for one in self._state.asked if one.state == "waiting_person"]
        if waiting and all(request.is_overdue for request in waiting):
            return self.end("not_confirmed", NOT_CONFIRMED)
        if waiting:
            since = min(one.person_asked_at or one.asked_at for one in waiting)
            words = f"waiting for the person since {since:%Y-%m-%d %H:%M} UTC"
            return Verdict(words=words, policy=self._policy)
        there = self._state.there
        if there is None or there.get("deleted_at"):
            return self.end("waiting_evidence", NOT_THERE)
        if self._state.was_mailed_at is not None:
            return self.end("waiting_evidence", WAS_ASKED)
        return Verdict(must_ask=True, policy=self._policy)


def _policy(state: AddressState) -> Policy:
    askers = _askers(state)
    waiting = {one.policy for one in state.asked if one.state.startswith("waiting_")}
    bound = [policy for policy in POLICIES if policy in waiting]
    return strictest([state.rules.policy_for(person.country for person in askers), *bound])


def _askers(state: AddressState) -> list[Person]:
    ids = {request.contact_id for request in state.asked}
    return [person for person in state.people if person.contact_id in ids]


def _given(state: AddressState, out_at: datetime | None) -> list[Given]:
    """Return the evidence that records give for open requests."""
    by_contact = {person.contact_id: person.statement for person in state.people}
    found = []
    for request in state.asked:
        statement = by_contact.get(request.contact_id)
        if statement is not None and not request.has_evidence and _is_later(statement, out_at):
            found.append(Given(request_id=request.id, statement=statement))
    return found


def _is_later(statement: Statement, out_at: datetime | None) -> bool:
    """Tell whether somebody asked after an opt-out; who asked before it asked for nothing.

    Both are calendar days, and those of the vendor and of the firm may differ by one.
    """
    return out_at is None or statement.on >= (out_at - _A_DAY).date()


def _refusal(state: AddressState, *, is_own: bool, out_at: datetime | None) -> str | None:
    """Return why an untick lifts nothing here, or None."""
    if any(out.acted_by == "complaint" for out in state.opt_outs):
        return "the person complained of spam: only they can subscribe again"
    if all(_came_from_elsewhere(state, request) for request in state.asked):
        return "Do Not Email was unticked for another address: this one had opted out before"
    if out_at is None:
        return None
    return _later_opt_out(state, is_own=is_own, out_at=out_at)


def _later_opt_out(state: AddressState, *, is_own: bool, out_at: datetime) -> str | None:
    """Return why the untick is not the last word, or None.

    Both vendors stamp whole seconds, so of two acts in one nobody can tell which came first: then a
    person's own opt-out stands, and the firm's own does not.
    """
    asked_at = max(request.asked_at for request in state.asked)
    if is_own and out_at.replace(microsecond=0) == asked_at.replace(microsecond=0):
        return "the person unsubscribed in the second in which Do Not Email was unticked"
    if out_at <= asked_at:
        return None
    if is_own:
        return "the person unsubscribed after Do Not Email was unticked"
    if out_at > (state.last_write_at or asked_at):
        # Not the bridge's doing, however late it carried a tick out: it wrote before that.
        return "unsubscribed in Constant Contact after Do Not Email was unticked"
    return None


def _came_from_elsewhere(state: AddressState, request: Asked) -> bool:
    """Tell whether the untick was about another contact there, or made before they came here.

    Who asks was another contact so far, or none, and was ticked at another address. Where nobody is
    there any more, the ledger says whether this address had opted out before.
    """
    if state.there is None:
        own = {out.kind for out in state.opt_outs if out.acted_by != "firm"}
        return "address" in own and request.was_ticked_elsewhere
    ids = (one.linked_to for one in state.people if one.contact_id == request.contact_id)
    linked = next(ids, None)
    if linked is None:
        return request.was_ticked_elsewhere
    return linked != str(state.there["contact_id"])
