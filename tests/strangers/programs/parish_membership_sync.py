"""A parish's nightly sync of members to lists, with requests.

Its order of calls is that of epiphany40223/epiphany, python/ConstantContact.py.
"""

import json
import os

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

PLACE = json.loads(os.environ["SANDBOX"])
API = PLACE["constant_contact_url"].removesuffix("/v3")
HEADERS = {
    "Authorization": f"Bearer {PLACE['observer']['constant_contact_access_token']}",
    "Cache-Control": "no-cache",
}


def session(*methods):
    retry = Retry(
        total=3,
        backoff_factor=0.2,
        status_forcelist=[429],
        allowed_methods=methods,
        respect_retry_after_header=True,
    )
    made = requests.Session()
    made.mount("https://", HTTPAdapter(max_retries=retry))
    return made


def get_all(endpoint, field, **params):
    """Follow the hrefs, and send the first page's parameters again beside each cursor."""
    items, url = [], f"{API}/v3/{endpoint}"
    with session("GET") as calls:
        while url:
            answer = calls.get(url, headers=HEADERS, params={**params, "limit": 500})
            assert 200 <= answer.status_code <= 299, answer.text
            body = json.loads(answer.text)
            items += body[field]
            url = API + body["_links"]["next"]["href"] if "next" in body.get("_links", {}) else None
    return items


def send(method, endpoint, body):
    with session(method) as calls:
        answer = calls.request(
            method,
            f"{API}/v3/{endpoint}",
            headers={**HEADERS, "Content-Type": "application/json"},
            data=json.dumps(body),
        )
    assert 200 <= answer.status_code <= 299, answer.text
    return json.loads(answer.text)


lists = {one["name"]: one["list_id"] for one in get_all("contact_lists", "lists")}
if "Parish" not in lists:
    lists["Parish"] = send("POST", "contact_lists", {"name": "Parish"})["list_id"]
for number in range(12):
    made = send(
        "POST",
        "contacts/sign_up_form",
        {
            "email_address": f"member.{number}@example.org",
            "first_name": "T.J." if number == 0 else "Member",
            "last_name": str(number),
            "list_memberships": [lists["Parish"]],
        },
    )
    assert made["action"] == "created"
members = {
    one["email_address"]["address"].lower(): one
    for one in get_all(
        "contacts", "contacts", include="list_memberships,street_addresses", status="all"
    )
}
# To leave a list takes the whole contact, with the e-mail address as it came.
leaver = members["member.3@example.org"]
leaver["list_memberships"].remove(lists["Parish"])
kept = ("first_name", "last_name", "email_address", "street_addresses", "list_memberships")
send(
    "PUT",
    f"contacts/{leaver['contact_id']}",
    {"update_source": "Contact", **{name: leaver[name] for name in kept if name in leaver}},
)
on_list = [
    one
    for one in get_all("contacts", "contacts", include="list_memberships")
    if lists["Parish"] in one["list_memberships"]
]
assert len(on_list) == 11, len(on_list)
print("a parish's membership sync")
