"""The oracle and the judge complain where they should: each rule, broken by hand."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from tests.machine.acts import Act, read_acts, write_acts
from tests.machine.judge import Seen, There, became_mailable, complaints
from tests.machine.oracle import Grade, Oracle

ADA, BEN, LETTER = "ada@example.org", "ben@example.org", "letter-there"
FIELDS = {"first_name": "Ada", "last_name": "Moran", "mobile": "14155550101"}
THERE = There(
    contact_id="contact",
    address=ADA,
    permission="implicit",
    lists=frozenset({LETTER}),
    is_deleted=False,
    fields=FIELDS,
)


@pytest.fixture
def oracle() -> Oracle:
    """Ada is on the letter's list, and nothing is left to do."""
    oracle = Oracle(lists={"letter": "Letter"})
    oracle.entered("ada", ADA, dict(FIELDS))
    oracle.joined("membership", "ada", "letter")
    oracle.came_to_rest({"contact": "ada"})
    return oracle


def seen(*there: There, **shown: tuple[str | None, str | None]) -> Seen:
    as_it_should_be = {
        "ada": ("Subscribed", "contact"),
        "letter": ("Confirmed", LETTER),
        "membership": ("Confirmed", None),
    }
    return Seen(
        there={contact.address: contact for contact in there},
        names_there={LETTER: "Letter"},
        shown=as_it_should_be | shown,
    )


def test_where_all_is_as_it_should_be_there_is_nothing_to_say(oracle: Oracle) -> None:
    assert complaints(oracle, seen(THERE)) == []


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (replace(THERE, permission="unsubscribed"), "never opted out"),
        (replace(THERE, lists=frozenset()), "is not on Letter"),
        (replace(THERE, is_deleted=True), "not there"),
        (replace(THERE, fields=FIELDS | {"last_name": "Typo"}), "the fields of nobody"),
        (replace(THERE, lists=frozenset({LETTER, "other"})), "where nobody in Practifi has it"),
    ],
    ids=["out", "off a list", "deleted", "typed over", "on another list"],
)
def test_a_contact_that_differs_is_named(oracle: Oracle, broken: There, words: str) -> None:
    assert any(words in complaint for complaint in complaints(oracle, seen(broken)))


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ({"ada": ("Not on a list", "contact")}, "ada at ada@example.org shows 'Not on a list'"),
        ({"ada": ("Subscribed", None)}, "shows the id None"),
        ({"membership": ("Not sent", None)}, "the membership membership"),
        ({"letter": ("Not sent", LETTER)}, "the list Letter shows"),
    ],
    ids=["person", "id", "membership", "list"],
)
def test_a_status_that_differs_is_named(
    oracle: Oracle, shown: dict[str, tuple[str | None, str | None]], words: str
) -> None:
    assert any(words in complaint for complaint in complaints(oracle, seen(THERE, **shown)))


def test_a_tick_forbids_mail_until_a_person_unticks(oracle: Oracle) -> None:
    oracle.ticked("ada")
    assert oracle.grade(ADA) is Grade.OUT
    assert f"{ADA} is mailable after an opt-out" in complaints(oracle, seen(THERE))
    oracle.unticked("ada")
    assert oracle.grade(ADA) is Grade.IN


def test_an_untick_by_the_bridge_lifts_nothing(oracle: Oracle) -> None:
    oracle.ticked("ada")
    oracle.unticked("ada", by_bridge=True)
    assert oracle.grade(ADA) is Grade.OUT


def test_an_untick_lifts_nothing_while_another_sharer_is_ticked(oracle: Oracle) -> None:
    oracle.entered("ben", ADA, dict(FIELDS))
    oracle.came_to_rest({})
    oracle.ticked("ada")
    oracle.ticked("ben")
    oracle.unticked("ada")
    assert oracle.grade(ADA) is Grade.OUT
    oracle.unticked("ben")
    assert oracle.grade(ADA) is Grade.IN


def test_an_opt_out_stays_with_the_address_and_goes_along_with_the_person(oracle: Oracle) -> None:
    oracle.opted_out_there(ADA, by_person=True)
    oracle.moved("ada", BEN)
    assert oracle.grade(ADA) is Grade.OUT
    assert oracle.grade(BEN) is Grade.OUT


def test_an_opt_out_where_somebody_just_was_may_go_along(oracle: Oracle) -> None:
    oracle.moved("ada", BEN)
    oracle.moved("ada", "new@example.org")
    oracle.opted_out_there(BEN, by_person=True)
    assert (oracle.grade(BEN), oracle.grade("new@example.org")) == (Grade.OUT, Grade.MAYBE)


