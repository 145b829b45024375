"""Runs in the console: the list, one run, its plan, and a person's word on it."""

from __future__ import annotations

import csv
import io
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from bridge.plans.model import SIGNS, sign_of
from tests.console.past import a_plan, a_run, a_step

if TYPE_CHECKING:
    from tests.fix_console import Desk


def states(desk: Desk, plan_id: int) -> list[str]:
    rows = desk.rows("SELECT state FROM step WHERE plan_id = %(id)s ORDER BY ordinal", id=plan_id)
    return [row["state"] for row in rows]


def test_the_list_shows_the_newest_runs_first_and_pages_by_number(desk: Desk) -> None:
    numbers = [a_run(desk, job="lists") for _ in range(30)]
    browser = desk.log_in("viewer")
    first = browser.get("/runs")
    assert f"Run {numbers[-1]}" in first.text
    assert f"Run {numbers[0]} " not in first.text
    second = browser.get(first.links["Older runs"])
    assert f"Run {numbers[0]}" in second.text
    assert "Older runs" not in second.links


def test_the_list_is_filtered_by_job_and_state(desk: Desk) -> None:
    kept = a_run(desk, job="activities", state="failed", reason="no answer")
    a_run(desk, job="lists")
    seen = desk.log_in("viewer").get("/runs?job=activities&state=failed")
    assert [name for name in seen.links if name.startswith("Run ")] == [f"Run {kept}"]
    assert "Failed: no answer. Run it again: it goes on where it was." in seen.text


def test_what_belongs_to_another_organization_is_not_there(desk: Desk) -> None:
    theirs = a_run(desk, at=desk.other)
    plan = a_plan(desk, theirs, at=desk.other)
    browser = desk.log_in("admin")
    assert f"Run {theirs}" not in browser.get("/runs").text
    token = browser.get("/runs").form_with("Log out").fields["csrf"]
    for path in ("", "/progress", "/plan.csv", "/plan.json", "/approve", "/discard"):
        assert browser.get(f"/runs/{theirs}{path}").status == 404, path
    for act in ("approve", "discard", "stop"):
        assert browser.post(f"/runs/{theirs}/{act}", {"csrf": token}).status == 404, act
    assert states(desk, plan) == ["planned"]
    assert desk.log_in("viewer", at=desk.other).get(f"/runs/{theirs}").status == 200


def test_a_run_shows_its_plan_with_totals_before_and_after(desk: Desk) -> None:
    run = a_run(desk, mode="plan", counters={"read": 3, "unchanged": 2, "planned": 1})
    numbers = [
        {"of": "list", "id": "l", "name": "Newsletter", "before": 1204, "after": 1210},
        {"of": "unsubscribed", "id": None, "name": "unsubscribed", "before": 88, "after": 91},
    ]
    a_plan(desk, run, before_after=numbers)
    seen = desk.log_in("operator").get(f"/runs/{run}")
    assert "Newsletter 1,204 -> 1,210; unsubscribed 88 -> 91" in seen.text
    assert "+ 0 add ~ 1 change - 0 remove ! 0 opt-out" in seen.text
    assert "Plan: 0 to add, 1 to change, 0 to remove, 0 opt-outs; about 1 call." in seen.text
    assert "Read 3: 2 unchanged, 1 planned, 0 skipped, 0 rejected." in seen.text
    assert "last name Old → New" in seen.text
    assert "ann@example.org" in seen.text


