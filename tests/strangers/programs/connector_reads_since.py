"""An integration platform reads what changed since the last time, page by page, and writes.

It makes the kinds of calls known of amp-labs/connectors, providers/constantcontact.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import requests

PLACE = json.loads(os.environ["SANDBOX"])
BASE = PLACE["constant_contact_url"]
http = requests.Session()
http.headers["Authorization"] = f"Bearer {PLACE['observer']['constant_contact_access_token']}"


def pages(url):
    while url:
        answer = http.get(url)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        yield body
        href = body.get("_links", {}).get("next", {}).get("href")
        url = href and BASE.removesuffix("/v3") + href


before = datetime.now(UTC) - timedelta(minutes=5)
for number in range(5):
    answer = http.post(
        f"{BASE}/contacts",
        json={
            "email_address": {"address": f"written.{number}@example.com"},
            "first_name": "Written",
            "create_source": "Account",
        },
    )
    assert answer.status_code == 201, answer.text
    written = answer.json()
    assert written["contact_id"]
query = {
    "limit": 2,
    "updated_after": before.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "include": "custom_fields",
    "status": "all",
}
rows = [row for page in pages(f"{BASE}/contacts?{urlencode(query)}") for row in page["contacts"]]
assert sorted(row["email_address"]["address"] for row in rows) == [
    f"written.{number}@example.com" for number in range(5)
], rows
assert len({row["contact_id"] for row in rows}) == 5
for path, field in (("contact_lists", "lists"), ("contact_custom_fields", "custom_fields")):
    assert [row for page in pages(f"{BASE}/{path}?limit=1") for row in page[field]]
changed = http.put(
    f"{BASE}/contacts/{written['contact_id']}",
    json={
        "email_address": {"address": "written.4@example.com"},
        "first_name": "Rewritten",
        "update_source": "Account",
    },
)
assert changed.status_code == 200, changed.text
assert http.delete(f"{BASE}/contacts/{written['contact_id']}").status_code == 204
wrong = http.get(f"{BASE}/contacts", params={"limit": 0})
assert wrong.status_code == 400 and isinstance(wrong.json(), list), wrong.text
print("a platform's reading since the last time")
