"""The vendor's generated client: bulk activities, each polled to its end."""
# needs: POST /v3/activities/contacts_json_import
# needs: POST /v3/activities/add_list_memberships
# needs: POST /v3/activities/contact_exports

import json
import os
import tempfile
import urllib.request

import constant_contact_api_client as cc

PLACE = json.loads(os.environ["SANDBOX"])
api = cc.ApiClient(
    cc.Configuration(
        host=PLACE["constant_contact_url"],
        access_token=PLACE["observer"]["constant_contact_access_token"],
        ssl_ca_cert=PLACE.get("ca_file"),
    )
)
bulk, lists, contacts = cc.BulkActivitiesApi(api), cc.ContactListsApi(api), cc.ContactsApi(api)


def wait_for(activity):
    """Poll, as the guide says, until the activity has ended; here time is made to pass."""
    for _ in range(30):
        now = bulk.get_activity_by_id(str(activity.activity_id))
        if now.state in {"completed", "failed", "cancelled", "timed_out"}:
            return now
        request = urllib.request.Request(
            PLACE["control_url"] + "/clock", b'{"advance_s": 60}', method="POST"
        )
        urllib.request.urlopen(request).close()
    raise AssertionError(f"still {now.state}")


old, new = (str(lists.create_list({"name": name}).list_id) for name in ("Old", "New"))
done = wait_for(
    bulk.create_import_json_activity(
        {
            "import_data": [
                {"email": f"bulk.{n}@example.com", "first_name": "Bulk", "last_name": str(n)}
                for n in range(40)
            ],
            "list_ids": [old],
        }
    )
)
assert done.state == "completed", done
assert done.status.items_total_count == 40, done.status
page = contacts.get_all_contacts(lists=old, limit=500, include="list_memberships")
assert len(page.contacts) == 40
some = [str(each.contact_id) for each in page.contacts[:10]]
wait_for(bulk.create_list_add_activity({"source": {"contact_ids": some}, "list_ids": [new]}))
assert len(contacts.get_all_contacts(lists=new, limit=500).contacts) == 10
with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as rows:
    rows.write("email,first_name\ncsv.1@example.com,Cy\n")
assert wait_for(bulk.create_csv_import_activity(file=rows.name, list_ids=new)).state == "completed"
assert len(contacts.get_all_contacts(lists=new, limit=500).contacts) == 11
export = wait_for(bulk.create_export_activity({"list_ids": [new]}))
href = export.links.results.href
csv = bulk.get_csv_export_file(href.rpartition("/")[2])
assert "csv.1@example.com" in csv.lower(), csv[:200]
wait_for(bulk.create_delete_activity({"contact_ids": some}))
assert len(contacts.get_all_contacts(lists=new, limit=500).contacts) == 1
wait_for(bulk.create_list_delete_activity({"list_ids": [old]}))
assert "Old" not in [each.name for each in lists.get_all_lists(limit=500).lists]
assert bulk.get_all_activities(limit=50).activities
print("six kinds of bulk activities")
