"""The vendor's generated client: contacts, lists and custom fields from birth to death."""

import json
import os
from datetime import UTC, datetime, timedelta

import constant_contact_api_client as cc
from constant_contact_api_client.exceptions import (
    ApiException,
    BadRequestException,
    NotFoundException,
    UnauthorizedException,
)

PLACE = json.loads(os.environ["SANDBOX"])


def client(token):
    configuration = cc.Configuration(
        host=PLACE["constant_contact_url"],
        access_token=token,
        ssl_ca_cert=PLACE.get("ca_file"),
    )
    return cc.ApiClient(configuration)


api = client(PLACE["observer"]["constant_contact_access_token"])
contacts, lists = cc.ContactsApi(api), cc.ContactListsApi(api)
fields = cc.ContactsCustomFieldsApi(api)

news = lists.create_list({"name": "News", "description": "All of it", "favorite": True})
assert news.list_id and news.created_at
assert lists.get_list(str(news.list_id)).name == "News"
renamed = lists.update_list(str(news.list_id), {"name": "The news", "favorite": False})
assert renamed.name == "The news"
segment = fields.create_custom_fields({"label": "Client Segment", "type": "string"})
assert fields.get_custom_field(str(segment.custom_field_id)).label == "Client Segment"

ids = []
for number in range(7):
    made = contacts.create_contact(
        {
            "email_address": {
                "address": f"Reader.{number}@example.com",
                "permission_to_send": "explicit",
            },
            "first_name": "Reader",
            "last_name": str(number),
            "create_source": "Account",
            "birthday_month": 7,
            "birthday_day": 1,
            "phone_numbers": [{"phone_number": "555-0100", "kind": "mobile"}],
            "street_addresses": [{"kind": "home", "city": "Portland", "state": "ME"}],
            "custom_fields": [{"custom_field_id": str(segment.custom_field_id), "value": "Gold"}],
            "list_memberships": [str(news.list_id)],
        }
    )
    ids.append(str(made.contact_id))
whole = contacts.get_contact_by_id(
    ids[0],
    include="custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes",
)
assert whole.email_address.address == "Reader.0@example.com"
assert [str(each) for each in whole.list_memberships] == [str(news.list_id)]
assert whole.custom_fields[0].value == "Gold"

# The client has no parameter for a cursor: its users follow the href themselves.
page = contacts.get_all_contacts(lists=str(news.list_id), limit=3, include_count=True)
assert page.contacts_count == 7
seen = [str(each.contact_id) for each in page.contacts]
while page.links and page.links.next and page.links.next.href:
    origin = PLACE["constant_contact_url"].removesuffix("/v3")
    raw = api.call_api(
        "GET",
        origin + page.links.next.href,
        header_params={"Authorization": f"Bearer {api.configuration.access_token}"},
    )
    raw.read()
    page = cc.GetAllContacts200Response.from_json(raw.data.decode())
    seen += [str(each.contact_id) for each in page.contacts]
assert seen == ids

updated = contacts.update_contact(
    ids[0],
    {
        "email_address": {"address": "reader.0@example.com"},
        "first_name": "Ruth",
        "update_source": "Account",
    },
)
assert updated.first_name == "Ruth" and updated.last_name is None
signed_up = contacts.create_or_update_contact(
    {
        "email_address": "reader.1@example.com",
        "first_name": "Rita",
        "list_memberships": [str(news.list_id)],
    }
)
assert signed_up.action == "updated" and str(signed_up.contact_id) == ids[1]
hour_ago = datetime.now(UTC) - timedelta(hours=1)
recent = contacts.get_all_contacts(updated_after=hour_ago, status="all", limit=500)
assert set(ids) <= {str(each.contact_id) for each in recent.contacts}
assert contacts.get_contact_counts().total >= 7
contacts.delete_contact(ids[6])
assert contacts.get_all_contacts(email="reader.6@example.com").contacts == []
assert len(contacts.get_all_contacts(email="reader.6@example.com", status="all").contacts) == 1
assert lists.get_all_lists(include_membership_count="all", include_count=True).lists
fields.update_custom_field(str(segment.custom_field_id), {"label": "Segment"})
assert fields.get_all_custom_fields(limit=50).custom_fields
fields.delete_custom_field(str(segment.custom_field_id))
assert lists.delete_list(str(news.list_id)).activity_id


def refused(kind, expected, call, *given, **more):
    try:
        call(*given, **more)
    except kind as error:
        assert error.status == expected, error.status
        return json.loads(error.body)
    raise AssertionError("was not refused")


body = refused(BadRequestException, 400, contacts.get_all_contacts, status="nonsense")
assert body[0]["error_key"] == "contacts.api.validation.error"
body = refused(
    NotFoundException, 404, contacts.get_contact_by_id, "2c6b9a9e-0000-4000-8000-000000000000"
)
assert body[0]["error_key"] == "contacts.api.not_found"
body = refused(
    ApiException,
    409,
    contacts.create_contact,
    {
        "email_address": {"address": "READER.2@example.com"},
        "create_source": "Account",
    },
)
assert body[0]["error_key"] == "contacts.api.conflict"
stale = cc.ContactsApi(client("stale"))
body = refused(UnauthorizedException, 401, stale.get_contact_counts)
assert body["error_key"] == "unauthorized"
bridge = cc.ContactsApi(client(PLACE["constant_contact"]["access_token"]))


def hurry():
    for _ in range(20):
        bridge.get_contact_counts()


body = refused(ApiException, 429, hurry)
assert body["error_key"] == "throttled"
print("contacts, lists, custom fields and five refusals")
