"""Interactions of a client and a contact: rows, filters, order, and one of them in full."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.console.engaged import ANN, BOB, CLIENT, LINK, NOBODY, Firm, mailing_id

if TYPE_CHECKING:
    from tests.console.browsing import Browser, Seen
    from tests.fix_console import Desk

OF_CLIENT = f"/clients/{CLIENT}/interactions"
OF_ANN = f"/contacts/{ANN}/interactions"
NOT_TICKED = "Unsubscribed there; Do Not Email in Practifi is not ticked"


@pytest.fixture
def firm(desk: Desk) -> Firm:
    made = Firm(desk)
    made.setup()
    return made


@pytest.fixture
def adviser(firm: Firm) -> Browser:
    """Somebody without a role whom Salesforce lets read the client and its people."""
    browser = firm.desk.log_in()
    firm.may_read(CLIENT, ANN, BOB)
    return browser


def subjects(seen: Seen) -> list[str]:
    return re.findall(r"Constant Contact: ([^<]+?) - \w+</a>", seen.response.text)


def test_nothing_yet_says_when_it_appears(firm: Firm, adviser: Browser) -> None:
    seen = adviser.get(OF_CLIENT)
    assert (
        "No e-mail engagement yet. It appears after a campaign to a list with one of these people;"
        " last read never." in seen.text
    )
    firm.desk.rows(
        "INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state, finished_at)"
        " VALUES (%(firm)s, 'activities', 'apply', 'cli', 'a', app_now(), 'done',"
        " '2026-11-28 02:31Z')"
    )
    assert "last read 28 Nov 2026, 02:31 UTC." in adviser.get(OF_ANN).text


def test_each_mailing_and_person_is_a_row_with_its_strongest_result(
    firm: Firm, adviser: Browser
) -> None:
    letter = firm.mailing(1, "Market letter")
    firm.engaged(letter, 1, "send", "open", "open")
    firm.engaged(letter, 2, "send", "click", sf_id=BOB, link_url=LINK)
    firm.engaged(firm.mailing(2, "Seminar"), 2, "send", "open", "forward", sf_id=BOB)
    seen = adviser.get(OF_CLIENT)
    assert "The Moran Household" in seen.links
    assert "Constant Contact: Market letter - Opened" in seen.links
    assert "Ann Moran ○ Opened" in seen.text
    assert "2 times (may be automatic)" in seen.text
    assert "Bob Moran ↗ Clicked" in seen.text
    assert "Bob Moran » Forwarded" in seen.text
    assert '<span class="pill "><span aria-hidden="true">○</span> Opened</span>' in (
        seen.response.text
    )
    assert "3 Interactions" in seen.text


@pytest.mark.parametrize(
    ("code", "result", "meaning"),
    [
        ("B", "Bounced", "Bounced: the address does not exist"),
        ("D", "Undeliverable", "Undeliverable: the receiving server could not be reached"),
        ("F", "Mailbox full", "Not delivered for now: the mailbox is full (temporary)"),
        ("S", "Suspended", "Not sent: suspended by the vendor"),
        ("V", "Sent", "Delivered: an automatic reply came back"),
    ],
)
def test_a_bounce_is_a_result_and_told_in_words(
    firm: Firm, adviser: Browser, code: str, result: str, meaning: str
) -> None:
    letter = firm.mailing(1, "Market letter")
    firm.engaged(letter, 1, "send", "bounce", bounce_code=code)
    seen = adviser.get(OF_ANN)
    assert f"Constant Contact: Market letter - {result}" in seen.links
    assert meaning in adviser.get(f"{OF_ANN}/{letter}").text


def test_who_unsubscribed_there_is_led_to_the_memberships(firm: Firm, adviser: Browser) -> None:
    firm.engaged(firm.mailing(1, "Market letter"), 1, "send", "optout")
    seen = adviser.get(OF_ANN)
    assert NOT_TICKED in seen.text
    assert seen.links["memberships of Ann Moran's client"] == f"/clients/{CLIENT}/memberships"
    assert NOT_TICKED in adviser.get(f"{OF_ANN}/{mailing_id(1)}").text
    firm.desk.rows("UPDATE practifi_record SET do_not_email = true WHERE kind = 'contact'")
    assert NOT_TICKED not in adviser.get(OF_ANN).text


@pytest.fixture
def history(firm: Firm, adviser: Browser) -> Browser:
    """Three mailings, and what two people did."""
    names = ("A seminar", "Before Christmas", "Christmas")
    seminar, before, christmas = (firm.mailing(n, name) for n, name in enumerate(names, 1))
    firm.engaged(seminar, 1, "send", "open", days_ago=100)
    firm.engaged(before, 1, "send", days_ago=40)
    firm.engaged(christmas, 2, "send", "click", "click", sf_id=BOB, days_ago=1)
    return adviser


def test_rows_are_filtered_and_sorted_by_the_address(history: Browser) -> None:
    assert subjects(history.get(OF_CLIENT)) == ["Christmas", "Before Christmas", "A seminar"]
    seen = history.get(f"{OF_CLIENT}?contact={ANN}&sort=subject&order=asc")
    assert subjects(seen) == ["A seminar", "Before Christmas"]
    assert seen.form_with("Filter").fields["contact"] == ANN
    assert subjects(history.press(seen, "Filter", result="Opened")) == ["A seminar"]
    assert subjects(history.get(f"{OF_ANN}?period=90")) == ["Before Christmas"]


def test_heads_say_how_rows_are_sorted_and_turn_it_round(history: Browser) -> None:
    seen = history.get(f"{OF_CLIENT}?result=Opened")
    assert seen.response.text.count('aria-sort="descending"') == 1
    assert seen.response.text.count('aria-sort="none"') == 7
    turned = history.get(seen.links["Date ▼"])
    assert 'aria-sort="ascending"' in turned.response.text
    assert turned.form_with("Filter").fields["result"] == "Opened"
    by_clicks = history.get(turned.links["Clicked"])
    assert by_clicks.form_with("Filter").fields["sort"] == "clicked"
    assert by_clicks.form_with("Filter").fields["order"] == "desc"


def test_filters_that_leave_nothing_are_taken_away_again(history: Browser) -> None:
    seen = history.get(f"{OF_CLIENT}?campaign=Easter")
    assert "No Interaction fits." in seen.text
    assert len(subjects(history.get(seen.links["Remove the filters"]))) == 3


def test_many_rows_are_pages(firm: Firm, adviser: Browser) -> None:
    for number in range(1, 53):
        firm.engaged(firm.mailing(number, f"Letter {number}"), 1, "send", days_ago=number)
    first = adviser.get(OF_ANN)
    assert "52 Interactions" in first.text
    assert len(subjects(first)) == 50
    second = adviser.get(first.links["Next page"])
    assert subjects(second) == ["Letter 51", "Letter 52"]
    assert len(subjects(adviser.get(second.links["Page before"]))) == 50


def test_one_interaction_is_told_in_full(firm: Firm, adviser: Browser) -> None:
    letter = firm.mailing(1, "Market letter")
    firm.engaged(letter, 1, "send", "open", "click", "bounce", link_url=LINK, bounce_code="Z")
    firm.shares(1, ANN)
    firm.shares(1, BOB)
    listed = adviser.get(OF_CLIENT)
    seen = adviser.get(listed.links["Constant Contact: Market letter - Clicked"])
    assert "Read from Constant Contact 28 Nov 2026, 02:31 UTC; next look 5 Dec 2026" in seen.text
    assert "Subject line What markets did From The firm (letters@example.com)" in seen.text
    assert "Opened Opened once (may be automatic)" in seen.text
    assert "Bounce Bounced: blocked by the receiving server" in seen.text
    assert "Shares the address Bob Moran" in seen.text
    assert f"{LINK} once" in seen.text
    order = [seen.text.rindex(words) for words in ("Sent", "Opened (may", "Clicked h", "Bounced:")]
    assert order == sorted(order)
    assert seen.links["Open in Practifi"] == ("https://firm.my.salesforce.com/a03000000000001AAA")
    assert "https://mail.example.com/1" in seen.links


def test_a_link_that_is_no_web_address_is_only_text(firm: Firm, adviser: Browser) -> None:
    letter = firm.mailing(1, "Market letter", permalink="javascript:alert(1)")
    firm.engaged(letter, 1, "send", "click", link_url="javascript:alert(2)")
    seen = adviser.get(f"{OF_ANN}/{letter}")
    assert "javascript:alert(2) once" in seen.text
    assert not [href for href in seen.links.values() if href.startswith("javascript")]


def test_what_is_not_in_practifi_yet_says_why(firm: Firm, adviser: Browser) -> None:
    letter = firm.mailing(1, "Market letter")
    firm.engaged(letter, 1, "send", write_error="Subject: too long")
    assert "Not in Practifi yet: Subject: too long" in adviser.get(OF_ANN).text
    one = adviser.get(f"{OF_ANN}/{letter}")
    assert "Not in Practifi yet: Subject: too long" in one.text
    assert "Open in Practifi" not in one.links


def test_a_contact_one_may_not_read_is_neither_listed_nor_named(firm: Firm) -> None:
    browser = firm.desk.log_in("admin")
    firm.may_read(CLIENT, ANN)
    firm.may_read(BOB, can_read=False)
    letter = firm.mailing(1, "Market letter")
    firm.engaged(letter, 1, "send")
    firm.engaged(letter, 2, "send", sf_id=BOB)
    firm.shares(1, BOB)
    seen = browser.get(OF_CLIENT)
    assert "1 Interaction of contacts you cannot see." in seen.text
    assert "Bob" not in seen.text
    one = browser.get(f"{OF_ANN}/{letter}")
    assert "Shares the address another contact you cannot see" in one.text
    assert browser.get(f"/contacts/{BOB}/interactions").status == 404


def test_a_merged_record_goes_on_as_the_one_that_is_left(firm: Firm, adviser: Browser) -> None:
    firm.person(NOBODY, "Annie", "Moran")
    firm.desk.rows(
        "UPDATE practifi_record SET merged_into = %(ann)s, deleted_at = app_now()"
        " WHERE sf_id = %(id)s",
        ann=ANN,
        id=NOBODY,
    )
    firm.engaged(firm.mailing(1, "Market letter"), 1, "send", sf_id=NOBODY)
    assert "Ann Moran" in adviser.get(OF_CLIENT).text
    assert subjects(adviser.get(OF_ANN)) == ["Market letter"]


@pytest.mark.parametrize(
    "path",
    [
        "/clients/nothing/interactions",
        f"/contacts/{NOBODY}/interactions",
        f"{OF_ANN}/nothing",
        f"{OF_ANN}/{mailing_id(7)}",
    ],
)
def test_what_is_not_there_is_not_found(firm: Firm, adviser: Browser, path: str) -> None:
    firm.may_read(NOBODY)
    assert adviser.get(path).status == 404


def test_while_salesforce_does_not_say_nobody_sees_a_client(firm: Firm) -> None:
    seen = firm.desk.log_in("admin").get(OF_CLIENT)
    assert seen.status == 503
    assert "What you may see is for Salesforce to say" in seen.text


def test_the_others_are_missed_when_salesforce_does_not_answer(
    firm: Firm, adviser: Browser
) -> None:
    firm.engaged(firm.mailing(1, "Market letter"), 1, "send")
    seen = adviser.get(f"{OF_CLIENT}?form=all")
    assert "Only those of Constant Contact are shown:" in seen.text
    assert subjects(seen) == ["Market letter"]


def test_a_user_of_another_organization_sees_nothing(firm: Firm) -> None:
    stranger = firm.desk.log_in("admin", at=firm.desk.other)
    firm.engaged(firm.mailing(1, "Market letter"), 1, "send")
    assert stranger.get(OF_CLIENT).status in {404, 503}