def test_an_opt_out_may_go_along_with_whoever_had_no_address_for_a_while(oracle: Oracle) -> None:
    oracle.moved("ada", None)
    oracle.came_to_rest({})
    oracle.moved("ada", BEN)
    oracle.opted_out_there(ADA, by_person=True)
    assert oracle.grade(BEN) is Grade.MAYBE


def test_an_opt_out_outlives_the_record(oracle: Oracle) -> None:
    oracle.opted_out_there(ADA, by_person=True)
    oracle.deleted("ada")
    oracle.entered("ada again", ADA, dict(FIELDS))
    assert oracle.grade(ADA) is Grade.OUT


def test_a_tick_that_nobody_saw_need_not_stay_where_the_person_was(oracle: Oracle) -> None:
    oracle.ticked("ada")
    oracle.moved("ada", BEN)
    assert oracle.grade(ADA) is Grade.MAYBE
    assert oracle.grade(BEN) is Grade.OUT


def test_a_list_that_the_person_left_is_not_given_again(oracle: Oracle) -> None:
    oracle.left_list(ADA, "letter")
    assert any("which the person had left" in one for one in complaints(oracle, seen(THERE)))


def test_whoever_comes_to_the_address_of_one_who_left_a_list_may_be_kept_off_it(
    oracle: Oracle,
) -> None:
    oracle.left_list(ADA, "letter")
    oracle.came_to_rest({})
    oracle.deleted("ada")
    oracle.entered("new", ADA, {})
    assert oracle.left(ADA, "letter") is Grade.MAYBE
    assert oracle.left(ADA, "invitations") is Grade.IN


def test_an_edit_there_hides_that_the_person_left_unless_it_was_seen(oracle: Oracle) -> None:
    oracle.left_list(ADA, "letter")
    oracle.came_to_rest({})
    oracle.handled_there(ADA)
    assert oracle.left(ADA, "letter") is Grade.OUT
    oracle.joined("another", "ada", "invitations")
    oracle.came_to_rest({})
    oracle.left_list(ADA, "invitations")
    oracle.handled_there(ADA)
    assert oracle.left(ADA, "invitations") is Grade.MAYBE


def test_what_somebody_added_there_by_hand_may_stay(oracle: Oracle) -> None:
    oracle.by_hand.add(("contact", "other"))
    assert complaints(oracle, seen(replace(THERE, lists=frozenset({LETTER, "other"})))) == []


def test_an_owner_who_stayed_keeps_the_contact(oracle: Oracle) -> None:
    bens = FIELDS | {"first_name": "Ben"}
    oracle.entered("ben", ADA, bens)
    oracle.came_to_rest({"contact": "ada"})
    words = complaints(oracle, seen(replace(THERE, fields=bens), ben=("Subscribed", "contact")))
    assert any("ada owned it and stayed" in one for one in words)


def test_whoever_becomes_mailable_without_an_untick_is_named_at_once(oracle: Oracle) -> None:
    oracle.opted_out_there(ADA, by_person=True)
    before = {ADA: replace(THERE, permission="unsubscribed")}
    assert became_mailable(oracle, before, before) == []
    assert became_mailable(oracle, before, {ADA: THERE}) == [
        f"{ADA} became mailable after an opt-out"
    ]


def test_the_text_of_acts_plays_the_same_acts() -> None:
    acts = [Act("enter", (0, 1)), Act("settle")]
    assert read_acts(write_acts(acts)) == acts


@pytest.mark.parametrize("name", ["oracle.py", "judge.py"])
def test_what_judges_imports_nothing_of_what_is_judged(name: str) -> None:
    tree = ast.parse(Path(__file__).with_name(name).read_text())
    imported = {
        module.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for module in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }
    assert imported.isdisjoint({"bridge", "reconciler", "sandbox"})


def test_what_is_seen_where_a_merged_record_was_may_go_along(oracle: Oracle) -> None:
    oracle.entered("ben", BEN, dict(FIELDS))
    oracle.came_to_rest({})
    oracle.merged("ada", "ben")
    oracle.opted_out_there(BEN, by_person=False)
    assert (oracle.grade(BEN), oracle.grade(ADA)) == (Grade.OUT, Grade.MAYBE)


def test_a_tick_after_an_address_was_given_up_may_be_taken_for_one_before(oracle: Oracle) -> None:
    oracle.moved("ada", None)
    oracle.ticked("ada")
    assert oracle.grade(ADA) == Grade.MAYBE
