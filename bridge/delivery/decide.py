"""Decide what one address needs there: the whole present state in, steps and statuses out. Pure.

The same function serves every road (message, reconciliation, console, command line), so what a
message does to a contact is what a night would have done to it. Deciding again on the state that
the steps leave behind finds nothing more to do.

Consent comes first: a box that is ticked or not known, and an opt-out on record, block everything
that would mail or add; removals go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bridge.delivery.merge import MAX_LISTS, changes, create_body, fingerprint, put_body
from bridge.delivery.model import AddressState, Decision, Person, RequestEnd, Step
from bridge.delivery.status import statuses
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.consent.record import OptOut

_NEVER = datetime.min.replace(tzinfo=UTC)
_FOREVER = datetime.max.replace(tzinfo=UTC)
OPT_OUT_REASON = "Do Not Email is ticked in Practifi"


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What consent allows at an address.

    Attributes:
        blocked: Why nothing may be added or mailed, or None.
        unsubscribe: The contact there must be unsubscribed.
        resubscribe: The contact there is subscribed again, for these requests.
        is_own: The person had opted out themselves.
    """

    blocked: str | None = None
    unsubscribe: bool = False
    resubscribe: tuple[int, ...] = ()
    is_own: bool = False
    ends: tuple[RequestEnd, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Which lists the contact there shall be on.

    Attributes:
        wanted: Lists there, without those that nobody asks for any more.
        waits_for: Practifi lists that are not there yet.
        forgotten: (contact id, list id) that are gone on both sides.
        lost: (contact id, list id) that the person ended by their own act.
        over: Lists that do not fit the vendor's 50.
    """

    wanted: frozenset[str]
    waits_for: tuple[str, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    over: frozenset[str] = frozenset()


def decide(state: AddressState) -> Decision:
    """Return what one address needs; `needs_look` asks for its contact there to be read first.

    >>> decide(AddressState(key="a@example.org", people=(), there=None, is_there_known=True)).steps
    ()
    """
    owner = choose_owner(state)
    consent = decide_consent(state)
    lists = decide_lists(state, consent)
    steps = _steps(state, owner, consent, lists)
    if not state.is_there_known and (steps or _concerns(state, consent, lists)):
        return Decision(needs_look=True)
    on_lists = _lists_after(state, steps)
    return Decision(
        steps=steps,
        statuses=statuses(state, consent, lists, on_lists, has_contact=on_lists is not None),
        owner_id=owner.contact_id if owner else None,
        agreed=tuple(
            (person.contact_id, row.list_id, row.cc_list_id, row.cc_list_id in (on_lists or ()))
            for person in state.people
            for row in person.memberships
            if row.cc_list_id is not None and row.left_out is None and person.left_out is None
        ),
        forgotten=lists.forgotten,
        lost=lists.lost,
        waits_for_lists=lists.waits_for,
        ends=consent.ends,
        lifts=consent.resubscribe,
        lifts_own=consent.is_own,
    )


def choose_owner(state: AddressState) -> Person | None:
    """Return whose fields are sent: the present owner, else by policy, ties by id.

    Somebody on a list comes before somebody who is on none.
    """
    able = [person for person in state.people if person.wanted is not None]
    for person in able:
        if person.is_owner and _contact_id(state) == person.linked_to:
            return person

    def rank(person: Person) -> tuple[object, ...]:
        linked = person.linked_at or _FOREVER
        created = person.created_at or _FOREVER
        by_policy = (linked, created) if state.owner_policy == "linked_first" else (created, linked)
        return (not person.memberships, *by_policy, person.contact_id)

    return min(able, key=rank, default=None)


def decide_consent(state: AddressState) -> Consent:
    """Return what consent allows: the strictest of all sharers, of the record, of what is there."""
    open_ids = tuple(request.id for request in state.asked)
    ticked = any(person.do_not_email for person in state.people)
    is_out = is_unsubscribed(state.there)
    if ticked:
        ends = _end(open_ids, "withdrawn", "Do Not Email is ticked for a contact at this address")
        return Consent(blocked=OPT_OUT_REASON, unsubscribe=not is_out, ends=ends)
    if any(person.do_not_email is None for person in state.people):
        return Consent(blocked="Do Not Email is not known")
    if is_out:
        return _coming_back(state, open_ids)
    standing = [out for out in state.opt_outs if not _opted_in_since(state.there, out)]
    if standing and not open_ids:
        blocked = _on_record(standing)
        return Consent(blocked=blocked, unsubscribe=state.there is not None)
    if open_ids and state.is_there_known:
        return Consent(ends=_end(open_ids, "withdrawn", "there was nothing to reset"))
    return Consent()


def _coming_back(state: AddressState, open_ids: tuple[int, ...]) -> Consent:
    """The contact there is unsubscribed and no box is ticked: only a counted untick lifts that."""
    address = (state.there or {}).get("email_address") or {}
    acted_by = {out.acted_by for out in state.opt_outs}
    by_person = address.get("opt_out_source") == "Contact" or bool(acted_by & {"person"})
    out_at = parse_moment(address.get("opt_out_date"))
    blocked = unsubscribed_words(by_person=by_person, at=out_at)
    if not open_ids:
        return Consent(blocked=blocked)
    if "complaint" in acted_by:
        reason = "the person complained of spam: only they can subscribe again"
        return Consent(blocked=blocked, ends=_end(open_ids, "refused", reason))
    if by_person:
        asked_at = max(request.asked_at for request in state.asked)
        if out_at is not None and out_at > asked_at:
            reason = "the person unsubscribed after Do Not Email was unticked"
            return Consent(blocked=blocked, ends=_end(open_ids, "refused", reason))
        if state.recent_own_unticks > state.mass_untick_limit:
            reason = "many people who had opted out were unticked at once: waits for an approver"
            return Consent(blocked=blocked, ends=_end(open_ids, "held", reason))
        if any(request.state == "held" for request in state.asked):
            return Consent(blocked=blocked)
    return Consent(resubscribe=open_ids, is_own=by_person)


def decide_lists(state: AddressState, consent: Consent) -> Lists:
    """Return the lists the contact there shall be on, compared three ways.

    Practifi now, Constant Contact now, and what both last agreed on: what only Constant Contact has
    and Practifi never had stays; what Practifi once had and no longer has goes, unless a sharer has
    it; what the person left by their own act is not put back.
    """
    contact = state.there or state.moving_from or {}
    there = frozenset(contact.get("list_memberships") or ())
    asked: set[str] = set()
    waits_for: list[str] = []
    for person in state.people:
        for row in person.memberships if person.left_out is None else ():
            if row.left_out is None and row.cc_list_id is not None:
                asked.add(row.cc_list_id)
            elif row.left_out is None:
                waits_for.append(row.list_id)
    lost = _lost(state, there)
    left = {base.cc_list_id for base in state.bases if base.lost_by_person} | {
        base.cc_list_id for base in state.bases if (base.contact_id, base.list_id) in lost
    }
    gone = {base.cc_list_id for base in state.bases if not base.is_wanted} - asked
    keeps = there - gone
    adds = frozenset[str]() if consent.blocked else frozenset(asked - left - there)
    room = max(0, MAX_LISTS - len(keeps))
    fitting = frozenset(sorted(adds)[:room])
    return Lists(
        wanted=keeps | fitting,
        waits_for=tuple(sorted(set(waits_for))),
        forgotten=tuple(
            (base.contact_id, base.list_id) for base in state.bases if not base.is_wanted
        ),
        lost=tuple(sorted(lost)),
        over=adds - fitting,
    )


def is_unsubscribed(there: Mapping[str, Any] | None) -> bool:
    """Tell whether the contact there may not be mailed by the person's or the firm's word."""
    return ((there or {}).get("email_address") or {}).get("permission_to_send") == "unsubscribed"


def unsubscribed_words(*, by_person: bool, at: datetime | None) -> str:
    """Return who unsubscribed and when, in words for people.

    >>> unsubscribed_words(by_person=True, at=datetime(2026, 3, 1, tzinfo=UTC))
    'Unsubscribed by the person on 2026-03-01'
    """
    who = "the person" if by_person else "the firm"
    return f"Unsubscribed by {who}" + (f" on {at:%Y-%m-%d}" if at else "")


def _steps(
    state: AddressState, owner: Person | None, consent: Consent, lists: Lists
) -> tuple[Step, ...]:
    if state.there is None:
        return _make(state, owner, consent, lists)
    there: Mapping[str, Any] = state.there
    contact_id = str(there["contact_id"])
    if there.get("deleted_at"):
        return _revive(state, owner, consent, lists)
    steps: list[Step] = []
    ids = state.custom_field_ids
    if consent.unsubscribe:
        email_address = {
            "address": there["email_address"]["address"],
            "permission_to_send": "unsubscribed",
            "opt_out_reason": OPT_OUT_REASON,
        }
        body = put_body(there, email_address=email_address)
        reason = consent.blocked or OPT_OUT_REASON
        steps.append(_permission("unsubscribe", there, body, reason))
    elif consent.resubscribe:
        email_address = {
            "address": there["email_address"]["address"],
            "permission_to_send": "explicit" if consent.is_own else "implicit",
        }
        body = put_body(
            there,
            lists=lists.wanted,
            email_address=email_address,
            update_source="Contact" if consent.is_own else "Account",
        )
        steps.append(_permission("resubscribe", there, body, "Do Not Email was unticked"))
        there = {**there, "list_memberships": sorted(lists.wanted)}
    wanted = owner.wanted if owner is not None else None
    print_ = fingerprint(wanted or {}, lists.wanted)
    differing = {} if wanted is None else changes(there, wanted, ids)
    now_on = frozenset(there.get("list_memberships") or ())
    if now_on != lists.wanted:
        differing["list_memberships"] = (sorted(now_on), sorted(lists.wanted))
    elif print_ == state.sent_fingerprint and differing == changes(
        state.answered or {}, wanted or {}, ids
    ):
        # The vendor spells a value otherwise than it was sent, and nobody has changed it since.
        differing = {}
    if differing:
        steps.append(
            Step(
                kind="update_contact",
                contact_id=contact_id,
                body=put_body(there, wanted, custom_field_ids=ids, lists=lists.wanted),
                reason="the record or its memberships changed",
                change=differing,
                fingerprint=print_,
            )
        )
    return tuple(steps)


def _make(
    state: AddressState, owner: Person | None, consent: Consent, lists: Lists
) -> tuple[Step, ...]:
    """Nobody there has the address: move the contact that had it before, or create one."""
    if state.moving_from is not None and owner is not None and owner.wanted is not None:
        there = state.moving_from
        address = owner.wanted["email_address"]["address"]
        body = put_body(
            there,
            owner.wanted,
            custom_field_ids=state.custom_field_ids,
            lists=lists.wanted,
            email_address={**_writable(there), "address": address},
        )
        return (
            Step(
                kind="move_address",
                contact_id=str(there["contact_id"]),
                body=body,
                reason="the address changed in Practifi",
                change={"email_address.address": ("the former address", "the new address")},
                fingerprint=fingerprint(owner.wanted, lists.wanted),
            ),
        )
    if consent.blocked or owner is None or owner.wanted is None or not lists.wanted:
        return ()
    return (
        Step(
            kind="create_contact",
            body=create_body(owner.wanted, state.custom_field_ids, lists.wanted),
            reason="on a list in Practifi and not there yet",
            change={"list_memberships": ([], sorted(lists.wanted))},
            fingerprint=fingerprint(owner.wanted, lists.wanted),
        ),
    )


def _revive(
    state: AddressState, owner: Person | None, consent: Consent, lists: Lists
) -> tuple[Step, ...]:
    """A deleted contact keeps its address and its permission: it comes back with its lists."""
    there = state.there
    may_not = consent.blocked or (is_unsubscribed(there) and not consent.resubscribe)
    if there is None or may_not or owner is None or owner.wanted is None or not lists.wanted:
        return ()
    body = put_body(
        there, owner.wanted, custom_field_ids=state.custom_field_ids, lists=lists.wanted
    )
    return (
        Step(
            kind="revive_contact",
            contact_id=str(there["contact_id"]),
            body=body,
            reason="on a list in Practifi and deleted there",
            change={"list_memberships": ([], sorted(lists.wanted))},
            fingerprint=fingerprint(owner.wanted, lists.wanted),
        ),
    )


def _permission(kind: Any, there: Mapping[str, Any], body: Mapping[str, Any], reason: str) -> Step:
    old = there["email_address"].get("permission_to_send")
    new = body["email_address"]["permission_to_send"]
    return Step(
        kind=kind,
        contact_id=str(there["contact_id"]),
        body=body,
        reason=reason,
        change={"permission_to_send": (old, new)},
    )


def _writable(there: Mapping[str, Any]) -> dict[str, Any]:
    """The permission goes along with the address: an opt-out follows the person."""
    email_address = there.get("email_address") or {}
    return {
        name: email_address[name]
        for name in ("permission_to_send", "opt_out_reason")
        if email_address.get(name) is not None
    }


def _lists_after(state: AddressState, steps: Iterable[Step]) -> frozenset[str] | None:
    """Return the lists the contact is on once the steps are done; None where there is none."""
    base = state.there if state.there is None or not state.there.get("deleted_at") else None
    after = None if base is None else frozenset(base.get("list_memberships") or ())
    for step in steps:
        after = frozenset(step.body.get("list_memberships") or ())
    return after


def _concerns(state: AddressState, consent: Consent, lists: Lists) -> bool:
    """Whether a look there could lead to anything: a tick on a person nobody linked does."""
    if state.asked:
        return True
    return state.there is None and bool(
        consent.unsubscribe
        or state.moving_from
        or lists.wanted
        or any(person.linked_to for person in state.people)
    )


def _lost(state: AddressState, there: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Memberships that both sides had and that the person's own last act there ended."""
    contact = state.there
    if contact is None or not state.is_there_known or contact.get("update_source") != "Contact":
        return frozenset()
    changed_at = parse_moment(contact.get("updated_at"))
    if changed_at is None or changed_at <= (state.last_write_at or _NEVER):
        return frozenset()
    return frozenset(
        (base.contact_id, base.list_id)
        for base in state.bases
        if base.is_wanted and base.is_agreed and base.cc_list_id not in there
    )


def _opted_in_since(there: Mapping[str, Any] | None, out: OptOut) -> bool:
    """The person subscribed again by their own act after the opt-out on record."""
    address = (there or {}).get("email_address") or {}
    opted_in_at = parse_moment(address.get("opt_in_date"))
    return (
        out.acted_by != "complaint"
        and address.get("opt_in_source") == "Contact"
        and opted_in_at is not None
        and opted_in_at > out.since
    )


def _on_record(standing: Iterable[OptOut]) -> str:
    first = min(standing, key=lambda out: out.since)
    return unsubscribed_words(by_person=first.acted_by != "firm", at=first.since)


def _contact_id(state: AddressState) -> str | None:
    contact = state.there or state.moving_from
    return None if contact is None else str(contact["contact_id"])


def _end(ids: tuple[int, ...], state: Any, reason: str) -> tuple[RequestEnd, ...]:
    return (RequestEnd(ids=ids, state=state, reason=reason),) if ids else ()
