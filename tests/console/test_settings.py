"""Settings: the three jobs by hand, the allowance, policies, and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.console.past import a_plan, a_run

if TYPE_CHECKING:
    from tests.console.browsing import Browser, Seen
    from tests.fix_console import Desk

NAMES = ("Constant Contact Lists", "Constant Contact Contacts", "Constant Contact Activities")


def resync(browser: Browser) -> Seen:
    return browser.get("/settings")


def press(browser: Browser, seen: Seen, job: str, mode: str) -> Seen:
    """Press a button of a job's row."""
    form = next(
        form
        for form in seen.forms
        if form.action.endswith(f"/settings/resync/{job}") and form.fields["mode"] == mode
    )
    return browser.post(form.action, form.fields)


def test_three_rows_say_what_each_job_does_and_costs(desk: Desk) -> None:
    seen = resync(desk.log_in("operator"))
    assert seen.path == "/settings/resync"
    for name in NAMES:
        assert name in seen.text
    assert seen.text.count("Ready") == 3
    assert seen.text.count("Preview") == seen.text.count("Resync now") == 3
    assert "no account of Constant Contact is connected" in seen.text


def with_account(desk: Desk) -> None:
    desk.rows(
        """
        WITH made AS (INSERT INTO api_application (client_id) VALUES ('key') RETURNING id)
        UPDATE connection
        SET api_application_id = (SELECT id FROM made), state = 'active'
        WHERE id = %(firm)s
        """
    )


def test_the_cost_is_told_beside_what_is_left(desk: Desk) -> None:
    with_account(desk)
    assert "about 1 of 8,500 calls left today" in resync(desk.log_in("viewer")).text


def test_the_allowance_tells_what_is_used_kept_and_foreseen(desk: Desk) -> None:
    with_account(desk)
    desk.rows("UPDATE api_application SET used = 40, day = utc_today()")
    desk.rows(
        "INSERT INTO schedule (connection_id, job, cron, zone, since)"
        " VALUES (%(firm)s, 'lists', '0 2 * * *', 'UTC', app_now())"
    )
    seen = desk.log_in("viewer").get("/settings/allowance")
    assert "40 of 10,000 calls are used today" in seen.text
    assert "500 are kept for opt-outs." in seen.text
    assert "Forecast, the shaded part:" in seen.text
    assert "read with about 1 call" in seen.text
    assert "500 kept for opt-outs" in seen.response.text


@pytest.mark.parametrize(("mode", "stored"), [("plan", "plan"), ("apply", "apply")])
def test_a_run_is_asked_for_once(desk: Desk, mode: str, stored: str) -> None:
    browser = desk.log_in("operator")
    first = press(browser, resync(browser), "contacts", mode)
    assert "Started. This page follows it." in first.text
    second = press(browser, resync(browser), "contacts", mode)
    assert "A run of this job is under way: this is it." in second.text
    assert first.path == second.path
    (row,) = desk.rows("SELECT mode, origin, asked_by, state FROM run")
    assert (row["mode"], row["origin"], row["state"]) == (stored, "console", "queued")
    assert row["asked_by"].startswith("Ann Adviser (")
    assert desk.woken == ["runs", "runs"]


def test_a_viewer_sees_the_jobs_and_starts_none(desk: Desk) -> None:
    browser = desk.log_in("viewer")
    seen = resync(browser)
    assert "Resync now" not in seen.text
    token = seen.form_with("Log out").fields["csrf"]
    assert browser.post("/settings/resync/lists", {"csrf": token}).status == 403
    assert desk.rows("SELECT 1 FROM run") == []


STATES: list[tuple[dict[str, Any], str]] = [
    ({"state": "queued"}, "Queued behind Constant Contact Lists"),
    (
        {"state": "reading", "held": True, "progress": {"what": "x", "done": 1204}},
        "Reading (page 3)",
    ),
    ({"state": "planning", "held": True}, "Comparing"),
    (
        {
            "state": "applying",
            "held": True,
            "progress": {
                "what": "applying",
                "done": 3,
                "total": 40,
                "ends_at": "2026-11-03T10:42:00+00:00",
            },
        },
        "Applying 3 of 40, ends 10:42",
    ),
    ({"state": "done"}, "Done"),
    ({"state": "cancelled"}, "Stopped"),
    ({"state": "waiting", "reason": "26 removals"}, "Stopped by guard: 26 removals"),
    (
        {"state": "applying", "held": True, "reason": "all calls are spent: the run goes on then"},
        "Paused: allowance, continues ",
    ),
    (
        {"state": "failed", "reason": "no answer"},
        "Failed: no answer. Run it again: it goes on where it was.",
    ),
]


