"""The vendor's generated client: tags, and who carries them."""
# needs: POST /v3/contact_tags
# needs: POST /v3/activities/contacts_taggings_add

import json
import os

import constant_contact_api_client as cc
from constant_contact_api_client.exceptions import ApiException

PLACE = json.loads(os.environ["SANDBOX"])
api = cc.ApiClient(
    cc.Configuration(
        host=PLACE["constant_contact_url"],
        access_token=PLACE["observer"]["constant_contact_access_token"],
        ssl_ca_cert=PLACE.get("ca_file"),
    )
)
tags, contacts = cc.ContactTagsApi(api), cc.ContactsApi(api)
tag = tags.post_tag({"name": "Seminar"})
assert tags.get_tag(str(tag.tag_id)).name == "Seminar"
assert tags.put_tag(str(tag.tag_id), {"name": "Autumn seminar"}).name == "Autumn seminar"
try:
    tags.post_tag({"name": "Autumn seminar"})
except ApiException as error:
    assert error.status == 409, error.status
else:
    raise AssertionError("two tags of one name")
made = contacts.create_contact(
    {
        "email_address": {"address": "tagged@example.com"},
        "create_source": "Account",
        "taggings": [str(tag.tag_id)],
    }
)
whole = contacts.get_contact_by_id(str(made.contact_id), include="taggings")
assert [str(each) for each in whole.taggings] == [str(tag.tag_id)]
assert [
    str(each.contact_id) for each in contacts.get_all_contacts(tags=str(tag.tag_id)).contacts
] == [str(made.contact_id)]
assert tags.get_all_tags(include_count=True).tags
assert tags.delete_tag(str(tag.tag_id)).activity_id
print("tags")
