"""Bulk Create from a report of Salesforce: chosen by name, read whole, and what is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bridge.bulk_create import report_rows
from tests.journey.bulk_steps import begin, members_there, save, work

if TYPE_CHECKING:
    from tests.console.browsing import Browser, Seen
    from tests.journey.firm import Firm

DATA = "/services/data/v66.0"
LEEDS = {
    "name": "Clients in Leeds",
    "folder": "Marketing",
    "columns": ["LAST_NAME", "CONTACT_ID"],
    "filters": [{"column": "ADDRESS2_CITY", "operator": "equals", "value": "Leeds"}],
}
ENTITIES = {"name": "Entities by type", "type": "AccountList"}
JOINED = {"name": "Clients and campaigns", "format": "MULTI_BLOCK"}


def build(firm: Firm, *reports: dict[str, Any]) -> list[str]:
    """Have these reports in Salesforce, and return their ids."""
    kept = firm.sandbox.control("PUT", "/salesforce/reports", list(reports))
    return [one["id"] for one in kept]


def start_from(browser: Browser, draft: str, report_id: str) -> Seen:
    seen = browser.get(f"{draft}/source")
    form = next(form for form in seen.forms if form.fields.get("kind") == "report")
    return browser.post(form.action, form.fields | {"report": report_id})


def report_calls(firm: Firm) -> list[str]:
    calls = firm.sandbox.calls("salesforce")
    return [call["method"] for call in calls if "/analytics/reports/" in call["path"]]


def test_whom_a_report_names_is_put_on_the_list(firm: Firm, browser: Browser, letter: str) -> None:
    [report_id] = build(firm, LEEDS)
    draft = begin(browser, letter)
    seen = start_from(browser, draft, report_id)
    assert "From: Report Clients in Leeds, read" in seen.text
    assert "3 rows, read in 1 call to Salesforce." in seen.text
    assert "3 contacts match, 3 can be added" in seen.text
    seen = browser.press(seen, "Add filter", path="name", text="Moran 2")
    assert "From: Report Clients in Leeds, read" in seen.text
    browser.press(seen, "Add to Selected List", all="1")
    save(browser, draft)
    work(firm)
    firm.settle()
    assert members_there(firm, letter) == ["moran2@example.org"]


def test_reports_are_found_by_name_and_say_why_they_cannot_be_chosen(
    firm: Firm, browser: Browser, letter: str
) -> None:
    leeds, entities, joined, refused = build(
        firm, LEEDS, ENTITIES, JOINED, LEEDS | {"name": "O'Hara 100%", "refused": True}
    )
    page = f"{begin(browser, letter)}/source"
    seen = browser.get(page)
    html = seen.response.text
    assert f'value="{leeds}">' in html
    assert [f'value="{one}" disabled' in html for one in (entities, joined, refused)] == [True] * 3
    assert "Clients in Leeds Marketing" in seen.text
    assert "It has no column Contact ID: add it in Salesforce" in seen.text
    assert "A joined report: Salesforce does not let other programs read it" in seen.text
    assert "have sufficient privileges to perform this operation." in seen.text
    found = browser.get(f"{page}?part=LEEDS").text
    assert "Clients in Leeds" in found
    assert "Entities by type" not in found
    assert "O'Hara 100%" in browser.get(f"{page}?part=A 100%25").text
    assert "No report has “zebra_” in its name." in browser.get(f"{page}?part=zebra_").text
    assert "No report has" in browser.get(f"{page}?part={'z' * 20_000}").text


def test_what_a_report_is_made_of_is_asked_for_once(
    firm: Firm, browser: Browser, letter: str
) -> None:
    build(firm, *(LEEDS | {"name": f"Clients {number:02}"} for number in range(9)))
    draft = begin(browser, letter)
    seen = browser.get(f"{draft}/reports")
    assert "Clients 07" in seen.text
    assert "Clients 08" not in seen.text
    assert "There are more: type a part of the name." in seen.text
    assert len(report_calls(firm)) == 8
    browser.get(f"{draft}/reports")
    assert "Clients 08" in browser.get(f"{draft}/reports?part=08").text
    assert len(report_calls(firm)) == 9
    firm.sandbox.advance(1.0)
    build(firm, LEEDS | {"name": "Clients 08", "columns": ["LAST_NAME"]})
    assert "It has no column Contact ID" in browser.get(f"{draft}/reports").text


def a_crowd(firm: Firm, count: int) -> None:
    """Save contacts in Leeds whom the bridge has read already."""
    ids: list[str] = []
    for start in range(0, count, 200):
        records = [
            {"attributes": {"type": "Contact"}, "LastName": f"Moran {n}", "MailingCity": "Leeds"}
            for n in range(start, min(start + 200, count))
        ]
        answer = firm.sandbox.salesforce(
            "POST", f"{DATA}/composite/sobjects", {"records": records}, by="bridge"
        )
        ids += [one["id"] for one in answer.json()]
    with firm.bridge.database.transaction() as tx:
        tx.execute(
            """
            INSERT INTO practifi_record (connection_id, kind, sf_id, email_key, do_not_email,
              fields, source, seen_at)
            SELECT %s, 'contact', id, lower(id) || '@example.org', false,
              jsonb_build_object('LastName', id, 'Email', id || '@example.org'), 'read', app_now()
            FROM unnest(%s::text[]) AS id
            """,
            (firm.bridge.connection_id, ids),
        )


def test_all_five_thousand_rows_of_a_report_are_found(
    firm: Firm, browser: Browser, letter: str
) -> None:
    a_crowd(firm, 5_000)
    [report_id] = build(firm, LEEDS | {"boolean_filter": "1"})
    seen = start_from(browser, begin(browser, letter), report_id)
    runs = len(report_calls(firm)) - 1  # one of them asked what the report is made of
    assert runs <= 8
    assert f"5,003 rows, read in {runs} calls to Salesforce." in seen.text
    assert "5,003 contacts match, 5,003 can be added" in seen.text


def test_a_summary_and_a_lookup_name_each_contact_once(
    firm: Firm, browser: Browser, letter: str
) -> None:
    person = firm.member("both@example.org", letter, MailingCity="Leeds")
    firm.join(person, firm.new_list("Spring letter"))
    firm.settle()
    summary = LEEDS | {"format": "SUMMARY", "group_by": "ADDRESS2_CITY"}
    members = {
        "name": "Memberships",
        "type": "CustomEntity$practifi__Constant_Contact_Membership__c",
    }
    by_city, by_list = build(firm, summary, members)
    draft = begin(browser, letter)
    assert "4 contacts match" in start_from(browser, draft, by_city).text
    seen = start_from(browser, draft, by_list)
    assert "2 rows, read in 1 call to Salesforce." in seen.text
    assert "1 contact matches" in seen.text


def test_a_report_that_was_deleted_meanwhile_is_said(
    firm: Firm, browser: Browser, letter: str
) -> None:
    [report_id] = build(firm, LEEDS)
    draft = begin(browser, letter)
    form = browser.get(f"{draft}/source").form_with("Start from this report")
    build(firm)
    seen = browser.post(form.action, form.fields | {"report": report_id})
    assert "trying to access is unavailable." in seen.text
    assert "Salesforce shows no report." in seen.text
    assert "Add a filter" in browser.get(f"{draft}/contacts").text


@pytest.mark.parametrize("value", ["", "x", "00O5g0000000001AAA"])
def test_nothing_chosen_or_nothing_real_is_said(
    firm: Firm, browser: Browser, letter: str, value: str
) -> None:
    build(firm, LEEDS)
    seen = start_from(browser, begin(browser, letter), value)
    said = "Choose a report first." if not value else "is not there"
    assert said in seen.text


def test_a_report_without_contacts_or_of_nobody_is_refused(
    firm: Firm, browser: Browser, letter: str
) -> None:
    nobody = [{"column": "LAST_NAME", "operator": "equals", "value": "Nobody"}]
    entities, empty = build(firm, ENTITIES, LEEDS | {"filters": nobody})
    draft = begin(browser, letter)
    seen = start_from(browser, draft, entities)
    assert "Entities by type: It has no column Contact ID: add it in Salesforce" in seen.text
    assert "Report Clients in Leeds names no contact now." in start_from(browser, draft, empty).text


def test_runs_that_salesforce_refuses_are_said_in_its_words(
    firm: Firm, browser: Browser, letter: str
) -> None:
    [report_id] = build(firm, LEEDS)
    firm.sandbox.control("PUT", "/salesforce/policy", {"report_runs_an_hour": 0})
    seen = start_from(browser, begin(browser, letter), report_id)
    assert "more than 0 reports synchronously every 60 minutes. Try again later." in seen.text


def test_a_report_that_fails_leaves_the_others(firm: Firm, browser: Browser, letter: str) -> None:
    leeds, york = build(firm, LEEDS, LEEDS | {"name": "Clients in York"})
    path = f".*/{york}/describe"
    firm.sandbox.faults({"side": "salesforce", "path": path, "kind": "error_500"})
    html = browser.get(f"{begin(browser, letter)}/source").response.text
    assert f'value="{leeds}">' in html
    assert f'value="{york}" disabled' in html
    assert "Salesforce: the server failed" in html


@pytest.mark.parametrize("kind", ["drop_before", "wrong_type", "quota"])
def test_reports_that_cannot_be_read_leave_the_other_sources(
    firm: Firm, browser: Browser, letter: str, kind: str
) -> None:
    [report_id] = build(firm, LEEDS)
    draft = begin(browser, letter)
    form = browser.get(f"{draft}/source").form_with("Start from this report")
    build(firm, LEEDS | {"name": "Clients in York"}, LEEDS)
    firm.sandbox.faults({"side": "salesforce", "path": ".*/analytics/.*", "kind": kind})
    seen = browser.post(form.action, form.fields | {"report": report_id})
    assert "Salesforce: " in seen.text
    assert "Reports cannot be read now." in seen.text
    assert "All Contacts" in seen.text


def test_more_rows_than_a_save_takes_are_refused(
    firm: Firm, browser: Browser, letter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_rows, "ROWS_AT_MOST", 2_000)
    a_crowd(firm, 2_000)
    [report_id] = build(firm, LEEDS)
    seen = start_from(browser, begin(browser, letter), report_id)
    assert "Clients in Leeds has 2,003 rows, and 2,000 are possible: narrow it" in seen.text
