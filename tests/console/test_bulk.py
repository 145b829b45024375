"""Bulk Create: the draft and its steps, who is found and why not, and the page of the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.console.crowd import (
    LIST,
    OTHER_LIST,
    a_crowd,
    a_draft,
    a_member,
    a_record,
    change,
    contact_id,
    marketing,
    there,
)

if TYPE_CHECKING:
    from tests.console.browsing import Browser, Seen
    from tests.fix_console import Desk

BULK = "/memberships/bulk"
WHEN = "2026-03-03T09:00:00+00:00"


def found(browser: Browser, draft: str) -> str:
    return browser.get(f"{draft}/contacts").text


def selected(browser: Browser, draft: str, tab: str = "added") -> Seen:
    return browser.get(f"{draft}/selected?tab={tab}")


def test_without_the_permission_set_nobody_gets_in(desk: Desk) -> None:
    browser = marketing(desk, "admin")
    desk.rows("UPDATE console_permission_set SET is_given = false")
    seen = browser.get(BULK)
    assert seen.status == 403
    assert "needs the permission set Constant Contact Marketing" in seen.text


def test_marketing_needs_no_role_but_for_a_new_list(desk: Desk) -> None:
    a_crowd(desk)
    seen = marketing(desk).get(BULK)
    assert "Step One: Constant Contact List" in seen.text
    assert "Newsletter 0 confirmed members" in seen.text
    assert "New list" not in seen.text
    assert "New list" in marketing(desk, "operator").get(BULK).text


def test_the_list_is_found_by_a_part_of_its_name(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    text = browser.get(f"{BULK}?part=NEWS").text
    assert "Newsletter" in text
    assert "Market Notes" not in text
    assert "No list has “zebra” in its name." in browser.get(f"{BULK}?part=zebra").text


def test_confirmed_members_stand_beside_a_list(desk: Desk) -> None:
    a_crowd(desk)
    desk.rows(
        """
        INSERT INTO membership_base (connection_id, contact_id, list_id, seen_at, agreed_at)
        SELECT %(firm)s, 'c' || n, %(list)s, app_now(), app_now() FROM generate_series(1, 1204) AS n
        """,
        list=LIST,
    )
    assert "Newsletter 1,204 confirmed members" in marketing(desk).get(BULK).text


def test_a_draft_needs_a_list(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    seen = browser.press(browser.get(BULK), "Continue to Step Two")
    assert "Choose a list first." in seen.text
    assert desk.rows("SELECT 1 FROM bulk_create") == []


def test_a_draft_is_gone_on_with_or_discarded(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser)
    seen = browser.get(BULK)
    assert "Draft of" in seen.text
    assert "continue / discard" in seen.text
    assert browser.get(seen.links["Continue"]).path == f"{draft}/contacts"
    assert "Selected List (3)" in found(browser, draft)
    browser.press(seen, "Discard")
    assert desk.rows("SELECT 1 FROM bulk_create_row") == []
    assert browser.get(draft).status == 404


def test_a_draft_is_nobody_elses_and_ends_after_two_weeks(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser)
    other = marketing(desk, name="Max Marketing")
    assert other.get(f"{draft}/contacts").status == 404
    assert "Draft of" not in other.get(BULK).text
    desk.rows("UPDATE bulk_create SET changed_at = app_now() - interval '14 days'")
    assert "Draft of" not in browser.get(BULK).text
    assert browser.get(f"{draft}/contacts").status == 404


def test_the_steps_say_where_one_is(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser)
    for part, heading in (
        ("list", "Step One: Constant Contact List"),
        ("contacts", "Step Two: Find Contacts"),
        ("selected", "Step Three: Selected List"),
    ):
        html = browser.get(f"{draft}/{part}").response.text
        assert f'<a href="{draft}/{part}" aria-current="step">{heading}' in html
        assert html.count('aria-current="step"') == 1


def test_filters_are_chips_and_narrow_who_matches(desk: Desk) -> None:
    a_crowd(desk, 12)
    change(desk, 1, fields={"Title": "Analyst"})
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    assert "12 contacts match, 12 can be added" in found(browser, draft)
    seen = browser.get(f"{draft}/contacts")
    seen = browser.press(seen, "Add filter", path="Title", text="analyst, clerk")
    assert "City: Leeds" in seen.text
    assert "Job title: analyst, clerk" in seen.text
    assert "1 contact matches, 1 can be added" in seen.text
    form = next(form for form in seen.forms if ("remove", "Title") in form.buttons.values())
    browser.post(form.action, form.fields | {"remove": "Title"})
    assert "12 contacts match" in found(browser, draft)


def test_people_are_found_by_name_and_address_and_an_empty_field(desk: Desk) -> None:
    a_crowd(desk, 12)
    change(desk, 2, fields={"MailingCity": None})
    browser = marketing(desk)
    draft = a_draft(browser, city="(empty)", chosen=False)
    assert "1 contact matches" in found(browser, draft)
    seen = browser.press(browser.get(f"{draft}/contacts"), "Add filter", path="name", text="moran")
    assert "1 contact matches" in seen.text
    seen = browser.press(seen, "Add filter", path="MailingCity", text="leeds")
    assert "11 contacts match" in seen.text


def test_what_people_type_is_no_pattern(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser, city=".*", chosen=False)
    assert "No contact matches." in found(browser, draft)
    change(desk, 1, fields={"MailingCity": "St. Ives (Cornwall)"})
    seen = browser.get(f"{draft}/contacts")
    form = next(form for form in seen.forms if ("remove", "MailingCity") in form.buttons.values())
    browser.post(form.action, form.fields | {"remove": "MailingCity"})
    seen = browser.press(
        browser.get(f"{draft}/contacts"), "Add filter", path="MailingCity", text="ives (c"
    )
    assert "1 contact matches" in seen.text


def test_an_empty_search_names_the_filter_whose_removal_gives_most(desk: Desk) -> None:
    a_crowd(desk, 5)
    change(desk, 1, fields={"Title": "Analyst", "MailingCity": "York"})
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    seen = browser.press(
        browser.get(f"{draft}/contacts"), "Add filter", path="Title", text="Analyst"
    )
    assert "No contact matches. Remove a filter: Job title: Analyst (4 contacts then)" in seen.text


def test_members_are_shown_and_cannot_be_chosen(desk: Desk) -> None:
    a_crowd(desk)
    a_member(desk, 1)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    seen = browser.get(f"{draft}/contacts")
    assert "3 contacts match, 2 can be added" in seen.text
    assert "Already on this list" in seen.text
    assert "Select 2 on this page" in seen.text
    browser.press(seen, "Add to Selected List", contact=[contact_id(1), contact_id(2)])
    assert "Selected List (1)" in found(browser, draft)
    browser.press(browser.get(f"{draft}/contacts"), "Add to Selected List", page="1")
    assert "Selected List (2)" in found(browser, draft)


def test_all_who_can_be_added_are_chosen_as_they_were_found(desk: Desk) -> None:
    a_crowd(desk, 120)
    change(desk, 1, do_not_email=True)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    seen = browser.get(f"{draft}/contacts")
    assert "Select 50 on this page" in seen.text
    assert "Select all 119" in seen.text
    change(desk, 2, fields={"MailingCity": "York"})  # found at that moment all the same
    browser.press(seen, "Add to Selected List", all="1")
    assert "Selected List (119)" in found(browser, draft)


def test_pages_of_fifty_lead_on_and_back(desk: Desk) -> None:
    a_crowd(desk, 120)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    second = browser.get(browser.get(f"{draft}/contacts").links["Next 50"])
    assert "51 to 100 of 120" in second.text
    assert "Moran 00051" in second.text
    assert "Moran 00001" in browser.get(second.links["Previous 50"]).text


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"email_key": None, "fields": {"Email": None}}, "No e-mail address in Practifi"),
        ({"email_key": None, "fields": {"Email": "ann at home"}}, "Address not valid"),
        ({"do_not_email": True}, "Do Not Email is ticked"),
        ({"do_not_email": None}, "Do Not Email is not known"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_somebody_is_shown_with_why_they_cannot_be_added(
    desk: Desk, columns: dict[str, Any], reason: str
) -> None:
    a_crowd(desk)
    change(desk, 1, **columns)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    assert "3 contacts match, 2 can be added" in found(browser, draft)
    assert reason in found(browser, draft)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (
            {"permission": "unsubscribed", "opt_out_source": "Contact", "opt_out_at": WHEN},
            "Unsubscribed by the person on 3 Mar 2026",
        ),
        (
            {"permission": "unsubscribed", "opt_out_source": "Account", "opt_out_at": WHEN},
            "Unsubscribed by the firm on 3 Mar 2026",
        ),
        ({"lists": [f"l{n}" for n in range(50)]}, "Already on 50 lists"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_constant_contact_knows_is_a_reason_too(
    desk: Desk, values: dict[str, Any], reason: str
) -> None:
    a_crowd(desk)
    there(desk, 1, **values)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    assert "3 contacts match, 2 can be added" in found(browser, draft)
    assert reason in found(browser, draft)


def test_who_left_the_list_themselves_is_not_put_back(desk: Desk) -> None:
    a_crowd(desk)
    desk.rows(
        """
        INSERT INTO membership_base (connection_id, contact_id, list_id, seen_at, lost_at, lost_by)
        VALUES (%(firm)s, %(contact)s, %(list)s, app_now(), %(at)s, 'person')
        """,
        contact=contact_id(1),
        list=LIST,
        at=WHEN,
    )
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    assert "Left this list on 3 Mar 2026" in found(browser, draft)


def test_a_box_of_a_sharer_counts(desk: Desk) -> None:
    a_crowd(desk)
    change(desk, 1, email_key="p2@example.org", do_not_email=True)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    assert "3 contacts match, 1 can be added" in found(browser, draft)
    assert "Do Not Email is ticked for another contact at this address" in found(browser, draft)


def test_pasted_addresses_and_ids_are_a_source(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    pasted = f"Ann <P1@Example.org>\n{contact_id(2)[:15]}, nobody@example.org\nhello"
    fields = {"csrf": csrf(browser, draft), "kind": "pasted", "text": pasted}
    seen = browser.post(f"{draft}/source", fields)
    assert "From: Pasted addresses and Ids, read" in seen.text
    assert "2 contacts match, 2 can be added" in seen.text
    assert "2 lines or Ids of what was pasted are nobody's in Practifi." in seen.text
    seen = browser.press(seen, "Add filter", path="name", text="p1@")
    assert "1 contact matches" in seen.text


def csrf(browser: Browser, draft: str) -> str:
    return str(browser.get(f"{draft}/contacts").form_with("Log out").fields["csrf"])


def test_nobody_among_the_pasted_is_said_and_the_text_kept(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser, chosen=False)
    fields = {"csrf": csrf(browser, draft), "kind": "pasted", "text": "nobody@example.org"}
    seen = browser.post(f"{draft}/source", fields)
    assert "Nobody in Practifi has one of these addresses or Ids." in seen.text
    assert "nobody@example.org" in seen.response.text
    assert "3 contacts match" in found(browser, draft)


def test_step_three_judges_anew_after_a_while_and_says_who_is_skipped(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser)
    change(desk, 1, do_not_email=True)
    assert "Will be added (3)" in selected(browser, draft).text
    desk.rows("UPDATE bulk_create SET judged_at = app_now() - interval '11 minutes'")
    seen = selected(browser, draft, "skipped")
    assert "Will be added (2)" in seen.text
    assert "Skipped (1)" in seen.text
    assert "Do Not Email is ticked: 1" in seen.text
    csv = browser.get(seen.links["Skipped as CSV"]).response.content.decode("utf-8-sig")
    assert csv.splitlines()[1].startswith(
        "Ann Moran 00001,P1@example.org,Newsletter,Do Not Email is ticked,"
    )


def test_shared_addresses_have_a_tab(desk: Desk) -> None:
    a_crowd(desk)
    change(desk, 1, email_key="p2@example.org", fields={"Email": "p2@example.org"})
    browser = marketing(desk)
    seen = selected(browser, a_draft(browser), "shared")
    assert "Shared addresses (2)" in seen.text
    assert "Shared with" in seen.text
    assert "3 people, 2 addresses, 2 new contacts in Constant Contact." in with_account(
        desk, browser, seen
    )


def with_account(desk: Desk, browser: Browser, seen: Seen) -> str:
    desk.rows(
        """
        WITH made AS (INSERT INTO api_application (client_id) VALUES ('key') RETURNING id)
        UPDATE connection
        SET api_application_id = (SELECT id FROM made), state = 'active'
        WHERE id = %(firm)s
        """
    )
    return browser.get(seen.path).text


def test_the_summary_tells_what_it_costs(desk: Desk) -> None:
    a_crowd(desk)
    there(desk, 1)
    browser = marketing(desk)
    seen = selected(browser, a_draft(browser))
    assert "No account of Constant Contact is connected" in seen.text
    text = with_account(desk, browser, seen)
    assert "3 people, 3 addresses, 2 new contacts in Constant Contact. About 6 calls" in text
    assert "daily allowance is enough" in text
    desk.rows("UPDATE api_application SET used = day_limit, day = utc_today()")
    assert "ends tomorrow 00:0" in browser.get(seen.path).text


def test_rows_get_another_list_or_go(desk: Desk) -> None:
    a_crowd(desk)
    a_member(desk, 1, OTHER_LIST)
    browser = marketing(desk)
    draft = a_draft(browser)
    seen = selected(browser, draft)
    browser.press(
        seen,
        "Change list of ticked rows",
        contact=[contact_id(1), contact_id(2)],
        to=OTHER_LIST,
    )
    assert "Will be added (2)" in selected(browser, draft).text
    assert "Already on this list: 1" in selected(browser, draft, "skipped").text
    seen = selected(browser, draft)
    browser.press(seen, "Apply the lists below", **{f"list:{contact_id(2)}": LIST})
    rows = desk.rows("SELECT list_id FROM bulk_create_row ORDER BY contact_id")
    assert [row["list_id"] for row in rows] == [OTHER_LIST, LIST, LIST]
    browser.press(selected(browser, draft), "Remove ticked rows", contact=[contact_id(3)])
    assert "Selected List (2)" in found(browser, draft)


@pytest.mark.parametrize("button", ["Save & Finish", "Remove Ann Moran 00003"])
def test_lists_that_were_chosen_row_by_row_are_kept_whatever_is_pressed(
    desk: Desk, button: str
) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser)
    browser.press(selected(browser, draft), button, **{f"list:{contact_id(2)}": OTHER_LIST})
    rows = desk.rows("SELECT list_id FROM bulk_create_row ORDER BY contact_id")
    assert [row["list_id"] for row in rows][:2] == [LIST, OTHER_LIST]


def test_another_list_in_step_one_keeps_what_was_chosen(desk: Desk) -> None:
    a_crowd(desk)
    a_member(desk, 1, OTHER_LIST)
    browser = marketing(desk)
    draft = a_draft(browser)
    browser.press(browser.get(f"{draft}/list"), "Continue to Step Two", list=OTHER_LIST)
    text = found(browser, draft)
    assert "3 contacts match, 2 can be added" in text
    assert "Selected List (3)" in text
    assert "Skipped (1)" in selected(browser, draft).text


def test_a_list_that_was_deleted_is_said_and_the_selection_kept(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser)
    seen = selected(browser, draft)
    desk.rows(
        """
        WITH gone AS (
          INSERT INTO cc_list (connection_id, list_id, name, deleted_at, seen_at)
          VALUES (%(firm)s, gen_random_uuid(), 'Newsletter', %(at)s, app_now())
          RETURNING connection_id, list_id)
        INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
        SELECT connection_id, 'list', %(list)s, list_id, true, app_now() FROM gone
        """,
        at=WHEN,
        list=LIST,
    )
    said = "Newsletter was deleted in Constant Contact at 09:00: choose another list"
    assert said in browser.press(seen, "Save & Finish").text
    assert said in found(browser, draft)
    assert desk.rows("SELECT state FROM bulk_create") == [{"state": "draft"}]
    assert "Selected List (3)" in found(browser, draft)


def test_save_and_finish_says_how_many_above_a_thousand(desk: Desk) -> None:
    a_crowd(desk, 1001)
    browser = marketing(desk)
    draft = a_draft(browser)
    seen = selected(browser, draft)
    assert "Save & Finish (1,001)" in seen.text
    result = browser.press(seen, "Save & Finish (1,001)")
    assert result.path == draft
    assert "Newsletter: 0 of 1,001 confirmed; 1,001 waiting" in result.text
    assert "You can close this page" in result.text
    assert "Undo (until " in result.text
    assert desk.woken == ["bulk-create"]


def test_a_second_click_saves_nothing_twice(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk)
    draft = a_draft(browser)
    seen = selected(browser, draft)
    first, second = browser.press(seen, "Save & Finish"), browser.press(seen, "Save & Finish")
    assert first.path == second.path == draft
    assert desk.woken == ["bulk-create"]
    assert browser.get(f"{draft}/contacts").path == draft
    (row,) = desk.rows("SELECT state, asked_by FROM bulk_create")
    assert row["state"] == "saving"
    assert row["asked_by"].startswith("Mia Marketing (005")


def saved(desk: Desk, browser: Browser) -> str:
    """Save three memberships and two who are skipped, as if the background were through."""
    a_crowd(desk, 5)
    draft = a_draft(browser)
    change(desk, 4, do_not_email=True)
    change(desk, 5, do_not_email=True)
    browser.press(selected(browser, draft), "Save & Finish")
    desk.rows(
        """
        WITH ended AS (
          UPDATE bulk_create
          SET state = 'saved', due_at = NULL, finished_at = app_now() RETURNING id)
        UPDATE bulk_create_row SET state = 'made', membership_id = 'm' || contact_id
        WHERE state = 'waiting'
        """
    )
    return draft


def status(desk: Desk, number: int, words: str, reason: str | None = None) -> None:
    desk.rows(
        """
        INSERT INTO record_status (connection_id, kind, sf_id, status, reason, since)
        VALUES (%(firm)s, 'membership', 'm' || %(id)s, %(words)s, %(reason)s, app_now())
        """,
        id=contact_id(number),
        words=words,
        reason=reason,
    )


def test_the_result_tells_confirmed_waiting_and_failed_by_cause(desk: Desk) -> None:
    browser = marketing(desk)
    draft = saved(desk, browser)
    status(desk, 1, "Confirmed")
    status(desk, 2, "Not sent", "Already on 50 lists")
    seen = browser.get(draft)
    assert "1 of 3 confirmed; 1 waiting, 1 not sent" in seen.text
    assert "Already on 50 lists: 1" in seen.text
    assert "Do Not Email is ticked: 2" in seen.text
    assert "1 confirmed, 1 waiting, 1 failed" in seen.response.text
    part = browser.get(f"{draft}/progress")
    assert "data-hx-get" in part.response.text
    status(desk, 3, "Confirmed")
    done = browser.get(f"{draft}/progress")
    assert "2 of 3 confirmed; 1 not sent" in done.text
    assert "data-hx-get" not in done.response.text


def test_failed_ones_are_tried_again(desk: Desk) -> None:
    browser = marketing(desk)
    draft = saved(desk, browser)
    status(desk, 2, "Not sent", "Already on 50 lists")
    desk.rows(
        "UPDATE bulk_create_row SET state = 'refused', reason = 'no', membership_id = NULL"
        " WHERE contact_id = %(id)s",
        id=contact_id(1),
    )
    browser.press(browser.get(draft), "Retry failed")
    (row,) = desk.rows("SELECT key, lane, origin FROM work")
    assert (row["key"], row["lane"], row["origin"]) == ("p2@example.org", 1, "console")
    rows = desk.rows("SELECT state FROM bulk_create_row ORDER BY contact_id")
    assert [row["state"] for row in rows] == ["waiting", "made", "made", "skipped", "skipped"]
    assert desk.woken[-2:] == ["bulk-create", "deliver"]


def test_undo_names_what_was_mailed_and_ends_after_half_a_day(desk: Desk) -> None:
    browser = marketing(desk)
    draft = saved(desk, browser)
    mailed(desk)
    asked = browser.get(f"{draft}/undo")
    assert "3 memberships that this save has created would be removed" in asked.text
    assert "Nobody is unsubscribed." in asked.text
    assert "Already sent to some of these people: Autumn letter." in asked.text
    desk.rows("UPDATE bulk_create SET saved_at = app_now() - interval '12 hours'")
    assert "Undo (until" not in browser.get(draft).text
    late = browser.press(asked, "Undo")
    assert "It is too late to take this save back" in late.text


def mailed(desk: Desk) -> None:
    desk.rows(
        """
        WITH made AS (
          INSERT INTO campaign_activity
            (connection_id, campaign_activity_id, campaign_id, role, campaign_name)
          VALUES (%(firm)s, gen_random_uuid(), gen_random_uuid(), 'primary_email', 'Autumn letter')
          RETURNING connection_id, campaign_activity_id),
        linked AS (
          INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
          VALUES (%(firm)s, 'contact', %(id)s, gen_random_uuid(), true, app_now()) RETURNING cc_id)
        INSERT INTO engagement_event
          (connection_id, campaign_activity_id, kind, contact_id, occurred_at)
        SELECT connection_id, campaign_activity_id, 'send', cc_id, app_now() FROM made, linked
        """,
        id=contact_id(1),
    )


def test_undo_is_asked_for_once_and_told(desk: Desk) -> None:
    browser = marketing(desk)
    draft = saved(desk, browser)
    asked = browser.get(f"{draft}/undo")
    seen = browser.press(asked, "Undo")
    assert "Newsletter: Being taken back" in seen.text
    assert "taken back by Mia Marketing" in seen.text
    assert browser.press(asked, "Undo").path == draft
    desk.rows(
        """
        WITH ended AS (UPDATE bulk_create
          SET state = 'undone', due_at = NULL, finished_at = app_now() RETURNING id)
        UPDATE bulk_create_row SET state = 'undone' WHERE state = 'made'
        """
    )
    assert "Taken back: 3 removed" in browser.get(draft).text
    assert "Undo (until" not in browser.get(draft).text


def test_what_holds_a_save_up_is_said(desk: Desk) -> None:
    browser = marketing(desk)
    draft = saved(desk, browser)
    desk.rows("UPDATE bulk_create SET reason = 'Salesforce does not answer'")
    assert "It waits: Salesforce does not answer. It goes on by itself." in browser.get(draft).text
    desk.rows("UPDATE bulk_create SET reason = NULL, saved_at = app_now() - interval '1 hour'")
    assert "It takes longer than it should" in browser.get(draft).text


def test_a_name_is_checked_while_it_is_typed(desk: Desk) -> None:
    a_crowd(desk)
    desk.rows(
        "INSERT INTO cc_list (connection_id, list_id, name, seen_at)"
        " VALUES (%(firm)s, gen_random_uuid(), 'Web form', app_now())"
    )
    browser = marketing(desk)
    assert "Newsletter is there already: choose it above." in name_check(browser, "newsletter ")
    assert "a list Web form that Practifi does not know" in name_check(browser, "Web form")
    assert "at most 80 characters" in name_check(browser, "x" * 81)
    assert "The name “Autumn” is free." in name_check(browser, "Autumn")


def name_check(browser: Browser, name: str) -> str:
    return browser.get(f"{BULK}/name?name={name}").text


def test_a_name_that_is_taken_makes_no_list(desk: Desk) -> None:
    a_crowd(desk)
    browser = marketing(desk, "operator")
    seen = browser.press(browser.get(BULK), "Create list", name="NEWSLETTER")
    assert "Newsletter is there already: choose it above." in seen.text
    assert "Give the new list a name." in browser.press(browser.get(BULK), "Create list").text


def test_what_was_saved_is_found_again(desk: Desk) -> None:
    browser = marketing(desk)
    draft = saved(desk, browser)
    seen = browser.get(BULK)
    link = next(text for text in seen.links if text.startswith("Newsletter, "))
    assert browser.get(seen.links[link]).path == draft
    assert "5 people" in seen.text


def test_a_deleted_contact_is_a_reason_as_well(desk: Desk) -> None:
    a_crowd(desk)
    a_record(desk, "contact", "0035g00000GoneAAAZ")
    browser = marketing(desk)
    draft = a_draft(browser)
    change(desk, 2, deleted_at=WHEN)
    desk.rows("UPDATE bulk_create SET judged_at = app_now() - interval '11 minutes'")
    assert "Deleted in Practifi: 1" in selected(browser, draft, "skipped").text
