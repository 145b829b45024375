"""What arrived, the five panes of one notification, and the problems of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.console.past import RECORD, a_plan, a_run, a_step, arrived
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from tests.fix_console import Desk


def test_an_empty_inbox_says_so(desk: Desk) -> None:
    assert "Nothing arrived yet." in desk.log_in("operator").get("/inbox").text


def test_notifications_are_found_by_record_address_and_own_id(desk: Desk) -> None:
    first = arrived(desk, 1)
    arrived(desk, 2, record_id="0035g00000BobAAAAZ", people=["bob@example.org"], state="done")
    browser = desk.log_in("operator")
    for text in (RECORD, RECORD[:15], "Ann@example.org", first):
        seen = browser.get(f"/inbox?q={text}")
        assert first in seen.text, text
        assert "04l000000000002AAA" not in seen.text, text
    assert first not in browser.get("/inbox?state=done").text
    assert "No notification matches." in browser.get("/inbox?q=nobody").text


def test_the_inbox_pages_by_arrival(desk: Desk) -> None:
    for number in range(1, 53):
        arrived(desk, number, people=[])
    browser = desk.log_in("operator")
    first = browser.get("/inbox")
    assert "04l000000000052AAA" in first.text
    second = browser.get(first.links["Older notifications"])
    assert "04l000000000001AAA" in second.text
    assert "Older notifications" not in second.links


def test_a_notification_has_five_panes(desk: Desk) -> None:
    one = arrived(desk)
    browser = desk.log_in("auditor")
    seen = browser.get(browser.get("/inbox").links[one])
    for pane in ("Raw", "Parsed", "Mapped", "Call", "Answer"):
        assert pane in seen.text
    assert "dead : the e-mail address is not one" in seen.text
    assert "No call was made for it." in seen.text
    assert "Replay" not in seen.text


def test_a_try_that_failed_says_when_it_did_and_when_the_next_one_is(desk: Desk) -> None:
    one = arrived(desk, state="working")
    desk.rows(
        "INSERT INTO work (connection_id, kind, key, lane, due_at, attempts, failed_at) VALUES"
        " (%(firm)s, 'address', 'ann@example.org', 2, '2026-11-28 14:10Z', 3, '2026-11-28 14:02Z')"
    )
    browser = desk.log_in("operator")
    for page in ("/inbox", f"/inbox/firm/{one}"):
        assert "3rd attempt failed 14:02, next 14:10" in browser.get(page).text


def test_a_notification_is_replayed_with_todays_mapping(desk: Desk) -> None:
    one = arrived(desk)
    browser = desk.log_in("operator")
    seen = browser.press(browser.get(f"/inbox/firm/{one}"), "Replay with today's mapping")
    assert "Put in line again." in seen.text
    (row,) = desk.rows("SELECT state, replay FROM notification")
    assert (row["state"], row["replay"]) == ("received", "todays_mapping")
    assert desk.woken == ["triage"]


def test_what_nobody_can_replay_as_accepted_is_told(desk: Desk) -> None:
    one = arrived(desk)
    browser = desk.log_in("operator")
    seen = browser.press(browser.get(f"/inbox/firm/{one}"), "Replay as accepted")
    assert seen.status == 409
    assert "nobody knows by which mapping" in seen.text


def accepted_by_a_mapping(desk: Desk) -> None:
    with desk.database.transaction() as tx:
        tx.execute("UPDATE connection SET profile = 'practifi'")
        activate(tx, desk.firm, read_files(MAPPINGS), by="test")
        tx.execute("UPDATE notification SET mapping_version_id = 1")


def test_what_was_accepted_by_a_known_mapping_is_replayed_by_it(desk: Desk) -> None:
    one = arrived(desk)
    accepted_by_a_mapping(desk)
    browser = desk.log_in("operator")
    page = browser.get(f"/inbox/firm/{one}")
    assert "By mapping v1, in force when it was accepted" in page.text
    assert browser.press(page, "Replay as accepted").status == 200
    assert desk.rows("SELECT replay FROM notification") == [{"replay": "as_accepted"}]


def test_problems_are_ranked_by_people_and_tried_one_first(desk: Desk) -> None:
    for number in range(1, 4):
        arrived(desk, number, cause="remote:few", people=["ann@example.org"])
    arrived(desk, 9, cause="record-error:many", people=["a@e.org", "b@e.org"])
    browser = desk.log_in("operator")
    seen = browser.get("/problems")
    assert seen.text.index("2 people: record-error:many") < seen.text.index("1 person: remote:few")
    assert "3 notifications since" in seen.text
    form = next(form for form in seen.forms if form.fields.get("cause") == "remote:few")
    tried = browser.post(form.action, form.fields)
    assert tried.path == "/inbox/firm/04l000000000001AAA"
    states = desk.rows("SELECT state FROM notification WHERE record_id IS NOT NULL ORDER BY seq")
    assert [row["state"] for row in states] == ["received", "dead", "dead", "dead"]
    again = browser.get("/problems")
    rest = next(
        form
        for form in again.forms
        if form.fields.get("cause") == "remote:few" and form.fields["count"] == "all"
    )
    browser.post(rest.action, rest.fields)
    assert "remote:few" not in browser.get("/problems").text


def test_a_problem_says_by_which_mapping_it_was_first_caused(desk: Desk) -> None:
    arrived(desk)
    accepted_by_a_mapping(desk)
    text = desk.log_in("operator").get("/problems").text
    assert "1 notification since" in text
    assert "first caused by mapping v1" in text
    assert "the e-mail address is not one" in text


def test_a_problem_says_in_which_run_it_was_first_met(desk: Desk) -> None:
    said = "the e-mail address is not one"
    ran = {who: a_run(desk) for who in ("early", "again", "otherwise", "else")}
    plans = {
        who: a_plan(desk, ran[who], [a_step("bob@e.org" if who == "else" else "ann@example.org")])
        for who in ran
    }
    arrived(desk)
    accepted_by_a_mapping(desk)
    desk.rows(
        "UPDATE step SET state = 'refused', finished_at = app_now() - interval '1 hour',"
        " outcome = %(said)s",
        said=said,
    )
    desk.rows("UPDATE step SET outcome = 'else' WHERE plan_id = %(plan)s", plan=plans["otherwise"])
    browser = desk.log_in("operator")
    seen = browser.get("/problems")
    assert f"first caused by mapping v1 / run {ran['early']}" in seen.text
    assert browser.get(seen.links[f"run {ran['early']}"]).status == 200
    assert browser.get(seen.links["mapping v1"]).status == 200
    desk.rows("UPDATE step SET finished_at = app_now() + interval '1 hour'")
    assert "first caused by mapping v1 Explain" in browser.get("/problems").text


def test_a_viewer_sees_the_problems_and_no_people(desk: Desk) -> None:
    arrived(desk)
    browser = desk.log_in("viewer")
    seen = browser.get("/problems")
    assert "1 person: record-error:Email" in seen.text
    assert "Retry" not in seen.text
    assert browser.get("/inbox").status == 403


def test_nothing_of_another_organization_is_shown_or_replayed(desk: Desk) -> None:
    theirs = arrived(desk, at=desk.other)
    browser = desk.log_in("admin")
    assert theirs not in browser.get("/inbox").text
    assert browser.get(f"/inbox/other/{theirs}").status == 404
    assert browser.get("/problems").text.count("record-error") == 0
    token = browser.get("/problems").form_with("Log out").fields["csrf"]
    path = f"/inbox/other/{theirs}/replay"
    assert browser.post(path, {"csrf": token, "mode": "todays_mapping"}).status == 404
    form = {"csrf": token, "connection": "other", "cause": "record-error:Email", "count": "all"}
    assert browser.post("/problems/retry", form).status == 404
    assert desk.rows("SELECT state FROM notification") == [{"state": "dead"}]
