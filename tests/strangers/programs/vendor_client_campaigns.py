"""The vendor's generated client: a campaign written, scheduled, taken back and removed."""
# needs: POST /v3/emails

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
campaigns, schedules = cc.EmailCampaignsApi(api), cc.EmailSchedulingApi(api)
mailing = {
    "from_name": "Nora Quist",
    "from_email": "office@harbour-lane.example.com",
    "reply_to_email": "office@harbour-lane.example.com",
    "subject": "What the winter brings",
}
made = campaigns.create_email_campaign(
    {
        "name": "Winter letter",
        "email_campaign_activities": [
            {**mailing, "format_type": 5, "html_content": "<html><body>Hello</body></html>"}
        ],
    }
)
primary = next(each for each in made.campaign_activities if each.role == "primary_email")
activity_id = str(primary.campaign_activity_id)
(web,) = cc.ContactListsApi(api).get_all_lists(name="Website Sign-ups").lists
activity = campaigns.get_email_campaign_activity(activity_id, include="html_content")
activity.contact_list_ids = [str(web.list_id)]
activity.preheader = "Snow"
assert campaigns.update_email_campaign_activity(activity_id, activity).preheader == "Snow"
schedules.test_send_email_campaign_activity(
    activity_id, {"email_addresses": ["office@harbour-lane.example.com"]}
)
assert schedules.get_email_campaign_activity_preview(activity_id).subject
assert schedules.schedule_email_campaign_activity(
    activity_id, {"scheduled_date": "2099-01-01T00:00:00.000Z"}
)
assert len(schedules.get_email_campaign_activity_schedule(activity_id)) == 1
schedules.unschedule_email_campaign_activity(activity_id)
assert schedules.get_email_campaign_activity_schedule(activity_id) == []
campaign_id = str(made.campaign_id)
assert campaigns.patch_email_campaign_name(campaign_id, {"name": "Snow letter"}).name
# The client takes the date as a time, so "0", which sends at once, cannot be said with it.
soon = datetime.now(UTC) + timedelta(hours=1)
schedules.schedule_email_campaign_activity(activity_id, {"scheduled_date": soon})
request = urllib.request.Request(
    PLACE["control_url"] + "/clock", b'{"advance_s": 7200}', method="POST"
)
urllib.request.urlopen(request).close()
assert schedules.get_email_campaign_activity_send_history(activity_id)
campaigns.delete_email_campaign(campaign_id)
print("a campaign")
