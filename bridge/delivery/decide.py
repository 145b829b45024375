"""Decide what one address needs there: the whole present state in, steps and statuses out. Pure.

The same function serves every road (message, reconciliation, console, command line), so what a
message does to a contact is what a night would have done to it. Deciding again on the state that
the steps leave behind finds nothing more to do.

Consent comes first: a box that is ticked or not known, and an opt-out on record, block everything
that would mail or add; removals go on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.delivery.decide_consent import (
    OPT_OUT_REASON,
    Consent,
    decide_consent,
    is_unsubscribed,
    without_asking,
)
from bridge.delivery.decide_lists import Lists, decide_lists
from bridge.delivery.decide_return import given_afterwards
from bridge.delivery.ending import DELETED_WITH_LAST, KEPT_ON_NO_LIST, goes_with_last_list
from bridge.delivery.flapping import paused_fields, wanted_but_paused
from bridge.delivery.foreign import FOREIGN_ALONE, adoptions
from bridge.delivery.merge import CORE, changes, create_body, fingerprint, list_change, put_body
from bridge.delivery.model import AddressState, Decision, Person, Step
from bridge.delivery.owner import choose_owner
from bridge.delivery.status import statuses
from bridge.delivery.write_rules import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.delivery.merge import Changes


def decide(state: AddressState) -> Decision:
    """Return what one address needs; `needs_look` asks for its contact there to be read first.

    >>> decide(AddressState(key="a@example.org", people=(), there=None, is_there_known=True)).steps
    ()
    """
    owner = choose_owner(state)
    given = given_afterwards(state)
    done = {one.request_id for one in given}
    if done:
        state = replace(state, evidence=tuple(one for one in state.evidence if one.id not in done))
    consent = decide_consent(state)
    lists_if_back = decide_lists(state, Consent()).wanted if consent.ask else frozenset()
    if consent.ask and not lists_if_back:
        consent = without_asking(state, consent)
    lists = decide_lists(state, consent)
    steps = _steps(state, owner, consent, lists)
    if consent.ask:
        steps = (_ask(state, lists_if_back), *steps)
    if not state.is_there_known and (steps or _concerns(state, consent, lists)):
        return Decision(needs_look=True)
    on_lists = _lists_after(state, steps)
    return Decision(
        steps=steps,
        statuses=statuses(state, consent, lists, on_lists, has_contact=on_lists is not None),
        owner_id=owner.contact_id if owner else None,
        agreed=tuple(
            (
                person.contact_id,
                row.list_id,
                row.cc_list_id,
                row.cc_list_id in (on_lists or ())
                and (person.contact_id, row.list_id) not in lists.through_others,
            )
            for person in state.people
            for row in person.memberships
            if row.cc_list_id is not None and row.left_out is None and person.left_out is None
        ),
        forgotten=lists.forgotten,
        lost=lists.lost,
        waits_for_lists=lists.waits_for,
        adopts=adoptions(state, consent, owner),
        ends=consent.ends,
        lifts=consent.resubscribe,
        lifted=consent.lifted,
        lifts_own=consent.is_own,
        lifts_by=consent.policy,
        given=(*consent.given, *given),
        paused=paused_fields(state, owner),
    )


def _steps(
    state: AddressState, owner: Person | None, consent: Consent, lists: Lists
) -> tuple[Step, ...]:
    if state.there is None:
        return _make(state, owner, consent, lists)
    there: Mapping[str, Any] = state.there
    contact_id = str(there["contact_id"])
    if there.get("deleted_at"):
        return _revive(state, owner, consent, lists)
    if goes_with_last_list(state, consent, lists):
        return (_delete(there),)
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
        steps.append(_resubscribe(there, consent, lists))
        there = {**there, "list_memberships": sorted(lists.wanted)}
    wanted = wanted_but_paused(state, owner)
    print_ = fingerprint(wanted or {}, lists.wanted, state.write_rules)
    wanted = None if wanted is None else written(there, wanted, ids, state.write_rules)
    differing = {} if wanted is None else changes(there, wanted, ids)
    if lists_differ := list_change(there, lists.wanted):
        differing |= lists_differ
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
                reason=_reason(lists_differ, lists),
                change=differing,
                fingerprint=print_,
            )
        )
    return tuple(steps)


def _reason(lists_differ: Changes, lists: Lists) -> str:
    if lists_differ and not lists.wanted:
        return KEPT_ON_NO_LIST
    if lists_differ and lists.is_foreign_alone:
        return FOREIGN_ALONE
    return "the record or its memberships changed"


def _delete(there: Mapping[str, Any]) -> Step:
    return Step(
        kind="delete_contact",
        contact_id=str(there["contact_id"]),
        body={},
        reason=DELETED_WITH_LAST,
        change={"contact": ("there", "deleted"), **list_change(there, ())},
    )


def _make(
    state: AddressState, owner: Person | None, consent: Consent, lists: Lists
) -> tuple[Step, ...]:
    """Nobody there has the address: move the contact that had it before, or create one."""
    if state.moving_from is not None and owner is not None and owner.wanted is not None:
        there = state.moving_from
        address = owner.wanted["email_address"]["address"]
        body = put_body(
            there,
            written(there, owner.wanted, state.custom_field_ids, state.write_rules),
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
                change={
                    "email_address.address": ("the former address", "the new address"),
                    **list_change(there, lists.wanted),
                },
                fingerprint=fingerprint(owner.wanted, lists.wanted, state.write_rules),
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
            fingerprint=fingerprint(owner.wanted, lists.wanted, state.write_rules),
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
    ids = state.custom_field_ids
    wanted = written(there, owner.wanted, ids, state.write_rules)
    body = put_body(there, wanted, custom_field_ids=ids, lists=lists.wanted)
    revive = Step(
        kind="revive_contact",
        contact_id=str(there["contact_id"]),
        body=body,
        reason="on a list in Practifi and deleted there",
        change={"list_memberships": ([], sorted(lists.wanted))},
        fingerprint=fingerprint(owner.wanted, lists.wanted, state.write_rules),
    )
    if not consent.resubscribe:
        return (revive,)
    # What the first write leaves out of the core is cleared: the second must not bring it back.
    kept = {name: value for name, value in there.items() if name not in CORE}
    return (revive, _resubscribe({**kept, **body}, consent, lists))


def _resubscribe(there: Mapping[str, Any], consent: Consent, lists: Lists) -> Step:
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
    step = _permission("resubscribe", there, body, "Do Not Email was unticked")
    return replace(step, change={**step.change, **list_change(there, lists.wanted)})


def _ask(state: AddressState, lists: frozenset[str]) -> Step:
    """Constant Contact asks the person; they are on these lists once they have said yes."""
    assert state.there is not None  # noqa: S101 -- nobody is asked who is not there
    return Step(
        kind="ask_person",
        contact_id=str(state.there["contact_id"]),
        body={"list_ids": sorted(lists)},
        reason="Do Not Email was unticked: the person has to confirm",
        change={"confirmation": (None, "mailed")},
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
        if step.kind == "delete_contact":
            return None
        if step.kind != "ask_person":
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
