"""A website's sign-up form: a refreshed token, lists to choose from, a sign-up, its errors.

It makes the kinds of calls known of WebDevStudios/constant-contact-forms, includes/class-api.php.
"""

import json
import os

import requests

PLACE = json.loads(os.environ["SANDBOX"])
BASE, OURS = PLACE["constant_contact_url"], PLACE["constant_contact"]
TOKEN = f"{PLACE['constant_contact_auth_url']}/oauth2/default/v1/token"


def refresh(refresh_token):
    return requests.post(
        TOKEN,
        params={"refresh_token": refresh_token, "grant_type": "refresh_token"},
        auth=(OURS["client_id"], OURS["client_secret"]),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )


answer = refresh(OURS["refresh_token"])
assert answer.status_code == 200, answer.text
tokens = answer.json()
assert tokens["token_type"] == "Bearer" and tokens["expires_in"], tokens
again = refresh(OURS["refresh_token"])
assert again.status_code == 400 and again.json()["error"] == "invalid_grant", again.text
headers = {"Authorization": f"Bearer {tokens['access_token']}"}
lists = requests.get(f"{BASE}/contact_lists", headers=headers, params={"limit": 500}).json()
(web,) = (one["list_id"] for one in lists["lists"] if one["name"] == "Website Sign-ups")
form = {
    "email_address": "visitor@example.com",
    "first_name": "Vic",
    "last_name": "Visitor",
    "phone_number": "555-0100",
    "list_memberships": [web],
}
first = requests.post(f"{BASE}/contacts/sign_up_form", headers=headers, json=form)
assert first.status_code == 201 and first.json()["action"] == "created", first.text
second = requests.post(f"{BASE}/contacts/sign_up_form", headers=headers, json=form)
assert second.status_code == 200 and second.json()["action"] == "updated", second.text
refused = requests.get(f"{BASE}/account/summary", headers={"Authorization": "Bearer stale"})
assert refused.status_code == 401 and refused.json()["error_key"] == "unauthorized", refused.text
print("a website's form")
