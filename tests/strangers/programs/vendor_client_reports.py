"""The vendor's generated client: campaigns that were sent, and every report about them."""

import json
import os
import urllib.request
from datetime import UTC, datetime, timedelta

import constant_contact_api_client as cc

PLACE = json.loads(os.environ["SANDBOX"])
api = cc.ApiClient(
    cc.Configuration(
        host=PLACE["constant_contact_url"],
        access_token=PLACE["observer"]["constant_contact_access_token"],
        ssl_ca_cert=PLACE.get("ca_file"),
    )
)


def control(path, body):
    request = urllib.request.Request(
        PLACE["control_url"] + path, json.dumps(body).encode(), method="POST"
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


(web,) = cc.ContactListsApi(api).get_all_lists(name="Website Sign-ups").lists
sent = control(
    "/constant-contact/campaigns",
    {
        "name": "Autumn letter",
        "subject": "What the autumn brings",
        "list_ids": [str(web.list_id)],
        "activities": [
            {"email": "marta.oyelaran@example.org", "kind": "open", "device_type": "mobile"},
            {
                "email": "marta.oyelaran@example.org",
                "kind": "click",
                "link_url": "https://a.example",
            },
            {"email": "priya.dunmore@example.org", "kind": "bounce", "bounce_code": "F"},
            {"email": "otis.feldgrau@example.com", "kind": "optout", "reason": "Too many"},
            {"email": "renske.mbeki@example.org", "kind": "forward"},
        ],
    },
)
control("/clock", {"advance_s": 60})
activity_id = sent["campaign_activity_id"]
campaigns, reports = cc.EmailCampaignsApi(api), cc.EmailReportingApi(api)
assert [each.name for each in campaigns.get_all_email_campaigns(limit=50).campaigns] == [
    "Autumn letter"
]
one = campaigns.get_email_campaign_by_id(sent["campaign_id"])
assert {each.role for each in one.campaign_activities} == {"primary_email", "permalink"}
assert campaigns.get_email_campaign_activity(activity_id).subject == "What the autumn brings"
history = cc.EmailSchedulingApi(api).get_email_campaign_activity_send_history(activity_id)
assert history[0].count == sent["sent"]

for report, count in (
    (reports.get_email_sends_report, sent["sent"]),
    (reports.get_email_opens_report, 1),
    (reports.get_unique_opens_report, 1),
    (reports.get_clicks_report, 1),
    (reports.get_forwards_report, 1),
    (reports.get_optouts_report, 1),
    (reports.get_bounces_report, 1),
):
    rows = report(activity_id, limit="500").tracking_activities
    assert len(rows) == count, (report, rows)
assert reports.get_did_not_opens_report(activity_id).tracking_activities
assert reports.get_campaign_activity_link_report(activity_id).link_click_counts
assert reports.get_email_campaign_report(limit="50").bulk_email_campaign_summaries
stats = reports.get_email_stats_report(sent["campaign_id"])
assert stats.results[0].stats.em_opens == 1
assert reports.get_email_campaign_activity_report(activity_id).results

(marta,) = cc.ContactsApi(api).get_all_contacts(email="marta.oyelaran@example.org").contacts
people = cc.ContactsReportingApi(api)
details = people.get_contact_tracking_report(
    str(marta.contact_id), tracking_activities_list=["em_opens", "em_clicks"]
)
assert {each.tracking_activity_type for each in details.tracking_activities} == {
    "em_opens",
    "em_clicks",
}
start, end = ((datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d") for days in (-30, 1))
summary = people.get_contact_tracking_count_report(str(marta.contact_id), start, end)
assert summary.campaign_activities[0].em_opens == 1
rates = people.get_contact_open_click_rate_report(str(marta.contact_id), start, end)
assert rates.included_activities_count == 1

account = cc.AccountServicesApi(api)
assert account.get_account_details().organization_name
assert "contacts:write" in [each.privilege_name for each in account.get_user_privileges()]
print("campaigns, thirteen reports, account")