@pytest.mark.parametrize(("run", "words"), STATES, ids=lambda value: str(value)[:40])
def test_each_state_of_a_job_has_its_words(desk: Desk, run: dict[str, Any], words: str) -> None:
    if run["state"] == "queued":
        a_run(desk, job="lists", state="reading", held=True)
    a_run(desk, job="contacts", **run)
    assert words in resync(desk.log_in("operator")).text


def test_a_previewed_plan_waits_for_approval(desk: Desk) -> None:
    a_plan(desk, a_run(desk, mode="plan"), by_sign={"remove": 26})
    assert "Waiting for approval: 26 removals" in resync(desk.log_in("operator")).text


def test_a_run_is_stopped_from_its_row(desk: Desk) -> None:
    a_run(desk, state="reading", held=True)
    browser = desk.log_in("operator")
    browser.press(resync(browser), "Stop")
    (row,) = desk.rows("SELECT cancel_asked_at FROM run")
    assert row["cancel_asked_at"] is not None


def test_the_last_run_and_the_next_night_are_told(desk: Desk) -> None:
    run = a_run(desk, counters={"read": 48210, "rejected": {"no address": 3}})
    a_plan(desk, run, state="done", by_sign={"add": 41, "change": 268, "remove": 26})
    desk.rows(
        "INSERT INTO schedule (connection_id, job, cron, zone, since)"
        " VALUES (%(firm)s, 'contacts', '0 2 * * *', 'America/New_York', app_now())"
    )
    text = resync(desk.log_in("viewer")).text
    assert "48,210 read, 41 added, 268 changed, 26 removed, 3 rejected" in text
    assert "02:00 America/New_York" in text


@pytest.mark.parametrize("section", ["resync", "connections", "allowance", "schedule", "policies"])
def test_each_section_opens_on_an_empty_system(desk: Desk, section: str) -> None:
    assert desk.log_in("viewer").get(f"/settings/{section}").status == 200


@pytest.mark.parametrize("section", ["resync", "allowance", "policies"])
def test_where_nothing_is_connected_the_next_step_is_told(desk: Desk, section: str) -> None:
    desk.rows("DELETE FROM credential")
    desk.rows("DELETE FROM connection")
    browser = desk.visitor()
    browser.press(browser.get(desk.link()), "Log in")
    seen = browser.get(f"/settings/{section}")
    assert seen.status == 200
    assert "Nothing is connected yet" in seen.text
    assert "bridge connect constant-contact" in seen.text


def test_a_policy_is_saved_after_its_consequence_was_read(desk: Desk) -> None:
    browser = desk.log_in("operator")
    page = browser.get("/settings/policies")
    question = browser.press(page, "Save", list_deleted="delete")
    assert "list deleted: keep → delete" in question.text
    assert "it is deleted in Constant Contact as well, once a person approves it" in question.text
    assert desk.rows("SELECT 1 FROM policy_change") == []
    saved = browser.press(question, "Save")
    assert "Saved." in saved.text
    (row,) = desk.rows("SELECT name, old, new, changed_by FROM policy_change")
    assert (row["name"], row["old"], row["new"]) == ("list_deleted", "keep", "delete")
    assert "list deleted keep → delete Ann Adviser" in saved.text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"owner": "oldest"}, "changes up to 4 people tonight, who share an address."),
        ({"shared_name": "household"}, "changes up to 2 people tonight, who share an address."),
        ({"foreign_memberships": "adopt"}, "changes up to 2 people tonight, who are on a list"),
        ({"foreign_memberships": "remove"}, "changes up to 1 person tonight, who are on a list"),
        ({"lists": "both"}, "changes 1 list tonight."),
        ({"removals_above": "50"}, "changes nobody tonight: it counts for plans"),
        ({"policy": "evidence"}, "changes nobody tonight: who waits already keeps the rules"),
    ],
)
def test_whom_a_policy_changes_tonight_is_told_before_it_is_saved(
    desk: Desk, changed: dict[str, str], says: str
) -> None:
    a_mirror(desk)
    browser = desk.log_in("approver")
    question = browser.press(browser.get("/settings/policies"), "Save", **changed)
    assert f"Saving this {says}" in question.text


