"""Deciding, in general: it comes to rest, it loses nothing, and it makes nobody mailable."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.consent.policy import POLICIES, Rules
from bridge.consent.standing import Asked, OptOut
from bridge.delivery.decide import decide
from bridge.delivery.foreign import Foreign
from bridge.delivery.merge import put_body
from bridge.delivery.model import AddressState, Base, Membership, Person, Resource, Step

if TYPE_CHECKING:
    from bridge.mapping.rules import WriteRule

KEY = "ada@example.org"
CC = "11111111-1111-4111-8111-111111111111"
AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
LISTS = ("l1", "l2", "l3", "l4")
CORE = (
    "first_name",
    "last_name",
    "job_title",
    "company_name",
    "birthday_month",
    "birthday_day",
    "anniversary",
)
PARTS = ("street", "city", "state", "postal_code", "country")
FIELD_IDS = {"household": "f1", "client_type": "f2"}

texts = st.sampled_from(["Ada", "Bert", "C. D.", "Zoë", " x "])
maybe = st.none() | texts
moments = st.integers(-48, 48).map(lambda hours: AT + timedelta(hours=hours))


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


wanted_parts = st.fixed_dictionaries(
    {"email_address": st.just({"address": KEY})},
    optional={
        **dict.fromkeys(CORE[:4], maybe),
        "phone_numbers": st.dictionaries(st.sampled_from(["home", "work", "mobile"]), maybe),
        "street_addresses": st.dictionaries(
            st.sampled_from(["home", "work"]),
            st.dictionaries(st.sampled_from(PARTS), maybe, min_size=1),
        ),
        "custom_fields": st.dictionaries(st.sampled_from(sorted(FIELD_IDS)), maybe),
    },
)

RULES: list[WriteRule] = ["if_empty_there", "never_clear", "create_only"]
write_rules = st.dictionaries(
    st.sampled_from(
        [
            *CORE[:4],
            *(f"phone_numbers.{kind}" for kind in ("home", "work", "mobile")),
            *(f"street_addresses.{kind}.{part}" for kind in ("home", "work") for part in PARTS),
            *(f"custom_fields.{name}" for name in FIELD_IDS),
        ]
    ),
    st.sampled_from(RULES),
    max_size=6,
)

resources = st.fixed_dictionaries(
    {
        "contact_id": st.just(CC),
        "email_address": st.fixed_dictionaries(
            {
                "address": st.just(KEY),
                "permission_to_send": st.sampled_from(
                    ["implicit", "explicit", "unsubscribed", "pending_confirmation", "temp_hold"]
                ),
            },
            optional={
                "opt_out_source": st.sampled_from(["Contact", "Account"]),
                "opt_out_date": moments.map(iso),
                "opt_in_source": st.sampled_from(["Contact", "Account"]),
                "opt_in_date": moments.map(iso),
            },
        ),
        "list_memberships": st.lists(st.sampled_from([*LISTS, "foreign"]), unique=True),
        "update_source": st.sampled_from(["Contact", "Account"]),
        "updated_at": moments.map(iso),
    },
    optional={
        **dict.fromkeys(CORE[:4], texts),
        "anniversary": st.just("2006-11-15"),
        "birthday_month": st.just(5),
        "birthday_day": st.just(19),
        "deleted_at": st.just("2026-10-01"),
        "phone_numbers": st.lists(
            st.fixed_dictionaries(
                {
                    "phone_number": st.sampled_from(["1", "22", "333"]),
                    "kind": st.sampled_from(["home", "work", "mobile", "other"]),
                }
            ),
            max_size=3,
            unique_by=lambda row: row["kind"],
        ),
        "street_addresses": st.lists(
            st.fixed_dictionaries(
                {"kind": st.sampled_from(["home", "work", "other"]), "street": texts},
                optional={"city": texts},
            ),
            max_size=3,
            unique_by=lambda row: row["kind"],
        ),
        "custom_fields": st.lists(
            st.fixed_dictionaries(
                {"custom_field_id": st.sampled_from(["f1", "f2", "f3"]), "value": texts}
            ),
            unique_by=lambda row: row["custom_field_id"],
        ),
        "taggings": st.just(["t1"]),
        "notes": st.just([{"note_id": "n1", "content": "met at the fair"}]),
    },
)


@st.composite
def people(draw: st.DrawFn, contact_id: str) -> Person:
    wanted = draw(st.none() | wanted_parts)
    return Person(
        contact_id=contact_id,
        do_not_email=draw(st.sampled_from([False, False, True, None])),
        wanted=wanted,
        left_out="takes no part" if wanted is None else None,
        memberships=tuple(
            Membership(sf_id=f"{contact_id}-{each}", list_id=f"sf-{each}", cc_list_id=each)
            for each in draw(st.lists(st.sampled_from(LISTS), unique=True, max_size=3))
        ),
        linked_to=draw(st.sampled_from([None, CC])),
        is_owner=False,
    )


@st.composite
def states(draw: st.DrawFn) -> AddressState:
    count = draw(st.integers(0, 3))
    here = tuple(draw(people(f"c{number}")) for number in range(count))
    bases = []
    for contact_id in [person.contact_id for person in here] or ["gone"]:
        mine = next((p for p in here if p.contact_id == contact_id), None)
        on = {row.list_id for row in mine.memberships} if mine else set()
        bases += [
            Base(
                contact_id=contact_id,
                list_id=f"sf-{each}",
                cc_list_id=each,
                is_wanted=f"sf-{each}" in on,
                is_ended=f"sf-{each}" not in on and draw(st.booleans()),
                is_agreed=draw(st.booleans()),
                lost_by_person=draw(st.booleans()),
            )
            for each in draw(st.lists(st.sampled_from(LISTS), unique=True, max_size=3))
        ]
    return AddressState(
        key=KEY,
        people=here,
        there=draw(st.none() | resources),
        is_there_known=True,
        bases=tuple(bases),
        opt_outs=tuple(
            OptOut(kind="address", key=KEY, acted_by=by, since=draw(moments), seq=1)
            for by in draw(st.lists(st.sampled_from(["firm", "person", "complaint"]), max_size=1))
        ),
        asked=tuple(
            Asked(
                id=1,
                contact_id="c0",
                asked_at=draw(moments),
                asked_seq=2,
                is_mass=draw(st.booleans()),
                is_after_restore=draw(st.booleans()),
                is_approved=draw(st.booleans()),
                has_evidence=draw(st.booleans()),
                state=draw(
                    st.sampled_from(
                        ["sending", "held", "waiting_evidence", "waiting_person", "sent"]
                    )
                ),
                policy=draw(st.sampled_from(["firm", *POLICIES])),
                is_overdue=draw(st.booleans()),
            )
            for _ in range(draw(st.integers(0, 1)))
        ),
        custom_field_ids=FIELD_IDS,
        write_rules=draw(write_rules),
        last_write_at=draw(st.none() | moments),
        was_mailed_at=draw(st.none() | moments),
        rules=Rules(policy=draw(st.sampled_from(POLICIES))),
        on_last_list_removed=draw(st.sampled_from(["keep", "delete"])),
        foreign=Foreign(
            policy=draw(st.sampled_from(["ask", "keep", "adopt", "remove"])),
            lists={each: f"sf-{each}" for each in draw(st.sets(st.sampled_from(LISTS)))},
        ),
    )


class Vendor:
    """Constant Contact's rules for one contact, from the vendor's documents alone.

    A POST needs `create_source`; a PUT needs `update_source`, clears each core property that is
    left out, keeps a sub-resource that is left out and replaces one that is sent. A contact that
    was deleted comes back with an `Account` PUT that names lists. What a person opted out of is
    lifted only by `explicit` with `update_source: Contact`.
    """

    SUB = (
        "phone_numbers",
        "street_addresses",
        "custom_fields",
        "taggings",
        "notes",
        "list_memberships",
    )

    def __init__(self, contact: dict[str, Any] | None) -> None:
        self.contact = None if contact is None else dict(contact)

    def apply(self, step: Step) -> None:
        body = dict(step.body)
        if step.kind == "ask_person":
            assert self.contact is not None
            assert body["list_ids"], "400: list_ids is missing"
            assert self.contact["email_address"]["permission_to_send"] == "unsubscribed", "409"
            return
        if step.kind == "create_contact":
            assert self.contact is None, "409: the address is taken"
            assert body.pop("create_source") == "Account"
            self.contact = {"contact_id": CC, "update_source": "Account", **body}
            return
        assert self.contact is not None
        if step.kind == "delete_contact":
            self.contact |= {"deleted_at": "2026-11-03", "list_memberships": []}
            return
        before, source = self.contact, body["update_source"]
        now = {
            name: value
            for name, value in before.items()
            if name not in CORE and name not in {"update_source", "updated_at"}
        }
        now |= {name: body[name] for name in CORE if name in body}
        now |= {name: body[name] for name in self.SUB if name in body}
        if "email_address" in body:
            now["email_address"] = self._permission(before["email_address"], body, source)
        if before.get("deleted_at") and source == "Account" and body.get("list_memberships"):
            del now["deleted_at"]
        elif before.get("deleted_at"):
            now["list_memberships"] = []
        self.contact = {**now, "update_source": source, "updated_at": iso(AT + timedelta(days=9))}

    @staticmethod
    def _permission(before: dict[str, Any], body: dict[str, Any], source: str) -> dict[str, Any]:
        sent = body["email_address"]
        new, old = sent.get("permission_to_send"), before["permission_to_send"]
        if new is None or new == old:
            return {**before, "address": sent["address"]}
        if new == "unsubscribed":
            return {
                "address": sent["address"],
                "permission_to_send": new,
                "opt_out_source": source,
                "opt_out_date": iso(AT),
            }
        if old == "unsubscribed" and before.get("opt_out_source") == "Contact":
            assert (new, source) == ("explicit", "Contact"), "400: the person has opted out"
        return {"address": sent["address"], "permission_to_send": new}


def after(state: AddressState) -> AddressState:
    """Return the state that the decided steps leave behind, with the record kept of them."""
    decision = decide(state)
    vendor = Vendor(None if state.there is None else dict(state.there))
    lifted = bool(decision.lifted) or any(end.state == "confirmed" for end in decision.ends)
    was_asked = False
    for step in decision.steps:
        vendor.apply(step)
        lifted = lifted or step.kind == "resubscribe"
        was_asked = was_asked or step.kind == "ask_person"
    becomes = {one: end for end in decision.ends for one in end.ids}
    waiting = {"held", "waiting_evidence"}
    asked = []
    for each in () if lifted else state.asked:
        end = becomes.get(each.id)
        if was_asked:
            asked.append(replace(each, state="waiting_person", policy="confirm", is_overdue=False))
        elif end is None:
            asked.append(each)
        elif end.state in waiting:
            asked.append(replace(each, state=end.state, policy=end.policy or each.policy))
    return replace(
        state,
        there=vendor.contact,
        asked=tuple(asked),
        was_mailed_at=AT if was_asked else state.was_mailed_at,
        opt_outs=tuple(
            each for each in state.opt_outs if not lifted or each.acted_by == "complaint"
        ),
        bases=tuple(
            replace(each, lost_by_person=True)
            if (each.contact_id, each.list_id) in decision.lost
            else each
            for each in state.bases
            if (each.contact_id, each.list_id) not in decision.forgotten or each.lost_by_person
        ),
        last_write_at=AT + timedelta(days=10) if decision.steps else state.last_write_at,
    )


def adopted(state: AddressState) -> AddressState:
    """Return the state once every membership that is to be adopted has its record."""
    made = [
        (one.contact_id, Membership(sf_id="new", list_id=one.list_id, cc_list_id=one.cc_list_id))
        for one in decide(state).adopts
    ]
    people = tuple(
        replace(
            one,
            memberships=(*one.memberships, *(row for who, row in made if who == one.contact_id)),
        )
        for one in state.people
    )
    return replace(state, people=people)


def is_mailable(contact: Resource | None) -> bool:
    if contact is None or contact.get("deleted_at"):
        return False
    return contact["email_address"]["permission_to_send"] in {"implicit", "explicit"}


@given(states())
def test_deciding_again_on_what_the_steps_leave_behind_finds_nothing(state: AddressState) -> None:
    settled = after(state)
    if state.there is not None and state.there.get("deleted_at"):
        settled = after(settled)  # it comes back first: what it is then has to be seen
    assert decide(settled).steps == ()
    assert settled.foreign.policy != "adopt" or decide(adopted(settled)).adopts == ()


@given(states())
def test_nobody_becomes_mailable_who_is_ticked_or_not_known(state: AddressState) -> None:
    if any(person.do_not_email is not False for person in state.people):
        assert is_mailable(after(state).there) <= is_mailable(state.there)


@given(states())
def test_nobody_becomes_mailable_who_opted_out_but_by_an_untick_that_counts(
    state: AddressState,
) -> None:
    was_out = state.there is not None and (
        state.there["email_address"]["permission_to_send"] == "unsubscribed"
    )
    if (was_out or (state.opt_outs and state.there is None)) and not state.asked:
        assert not is_mailable(after(state).there)


@given(states())
def test_whoever_is_ticked_ends_unsubscribed_where_they_are_there(state: AddressState) -> None:
    if any(person.do_not_email for person in state.people):
        there = after(state).there
        assert there is None or there.get("deleted_at") or not is_mailable(there)


@given(states())
def test_a_person_s_own_opt_out_is_lifted_only_as_the_policy_says(state: AddressState) -> None:
    if not any(step.body.get("update_source") == "Contact" for step in decide(state).steps):
        return
    [request] = state.asked
    assert request.is_approved or not (request.is_mass or request.state == "held")
    assert request.is_approved or not request.is_after_restore
    waits = [request.policy] if request.state.startswith("waiting_") else []
    policy = max([state.rules.policy, *waits], key=["firm", *POLICIES].index)
    assert policy == "practifi" or request.has_evidence


@given(states())
def test_nobody_is_asked_twice(state: AddressState) -> None:
    if any(step.kind == "ask_person" for step in decide(state).steps):
        assert state.was_mailed_at is None
        assert all(request.state != "waiting_person" for request in state.asked)


@given(states())
def test_a_spam_complaint_is_never_lifted(state: AddressState) -> None:
    if any(out.acted_by == "complaint" for out in state.opt_outs):
        assert "resubscribe" not in [step.kind for step in decide(state).steps]


@given(states())
def test_no_list_is_added_for_whoever_may_not_be_mailed(state: AddressState) -> None:
    settled = after(state)
    if state.there is not None and state.there.get("deleted_at"):
        settled = after(settled)
    if settled.there is not None and not is_mailable(settled.there):
        pending = settled.there["email_address"]["permission_to_send"] in {
            "pending_confirmation",
            "temp_hold",
        }
        before = set((state.there or {}).get("list_memberships") or ())
        if not pending:
            assert set(settled.there.get("list_memberships") or ()) <= before


@given(states())
def test_what_is_not_mapped_stays_as_it_is(state: AddressState) -> None:
    if state.there is None or state.there.get("deleted_at"):
        return
    settled = after(state).there
    assert settled is not None
    for name in ("anniversary", "birthday_month", "birthday_day", "taggings", "notes"):
        assert settled.get(name) == state.there.get(name)


def foreign(state: AddressState) -> set[str]:
    """Return the lists there of which nothing in Practifi, and nothing agreed on, tells."""
    asked = {row.cc_list_id for person in state.people for row in person.memberships}
    based = {base.cc_list_id for base in state.bases}
    return set((state.there or {}).get("list_memberships") or ()) - asked - based


@given(states())
def test_lists_that_practifi_never_had_stay_unless_the_policy_is_to_remove_them(
    state: AddressState,
) -> None:
    there = after(state).there
    if state.there is None or there is None or state.there.get("deleted_at"):
        return
    gone = foreign(state) - set(there.get("list_memberships") or ())
    if gone:
        assert state.foreign.policy == "remove"
        assert gone <= set(state.foreign.lists)
        assert state.people, "somebody in Practifi is the contact"


@given(states())
def test_whoever_is_out_stays_on_the_lists_that_only_constant_contact_has(
    state: AddressState,
) -> None:
    there, decision = after(state).there, decide(state)
    if state.there is None or there is None or is_mailable(there):
        return
    if state.there["email_address"]["permission_to_send"] in {"implicit", "explicit"}:
        return  # who is being unsubscribed was not out, and goes on as they are from then on
    assert decision.adopts == ()
    assert foreign(state) <= set(there.get("list_memberships") or ())


@given(states())
def test_only_what_the_policy_says_is_adopted_once_for_somebody_who_takes_part(
    state: AddressState,
) -> None:
    found = decide(state).adopts
    if found:
        assert state.foreign.policy == "adopt"
        assert is_mailable(state.there)
        able = {one.contact_id for one in state.people if one.left_out is None}
        assert {one.contact_id for one in found} <= able
        assert {one.cc_list_id for one in found} <= foreign(state)
        assert len({one.cc_list_id for one in found}) == len(found)


@given(states())
def test_only_a_mailable_contact_that_practifi_took_off_its_last_list_is_deleted(
    state: AddressState,
) -> None:
    if "delete_contact" not in [step.kind for step in decide(state).steps]:
        return
    assert state.on_last_list_removed == "delete"
    assert is_mailable(state.there)
    assert not state.opt_outs
    assert all(person.do_not_email is False for person in state.people)
    assert not any(person.memberships for person in state.people)
    assert all(base.is_ended and not base.lost_by_person for base in state.bases)
    is_removed = state.foreign.policy == "remove" and state.people
    assert not foreign(state) - set(state.foreign.lists if is_removed else ())


@given(resources, st.none() | wanted_parts)
def test_a_put_says_everything_that_was_read(there: dict[str, Any], wanted: dict[str, Any]) -> None:
    body = put_body(there, wanted, custom_field_ids=FIELD_IDS)
    mapped = set(wanted or {})
    for name in CORE:
        if name not in mapped:
            assert body.get(name) == there.get(name)
    for name in ("taggings", "notes"):
        assert body.get(name) == there.get(name)
    assert sorted(body["list_memberships"]) == sorted(there["list_memberships"])
    kinds = set((wanted or {}).get("phone_numbers") or {})
    assert [row for row in body.get("phone_numbers", []) if row["kind"] not in kinds] == [
        {"phone_number": row["phone_number"], "kind": row["kind"]}
        for row in there.get("phone_numbers", [])
        if row["kind"] not in kinds
    ]
    assert "f3" not in {row["custom_field_id"] for row in there.get("custom_fields", [])} or (
        "f3" in {row["custom_field_id"] for row in body["custom_fields"]}
    )