def test_a_viewer_sees_the_totals_and_no_people(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    a_plan(desk, run)
    browser = desk.log_in("viewer")
    seen = browser.get(f"/runs/{run}")
    assert "1 to change" in seen.text
    assert "ann@example.org" not in seen.text
    assert browser.get(f"/runs/{run}/plan.csv").status == 403


@pytest.mark.parametrize("name", ["<script>x</script>@e.org", "=1+1@e.org"])
def test_hostile_names_of_people_are_only_text(desk: Desk, name: str) -> None:
    run = a_run(desk, mode="plan")
    a_plan(desk, run, [a_step(name, last_name=["<b>", "<img src=x>"])])
    seen = desk.log_in("operator").get(f"/runs/{run}")
    assert name in seen.text
    assert "<script>x" not in seen.response.text
    assert "<img" not in seen.response.text


def test_steps_are_found_by_address_and_by_what_they_are(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    steps = [
        a_step("ann@example.org"),
        a_step("bob@example.org", kind="create_contact"),
        a_step("cid@example.org", kind="unsubscribe"),
    ]
    a_plan(desk, run, steps)
    browser = desk.log_in("operator")

    def found(query: str) -> list[str]:
        text = browser.get(f"/runs/{run}?{query}").text
        return [who for who in ("ann", "bob", "cid") if f"{who}@example.org" in text]

    assert found("") == ["ann", "bob", "cid"]
    assert found("sign=add") == ["bob"]
    assert found("sign=opt-out") == ["cid"]
    assert found("state=confirmed") == []
    assert "ann@example.org" not in browser.get(f"/runs/{run}?q=Bob@Example.org").response.text
    assert "No step fits." in browser.get(f"/runs/{run}?q=nobody@example.org").text


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("create_list", {}),
    ("add_campaign_member", {}),
    ("adopt_list", {}),
    ("delete_contact", {}),
    ("remove_member", {}),
    ("unsubscribe", {"permission_to_send": ["implicit", "unsubscribed"]}),
    ("update_contact", {"list_memberships": [["a", "b"], ["a"]]}),
    ("update_contact", {"list_memberships": [["a"], ["a", "b"]]}),
    ("update_contact", {"list_memberships": [["a"], ["b"]]}),
    ("update_contact", {"list_memberships": [["a"], None]}),
    ("update_contact", {"list_memberships": [["a"], []], "last_name": ["x", "y"]}),
    ("update_contact", {"last_name": ["x", "y"]}),
    ("move_address", {}),
]


def test_the_database_calls_steps_as_everybody_does(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    a_plan(
        desk,
        run,
        [
            a_step(f"{n}@example.org", kind=kind) | {"detail": json.dumps({"change": change})}
            for n, (kind, change) in enumerate(CHANGES)
        ],
    )
    browser = desk.log_in("operator")
    for sign in SIGNS:
        text = browser.get(f"/runs/{run}?sign={sign}").text
        found = {n for n in range(len(CHANGES)) if f" {n}@example.org" in text}
        assert found == {
            n
            for n, (kind, change) in enumerate(CHANGES)
            if sign_of(kind, {name: (old, new) for name, (old, new) in change.items()}) == sign
        }, sign


def test_a_plan_of_fifty_thousand_steps_opens_in_a_second(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    plan = a_plan(desk, run, [a_step("0@example.org")])
    desk.rows(
        """
        INSERT INTO step (connection_id, plan_id, ordinal, key, kind, subject_kind, subject_key,
          lane, detail, facts, reason, state)
        SELECT connection_id, plan_id, n, key || n, kind, subject_kind, n || '@example.org', lane,
          detail, facts, reason, state
        FROM step, generate_series(1, 49999) AS n
        WHERE plan_id = %(plan)s
        """,
        plan=plan,
    )
    desk.rows(
        "UPDATE plan SET totals = totals || '{\"steps\": 50000}' WHERE id = %(plan)s", plan=plan
    )
    browser = desk.log_in("approver")
    browser.get(f"/runs/{run}")
    for query in ("", "from=49900", "q=49999@example.org", "sign=change"):
        begun = time.monotonic()
        seen = browser.get(f"/runs/{run}?{query}")
        assert seen.status == 200
        assert time.monotonic() - begun < 1, query
    last = browser.get(f"/runs/{run}?from=49990")
    assert "49999@example.org" in last.text
    assert "Next steps" not in last.links


def test_a_plan_is_approved_after_a_page_that_says_what_happens(desk: Desk) -> None:
    run = a_run(desk, state="waiting", reason="26 removals")
    plan = a_plan(desk, run)
    browser = desk.log_in("approver")
    question = browser.get(browser.get(f"/runs/{run}").links["Approve all 1"])
    assert "1 step would be carried out: 1 to change." in question.text
    assert states(desk, plan) == ["planned"]
    done = browser.press(question, "Approve 1 step")
    assert "Approved. It is carried out in the background." in done.text
    (row,) = desk.rows("SELECT state, approved_by FROM plan")
    assert row["state"] == "approved"
    assert row["approved_by"].startswith("Ann Adviser (005")
    assert desk.woken == ["runs"]


def test_ticked_steps_alone_are_approved(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    plan = a_plan(desk, run, [a_step("ann@example.org"), a_step("bob@example.org")])
    browser = desk.log_in("approver")
    question = browser.press(browser.get(f"/runs/{run}"), "Approve ticked", step=["2"])
    assert "1 step would be carried out" in question.text
    assert "The other 1 step of the plan would be skipped." in question.text
    browser.press(question, "Approve 1 step")
    assert states(desk, plan) == ["skipped", "planned"]
    (row,) = desk.rows("SELECT origin FROM run WHERE applies_plan_id = %(plan)s", plan=plan)
    assert row["origin"] == "console"


def test_nothing_ticked_approves_nothing(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    a_plan(desk, run)
    seen = desk.log_in("approver").get(f"/runs/{run}/approve?part=ticked")
    assert seen.status == 403
    assert "No step is ticked" in seen.text


def test_removals_can_be_left_out(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    leaving = a_step("bob@example.org", list_memberships=[["a"], []])
    plan = a_plan(desk, run, [a_step("ann@example.org"), leaving], by_sign={"remove": 1})
    browser = desk.log_in("approver")
    question = browser.get(browser.get(f"/runs/{run}").links["Approve without removals"])
    browser.press(question, "Approve 1 step")
    assert states(desk, plan) == ["planned", "skipped"]


def test_a_plan_is_discarded_with_the_run_that_waits(desk: Desk) -> None:
    run = a_run(desk, state="waiting", reason="26 removals")
    plan = a_plan(desk, run)
    browser = desk.log_in("approver")
    question = browser.get(browser.get(f"/runs/{run}").links["Discard"])
    seen = browser.press(question, "Discard")
    assert "Discarded. Nothing of it is done." in seen.text
    assert states(desk, plan) == ["skipped"]
    assert desk.rows("SELECT state FROM run") == [{"state": "cancelled"}]


def test_who_is_slower_is_told_that_somebody_was_faster(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    a_plan(desk, run)
    first, second = desk.log_in("approver"), desk.log_in("approver", name="Bob")
    question = second.get(f"/runs/{run}/approve")
    first.press(first.get(f"/runs/{run}/discard"), "Discard")
    seen = second.press(question, "Approve 1 step")
    assert seen.status == 403
    assert "does not wait any more: it is discarded" in seen.text


def test_an_operator_stops_a_run_and_may_not_approve(desk: Desk) -> None:
    run = a_run(desk, state="reading", held=True, progress={"what": "reading", "done": 1700})
    browser = desk.log_in("operator")
    seen = browser.get(f"/runs/{run}")
    assert f"Run {run}: reading (page 4)" in seen.text
    assert "It stops after the call that is under way." in browser.press(seen, "Stop").text
    (row,) = desk.rows("SELECT cancel_asked_at FROM run")
    assert row["cancel_asked_at"] is not None
    assert browser.get(f"/runs/{run}/approve").status == 403


def test_a_run_that_takes_too_long_says_why(desk: Desk) -> None:
    for _ in range(3):
        a_run(desk, took_s=59)
    run = a_run(desk, state="applying", minutes_ago=5)
    seen = desk.log_in("viewer").get(f"/runs/{run}")
    assert "This takes longer than usual (59 s): no worker has it in hand" in seen.text
    assert "Such a run usually takes 1 minute." in seen.text


def test_an_export_is_safe_for_spreadsheets_and_whole(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    a_plan(desk, run, [a_step("=cmd()@e.org", reason="+1"), a_step("bob@example.org")])
    answer = desk.log_in("auditor").get(f"/runs/{run}/plan.csv").response
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row[2] for row in rows] == ["who", "'=cmd()@e.org", "bob@example.org"]
    assert rows[1][4] == "'+1"
    assert "attachment" in answer.headers["content-disposition"]


def test_the_json_is_the_document_of_the_command_line(desk: Desk) -> None:
    run = a_run(desk, mode="plan")
    plan = a_plan(desk, run)
    document = desk.log_in("auditor").get(f"/runs/{run}/plan.json").response.json()
    assert document["plan"]["id"] == plan
    assert [step["subject_key"] for step in document["steps"]] == ["ann@example.org"]


def test_a_place_that_no_list_has_is_no_fault(desk: Desk) -> None:
    browser = desk.log_in("approver")
    for address in ("/runs?before=", f"/runs/{a_run(desk)}?from="):
        assert browser.get(address + "9" * 40).status == 200


def test_what_a_plan_did_is_taken_back_by_a_plan_that_waits(desk: Desk) -> None:
    run = a_run(desk)
    plan = a_plan(desk, run, state="done")
    browser = desk.log_in("operator")
    seen = browser.get(browser.get(f"/runs/{run}").links["Undo"])
    assert "Nothing is done before somebody approves that plan." in seen.text
    seen = browser.press(seen, "Plan the undo")
    assert "The plan that takes it back is being made." in seen.text
    (asked,) = desk.rows("SELECT id, mode, state FROM run WHERE undoes_plan_id = %(p)s", p=plan)
    assert (asked["mode"], asked["state"]) == ("plan", "queued")
    assert seen.path == f"/runs/{asked['id']}"
    assert "Read both sides" not in seen.text
    assert desk.woken == ["runs"]


@pytest.mark.parametrize("values", [{"job": "lists"}, {"job": "contacts", "mode": "plan"}])
def test_what_cannot_be_taken_back_is_not_offered_and_refused(
    desk: Desk, values: dict[str, Any]
) -> None:
    run = a_run(desk, **values)
    a_plan(desk, run, state="done" if values["job"] == "lists" else "discarded")
    browser = desk.log_in("operator")
    assert "Undo" not in browser.get(f"/runs/{run}").links
    seen = browser.get(f"/runs/{run}/undo")
    assert seen.status == 403
    assert "cannot be taken back" in seen.text


def test_what_was_refused_is_shown_with_what_it_would_be_now(desk: Desk) -> None:
    run = a_run(desk)
    plan = a_plan(desk, run, state="done")
    now = [{"kind": "update_contact", "reason": "", "change": {"last_name": ["Old", "Newer"]}}]
    desk.rows(
        """
        UPDATE step
        SET state = 'refused', outcome = 'stale', answer = %(answer)s, finished_at = app_now()
        WHERE plan_id = %(plan)s
        """,
        answer=json.dumps({"now": now}),
        plan=plan,
    )
    browser = desk.log_in("approver")
    seen = browser.get(browser.get(f"/runs/{run}").links["1 refused step"])
    assert "last name Old → New" in seen.text
    assert "Now it would be: last name Old → Newer" in seen.text


def test_approving_a_stale_plan_shows_what_the_newer_one_does_otherwise(desk: Desk) -> None:
    def letter(after: int) -> list[dict[str, Any]]:
        return [{"of": "list", "id": "l", "name": "Newsletter", "before": 1204, "after": after}]

    old, new = a_run(desk, mode="plan"), a_run(desk, mode="plan")
    people = {name: f"{name}@example.org" for name in ("ann", "bob", "cy", "dee")}
    plan = a_plan(
        desk,
        old,
        [a_step(people[one]) for one in ("ann", "bob", "cy")],
        before_after=letter(1210),
        state="discarded",
    )
    later = a_plan(
        desk,
        new,
        [
            a_step(people["ann"]),
            a_step(people["bob"], last_name=["Old", "Newer"]),
            a_step(people["dee"]),
        ],
        before_after=letter(1208),
    )
    browser = desk.log_in("approver")
    seen = browser.get(f"/runs/{old}/approve")
    assert seen.status == 409
    assert f"Plan {plan} is stale: a newer run has made plan {later}." in seen.text
    assert "A plan made now differs: 1 step added, 1 dropped, 1 changed." in seen.text
    assert "Newsletter: planned 1,204 -> 1,210, now 1,204 -> 1,208" in seen.text
    for line in (
        "bob@example.org last name Old → New Old → Newer",
        "cy@example.org last name Old → New nothing",
        "dee@example.org last name nothing Old → New",
    ):
        assert line in seen.text
    assert people["ann"] not in seen.text
    csrf = browser.get(f"/runs/{new}").form_with("Log out").fields["csrf"]
    assert browser.post(f"/runs/{old}/approve", {"csrf": csrf}).text == seen.text
    assert states(desk, later) == ["planned"] * 3
    assert browser.get(seen.links[f"Go on with plan {later}"]).status == 200
    beside = browser.get(f"/runs/{new}/against/{later}")
    assert "Both plans say the same." in beside.text
    other = a_plan(desk, a_run(desk, at=desk.other), at=desk.other)
    assert browser.get(f"/runs/{new}/against/{other}").status == 404
    assert desk.log_in("viewer").get(f"/runs/{new}/against/{plan}").status == 403


def test_what_was_refused_is_added_up_by_steps_and_lists(desk: Desk) -> None:
    run = a_run(desk)
    letter, notes = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
    desk.rows(
        "INSERT INTO cc_list (connection_id, list_id, name, seen_at)"
        " SELECT %(firm)s, id, name, app_now()"
        " FROM unnest(%(ids)s::uuid[], %(names)s::text[]) AS l (id, name)",
        ids=[letter, notes],
        names=["Letter", "Notes"],
    )
    joins = a_step("ann@example.org", list_memberships=[[], [letter]])
    plan = a_plan(
        desk, run, [joins, a_step("bob@example.org"), a_step("cy@example.org")], state="done"
    )
    now = [
        [{"kind": "update_contact", "change": {"list_memberships": [[], [notes]]}}],
        [],
        [{"kind": "unsubscribe", "change": {"permission": ["implicit", "unsubscribed"]}}],
    ]
    for ordinal, steps in enumerate(now):
        desk.rows(
            "UPDATE step SET state = 'refused', finished_at = app_now(), answer = %(answer)s"
            " WHERE plan_id = %(plan)s AND ordinal = %(ordinal)s",
            answer=json.dumps({"now": steps}),
            plan=plan,
            ordinal=ordinal,
        )
    seen = desk.log_in("viewer").get(f"/runs/{run}")
    assert "A plan made now differs: 1 step added, 2 dropped, 1 changed." in seen.text
    assert "Letter: planned +1, now unchanged Notes: planned unchanged, now +1" in seen.text
