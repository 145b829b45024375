"""Rules of consent that the truth table does not ask about, each by a state that turns on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bridge.consent.policy import Rules
from bridge.consent.statement import Statement
from bridge.delivery.decide import decide
from tests.unit.test_decide import (
    AT,
    LETTER,
    asked,
    base,
    kinds,
    out,
    person,
    state,
    there,
)

if TYPE_CHECKING:
    from bridge.delivery.model import AddressState, Decision

HOUR = timedelta(hours=1)
THE_PERSON = {"opt_out_source": "Contact"}
OUT = there(LETTER, permission="unsubscribed")
OWN_OUT = there(LETTER, permission="unsubscribed", address=THE_PERSON)
CONFIRM, EVIDENCE = Rules(policy="confirm"), Rules(policy="evidence")
GERMANY = Rules(by_country={"DE": "evidence"})


def opted_in(at: datetime, source: str = "Contact") -> dict[str, Any]:
    """Return a mailable contact there that opted in at a time."""
    return there(LETTER, address={"opt_in_source": source, "opt_in_date": at.isoformat()})


def member(**more: Any) -> Any:
    return person("c1", LETTER, **more)


def ended(decision: Decision) -> set[str]:
    return {end.state for end in decision.ends}


STEPS: dict[str, tuple[AddressState, list[str]]] = {
    "whoever subscribed again by their own act is mailable": (
        state(member(), contact=opted_in(AT + HOUR), opt_outs=(out("person"),)),
        [],
    ),
    "who had subscribed before they opted out is out": (
        state(member(), contact=opted_in(AT - HOUR), opt_outs=(out("person"),)),
        ["unsubscribe"],
    ),
    "the firm subscribes nobody again by an edit there": (
        state(member(), contact=opted_in(AT + HOUR, "Account"), opt_outs=(out("person"),)),
        ["unsubscribe"],
    ),
    "who complained is out, whatever they did afterwards": (
        state(member(), contact=opted_in(AT + HOUR), opt_outs=(out("complaint"),)),
        ["unsubscribe"],
    ),
    "a resubscription that took effect after all is one": (
        state(
            member(),
            contact=there(LETTER),
            opt_outs=(out("person", since=AT - HOUR),),
            asked=(asked(state="sent"),),
        ),
        [],
    ),
    "whoever opted out since is not meant by it": (
        state(
            member(),
            contact=there(LETTER),
            opt_outs=(out("person", since=AT + HOUR),),
            asked=(asked(state="sent"),),
        ),
        ["unsubscribe"],
    ),
    "nor is who had opted out themselves where the firm's own was lifted": (
        state(
            member(),
            contact=there(LETTER),
            opt_outs=(out("person", since=AT - HOUR),),
            asked=(asked(state="sent", policy="firm"),),
            rules=EVIDENCE,
        ),
        ["unsubscribe"],
    ),
    "nor is who complained": (
        state(
            member(),
            contact=there(LETTER),
            opt_outs=(out("complaint", since=AT - HOUR),),
            asked=(asked(state="sent"),),
        ),
        ["unsubscribe"],
    ),
    "a tick unsubscribes a contact that is pending there": (
        state(member(do_not_email=True), contact=there(LETTER, permission="pending_confirmation")),
        ["unsubscribe"],
    ),
    "an untick for another address lifts nothing here": (
        state(member(linked_to="another"), contact=OUT, asked=(asked(),)),
        [],
    ),
    "what the firm did there after the untick stays": (
        state(
            member(),
            contact=there(LETTER, permission="unsubscribed"),
            asked=(asked(datetime(2026, 10, 31, tzinfo=UTC)),),
            last_write_at=datetime(2026, 10, 31, tzinfo=UTC),
        ),
        [],
    ),
    "what the bridge itself carried out late is no act after the untick": (
        state(
            member(),
            contact=there(LETTER, permission="unsubscribed"),
            asked=(asked(datetime(2026, 10, 31, tzinfo=UTC)),),
            last_write_at=AT,
        ),
        ["resubscribe"],
    ),
    "a request that is held stays so when it is no longer one of many": (
        state(member(), contact=OWN_OUT, asked=(asked(state="held"),)),
        [],
    ),
    "an approver lets it go on": (
        state(member(), contact=OWN_OUT, asked=(asked(state="held", is_approved=True),)),
        ["resubscribe"],
    ),
    "many at once of the firm's own opt-outs are not held": (
        state(member(), contact=OUT, asked=(asked(is_mass=True),)),
        ["resubscribe"],
    ),
    "after a restore an untick waits, whoever had opted the person out": (
        state(member(), contact=OUT, asked=(asked(is_after_restore=True),)),
        [],
    ),
    "after a restore an approver lets an untick go on": (
        state(
            member(),
            contact=OWN_OUT,
            asked=(asked(state="held", is_after_restore=True, is_approved=True),),
        ),
        ["resubscribe"],
    ),
    "a country is stricter than the firm": (
        state(member(country="Germany"), contact=OWN_OUT, asked=(asked(),), rules=GERMANY),
        [],
    ),
    "what waits does so by the policy under which it began": (
        state(
            member(),
            contact=OWN_OUT,
            asked=(asked(state="waiting_evidence", policy="evidence"),),
        ),
        [],
    ),
    "the person is asked where the policy wants that": (
        state(member(), contact=OWN_OUT, asked=(asked(),), rules=CONFIRM),
        ["ask_person"],
    ),
    "and only once in a contact's life": (
        state(member(), contact=OWN_OUT, asked=(asked(),), rules=CONFIRM, was_mailed_at=AT),
        [],
    ),
    "whoever became mailable by the firm's hand has not confirmed": (
        state(
            member(),
            contact=there(LETTER, address={"opt_in_source": "Account"}),
            opt_outs=(out("person"),),
            asked=(asked(state="waiting_person", policy="confirm"),),
            rules=CONFIRM,
        ),
        ["unsubscribe"],
    ),
    "whoever complained has not confirmed": (
        state(
            member(),
            contact=there(LETTER, address={"confirm_status": "confirmed"}),
            opt_outs=(out("complaint"),),
            asked=(asked(state="waiting_person", policy="confirm"),),
            rules=CONFIRM,
        ),
        ["unsubscribe"],
    ),
    "whoever complained does not come back with evidence either": (
        state(
            member(),
            contact=OWN_OUT,
            opt_outs=(out("complaint"),),
            asked=(asked(has_evidence=True),),
        ),
        [],
    ),
    "nobody deleted comes back while a box is ticked": (
        state(member(do_not_email=True), contact=there(LETTER, deleted_at="2026-11-01T00:00:00Z")),
        [],
    ),
    "nobody deleted comes back who is out there": (
        state(member(), contact=OUT | {"deleted_at": "2026-11-01T00:00:00Z"}),
        [],
    ),
}


@pytest.mark.parametrize(("given", "expected"), STEPS.values(), ids=STEPS)
def test_what_is_done(given: AddressState, expected: list[str]) -> None:
    assert kinds(decide(given)) == expected


@pytest.mark.parametrize(
    ("on", "is_evidence"),
    [(date(2026, 10, 31), True), (date(2026, 10, 30), False)],
)
def test_what_was_asked_before_the_opt_out_is_no_evidence(on: date, *, is_evidence: bool) -> None:
    asker = member(statement=Statement(via="telephone", on=on))
    given = state(asker, contact=OWN_OUT, asked=(asked(),), rules=EVIDENCE)
    assert kinds(decide(given)) == (["resubscribe"] if is_evidence else [])


@pytest.mark.parametrize(("contact", "source"), [(OUT, "Account"), (OWN_OUT, "Contact")])
def test_the_vendor_is_told_whose_word_lifts_it(contact: dict[str, Any], source: str) -> None:
    [step] = decide(state(member(), contact=contact, asked=(asked(),))).steps
    assert step.body["update_source"] == source


def test_an_opt_out_moves_with_the_contact() -> None:
    given = state(member(), moving_from=OWN_OUT | {"email_address": OUT["email_address"]})
    [step] = decide(given).steps
    assert (step.kind, step.body["email_address"]["permission_to_send"]) == (
        "move_address",
        "unsubscribed",
    )


def test_a_tick_that_comes_first_takes_back_what_an_untick_had_asked() -> None:
    given = state(member(do_not_email=True), contact=OUT, asked=(asked(),))
    assert ended(decide(given)) == {"withdrawn"}


LEFT = {"update_source": "Contact", "updated_at": (AT + HOUR).isoformat()}
LISTS: dict[str, tuple[AddressState, list[str]]] = {
    "what the person left stays left": (
        state(member(), contact=there(**LEFT), bases=(base(),), last_write_at=AT),
        [],
    ),
    "what staff took away is put back": (
        state(
            member(),
            contact=there(**LEFT | {"update_source": "Account"}),
            bases=(base(),),
            last_write_at=AT,
        ),
        [LETTER],
    ),
    "what is missing since before the bridge wrote is put back": (
        state(member(), contact=there(**LEFT), bases=(base(),), last_write_at=AT + 2 * HOUR),
        [LETTER],
    ),
    "what the person left once is on record": (
        state(member(), contact=there(), bases=(base(lost_by_person=True),)),
        [],
    ),
}


@pytest.mark.parametrize(("given", "wanted"), LISTS.values(), ids=LISTS)
def test_lists_that_are_put_back(given: AddressState, wanted: list[str]) -> None:
    put_back = [step.body["list_memberships"] for step in decide(given).steps]
    assert put_back == ([wanted] if wanted else [])


def test_whoever_unsubscribes_has_left_no_list_by_that() -> None:
    contact = there(permission="unsubscribed", address=THE_PERSON, **LEFT)
    given = state(member(), contact=contact, bases=(base(),), last_write_at=AT)
    assert decide(given).lost == ()
    assert decide(replace(given, there=there(**LEFT))).lost != ()
