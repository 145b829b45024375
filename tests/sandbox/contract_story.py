"""One call of each operation of Constant Contact's contract, in an order in which all can succeed.

A call names its operation; path, method and the shape of the answer are the contract's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from tests.sandbox.test_constant_contact_campaigns import list_named, send

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fix_sandbox import RunningSandbox

Ids: TypeAlias = dict[str, Any]
LINK = "https://harbour-lane.example.com/autumn"
MARTA = "marta.oyelaran@example.org"
_PLAYED = (
    {"email": MARTA, "kind": "open", "device_type": "mobile"},
    {"email": MARTA, "kind": "click", "link_url": LINK, "device_type": "computer"},
    {"email": "priya.dunmore@example.org", "kind": "bounce", "bounce_code": "F"},
    {"email": "otis.feldgrau@example.com", "kind": "optout", "reason": "Too many"},
    {"email": "renske.mbeki@example.org", "kind": "forward"},
)
_ADDRESS = {
    "address_line1": "14 Lantern Street",
    "city": "Portland",
    "state_code": "ME",
    "postal_code": "04101",
    "country_code": "US",
}
_CRITERIA = (
    '{"version":"1.0.0","criteria":{"type":"and","group":[{"source":"contacts",'
    '"field":"first_name","op":"eq","value":"Marta"}]}}'
)
_MAILING = {
    "from_name": "Nora Quist",
    "from_email": "office@harbour-lane.example.com",
    "reply_to_email": "office@harbour-lane.example.com",
    "subject": "What the winter brings",
}


@dataclass(frozen=True)
class Step:
    """A call.

    Attributes:
        operation: Its `operationId`.
        body: Made when the ids are known; None for a call without a body.
        keep: Names that later calls know values of the answer by, to where they are in it.
        ids: Names in the path that are known by another name.
    """

    operation: str
    body: Callable[[Ids], Any] | None = None
    query: Callable[[Ids], Mapping[str, object]] = lambda _ids: {}
    keep: Mapping[str, str] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)


def scene(sandbox: RunningSandbox) -> Ids:
    """Make what the calls need and no call makes, and return what it is called."""
    sent = send(sandbox, *_PLAYED, links=[LINK])
    sandbox.advance(60)
    page = sandbox.constant_contact("GET", "/contacts", email=MARTA).json()
    gus = sandbox.constant_contact(
        "GET", "/contacts", email="gus.lindqvist@example.com", status="all"
    ).json()
    spare = sandbox.constant_contact("POST", "/contact_lists", {"name": "Spare"}).json()["list_id"]
    return {
        "activity_id": sandbox.constant_contact("DELETE", f"/contact_lists/{spare}").json()[
            "activity_id"
        ],
        "campaign_id": sent["campaign_id"],
        "campaign_activity_id": sent["campaign_activity_id"],
        "sent_id": sent["campaign_id"],
        "sent_activity_id": sent["campaign_activity_id"],
        "marta_id": page["contacts"][0]["contact_id"],
        "gus_id": gus["contacts"][0]["contact_id"],
        "web_id": list_named(sandbox, "Website Sign-ups"),
    }


def path_of(template: str, step: Step, ids: Ids) -> str:
    """Return the path of a call; what no earlier call could make is a made-up id."""
    for name in ("contact_id", "list_id", "custom_field_id", "tag_id", "segment_id", "campaign_id",
                 "campaign_ids", "campaign_activity_id", "campaign_activity_ids", "activity_id",
                 "file_export_id"):  # fmt: skip
        known = ids.get(step.ids.get(name, name)) or uuid4()
        template = template.replace(f"{{{name}}}", str(known))
    return template


def _year(_ids: Ids) -> Mapping[str, object]:
    now = datetime.now(UTC)  # noqa: TID251 - the sandbox's clock is a minute ahead of it
    return {"start": (now - timedelta(days=30)).date(), "end": (now + timedelta(days=2)).date()}


def _contact(ids: Ids) -> Any:
    return {
        "email_address": {"address": "wim@example.org", "permission_to_send": "explicit"},
        "first_name": "Wim",
        "last_name": "Achterberg",
        "job_title": "Miller",
        "company_name": "Harbour Mills",
        "birthday_month": 7,
        "birthday_day": 1,
        "anniversary": "2006-11-15",
        "custom_fields": [{"custom_field_id": ids["custom_field_id"], "value": "Gold"}],
        "phone_numbers": [{"phone_number": "555-0134", "kind": "mobile"}],
        "street_addresses": [
            {
                "kind": "home",
                "street": "140 Foundry Street",
                "city": "Manchester",
                "state": "NH",
                "postal_code": "03101",
                "country": "United States",
            }
        ],
        "list_memberships": [ids["list_id"]],
        "notes": [{"content": "Met at the seminar"}],
        "create_source": "Account",
    }


def _source(ids: Ids) -> Any:
    return {"source": {"contact_ids": [ids["contact_id"]]}}


def _tracking(name: str) -> Step:
    return Step(name, ids={"campaign_activity_id": "sent_activity_id"})


STORY = (
    Step("getUserPrivileges"),
    Step("addPhysicalAddress", body=lambda _: _ADDRESS),
    Step("putPhysicalAddress", body=lambda _: {**_ADDRESS, "address_line2": "Second floor"}),
    Step("getPhysicalAddress"),
    Step("getAccountById", query=lambda _: {"extra_fields": "physical_address,company_logo"}),
    Step("putCustomerById", body=lambda _: {"website": "https://harbour-lane.example.com/new"}),
    Step("retrieveEmailAddresses"),
    Step("addAccountEmailAddress", body=lambda _: {"email_address": "letters@example.com"}),
    Step("postCustomFields", body=lambda _: {"label": "Client Segment", "type": "string"},
         keep={"custom_field_id": "custom_field_id"}),
    Step("getCustomField"),
    Step("putCustomField", body=lambda _: {"label": "Segment"}),
    Step("getCustomFields"),
    Step("createList", body=lambda _: {"name": "Clients", "description": "All", "favorite": True},
         keep={"list_id": "list_id"}),
    Step("createContact", body=_contact, keep={"contact_id": "contact_id"}),
    Step("getContact", query=lambda _: {"include": "custom_fields,list_memberships,phone_numbers,"
                                        "street_addresses,taggings,notes"}),
    Step("putContact", body=lambda ids: {**_contact(ids), "update_source": "Account"}
         | {"create_source": "Account"}),
    Step("getContacts", query=lambda _: {"limit": 2, "status": "all", "include_count": "true",
                                         "include": "custom_fields,list_memberships,notes"}),
    Step("countContact"),
    Step("getContactIdXrefs", query=lambda _: {"sequence_ids": "1,2,3,4,5"}),
    Step("createOrUpdateContact",
         body=lambda ids: {"email_address": "ute@example.org", "first_name": "Ute",
                           "list_memberships": [ids["list_id"]]}),
    Step("resubscribeContact", body=lambda ids: {"list_ids": [ids["web_id"]]},
         ids={"contact_id": "gus_id"}),
    Step("getList", query=lambda _: {"include_membership_count": "all"}),
    Step("putList", body=lambda _: {"name": "All clients", "description": "x", "favorite": False}),
    Step("getLists", query=lambda _: {"include_membership_count": "active", "limit": 1,
                                      "include_count": "true"}),
    Step("getListIdXrefs", query=lambda _: {"sequence_ids": "1,2,3,4,5"}),
    Step("postTag", body=lambda _: {"name": "Seminar"}, keep={"tag_id": "tag_id"}),
    Step("getTag", query=lambda _: {"include_count": "true"}),
    Step("putTag", body=lambda _: {"name": "Autumn seminar"}),
    Step("getTags", query=lambda _: {"include_count": "true", "limit": 1}),
    Step("createSegment", body=lambda _: {"name": "Martas", "segment_criteria": _CRITERIA},
         keep={"segment_id": "segment_id"}),
    Step("getSegmentDetail"),
    Step("updateSegment", body=lambda _: {"name": "All Martas", "segment_criteria": _CRITERIA}),
    Step("updateSegmentName", body=lambda _: {"name": "Every Marta"}),
    Step("getAccountSegments"),
    Step("postTagAddContact", body=lambda ids: {**_source(ids), "tag_ids": [ids["tag_id"]]}),
    Step("postTagRemoveContact", body=lambda ids: {**_source(ids), "tag_ids": [ids["tag_id"]]}),
    Step("postListAddContact", body=lambda ids: {**_source(ids), "list_ids": [ids["web_id"]]},
         keep={"activity_id": "activity_id"}),
    Step("postListRemoveContact", body=lambda ids: {**_source(ids), "list_ids": [ids["web_id"]]}),
    Step("bulkImportContactsJSON",
         body=lambda ids: {"import_data": [{"email": "bo@example.org", "first_name": "Bo"}],
                           "list_ids": [ids["list_id"]]}),
    Step("contactsCSVImport",
         body=lambda ids: {"file": b"email,first_name\ncy@example.org,Cy\n",
                           "list_ids": ids["list_id"]}),
    Step("postContactsExport", body=lambda ids: {"list_ids": [ids["list_id"]]},
         keep={"export_id": "activity_id"}),
    Step("getActivity"),
    Step("getActivityStatusCollection"),
    Step("getContactsExport"),
    Step("createEmailCampaignUsingPOST",
         body=lambda _: {"name": "Winter letter", "email_campaign_activities": [
             {**_MAILING, "format_type": 5, "html_content": "<html><body>Hello [[trackingImage]]"
              "</body></html>"}]},
         keep={"campaign_id": "campaign_id",
               "campaign_activity_id": "campaign_activities.0.campaign_activity_id"}),
    Step("retrieveEmailCampaignUsingGET"),
    Step("renameEmailCampaignUsingPATCH", body=lambda _: {"name": "The winter letter"}),
    Step("retrieveEmailCampaignsUsingGET", query=lambda _: {"limit": 1}),
    Step("retrieveEmailCampaignActivityUsingGET", ids={"campaign_activity_id": "sent_activity_id"},
         query=lambda _: {"include": "html_content,permalink_url"}),
    Step("updateEmailCampaignActivityUsingPUT",
         body=lambda ids: {**_MAILING, "contact_list_ids": [ids["web_id"]], "format_type": 5,
                           "html_content": "<html><body>Hello</body></html>"}),
    Step("testSendCampaignActivityUsingPOST",
         body=lambda _: {"email_addresses": ["office@harbour-lane.example.com"]}),
    Step("retrieveEmailCampaignActivityPreviewUsingGET"),
    Step("scheduleEmailCampaignActivityUsingPOST",
         body=lambda _: {"scheduled_date": "2099-11-12T08:00:00.000Z"}),
    Step("retrieveEmailSchedulesUsingGET"),
    Step("unscheduleEmailCampaignActivityUsingDELETE"),
    Step("removeEmailCampaignUsingDELETE"),
    Step("retrieveEmailSendHistoryUsingGET", ids={"campaign_activity_id": "sent_activity_id"}),
    Step("getContactTracking", ids={"contact_id": "marta_id"},
         query=lambda _: {"tracking_activities_list": "em_sends,em_opens,em_clicks"}),
    Step("getContactOpenClickRate", ids={"contact_id": "marta_id"}, query=_year),
    Step("getContactTrackingCount", ids={"contact_id": "marta_id"}, query=_year),
    _tracking("getCampaignActivityLinkStats"),
    _tracking("getSends"),
    _tracking("getOpens"),
    _tracking("getUniqueOpens"),
    _tracking("getDidNotOpens"),
    _tracking("getClicks"),
    _tracking("getForwards"),
    _tracking("getOptouts"),
    _tracking("getBounces"),
    Step("getAllBulkEmailCampaignSummaries"),
    Step("getEmailSummary", ids={"campaign_ids": "sent_id"}),
    Step("getEmailCampaignActivitySummary", ids={"campaign_activity_ids": "sent_activity_id"}),
    Step("deleteTag"),
    Step("postTagDelete", body=lambda ids: {"tag_ids": [ids["tag_id"]]}),
    Step("deleteSegment"),
    Step("postContactDelete", body=lambda ids: {"contact_ids": [ids["contact_id"]]}),
    Step("deleteContact", ids={"contact_id": "marta_id"}),
    Step("postCustomFieldDelete",
         body=lambda ids: {"custom_field_ids": [ids["custom_field_id"]]}),
    Step("deleteCustomField"),
    Step("deleteListActivity"),
    Step("postListDelete", body=lambda ids: {"list_ids": [ids["web_id"]]}),
)  # fmt: skip
"""Each operation once."""
