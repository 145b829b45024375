"""Asking why on a page: the checks in their order, what to do, and the ways to it and from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.console.past import RECORD, a_plan, a_run, a_step, arrived
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from tests.fix_console import Desk

LIST = "a0B5g00000LetTeEAJ"


@pytest.fixture(autouse=True)
def in_force(desk: Desk) -> None:
    """Both connections are authorised; the firm has a mapping and knows Ann."""
    with desk.database.transaction() as tx:
        tx.execute("UPDATE connection SET state = 'active', profile = 'practifi'")
        activate(tx, desk.firm, read_files(MAPPINGS), by="test")
    a_contact(desk, "ann@example.org", at=desk.firm)


def a_contact(desk: Desk, address: str, *, at: int) -> None:
    desk.rows(
        """
        INSERT INTO practifi_record (connection_id, kind, sf_id, email_key, do_not_email, fields,
          source, seen_at)
        VALUES (%(at)s, 'contact', %(sf_id)s, %(address)s, true,
          jsonb_build_object('Email', %(address)s::text, 'HasOptedOutOfEmail', true), 'read',
          app_now())
        """,
        at=at,
        sf_id=RECORD,
        address=address,
    )


def test_the_page_says_what_can_be_asked(desk: Desk) -> None:
    seen = desk.log_in("operator").get("/explain")
    assert "the Salesforce id of a contact, a list or a membership" in seen.text
    assert "Checks, in their order" not in seen.text


@pytest.mark.parametrize("what", [RECORD, RECORD[:15], "Ann@example.org"])
def test_a_person_is_explained_check_by_check(desk: Desk, what: str) -> None:
    browser = desk.log_in("auditor")
    seen = browser.press(browser.get("/explain"), "Explain", q=what)
    assert seen.status == 200
    assert "Box ticked box_ticked" in seen.text
    assert "untick Do Not Email and save, if the person asks to be mailed again" in seen.text
    assert seen.text.index("address in order") < seen.text.index("box the cause")
    assert "Not reached, for the first that fails is the cause: coming back, opt-out" in seen.text


def test_what_explains_further_is_a_link(desk: Desk) -> None:
    run = a_run(desk, state="failed", reason="no answer")
    browser = desk.log_in("operator")
    seen = browser.get(f"/explain?q=run:{run}")
    assert "Run failed run_failed" in seen.text
    assert browser.get(seen.links["Run it again"]).path == "/settings/resync"
    assert browser.get(seen.links[f"Run {run}"]).path == f"/runs/{run}"
    one = arrived(desk)
    told = browser.get(f"/explain?q={one}")
    assert browser.get(told.links[one]).status == 200
    assert browser.get(told.links["ann@example.org"]).status == 200


def test_a_word_that_means_nothing_is_said_beside_the_field(desk: Desk) -> None:
    seen = desk.log_in("operator").get("/explain?q=what+is+this")
    assert "That cannot be explained" in seen.text
    assert "'what is this' is no Salesforce id, e-mail address" in seen.text
    assert seen.form_with("Explain").fields["q"] == "what is this"


def test_what_nobody_knows_is_an_answer(desk: Desk) -> None:
    seen = desk.log_in("operator").get("/explain?q=nobody@example.org")
    assert "Unknown address unknown_address" in seen.text


def test_whether_somebody_got_a_campaign_is_asked_in_the_second_field(desk: Desk) -> None:
    browser = desk.log_in("operator")
    seen = browser.press(
        browser.get("/explain"), "Explain", q="ann@example.org", campaign="Market letter"
    )
    assert "Campaign unknown campaign_unknown" in seen.text


def test_another_organization_is_not_asked(desk: Desk) -> None:
    a_contact(desk, "carl@example.org", at=desk.other)
    browser = desk.log_in("admin")
    assert "unknown_address" in browser.get("/explain?q=carl@example.org").text
    assert browser.get("/explain?q=carl@example.org&connection=other").status == 404
    theirs = a_run(desk, at=desk.other)
    assert "unknown_id" in browser.get(f"/explain?q=run:{theirs}").text


def test_whoever_came_by_a_link_chooses_among_the_connections_that_know_it(desk: Desk) -> None:
    a_contact(desk, "ann@example.org", at=desk.other)
    browser = desk.visitor()
    browser.press(browser.get(desk.link()), "Log in")
    both = browser.get("/explain?q=ann@example.org")
    assert "several connections know it: choose one of firm, other" in both.text
    seen = browser.press(both, "Explain", connection="other")
    assert "connection other" in seen.text


def test_problems_the_inbox_and_the_steps_of_runs_lead_to_it(desk: Desk) -> None:
    one = arrived(desk)
    run = a_run(desk, state="waiting")
    steps = [a_step("ann@example.org"), a_step(LIST, kind="update_list") | {"subject_kind": "list"}]
    a_plan(desk, run, steps)
    browser = desk.log_in("operator")
    problem = browser.get("/problems").links["Explain the first of them: record-error:Email"]
    assert one in browser.get(problem).text
    notification = browser.get(f"/inbox/firm/{one}")
    assert browser.get(notification.links["Explain this notification"]).path == "/explain"
    plan = browser.get(f"/runs/{run}")
    assert "the cause state: waiting" in browser.get(plan.links["Explain this run"]).text
    assert "box_ticked" in browser.get(plan.links["ann@example.org"]).text
    assert "unknown_id" in browser.get(plan.links[LIST]).text


def test_a_viewer_is_not_led_where_people_are_named(desk: Desk) -> None:
    arrived(desk)
    run = a_run(desk)
    browser = desk.log_in("viewer")
    assert "Explain" not in browser.get("/problems").text
    assert "Explain" not in browser.get(f"/runs/{run}").text
    assert browser.get("/explain?q=ann@example.org").status == 403
