"""Campaigns of the Constant Contact stand-in: sent, listed, sent again, removed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

WEB = "Website Sign-ups"
MARTA, PRIYA = "marta.oyelaran@example.org", "priya.dunmore@example.org"
GUS = "gus.lindqvist@example.com"  # unsubscribed when the sandbox starts


def list_named(sandbox: RunningSandbox, name: str) -> str:
    (found,) = sandbox.constant_contact("GET", "/contact_lists", name=name).json()["lists"]
    list_id: str = found["list_id"]
    return list_id


def send(sandbox: RunningSandbox, *activities: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"name": "Autumn letter", "subject": "What the autumn brings", **more}
    body.setdefault("list_ids", [list_named(sandbox, WEB)])
    sent: dict[str, Any] = sandbox.control(
        "POST", "/constant-contact/campaigns", body | {"activities": activities}
    )
    return sent


def send_again(sandbox: RunningSandbox, campaign_id: str, **body: Any) -> dict[str, Any]:
    path = f"/constant-contact/campaigns/{campaign_id}/send"
    sent: dict[str, Any] = sandbox.control("POST", path, body)
    return sent


def get(sandbox: RunningSandbox, path: str, **query: Any) -> Any:
    answer = sandbox.constant_contact("GET", path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(sandbox: RunningSandbox, activity_id: str, kind: str) -> list[dict[str, Any]]:
    path = f"/reports/email_reports/{activity_id}/tracking/{kind}"
    found: list[dict[str, Any]] = get(sandbox, path)["tracking_activities"]
    return found


def roles(sandbox: RunningSandbox, campaign_id: str) -> dict[str, str]:
    activities = get(sandbox, f"/emails/{campaign_id}")["campaign_activities"]
    return {each["role"]: each["campaign_activity_id"] for each in activities}


def test_a_sent_campaign_is_listed_without_activities_and_shown_with_them(
    sandbox: RunningSandbox,
) -> None:
    sent = send(sandbox)
    (listed,) = get(sandbox, "/emails")["campaigns"]
    shown = get(sandbox, f"/emails/{sent['campaign_id']}")
    activities = shown.pop("campaign_activities")
    assert shown == listed
    assert listed["campaign_id"] == sent["campaign_id"]
    assert (listed["name"], listed["current_status"]) == ("Autumn letter", "Done")
    assert listed["updated_at"][-5:].endswith("Z")
    assert listed["updated_at"][-5] == "."
    assert [each["role"] for each in activities] == ["primary_email", "permalink"]
    assert activities[0]["campaign_activity_id"] == sent["campaign_activity_id"]


def test_an_activity_says_who_wrote_what_to_which_lists(sandbox: RunningSandbox) -> None:
    activity_id = send(sandbox)["campaign_activity_id"]
    activity = get(sandbox, f"/emails/activities/{activity_id}")
    assert activity["subject"] == "What the autumn brings"
    assert activity["from_name"] == "Harbour Lane Wealth"
    assert "@" in activity["from_email"]
    assert activity["contact_list_ids"] == [list_named(sandbox, WEB)]
    assert activity["current_status"] == "DONE"
    assert "permalink_url" not in activity
    shown = get(sandbox, f"/emails/activities/{activity_id}", include="permalink_url,html_content")
    assert shown["permalink_url"].startswith("https://")
    assert shown["html_content"].startswith("<html>")


def test_a_history_of_sendings_is_a_bare_list(sandbox: RunningSandbox) -> None:
    sent = send(sandbox)
    (sending,) = get(sandbox, f"/emails/activities/{sent['campaign_activity_id']}/send_history")
    assert sending["count"] == sent["sent"]
    assert sending["send_status"] == "COMPLETED"
    assert sending["contact_list_ids"] == [list_named(sandbox, WEB)]


def test_campaigns_are_found_by_the_time_of_their_last_change(sandbox: RunningSandbox) -> None:
    old = send(sandbox, name="Old")
    sandbox.advance(3600)
    young = send(sandbox, name="Young")
    between = datetime.fromisoformat(get(sandbox, "/emails")["campaigns"][0]["updated_at"])
    text = (between - timedelta(minutes=1)).isoformat()

    def found(**query: str) -> list[str]:
        return [each["campaign_id"] for each in get(sandbox, "/emails", **query)["campaigns"]]

    assert found() == [young["campaign_id"], old["campaign_id"]]
    assert found(after_date=text) == [young["campaign_id"]]
    assert found(before_date=text) == [old["campaign_id"]]
    send_again(sandbox, old["campaign_id"])
    assert found(after_date=text) == [young["campaign_id"], old["campaign_id"]]


def test_campaigns_come_in_pages(sandbox: RunningSandbox) -> None:
    sent = [send(sandbox, name=f"Letter {number}")["campaign_id"] for number in range(5)]
    page = get(sandbox, "/emails", limit=2)
    found = page["campaigns"]
    while link := page.get("_links", {}).get("next", {}).get("href"):
        page = get(sandbox, link)
        found += page["campaigns"]
    assert [each["campaign_id"] for each in found] == sent[::-1]


def test_a_draft_has_no_sendings_and_empty_reports_until_it_is_sent(
    sandbox: RunningSandbox,
) -> None:
    draft = send(sandbox, draft=True)
    activity_id = draft["campaign_activity_id"]
    assert draft["sent"] == 0
    assert get(sandbox, f"/emails/{draft['campaign_id']}")["current_status"] == "Draft"
    assert get(sandbox, f"/emails/activities/{activity_id}/send_history") == []
    page = get(sandbox, f"/reports/email_reports/{activity_id}/tracking/sends")
    assert page == {"tracking_activities": [], "_links": {}}
    assert send_again(sandbox, draft["campaign_id"])["sent"] == len(
        rows(sandbox, activity_id, "sends")
    )


def test_a_campaign_sent_again_reaches_only_who_is_new_on_its_lists(
    sandbox: RunningSandbox,
) -> None:
    sent = send(sandbox)
    contact = {
        "email_address": {"address": "late@example.org"},
        "create_source": "Account",
        "list_memberships": [list_named(sandbox, WEB)],
    }
    contact_id = sandbox.constant_contact("POST", "/contacts", contact).json()["contact_id"]
    sandbox.advance(60)
    late_open = {"email": MARTA, "kind": "open"}
    again = send_again(sandbox, sent["campaign_id"], activities=[late_open])
    assert again == {**sent, "sent": 1}
    activity_id = sent["campaign_activity_id"]
    assert rows(sandbox, activity_id, "sends")[0]["contact_id"] == contact_id
    assert len(rows(sandbox, activity_id, "sends")) == sent["sent"] + 1
    assert [row["email_address"] for row in rows(sandbox, activity_id, "opens")] == [MARTA]
    history = get(sandbox, f"/emails/activities/{activity_id}/send_history")
    assert [(each["send_id"], each["count"]) for each in history] == [(1, sent["sent"]), (2, 1)]


def test_a_resend_is_a_mailing_of_its_own_to_who_has_not_opened(sandbox: RunningSandbox) -> None:
    sent = send(sandbox, {"email": MARTA, "kind": "open"})
    again = send_again(sandbox, sent["campaign_id"], to="non_openers", subject="Have you seen it?")
    assert again["sent"] == sent["sent"] - 1
    assert roles(sandbox, sent["campaign_id"])["resend"] == again["campaign_activity_id"]
    assert again["campaign_activity_id"] != sent["campaign_activity_id"]
    reached = {
        row["email_address"] for row in rows(sandbox, again["campaign_activity_id"], "sends")
    }
    assert MARTA not in reached
    activity = get(sandbox, f"/emails/activities/{again['campaign_activity_id']}")
    assert (activity["role"], activity["subject"]) == ("resend", "Have you seen it?")


def test_a_removed_campaign_is_listed_and_keeps_its_reports(sandbox: RunningSandbox) -> None:
    sent = send(sandbox)
    sandbox.control("POST", f"/constant-contact/campaigns/{sent['campaign_id']}/remove")
    (listed,) = get(sandbox, "/emails")["campaigns"]
    assert listed["current_status"] == "Removed"
    assert len(rows(sandbox, sent["campaign_activity_id"], "sends")) == sent["sent"]


def test_nobody_who_unsubscribed_is_mailed(sandbox: RunningSandbox) -> None:
    sent = send(sandbox, list_ids=[list_named(sandbox, "General Interest")])
    reached = {row["email_address"] for row in rows(sandbox, sent["campaign_activity_id"], "sends")}
    assert len(reached) == sent["sent"] > 0
    assert GUS not in reached


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/emails/unknown", 404),
        ("/emails/activities/unknown", 404),
        ("/emails/activities/unknown/send_history", 404),
        ("/emails?after_date=yesterday", 400),
        ("/emails?limit=501", 400),
    ],
)
def test_a_refusal_is_a_list_of_errors(sandbox: RunningSandbox, path: str, status: int) -> None:
    answer = sandbox.constant_contact("GET", path)
    assert answer.status_code == status
    assert set(answer.json()[0]) == {"error_key", "error_message"}


def test_without_the_scope_campaigns_and_their_reports_are_forbidden(
    sandbox: RunningSandbox,
) -> None:
    activity_id = send(sandbox)["campaign_activity_id"]
    sandbox.control("PUT", "/constant-contact/policy", {"campaign_data": False})
    listing = sandbox.constant_contact("GET", "/emails")
    report = sandbox.constant_contact("GET", f"/reports/email_reports/{activity_id}/tracking/opens")
    assert (listing.status_code, report.status_code) == (403, 403)
    assert isinstance(listing.json(), list)
    assert isinstance(report.json(), dict)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/constant-contact/campaigns/unknown/send", {}),
        ("/constant-contact/campaigns/unknown/remove", {}),
    ],
)
def test_an_unknown_campaign_cannot_be_acted_on(
    sandbox: RunningSandbox, path: str, body: dict[str, object]
) -> None:
    answer = sandbox.session.post(f"{sandbox.line['control_url']}{path}", json=body, timeout=10)
    assert answer.status_code == 404
    assert "unknown" in answer.json()["error"]
