"""Deciding about one address: the whole state in, the steps out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bridge.consent.standing import Asked, OptOut
from bridge.delivery.decide import decide
from bridge.delivery.foreign import Foreign
from bridge.delivery.model import AddressState, Base, Membership, Person
from bridge.delivery.owner import choose_owner

if TYPE_CHECKING:
    from bridge.delivery.model import Decision

AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
KEY = "ada@example.org"
CC = "11111111-1111-4111-8111-111111111111"
LETTER, OTHER, FOREIGN = "list-letter", "list-other", "list-foreign"
HERE = {LETTER: "a01-letter", OTHER: "a01-other"}


def membership(cc_list_id: str | None = LETTER, *, list_id: str | None = None) -> Membership:
    list_id = list_id or HERE[cc_list_id or LETTER]
    return Membership(sf_id=f"m-{list_id}", list_id=list_id, cc_list_id=cc_list_id)


def person(contact_id: str = "c1", *lists: str | None, **more: Any) -> Person:
    values: dict[str, Any] = {
        "do_not_email": False,
        "wanted": {"email_address": {"address": KEY}, "first_name": contact_id},
        "memberships": tuple(membership(each) for each in lists),
    }
    return Person(contact_id=contact_id, **{**values, **more})


def there(*lists: str, permission: str = "implicit", **more: Any) -> dict[str, Any]:
    address = {"address": KEY, "permission_to_send": permission, **more.pop("address", {})}
    if permission == "unsubscribed":
        address = {"opt_out_source": "Account", "opt_out_date": "2026-11-01T00:00:00Z"} | address
    return {
        "contact_id": CC,
        "first_name": "c1",
        "email_address": address,
        "list_memberships": list(lists),
        "update_source": "Account",
        "updated_at": "2026-11-01T00:00:00Z",
        **more,
    }


def state(*people: Person, contact: dict[str, Any] | None = None, **more: Any) -> AddressState:
    values = {"is_there_known": True, **more}
    return AddressState(key=KEY, people=people, there=contact, **values)


def asked(at: datetime = AT, **more: Any) -> Asked:
    return Asked(id=1, contact_id="c1", asked_at=at, asked_seq=7, **more)


def out(acted_by: str = "firm", kind: str = "address", since: datetime = AT) -> OptOut:
    return OptOut(kind=kind, key=KEY, acted_by=acted_by, since=since, seq=3)


def base(list_id: str = LETTER, contact_id: str = "c1", **more: Any) -> Base:
    values = {"is_wanted": True, "is_agreed": True, "lost_by_person": False}
    return Base(
        contact_id=contact_id, list_id=HERE[list_id], cc_list_id=list_id, **{**values, **more}
    )


def kinds(decision: Decision) -> list[str]:
    return [step.kind for step in decision.steps]


def foreign(policy: Any, *lists: str) -> Foreign:
    return Foreign(policy=policy, lists={one: HERE.get(one, f"a01-{one}") for one in lists})


def status_of(
    decision: Decision, kind: str = "contact", sf_id: str = "c1"
) -> tuple[str, str | None]:
    return next(
        (each.status, each.reason)
        for each in decision.statuses
        if (each.kind, each.sf_id) == (kind, sf_id)
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(state(), [], id="nobody and nothing"),
        pytest.param(state(person()), [], id="somebody on no list is not created"),
        pytest.param(state(person("c1", LETTER)), ["create_contact"], id="on a list: created"),
        pytest.param(state(person("c1", LETTER, do_not_email=True)), [], id="ticked: not created"),
        pytest.param(
            state(person("c1", LETTER, do_not_email=None)), [], id="box not known: not created"
        ),
        pytest.param(
            state(person("c1", LETTER), opt_outs=(out(),)),
            [],
            id="opted out on record: not created",
        ),
        pytest.param(
            state(person("c1", LETTER, wanted=None, left_out="has died")), [], id="takes no part"
        ),
        pytest.param(state(person("c1", None)), [], id="only on a list that is not there yet"),
        pytest.param(state(person("c1", LETTER), contact=there(LETTER)), [], id="all as it is"),
        pytest.param(
            state(person("c1", LETTER), contact=there()), ["update_contact"], id="list is missing"
        ),
        pytest.param(
            state(person("c1", do_not_email=True), contact=there()),
            ["unsubscribe"],
            id="ticked: unsubscribed, on a list or not",
        ),
        pytest.param(
            state(person("c1", do_not_email=None), contact=there()), [], id="box not known: no act"
        ),
        pytest.param(
            state(person("c1", do_not_email=True), contact=there(permission="unsubscribed")),
            [],
            id="ticked and out already",
        ),
        pytest.param(
            state(person("c1", LETTER), contact=there(LETTER, permission="unsubscribed")),
            [],
            id="out there, nothing asked",
        ),
        pytest.param(
            state(
                person("c1", LETTER),
                contact=there(permission="unsubscribed"),
                asked=(asked(),),
            ),
            ["resubscribe"],
            id="asked back: subscribed again, on its lists at once",
        ),
        pytest.param(
            state(
                person("c1", LETTER),
                person("c2", do_not_email=True),
                contact=there(LETTER, permission="unsubscribed"),
                asked=(asked(),),
            ),
            [],
            id="asked back while a sharer is ticked",
        ),
        pytest.param(
            state(
                person("c1", LETTER),
                person("c2", do_not_email=None),
                contact=there(LETTER, permission="unsubscribed"),
                asked=(asked(),),
            ),
            [],
            id="asked back while a sharer's box is not known",
        ),
        pytest.param(
            state(
                person("c1", LETTER),
                contact=there(LETTER, permission="unsubscribed"),
                opt_outs=(out("complaint"),),
                asked=(asked(),),
            ),
            [],
            id="a spam complaint is never lifted",
        ),
        pytest.param(
            state(
                person("c1", LETTER),
                contact=there(
                    LETTER,
                    permission="unsubscribed",
                    address={"opt_out_source": "Contact", "opt_out_date": "2026-11-03T00:00:00Z"},
                ),
                asked=(asked(),),
            ),
            [],
            id="the person opted out after the untick",
        ),
        pytest.param(
            state(
                person("c1", LETTER),
                contact=there(
                    LETTER, permission="unsubscribed", address={"opt_out_source": "Contact"}
                ),
                asked=(asked(is_mass=True),),
            ),
            [],
            id="many at once wait for an approver",
        ),
        pytest.param(
            state(person("c1", LETTER), contact=there(LETTER), opt_outs=(out("person"),)),
            ["unsubscribe"],
            id="an opt-out on record follows to a mailable contact",
        ),
        pytest.param(
            state(person("c1", LETTER), contact=there(deleted_at="2026-10-01")),
            ["revive_contact"],
            id="deleted there: revived",
        ),
        pytest.param(
            state(
                person("c1", LETTER),
                contact=there(permission="unsubscribed", deleted_at="2026-10-01"),
            ),
            [],
            id="deleted and out there: stays",
        ),
        pytest.param(
            state(person("c1"), contact=there(deleted_at="2026-10-01")),
            [],
            id="deleted there and on no list: stays",
        ),
    ],
)
def test_the_steps_that_a_state_needs(given: AddressState, expected: list[str]) -> None:
    assert kinds(decide(given)) == expected


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(state(person("c1", LETTER), is_there_known=False), id="to create"),
        pytest.param(
            state(person("c1", LETTER), contact=there(), is_there_known=False), id="to update"
        ),
        pytest.param(
            state(person("c1", do_not_email=True), is_there_known=False),
            id="a tick on somebody nobody linked",
        ),
        pytest.param(
            state(person("c1"), contact=there(), asked=(asked(),), is_there_known=False),
            id="asked back",
        ),
    ],
)
def test_nothing_is_decided_about_a_contact_that_was_not_read(given: AddressState) -> None:
    decision = decide(given)
    assert decision.needs_look
    assert decision.steps == ()


def test_what_needs_nothing_needs_no_look() -> None:
    settled = state(person("c1", LETTER), contact=there(LETTER), is_there_known=False)
    assert not decide(settled).needs_look


def test_no_write_of_details_carries_a_permission() -> None:
    changed = state(person("c1", LETTER), contact=there(first_name="Old"))
    [step] = decide(changed).steps
    assert "email_address" not in step.body


def test_the_firm_lifts_its_own_opt_out_as_the_account() -> None:
    [step] = decide(
        state(person("c1"), contact=there(permission="unsubscribed"), asked=(asked(),))
    ).steps
    assert step.body["update_source"] == "Account"
    assert step.body["email_address"]["permission_to_send"] == "implicit"


def test_a_person_s_own_opt_out_is_lifted_as_their_act() -> None:
    contact = there(permission="unsubscribed", address={"opt_out_source": "Contact"})
    decision = decide(state(person("c1"), contact=contact, asked=(asked(),)))
    [step] = decision.steps
    assert step.body["update_source"] == "Contact"
    assert step.body["email_address"]["permission_to_send"] == "explicit"
    assert decision.lifts_own


@pytest.mark.parametrize("source", ["Account", "Contact"])
def test_a_person_s_own_opt_out_wins_over_an_untick_of_its_second(source: str) -> None:
    address = {"opt_out_source": source, "opt_out_date": AT.isoformat()}
    contact = there(permission="unsubscribed", address=address)
    right_behind = asked(AT + timedelta(microseconds=1))  # as of two changes in one second
    for untick in (asked(AT), right_behind):
        steps = decide(state(person("c1"), contact=contact, asked=(untick,))).steps
        assert [step.kind for step in steps] == (["resubscribe"] if source == "Account" else [])


def test_an_opt_in_that_a_contact_brings_along_lifts_nothing_here() -> None:
    opted_in = {"opt_in_source": "Contact", "opt_in_date": (AT + timedelta(hours=1)).isoformat()}
    contact = there(LETTER, address=opted_in)
    for address_since, left in ((None, []), (AT + timedelta(hours=2), ["unsubscribe"])):
        given = state(
            person("c1", LETTER),
            contact=contact,
            opt_outs=(out("person"),),
            address_since=address_since,
        )
        assert [kind for kind in kinds(decide(given)) if kind == "unsubscribe"] == left


@pytest.mark.parametrize(("linked_to", "done"), [(CC, ["resubscribe"]), (None, [])])
def test_an_untick_of_a_tick_at_another_address_is_not_about_who_opted_out_here(
    linked_to: str | None, done: list[str]
) -> None:
    contact = there(permission="unsubscribed", address={"opt_out_source": "Contact"})
    untick = asked(was_ticked_elsewhere=True)
    decision = decide(state(person("c1", linked_to=linked_to), contact=contact, asked=(untick,)))
    assert kinds(decision) == done


@pytest.mark.parametrize(
    ("kind", "is_elsewhere", "done"),
    [
        ("address", True, []),
        ("address", False, ["create_contact"]),
        ("person", True, ["create_contact"]),
    ],
)
def test_an_untick_of_a_tick_at_another_address_lifts_nothing_of_an_address_that_is_deleted_there(
    kind: str, *, is_elsewhere: bool, done: list[str]
) -> None:
    untick = asked(was_ticked_elsewhere=is_elsewhere)
    before = out("person", kind=kind, since=AT - timedelta(hours=1))
    given = state(person("c1", LETTER), asked=(untick,), opt_outs=(before,))
    assert kinds(decide(given)) == done


def test_a_person_s_own_opt_out_on_record_counts_whatever_the_source_there_says() -> None:
    contact = there(permission="unsubscribed")
    decision = decide(
        state(person("c1"), contact=contact, asked=(asked(),), opt_outs=(out("person"),))
    )
    assert decision.lifts_own


def test_who_comes_back_from_deletion_does_not_get_a_cleared_name_back() -> None:
    wanted = {"email_address": {"address": KEY}, "first_name": None}
    contact = there(permission="unsubscribed", first_name="Ada", deleted_at="2026-10-01")
    given = state(person("c1", LETTER, wanted=wanted), contact=contact, asked=(asked(),))
    revive, resubscribe = decide(given).steps
    assert "first_name" not in revive.body
    assert "first_name" not in resubscribe.body


@pytest.mark.parametrize(
    ("people", "owner"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param([person("c2"), person("c1")], "c1", id="ties by id"),
        pytest.param([person("c1"), person("c2", LETTER)], "c2", id="on a list before on none"),
        pytest.param(
            [
                person("c1", linked_to=CC, linked_at=AT),
                person("c2", linked_to=CC, linked_at=AT - timedelta(days=1)),
            ],
            "c2",
            id="linked first",
        ),
        pytest.param(
            [
                person("c1", linked_to="another", linked_at=AT - timedelta(days=9)),
                person("c2", linked_to=CC, linked_at=AT),
            ],
            "c2",
            id="linked first to this contact",
        ),
        pytest.param(
            [person("c1"), person("c2", is_owner=True, linked_to=CC)], "c2", id="stays the owner"
        ),
        pytest.param(
            [person("c1", is_chosen=True), person("c2", is_owner=True, linked_to=CC)],
            "c1",
            id="somebody was chosen",
        ),
        pytest.param(
            [person("c1"), person("c2", is_owner=True, linked_to="another")],
            "c1",
            id="owner of another contact",
        ),
        pytest.param(
            [person("c1", is_owner=True, linked_to=CC, wanted=None), person("c2")],
            "c2",
            id="an owner who cannot take part",
        ),
    ],
)
def test_the_owner_of_a_shared_address(people: list[Person], owner: str | None) -> None:
    chosen = choose_owner(state(*people, contact=there()))
    assert (chosen.contact_id if chosen else None) == owner


def test_the_oldest_owns_where_the_policy_says_so() -> None:
    older = person("c2", created_at=AT - timedelta(days=9))
    given = replace(state(person("c1", linked_at=AT, created_at=AT), older), owner_policy="oldest")
    chosen = choose_owner(given)
    assert chosen is not None
    assert chosen.contact_id == "c2"


@pytest.mark.parametrize(("primary", "owner"), [((), "c1"), (("c2",), "c2"), (("c2", "c3"), "c2")])
def test_the_primary_member_owns_where_the_policy_says_so(
    primary: tuple[str, ...], owner: str
) -> None:
    people = [person(one, is_primary=one in primary) for one in ("c1", "c2", "c3")]
    chosen = choose_owner(replace(state(*people), owner_policy="primary_member"))
    assert chosen is not None
    assert chosen.contact_id == owner


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param(
            state(person("c1", LETTER), contact=there(FOREIGN)),
            {FOREIGN, LETTER},
            id="foreign stays",
        ),
        pytest.param(
            state(person("c1", LETTER), person("c2", OTHER), contact=there()),
            {LETTER, OTHER},
            id="the union of the sharers",
        ),
        pytest.param(
            state(person("c1"), contact=there(LETTER), bases=(base(is_wanted=False),)),
            set(),
            id="removed in Practifi",
        ),
        pytest.param(
            state(
                person("c1"),
                person("c2", LETTER),
                contact=there(LETTER),
                bases=(base(is_wanted=False), base(contact_id="c2")),
            ),
            {LETTER},
            id="removed for one sharer of two",
        ),
        pytest.param(
            state(
                person("c1", LETTER, OTHER),
                contact=there(OTHER, update_source="Contact", updated_at="2026-11-02T09:15:00Z"),
                bases=(base(), base(OTHER)),
                last_write_at=AT,
            ),
            {OTHER},
            id="left by their own act",
        ),
        pytest.param(
            state(
                person("c1", LETTER, OTHER),
                contact=there(
                    update_source="Contact",
                    updated_at="2026-11-02T09:15:00Z",
                    deleted_at="2026-11-02",
                ),
                bases=(base(lost_by_person=True), base(OTHER)),
                last_write_at=AT,
            ),
            {OTHER},
            id="deleted by the firm, after they had left one",
        ),
        pytest.param(
            state(
                person("c1", LETTER),
                contact=there(),
                bases=(base(lost_by_person=True),),
            ),
            set(),
            id="left long ago",
        ),
        pytest.param(
            state(person("c1", LETTER), contact=there(), bases=(base(),)),
            {LETTER},
            id="taken away by staff: added back",
        ),
        pytest.param(
            state(person("c1", LETTER, do_not_email=True), contact=there(FOREIGN)),
            {FOREIGN},
            id="ticked: nothing is added, nothing is taken",
        ),
        pytest.param(
            state(
                person("c1", do_not_email=True),
                contact=there(LETTER),
                bases=(base(is_wanted=False),),
            ),
            set(),
            id="ticked: removals go on",
        ),
    ],
)
def test_the_lists_that_the_contact_is_left_on(given: AddressState, wanted: set[str]) -> None:
    assert given.there is not None
    lists = set(given.there["list_memberships"])
    for step in decide(given).steps:
        lists = set(step.body.get("list_memberships", lists))
    assert lists == wanted


def test_a_contact_that_would_be_on_more_than_fifty_lists_says_so() -> None:
    full = there(*(f"list-{number:02}" for number in range(50)))
    decision = decide(state(person("c1", LETTER), contact=full))
    assert kinds(decision) == []
    assert status_of(decision, "membership", "m-a01-letter") == ("Not sent", "Already on 50 lists")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            state(person("c1", LETTER), contact=there(LETTER)),
            ("Subscribed", None),
            id="subscribed",
        ),
        pytest.param(state(person("c1"), contact=there()), ("Not on a list", None), id="no list"),
        pytest.param(
            state(person("c1", do_not_email=True), contact=there()),
            ("Unsubscribed", "Do Not Email is ticked"),
            id="ticked",
        ),
        pytest.param(
            state(person("c1", do_not_email=True)),
            ("Not sent", "Do Not Email is ticked"),
            id="ticked and not there",
        ),
        pytest.param(
            state(person("c1"), person("c2", do_not_email=True), contact=there()),
            ("Unsubscribed", "Do Not Email is ticked for another contact at this address"),
            id="a sharer is ticked",
        ),
        pytest.param(
            state(person("c1", do_not_email=None), contact=there()),
            ("Not sent", "Do Not Email is not known"),
            id="not known",
        ),
        pytest.param(
            state(
                person("c1"),
                contact=there(permission="unsubscribed", address={"opt_out_source": "Contact"}),
            ),
            ("Unsubscribed", "Unsubscribed by the person on 2026-11-01"),
            id="out by their own act",
        ),
        pytest.param(
            state(person("c1", LETTER), contact=there(LETTER, permission="temp_hold")),
            ("Not mailable yet", "held for the time being by Constant Contact"),
            id="held",
        ),
        pytest.param(
            state(person("c1", None), contact=there()),
            ("Waiting", "the list is not in Constant Contact yet"),
            id="the list waits",
        ),
    ],
)
def test_what_people_see_of_a_contact(given: AddressState, said: tuple[str, str | None]) -> None:
    assert status_of(decide(given)) == said


def test_a_contact_that_comes_along_leaves_behind_what_is_to_be_removed() -> None:
    mine = person("c1", LETTER, linked_to=CC, is_owner=True)
    coming = there(LETTER, OTHER)
    given = state(mine, moving_from=coming, foreign=foreign("remove", LETTER, OTHER))
    (step,) = decide(given).steps
    assert step.kind == "move_address"
    assert step.change["list_memberships"] == ([LETTER, OTHER], [LETTER])


def test_a_look_is_asked_for_before_anything_foreign_is_removed() -> None:
    given = state(
        person("c1", LETTER),
        contact=there(LETTER, OTHER),
        bases=(base(LETTER),),
        is_there_known=False,
        foreign=foreign("remove", OTHER),
    )
    assert decide(given).needs_look
