"""What the page of a client's memberships says of a household, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connections.model import Connection
from bridge.console.access.records import Access
from bridge.console.clients.draft import Draft, Wish, faults_of, read_draft
from bridge.console.clients.foresee import foresee
from bridge.console.clients.model import Client, Contact, Household, Membership, Work
from bridge.console.clients.rows import entries_of, next_wish, rows_of
from bridge.console.clients.standing import state_of
from bridge.console.rendering import Form
from bridge.delivery.model import AddressState, Person

NOW = datetime(2026, 11, 4, 9, 2, tzinfo=UTC)
OPEN = Access(can_read=True, can_edit=True)
HIDDEN = Access(can_read=False, can_edit=False)
ANN, BOB, CLEO = (f"003{name:012}AAA" for name in (1, 2, 3))
NEWS, NOTES = (f"a01{name:012}AAA" for name in (1, 2))
ON_NEWS = Membership(
    sf_id="m1", contact_id=ANN, list_id=NEWS, list_name="Newsletter", created_at=NOW
)
CONFIRMED = replace(ON_NEWS, status="Confirmed", confirmed_at=NOW)


def person(sf_id: str, name: str, key: str | None, **values: Any) -> Contact:
    given_values = {"email": key, "do_not_email": False, "access": OPEN} | values
    return Contact(sf_id=sf_id, name=name, key=key, **given_values)


def household(*memberships: Membership, **values: Any) -> Household:
    contacts = [
        person(ANN, "Ann", "ann@example.org"),
        person(BOB, "Bob", None),
        person(CLEO, "Cleo", "ann@example.org"),
    ]
    connection = Connection(id=1, name="firm", organization_id="00D000000000001EAA")
    client = Client(
        connection=connection, account_id="001", name="Moran", access=OPEN, contact_ids=(ANN, BOB)
    )
    given_values: dict[str, Any] = {
        "members": (ANN, BOB),
        "contacts": {one.sf_id: one for one in contacts},
        "lists": {NEWS: "Newsletter", NOTES: "Notes"},
    }
    given_values |= values
    return Household(client=client, now=NOW, memberships=memberships, **given_values)


def work(**values: Any) -> dict[str, Work]:
    row = {"is_open": True, "blocked_reason": None, "due_at": NOW} | values
    return {"ann@example.org": Work(**row)}


LEFT = {(ANN, NEWS): datetime(2026, 11, 3, tzinfo=UTC)}
TICKED = {
    ANN: person(ANN, "Ann", "ann@example.org"),
    BOB: person(BOB, "Bob", None),
    CLEO: person(CLEO, "Cleo", "ann@example.org", do_not_email=True, access=HIDDEN),
}


@pytest.mark.parametrize(
    ("given_household", "words", "act"),
    [
        pytest.param(household(CONFIRMED), "Confirmed", "", id="confirmed"),
        pytest.param(
            household(CONFIRMED, work=work()), "Saved in Practifi, on its way", "", id="on its way"
        ),
        pytest.param(
            household(ON_NEWS), "Saved in Practifi, waits for the next resync", "", id="not seen"
        ),
        pytest.param(
            household(CONFIRMED, work=work(blocked_reason="no day")),
            "Failed: no day",
            "again",
            id="failed",
        ),
        pytest.param(
            household(CONFIRMED, left=LEFT),
            "Not sent: Left this list on 3 Nov 2026",
            "put_back",
            id="left",
        ),
        pytest.param(
            household(CONFIRMED, contacts=TICKED),
            "Not sent: Do Not Email is ticked for another contact you cannot see at this address",
            "",
            id="a sharer whom one may not see",
        ),
        pytest.param(
            household(replace(ON_NEWS, status="Not sent", reason="Already on 50 lists")),
            "Not sent: Already on 50 lists",
            "",
            id="fifty lists",
        ),
    ],
)
def test_each_state_has_its_words(given_household: Household, words: str, act: str) -> None:
    state = state_of(given_household, given_household.memberships[0])
    assert (state.words, state.act) == (words, act)


@pytest.mark.parametrize(
    ("values", "silent_since", "words"),
    [
        ({}, None, ""),
        ({"due_at": NOW - timedelta(minutes=1)}, None, "no worker has it in hand"),
        ({"due_at": NOW - timedelta(minutes=1), "is_held": True}, None, ""),
        ({"due_at": NOW + timedelta(hours=1)}, None, "It waits until 10:02"),
        ({"is_paused": True}, None, "bridge resume"),
        ({"waits_for": "salesforce"}, None, "Salesforce does not answer"),
        ({"waits_for": "constant_contact"}, NOW, "does not answer since 09:02"),
    ],
)
def test_what_is_late_says_why(
    values: dict[str, Any], silent_since: datetime | None, words: str
) -> None:
    old = replace(CONFIRMED, created_at=NOW - timedelta(days=1))
    given_household = household(old, work=work(**values), silent_since=silent_since)
    slow = state_of(given_household, old).slow
    assert words in slow
    assert bool(words) == bool(slow)


def test_a_plan_counts_and_names_who_stays_and_who_leaves() -> None:
    theirs = replace(ON_NEWS, sf_id="m2", contact_id=CLEO)
    both = household(ON_NEWS, theirs)
    found = foresee(both, Draft(wishes=(Wish(ANN, ""),), flagged=frozenset({"m1", "gone"})))
    assert found.flagged == "1 membership is flagged for deletion"
    assert found.plan == "Save will remove 1, in Practifi and in Constant Contact."
    assert found.stays == ("Cleo stays on Newsletter at the same address.",)
    assert found.leaves == "Ann leaves their last list. Remove all the same?"
    other = foresee(both, Draft(wishes=(Wish(ANN, NOTES),), flagged=frozenset({"m1"})))
    assert other.plan == "Save will add 1 and remove 1, in Practifi and in Constant Contact."
    assert other.leaves == ""


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (Wish(), "choose a contact"),
        (Wish(CLEO, NOTES), "choose a contact"),
        (Wish(BOB, NOTES), "Bob cannot be added: No e-mail address in Practifi"),
        (Wish(ANN, ""), "choose a list"),
        (Wish(ANN, NEWS), "Ann is on Newsletter already"),
    ],
)
def test_a_row_that_cannot_be_saved_says_why(wish: Wish, says: str) -> None:
    (fault,) = faults_of(household(ON_NEWS), Draft(wishes=(wish,)))
    assert says in fault.says


def test_the_same_row_twice_is_a_fault() -> None:
    (fault,) = faults_of(household(), Draft(wishes=(Wish(ANN, NEWS), Wish(ANN, NEWS))))
    assert fault == ("list-1", "Row 2: Ann is on Newsletter already.")


def test_the_last_list_chosen_is_offered_for_the_next_row() -> None:
    draft = read_draft(Form({"contact": [ANN, ""], "list": [NOTES, ""]}))
    assert draft.wishes == (Wish(ANN, NOTES), Wish("", ""))
    assert next_wish(household(), draft) == Wish("", NOTES)


def test_lists_that_a_person_is_on_are_not_offered_and_those_they_left_say_so() -> None:
    (entry,) = entries_of(household(ON_NEWS), Draft(wishes=(Wish(ANN, ""),)))
    assert [option.text for option in entry.lists] == ["Notes"]
    (entry,) = entries_of(household(left=LEFT), Draft(wishes=(Wish(ANN, ""),)))
    assert [option.text for option in entry.lists] == ["Newsletter (left on 3 Nov 2026)", "Notes"]


@given(
    is_shared=st.booleans(),
    ticked=st.booleans(),
    flagged=st.booleans(),
    on_list=st.booleans(),
    email_is_known=st.booleans(),
)
def test_nobody_who_may_not_be_seen_is_ever_named(
    *, is_shared: bool, ticked: bool, flagged: bool, on_list: bool, email_is_known: bool
) -> None:
    key = "ann@example.org" if is_shared else "other@example.org"
    secret = person(CLEO, "Zz Secret", key, do_not_email=ticked, access=HIDDEN)
    contacts = {ANN: TICKED[ANN], BOB: TICKED[BOB], CLEO: secret}
    people = (Person(contact_id=ANN, do_not_email=False, wanted=None),)
    state = AddressState(
        key="ann@example.org", people=people, there=None, is_there_known=email_is_known
    )
    states = {state.key: state}
    theirs = [replace(ON_NEWS, sf_id="m2", contact_id=CLEO)] if on_list else []
    found = household(ON_NEWS, *theirs, contacts=contacts, states=states)
    draft = Draft(flagged=frozenset({"m1"} if flagged else ()), wishes=(Wish(ANN, NOTES),))
    said = [
        text
        for row in rows_of(found, draft)
        for text in (row.shared_with, row.stays, row.state.words, row.contact.name)
    ]
    foresight = foresee(found, draft)
    said += [foresight.plan, *foresight.stays, foresight.leaves]
    said += [option.text for entry in entries_of(found, draft) for option in entry.contacts]
    assert not any("Secret" in text for text in said)
