"""Lists: how they stand, members that only one side has, and what can be done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.crowd import (
    ACCOUNT,
    CC_LIST,
    LIST,
    OTHER_LIST,
    a_crowd,
    a_member,
    cc_id,
    contact_id,
    marketing,
    there,
)

if TYPE_CHECKING:
    from tests.fix_console import Desk

PAGE = f"/lists/{LIST}"


def linked(desk: Desk) -> None:
    """Let the newsletter be in Constant Contact."""
    desk.rows(
        """
        WITH made AS (
          INSERT INTO cc_list (connection_id, list_id, name, member_count, seen_at)
          VALUES (%(firm)s, %(there)s, 'Newsletter', 1300, app_now()) RETURNING list_id)
        INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
        SELECT %(firm)s, 'list', %(list)s, list_id, true, app_now() FROM made
        """,
        there=CC_LIST,
        list=LIST,
    )


def on_it_there(desk: Desk, number: int) -> None:
    desk.rows(
        "INSERT INTO cc_membership VALUES (%(firm)s, %(there)s, %(contact)s, app_now())",
        there=CC_LIST,
        contact=cc_id(number),
    )


def agreed(desk: Desk, number: int, *, lost_by: str | None = None) -> None:
    """Put somebody on the newsletter on both sides; or let them have been."""
    a_member(desk, number)
    desk.rows(
        """
        INSERT INTO membership_base (connection_id, contact_id, list_id, cc_contact_id, cc_list_id,
          seen_at, agreed_at, lost_at, lost_by)
        VALUES (%(firm)s, %(contact)s, %(list)s, %(cc)s, %(there)s, app_now(), app_now(),
          CASE WHEN %(lost_by)s::text IS NOT NULL THEN '2026-03-03T09:00:00Z'::timestamptz END,
          %(lost_by)s)
        """,
        contact=contact_id(number),
        list=LIST,
        cc=cc_id(number),
        there=CC_LIST,
        lost_by=lost_by,
    )


def not_sent(desk: Desk, membership: str, reason: str) -> None:
    desk.rows(
        """
        INSERT INTO record_status (connection_id, kind, sf_id, status, reason, since)
        VALUES (%(firm)s, 'membership', %(id)s, 'Not sent', %(reason)s, app_now())
        """,
        id=membership,
        reason=reason,
    )


def test_lists_need_the_permission_set(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk, "admin")
    desk.rows("UPDATE console_permission_set SET is_given = false")
    for path in ("/lists", "/lists/none", PAGE):
        assert browser.get(path).status == 403, path


def test_every_list_is_shown_with_how_far_both_sides_agree(desk: Desk) -> None:
    a_crowd(desk, 4)
    linked(desk)
    agreed(desk, 1)
    a_member(desk, 2)
    text = marketing(desk).get("/lists").text
    assert "Newsletter 1 of 2 confirmed 1,300 members" in text
    assert "Market Notes 0 of 0 confirmed not there yet" in text


def test_contacts_on_no_list_are_counted(desk: Desk) -> None:
    a_crowd(desk, 4)
    a_member(desk, 1)
    a_member(desk, 1, OTHER_LIST)
    browser = marketing(desk)
    assert "On no list: 3 contacts." in browser.get("/lists/none").text
    draft = browser.press(browser.get("/memberships/bulk"), "Continue to Step Two", list=LIST)
    csrf = draft.form_with("Log out").fields["csrf"]
    place = draft.path.removesuffix("/contacts")
    seen = browser.post(f"{place}/source", {"csrf": csrf, "kind": "nolist"})
    assert "From: Contacts on no list" in seen.text
    assert "3 contacts match, 3 can be added" in seen.text


def test_the_header_says_confirmed_waiting_and_not_sent(desk: Desk) -> None:
    a_crowd(desk, 5)
    linked(desk)
    agreed(desk, 1)
    a_member(desk, 2)
    not_sent(desk, a_member(desk, 3), "Already on 50 lists")
    browser = marketing(desk)
    text = browser.get(PAGE).text
    assert "1 of 3 confirmed; 1 waiting, 1 not sent (Already on 50 lists)" in text
    assert "3 people, 3 addresses" in text
    assert "Constant Contact counts 1,300 members" in text
    desk.rows(
        """
        WITH made AS (INSERT INTO api_application (client_id) VALUES ('key') RETURNING id)
        UPDATE connection
        SET api_application_id = (SELECT id FROM made), state = 'active'
        WHERE id = %(firm)s
        """
    )
    assert "not sent (Already on 50 lists); ready at " in browser.get(PAGE).text


def test_people_who_share_an_address_count_once_there(desk: Desk) -> None:
    a_crowd(desk, 2)
    desk.rows(
        "UPDATE practifi_record SET email_key = 'p2@example.org' WHERE sf_id = %(id)s",
        id=contact_id(1),
    )
    for number in (1, 2):
        a_member(desk, number)
    assert "2 people, 1 address" in marketing(desk).get(PAGE).text


def test_foreign_members_are_told_with_the_policy_and_can_be_added(desk: Desk) -> None:
    a_crowd(desk, 4)
    linked(desk)
    agreed(desk, 1)
    for number in (1, 2, 3, 9):
        there(desk, number, permission="unsubscribed" if number == 3 else "implicit")
        on_it_there(desk, number)
    browser = marketing(desk)
    seen = browser.get(PAGE)
    assert "Only in Constant Contact (3)" in seen.text
    assert "nobody has this address" in seen.text
    assert "may not be mailed" in seen.text
    assert "Policy ask:" in seen.text
    step = browser.press(seen, "Add 2 memberships in Practifi")
    assert step.path.endswith("/selected")
    assert "Will be added (1)" in step.text
    assert "Skipped (1)" in step.text
    again = browser.press(seen, "Add 2 memberships in Practifi")
    assert "You have a draft of Bulk Create already" in again.text


def test_a_member_through_a_sharer_is_not_foreign(desk: Desk) -> None:
    a_crowd(desk, 2)
    linked(desk)
    there(desk, 1)
    on_it_there(desk, 1)
    a_member(desk, 1)  # no run has seen both yet
    assert "Only in Constant Contact (0)" in marketing(desk).get(PAGE).text


def test_who_left_there_is_shown_with_what_can_be_done(desk: Desk) -> None:
    a_crowd(desk, 3)
    linked(desk)
    agreed(desk, 1, lost_by="person")
    agreed(desk, 2, lost_by="account")
    seen = marketing(desk).get(PAGE)
    assert "Left there (2)" in seen.text
    assert "Left this list on 3 Mar 2026" in seen.text
    assert "The next run puts them back" in seen.text
    link = f"/clients/{ACCOUNT}/memberships/put-back?contact={contact_id(1)}&list={LIST}"
    assert seen.links["Put back"] == link


def test_another_firms_list_is_not_there(desk: Desk) -> None:
    a_crowd(desk)
    assert marketing(desk).get(f"/lists/{LIST[:-1]}X").status == 404


def test_a_firm_without_lists_is_told_how_they_come(desk: Desk) -> None:
    assert "There is no list in Practifi yet" in marketing(desk).get("/lists").text
