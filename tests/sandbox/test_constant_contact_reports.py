"""Reports of the Constant Contact stand-in: what recipients did, and what it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.test_constant_contact_campaigns import (
    MARTA,
    PRIYA,
    get,
    roles,
    rows,
    send,
    send_again,
)

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox

LINK = "https://harbour-lane.example.com/autumn"
ROW = {
    "contact_id",
    "campaign_activity_id",
    "tracking_activity_type",
    "email_address",
    "first_name",
    "last_name",
    "created_time",
}
KINDS = {
    "sends": "em_sends",
    "opens": "em_opens",
    "unique_opens": "em_opens",
    "didnotopens": "em_didnotopens",
    "clicks": "em_clicks",
    "bounces": "em_bounces",
    "optouts": "em_optouts",
    "forwards": "em_forwards",
}


def tracking(activity_id: str, kind: str) -> str:
    return f"/reports/email_reports/{activity_id}/tracking/{kind}"


def contact_with(sandbox: RunningSandbox, address: str) -> dict[str, Any]:
    page = get(sandbox, "/contacts", email=address, status="all")
    contact: dict[str, Any] = page["contacts"][0]
    return contact


@pytest.mark.parametrize(
    ("kind", "activity", "extra"),
    [
        ("sends", None, set()),
        ("opens", {"kind": "open", "device_type": "mobile"}, {"device_type"}),
        ("unique_opens", {"kind": "open"}, set()),
        ("didnotopens", None, set()),
        ("clicks", {"kind": "click", "link_url": LINK}, {"url_id", "link_url"}),
        (
            "bounces",
            {"kind": "bounce", "bounce_code": "F"},
            {"bounce_code", "current_email_address"},
        ),
        ("optouts", {"kind": "optout", "reason": "Too many"}, {"opt_out_reason"}),
        ("forwards", {"kind": "forward"}, set()),
    ],
)
def test_each_kind_of_row_has_what_is_documented(
    sandbox: RunningSandbox, kind: str, activity: dict[str, Any] | None, extra: set[str]
) -> None:
    played = [] if activity is None else [{"email": MARTA, **activity}]
    activity_id = send(sandbox, *played)["campaign_activity_id"]
    page = get(sandbox, tracking(activity_id, kind))
    row = page["tracking_activities"][-1]
    assert page["_links"] == {}
    assert set(row) == ROW | extra
    assert row["tracking_activity_type"] == KINDS[kind]
    assert row["campaign_activity_id"] == activity_id
    assert row["created_time"][-5] == "."
    assert row["created_time"][-1] == "Z"


def test_an_open_that_lies_ahead_is_reported_when_its_time_has_come(
    sandbox: RunningSandbox,
) -> None:
    late_s = 40 * 86_400
    activity_id = send(sandbox, {"email": MARTA, "kind": "open", "after_s": late_s})[
        "campaign_activity_id"
    ]
    assert rows(sandbox, activity_id, "opens") == []
    sandbox.advance(late_s + 1)
    assert [row["email_address"] for row in rows(sandbox, activity_id, "opens")] == [MARTA]


def test_rows_come_newest_first_in_pages_that_new_rows_do_not_disturb(
    sandbox: RunningSandbox,
) -> None:
    opens = [{"email": MARTA, "kind": "open", "after_s": second} for second in range(8)]
    activity_id = send(sandbox, *opens)["campaign_activity_id"]
    sandbox.advance(5)
    page = get(sandbox, tracking(activity_id, "opens"), limit=2)
    before = get(sandbox, tracking(activity_id, "opens"))["tracking_activities"]
    sandbox.advance(60)
    found = page["tracking_activities"]
    while link := page["_links"].get("next", {}).get("href"):
        assert link.startswith("/v3/reports/email_reports/")
        page = get(sandbox, link)
        found += page["tracking_activities"]
    assert found == before
    times = [row["created_time"] for row in rows(sandbox, activity_id, "opens")]
    assert times == sorted(times, reverse=True)
    assert len(times) == len(opens)


def test_who_opened_twice_has_opened_once_and_did_open(sandbox: RunningSandbox) -> None:
    sent = send(
        sandbox,
        {"email": MARTA, "kind": "open"},
        {"email": MARTA, "kind": "open", "after_s": 30},
        {"email": PRIYA, "kind": "bounce"},
    )
    sandbox.advance(31)
    activity_id = sent["campaign_activity_id"]
    opens = rows(sandbox, activity_id, "opens")
    assert len(opens) == 2
    assert rows(sandbox, activity_id, "unique_opens") == opens[:1]
    not_opened = {row["email_address"] for row in rows(sandbox, activity_id, "didnotopens")}
    assert len(not_opened) == sent["sent"] - 2
    assert not_opened.isdisjoint({MARTA, PRIYA})


@pytest.mark.rule("cc-optout-report-row", "cc-optout-by-person")
def test_an_opt_out_is_the_persons_own_and_leaves_updated_at_alone(
    sandbox: RunningSandbox,
) -> None:
    before = contact_with(sandbox, MARTA)
    optout = {"email": MARTA, "kind": "optout", "reason": "Too many", "after_s": 60}
    activity_id = send(sandbox, optout)["campaign_activity_id"]
    sandbox.advance(61)
    assert [row["email_address"] for row in rows(sandbox, activity_id, "optouts")] == [MARTA]
    after = contact_with(sandbox, MARTA)
    email = after["email_address"]
    assert (email["permission_to_send"], email["opt_out_source"]) == ("unsubscribed", "Contact")
    assert email["opt_out_reason"] == "Too many"
    assert after["update_source"] == "Contact"
    assert after["updated_at"] == before["updated_at"]


def test_bounces_are_chosen_by_one_code_or_several(sandbox: RunningSandbox) -> None:
    activity_id = send(
        sandbox,
        {"email": MARTA, "kind": "bounce", "bounce_code": "F"},
        {"email": PRIYA, "kind": "bounce", "bounce_code": "V"},
    )["campaign_activity_id"]

    def codes(query: str) -> set[str]:
        page = get(sandbox, f"{tracking(activity_id, 'bounces')}{query}")
        return {row["bounce_code"] for row in page["tracking_activities"]}

    assert codes("") == codes("?bounce_code=V&bounce_code=F") == {"F", "V"}
    assert codes("?bounce_code=V") == {"V"}
    assert codes("?bounce_code=B") == set()


def test_links_are_counted_by_contact_and_clicks_found_by_link(sandbox: RunningSandbox) -> None:
    other = "https://harbour-lane.example.com/unclicked"
    click = {"email": MARTA, "kind": "click", "link_url": LINK}
    activity_id = send(sandbox, click, click, links=[other])["campaign_activity_id"]
    path = f"/reports/email_reports/{activity_id}/links"
    (clicked,) = get(sandbox, path)["link_click_counts"]
    assert (clicked["link_url"], clicked["unique_clicks"]) == (LINK, 1)
    assert clicked["url_id"].isdigit()
    every = get(sandbox, path, no_clicks="true")["link_click_counts"]
    assert {one["link_url"]: one["unique_clicks"] for one in every} == {LINK: 1, other: 0}
    clicks = get(sandbox, tracking(activity_id, "clicks"), url_id=clicked["url_id"])
    assert len(clicks["tracking_activities"]) == 2
    unclicked = next(one["url_id"] for one in every if one["link_url"] == other)
    none = get(sandbox, tracking(activity_id, "clicks"), url_id=unclicked)
    assert none["tracking_activities"] == []


def test_rows_keep_the_address_of_the_sending_and_say_who_was_deleted(
    sandbox: RunningSandbox,
) -> None:
    contact = contact_with(sandbox, MARTA)
    path = f"/contacts/{contact['contact_id']}"
    activity_id = send(sandbox, {"email": MARTA, "kind": "bounce"})["campaign_activity_id"]
    moved = {"update_source": "Account", "email_address": {"address": "moved@example.org"}}
    sandbox.constant_contact("PUT", path, moved)
    sandbox.constant_contact("DELETE", path)
    (bounce,) = rows(sandbox, activity_id, "bounces")
    assert bounce["email_address"] == MARTA
    assert bounce["current_email_address"] == "moved@example.org"
    assert len(bounce["deleted_at"]) == len("2026-11-23")


def stats_of(sandbox: RunningSandbox, activity_id: str) -> dict[str, Any]:
    (result,) = get(sandbox, f"/reports/stats/email_campaign_activities/{activity_id}")["results"]
    assert result["campaign_activity_id"] == activity_id
    stats: dict[str, Any] = result["stats"] | {"at": result["last_refresh_time"]}
    return stats


def test_counts_agree_with_the_rows(sandbox: RunningSandbox) -> None:
    sent = send(
        sandbox,
        {"email": MARTA, "kind": "open", "device_type": "computer"},
        {"email": MARTA, "kind": "open"},
        {"email": MARTA, "kind": "click", "link_url": LINK, "device_type": "mobile"},
        {"email": PRIYA, "kind": "bounce", "bounce_code": "V"},
    )
    stats = stats_of(sandbox, sent["campaign_activity_id"])
    expected = {
        "em_sends": sent["sent"],
        "em_opens": 1,
        "em_opens_all": 2,
        "em_opens_all_computer": 1,
        "em_opens_all_none": 1,
        "em_clicks": 1,
        "em_clicks_all_mobile": 1,
        "em_bounces": 1,
        "em_bounces_vacation": 1,
        "em_bounces_blocked": 0,
        "em_optouts": 0,
        "em_forwards": 0,
        "em_not_opened": sent["sent"] - 2,
    }
    assert {name: stats[name] for name in expected} == expected


def test_counts_stand_still_for_as_long_as_they_are_cached(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/constant-contact/policy", {"stats_cached_s": 3600})
    later = {"email": MARTA, "kind": "open", "after_s": 60}
    activity_id = send(sandbox, later)["campaign_activity_id"]
    first = stats_of(sandbox, activity_id)
    sandbox.advance(120)
    assert stats_of(sandbox, activity_id) == first
    assert len(rows(sandbox, activity_id, "opens")) == 1
    sandbox.advance(3600)
    fresh = stats_of(sandbox, activity_id)
    assert (first["em_opens"], fresh["em_opens"]) == (0, 1)
    assert fresh["at"] > first["at"]


def test_a_campaign_counts_all_its_mailings(sandbox: RunningSandbox) -> None:
    sent = send(sandbox, {"email": MARTA, "kind": "open"})
    again = send_again(sandbox, sent["campaign_id"], to="non_openers")
    (result,) = get(sandbox, f"/reports/stats/email_campaigns/{sent['campaign_id']}")["results"]
    assert result["stats"]["em_sends"] == sent["sent"] + again["sent"]
    assert "em_bounces_vacation" not in result["stats"]
    assert result["percents"]["bounce"] == 0


def test_one_unknown_id_makes_all_counts_a_404(sandbox: RunningSandbox) -> None:
    sent = send(sandbox)
    ids = f"{sent['campaign_id']},00000000-0000-4000-8000-000000000000"
    answer = sandbox.constant_contact("GET", f"/reports/stats/email_campaigns/{ids}")
    assert answer.status_code == 404
    assert answer.json()["error_key"] == "reportingsvc.not_found.invalid_path_param.campaign_ids."


def test_counts_are_given_for_at_most_150_ids(sandbox: RunningSandbox) -> None:
    campaign_id = send(sandbox)["campaign_id"]
    path = "/reports/stats/email_campaigns/"
    assert len(get(sandbox, path + ",".join([campaign_id] * 150))["results"]) == 150
    answer = sandbox.constant_contact("GET", path + ",".join([campaign_id] * 151))
    assert answer.status_code == 400


def test_summaries_name_the_campaign_sent_last_first(sandbox: RunningSandbox) -> None:
    old = send(sandbox, {"email": MARTA, "kind": "open"}, name="Old")
    sandbox.advance(60)
    young = send(sandbox, name="Young")
    send(sandbox, name="Never sent", draft=True)
    path = "/reports/summary_reports/email_campaign_summaries"
    page = get(sandbox, path, limit=1)
    last = get(sandbox, page["_links"]["next"]["href"])
    found = [each for one in (page, last) for each in one["bulk_email_campaign_summaries"]]
    assert [each["campaign_id"] for each in found] == [young["campaign_id"], old["campaign_id"]]
    assert found[1]["unique_counts"]["opens"] == 1
    assert last["_links"] == {}
    assert last["aggregate_percents"]["open"] == pytest.approx(100 / old["sent"], abs=0.01)
    assert page["aggregate_percents"]["open"] == 0


@pytest.mark.parametrize("spelling", ["repeated", "joined"])
def test_what_one_contact_did_is_told_by_type(sandbox: RunningSandbox, spelling: str) -> None:
    sent = send(sandbox, {"email": MARTA, "kind": "open"}, {"email": MARTA, "kind": "forward"})
    contact_id = contact_with(sandbox, MARTA)["contact_id"]
    path = f"/reports/contact_reports/{contact_id}/activity_details"
    query = {
        "repeated": "tracking_activity_type=em_sends&tracking_activity_type=em_opens",
        "joined": "tracking_activities_list=em_sends,em_opens",
    }[spelling]
    opened, got = get(sandbox, f"{path}?{query}")["tracking_activities"]
    assert (opened["tracking_activity_type"], got["tracking_activity_type"]) == (
        "em_opens",
        "em_sends",
    )
    assert opened["campaign_activity_id"] == sent["campaign_activity_id"]
    assert opened["campaign_activity_name"] == "Autumn letter"


def test_what_one_contact_did_is_summed_up_by_mailing(sandbox: RunningSandbox) -> None:
    sent = send(sandbox, {"email": MARTA, "kind": "open"}, {"email": MARTA, "kind": "open"})
    contact_id = contact_with(sandbox, MARTA)["contact_id"]
    span = {"start": "2020-01-01", "end": "2024-01-01"}
    path = f"/reports/contact_reports/{contact_id}"
    assert get(sandbox, f"{path}/activity_summary", **span)["campaign_activities"] == []
    now = sandbox.control("GET", "/clock")["now"]
    span = {"start": f"{int(now[:4]) - 1}-01-01", "end": f"{int(now[:4]) + 1}-01-01"}
    (mailing,) = get(sandbox, f"{path}/activity_summary", **span)["campaign_activities"]
    assert mailing["campaign_activity_id"] == sent["campaign_activity_id"]
    assert (mailing["em_sends"], mailing["em_opens"], mailing["em_unsubscribes"]) == (1, 2, 0)
    rates = get(sandbox, f"{path}/open_and_click_rates", **span)
    assert (rates["average_open_rate"], rates["average_click_rate"]) == (1, 0)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reports/email_reports/unknown/tracking/opens", 404),
        ("/reports/email_reports/unknown/links", 404),
        ("/reports/email_reports/{permalink}/tracking/opens", 404),
        ("/reports/email_reports/{primary_email}/tracking/readers", 404),
        ("/reports/email_reports/{primary_email}/tracking/opens?limit=501", 400),
        ("/reports/email_reports/{primary_email}/tracking/opens?cursor=nonsense", 400),
        ("/reports/email_reports/{primary_email}/tracking/bounces?bounce_code=Q", 400),
        ("/reports/stats/email_campaign_activities/{permalink}", 404),
        ("/reports/contact_reports/unknown/activity_details", 404),
    ],
)
def test_a_report_is_refused_with_one_bare_error(
    sandbox: RunningSandbox, path: str, status: int
) -> None:
    activities = roles(sandbox, send(sandbox)["campaign_id"])
    answer = sandbox.constant_contact("GET", path.format(**activities))
    assert answer.status_code == status
    assert set(answer.json()) == {"error_key", "error_message"}
    assert answer.json()["error_key"].endswith((".", "not_found"))
