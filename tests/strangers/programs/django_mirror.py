"""A Django application mirrors lists, fields, contacts and mailings.

It makes the kinds of calls known of django-ctct: everything is read and matched by id, contacts without
regard to the case of the address, and the mailings of each campaign are asked for one by one.
"""

import json
import os
import urllib.request

import requests

PLACE = json.loads(os.environ["SANDBOX"])
BASE = PLACE["constant_contact_url"]
http = requests.Session()
http.headers["Authorization"] = f"Bearer {PLACE['observer']['constant_contact_access_token']}"


def listed(path, field):
    found, url = {}, f"{BASE}{path}"
    while url:
        answer = http.get(url)
        answer.raise_for_status()
        body = answer.json()
        for each in body[field]:
            found[json.dumps(each, sort_keys=True)] = each
        href = body.get("_links", {}).get("next", {}).get("href", "")
        url = href and f"{BASE}{href.removeprefix('/v3')}"
    return list(found.values())


def fault_of(answer):
    """Errors come as a list or bare."""
    body = answer.json()
    return (body[0] if isinstance(body, list) else body)["error_key"]


lists = listed("/contact_lists?limit=500&include_count=false", "lists")
fields = listed("/contact_custom_fields?limit=50", "custom_fields")
includes = "custom_fields,list_memberships,notes,phone_numbers,street_addresses"
contacts = listed(f"/contacts?limit=3&include={includes}&status=all", "contacts")
assert len(lists) == 2 and len(fields) == 1 and len(contacts) == 10
request = urllib.request.Request(
    PLACE["control_url"] + "/constant-contact/campaigns",
    json.dumps({"name": "Letter", "subject": "Hello", "list_ids": [lists[0]["list_id"]]}).encode(),
    method="POST",
)
urllib.request.urlopen(request).close()
for campaign in listed("/emails?limit=1", "campaigns"):
    whole = http.get(f"{BASE}/emails/{campaign['campaign_id']}").json()
    for activity in whole["campaign_activities"]:
        if activity["role"] == "primary_email":
            mailing = http.get(f"{BASE}/emails/activities/{activity['campaign_activity_id']}")
            assert mailing.json()["subject"] == "Hello", mailing.text
made = http.post(f"{BASE}/contact_lists", json={"name": "Mirror", "favorite": False})
assert made.status_code == 201
twice = http.post(f"{BASE}/contact_lists", json={"name": "Mirror", "favorite": False})
assert twice.status_code == 409 and fault_of(twice) == "contacts.api.conflict", twice.text
contact = http.post(
    f"{BASE}/contacts",
    json={
        "create_source": "Account",
        "email_address": {"address": "Mirror@Example.com", "permission_to_send": "implicit"},
        "first_name": "Mia",
        "list_memberships": [made.json()["list_id"]],
        "notes": [{"content": "From the mirror"}],
    },
)
assert contact.status_code == 201, contact.text
clash = http.post(
    f"{BASE}/contacts",
    json={"create_source": "Account", "email_address": {"address": "mirror@example.com"}},
)
assert clash.status_code == 409 and fault_of(clash) == "contacts.api.conflict", clash.text
assert http.delete(f"{BASE}/contact_lists/{made.json()['list_id']}").status_code == 202
print("a Django application's mirror")
