"""The sentences of the first day: every number in one, nothing said of what is not there."""

from __future__ import annotations

import json

import pytest

from bridge.first_day.model import (
    Addresses,
    Calls,
    Findings,
    ListFigures,
    Sizes,
    findings_from,
)
from bridge.first_day.sentences import foreign_lists, lasting, summary
from tests.unit.first_day_builders import believable, nothing_found, planned


def told(found: Findings) -> str:
    return "\n".join(sentence for part in summary(found) for sentence in part.sentences)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        pytest.param(
            believable(),
            "Practifi has 4,812 people and 12 lists; 3,120 of these people are on a list.",
            id="people and lists",
        ),
        pytest.param(
            believable(),
            "People are matched by e-mail address: 4,377 addresses are on both sides, 401 only in "
            "Practifi and 633 only in Constant Contact.",
            id="matched",
        ),
        pytest.param(
            nothing_found(addresses=Addresses(ticked_and_mailable=1)),
            "Constant Contact can still mail 1 e-mail address although Do Not Email is ticked in "
            "Practifi. That ends before anything else, as soon as the plan of contacts is carried "
            "out.",
            id="ticked here",
        ),
        pytest.param(
            nothing_found(addresses=Addresses(out_and_not_ticked=9)),
            "9 e-mail addresses are unsubscribed in Constant Contact, and Do Not Email is not "
            "ticked in Practifi. That stays so on both sides: nobody is subscribed again, and the "
            "box is left to you.",
            id="out there",
        ),
        pytest.param(
            nothing_found(addresses=Addresses(box_not_known=2)),
            "Of 2 e-mail addresses the box could not be read: nothing is sent before it can.",
            id="box not known",
        ),
        pytest.param(
            nothing_found(sizes=Sizes(without_address=1)),
            "1 person in Practifi has no e-mail address: nothing is sent for them.",
            id="no address",
        ),
        pytest.param(
            believable(),
            "96 contacts would be changed: phone numbers of 70, last name of 31, lists of 12.",
            id="what is changed",
        ),
        pytest.param(
            believable(),
            "A night would stop at this and ask: 17 of 4,300 people would be unsubscribed.",
            id="guard",
        ),
        pytest.param(
            believable(),
            "2 cannot be done: already on 50 lists: take the person off one of them.",
            id="rejected",
        ),
        pytest.param(
            believable(),
            "2 lists in Constant Contact have members whom Practifi does not have there: 12 of "
            "people whom Practifi knows, and 524 of people whom it does not.",
            id="foreign",
        ),
        pytest.param(
            believable(foreign_policy="adopt"),
            "As decided so far (adopt): give each of those whom Practifi knows a membership in "
            "Practifi.",
            id="another answer",
        ),
        pytest.param(
            believable(),
            "60,000 Interactions wait for a person's word.",
            id="Interactions that wait",
        ),
        pytest.param(
            nothing_found(plans=(planned("activities", by_sign={"add": 1}),)),
            "1 Interaction is written to Practifi that night.",
            id="an Interaction that does not",
        ),
        pytest.param(
            nothing_found(is_scheduled=False),
            "No night is scheduled: nothing runs by itself.",
            id="no nights",
        ),
        pytest.param(
            believable(),
            "To carry the plans out takes about 163 calls, less than a minute at 4 calls a second.",
            id="cost",
        ),
        pytest.param(
            nothing_found(calls=Calls(planned=12)),
            "To carry the plans out takes about 12 calls.",
            id="cost where nobody knows how long",
        ),
        pytest.param(
            nothing_found(), "No snapshot was taken: `bridge snapshot take` takes one.", id="none"
        ),
    ],
)
def test_a_sentence_is_told_where_it_is_so(found: Findings, sentence: str) -> None:
    assert sentence in told(found).splitlines()


def test_of_sides_that_are_alike_nothing_is_asked() -> None:
    words = told(nothing_found())
    assert "Both sides agree on who has opted out." in words
    assert "Everybody in Practifi has an e-mail address of their own." in words
    assert "The lists of both sides are alike." in words
    assert "To carry the plans out takes no calls." in words
    assert words.count("would") == 1, "nobody would be added, changed or removed"


def test_lists_with_most_to_decide_come_first_and_others_not_at_all() -> None:
    assert [one.name for one in foreign_lists(believable())] == ["Web form", "Market letter"]
    assert foreign_lists(nothing_found(lists=(ListFigures(
        name="Clients", sf_id=None, is_there=True, on_both=3, only_here=2),))) == []  # fmt: skip


def test_findings_are_as_they_were_stored_and_another_version_is_not_read() -> None:
    stored = json.loads(json.dumps(believable().as_json()))
    assert findings_from(stored) == believable()
    assert findings_from(stored | {"version": 0}) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(59, "less than a minute"), (60, "some 1 minute"), (7_199, "some 120 minutes"),
     (7_200, "some 2 hours")],
)  # fmt: skip
def test_how_long_it_takes_is_said_as_people_do(seconds: int, words: str) -> None:
    assert lasting(seconds) == words