def a_mirror(desk: Desk) -> None:
    """Fill the mirror: a couple, two colleagues at one address, two foreign members, lists."""
    desk.rows(
        """
        INSERT INTO practifi_record
          (connection_id, kind, sf_id, email_key, account_id, fields, source, seen_at)
        SELECT %(firm)s, 'contact', rpad(name, 18, '0'), key, account, '{}', 'snapshot', app_now()
        FROM (VALUES ('ann', 'home@x.org', '1'), ('bob', 'home@x.org', '1'),
          ('cyd', 'cyd@x.org', '2'), ('dee', 'dee@x.org', '3'),
          ('eli', 'desk@x.org', '4'), ('fay', 'desk@x.org', '5')) AS person (name, key, account)
        """
    )
    desk.rows(
        """
        WITH contact AS (
          INSERT INTO cc_contact
            (connection_id, contact_id, email_key, permission, resource, seen_at)
          VALUES (%(firm)s, gen_random_uuid(), 'cyd@x.org', 'implicit', '{}', app_now()),
            (%(firm)s, gen_random_uuid(), 'dee@x.org', 'unsubscribed', '{}', app_now())
          RETURNING contact_id),
        list AS (
          INSERT INTO cc_list (connection_id, list_id, name, seen_at)
          VALUES (%(firm)s, gen_random_uuid(), 'Letter', app_now())
          RETURNING list_id),
        linked AS (
          INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
          SELECT %(firm)s, 'list', rpad('letter', 18, '0'), list_id, true, app_now() FROM list),
        other AS (
          INSERT INTO cc_list (connection_id, list_id, name, seen_at)
          VALUES (%(firm)s, gen_random_uuid(), 'Only there', app_now()))
        INSERT INTO cc_membership (connection_id, list_id, contact_id, seen_at)
        SELECT %(firm)s, list_id, contact_id, app_now() FROM list CROSS JOIN contact
        """
    )


def test_a_value_that_is_none_is_told_at_the_top(desk: Desk) -> None:
    browser = desk.log_in("operator")
    seen = browser.press(browser.get("/settings/policies"), "Save", removals_percent="101")
    assert seen.status == 422
    assert "removals_percent=101: a whole number from 0 to 100 is wanted" in seen.text


def test_only_an_approver_loosens_a_consent_policy(desk: Desk) -> None:
    operator, approver = desk.log_in("operator"), desk.log_in("approver", name="Bob")
    stricter = operator.press(operator.get("/settings/policies"), "Save", policy="evidence")
    assert operator.press(stricter, "Save").status == 200
    looser = operator.press(operator.get("/settings/policies"), "Save", policy="practifi")
    refused = operator.press(looser, "Save")
    assert refused.status == 403
    assert "loosens a consent policy (policy): it needs an approver" in refused.text
    question = approver.press(approver.get("/settings/policies"), "Save", policy="practifi")
    assert approver.press(question, "Save").status == 200


def test_an_admin_gives_roles_and_they_hold_at_once(desk: Desk) -> None:
    admin, newcomer = desk.log_in("admin", name="Root"), desk.log_in(name="Newcomer")
    assert newcomer.get("/").status == 403
    page = admin.get("/settings/access")
    form = next(
        form
        for form in page.forms
        if form.buttons and "/access/" in form.action and "role" not in form.fields
    )
    saved = admin.post(form.action, dict(form.fields) | {"role": ["viewer", "approver"]})
    assert "Newcomer: no role → viewer, approver, by Root" in saved.text
    assert newcomer.get("/").status == 200


def test_the_last_admin_cannot_be_removed(desk: Desk) -> None:
    admin = desk.log_in("admin", name="Root")
    page = admin.get("/settings/access")
    form = next(form for form in page.forms if "/access/" in form.action)
    seen = admin.post(form.action, {"csrf": form.fields["csrf"], "role": "viewer"})
    assert seen.status == 422
    assert "Root is the last admin and cannot be removed" in seen.text
    desk.log_in("admin", name="Second")
    form_again = {"csrf": form.fields["csrf"], "role": "viewer"}
    admin.post(form.action, form_again)
    assert admin.get("/settings/access").status == 403


def test_people_of_another_organization_are_out_of_reach(desk: Desk) -> None:
    desk.log_in("viewer", name="Stranger", at=desk.other)
    admin = desk.log_in("admin", name="Root")
    page = admin.get("/settings/access")
    assert "Stranger" not in page.text
    (row,) = desk.rows("SELECT id FROM console_person WHERE name = 'Stranger'")
    token = page.form_with("Log out").fields["csrf"]
    path = f"/settings/access/{row['id']}"
    assert admin.post(path, {"csrf": token, "role": "admin"}).status == 404


def test_a_connection_of_another_organization_is_not_there(desk: Desk) -> None:
    browser = desk.log_in("admin")
    for section in ("resync", "connections", "allowance", "schedule", "policies"):
        assert browser.get(f"/settings/{section}?connection=other").status == 404, section
    token = browser.get("/settings").form_with("Log out").fields["csrf"]
    form = {"csrf": token, "connection": "other", "policy": "evidence", "mode": "plan"}
    assert browser.post("/settings/resync/lists", form).status == 404
    assert browser.post("/settings/policies", form).status == 404
    assert desk.rows("SELECT 1 FROM run") == []
