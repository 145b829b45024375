"""Limits of a contact, its notes and SMS number, lists, counts, and ids of the older API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.sandbox.cc import (
    NOBODY,
    a_contact,
    a_field,
    a_list,
    a_tag,
    begun,
    done,
    found,
    made,
    read,
    switch,
    unsubscribe,
)

if TYPE_CHECKING:
    import requests

    from tests.fix_sandbox import RunningSandbox

DAY_S = 86_400


def put(sandbox: RunningSandbox, contact_id: str, **parts: Any) -> requests.Response:
    body = {"update_source": "Account", **parts}
    return sandbox.constant_contact("PUT", f"/contacts/{contact_id}", body)


def streets(count: int) -> list[dict[str, str]]:
    return [{"kind": "home", "city": str(number)} for number in range(count)]


AT_MOST: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "names": ({"first_name": "x" * 50}, {"last_name": "x" * 51}),
    "job title": ({"job_title": "x" * 50}, {"job_title": "x" * 51}),
    "company": ({"company_name": "x" * 50}, {"company_name": "x" * 51}),
    "phone numbers": (
        {"phone_numbers": [{"phone_number": "5" * 25, "kind": "home"}] * 3},
        {"phone_numbers": [{"phone_number": "5", "kind": "home"}] * 4},
    ),
    "addresses": ({"street_addresses": streets(3)}, {"street_addresses": streets(4)}),
    "a street": (
        {"street_addresses": [{"kind": "work", "street": "x" * 255}]},
        {"street_addresses": [{"kind": "work", "street": "x" * 256}]},
    ),
    "notes": (
        {"notes": [{"content": "x" * 2000}] * 150},
        {"notes": [{"content": "x"}] * 151},
    ),
    "a note": ({"notes": [{"content": "x"}]}, {"notes": [{"content": "x" * 2001}]}),
    "the anniversary": ({"anniversary": "11-15-2006"}, {"anniversary": "2006-11-015"}),
    "the month": (
        {"birthday_month": 12, "birthday_day": 31},
        {"birthday_month": 10**30, "birthday_day": 1},
    ),
    "the address": (
        {"email_address": {"address": f"{'x' * 68}@example.org"}},
        {"email_address": {"address": f"{'x' * 69}@example.org"}},
    ),
    "the reason": (
        {
            "email_address": {
                "address": "ada@example.org",
                "permission_to_send": "unsubscribed",
                "opt_out_reason": "x" * 255,
            }
        },
        {"email_address": {"address": "ada@example.org", "opt_out_reason": "x" * 256}},
    ),
}


@pytest.mark.rule("cc-contact-limits", "cc-contact-anniversary", "cc-contact-birthday")
@pytest.mark.parametrize(("fits", "too_much"), AT_MOST.values(), ids=AT_MOST.keys())
def test_a_contact_holds_so_much_and_no_more(
    sandbox: RunningSandbox, fits: dict[str, Any], too_much: dict[str, Any]
) -> None:
    contact_id = a_contact(sandbox)
    assert put(sandbox, contact_id, **fits).status_code == 200
    assert put(sandbox, contact_id, **too_much).status_code == 400


@pytest.mark.rule("cc-contact-limits", "cc-list-limits")
def test_a_contact_is_on_fifty_lists(sandbox: RunningSandbox) -> None:
    lists = [a_list(sandbox, f"L{number}") for number in range(51)]
    contact_id = a_contact(sandbox, list_memberships=lists[:50])
    assert put(sandbox, contact_id, list_memberships=lists).status_code == 400
    body = {"email_address": "ada@example.org", "list_memberships": lists[50:]}
    assert sandbox.constant_contact("POST", "/contacts/sign_up_form", body).status_code == 400
    assert read(sandbox, contact_id)["list_memberships"] == lists[:50]


@pytest.mark.rule("cc-contact-notes-newest-first")
def test_notes_come_newest_first_and_keep_their_time(sandbox: RunningSandbox) -> None:
    contact_id = a_contact(sandbox, notes=[{"content": "first"}])
    (first,) = read(sandbox, contact_id)["notes"]
    sandbox.advance(60)
    notes = put(sandbox, contact_id, notes=[first, {"content": "second"}]).json()["notes"]
    assert [one["content"] for one in notes] == ["second", "first"]
    assert notes[1] == first


SMS = {
    "full_sms_address": "17815551212",
    "sms_channel_consents": [
        {"sms_consent_permission": "explicit", "consent_type": "promotional_sms"}
    ],
}


@pytest.mark.rule("cc-contact-sms-only", "cc-contacts-by-sms-status")
def test_a_contact_may_have_a_number_and_no_address(sandbox: RunningSandbox) -> None:
    contact = made(sandbox, "/contacts", {"create_source": "Account", "sms_channel": SMS})
    assert "email_address" not in contact
    channel = contact["sms_channel"]
    assert (channel["dial_code"], channel["sms_address"]) == ("1", "7815551212")
    assert "full_sms_address" not in channel
    assert "opt_in_date" in channel["sms_channel_consents"][0]
    again = put(sandbox, contact["contact_id"], sms_channel=channel).json()["sms_channel"]
    assert again["sms_channel_id"] == channel["sms_channel_id"]
    for status, shown in (("explicit", 1), ("all", 1), ("unsubscribed,not_set", 0)):
        page = sandbox.constant_contact("GET", "/contacts", sms_status=status).json()
        assert len(page["contacts"]) == shown, status
    assert sandbox.constant_contact("GET", "/contacts", sms_status="maybe").status_code == 400


@pytest.mark.parametrize(
    "channel",
    ["7815551212", {}, {**SMS, "full_sms_address": "call me"}, {**SMS, "sms_channel_consents": 1}],
    ids=["text", "empty", "no number", "no consents"],
)
def test_a_faulty_number_for_sms_is_refused(sandbox: RunningSandbox, channel: object) -> None:
    assert put(sandbox, a_contact(sandbox), sms_channel=channel).status_code == 400


@pytest.mark.rule("cc-create-needs-somebody")
def test_a_new_contact_is_somebody(sandbox: RunningSandbox) -> None:
    body = {"create_source": "Account", "job_title": "Analyst"}
    assert sandbox.constant_contact("POST", "/contacts", body).status_code == 400
    for name in ("first_name", "last_name"):
        made(sandbox, "/contacts", {**body, name: "Ada"})


@pytest.mark.rule("cc-create-conflict-any-state")
@pytest.mark.parametrize("state", ["active", "unsubscribed", "deleted"])
def test_an_address_is_taken_in_any_state(sandbox: RunningSandbox, state: str) -> None:
    contact_id = a_contact(sandbox)
    if state == "unsubscribed":
        unsubscribe(sandbox)
    if state == "deleted":
        sandbox.constant_contact("DELETE", f"/contacts/{contact_id}")
    body = {"create_source": "Account", "email_address": {"address": "ADA@example.org"}}
    assert sandbox.constant_contact("POST", "/contacts", body).status_code == 409


@pytest.mark.rule("cc-ids-uuid")
def test_ids_are_uuids(sandbox: RunningSandbox) -> None:
    list_id, tag_id = a_list(sandbox), a_tag(sandbox)
    ids = [list_id, tag_id, a_contact(sandbox), a_field(sandbox, "Adviser")]
    ids.append(begun(sandbox, "list_delete", {"list_ids": [list_id]})["activity_id"])
    assert [str(UUID(one)) for one in ids] == ids


@pytest.mark.rule("cc-put-needs-update-source")
@pytest.mark.parametrize("source", [None, "", "Bridge", ["Account"]], ids=repr)
def test_a_put_says_whose_act_it_is(sandbox: RunningSandbox, source: object) -> None:
    contact_id = a_contact(sandbox)
    assert put(sandbox, contact_id, update_source=source).status_code == 400
    assert "update_source" not in read(sandbox, contact_id)


@pytest.mark.rule("cc-delete-never-for-good")
def test_a_contact_that_is_deleted_again_stays_as_it_is(sandbox: RunningSandbox) -> None:
    contact_id = a_contact(sandbox)
    path = f"/contacts/{contact_id}"
    assert sandbox.constant_contact("DELETE", path).status_code == 204
    gone = read(sandbox, contact_id)
    sandbox.advance(60)
    assert sandbox.constant_contact("DELETE", path).status_code == 204
    done(sandbox, "contact_delete", {"contact_ids": [contact_id]})
    assert read(sandbox, contact_id) == gone


@pytest.mark.rule("cc-put-empty-lists")
def test_an_active_contact_may_be_on_no_list(sandbox: RunningSandbox) -> None:
    contact_id = a_contact(sandbox, list_memberships=[a_list(sandbox)])
    after = put(sandbox, contact_id, list_memberships=[]).json()
    assert after["list_memberships"] == []
    assert "deleted_at" not in after


@pytest.mark.rule("cc-contact-sources-fixed")
def test_sources_stay_as_they_were_at_creation(sandbox: RunningSandbox) -> None:
    contact_id = a_contact(sandbox)
    email = {"address": "ada@example.org", "opt_in_source": "Contact"}
    parts = {"create_source": "Contact", "email_address": email}
    after = put(sandbox, contact_id, **parts, update_source="Contact").json()
    assert (after["create_source"], after["update_source"]) == ("Account", "Contact")
    assert after["email_address"]["opt_in_source"] == "Account"


@pytest.mark.rule("cc-put-periods-switch")
def test_a_switch_refuses_periods_in_first_names(sandbox: RunningSandbox) -> None:
    contact_id = a_contact(sandbox)
    assert put(sandbox, contact_id, first_name="T.J.").status_code == 200
    switch(sandbox, first_name_refuses_periods=True)
    assert put(sandbox, contact_id, first_name="T.J.").status_code == 400
    assert read(sandbox, contact_id)["first_name"] == "T.J."


@pytest.mark.rule("cc-delete-keeps-permission", "cc-contact-deleted-shown")
def test_a_deleted_contact_keeps_its_permission_and_loses_its_lists(
    sandbox: RunningSandbox,
) -> None:
    contact_id = a_contact(sandbox, list_memberships=[a_list(sandbox)])
    before = read(sandbox, contact_id)["email_address"]
    assert sandbox.constant_contact("DELETE", f"/contacts/{contact_id}").status_code == 204
    gone = read(sandbox, contact_id)
    assert gone["email_address"] == before
    assert gone["list_memberships"] == []


@pytest.mark.rule("cc-optout-reason-null")
def test_an_opt_out_needs_no_reason(sandbox: RunningSandbox) -> None:
    email = {"address": "ada@example.org", "permission_to_send": "unsubscribed"}
    after = put(sandbox, a_contact(sandbox), email_address={**email, "opt_out_reason": None})
    assert after.status_code == 200
    assert "opt_out_reason" not in after.json()["email_address"]
    assert after.json()["email_address"]["opt_out_source"] == "Account"


SIGN_UP = {"email_address": "ada@example.org"}


@pytest.mark.rule("cc-signup-adds")
def test_the_form_changes_what_it_names_and_adds_the_rest(sandbox: RunningSandbox) -> None:
    first, second = a_list(sandbox, "One"), a_list(sandbox, "Two")
    kept, new = a_field(sandbox, "Kept"), a_field(sandbox, "New")
    contact_id = a_contact(
        sandbox,
        list_memberships=[first],
        custom_fields=[{"custom_field_id": kept, "value": "a"}],
        phone_numbers=[{"phone_number": "1", "kind": "home"}],
    )
    body = {
        **SIGN_UP,
        "list_memberships": [second],
        "custom_fields": [{"custom_field_id": new, "value": "b"}],
        "phone_number": "2",
        "street_address": {"kind": "home", "city": "Salem"},
    }
    answer = sandbox.constant_contact("POST", "/contacts/sign_up_form", body)
    assert (answer.status_code, answer.json()["action"]) == (200, "updated")
    after = read(sandbox, contact_id)
    assert after["first_name"] == "Ada"
    assert after["list_memberships"] == [first, second]
    assert {one["custom_field_id"] for one in after["custom_fields"]} == {kept, new}
    assert {one["phone_number"] for one in after["phone_numbers"]} == {"1", "2"}
    assert after["street_addresses"][0]["city"] == "Salem"


@pytest.mark.rule("cc-signup-revives")
def test_the_form_brings_a_deleted_contact_back(sandbox: RunningSandbox) -> None:
    list_id, contact_id = a_list(sandbox), a_contact(sandbox)
    sandbox.constant_contact("DELETE", f"/contacts/{contact_id}")
    body = {**SIGN_UP, "list_memberships": [list_id]}
    assert sandbox.constant_contact("POST", "/contacts/sign_up_form", body).status_code == 200
    assert "deleted_at" not in read(sandbox, contact_id)


@pytest.mark.rule("cc-signup-permission")
def test_the_form_makes_new_contacts_explicit_or_asks_them(sandbox: RunningSandbox) -> None:
    body = {**SIGN_UP, "list_memberships": [a_list(sandbox)]}
    sandbox.constant_contact("POST", "/contacts/sign_up_form", body)
    switch(sandbox, confirmed_opt_in=True)
    other = {**body, "email_address": "bob@example.org"}
    sandbox.constant_contact("POST", "/contacts/sign_up_form", other)
    ada, bob = found(sandbox, "ada@example.org"), found(sandbox, "bob@example.org")
    assert ada is not None
    assert bob is not None
    assert ada["email_address"]["permission_to_send"] == "explicit"
    assert ada["email_address"]["opt_in_source"] == "Contact"
    assert bob["email_address"]["permission_to_send"] == "pending_confirmation"
    assert bob["email_address"]["confirm_status"] == "pending"


FORMS: dict[str, dict[str, Any]] = {
    "no lists": {"list_memberships": None},
    "empty lists": {"list_memberships": []},
    "an address like elsewhere": {"email_address": {"address": "ada@example.org"}},
    "a long address": {"email_address": f"{'x' * 39}@example.org"},
    "a long number": {"phone_number": "5" * 26},
    "a number that is one": {"phone_number": 555},
    "an address without kind": {"street_address": {"city": "Salem"}},
}


@pytest.mark.rule("cc-signup-shape")
@pytest.mark.parametrize("parts", FORMS.values(), ids=FORMS.keys())
def test_a_faulty_form_is_refused(sandbox: RunningSandbox, parts: dict[str, Any]) -> None:
    body = {**SIGN_UP, "list_memberships": [a_list(sandbox)], **parts}
    answer = sandbox.constant_contact("POST", "/contacts/sign_up_form", body)
    assert answer.status_code == 400


@pytest.mark.rule("cc-signup-shape")
def test_the_form_passes_over_what_it_does_not_have(sandbox: RunningSandbox) -> None:
    body = {
        **SIGN_UP,
        "list_memberships": [a_list(sandbox)],
        "phone_numbers": "555-0101",
        "notes": "a note",
        "taggings": [NOBODY],
        "create_source": "Account",
    }
    answer = sandbox.constant_contact("POST", "/contacts/sign_up_form", body)
    assert answer.status_code == 201
    contact = read(sandbox, answer.json()["contact_id"])
    assert contact["phone_numbers"] == contact["notes"] == contact["taggings"] == []
    assert contact["create_source"] == "Contact"


@pytest.mark.rule("cc-contacts-segment-alone")
def test_a_segment_is_asked_for_alone(sandbox: RunningSandbox) -> None:
    both = sandbox.constant_contact("GET", "/contacts", segment_id=987654, status="all")
    assert both.status_code == 400
    unknown = sandbox.constant_contact("GET", "/contacts", segment_id=987654, limit=10)
    assert unknown.status_code == 404


@pytest.mark.rule("cc-contact-counts")
def test_new_subscribers_are_counted_on_demand(sandbox: RunningSandbox) -> None:
    before = sandbox.constant_contact("GET", "/contacts/counts", include="new_subscriber").json()
    a_contact(sandbox)
    after = sandbox.constant_contact("GET", "/contacts/counts", include="new_subscriber").json()
    assert after["new_subscriber"] == before["new_subscriber"] + 1
    assert after["total"] == before["total"] + 1
    sandbox.advance(31 * DAY_S)
    later = sandbox.constant_contact("GET", "/contacts/counts", include="new_subscriber").json()
    assert later["new_subscriber"] == 0
    assert "new_subscriber" not in sandbox.constant_contact("GET", "/contacts/counts").json()
    answer = sandbox.constant_contact("GET", "/contacts/counts", include="everything")
    assert answer.status_code == 400


@pytest.mark.rule("cc-contact-xrefs", "cc-list-xrefs")
@pytest.mark.parametrize(
    ("path", "name"),
    [("/contacts/contact_id_xrefs", "contact_id"), ("/contact_lists/list_id_xrefs", "list_id")],
    ids=["contacts", "lists"],
)
def test_ids_of_the_older_api_lead_to_those_of_this_one(
    sandbox: RunningSandbox, path: str, name: str
) -> None:
    numbers = ",".join(str(number) for number in range(1, 30))
    xrefs = sandbox.constant_contact("GET", path, sequence_ids=numbers).json()["xrefs"]
    assert xrefs
    assert all(set(one) == {"sequence_id", name} for one in xrefs)
    known = "/contacts" if name == "contact_id" else "/contact_lists"
    assert sandbox.constant_contact("GET", f"{known}/{xrefs[0][name]}").status_code == 200
    for faulty in ("", "one", ",".join(map(str, range(501)))):
        assert sandbox.constant_contact("GET", path, sequence_ids=faulty).status_code == 400


@pytest.mark.rule("cc-list-limits", "cc-list-name-unique")
@pytest.mark.parametrize(
    "body",
    [
        {"name": "x" * 256},
        {"name": ""},
        {"description": "no name"},
        {"name": ["Clients"]},
        {"name": "Clients", "favorite": "yes"},
        {"name": "Clients", "description": 7},
    ],
    ids=["long name", "empty name", "no name", "a list", "a word as favorite", "a number"],
)
def test_a_faulty_list_is_refused(sandbox: RunningSandbox, body: dict[str, Any]) -> None:
    assert sandbox.constant_contact("POST", "/contact_lists", body).status_code == 400


@pytest.mark.rule("cc-list-limits", "cc-page-size-lists")
def test_an_account_has_a_thousand_lists(sandbox: RunningSandbox) -> None:
    there = sandbox.constant_contact("GET", "/contact_lists", include_count="true").json()
    for number in range(1000 - there["lists_count"]):
        a_list(sandbox, f"L{number}")
    answer = sandbox.constant_contact("POST", "/contact_lists", {"name": "One too many"})
    assert answer.status_code == 400
    assert len(sandbox.constant_contact("GET", "/contact_lists").json()["lists"]) == 50


@pytest.mark.rule("cc-list-parameters", "cc-page-size-lists")
def test_lists_take_their_parameters(sandbox: RunningSandbox) -> None:
    refused = (
        {"limit": 501},
        {"status": "gone"},
        {"channel_type": "post"},
        {"include_count": "some"},
        {"include_sms_membership_count": "some"},
    )
    for query in refused:
        assert sandbox.constant_contact("GET", "/contact_lists", **query).status_code == 400
    page = sandbox.constant_contact("GET", "/contact_lists", limit=1, include_count="true").json()
    assert (len(page["lists"]), page["lists_count"]) == (1, 2)
    assert "membership_count" not in page["lists"][0]
    assert sandbox.constant_contact("GET", "/contact_lists", channel_type="sms").json() == {
        "lists": []
    }
    switch(sandbox, most_lists_a_page=1000)
    assert sandbox.constant_contact("GET", "/contact_lists", limit=1000).status_code == 200
