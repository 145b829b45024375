"""Campaigns written, scheduled, sent and removed through the V3 API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

ACTIVITY = {
    "format_type": 5,
    "from_name": "Nora Quist",
    "from_email": "office@harbour-lane.example.com",
    "reply_to_email": "office@harbour-lane.example.com",
    "subject": "What markets did",
    "html_content": "<html><body><h1>Calm</h1><p>Nothing happened.</p></body></html>",
}


def call(
    sandbox: RunningSandbox, method: str, path: str, body: object = None, status: int = 200
) -> Any:
    answer = sandbox.constant_contact(method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def message(answer: requests.Response) -> str:
    return str(answer.json()[0]["error_message"])


def campaign(sandbox: RunningSandbox, name: str = "Market letter") -> tuple[str, str]:
    """Make a campaign and return its id and that of its primary e-mail."""
    made = call(sandbox, "POST", "/emails", {"name": name, "email_campaign_activities": [ACTIVITY]})
    (primary,) = (
        one["campaign_activity_id"]
        for one in made["campaign_activities"]
        if one["role"] == "primary_email"
    )
    return made["campaign_id"], primary


def a_list(sandbox: RunningSandbox, *addresses: str) -> str:
    list_id: str = call(sandbox, "POST", "/contact_lists", {"name": "Letter"}, 201)["list_id"]
    for address in addresses:
        add(sandbox, list_id, address)
    return list_id


def add(sandbox: RunningSandbox, list_id: str, address: str) -> None:
    body = {
        "email_address": {"address": address, "permission_to_send": "implicit"},
        "create_source": "Account",
        "list_memberships": [list_id],
    }
    call(sandbox, "POST", "/contacts", body, 201)


def aim(sandbox: RunningSandbox, activity_id: str, **whom: object) -> None:
    """Say whom a mailing goes to."""
    call(sandbox, "PUT", f"/emails/activities/{activity_id}", ACTIVITY | whom)


def reached(sandbox: RunningSandbox, activity_id: str) -> list[int]:
    """Return how many each sending went to."""
    history = call(sandbox, "GET", f"/emails/activities/{activity_id}/send_history")
    return [one["count"] for one in history]


@pytest.mark.rule("cc-campaign-two-activities", "cc-campaign-status-case")
def test_a_new_campaign_is_a_draft_with_a_permalink(sandbox: RunningSandbox) -> None:
    campaign_id, primary = campaign(sandbox)
    shown = call(sandbox, "GET", f"/emails/{campaign_id}")
    assert shown["current_status"] == "Draft"
    roles = {one["role"] for one in shown["campaign_activities"]}
    assert roles == {"primary_email", "permalink"}
    activity = call(sandbox, "GET", f"/emails/activities/{primary}?include=html_content")
    assert activity["current_status"] == "DRAFT"
    assert {name: activity[name] for name in ACTIVITY} == ACTIVITY


@pytest.mark.rule("cc-campaign-name-unique")
def test_the_name_of_a_campaign_is_its_own_until_it_is_removed(sandbox: RunningSandbox) -> None:
    campaign_id, _ = campaign(sandbox)
    body = {"name": " market LETTER", "email_campaign_activities": [ACTIVITY]}
    assert sandbox.constant_contact("POST", "/emails", body).status_code == 409
    other, _ = campaign(sandbox, "Other")
    assert sandbox.constant_contact("PATCH", f"/emails/{other}", body).status_code == 409
    renamed = call(sandbox, "PATCH", f"/emails/{campaign_id}", {"name": "Autumn"})
    assert renamed["name"] == "Autumn"
    call(sandbox, "PATCH", f"/emails/{other}", {"name": "Market letter"})


@pytest.mark.rule("cc-campaign-custom-code")
@pytest.mark.parametrize(
    ("changed", "named"),
    [
        pytest.param({"format_type": 3}, "format_type", id="an editor's format"),
        pytest.param({"html_content": ""}, "html_content", id="no content"),
        pytest.param({"from_email": "nobody"}, "from_email", id="no sender"),
        pytest.param({"subject": 7}, "subject", id="no subject"),
        pytest.param({"preheader": "x" * 201}, "preheader", id="long preheader"),
        pytest.param({"physical_address_in_footer": {"city": "x"}}, "footer", id="footer"),
    ],
)
def test_a_faulty_campaign_is_refused_by_name(
    sandbox: RunningSandbox, changed: dict[str, Any], named: str
) -> None:
    body = {"name": "A", "email_campaign_activities": [ACTIVITY | changed]}
    answer = sandbox.constant_contact("POST", "/emails", body)
    assert answer.status_code == 400
    assert named in message(answer)


@pytest.mark.rule("cc-campaign-removed-listed")
def test_a_removed_campaign_is_still_listed(sandbox: RunningSandbox) -> None:
    campaign_id, _ = campaign(sandbox)
    call(sandbox, "DELETE", f"/emails/{campaign_id}", status=204)
    listed = call(sandbox, "GET", "/emails")["campaigns"]
    statuses = {one["campaign_id"]: one["current_status"] for one in listed}
    assert statuses[campaign_id] == "Removed"


@pytest.mark.rule("cc-activity-put-replaces")
def test_a_put_of_an_activity_clears_what_it_leaves_out(sandbox: RunningSandbox) -> None:
    _, primary = campaign(sandbox)
    aim(sandbox, primary, contact_list_ids=[a_list(sandbox)], preheader="In short")
    shown = call(sandbox, "GET", f"/emails/activities/{primary}")
    assert (len(shown["contact_list_ids"]), shown["preheader"]) == (1, "In short")
    aim(sandbox, primary)
    shown = call(sandbox, "GET", f"/emails/activities/{primary}")
    assert (shown["contact_list_ids"], "preheader" in shown) == ([], False)


@pytest.mark.rule("cc-schedule-now", "cc-send-history-bare", "cc-activity-put-drafts")
def test_a_mailing_is_sent_at_once_and_is_no_draft_any_more(sandbox: RunningSandbox) -> None:
    _, primary = campaign(sandbox)
    aim(sandbox, primary, contact_list_ids=[a_list(sandbox, "a@example.org", "b@example.org")])
    path = f"/emails/activities/{primary}"
    assert call(sandbox, "POST", f"{path}/schedules", {"scheduled_date": "0"}, 201) == []
    assert reached(sandbox, primary) == [2]
    sends = call(sandbox, "GET", f"/reports/email_reports/{primary}/tracking/sends")
    assert len(sends["tracking_activities"]) == 2
    answer = sandbox.constant_contact("PUT", path, ACTIVITY)
    assert (answer.status_code, "DRAFT" in message(answer)) == (400, True)


@pytest.mark.rule("cc-send-again-new-only")
def test_sent_again_it_reaches_who_has_not_got_it(sandbox: RunningSandbox) -> None:
    list_id = a_list(sandbox, "a@example.org")
    _, primary = campaign(sandbox)
    aim(sandbox, primary, contact_list_ids=[list_id])
    path = f"/emails/activities/{primary}/schedules"
    call(sandbox, "POST", path, {"scheduled_date": "0"}, 201)
    add(sandbox, list_id, "b@example.org")
    call(sandbox, "POST", path, {"scheduled_date": "0"}, 201)
    assert reached(sandbox, primary) == [1, 1]


@pytest.mark.rule("cc-schedule-later", "cc-schedule-bare")
def test_a_scheduled_mailing_is_sent_when_its_time_comes(sandbox: RunningSandbox) -> None:
    campaign_id, primary = campaign(sandbox)
    aim(sandbox, primary, contact_list_ids=[a_list(sandbox, "a@example.org")])
    there = datetime.fromisoformat(sandbox.control("GET", "/clock")["now"])
    at = (there + timedelta(hours=2)).isoformat()
    path = f"/emails/activities/{primary}/schedules"
    (scheduled,) = call(sandbox, "POST", path, {"scheduled_date": at}, 201)
    assert call(sandbox, "GET", path) == [scheduled]
    assert call(sandbox, "GET", f"/emails/{campaign_id}")["current_status"] == "Scheduled"
    sandbox.advance(3600)
    assert reached(sandbox, primary) == []
    sandbox.advance(3601)
    assert reached(sandbox, primary) == [1]
    assert call(sandbox, "GET", path) == []
    assert call(sandbox, "GET", f"/emails/{campaign_id}")["current_status"] == "Done"


@pytest.mark.rule("cc-schedule-called-off")
def test_what_is_called_off_is_not_sent(sandbox: RunningSandbox) -> None:
    campaign_id, primary = campaign(sandbox)
    aim(sandbox, primary, contact_list_ids=[a_list(sandbox, "a@example.org")])
    there = datetime.fromisoformat(sandbox.control("GET", "/clock")["now"])
    body = {"scheduled_date": (there + timedelta(hours=2)).isoformat()}
    path = f"/emails/activities/{primary}/schedules"
    call(sandbox, "POST", path, body, 201)
    assert sandbox.constant_contact("POST", path, body).status_code == 400
    call(sandbox, "DELETE", path, status=204)
    assert sandbox.constant_contact("DELETE", path).status_code == 404
    sandbox.advance(3 * 3600)
    assert reached(sandbox, primary) == []
    assert call(sandbox, "GET", f"/emails/{campaign_id}")["current_status"] == "Draft"


@pytest.mark.rule("cc-schedule-recipients")
@pytest.mark.parametrize("when", ["0", "2001-01-01T00:00:00Z", "soon", None])
def test_what_cannot_be_scheduled_is_refused(sandbox: RunningSandbox, when: object) -> None:
    _, primary = campaign(sandbox)
    path = f"/emails/activities/{primary}/schedules"
    assert sandbox.constant_contact("POST", path, {"scheduled_date": when}).status_code == 400


@pytest.mark.rule("cc-tests-five")
def test_five_addresses_a_test_and_fifty_mails_a_day(sandbox: RunningSandbox) -> None:
    _, primary = campaign(sandbox)
    path = f"/emails/activities/{primary}/tests"
    five = {"email_addresses": [f"{number}@example.org" for number in range(5)]}
    six = {"email_addresses": [*five["email_addresses"], "6@example.org"]}
    assert sandbox.constant_contact("POST", path, six).status_code == 400
    for _ in range(10):
        call(sandbox, "POST", path, five, 204)
    assert "50 test mails" in message(sandbox.constant_contact("POST", path, five))
    assert reached(sandbox, primary) == []
    sandbox.advance(86_400)
    call(sandbox, "POST", path, five, 204)


@pytest.mark.rule("cc-preview")
def test_a_preview_has_html_and_text(sandbox: RunningSandbox) -> None:
    _, primary = campaign(sandbox)
    shown = call(sandbox, "GET", f"/emails/activities/{primary}/previews")
    assert shown["preview_html_content"] == ACTIVITY["html_content"]
    assert shown["preview_text_content"] == "Calm Nothing happened."


@pytest.mark.parametrize("kind", ["schedules", "previews", "send_history"])
def test_an_unknown_mailing_is_a_404(sandbox: RunningSandbox, kind: str) -> None:
    path = f"/emails/activities/0c6c1b1a-22b5-11ef-8f3e-fa163e123590/{kind}"
    assert sandbox.constant_contact("GET", path).status_code == 404
